//! A package from its sender over the relay to its recipient, and its receipts back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use renkei::package::{Limits, ReceiptKind, RelayAcceptance};
use renkei::types::Digest;

use super::harness::{
    Answer, CANARY, Client, Keys, Relay, World, answer, digest_of, is_anywhere, now, pair,
};
use crate::proof::{RECIPIENT, SENDER};
use crate::schema;

#[tokio::test(flavor = "multi_thread")]
async fn a_package_goes_over_the_relay_and_its_receipts_come_back() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    let (sender, recipient, keys) = pair(&world);
    let status = answer(sender.get(&relay, "/v1/status")).await.expect("answered").json();
    for feature in ["relay/1", "mailbox/1", "sealed/hpke-1", "card", "recall/1"] {
        assert!(status["features"].as_array().expect("a list").contains(&feature.into()));
    }
    let package = sender.package();
    let (id, sealed) = (package.manifest().message_id, keys.seal(&package));
    // The recipient has been there once, so the relay knows it.
    assert_eq!(recipient.mailbox(&relay, 0, 0).await["items"].as_array().expect("a list").len(), 0);
    let waits = async { recipient.mailbox(&relay, 0, 50).await };
    let puts = async { sender.deposit(&relay, id, &sealed).await.expect("answered") };
    let (page, taken) = tokio::join!(waits, puts);
    assert_eq!(taken.status, 202, "{taken:?}");
    let signing = std::fs::read(relay.folder.join("signing.pem")).expect("made");
    let signing = Digest::of(pem::parse(signing).expect("PEM").contents());
    let acceptance =
        RelayAcceptance::open(&taken.body, &Limits::default(), |relay| *relay == signing, now());
    let acceptance = acceptance.expect("signed by the relay");
    assert_eq!(acceptance.package_sha256, package.sha256());
    assert_eq!(acceptance.sealed_sha256, sealed.sha256());
    assert_eq!(acceptance.recipient.as_str(), RECIPIENT);
    assert!(
        RelayAcceptance::open(&taken.body, &Limits::default(), |_| false, now()).is_err(),
        "another relay's"
    );
    assert_eq!(schema::fault("mailbox-page", &page), None);
    let items = page["items"].as_array().expect("a list");
    assert_eq!((items.len(), items[0]["message_id"].as_str()), (1, Some(id.to_string().as_str())));
    assert_eq!(items[0]["sha256"], digest_of(sealed.bytes()));

    // Cut off, it goes on where it was.
    let path = format!("/v1/mailbox/{id}?office={RECIPIENT}&sender={SENDER}");
    let whole = recipient.fetch(&relay, SENDER, id).await;
    assert_eq!((whole.status, &whole.body), (200, sealed.bytes()));
    assert_eq!(whole.header("content-type"), "application/vnd.renkei.sealed");
    let etag = whole.header("etag").to_owned();
    assert_eq!(etag, format!("\"{}\"", digest_of(sealed.bytes())));
    let part = recipient.get(&relay, &path).header("range", "bytes=100-").header("if-range", &etag);
    let part = answer(part).await.expect("answered");
    assert_eq!((part.status, &part.body[..]), (206, &sealed.bytes()[100..]));
    let total = sealed.bytes().len();
    assert_eq!(part.header("content-range"), format!("bytes 100-{}/{total}", total - 1));
    let of_part = STANDARD.encode(Digest::of(&sealed.bytes()[100..]).as_raw());
    assert_eq!(part.header("content-digest"), format!("sha-256=:{of_part}:"));
    let other =
        recipient.get(&relay, &path).header("range", "bytes=5-").header("if-range", "\"x\"");
    assert_eq!(answer(other).await.expect("answered").status, 200);
    let behind = recipient.get(&relay, &path).header("range", format!("bytes={total}-"));
    let behind = answer(behind).await.expect("answered");
    assert_eq!((behind.status, behind.code().as_str()), (416, "range-not-satisfiable"));
    assert_eq!(behind.header("content-range"), format!("bytes */{total}"));
    assert_eq!(keys.open(whole.body), *package.bytes());

    // Its receipts reach the sender, whole and in their order.
    let consigned = recipient.receipt(&package, ReceiptKind::ContentConsignment);
    let put = recipient.put_receipt(&relay, &package, "consignment", consigned.clone()).await;
    assert_eq!(put.status, 201, "{put:?}");
    let put = recipient.put_receipt(&relay, &package, "consignment", consigned.clone()).await;
    assert_eq!(put.status, 200);
    let wrong = recipient.put_receipt(&relay, &package, "handover", consigned.clone()).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "receipt-mismatch"));
    let wrong = recipient.put_receipt(&relay, &sender.package(), "consignment", consigned).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "receipt-mismatch"));
    // Of a package that is not known here, as after a relay lost its store, the refusal is about that
    // package: receipts about others are not held up.
    let unknown = sender.package();
    let about = recipient.receipt(&unknown, ReceiptKind::ContentConsignment);
    let put = recipient.put_receipt(&relay, &unknown, "consignment", about).await;
    assert_eq!((put.status, put.code().as_str()), (404, "not-found"));
    assert_eq!(put.json()["scope"], "package");
    let handed = recipient.receipt(&package, ReceiptKind::ContentHandover);
    let waits = async {
        let first = sender.receipts(&relay, 0, 0).await;
        (sender.receipts(&relay, first["next"].as_u64().expect("a position"), 50).await, first)
    };
    let puts =
        async { recipient.put_receipt(&relay, &package, "handover", handed.clone()).await.status };
    let ((second, first), status) = tokio::join!(waits, puts);
    assert_eq!(status, 201);
    assert_eq!(schema::fault("receipts-page", &first), None);
    let mut receipts = first["receipts"].as_array().expect("a list").clone();
    receipts.extend(second["receipts"].as_array().expect("a list").clone());
    let last = STANDARD.decode(receipts[1]["receipt"].as_str().expect("base64"));
    assert_eq!((receipts.len(), last.expect("base64")), (2, handed));

    // Nothing waits any more, and nobody can read what was there.
    assert!(recipient.mailbox(&relay, 0, 0).await["items"].as_array().expect("a list").is_empty());
    let gone = recipient.fetch(&relay, SENDER, id).await;
    assert_eq!((gone.status, gone.code().as_str()), (410, "gone"));
    let metrics = relay.watch("/metrics").expect("answered");
    assert!(metrics.contains("renkei_relay_accepted_total 1\n"), "{metrics}");
    assert!(metrics.contains("renkei_relay_waiting 0\n"), "{metrics}");
    let shown = relay.run(&["status"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("packages that wait: 0"), "{shown:?}");
    let log = relay.log();
    assert!(log.contains(&id.to_string()) && !log.contains("UP1KYO"), "{log}");
    assert!(!metrics.contains(CANARY) && !is_anywhere(&relay.folder, CANARY));
    assert!(!is_anywhere(&relay.folder, "UP1KYO"), "no name of a file either");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_sealed_between_known_offices_is_taken() {
    let world = World::new();
    let limits = "[limits]\noffice_messages = 1\noffice_rate = 1";
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    let (sender, recipient, keys) = pair(&world);
    let package = sender.package();
    let (id, sealed) = (package.manifest().message_id, keys.seal(&package));
    let refused = sender.deposit(&relay, id, &sealed).await.expect("answered");
    assert_eq!((refused.status, refused.code().as_str()), (422, "not-our-package"));
    recipient.mailbox(&relay, 0, 0).await;
    // Not sealed, be it by its type or by its bytes.
    let digest = STANDARD.encode(package.sha256().as_raw());
    let digest = format!("sha-256=:{digest}:");
    for media in ["application/zip", "application/vnd.renkei.sealed"] {
        let path = format!("/v1/messages/{id}");
        let put = sender.put(&relay, &path, media, package.bytes().to_vec());
        let put = answer(put.header("content-digest", &digest)).await.expect("answered");
        assert_eq!((put.status, put.code().as_str()), (422, "not-sealed"), "{media}");
    }
    // Somebody else's package, or under another id.
    let put = recipient.deposit(&relay, id, &sealed).await.expect("answered");
    assert_eq!((put.status, put.code().as_str()), (403, "certificate-not-allowed"));
    let other = sender.package().manifest().message_id;
    let put = sender.deposit(&relay, other, &sealed).await.expect("answered");
    assert_eq!((put.status, put.code().as_str()), (422, "id-mismatch"));
    // Nobody asks for what is another's.
    let path = format!("/v1/mailbox?office={RECIPIENT}&wait=20");
    let asked = answer(sender.get(&relay, &path)).await.expect("answered");
    assert_eq!((asked.status, asked.code().as_str()), (403, "certificate-not-allowed"));
    assert_eq!(sender.deposit(&relay, id, &sealed).await.expect("answered").status, 202);
    let path = format!("/v1/mailbox/{id}?office={RECIPIENT}&sender={SENDER}");
    let asked = answer(sender.get(&relay, &path)).await.expect("answered");
    assert_eq!(asked.status, 403);
    // An office that nobody knows gets the status and no more.
    let (stranger, _, _) = Client::by_itself("1370000999");
    assert_eq!(answer(stranger.get(&relay, "/v1/status")).await.expect("answered").status, 200);
    let asked = answer(stranger.get(&relay, &path)).await.expect("answered");
    assert_eq!((asked.status, asked.code().as_str()), (403, "not-a-partner"));

    // Quotas.
    let mut narrow = Relay::new(&world, "narrow", limits);
    narrow.start();
    recipient.mailbox(&narrow, 0, 0).await;
    assert_eq!(sender.deposit(&narrow, id, &sealed).await.expect("answered").status, 202);
    let second = sender.package();
    let (second, bytes) = (second.manifest().message_id, keys.seal(&second));
    let full = sender.deposit(&narrow, second, &bytes).await.expect("answered");
    assert_eq!((full.status, full.code().as_str()), (507, "partner-store-full"));
    assert!(full.header("retry-after").parse::<u64>().expect("seconds") > 0);
    let mut fast = None;
    for _ in 0..20 {
        let path = format!("/v1/mailbox?office={RECIPIENT}");
        let asked = answer(recipient.get(&narrow, &path)).await.expect("answered");
        if asked.status == 429 {
            fast = Some(asked.code());
        }
    }
    assert_eq!(fast.as_deref(), Some("partner-rate-exceeded"));
}

/// The recipient changed its keys: what is sealed anew takes the place of what nobody could open.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_is_sealed_anew_takes_the_place_of_the_old() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    let (sender, recipient, keys) = pair(&world);
    recipient.mailbox(&relay, 0, 0).await;
    let package = sender.package();
    let id = package.manifest().message_id;
    let first = sender.deposit(&relay, id, &keys.seal(&package)).await.expect("answered");
    let passed_over = recipient.mailbox(&relay, 0, 0).await["next"].as_u64().expect("a position");
    let anew = Keys::new();
    let second = sender.deposit(&relay, id, &anew.seal(&package)).await.expect("answered");
    assert_eq!((first.status, second.status), (202, 200));
    let accepted = |answer: &Answer| {
        RelayAcceptance::open(&answer.body, &Limits::default(), |_| true, now())
            .expect("an acceptance")
    };
    assert_ne!(accepted(&first).sealed_sha256, accepted(&second).sealed_sha256);
    let again = sender.deposit(&relay, id, &anew.seal(&package)).await.expect("answered");
    assert_eq!(second.body, again.body, "the acceptance of what lies there");
    let page = recipient.mailbox(&relay, passed_over, 0).await;
    assert_eq!(page["items"].as_array().expect("a list").len(), 1, "it is seen again");
    let fetched = recipient.fetch(&relay, SENDER, id).await;
    assert_eq!(anew.open(fetched.body), *package.bytes());
}
