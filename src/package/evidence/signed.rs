//! Who signed what of a set, and whom a set itself asks to believe.

use std::collections::BTreeSet;

use bytes::Bytes;
use pem::Pem;
use rustls_pki_types::CertificateDer;

use crate::package::trust::TrustSourceError;
use crate::package::{Limits, PackageFault, Recall, Receipt, Trust, TrustSources, open};
use crate::types::{Digest, MessageId, OfficeNumber};

use super::{EvidenceFile, PACKAGE, RECALL, RECEIPTS, ROOTS};

/// A package, a receipt or a recall whose signature holds, whoever its certificate belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// The package that it is or is about.
    pub message_id: MessageId,
    /// For whom it was signed, by its own word.
    pub office: OfficeNumber,
    /// SHA-256 of the certificate that signed it.
    pub certificate_sha256: Digest,
}

/// The package of a set and what is signed about it; what is broken is left out.
pub fn signed(files: &[EvidenceFile], limits: &Limits) -> Vec<Signed> {
    let read = |file: &EvidenceFile| match file.path.as_str() {
        PACKAGE => of_package(&file.bytes, limits).ok(),
        RECALL => of_recall(&file.bytes).ok(),
        path if path.starts_with(RECEIPTS) => of_receipt(&file.bytes, limits).ok(),
        _ => None,
    };
    files.iter().filter_map(read).collect()
}

fn of_package(bytes: &Bytes, limits: &Limits) -> Result<Signed, PackageFault> {
    let package = open(bytes.clone(), limits)?;
    let certificate = package.read_signature()?.certificate;
    let manifest = package.manifest();
    Ok(Signed {
        sha256: package.sha256(),
        message_id: manifest.message_id,
        office: manifest.sender.office,
        certificate_sha256: Digest::of(&certificate),
    })
}

fn of_receipt(bytes: &Bytes, limits: &Limits) -> Result<Signed, PackageFault> {
    let (signed, receipt) = Receipt::read(bytes, limits)?;
    Ok(Signed {
        sha256: Digest::of(bytes),
        message_id: receipt.message_id,
        office: receipt.signing_party()?.office,
        certificate_sha256: Digest::of(&signed.certificate),
    })
}

fn of_recall(bytes: &Bytes) -> Result<Signed, PackageFault> {
    let (signed, recall) = Recall::read(bytes)?;
    Ok(Signed {
        sha256: Digest::of(bytes),
        message_id: recall.message_id,
        office: recall.sender.office,
        certificate_sha256: Digest::of(&signed.certificate),
    })
}

/// Trust in what the set itself names to verify against: the authorities in it, and the signers
/// that stand among them.
///
/// # Errors
///
/// A certificate there that cannot be read.
pub fn trust_of_set(files: &[EvidenceFile], limits: &Limits) -> Result<Trust, TrustSourceError> {
    let mut sources = TrustSources::default();
    let roots = files.iter().filter(|file| file.path == ROOTS);
    for file in roots {
        let parsed = pem::parse_many(&file.bytes).unwrap_or_default();
        let certificates = parsed.into_iter().map(Pem::into_contents).map(CertificateDer::from);
        sources.roots.extend(certificates);
    }
    let named: BTreeSet<Digest> = sources.roots.iter().map(|der| Digest::of(der)).collect();
    for signed in signed(files, limits) {
        if named.contains(&signed.certificate_sha256) {
            let vouched = sources.vouched.entry(signed.office).or_default();
            vouched.insert(signed.certificate_sha256);
        }
    }
    Trust::new(sources)
}
