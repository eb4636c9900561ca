//! The signed head of a store's chains: how far they had come, and what their last links were.
//!
//! A chain alone can be made anew by whoever can write to the database. A head cannot, without the
//! key. It is CMS with the document inside, as a receipt is, and openssl verifies it the same way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cms::{self, Signer, SignerError, Verified, VerifiedSigner};
use super::envelope::check_signer;
use super::{Limits, PackageFault, Party, Trust, json};
use crate::types::{Digest, OfficeNumber};

/// `renkei.journal-head/1`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JournalHeadFormat {
    /// This one.
    #[serde(rename = "renkei.journal-head/1")]
    V1,
}

/// The last row of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// The number of the row; 0 where there was none yet.
    pub row: u64,
    /// Its link.
    pub link: Digest,
}

/// The document of a head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalHead {
    /// `renkei.journal-head/1`
    pub format: JournalHeadFormat,
    /// The id of the store: 32 hexadecimal digits.
    pub store: String,
    /// The office that signs.
    pub signer: Party,
    /// When it was signed.
    #[serde(deserialize_with = "json::time")]
    pub at: Timestamp,
    /// The end of the journal.
    pub journal: ChainEnd,
    /// The end of the receipts.
    pub receipts: ChainEnd,
}

/// A head whose signature holds; whom to believe is not decided.
#[derive(Debug)]
pub struct StatedHead {
    /// What it says.
    pub head: JournalHead,
    signed: Verified,
}

impl JournalHead {
    /// A head for `office`, not signed yet.
    pub const fn new(
        store: String,
        office: OfficeNumber,
        at: Timestamp,
        journal: ChainEnd,
        receipts: ChainEnd,
    ) -> Self {
        let signer = Party { office, service_types: Vec::new(), certificate: None };
        Self { format: JournalHeadFormat::V1, store, signer, at, journal, receipts }
    }

    /// Signs it: CMS with the document inside.
    pub fn sign(&self, signer: &Signer, now: Timestamp) -> Result<Vec<u8>, SignerError> {
        let mut document = self.clone();
        document.signer.certificate = Some(signer.certificate_sha256());
        let content = serde_json::to_vec(&document).map_err(|_| SignerError::Sign)?;
        cms::sign_attached(signer, &content, now)
    }

    /// Reads a signed head.
    pub fn read(message: &[u8], limits: &Limits) -> Result<StatedHead, PackageFault> {
        if message.len() > limits.receipt_bytes {
            return Err(PackageFault::Receipt { expected: "no more bytes than the limit" });
        }
        let (signed, content) = cms::verify_attached(message)?;
        let head = json::read(content)
            .map_err(|_| PackageFault::Receipt { expected: "a document renkei.journal-head/1" })?;
        Ok(StatedHead { head, signed })
    }
}

impl StatedHead {
    /// Whether the one who signed may speak for the office, as of the signing.
    pub fn check(self, trust: &Trust) -> Result<VerifiedSigner, PackageFault> {
        let at = self.signed.signed_at;
        check_signer(self.signed, &self.head.signer, trust, at)
    }
}
