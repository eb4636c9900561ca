use jiff::Timestamp;

use super::*;
use crate::certs::{TestCa, Validity};
use crate::disk::faults::{Then, at_step};
use crate::package::card::{Card, CardCertificates, CardFormat, Channel};
use crate::package::{Signer, Usage};
use crate::types::Edition;

fn office() -> OfficeNumber {
    "1370000026".parse().expect("an office")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Signers of one office, each with a certificate of its own.
fn signers<const N: usize>() -> [Signer; N] {
    let validity =
        Validity { not_before: at("2026-01-01T00:00:00Z"), not_after: at("2030-01-01T00:00:00Z") };
    let ca = TestCa::new("cards", validity).expect("a CA");
    std::array::from_fn(|_| {
        let issued = ca.issue(office(), Usage::Signing, &[], validity).expect("issued");
        issued.identity().expect("an identity").signer().expect("a signer")
    })
}

/// A card that the first of the signers signed, and that names all of them.
fn card(serial: u64, signers: &[&Signer], change: impl FnOnce(&mut Card)) -> SignedCard {
    let certificates: Vec<CardCertificate> =
        signers.iter().map(|signer| signer.chain()[0].clone().into()).collect();
    let mut card = Card {
        format: CardFormat::V1,
        office: office(),
        serial,
        name: Some("訪問介護 一".to_owned()),
        service_types: vec!["11".parse().expect("a type")],
        editions: Vec::new(),
        takes: vec!["K2".to_owned()],
        channels: vec![Channel::Direct { url: "https://b.test".parse().expect("an address") }],
        certificates: CardCertificates { tls: certificates[..1].to_vec(), signing: certificates },
        sealing: None,
        valid_from: at("2026-11-01T00:00:00Z"),
        valid_until: at("2027-11-01T00:00:00Z"),
    };
    change(&mut card);
    let now = at("2026-11-29T00:00:00Z");
    SignedCard::open(&card.sign(signers[0], now).expect("signed")).expect("a card")
}

/// A node that nobody reaches.
const CLOSED: OwnWays<'static> = OwnWays { relays: &[], listens: false };

/// The partner that stands there after the card was put.
fn registered(home: &Path, card: &SignedCard) -> Partner {
    let held = partner(home, office());
    put(home, &peer_of(card, held.as_ref(), CLOSED).expect("a way"), Some(card)).expect("written");
    partner(home, office()).expect("a partner")
}

#[test]
fn what_a_person_decided_outlives_a_newer_card() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let [one, two] = signers();
    let Partner { mut peer, card: held } = registered(home, &card(7, &[&one], |_| {}));
    assert_eq!(held.as_ref().map(|card| card.card().serial), Some(7));
    assert_eq!(peer.signing_certificates, [one.certificate_sha256()]);
    let by_hand = Digest::of(b"pinned by hand");
    peer.name = Some("はな".to_owned());
    peer.signing_certificates.push(by_hand);
    put(home, &peer, held.as_ref()).expect("written");
    let newer = card(8, &[&one, &two], |card| {
        card.name = Some("another".to_owned());
        card.takes.clear();
        card.editions = vec!["v3".to_owned()];
        card.channels = vec![Channel::Direct { url: "https://c.test".parse().expect("one") }];
    });
    let Partner { mut peer, card: held } = registered(home, &newer);
    assert_eq!(peer.name.as_deref(), Some("はな"));
    let host = |peer: &Peer| peer.url.as_ref().map(|url| url.host().to_owned());
    assert_eq!((host(&peer).as_deref(), peer.edition), (Some("c.test"), Some(Edition::V3)));
    assert!(peer.takes.is_empty());
    let pins = [one.certificate_sha256(), two.certificate_sha256(), by_hand];
    assert_eq!(peer.signing_certificates, pins);
    // An address of one's own, too; and a card without any address is no reason to lose it.
    peer.url = Some("https://inside.test:8443".parse().expect("an address"));
    put(home, &peer, held.as_ref()).expect("written");
    let nowhere = card(9, &[&two], |card| card.channels.clear());
    let Partner { peer, .. } = registered(home, &nowhere);
    assert_eq!(host(&peer).as_deref(), Some("inside.test"));
    assert_eq!(peer.signing_certificates, [two.certificate_sha256(), by_hand]);
    assert!(peer_of(&nowhere, None, CLOSED).is_err(), "nobody knows where it is");
    let open = OwnWays { listens: true, ..CLOSED };
    assert!(peer_of(&nowhere, None, open).is_ok_and(|peer| peer.url.is_none()), "it comes to us");

    let mut left = disk::names(&home.join(PARTNERS)).expect("a folder");
    assert_eq!(left, ["1370000026-9.card", "1370000026.toml"]);
    remove(home, office()).expect("removed");
    left = disk::names(&home.join(PARTNERS)).expect("a folder");
    assert!(left.is_empty(), "{left:?}");
    remove(home, office()).expect("nothing to do");
}

/// Whatever step fails, the partner is the former one with its card, or the new one with its own.
#[test]
fn a_partner_is_the_old_one_or_the_new_one() {
    let [one] = signers();
    let (old, new) = (card(7, &[&one], |_| {}), card(8, &[&one], |card| card.name = None));
    let mut seen = [0, 0];
    for step in 0.. {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path();
        let Partner { peer: former, .. } = registered(home, &old);
        let peer = peer_of(&new, partner(home, office()).as_ref(), CLOSED).expect("a way");
        let (done, hit) = at_step(step, io::ErrorKind::StorageFull, Then::StayDead, || {
            put(home, &peer, Some(&new))
        });
        let Partner { peer: found, card } = partner(home, office()).expect("a partner");
        let card = card.expect("its card").card().serial;
        match card {
            7 => assert!(done.is_err() && found == former, "step {step}: {found:?}"),
            8 => assert_eq!(found.name, None, "step {step}"),
            other => panic!("step {step}: the card {other}"),
        }
        seen[usize::from(card == 8)] += 1;
        if !hit {
            assert!(done.is_ok() && card == 8, "nothing failed");
            break;
        }
        // The next attempt leaves none of the former cards.
        let Partner { card, .. } = registered(home, &new);
        assert_eq!(card.map(|card| card.card().serial), Some(8));
        let mut cards = disk::names(&home.join(PARTNERS)).expect("a folder");
        cards.retain(|name| name.contains(".card"));
        assert_eq!(cards, ["1370000026-8.card"], "step {step}");
    }
    assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
}
