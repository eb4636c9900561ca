//! Proof for third parties: a set of files that can be checked without renkei, and our own check
//! of such a set.

mod export;
mod signed;
mod verify;

pub use export::{EvidenceFile, Statements, documents, export};
pub use signed::{Signed, signed, trust_of_set};
pub use verify::{
    Check, CheckName, EvidenceReport, PackageFacts, verify_documents, verify_package,
    verify_recall, verify_receipt, verify_set,
};

/// The path of the package as it was sent, in a set of evidence.
pub const PACKAGE: &str = "package.zip";
/// The entries of the package, taken out.
const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.p7s";
const FILES: &str = "files/";
/// The receipts, numbered in their order.
const RECEIPTS: &str = "receipts/";
/// The request of the sender to have it back, where it was made.
pub const RECALL: &str = "recall.p7s";
/// What the signatures are verified against.
const ROOTS: &str = "certificates/roots.pem";
/// The certificates of the signers, for reading.
const SIGNERS: &str = "certificates/signers.pem";
const CHECKSUMS: &str = "SHA256SUMS";
const README: &str = "README.txt";
