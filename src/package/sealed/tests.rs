use jiff::SignedDuration;
use rcgen::{CertificateParams, KeyPair, KeyUsagePurpose};
use rustls::crypto::hpke::HpkePrivateKey;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::*;
use crate::package::{Manifest, ManifestFile, Signer, open, pack};
use crate::types::code::RefusalCode;

fn now() -> Timestamp {
    "2026-12-01T00:00:00Z".parse().expect("a time")
}

fn secret() -> SealingSecret {
    let key = KeyPair::generate().expect("a key");
    SealingSecret::of_der(&key.serialize_der(), now()).expect("a sealing key")
}

/// A package whose one file has so many bytes.
fn package(file: usize) -> Package {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let certificate = params.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let signer = Signer::new(vec![certificate.der().clone()], key).expect("a signer");
    let good = include_bytes!("../../../spec/vectors/manifest/good.json");
    let mut manifest = Manifest::parse(good).expect("a manifest");
    let bytes: Vec<u8> = (0..file).map(|place| u8::try_from(place % 251).expect("small")).collect();
    let name = manifest.files[0].name.clone();
    manifest.files = vec![ManifestFile::describe(1, &name, &bytes).expect("a file")];
    manifest.sender.certificate = Some(signer.certificate_sha256());
    let packed = pack(&manifest, &[&bytes], &signer, now()).expect("packed");
    open(Bytes::from(packed), &Limits::default()).expect("a package")
}

fn read(bytes: &[u8]) -> Result<Sealed, SealedFault> {
    Sealed::read(Bytes::copy_from_slice(bytes).into(), &Limits::default())
}

/// What a recipient with these keys makes of the bytes.
fn taken(bytes: &[u8], keys: &SealingSecrets) -> Result<Hashed, SealedFault> {
    let sealed = read(bytes)?;
    let opened = open_sealed(&sealed, keys)?;
    let inside = open(opened.clone(), &Limits::default()).expect("a package");
    sealed.header().check_is_of(inside.manifest())?;
    Ok(opened)
}

fn sealed(package: &Package, secret: &SealingSecret) -> Bytes {
    seal(package, &secret.announced(), now()).expect("sealed").bytes().clone()
}

/// The bytes with another header, whose pieces are as they were.
fn with_header(bytes: &[u8], change: impl FnOnce(&mut SealedHeader)) -> Vec<u8> {
    let sealed = read(bytes).expect("sealed");
    let mut header = sealed.header.clone();
    change(&mut header);
    let clear = serde_json::to_vec(&header).expect("JSON");
    let length = u32::try_from(clear.len()).expect("short").to_be_bytes();
    [&MAGIC[..], &length, &clear, &bytes[sealed.pieces.clone()]].concat()
}

/// The vector of RFC 9180 for this suite (base mode, `info` "Ode on a Grecian Urn"): its keys, and the
/// first and second message of it.
#[test]
fn the_algorithms_are_those_of_the_rfc() {
    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<_> =
            text.chars().map(|digit| digit.to_digit(16).expect("a digit")).collect();
        let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte");
        digits.chunks(2).map(byte).collect()
    }
    let private = hex("317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2");
    let enc = EncapsulatedSecret(hex(
        "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e\
         0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0",
    ));
    let info = b"Ode on a Grecian Urn";
    let private = HpkePrivateKey::from(private);
    let mut opener = hpke().setup_opener(&enc, info, &private).expect("an opener");
    for (aad, sealed) in [
        (
            "Count-0",
            "58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f",
        ),
        (
            "Count-1",
            "b4e7c90d1dd62cb563694956eb517ab55d5e7d1f6366a0066c04ababaa444dbaf60a30d7bb7d3e91b969762dee",
        ),
    ] {
        let opened = opener.open(aad.as_bytes(), &hex(sealed)).expect("opened");
        assert_eq!(opened, b"Beauty is truth, truth beauty");
    }
}

#[test]
fn what_was_sealed_is_opened_by_its_key_alone() {
    let (own, other) = (secret(), secret());
    let to = own.announced();
    assert_eq!(to.suite, SUITE);
    let keys: SealingSecrets = [secret(), own].into_iter().collect();
    let others: SealingSecrets = std::iter::once(other).collect();
    // Shorter than a piece, just one piece, and more: the container adds some bytes to the file.
    let around = package(0).bytes().len();
    for size in [0, PIECE - around, PIECE - around + 1, 3 * PIECE] {
        let package = package(size);
        let sealed = seal(&package, &to, now()).expect("sealed");
        let bytes = sealed.bytes();
        assert_eq!(taken(bytes, &keys).expect("opened").bytes(), package.bytes(), "{size}");
        assert_eq!(taken(bytes, &others), Err(SealedFault::UnknownKey));
        let most = largest(u64::try_from(package.bytes().len()).expect("small"));
        assert!(u64::try_from(bytes.len()).expect("small") <= most);
        let again = seal(&package, &to, now()).expect("sealed");
        assert_ne!(again.sha256(), sealed.sha256());
    }
}

#[test]
fn no_bit_can_be_flipped() {
    let own = secret();
    let package = package(2 * PIECE);
    let good = sealed(&package, &own);
    let keys: SealingSecrets = std::iter::once(own).collect();
    let header = read(&good).expect("sealed").pieces.start;
    // Every byte before the pieces, and 1,000 places in them, the tags at the end among them.
    let step = (good.len() - header) / 1000;
    let places =
        (0..header).chain((header..good.len()).step_by(step)).chain(good.len() - 16..good.len());
    for place in places {
        let mut flipped = good.to_vec();
        flipped[place] ^= 1 << (place % 8);
        assert!(taken(&flipped, &keys).is_err(), "byte {place}");
    }
}

#[test]
fn pieces_cannot_be_left_out_swapped_or_added() {
    let own = secret();
    let package = package(3 * PIECE);
    let good = sealed(&package, &own);
    let keys: SealingSecrets = std::iter::once(own).collect();
    let start = read(&good).expect("sealed").pieces.start;
    let piece = PIECE + TAG;
    for pieces in 0..4 {
        let short = &good[..start + pieces * piece];
        assert!(matches!(taken(short, &keys), Err(SealedFault::Length { .. })), "{pieces}");
        // As if the package ended there: the header agrees, the last-flag does not.
        if pieces > 0 {
            let size = u64::try_from(pieces * PIECE).expect("small");
            let fits = with_header(&good, |header| header.size = size);
            let end = read_start(&fits) + pieces * piece;
            assert_eq!(taken(&fits[..end], &keys), Err(SealedFault::Broken), "{pieces}");
        }
    }
    let mut swapped = good.to_vec();
    swapped[start..start + 2 * piece].rotate_left(piece);
    assert_eq!(taken(&swapped, &keys), Err(SealedFault::Broken));
    let more = [&good[..], b"\0"].concat();
    assert!(matches!(taken(&more, &keys), Err(SealedFault::Length { .. })));
}

/// Where the pieces begin, whatever they are.
fn read_start(bytes: &[u8]) -> usize {
    let length = u32::from_be_bytes(bytes[8..12].try_into().expect("four bytes"));
    BEFORE_HEADER + usize::try_from(length).expect("short")
}

/// Without the last-flag, a package whose header was sealed with a shorter size would pass: somebody
/// who can seal can write any header, and truncation is seen by nothing else.
#[test]
fn the_last_piece_is_known_to_be_the_last() {
    let own = secret();
    let package = package(2 * PIECE);
    let size = u64::try_from(2 * PIECE).expect("small");
    let public = HpkePublicKey(own.announced().public_key);
    let (enc, mut sealer) = hpke().setup_sealer(INFO, &public).expect("a sealer");
    let mut header = SealedHeader::of(&package, SUITE, own.key_id(), enc.0);
    header.size = size;
    let clear = serde_json::to_vec(&header).expect("JSON");
    let length = u32::try_from(clear.len()).expect("short").to_be_bytes();
    let mut bytes = [&MAGIC[..], &length, &clear].concat();
    let before = Digest::of(&bytes);
    for (place, piece) in package.bytes().chunks(PIECE).take(2).enumerate() {
        // Sealed as pieces in the middle.
        let aad = Aad::of(&before, place, false);
        bytes.extend(sealer.seal(&aad.0, piece).expect("sealed"));
    }
    let keys: SealingSecrets = std::iter::once(own).collect();
    assert_eq!(taken(&bytes, &keys), Err(SealedFault::Broken));
}

#[test]
fn the_header_speaks_of_what_is_inside() {
    let own = secret();
    let to = own.announced();
    let keys: SealingSecrets = std::iter::once(own).collect();
    let package = package(100);
    let inside = package.manifest();
    let header = SealedHeader::of(&package, SUITE, &to.key_id, vec![4; 65]);
    assert_eq!(header.check_is_of(inside), Ok(()));
    type Change = fn(&mut SealedHeader);
    let changes: [(&str, Change); 5] = [
        ("message_id", |header| header.message_id = crate::types::MessageId::new(now())),
        ("sender", |header| header.sender = "1370000018".parse().expect("an office")),
        ("recipient", |header| header.recipient = "1370000018".parse().expect("an office")),
        ("created_at", |header| header.created_at -= SignedDuration::from_secs(1)),
        ("expires_at", |header| header.expires_at += SignedDuration::from_secs(1)),
    ];
    for (what, change) in changes {
        let mut other = header.clone();
        change(&mut other);
        let fault = other.check_is_of(inside).expect_err("another");
        assert_eq!(fault, SealedFault::Mismatch { what });
        assert_eq!(fault.refusal(), RefusalCode::SEAL_MISMATCH);
        // On the way it cannot be changed at all.
        let good = seal(&package, &to, now()).expect("sealed");
        let changed = with_header(good.bytes(), change);
        assert_eq!(taken(&changed, &keys), Err(SealedFault::Broken), "{what}");
    }
}

#[test]
fn what_is_no_sealed_package_is_told() {
    let own = secret();
    let package = package(100);
    let good = sealed(&package, &own);
    assert!(matches!(read(package.bytes()), Err(SealedFault::NotSealed)));
    assert!(matches!(read(b""), Err(SealedFault::NotSealed)));
    assert!(matches!(read(b"RNKSEAL1"), Err(SealedFault::Header { .. })));
    assert!(matches!(read(b"RNKSEAL1\0\0\0\0"), Err(SealedFault::Header { .. })));
    assert!(matches!(read(b"RNKSEAL1\xff\xff\xff\xff"), Err(SealedFault::Header { .. })));
    let changes: [fn(&mut SealedHeader); 5] = [
        |header| header.key_id = "a b".to_owned(),
        |header| header.suite = "封".to_owned(),
        |header| header.enc = Vec::new(),
        |header| header.size = 0,
        |header| header.expires_at = header.created_at,
    ];
    for change in changes {
        let bad = with_header(&good, change);
        assert!(matches!(read(&bad), Err(SealedFault::Header { .. })));
    }
    let limits = Limits { package_bytes: package.bytes().len() - 1, ..Limits::default() };
    let fault = Sealed::read(good.clone().into(), &limits).expect_err("too large");
    assert_eq!(fault.refusal(), RefusalCode::TOO_LARGE);
    // A key of that id, but of another suite.
    let keys: SealingSecrets = std::iter::once(own).collect();
    let other = with_header(&good, |header| header.suite = "another suite".to_owned());
    assert_eq!(taken(&other, &keys), Err(SealedFault::UnknownKey));
}

#[test]
fn nobody_seals_to_a_key_whose_time_is_over_or_of_another_suite() {
    let package = package(100);
    let key = secret().announced();
    let after = key.valid_until + SignedDuration::from_secs(1);
    assert_eq!(seal(&package, &key, after), Err(SealError::Ended));
    let other = SealingKey { suite: "another suite".to_owned(), ..key.clone() };
    assert_eq!(seal(&package, &other, now()), Err(SealError::OtherSuite));
    for public_key in [vec![], vec![4; 65], key.public_key[..64].to_vec()] {
        let broken = SealingKey { public_key, ..key.clone() };
        assert_eq!(seal(&package, &broken, now()), Err(SealError::Key));
    }
}
