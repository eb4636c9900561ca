//! Which certificates speak for which offices.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use renkei::package::{CertificateInfo, SignerError, TrustError, trust::TrustSourceError};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};

use super::*;

fn validity(from: i64, to: i64) -> Validity {
    Validity { not_before: days(from), not_after: days(to) }
}

fn speaks(trust: &Trust, issued: &Issued, usage: Usage) -> Result<(), TrustError> {
    let identity = issued.identity().expect("key and certificate");
    let [certificate, chain @ ..] = identity.chain() else { panic!("a chain is never empty") };
    trust.speaks_for(certificate, chain, office(SENDER), usage, now())
}

fn issue(ca: &TestCa, usage: Usage, validity: Validity) -> Issued {
    ca.issue(office(SENDER), usage, &[], validity).expect("issued")
}

fn pinning(certificates: &[&CertificateDer<'_>]) -> BTreeMap<OfficeNumber, BTreeSet<Digest>> {
    let digests = certificates.iter().map(|der| sha256(der)).collect();
    BTreeMap::from([(office(SENDER), digests)])
}

#[test]
fn issued_for_the_office_under_a_root() {
    let ca = TestCa::new("A", long()).expect("a CA");
    let trust = trust_in(&[&ca]);
    let good = issue(&ca, Usage::Signing, validity(-1, 1));
    assert_eq!(speaks(&trust, &good, Usage::Signing), Ok(()));
    let tls = issue(&ca, Usage::Tls, validity(-1, 1));
    assert_eq!(speaks(&trust, &tls, Usage::Tls), Ok(()));
    // One certificate may serve an office for both, but mail certificates do not open connections.
    assert_eq!(speaks(&trust, &tls, Usage::Signing), Ok(()));
    assert_eq!(speaks(&trust, &good, Usage::Tls), Err(TrustError::WrongUsage));

    let expired = issue(&ca, Usage::Signing, validity(-9, -1));
    let not_after = days(-1);
    assert_eq!(speaks(&trust, &expired, Usage::Signing), Err(TrustError::Expired { not_after }));
    let early = issue(&ca, Usage::Signing, validity(1, 9));
    let not_before = days(1);
    assert_eq!(speaks(&trust, &early, Usage::Signing), Err(TrustError::NotYetValid { not_before }));

    let stranger = TestCa::new("A", long()).expect("another CA of the same name");
    let foreign = issue(&stranger, Usage::Signing, validity(-1, 1));
    assert_eq!(speaks(&trust, &foreign, Usage::Signing), Err(TrustError::UnknownIssuer));
    assert_eq!(speaks(&trust_in(&[]), &good, Usage::Signing), Err(TrustError::UnknownIssuer));
}

#[test]
fn the_common_name_is_the_office_and_nothing_else() {
    let ca = TestCa::new("A", long()).expect("a CA");
    let trust = trust_in(&[&ca]);
    for common_name in
        [RECIPIENT, "137000001", "1370000018 ", "13700000180", "１３７００００018", "見本"]
    {
        let (usage, validity, key) = (Usage::Signing, validity(-1, 1), KeyKind::EcP256);
        let subject = Subject { common_name, usage, names: &[SENDER], validity, key };
        let issued = ca.issue_as(&subject).expect("issued");
        assert_eq!(
            speaks(&trust, &issued, Usage::Signing),
            Err(TrustError::WrongOffice { office: office(SENDER) }),
            "{common_name}"
        );
        let certificate = issued.certificate().expect("one");
        assert_eq!(trust.accepts(certificate, &[], Usage::Signing, now()), Ok(()));
    }
}

#[test]
fn an_expired_root_trusts_nobody() {
    let ca = TestCa::new("A", validity(-9, -1)).expect("a CA");
    let issued = issue(&ca, Usage::Signing, validity(-1, 1));
    let not_after = days(-1);
    assert_eq!(
        speaks(&trust_in(&[&ca]), &issued, Usage::Signing),
        Err(TrustError::Expired { not_after })
    );
}

#[test]
fn authorities_between_must_come_along() {
    let root = TestCa::new("Root", long()).expect("a CA");
    let middle = root.subordinate("Middle", long()).expect("a CA");
    let issued = issue(&middle, Usage::Signing, validity(-1, 1));
    let trust = trust_in(&[&root]);
    assert_eq!(speaks(&trust, &issued, Usage::Signing), Ok(()));
    let certificate = issued.certificate().expect("one");
    assert_eq!(
        trust.speaks_for(certificate, &[], office(SENDER), Usage::Signing, now()),
        Err(TrustError::UnknownIssuer)
    );
    // An office's certificate cannot issue others: its own would-be victims chain to nothing.
    let leaf_as_root =
        TrustSources { roots: vec![middle.certificate().clone()], ..TrustSources::default() };
    let trust = Trust::new(leaf_as_root).expect("usable");
    assert_eq!(speaks(&trust, &issued, Usage::Signing), Ok(()), "a configured middle is a root");
}

#[test]
fn revoked_certificates_and_stale_lists() {
    let ca = TestCa::new("A", long()).expect("a CA");
    let good = issue(&ca, Usage::Signing, validity(-9, 9));
    let revoked = issue(&ca, Usage::Signing, validity(-9, 9));
    let list = |revoked: &[&Issued], from, to| {
        ca.revocation_list(revoked, validity(from, to)).expect("a list")
    };
    let trust = |lists: Vec<CertificateRevocationListDer<'static>>, grace: i64, pins| {
        let roots = vec![ca.certificate().clone()];
        let revocation_grace = SignedDuration::from_hours(24 * grace);
        let sources = TrustSources {
            roots,
            revocation_lists: lists,
            revocation_grace,
            pins,
            ..TrustSources::default()
        };
        Trust::new(sources).expect("usable")
    };
    let none = BTreeMap::new;

    let fresh = trust(vec![list(&[&revoked], -1, 1)], 0, none());
    assert_eq!(speaks(&fresh, &good, Usage::Signing), Ok(()));
    assert_eq!(speaks(&fresh, &revoked, Usage::Signing), Err(TrustError::Revoked));

    // The newest list counts, in whatever order they are given.
    let (old, new) = (list(&[], -3, 5), list(&[&revoked], -2, 5));
    for lists in [vec![old.clone(), new.clone()], vec![new, old]] {
        let trust = trust(lists, 0, none());
        assert_eq!(speaks(&trust, &revoked, Usage::Signing), Err(TrustError::Revoked));
    }

    let stale = || vec![list(&[&revoked], -5, -2)];
    let next_update = days(-2);
    let fault = Err(TrustError::StaleList { next_update });
    assert_eq!(speaks(&trust(stale(), 1, none()), &good, Usage::Signing), fault);
    assert_eq!(speaks(&trust(stale(), 3, none()), &good, Usage::Signing), Ok(()));

    // A pin does not outlive a revocation.
    let pins = pinning(&[revoked.certificate().expect("one")]);
    let pinned = trust(vec![list(&[&revoked], -1, 1)], 0, pins);
    assert_eq!(speaks(&pinned, &revoked, Usage::Signing), Err(TrustError::Revoked));

    // A list that somebody else signed in the authority's name decides nothing in its favour.
    let forger = TestCa::new("A", long()).expect("another CA of the same name");
    let forged = forger.revocation_list(&[], validity(-1, 1)).expect("a list");
    let trust = trust(vec![forged], 0, none());
    assert_eq!(speaks(&trust, &revoked, Usage::Signing), Err(TrustError::UnfitList));
    assert_eq!(trust.revocation_lists().count(), 1);
}

#[test]
fn a_revoked_authority_takes_its_certificates_along() {
    let root = TestCa::new("Root", long()).expect("a CA");
    let middle = root.subordinate("Middle", long()).expect("a CA");
    let issued = issue(&middle, Usage::Signing, validity(-1, 1));
    let list = root.revocation_list_of(&[middle.certificate()], validity(-1, 1)).expect("a list");
    let sources = TrustSources {
        roots: vec![root.certificate().clone()],
        revocation_lists: vec![list],
        ..TrustSources::default()
    };
    let trust = Trust::new(sources).expect("usable");
    assert_eq!(speaks(&trust, &issued, Usage::Signing), Err(TrustError::Revoked));
}

/// Paths that were verified once are remembered, but no longer than everything on them is good.
#[test]
fn what_is_remembered_does_not_outlive_its_reasons() {
    let root = TestCa::new("Root", validity(-100, 50)).expect("a CA");
    let middle = root.subordinate("Middle", validity(-50, 30)).expect("a CA");
    let issued = issue(&middle, Usage::Signing, validity(-99, 99));
    let certificate = issued.certificate().expect("one");
    let chain = [middle.certificate().clone()];
    let list = root.revocation_list(&[], validity(-1, 10)).expect("a list");
    let sources = |revocation_lists| TrustSources {
        roots: vec![root.certificate().clone()],
        revocation_lists,
        ..TrustSources::default()
    };
    let judge = |trust: &Trust, chain: &[CertificateDer<'_>], usage, day| {
        trust.speaks_for(certificate, chain, office(SENDER), usage, days(day))
    };
    let trust = Trust::new(sources(vec![])).expect("usable");
    for day in [0, 1, 29, -49, 0] {
        assert_eq!(judge(&trust, &chain, Usage::Signing, day), Ok(()), "day {day}");
    }
    assert_eq!(
        judge(&trust, &chain, Usage::Signing, 31),
        Err(TrustError::Expired { not_after: days(30) })
    );
    assert_eq!(
        judge(&trust, &chain, Usage::Signing, -51),
        Err(TrustError::NotYetValid { not_before: days(-50) })
    );
    // What was found for one use or one chain says nothing about another.
    assert_eq!(judge(&trust, &chain, Usage::Tls, 0), Err(TrustError::WrongUsage));
    assert_eq!(judge(&trust, &[], Usage::Signing, 0), Err(TrustError::UnknownIssuer));

    let trust = Trust::new(sources(vec![list])).expect("usable");
    assert_eq!(judge(&trust, &chain, Usage::Signing, 9), Ok(()));
    assert_eq!(
        judge(&trust, &chain, Usage::Signing, 11),
        Err(TrustError::StaleList { next_update: days(10) })
    );
}

#[test]
fn pinned_certificates_need_no_authority_but_must_be_valid() {
    let stranger = TestCa::new("Nobody knows", long()).expect("a CA");
    let with = |issued: &Issued| {
        let pins = pinning(&[issued.certificate().expect("one")]);
        Trust::new(TrustSources { pins, ..TrustSources::default() }).expect("usable")
    };
    let good = issue(&stranger, Usage::Signing, validity(-1, 1));
    let trust = with(&good);
    assert_eq!(speaks(&trust, &good, Usage::Signing), Ok(()));
    let certificate = good.certificate().expect("one");
    assert!(trust.is_pinned(certificate));
    assert_eq!(
        trust.speaks_for(certificate, &[], office(RECIPIENT), Usage::Signing, now()),
        Err(TrustError::UnknownIssuer),
        "pinned for another office"
    );
    let other = issue(&stranger, Usage::Signing, validity(-1, 1));
    assert_eq!(speaks(&trust, &other, Usage::Signing), Err(TrustError::UnknownIssuer));
    let expired = issue(&stranger, Usage::Signing, validity(-9, -1));
    let not_after = days(-1);
    assert_eq!(
        speaks(&with(&expired), &expired, Usage::Signing),
        Err(TrustError::Expired { not_after })
    );
}

/// Makes a self-signed certificate with `openssl`; returns it and its key.
fn self_signed(key: &str, subject: &str, more: &str) -> (CertificateDer<'static>, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let command = format!(
        "req -x509 -nodes -newkey {key} -keyout key.pem -outform DER -out certificate.der -days 9000 {more}"
    );
    let mut arguments: Vec<&str> = command.split_whitespace().collect();
    arguments.extend(["-subj", subject]);
    openssl_ok(folder.path(), &arguments);
    let read = |name| std::fs::read(folder.path().join(name)).expect("a file");
    (CertificateDer::from(read("certificate.der")), read("key.pem"))
}

/// `openssl` makes certificates that begin now, by the clock that tests do not read.
fn judge(certificate: &CertificateDer<'_>) -> Result<(), TrustError> {
    let pins = pinning(&[certificate]);
    let trust = Trust::new(TrustSources { pins, ..TrustSources::default() }).expect("usable");
    let info = CertificateInfo::of(certificate).expect("readable");
    trust.speaks_for(certificate, &[], office(SENDER), Usage::Signing, info.not_before)
}

#[test]
fn weak_and_unknown_keys_are_refused_even_when_pinned() {
    let subject = "/CN=1370000018";
    let self_signed = |key: &str, subject: &str, more: &str| {
        let more = format!("-addext basicConstraints=critical,CA:FALSE {more}");
        self_signed(key, subject, &more)
    };
    assert_eq!(judge(&self_signed("rsa:2048", subject, "").0), Ok(()));
    assert_eq!(judge(&self_signed("rsa:1024", subject, "").0), Err(TrustError::WeakKey));
    assert_eq!(judge(&self_signed("ed25519", subject, "").0), Err(TrustError::WeakKey));
    let curve = "-pkeyopt ec_paramgen_curve:secp256k1";
    assert_eq!(judge(&self_signed("ec", subject, curve).0), Err(TrustError::WeakKey));
    let usage = "-addext keyUsage=keyEncipherment";
    assert_eq!(judge(&self_signed("rsa:2048", subject, usage).0), Err(TrustError::WrongUsage));
}

#[test]
fn an_authority_speaks_for_no_office_even_when_pinned() {
    let (certificate, _) = self_signed("rsa:2048", "/CN=1370000018", "");
    assert_eq!(judge(&certificate), Err(TrustError::Authority));
}

#[test]
fn two_common_names_name_nobody() {
    let (certificate, _) = self_signed("rsa:2048", "/CN=1370000018/CN=1370000026", "");
    assert_eq!(CertificateInfo::of(&certificate).map(|info| info.office), Ok(None));
    let (certificate, _) = self_signed("rsa:2048", "/O=Example/CN=1370000018", "");
    let info = CertificateInfo::of(&certificate).expect("readable");
    assert_eq!(info.office, Some(office(SENDER)));
    assert!(!format!("{info:?}").contains("CN=1370000018, O"), "subjects are masked");
    assert_eq!(info.key, Some(KeyKind::Rsa));
}

#[test]
fn broken_sources_are_named() {
    let broken = CertificateDer::from(b"no certificate".to_vec());
    let sources = TrustSources { roots: vec![broken], ..TrustSources::default() };
    assert!(matches!(Trust::new(sources), Err(TrustSourceError::Root { place: 1 })));
    let broken = CertificateRevocationListDer::from(b"no list".to_vec());
    let sources = TrustSources { revocation_lists: vec![broken], ..TrustSources::default() };
    assert!(matches!(Trust::new(sources), Err(TrustSourceError::List { place: 1, .. })));
}

#[test]
fn a_key_and_a_certificate_of_two_people_do_not_sign() {
    let ca = TestCa::new("A", long()).expect("a CA");
    let one = issue(&ca, Usage::Signing, long()).identity().expect("an identity");
    let two = issue(&ca, Usage::Signing, long()).identity().expect("an identity");
    let signer = Signer::new(one.chain().to_vec(), two.key());
    assert_eq!(signer.map(|_| ()), Err(SignerError::OtherKey));
    assert_eq!(
        Signer::new(vec![], one.key()).map(|_| ()),
        Err(SignerError::ChainLength { got: 0 })
    );
    let shown = format!("{one:?} {:?}", one.signer().expect("a signer"));
    assert!(shown.contains("Identity") && !shown.to_lowercase().contains("pkcs8"), "{shown}");
}
