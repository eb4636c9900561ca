//! The exported set: its README's own commands verify it, and every change is noticed.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use renkei::package::evidence::{
    CheckName, EvidenceFile, EvidenceReport, Statements, export, verify_package, verify_receipt,
    verify_set,
};
use renkei::package::{KeyKind, Limits, Receipt, ReceiptKind};

use super::*;

/// A package with both receipts of a delivery.
fn delivery(world: &World) -> (Package, Vec<Bytes>) {
    let package = world.package();
    let signer = signer(&world.recipient);
    let first = Receipt::about(&package, ReceiptKind::ContentConsignment, now());
    let first = first.sign(&signer, now()).expect("signed");
    let second = Receipt::about(&package, ReceiptKind::ContentHandover, now());
    let second = second.after(Some(sha256(&first))).sign(&signer, now()).expect("signed");
    (package, vec![first.into(), second.into()])
}

fn write_out(folder: &Path, files: &[EvidenceFile]) {
    for file in files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, &file.bytes).expect("written");
    }
}

/// Runs the commands that the README gives; the output of the first that fails.
fn follow_readme(folder: &Path) -> Result<usize, String> {
    let readme = std::fs::read_to_string(folder.join("README.txt")).expect("a README");
    let commands: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("openssl ") || line.starts_with("sha256sum "))
        .collect();
    for command in &commands {
        let output =
            Command::new("sh").args(["-c", command]).current_dir(folder).output().expect("sh");
        if !output.status.success() {
            return Err(format!("{command}: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    Ok(commands.len())
}

/// How many certificates the set believes.
fn anchors(files: &[EvidenceFile]) -> usize {
    let roots = files.iter().find(|file| file.path == "certificates/roots.pem").expect("roots");
    String::from_utf8_lossy(&roots.bytes).matches("-----BEGIN CERTIFICATE-----").count()
}

fn verify(files: &[EvidenceFile], trust: &Trust) -> EvidenceReport {
    verify_set(files, trust, &Limits::default(), None)
}

/// Receipts, and nothing else that is signed.
fn said(receipts: &[Bytes]) -> Statements {
    Statements { receipts: receipts.to_vec(), recall: None }
}

#[test]
fn the_readme_of_a_set_verifies_it() {
    let world = World::new(KeyKind::EcP256);
    let (package, receipts) = delivery(&world);
    let files =
        export(&package, &said(&receipts), &world.trust, &Limits::default()).expect("a set");
    let folder = tempfile::tempdir().expect("a folder");
    write_out(folder.path(), &files);
    assert_eq!(follow_readme(folder.path()), Ok(4));
    let readme = std::fs::read_to_string(folder.path().join("README.txt")).expect("a README");
    assert!(!readme.contains("{{"), "a place in the README was not filled");
    assert!(readme.contains(&format!("-attime {}", now().as_second())));
    // Under an authority nobody is asked to believe a certificate because it is in the set.
    assert_eq!(anchors(&files), 1);
    assert!(!readme.contains("-partial_chain"));

    let report = verify(&files, &world.trust);
    assert!(report.passed(), "{:#?}", report.checks);
    assert_eq!(report.package.map(|package| package.signer.office), Some(office(SENDER)));
    let kinds: Vec<_> = report.receipts.iter().map(|(_, receipt)| receipt.receipt.kind).collect();
    assert_eq!(kinds, [ReceiptKind::ContentConsignment, ReceiptKind::ContentHandover]);
}

#[test]
fn a_set_with_pinned_signers_verifies_as_well() {
    let unknown = TestCa::new("Unknown", long()).expect("a CA");
    let middle = unknown.subordinate("Middle", long()).expect("a CA");
    let sender = middle.issue(office(SENDER), Usage::Signing, &[], long()).expect("issued");
    let recipient = middle.issue(office(RECIPIENT), Usage::Signing, &[], long()).expect("issued");
    let digest = |issued: &Issued| sha256(issued.certificate().expect("one"));
    let pins = [
        (office(SENDER), [digest(&sender)].into()),
        (office(RECIPIENT), [digest(&recipient)].into()),
    ];
    let sources = TrustSources { pins: pins.into(), ..TrustSources::default() };
    let trust = Trust::new(sources).expect("usable");
    let world = World { ca: unknown, sender, recipient, trust };
    let (package, receipts) = delivery(&world);
    let files =
        export(&package, &said(&receipts), &world.trust, &Limits::default()).expect("a set");
    let folder = tempfile::tempdir().expect("a folder");
    write_out(folder.path(), &files);
    assert_eq!(follow_readme(folder.path()), Ok(4));
    assert!(verify(&files, &world.trust).passed());
    assert_eq!(anchors(&files), 2);
    let readme = std::fs::read_to_string(folder.path().join("README.txt")).expect("a README");
    assert!(readme.contains("-partial_chain"));
}

#[test]
fn every_change_to_a_set_is_noticed() {
    let world = World::new(KeyKind::EcP256);
    let (package, receipts) = delivery(&world);
    let files =
        export(&package, &said(&receipts), &world.trust, &Limits::default()).expect("a set");
    let statements = |file: &EvidenceFile| {
        !["README.txt", "SHA256SUMS"].contains(&file.path.as_str())
            && !file.path.starts_with("certificates/")
    };
    let mut changed = 0;
    for place in 0..files.len() {
        if !statements(&files[place]) {
            continue;
        }
        let mut bad = files.clone();
        let mut bytes = bad[place].bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bad[place].bytes = bytes.into();
        assert!(!verify(&bad, &world.trust).passed(), "{} was changed", files[place].path);
        let folder = tempfile::tempdir().expect("a folder");
        write_out(folder.path(), &bad);
        assert!(follow_readme(folder.path()).is_err(), "{} was changed", files[place].path);
        changed += 1;
        bad.remove(place);
        // The last receipt is the only thing that nothing else speaks of.
        if !files[place].path.contains("ContentHandover") {
            assert!(!verify(&bad, &world.trust).passed(), "{} was removed", files[place].path);
        }
    }
    assert_eq!(changed, 7);
    let mut more = files.clone();
    more.push(EvidenceFile { path: "files/more.CSV".to_owned(), bytes: Bytes::new() });
    assert!(!verify(&more, &world.trust).passed());
}

#[test]
fn receipts_of_another_package_do_not_count() {
    let world = World::new(KeyKind::EcP256);
    let (package, _) = delivery(&world);
    let (_, receipts) = delivery(&world);
    let files =
        export(&package, &said(&receipts), &world.trust, &Limits::default()).expect("a set");
    let report = verify(&files, &world.trust);
    let failed: Vec<_> = report
        .checks
        .iter()
        .filter(|check| check.fault.is_some())
        .map(|check| check.name)
        .collect();
    assert_eq!(failed, [CheckName::Answers, CheckName::Answers]);
}

#[test]
fn old_signatures_are_judged_as_of_their_time() {
    let short = Validity { not_before: days(-1), not_after: days(1) };
    let ca = TestCa::new("A", long()).expect("a CA");
    let issue = |number| ca.issue(office(number), Usage::Signing, &[], short).expect("issued");
    let (sender, recipient) = (issue(SENDER), issue(RECIPIENT));
    let trust = trust_in(&[&ca]);
    let world = World { ca, sender, recipient, trust };
    let (package, receipts) = delivery(&world);
    let limits = Limits::default();
    let package_at =
        |at| verify_package("p.zip", package.bytes().clone(), &world.trust, &limits, at);
    assert!(package_at(None).passed());
    assert!(!package_at(Some(days(2))).passed());
    let receipt_at = |at| verify_receipt("r.p7s", &receipts[0], &world.trust, &limits, at);
    assert!(receipt_at(None).passed());
    assert!(!receipt_at(Some(days(2))).passed());
    assert!(!EvidenceReport::default().passed(), "nothing checked is nothing proved");
}
