//! What we sign, `openssl` verifies; what `openssl` signs, we verify.

use std::io::{Cursor, Read as _};

use bytes::Bytes;
use renkei::package::{
    CmsFault, KeyKind, Limits, PackageFault, Receipt, ReceiptKind, TrustError, open,
};

use super::*;

const KEYS: [KeyKind; 3] = [KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa];

#[test]
fn openssl_verifies_our_packages() {
    for key in KEYS {
        let world = World::new(key);
        let package = world.package();
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        put_roots(folder, &world.ca);
        put(folder, "manifest.json", package.manifest_bytes());
        put(folder, "manifest.p7s", package.signature());
        let verify = |more: &[&str]| {
            let command = "cms -verify -binary -inform DER -in manifest.p7s -content manifest.json \
                           -CAfile roots.pem -purpose any";
            let mut arguments: Vec<&str> = command.split_whitespace().collect();
            arguments.extend(more);
            openssl(folder, &arguments)
        };
        let output = verify(&[]);
        assert!(output.status.success(), "{key:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, package.manifest_bytes()[..]);
        // Also as CAdES-BES, which checks signingCertificateV2.
        assert!(verify(&["-cades"]).status.success(), "{key:?}");

        let mut manifest = package.manifest_bytes().to_vec();
        manifest[10] ^= 1;
        put(folder, "manifest.json", manifest);
        assert!(!verify(&[]).status.success(), "{key:?}: a changed manifest was accepted");
    }
}

#[test]
fn openssl_verifies_our_receipts() {
    for key in KEYS {
        let world = World::new(key);
        let package = world.package();
        let receipt = Receipt::about(&package, ReceiptKind::ContentHandover, now());
        let message = receipt.sign(&signer(&world.recipient), now()).expect("signed");
        let folder = tempfile::tempdir().expect("a folder");
        put_roots(folder.path(), &world.ca);
        put(folder.path(), "receipt.p7s", &message);
        let command =
            "cms -verify -binary -inform DER -in receipt.p7s -CAfile roots.pem -purpose any";
        let arguments: Vec<&str> = command.split_whitespace().collect();
        let content = openssl_ok(folder.path(), &arguments);
        let shown: Receipt = serde_json::from_slice(&content).expect("the document");
        assert_eq!(shown.check_answers(&package.reference()), Ok(()));
        assert_eq!(shown.package_sha256, sha256(package.bytes()));

        let opened = Receipt::open(&message, &world.trust, &Limits::default(), now());
        assert_eq!(opened.map(|opened| opened.receipt), Ok(shown));
    }
}

#[test]
fn a_subordinate_authority_travels_with_the_signature() {
    let root = TestCa::new("Root", long()).expect("a CA");
    let middle = root.subordinate("Middle", long()).expect("a CA");
    let sender = middle.issue(office(SENDER), Usage::Signing, &[], long()).expect("issued");
    let signer = signer(&sender);
    assert_eq!(signer.chain().len(), 2);
    let contents: Vec<&[u8]> = FILES.iter().map(|(_, bytes)| *bytes).collect();
    let bytes = pack(&manifest(&signer, FILES), &contents, &signer, now()).expect("packed");
    let package = open(Bytes::from(bytes), &Limits::default()).expect("opened");

    let signer = package.verify(&trust_in(&[&root]), now()).expect("verified");
    assert_eq!(signer.office, office(SENDER));
    assert_eq!(signer.chain.len(), 1);
    let folder = tempfile::tempdir().expect("a folder");
    put_roots(folder.path(), &root);
    put(folder.path(), "manifest.json", package.manifest_bytes());
    put(folder.path(), "manifest.p7s", package.signature());
    let command = "cms -verify -cades -binary -inform DER -in manifest.p7s -content manifest.json \
                   -CAfile roots.pem -purpose any";
    openssl_ok(folder.path(), &command.split_whitespace().collect::<Vec<_>>());
}

/// Signs `content` with `openssl` and more `arguments`.
fn signed_by_openssl(world: &World, content: &[u8], arguments: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    put_identity(folder.path(), "sender", &world.sender);
    put_identity(folder.path(), "recipient", &world.recipient);
    put(folder.path(), "content", content);
    let command = format!("cms -sign -binary -in content -outform DER -out message {arguments}");
    openssl_ok(folder.path(), &command.split_whitespace().collect::<Vec<_>>());
    std::fs::read(folder.path().join("message")).expect("a message")
}

#[test]
fn we_verify_what_openssl_signs() {
    for key in KEYS {
        let world = World::new(key);
        let package = world.package();
        for digest in ["sha256", "sha384", "sha512"] {
            let arguments = format!("-cades -md {digest} -signer sender.pem -inkey sender.key");
            let signature = signed_by_openssl(&world, package.manifest_bytes(), &arguments);
            let bytes = repacked(&package, package.manifest_bytes(), &signature);
            let theirs = open(Bytes::from(bytes), &Limits::default()).expect("a container");
            let verified = theirs.verify(&world.trust, now());
            assert_eq!(
                verified.map(|signer| signer.certificate_sha256).ok(),
                package.manifest().sender.certificate,
                "{key:?} {digest}"
            );
        }
    }
}

/// `openssl` has no option to list more than the signer's certificate in signingCertificateV2.
#[test]
fn a_certificate_between_need_not_be_listed_by_the_signer() {
    let root = TestCa::new("Root", long()).expect("a CA");
    let middle = root.subordinate("Middle", long()).expect("a CA");
    let sender = middle.issue(office(SENDER), Usage::Signing, &[], long()).expect("issued");
    let own = signer(&sender);
    let contents: Vec<&[u8]> = FILES.iter().map(|(_, bytes)| *bytes).collect();
    let bytes = pack(&manifest(&own, FILES), &contents, &own, now()).expect("packed");
    let package = open(Bytes::from(bytes), &Limits::default()).expect("opened");

    let folder = tempfile::tempdir().expect("a folder");
    put_identity(folder.path(), "sender", &sender);
    put(folder.path(), "middle.pem", certs::certificates_to_pem(&[middle.certificate().clone()]));
    put(folder.path(), "content", package.manifest_bytes());
    let command = "cms -sign -binary -cades -nosmimecap -md sha256 -outform DER -in content \
                   -out message -signer sender.pem -inkey sender.key -certfile middle.pem";
    openssl_ok(folder.path(), &command.split_whitespace().collect::<Vec<_>>());
    let signature = std::fs::read(folder.path().join("message")).expect("a message");
    let theirs = repacked(&package, package.manifest_bytes(), &signature);
    let theirs = open(Bytes::from(theirs), &Limits::default()).expect("a container");
    let verified = theirs.verify(&trust_in(&[&root]), now()).expect("verified");
    assert_eq!(verified.chain, [middle.certificate().clone()]);
}

#[test]
fn refuses_other_profiles_of_cms() {
    let world = World::new(KeyKind::EcP256);
    let package = world.package();
    let fault = |arguments: &str| {
        let signature = signed_by_openssl(&world, package.manifest_bytes(), arguments);
        let bytes = repacked(&package, package.manifest_bytes(), &signature);
        let theirs = open(Bytes::from(bytes), &Limits::default()).expect("a container");
        theirs.verify(&world.trust, now()).expect_err(arguments)
    };
    let signer = "-signer sender.pem -inkey sender.key";
    let cms = |fault| PackageFault::Signature(fault);
    assert_eq!(
        fault(&format!("-cades {signer} -signer recipient.pem -inkey recipient.key")),
        cms(CmsFault::SignerCount { got: 2 })
    );
    assert_eq!(
        fault(&format!("-noattr {signer}")),
        cms(CmsFault::Attribute { name: "contentType" })
    );
    assert_eq!(fault(signer), cms(CmsFault::Attribute { name: "signingCertificateV2" }));
    assert_eq!(fault(&format!("-cades -md sha1 {signer}")), cms(CmsFault::DigestAlgorithm));
    assert_eq!(fault(&format!("-cades -keyid {signer}")), cms(CmsFault::Malformed));
    assert_eq!(fault(&format!("-cades -nocerts {signer}")), cms(CmsFault::Certificates));
    assert_eq!(
        fault(&format!("-cades -nodetach {signer}")),
        cms(CmsFault::Attachment { attached: false })
    );
    assert_eq!(
        fault(&format!("-cades -econtent_type 1.2.3.4 {signer}")),
        // Another content type also means version 3.
        cms(CmsFault::Version)
    );
    assert_eq!(
        fault("-cades -signer recipient.pem -inkey recipient.key"),
        PackageFault::OtherSigner
    );
}

#[test]
fn a_receipt_signed_by_openssl_is_taken() {
    let world = World::new(KeyKind::EcP256);
    let mut receipt = Receipt::about(&world.package(), ReceiptKind::ContentConsignment, now());
    receipt.recipient.certificate = world.recipient.certificate().map(|der| sha256(der));
    let document = serde_json::to_vec(&receipt).expect("JSON");
    let sign = |who: &str| {
        let arguments = format!("-cades -nodetach -signer {who}.pem -inkey {who}.key");
        signed_by_openssl(&world, &document, &arguments)
    };
    let open = |message: &[u8]| Receipt::open(message, &world.trust, &Limits::default(), now());
    assert_eq!(open(&sign("recipient")).map(|opened| opened.receipt), Ok(receipt.clone()));
    assert_eq!(open(&sign("sender")).map(|opened| opened.receipt), Err(PackageFault::OtherSigner));

    // The sender cannot issue the recipient's receipt by naming its own certificate.
    receipt.recipient.certificate = world.sender.certificate().map(|der| sha256(der));
    let document = serde_json::to_vec(&receipt).expect("JSON");
    let message = signed_by_openssl(
        &world,
        &document,
        "-cades -nodetach -signer sender.pem -inkey sender.key",
    );
    assert_eq!(
        open(&message).map(|opened| opened.receipt),
        Err(PackageFault::Trust(TrustError::WrongOffice { office: office(RECIPIENT) }))
    );
}

#[test]
fn an_ordinary_reader_opens_our_container() {
    let world = World::new(KeyKind::EcP256);
    let package = world.package();
    let mut archive = zip::ZipArchive::new(Cursor::new(package.bytes().to_vec())).expect("a ZIP");
    let names: Vec<_> =
        archive.file_names().map(|name| name.expect("a name").into_owned()).collect();
    assert_eq!(names, ["manifest.json", "manifest.p7s", "files/0001", "files/0002"]);
    for (index, (_, expected)) in package.files().enumerate() {
        let mut bytes = Vec::new();
        let mut entry = archive.by_index(index + 2).expect("an entry");
        entry.read_to_end(&mut bytes).expect("readable");
        assert_eq!(bytes, expected[..]);
    }
    let again = repacked(&package, package.manifest_bytes(), package.signature());
    assert_eq!(again, package.bytes().to_vec(), "the container is written in one way only");
}
