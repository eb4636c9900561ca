//! Writing the set.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::Timestamp;
use pem::{EncodeConfig, LineEnding, Pem};
use rustls_pki_types::CertificateDer;

use crate::package::cms::Verified;
use crate::package::{Limits, Package, PackageFault, Receipt, Trust};

use super::{CHECKSUMS, FILES, MANIFEST, PACKAGE, README, RECEIPTS, ROOTS, SIGNATURE, SIGNERS};

const TEMPLATE: &str = include_str!("readme.txt");

/// One file of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFile {
    /// The path inside the set's folder, its parts separated by `/`.
    pub path: String,
    /// The content.
    pub bytes: Bytes,
}

/// Makes the set for a package and its receipts, in the order in which they were given.
///
/// `trust` supplies the roots to verify against; a pinned signer becomes one of them. A signature
/// that does not verify is a fault: such a set would prove nothing.
pub fn export(
    package: &Package,
    receipts: &[Bytes],
    trust: &Trust,
    limits: &Limits,
) -> Result<Vec<EvidenceFile>, PackageFault> {
    let mut signatures = vec![Signature {
        path: SIGNATURE.to_owned(),
        label: "package".to_owned(),
        signed: package.read_signature()?,
    }];
    let mut files = vec![
        file(PACKAGE, package.bytes().clone()),
        file(MANIFEST, package.manifest_bytes().clone()),
        file(SIGNATURE, package.signature().clone()),
    ];
    for (listed, bytes) in package.files() {
        files.push(file(&format!("{FILES}{}", listed.name), bytes.clone()));
    }
    for (place, message) in (1..).zip(receipts) {
        let (signed, receipt) = Receipt::read(message, limits)?;
        let kind = receipt.kind.as_str();
        let path = format!("{RECEIPTS}{place:02}-{kind}.p7s");
        files.push(file(&path, message.clone()));
        signatures.push(Signature { path, label: kind.to_owned(), signed });
    }
    let pinned = signatures.iter().any(|signature| trust.is_pinned(&signature.signed.certificate));
    let checksums = checksums(package);
    let readme = readme(package, &signatures, pinned);
    files.push(file(ROOTS, Bytes::from(roots(&signatures, trust))));
    files.push(file(SIGNERS, Bytes::from(signers(&signatures))));
    files.push(file(CHECKSUMS, Bytes::from(checksums)));
    files.push(file(README, Bytes::from(readme)));
    Ok(files)
}

/// A signature of the set, with its file.
struct Signature {
    path: String,
    label: String,
    signed: Verified,
}

fn file(path: &str, bytes: Bytes) -> EvidenceFile {
    EvidenceFile { path: path.to_owned(), bytes }
}

fn roots(signatures: &[Signature], trust: &Trust) -> String {
    let pinned = signatures.iter().map(|signature| &signature.signed.certificate);
    let pinned = pinned.filter(|certificate| trust.is_pinned(certificate));
    to_pem(trust.roots().chain(pinned))
}

fn signers(signatures: &[Signature]) -> String {
    to_pem(signatures.iter().flat_map(|signature| {
        std::iter::once(&signature.signed.certificate).chain(&signature.signed.chain)
    }))
}

/// Each certificate once.
fn to_pem<'a>(certificates: impl Iterator<Item = &'a CertificateDer<'static>>) -> String {
    let mut seen: Vec<&CertificateDer<'_>> = Vec::new();
    let mut text = String::new();
    for certificate in certificates {
        if !seen.contains(&certificate) {
            seen.push(certificate);
            let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
            let block = Pem::new("CERTIFICATE", certificate.as_ref());
            text.push_str(&pem::encode_config(&block, config));
        }
    }
    text
}

/// In the form of `sha256sum`.
fn checksums(package: &Package) -> String {
    let reference = package.reference();
    let mut text = format!(
        "{}  {PACKAGE}\n{}  {MANIFEST}\n",
        reference.package_sha256, reference.manifest_sha256
    );
    for (listed, _) in package.files() {
        // Writing into a String never fails.
        let _ = writeln!(text, "{}  {FILES}{}", listed.sha256, listed.name);
    }
    text
}

fn readme(package: &Package, signatures: &[Signature], pinned: bool) -> String {
    // A pinned certificate need not lead to a root; then it is the end of the path itself.
    let partial = if pinned { " -partial_chain" } else { "" };
    let command = |path: &str, content: &str| {
        format!(
            "openssl cms -verify -binary -inform DER -in {path}{content} -CAfile {ROOTS} -purpose any{partial}"
        )
    };
    let manifest_command = command(SIGNATURE, &format!(" -content {MANIFEST}"));
    let receipts: Vec<String> =
        signatures.iter().skip(1).map(|signature| command(&signature.path, "")).collect();
    let receipts =
        if receipts.is_empty() { "(なし / none)".to_owned() } else { receipts.join("\n") };
    let (mut stated, mut attime) = (String::new(), String::new());
    for signature in signatures {
        let time: Timestamp = signature.signed.signed_at;
        let _ = writeln!(stated, "  {:<24} {time}", signature.label);
        let _ = writeln!(attime, "  {:<24} -attime {}", signature.label, time.as_second());
    }
    let manifest = package.manifest();
    TEMPLATE
        .replace("{{sender}}", manifest.sender.office.as_str())
        .replace("{{recipient}}", manifest.recipient.office.as_str())
        .replace("{{message_id}}", &manifest.message_id.to_string())
        .replace("{{created_at}}", &manifest.created_at.to_string())
        .replace("{{signatures}}", stated.trim_end())
        .replace("{{manifest_command}}", &manifest_command)
        .replace("{{receipt_commands}}", &receipts)
        .replace("{{attime}}", attime.trim_end())
}
