//! Writing the set.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::Timestamp;
use pem::{EncodeConfig, LineEnding, Pem};
use rustls_pki_types::CertificateDer;

use crate::package::cms::Verified;
use crate::package::{Limits, Package, PackageFault, Recall, Receipt, Trust, Usage};

use super::{
    CHECKSUMS, FILES, MANIFEST, PACKAGE, README, RECALL, RECEIPTS, ROOTS, SIGNATURE, SIGNERS,
};

const TEMPLATE: &str = include_str!("readme.txt");

/// Of the list of files.
const RECALL_LINE: &str = "recall.p7s                送信元による取り戻しの依頼（署名付き JSON）/ the sender's request to have it back, signed JSON\n";

/// One file of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFile {
    /// The path inside the set's folder, its parts separated by `/`.
    pub path: String,
    /// The content.
    pub bytes: Bytes,
}

/// What is signed about a package beside itself.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    /// The receipts, in the order in which they were given.
    pub receipts: Vec<Bytes>,
    /// The request of the sender to have it back, where it was made.
    pub recall: Option<Bytes>,
}

/// What is signed of a set, under the names that it has there.
pub fn documents(package: &Package, about: &Statements) -> Vec<EvidenceFile> {
    let receipts = (1..).zip(&about.receipts).map(|(place, message)| {
        let path: String = format!("{RECEIPTS}{place:02}.p7s");
        file(&path, message.clone())
    });
    let recall = about.recall.iter().map(|message| file(RECALL, message.clone()));
    let package = std::iter::once(file(PACKAGE, package.bytes().clone()));
    package.chain(receipts).chain(recall).collect()
}

/// Makes the set for a package and what is signed about it.
///
/// `trust` supplies the roots to verify against; a signer whom no path leads to a root becomes one
/// of them. A signature
/// that does not verify is a fault: such a set would prove nothing.
pub fn export(
    package: &Package,
    about: &Statements,
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
    for (place, message) in (1..).zip(&about.receipts) {
        let (signed, receipt) = Receipt::read(message, limits)?;
        let kind = receipt.kind.as_str();
        let path = format!("{RECEIPTS}{place:02}-{kind}.p7s");
        files.push(file(&path, message.clone()));
        signatures.push(Signature { path, label: kind.to_owned(), signed });
    }
    if let Some(message) = &about.recall {
        let (signed, _) = Recall::read(message)?;
        files.push(file(RECALL, message.clone()));
        signatures.push(Signature { path: RECALL.to_owned(), label: "Recall".to_owned(), signed });
    }
    let pinned = signatures.iter().any(|signature| signature.stands_alone(trust));
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

impl Signature {
    /// Whether no root of `trust` says who signed.
    fn stands_alone(&self, trust: &Trust) -> bool {
        let Verified { certificate, chain, signed_at } = &self.signed;
        !trust.leads_to_root(certificate, chain, Usage::Signing, *signed_at)
    }
}

fn file(path: &str, bytes: Bytes) -> EvidenceFile {
    EvidenceFile { path: path.to_owned(), bytes }
}

fn roots(signatures: &[Signature], trust: &Trust) -> String {
    let alone = signatures.iter().filter(|signature| signature.stands_alone(trust));
    to_pem(trust.roots().chain(alone.map(|signature| &signature.signed.certificate)))
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
    // A certificate that leads to no root is the end of the path itself.
    let partial = if pinned { " -partial_chain" } else { "" };
    // As of the signing, so that the command goes on holding after the certificates have ended.
    let command = |signature: &Signature, content: &str| {
        let (path, at) = (&signature.path, signature.signed.signed_at.as_second());
        format!(
            "openssl cms -verify -binary -inform DER -in {path}{content} -CAfile {ROOTS} -purpose any{partial} -attime {at}"
        )
    };
    let content = format!(" -content {MANIFEST}");
    let manifest_command =
        signatures.first().map(|signature| command(signature, &content)).unwrap_or_default();
    let receipts: Vec<String> =
        signatures.iter().skip(1).map(|signature| command(signature, "")).collect();
    let receipts =
        if receipts.is_empty() { "(なし / none)".to_owned() } else { receipts.join("\n") };
    let mut stated = String::new();
    for signature in signatures {
        let time: Timestamp = signature.signed.signed_at;
        let _ = writeln!(stated, "  {:<24} {time}", signature.label);
    }
    let has_recall = signatures.iter().any(|signature| signature.path == RECALL);
    let manifest = package.manifest();
    TEMPLATE
        .replace("{{sender}}", manifest.sender.office.as_str())
        .replace("{{recipient}}", manifest.recipient.office.as_str())
        .replace("{{message_id}}", &manifest.message_id.to_string())
        .replace("{{created_at}}", &manifest.created_at.to_string())
        .replace("{{signatures}}", stated.trim_end())
        .replace("{{manifest_command}}", &manifest_command)
        .replace("{{receipt_commands}}", &receipts)
        .replace("{{recall}}", if has_recall { RECALL_LINE } else { "" })
}
