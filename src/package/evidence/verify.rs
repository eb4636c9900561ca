//! Checking a set, a package or a receipt.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;

use crate::package::cms::VerifiedSigner;
use crate::package::envelope::check_signer;
use crate::package::{
    Limits, Manifest, Package, PackageFault, PackageRef, Recall, Receipt, Trust, VerifiedReceipt,
    open,
};
use crate::types::Lang;

use super::{EvidenceFile, FILES, MANIFEST, PACKAGE, RECALL, RECEIPTS, SIGNATURE};

/// What was looked at in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckName {
    /// The container and the manifest are well-formed, the files are those of the manifest.
    Content,
    /// The signature holds.
    Signature,
    /// The one who signed is the one whom the document names, and is trusted.
    Signer,
    /// A file of the set is the one of the package.
    Extracted,
    /// The receipt or the recall is about the package of the set.
    Answers,
    /// The receipt before this one is in the set.
    Previous,
}

impl CheckName {
    /// The stable code, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Signature => "signature",
            Self::Signer => "signer",
            Self::Extracted => "extracted",
            Self::Answers => "answers",
            Self::Previous => "previous",
        }
    }

    /// What was checked, for people.
    pub const fn text(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Content => {
                ("内容（目録とファイルの一致）", "content: the files are the manifest's")
            }
            Self::Signature => ("電子署名", "signature"),
            Self::Signer => ("署名者と証明書", "signer and certificate"),
            Self::Extracted => ("取り出したファイル", "extracted file"),
            Self::Answers => ("パッケージとの対応", "is about the package"),
            Self::Previous => ("前の受領証とのつながり", "link to the receipt before"),
        };
        lang.pick(ja, en)
    }
}

/// One check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The file, as a path inside the set.
    pub path: String,
    /// What was checked.
    pub name: CheckName,
    /// Why it failed, if it did.
    pub fault: Option<PackageFault>,
}

/// A package whose every check passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFacts {
    /// Its id and digests.
    pub reference: PackageRef,
    /// What was sent.
    pub manifest: Manifest,
    /// Who signed it, and when by its own word.
    pub signer: VerifiedSigner,
}

/// Everything that was checked, and what it proves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceReport {
    /// Every check, in the order in which it was made.
    pub checks: Vec<Check>,
    /// The package, if it is genuine.
    pub package: Option<PackageFacts>,
    /// The genuine receipts, with their paths.
    pub receipts: Vec<(String, VerifiedReceipt)>,
    /// The genuine request of the sender to have the package back.
    pub recall: Option<(Recall, VerifiedSigner)>,
}

impl EvidenceReport {
    /// Whether something was checked and nothing failed.
    pub fn passed(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.fault.is_none())
    }

    fn note<T>(
        &mut self,
        path: &str,
        name: CheckName,
        result: Result<T, PackageFault>,
    ) -> Option<T> {
        let (fault, value) = match result {
            Ok(value) => (None, Some(value)),
            Err(fault) => (Some(fault), None),
        };
        self.checks.push(Check { path: path.to_owned(), name, fault });
        value
    }
}

/// Checks a package. Certificates are judged as of `at`, or of the time that the signer states.
pub fn verify_package(
    path: &str,
    bytes: Bytes,
    trust: &Trust,
    limits: &Limits,
    at: Option<Timestamp>,
) -> EvidenceReport {
    let mut report = EvidenceReport::default();
    check_package(&mut report, path, bytes, trust, limits, at);
    report
}

/// Checks a receipt alone: whether the package that it names exists is not seen.
pub fn verify_receipt(
    path: &str,
    message: &[u8],
    trust: &Trust,
    limits: &Limits,
    at: Option<Timestamp>,
) -> EvidenceReport {
    let mut report = EvidenceReport::default();
    check_receipt(&mut report, path, message, trust, limits, at);
    report
}

/// Checks a recall alone: whether the package that it names exists is not seen.
pub fn verify_recall(
    path: &str,
    message: &[u8],
    trust: &Trust,
    at: Option<Timestamp>,
) -> EvidenceReport {
    let mut report = EvidenceReport::default();
    check_recall(&mut report, path, message, trust, at);
    report
}

/// Checks a set as [`super::export`] makes it. What is no part of the signed statements (the
/// README, checksums, PEM files) is not looked at; `trust` says whom to believe.
pub fn verify_set(
    files: &[EvidenceFile],
    trust: &Trust,
    limits: &Limits,
    at: Option<Timestamp>,
) -> EvidenceReport {
    let files = by_path(files);
    let (mut report, package) = check_documents(&files, trust, limits, at);
    if let Some(package) = &package {
        check_extracted(&mut report, package, &files);
    }
    check_previous(&mut report);
    report
}

/// Checks a package and what is signed about it, as [`super::documents`] gives it.
pub fn verify_documents(files: &[EvidenceFile], trust: &Trust, limits: &Limits) -> EvidenceReport {
    check_documents(&by_path(files), trust, limits, None).0
}

fn by_path(files: &[EvidenceFile]) -> BTreeMap<&str, &Bytes> {
    files.iter().map(|file| (file.path.as_str(), &file.bytes)).collect()
}

fn check_documents(
    files: &BTreeMap<&str, &Bytes>,
    trust: &Trust,
    limits: &Limits,
    at: Option<Timestamp>,
) -> (EvidenceReport, Option<Package>) {
    let mut report = EvidenceReport::default();
    let package = if let Some(bytes) = files.get(PACKAGE) {
        check_package(&mut report, PACKAGE, (*bytes).clone(), trust, limits, at)
    } else {
        let missing = PackageFault::Container { offset: 0, expected: "package.zip in the set" };
        report.note::<()>(PACKAGE, CheckName::Content, Err(missing));
        None
    };
    for (path, message) in files.iter().filter(|(path, _)| path.starts_with(RECEIPTS)) {
        let Some(receipt) = check_receipt(&mut report, path, message, trust, limits, at) else {
            continue;
        };
        if let Some(package) = &package {
            let answers = receipt.receipt.check_answers(&package.reference());
            report.note(path, CheckName::Answers, answers);
        }
    }
    if let Some(message) = files.get(RECALL)
        && let Some(recall) = check_recall(&mut report, RECALL, message, trust, at)
        && let Some(package) = &package
    {
        let fault = PackageFault::Recall { expected: "the package of the set" };
        let is_about_it = recall.reference() == package.reference();
        let answers = if is_about_it { Ok(()) } else { Err(fault) };
        report.note(RECALL, CheckName::Answers, answers);
    }
    (report, package)
}

fn check_package(
    report: &mut EvidenceReport,
    path: &str,
    bytes: Bytes,
    trust: &Trust,
    limits: &Limits,
    at: Option<Timestamp>,
) -> Option<Package> {
    let package = report.note(path, CheckName::Content, open(bytes, limits))?;
    let signed = package.read_signature();
    if let Some(signed) = report.note(path, CheckName::Signature, signed) {
        let at = at.unwrap_or(signed.signed_at);
        let signer = check_signer(signed, &package.manifest().sender, trust, at);
        if let Some(signer) = report.note(path, CheckName::Signer, signer) {
            let manifest = package.manifest().clone();
            let reference = package.reference();
            report.package = Some(PackageFacts { reference, manifest, signer });
        }
    }
    Some(package)
}

fn check_receipt(
    report: &mut EvidenceReport,
    path: &str,
    message: &[u8],
    trust: &Trust,
    limits: &Limits,
    at: Option<Timestamp>,
) -> Option<VerifiedReceipt> {
    let read = Receipt::read(message, limits);
    let (signed, receipt) = report.note(path, CheckName::Signature, read)?;
    let at = at.unwrap_or(signed.signed_at);
    let verified = receipt.verify(message, signed, trust, at);
    let verified = report.note(path, CheckName::Signer, verified)?;
    report.receipts.push((path.to_owned(), verified.clone()));
    Some(verified)
}

fn check_recall(
    report: &mut EvidenceReport,
    path: &str,
    message: &[u8],
    trust: &Trust,
    at: Option<Timestamp>,
) -> Option<Recall> {
    let (signed, recall) = report.note(path, CheckName::Signature, Recall::read(message))?;
    let at = at.unwrap_or(signed.signed_at);
    let signer = check_signer(signed, &recall.sender, trust, at);
    let signer = report.note(path, CheckName::Signer, signer)?;
    report.recall = Some((recall.clone(), signer));
    Some(recall)
}

/// The files beside the package are those inside it, none more and none less.
fn check_extracted(report: &mut EvidenceReport, package: &Package, files: &BTreeMap<&str, &Bytes>) {
    let mut expected: BTreeMap<String, &Bytes> =
        package.files().map(|(listed, bytes)| (format!("{FILES}{}", listed.name), bytes)).collect();
    expected.insert(MANIFEST.to_owned(), package.manifest_bytes());
    expected.insert(SIGNATURE.to_owned(), package.signature());
    for (path, bytes) in &expected {
        let same = files.get(path.as_str()) == Some(bytes);
        let result = if same { Ok(()) } else { Err(PackageFault::NotExtracted) };
        report.note(path, CheckName::Extracted, result);
    }
    let listed = package.manifest().files.len();
    let got = files.keys().filter(|path| path.starts_with(FILES)).count();
    if listed != got {
        let fault = PackageFault::FileCount { listed, got };
        report.note::<()>(FILES, CheckName::Extracted, Err(fault));
    }
}

fn check_previous(report: &mut EvidenceReport) {
    let links: Vec<_> = report
        .receipts
        .iter()
        .filter_map(|(path, receipt)| {
            let previous = receipt.receipt.previous?;
            let found = report.receipts.iter().any(|(_, other)| other.sha256 == previous);
            Some((path.clone(), found))
        })
        .collect();
    for (path, found) in links {
        let missing = PackageFault::Receipt { expected: "the receipt before it in the set" };
        let result = if found { Ok(()) } else { Err(missing) };
        report.note(&path, CheckName::Previous, result);
    }
}
