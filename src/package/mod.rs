//! Signed packages and receipts: what one office hands to another, and the proof of it.
//!
//! A package is a ZIP of stored entries: `manifest.json`, `manifest.p7s` (a detached CMS signature
//! over the very bytes of the manifest) and the files. The manifest names sender, recipient,
//! message id and the SHA-256 of every file, so the one signature covers everything. A receipt is
//! a CMS message around a small JSON document. Anyone can check both with `openssl` and
//! `sha256sum` alone; [`evidence`] writes the commands down. By a [`card`] an office tells who it
//! is.
//!
//! Nothing here does IO or reads a clock: bytes, time and trust are arguments.
//!
//! # Errors
//!
//! [`PackageFault`] is the peer's fault: what arrived cannot be accepted. It has a stable code, a
//! text for the peer and, as `Display`, a text for the log. [`PackError`] and [`SignerError`] are
//! our own: what we wanted to send is inconsistent.

pub mod card;
pub mod evidence;
pub mod sealed;
pub mod trust;

mod acceptance;
mod certificate;
mod clock;
mod cms;
mod container;
mod envelope;
mod fault;
mod journal_head;
mod json;
mod limits;
mod manifest;
mod recall;
mod receipt;

pub use acceptance::{AcceptanceFormat, RelayAcceptance};
pub use certificate::{CertificateInfo, KeyKind, Unreadable, is_strong_key};
pub use clock::{CLOCK_TOLERANCE, ClockDoubt};
pub use cms::{CmsFault, Signer, SignerError, VerifiedSigner};
pub use envelope::{
    PackError, Package, PackageRef, open, open_again, pack, pack_described, pack_downloaded,
};
pub use fault::PackageFault;
pub use journal_head::{ChainEnd, JournalHead, JournalHeadFormat, StatedHead};
pub use limits::Limits;
pub use manifest::{
    AttachedDocument, Manifest, ManifestFault, ManifestFile, ManifestFormat, Party,
};
pub use recall::{Recall, RecallFormat};
pub use receipt::{
    Receipt, ReceiptFinding, ReceiptFormat, ReceiptKind, ReceiptResult, VerifiedReceipt,
};
pub use trust::{
    ListFault, ListInfo, Trust, TrustError, TrustSources, Usage, read_list, verify_list,
};
