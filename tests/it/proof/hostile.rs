//! Nothing that was tampered with is taken, and nothing makes the parsers panic.

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use renkei::package::{
    CmsFault, KeyKind, Limits, Manifest, ManifestFault, PackError, PackageFault, Receipt,
    ReceiptFinding, ReceiptKind, VerifiedSigner, open,
};

use super::*;

/// What a receiver does with bytes that arrive.
fn receive(bytes: &[u8], trust: &Trust) -> Result<VerifiedSigner, PackageFault> {
    let package = open(Bytes::copy_from_slice(bytes), &Limits::default())?;
    package.verify(trust, now())
}

#[test]
fn no_bit_of_a_package_can_change() {
    let world = World::new(KeyKind::EcP256);
    let good = world.pack(FILES);
    assert!(receive(&good, &world.trust).is_ok());
    for place in 0..good.len() {
        for bit in [0x01, 0x10, 0x80] {
            let mut bad = good.clone();
            bad[place] ^= bit;
            assert!(receive(&bad, &world.trust).is_err(), "byte {place} ^ {bit:#x} was accepted");
        }
    }
}

/// The container has checksums of its own; here only the signature stands in the way.
#[test]
fn no_bit_of_manifest_or_signature_can_change() {
    for key in [KeyKind::EcP256, KeyKind::Rsa] {
        let world = World::new(key);
        let package = world.package();
        let (manifest, signature) = (package.manifest_bytes(), package.signature());
        for place in 0..signature.len() {
            let mut bad = signature.to_vec();
            bad[place] ^= 0x01;
            let bytes = repacked(&package, manifest, &bad);
            assert!(receive(&bytes, &world.trust).is_err(), "{key:?}: signature byte {place}");
        }
        for place in 0..manifest.len() {
            let mut bad = manifest.to_vec();
            bad[place] ^= 0x01;
            let bytes = repacked(&package, &bad, signature);
            assert!(receive(&bytes, &world.trust).is_err(), "{key:?}: manifest byte {place}");
        }
    }
}

#[test]
fn no_bit_of_a_receipt_can_change() {
    let world = World::new(KeyKind::EcP256);
    let receipt = Receipt::about(&world.package(), ReceiptKind::ContentConsignment, now());
    let good = receipt.sign(&signer(&world.recipient), now()).expect("signed");
    let open = |message: &[u8]| Receipt::open(message, &world.trust, &Limits::default(), now());
    assert!(open(&good).is_ok());
    for place in 0..good.len() {
        for bit in [0x01, 0x80] {
            let mut bad = good.clone();
            bad[place] ^= bit;
            assert!(open(&bad).is_err(), "byte {place} ^ {bit:#x} was accepted");
        }
    }
    for length in 0..good.len() {
        assert!(open(&good[..length]).is_err(), "{length} bytes were accepted");
    }
    assert!(open(&[&good[..], &[0]].concat()).is_err(), "bytes after the message were accepted");
}

#[test]
fn a_package_is_whole_and_nothing_more() {
    let world = World::new(KeyKind::EcP256);
    let good = world.pack(FILES);
    for length in 0..good.len() {
        assert!(receive(&good[..length], &world.trust).is_err(), "{length} bytes were accepted");
    }
    for (before, after) in [(&b""[..], &b"\0"[..]), (b"PK", b""), (b"", b"PK\x05\x06")] {
        assert!(receive(&[before, &good, after].concat(), &world.trust).is_err());
    }
}

#[test]
fn the_container_has_exactly_its_entries() {
    let world = World::new(KeyKind::EcP256);
    let package = world.package();
    let manifest = ("manifest.json", &package.manifest_bytes()[..]);
    let signature = ("manifest.p7s", &package.signature()[..]);
    let one = ("files/0001", FILES[0].1);
    let two = ("files/0002", FILES[1].1);
    let code = |entries: &[(&str, &[u8])]| {
        receive(&container(entries), &world.trust).map_err(|fault| fault.code()).err()
    };
    assert_eq!(code(&[manifest, signature, one, two]), None);
    let bad = Some("bad-container");
    assert_eq!(code(&[]), bad);
    assert_eq!(code(&[manifest]), bad);
    assert_eq!(code(&[signature, manifest, one, two]), bad);
    assert_eq!(code(&[manifest, signature, two, one]), bad);
    assert_eq!(code(&[manifest, signature, one, one]), bad);
    assert_eq!(code(&[manifest, signature, one, two, ("../evil", b"x")]), bad);
    assert_eq!(code(&[manifest, signature, one, two, ("files/0003", b"x")]), Some("file-mismatch"));
    assert_eq!(code(&[manifest, signature, one]), Some("file-mismatch"));
    let swapped = [manifest, signature, ("files/0001", two.1), ("files/0002", one.1)];
    assert_eq!(code(&swapped), Some("file-mismatch"));
}

#[test]
fn sizes_are_limited_before_anything_is_read() {
    let world = World::new(KeyKind::EcP256);
    let bytes = Bytes::from(world.pack(FILES));
    let with =
        |limits: Limits| open(bytes.clone(), &limits).map(|_| ()).map_err(|fault| fault.code());
    let default = Limits::default();
    assert_eq!(with(default), Ok(()));
    assert_eq!(with(Limits { package_bytes: bytes.len(), ..default }), Ok(()));
    assert_eq!(with(Limits { package_bytes: bytes.len() - 1, ..default }), Err("too-large"));
    assert_eq!(with(Limits { manifest_bytes: 100, ..default }), Err("bad-manifest"));
    assert_eq!(with(Limits { signature_bytes: 100, ..default }), Err("bad-signature"));
    assert_eq!(with(Limits { files: 1, ..default }), Err("too-many-files"));
    assert_eq!(with(Limits { files: 2, ..default }), Ok(()));
}

#[test]
fn another_address_needs_another_signature() {
    let world = World::new(KeyKind::EcP256);
    let package = world.package();
    let text = std::str::from_utf8(package.manifest_bytes()).expect("JSON");
    let readdressed = text.replace(RECIPIENT, "1370000034");
    let bytes = repacked(&package, readdressed.as_bytes(), package.signature());
    assert_eq!(
        receive(&bytes, &world.trust),
        Err(PackageFault::Signature(CmsFault::Content)),
        "the manifest is consistent, but not the one that was signed"
    );

    let elsewhere = [office("1370000034")];
    assert_eq!(
        package.check_recipient(&elsewhere).map_err(|fault| fault.code()),
        Err("not-our-package")
    );
    assert_eq!(package.check_recipient(&[office(RECIPIENT)]), Ok(()));
    assert_eq!(package.check_time(days(6)), Ok(()));
    assert_eq!(package.check_time(days(7)), Err(PackageFault::Expired));
}

#[test]
fn a_receipt_answers_one_package() {
    let world = World::new(KeyKind::EcP256);
    let (package, other) = (world.package(), world.package());
    let receipt = Receipt::about(&package, ReceiptKind::Rejection, now());
    assert_eq!(receipt.check_answers(&package.reference()), Ok(()));
    assert_eq!(
        receipt.check_answers(&other.reference()),
        Err(PackageFault::OtherPackage { what: "message_id" })
    );
    let mut reference = package.reference();
    reference.package_sha256 = other.sha256();
    assert_eq!(
        receipt.check_answers(&reference),
        Err(PackageFault::OtherPackage { what: "package_sha256" })
    );
}

#[test]
fn each_kind_is_signed_by_the_one_whose_statement_it_is() {
    let world = World::new(KeyKind::EcP256);
    let package = world.package();
    for kind in ReceiptKind::ALL.into_iter().chain([ReceiptKind::Other]) {
        let open = |issued| {
            let message =
                Receipt::about(&package, kind, now()).sign(&signer(issued), now()).expect("signed");
            Receipt::open(&message, &world.trust, &Limits::default(), now())
                .map(|opened| opened.signer.office)
                .map_err(|fault| fault.code())
        };
        let (by_sender, by_recipient) = (open(&world.sender), open(&world.recipient));
        let foreign = Err("certificate-wrong-office");
        match kind {
            ReceiptKind::Expiry => {
                assert_eq!((by_sender, by_recipient), (Ok(office(SENDER)), foreign));
            }
            ReceiptKind::RelayAcceptance => {
                assert_eq!((by_sender, by_recipient), (Err("relay-receipt"), Err("relay-receipt")));
                assert!(!kind.proves_delivery());
            }
            _ => assert_eq!((by_sender, by_recipient), (foreign, Ok(office(RECIPIENT)))),
        }
    }
}

#[test]
fn findings_are_capped_and_cleaned() {
    let world = World::new(KeyKind::EcP256);
    let finding = ReceiptFinding {
        rule: "L2-007\u{202e}".to_owned(),
        file: Some(FILES[0].0.to_owned()),
        line: Some(3),
        item: Some(2),
        message: "\u{1b}[31m".to_owned() + &"あ".repeat(1000),
    };
    let receipt = Receipt::about(&world.package(), ReceiptKind::Rejection, now())
        .with_findings(vec![finding; 1234]);
    assert_eq!((receipt.findings.len(), receipt.findings_omitted), (100, 1134));
    assert_eq!(receipt.findings[0].rule, "L2-007");
    assert_eq!(receipt.findings[0].message.chars().count(), 500);
    let message = receipt.sign(&signer(&world.recipient), now()).expect("signed");
    let opened = Receipt::open(&message, &world.trust, &Limits::default(), now());
    assert_eq!(opened.map(|opened| opened.receipt.findings), Ok(receipt.findings));
}

#[test]
fn packs_only_what_the_manifest_says() {
    let world = World::new(KeyKind::EcP256);
    let signer = signer(&world.sender);
    let manifest = manifest(&signer, FILES);
    let try_pack = |files: &[&[u8]]| pack(&manifest, files, &signer, now()).map(|_| ());
    assert_eq!(try_pack(&[FILES[0].1]), Err(PackError::File { n: 2 }));
    assert_eq!(try_pack(&[FILES[0].1, b"other"]), Err(PackError::File { n: 2 }));
    assert_eq!(try_pack(&[FILES[0].1, FILES[1].1]), Ok(()));
    let other = super::signer(&world.recipient);
    let files = [FILES[0].1, FILES[1].1];
    assert_eq!(pack(&manifest, &files, &other, now()), Err(PackError::OtherSigner));
}

#[test]
fn manifests_must_make_sense() {
    let world = World::new(KeyKind::EcP256);
    let good = manifest(&signer(&world.sender), FILES);
    let fault = |change: &dyn Fn(&mut Manifest)| {
        let mut bad = good.clone();
        change(&mut bad);
        let written = bad.to_bytes().expect_err("a broken manifest was written");
        let read = Manifest::parse(&serde_json::to_vec(&bad).expect("JSON"));
        assert_eq!(read.as_ref(), Err(&written), "reading and writing check the same");
        written.to_string()
    };
    assert!(good.to_bytes().is_ok());
    assert!(fault(&|m| m.sequence = 0).contains("sequence"));
    assert!(fault(&|m| m.sequence = 1 << 53).contains("sequence"));
    assert!(fault(&|m| m.sender.certificate = None).contains("sender.certificate"));
    assert!(fault(&|m| m.expires_at = m.created_at).contains("expires_at"));
    assert!(fault(&|m| m.kind = "../K1".to_owned()).contains("kind"));
    assert!(fault(&|m| m.supersedes = Some(m.message_id)).contains("supersedes"));
    assert!(fault(&|m| m.files.clear()).contains("files"));
    assert!(fault(&|m| m.files[1].n = 1).contains("file 2"));
    assert!(fault(&|m| m.files[1].name = m.files[0].name.to_lowercase()).contains("once"));
    assert!(fault(&|m| m.files[0].name = "CON".to_owned()).contains("file name"));
    assert!(fault(&|m| m.files[0].name.insert_str(0, "../")).contains("file name"));
    assert!(fault(&|m| m.files[0].media = "text/html".to_owned()).contains("media"));
    assert!(fault(&|m| m.recipient.office = office("1370000034")).contains("recipient"));
    assert!(fault(&|m| m.sender.office = office("1370000034")).contains("sender"));
    let serial = "20260326101501".parse().expect("a serial");
    assert!(fault(&|m| m.serial = serial).contains("serial"));
}

#[test]
fn manifests_of_other_versions() {
    let world = World::new(KeyKind::EcP256);
    let manifest = manifest(&signer(&world.sender), FILES);
    let text = String::from_utf8(manifest.to_bytes().expect("valid")).expect("UTF-8");
    let newer = text.replacen('{', "{\"priority\":\"high\",", 1);
    assert_eq!(Manifest::parse(newer.as_bytes()), Ok(manifest), "unknown fields are no fault");
    let other = text.replace("renkei.package/1", "renkei.package/2");
    assert_eq!(Manifest::parse(other.as_bytes()), Err(ManifestFault::Format));
    let twice = text.replacen('{', "{\"sequence\":7,", 1);
    assert!(matches!(Manifest::parse(twice.as_bytes()), Err(ManifestFault::Json { .. })));
}

/// Regressions are kept beside the tests.
fn config(cases: u32) -> ProptestConfig {
    let file = FileFailurePersistence::Direct("tests/it/proof/regressions.txt");
    ProptestConfig {
        failure_persistence: Some(Box::new(file)),
        ..ProptestConfig::with_cases(cases)
    }
}

/// A package, its signature, and a receipt, made once: keys are slow.
fn specimens() -> &'static (Vec<u8>, Vec<u8>, Trust) {
    static SPECIMENS: std::sync::OnceLock<(Vec<u8>, Vec<u8>, Trust)> = std::sync::OnceLock::new();
    SPECIMENS.get_or_init(|| {
        let world = World::new(KeyKind::EcP256);
        let receipt = Receipt::about(&world.package(), ReceiptKind::Rejection, now());
        let message = receipt.sign(&signer(&world.recipient), now()).expect("signed");
        (world.pack(FILES), message, world.trust)
    })
}

/// Replaces, removes or inserts some bytes.
fn damaged(good: &[u8], damage: &[(usize, u8, u8)]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for (place, kind, value) in damage {
        let place = place % bytes.len();
        match kind % 3 {
            0 => bytes[place] = *value,
            1 => drop(bytes.drain(place..(place + usize::from(*value)).min(bytes.len()))),
            _ => bytes.insert(place, *value),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn parsers_survive_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (_, _, trust) = specimens();
        prop_assert!(receive(&bytes, trust).is_err());
        prop_assert!(Receipt::open(&bytes, trust, &Limits::default(), Timestamp::MAX).is_err());
        prop_assert!(Manifest::parse(&bytes).is_err());
    }

    #[test]
    fn damage_is_noticed(damage in prop::collection::vec(any::<(usize, u8, u8)>(), 1..6)) {
        let (package, receipt, trust) = specimens();
        let bad = damaged(package, &damage);
        prop_assert!(bad == *package || receive(&bad, trust).is_err());
        let bad = damaged(receipt, &damage);
        let opened = Receipt::open(&bad, trust, &Limits::default(), now());
        prop_assert!(bad == *receipt || opened.is_err());
    }

    #[test]
    fn any_files_come_back_as_they_were(
        contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..5),
    ) {
        static WORLD: std::sync::OnceLock<World> = std::sync::OnceLock::new();
        let kinds = ["UP1KYO", "UP2KYO", "UP3KYO", "DLT1KYO", "UPYOBO"];
        let names: Vec<String> = kinds
            .iter()
            .map(|kind| format!("{kind}_1370000018_43_1370000026_11_20260326101500.CSV"))
            .collect();
        let files: Vec<(&str, &[u8])> =
            names.iter().zip(&contents).map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
        let world = WORLD.get_or_init(|| World::new(KeyKind::EcP256));
        let package = open(Bytes::from(world.pack(&files)), &Limits::default());
        let package = package.expect("our own package");
        let back: Vec<&[u8]> = package.files().map(|(_, bytes)| &bytes[..]).collect();
        prop_assert_eq!(back, contents.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert!(package.verify(&world.trust, now()).is_ok());
    }
}
