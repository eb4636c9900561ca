//! Offices that the relay knows by a card, after its operator compared digits.

use renkei::certs::Issued;
use renkei::package::card::{Card, CardCertificates, CardFormat, certificate_digits};
use renkei::types::Digest;

use super::harness::{Answer, Client, Relay, World, answer, now};
use crate::harness::until;
use crate::proof::{long, office, signer};

const NEW: &str = "1370000034";

fn card(number: &str, tls: &Issued, signing: &Issued, serial: u64) -> Vec<u8> {
    card_of(number, &[tls], signing, serial)
}

/// A card that lists these certificates.
fn card_of(number: &str, tls: &[&Issued], signing: &Issued, serial: u64) -> Vec<u8> {
    let certificate = |issued: &Issued| issued.certificate().expect("one").clone().into();
    let card = Card {
        format: CardFormat::V1,
        office: office(number),
        serial,
        name: None,
        service_types: Vec::new(),
        editions: Vec::new(),
        takes: Vec::new(),
        channels: Vec::new(),
        certificates: CardCertificates {
            tls: tls.iter().map(|issued| certificate(issued)).collect(),
            signing: vec![certificate(signing)],
        },
        sealing: None,
        valid_from: long().not_before,
        valid_until: long().not_after,
    };
    card.sign(&signer(signing), now()).expect("signed")
}

async fn put_card(client: &Client, at: &Relay, of: &str, card: Vec<u8>) -> Answer {
    let media = "application/pkcs7-mime; smime-type=signed-data";
    answer(client.put(at, &format!("/v1/card/{of}"), media, card)).await.expect("answered")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_office_is_taken_in_by_its_card_when_the_digits_are_the_same() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    let (client, tls, signing) = Client::by_itself(NEW);
    let own = card(NEW, &tls, &signing, 1);
    // Not with another's key, nor under another number, nor junk.
    let (other, _, _) = Client::by_itself(NEW);
    let refused = put_card(&other, &relay, NEW, own.clone()).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "certificate-not-allowed"));
    let refused = put_card(&client, &relay, "1370000042", own.clone()).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "card-not-trusted"));
    let refused = put_card(&client, &relay, NEW, b"junk".to_vec()).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "bad-card"));
    let refused = put_card(&client, &relay, NEW, vec![0; 80 << 10]).await;
    assert_eq!((refused.status, refused.code().as_str()), (413, "too-large"));
    assert_eq!(put_card(&client, &relay, NEW, own.clone()).await.status, 202);
    assert_eq!(put_card(&client, &relay, NEW, own.clone()).await.status, 202, "a repeat");

    let listed = relay.run(&["list"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let certificate = signing.certificate().expect("one");
    let digits = certificate_digits(Digest::of(certificate)).to_string();
    assert!(listed.contains(NEW) && listed.contains(&digits), "{listed}");
    let path = format!("/v1/mailbox?office={NEW}");
    let asked = answer(client.get(&relay, &path)).await.expect("answered");
    assert_eq!(asked.code(), "not-a-partner", "it waits for the operator");
    let wrong = relay.run(&["approve", NEW, "--digits", &"12345 ".repeat(6)]);
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert_eq!(relay.run(&["approve", NEW]).status.code(), Some(1), "nothing is guessed");
    let taken = relay.run(&["approve", NEW, "--digits", &digits]);
    assert!(taken.status.success(), "{taken:?}");

    // The relay that runs takes it up by itself, within its next look.
    let asks = || async { answer(client.get(&relay, &path)).await.expect("answered").status };
    wait_for(asks, 200);
    let shown = answer(client.get(&relay, &format!("/v1/card/{NEW}"))).await.expect("answered");
    assert_eq!((shown.status, &shown.body[..]), (200, own.as_slice()));
    // A newer card of the same hand is taken, one of another hand is not.
    let newer = card(NEW, &tls, &signing, 2);
    assert_eq!(put_card(&client, &relay, NEW, newer).await.status, 204);
    let older = put_card(&client, &relay, NEW, own).await;
    assert_eq!((older.status, older.code().as_str()), (409, "card-older"));
    let (_, _, hand) = Client::by_itself(NEW);
    let forged = put_card(&client, &relay, NEW, card(NEW, &tls, &hand, 3)).await;
    assert_eq!((forged.status, forged.code().as_str()), (403, "card-not-trusted"));

    let again = relay.run(&["approve", NEW]);
    assert!(again.status.success(), "it is approved already: {again:?}");
    let refused = relay.run(&["refuse", NEW]);
    assert!(refused.status.success(), "{refused:?}");
    wait_for(asks, 403);
    assert!(relay.run(&["refuse", NEW]).status.success(), "it is refused already");
    // The operator changes his mind: the card is still there.
    let shown = relay.run(&["approve", NEW]);
    let said = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert_eq!(shown.status.code(), Some(1), "{shown:?}");
    assert!(said.contains(&digits) && said.contains("name: "), "{said}");
    approve(&relay, NEW, &signing);
    wait_for(asks, 200);
    let log = relay.log();
    let decided = log.matches("the operator approved the office").count();
    assert_eq!((decided, log.matches("the operator refused the office").count()), (2, 1), "{log}");
}

#[test]
fn an_office_that_is_known_by_no_card_is_refused_and_taken_back() {
    let world = World::new();
    let listed =
        format!("[[office]]\nnumber = \"{NEW}\"\ntls_certificates = [\"{}\"]", "ab".repeat(32));
    let mut relay = Relay::new(&world, "relay", &listed);
    relay.start();
    assert_eq!(relay.run(&["approve", NEW]).status.code(), Some(1), "no card waits");
    for command in ["refuse", "approve"] {
        let done = relay.run(&[command, NEW]);
        assert!(done.status.success(), "{command}: {done:?}");
    }
    let listed = relay.run(&["list"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("known") && !listed.contains("refused"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_do_not_fill_the_list_and_the_operator_empties_it() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    let (client, tls, signing) = Client::by_itself(NEW);
    assert_eq!(put_card(&client, &relay, NEW, card(NEW, &tls, &signing, 1)).await.status, 202);
    let mut refused = None;
    for serial in 2..30 {
        let put = put_card(&client, &relay, NEW, card(NEW, &tls, &signing, serial)).await;
        if put.status == 429 {
            refused = Some(put);
            break;
        }
    }
    let refused = refused.expect("no site introduces as many as it likes");
    assert_eq!(refused.code(), "partner-rate-exceeded");
    assert!(refused.header("retry-after").parse::<u32>().is_ok());
    let dropped = relay.run(&["forget", NEW]);
    let said = String::from_utf8_lossy(&dropped.stdout).into_owned();
    assert!(dropped.status.success() && said.contains("dropped: 1"), "{dropped:?}");
    assert!(!String::from_utf8_lossy(&relay.run(&["list"]).stdout).contains(NEW));
    assert_eq!(relay.run(&["forget", "--all"]).status.code(), Some(1), "nothing waits");
}

/// Has the operator register an office whose card waits.
fn approve(relay: &Relay, number: &str, signing: &Issued) {
    let certificate = signing.certificate().expect("one");
    let digits = certificate_digits(Digest::of(certificate)).to_string();
    let taken = relay.run(&["approve", number, "--digits", &digits]);
    assert!(taken.status.success(), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_loses_anything_to_an_office_that_lists_his_certificate() {
    const GREEDY: &str = "1370000018";
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "[limits]\noffice_rate = 1");
    relay.start();
    let (greedy, greedy_tls, greedy_signing) = Client::by_itself(GREEDY);
    let (client, tls, signing) = Client::by_itself(NEW);
    let first = card(GREEDY, &greedy_tls, &greedy_signing, 1);
    assert_eq!(put_card(&greedy, &relay, GREEDY, first).await.status, 202);
    approve(&relay, GREEDY, &greedy_signing);
    let path = format!("/v1/mailbox?office={GREEDY}");
    let asks = || async { answer(greedy.get(&relay, &path)).await.expect("answered").status };
    wait_for(asks, 200);
    let both = card_of(GREEDY, &[&greedy_tls, &tls], &greedy_signing, 2);
    let put = || async { put_card(&greedy, &relay, GREEDY, both.clone()).await.status };
    wait_for(put, 204);
    // The relay knows the certificate by now, as one of the other office.
    let knows = || async {
        let status = answer(client.get(&relay, "/v1/status")).await.expect("answered");
        u16::from(status.json()["your_cards"].to_string().contains(GREEDY))
    };
    wait_for(knows, 1);

    // Who comes with it is taken in all the same, and is somebody else from then on.
    let own = card(NEW, &tls, &signing, 1);
    assert_eq!(put_card(&client, &relay, NEW, own).await.status, 202);
    approve(&relay, NEW, &signing);
    let path = format!("/v1/mailbox?office={NEW}");
    let asks = || async { answer(client.get(&relay, &path)).await.expect("answered").status };
    wait_for(asks, 200);
    let status = answer(client.get(&relay, "/v1/status")).await.expect("answered");
    assert_eq!(status.json()["your_cards"].as_object().expect("cards").len(), 1, "{status:?}");
    assert!(status.json()["your_cards"][NEW].is_u64(), "{status:?}");
    // What the other one asks does not count as its own.
    let path = format!("/v1/card/{GREEDY}");
    let greed = || async { answer(greedy.get(&relay, &path)).await.expect("answered").status };
    wait_for(greed, 429);
    let newer = card(NEW, &tls, &signing, 2);
    assert_eq!(put_card(&client, &relay, NEW, newer).await.status, 204);
}

fn wait_for<F: Future<Output = u16>>(ask: impl Fn() -> F, status: u16) {
    let ask = &ask;
    tokio::task::block_in_place(|| {
        until("the relay takes it up", || {
            let asked = tokio::runtime::Handle::current().block_on(ask());
            (asked == status).then_some(())
        });
    });
}
