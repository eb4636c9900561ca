use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DnType, KeyPair, KeyUsagePurpose, SerialNumber};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

use super::*;
use crate::package::{TrustError, TrustSources};

const OFFICE: &str = "1370000018";

fn office() -> OfficeNumber {
    OFFICE.parse().expect("an office")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn now() -> Timestamp {
    at("2026-11-29T00:00:00Z")
}

/// A certificate that its owner made, with its key.
fn self_made(serial: u64) -> Signer {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, OFFICE);
    params.serial_number = Some(SerialNumber::from(serial));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 12, 31);
    let certificate = params.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Signer::new(vec![certificate.der().clone()], key).expect("a signer")
}

fn certificate(signer: &Signer) -> CardCertificate {
    let der: CertificateDer<'static> = signer.chain()[0].clone();
    der.into()
}

fn card(serial: u64, signing: &[&Signer]) -> Card {
    let signing: Vec<_> = signing.iter().map(|signer| certificate(signer)).collect();
    Card {
        format: CardFormat::V1,
        office: office(),
        serial,
        name: Some("○○居宅介護支援事業所".to_owned()),
        service_types: vec!["43".parse().expect("a type")],
        editions: vec!["v4.1".to_owned()],
        takes: vec!["S1".to_owned(), "S2".to_owned()],
        channels: vec![Channel::Direct { url: "https://a.test:8443".parse().expect("a url") }],
        certificates: CardCertificates { tls: vec![signing[0].clone()], signing },
        sealing: None,
        valid_from: at("2026-11-01T00:00:00Z"),
        valid_until: at("2027-11-01T00:00:00Z"),
    }
}

fn signed(card: &Card, signer: &Signer) -> SignedCard {
    SignedCard::open(&card.sign(signer, now()).expect("signed")).expect("a card")
}

/// Trust in nothing but these certificates of the office.
fn trust(pinned: &[&Signer]) -> Trust {
    let pins = pinned.iter().map(|signer| signer.certificate_sha256());
    let pins = BTreeMap::from([(office(), pins.collect::<BTreeSet<_>>())]);
    Trust::new(TrustSources { pins, ..TrustSources::default() }).expect("trust")
}

/// The document with one member changed, signed as it is.
fn with(card: &Card, signer: &Signer, path: &str, value: Value) -> Result<SignedCard, CardFault> {
    let mut document = serde_json::to_value(card).expect("JSON");
    match document.pointer_mut(path) {
        Some(place) => *place = value,
        None => document[path.trim_start_matches('/')] = value,
    }
    let content = serde_json::to_vec(&document).expect("JSON");
    SignedCard::open(&cms::sign_attached(signer, &content, now()).expect("signed"))
}

#[test]
fn what_is_written_is_read_again() {
    let signer = self_made(1);
    let card = card(7, &[&signer]);
    let read = signed(&card, &signer);
    assert_eq!(*read.card(), card);
    assert_eq!(read.signer().sha256(), signer.certificate_sha256());
    assert_eq!(read.sha256(), Digest::of(read.bytes()));
    assert_eq!(read.card().only_edition(), Some(Edition::V4_1));
    assert!(card.says_the_same_as(&Card { serial: 8, ..card.clone() }));
    assert!(!card.says_the_same_as(&Card { name: None, ..card.clone() }));
}

#[test]
fn what_only_newer_programs_know_is_passed_over() {
    let signer = self_made(1);
    let card = card(7, &[&signer]);
    let relay = json!([{"kind": "relay", "mailbox": {"a": [1]}}, card.channels[0]]);
    let read = with(&card, &signer, "/channels", relay).expect("a card");
    assert_eq!(read.card().channels[0], Channel::Other);
    assert_eq!(read.card().url(), card.url());
    let read = with(&card, &signer, "/editions", json!(["v4.1", "v5"])).expect("a card");
    assert_eq!(read.card().only_edition(), Some(Edition::V4_1));
    with(&card, &signer, "/colour", json!({"of": "the door"})).expect("a card");
    let key = json!({"suite": "ML-KEM-768 and so on", "key_id": "k1", "public_key": "AAAA",
        "valid_until": "2027-01-01T00:00:00Z", "more": 1});
    let read = with(&card, &signer, "/sealing", key).expect("a card");
    assert_eq!(read.card().sealing.as_ref().expect("a key").public_key, [0, 0, 0]);
}

#[test]
fn what_is_not_as_it_should_be_is_refused() {
    let signer = self_made(1);
    let card = card(7, &[&signer]);
    let digest = certificate(&signer);
    let many = vec![serde_json::to_value(&digest).expect("JSON"); 9];
    for (path, value) in [
        ("/format", json!("renkei.card/2")),
        ("/office", json!("13")),
        ("/serial", json!(0)),
        ("/serial", json!(1_u64 << 53)),
        ("/serial", json!(-1)),
        ("/name", json!("")),
        ("/name", json!(" x")),
        ("/name", json!("a\u{202e}b")),
        ("/name", json!(null)),
        ("/name", json!("あ".repeat(101))),
        ("/takes", json!(["K 1"])),
        ("/takes", json!(vec!["K1"; 101])),
        ("/editions", json!([""])),
        ("/channels", json!([{"kind": "direct"}])),
        ("/channels", json!([{"kind": "direct", "url": "http://a.test"}])),
        ("/certificates/tls", json!([])),
        ("/certificates/signing", json!([])),
        ("/certificates/tls", json!(many)),
        ("/certificates/tls", json!(["AAAA"])),
        ("/certificates/tls", json!(["not base64"])),
        (
            "/sealing",
            json!({"suite": "", "key_id": "k", "public_key": "AAAA", "valid_until": "2027-01-01T00:00:00Z"}),
        ),
        ("/sealing", json!(null)),
        ("/valid_until", json!("2026-11-01T00:00:00Z")),
        ("/valid_until", json!("2027-11-01")),
    ] {
        let fault = with(&card, &signer, path, value.clone()).expect_err("a fault");
        assert_eq!(fault.code(), "bad-card", "{path} {value}");
    }
    // Signed by a hand that the card does not name.
    let other = self_made(2);
    let fault = SignedCard::open(&card.sign(&other, now()).expect("signed"));
    assert_eq!(fault, Err(CardFault::OtherSigner));
    let large = SignedCard::open(&vec![0x30; MAX_CARD + 1]);
    assert_eq!(large, Err(CardFault::TooLarge { limit: MAX_CARD }));
}

/// One bit in every byte, another one in each.
#[test]
fn no_bit_can_be_flipped() {
    let signer = self_made(1);
    let good = card(7, &[&signer]).sign(&signer, now()).expect("signed");
    for place in 0..good.len() {
        let mut flipped = good.clone();
        flipped[place] ^= 1 << (place % 8);
        assert!(SignedCard::open(&flipped).is_err(), "byte {place}");
    }
    for length in (0..good.len()).step_by(97) {
        assert!(SignedCard::open(&good[..length]).is_err(), "{length} bytes");
    }
    assert!(SignedCard::open(&[&good[..], b"\0"].concat()).is_err());
}

#[test]
fn a_newer_card_of_the_trusted_hand_replaces_the_older() {
    let (old, new, other) = (self_made(1), self_made(2), self_made(3));
    let held = signed(&card(7, &[&old]), &old);
    let trusted = trust(&[&old]);
    let judge = |next: &SignedCard| next.replaces(&held, &trusted, now());
    let next = signed(&Card { name: None, ..card(8, &[&old]) }, &old);
    assert_eq!(judge(&next), Ok(()));
    assert_eq!(judge(&held), Err(CardFault::Same));
    // Written again under the same serial it says nothing new, whatever it says.
    let again = signed(&card(7, &[&old]), &old);
    assert_eq!(judge(&again), Err(CardFault::Older { held: 7, got: 7 }));
    assert_eq!(judge(&signed(&card(6, &[&old]), &old)), Err(CardFault::Older { held: 7, got: 6 }));
    let fault = judge(&signed(&card(8, &[&other]), &other)).expect_err("a fault");
    assert_eq!(fault, CardFault::NotTrusted { why: TrustError::UnknownIssuer });
    assert_eq!(fault.code(), "card-not-trusted");
    // That it names the trusted certificate too does not help who does not hold the key.
    let fault = judge(&signed(&card(8, &[&other, &old]), &other)).expect_err("a fault");
    assert_eq!(fault.code(), "card-not-trusted");
    let elsewhere = Card { office: "1370000026".parse().expect("an office"), ..card(8, &[&old]) };
    let fault = judge(&signed(&elsewhere, &old)).expect_err("a fault");
    assert_eq!(fault.code(), "card-not-trusted");
    // A new key is told by the old one, and speaks for itself from then on.
    let both = signed(&card(8, &[&old, &new]), &old);
    assert_eq!(judge(&both), Ok(()));
    let last = signed(&card(9, &[&new]), &new);
    assert_eq!(last.replaces(&both, &trust(&[&old, &new]), now()), Ok(()));
    assert!(last.replaces(&held, &trusted, now()).is_err());
}

#[test]
fn a_card_has_its_time() {
    let signer = self_made(1);
    let card = signed(&card(7, &[&signer]), &signer);
    let until = card.card().valid_until;
    assert_eq!(card.check_time(until), Ok(()));
    let late = card.check_time(until + SignedDuration::from_secs(1)).expect_err("a fault");
    assert_eq!((late, late.code()), (CardFault::Expired { until }, "card-not-valid"));
    let early = card.check_time(at("2026-10-01T00:00:00Z")).expect_err("a fault");
    assert_eq!(early.code(), "card-not-valid");
}

#[test]
fn both_sides_read_the_same_digits() {
    let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
    let digits = check_digits(one, other);
    assert_eq!(digits, check_digits(other, one));
    assert_ne!(digits, check_digits(one, Digest::of(b"another")));
    assert_ne!(certificate_digits(one), certificate_digits(other));
    let text = digits.to_string();
    assert_eq!(text.len(), 35);
    assert!(text.split(' ').all(|group| group.len() == 5), "{text}");
    assert_eq!(text.parse(), Ok(digits));
    assert_eq!(text.replace(' ', "").parse(), Ok(digits));
    let wide: String = text
        .chars()
        .map(|c| c.to_digit(10).and_then(|d| char::from_u32(0xff10 + d)).unwrap_or('\u{3000}'))
        .collect();
    assert_eq!(wide.parse(), Ok(digits));
    for bad in [
        "",
        "12345",
        text.strip_prefix(|_: char| true).expect("digits"),
        &format!("{text}1"),
        &text.replace(' ', "x"),
    ] {
        assert_eq!(bad.parse::<CheckDigits>(), Err(ParseCheckDigitsError), "{bad}");
    }
}
