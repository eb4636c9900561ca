//! The request of a sender to have a package back that is not placed yet (`spec/PROTOCOL.md`, section 14).
//!
//! It is a document of its own. What becomes of it the recipient says with a receipt: a rejection
//! whose finding is [`RECALLED`](crate::types::code::RECALLED), or the handover that was first.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cms::Verified;
use super::envelope::check_signer;
use super::json::MAX_SAFE_INTEGER;
use super::{
    PackageFault, PackageRef, Party, Signer, SignerError, Trust, VerifiedSigner, cms, json,
};
use crate::types::{Digest, MessageId};

/// The format of a recall. Another meaning of a field needs another format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum RecallFormat {
    /// The first and only one.
    #[default]
    #[serde(rename = "renkei.recall/1")]
    V1,
}

/// A sender wants a package back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// `renkei.recall/1`
    pub format: RecallFormat,
    /// The id of the package.
    pub message_id: MessageId,
    /// Of the whole container.
    pub package_sha256: Digest,
    /// Of `manifest.json`.
    pub manifest_sha256: Digest,
    /// The number of the package, so that one which never comes leaves no gap.
    pub sequence: u64,
    /// Who sent the package, and signs this.
    pub sender: Party,
    /// For whom the package is.
    pub recipient: Party,
    /// When it was asked for, by the clock of the sender.
    #[serde(deserialize_with = "json::time")]
    pub at: Timestamp,
    /// Until when the sender asks; not before the package itself ends.
    #[serde(deserialize_with = "json::time")]
    pub expires_at: Timestamp,
}

impl Recall {
    /// How a node or a relay says that it takes recalls.
    pub const FEATURE: &'static str = "recall/1";

    /// The most bytes of a signed one.
    pub const MAX_BYTES: usize = 64 << 10;

    /// A recall of a package with this number.
    pub fn of(package: &PackageRef, sequence: u64, at: Timestamp, expires_at: Timestamp) -> Self {
        let party = |office| Party { office, service_types: Vec::new(), certificate: None };
        Self {
            format: RecallFormat::V1,
            message_id: package.message_id,
            package_sha256: package.package_sha256,
            manifest_sha256: package.manifest_sha256,
            sequence,
            sender: party(package.sender),
            recipient: party(package.recipient),
            at,
            expires_at,
        }
    }

    /// What it is about.
    pub const fn reference(&self) -> PackageRef {
        PackageRef {
            message_id: self.message_id,
            package_sha256: self.package_sha256,
            manifest_sha256: self.manifest_sha256,
            sender: self.sender.office,
            recipient: self.recipient.office,
        }
    }

    /// Signs it: CMS SignedData (RFC 5652) with the document inside, DER. The sender is given the
    /// signer's certificate.
    ///
    /// # Errors
    ///
    /// The key cannot sign.
    pub fn sign(&self, signer: &Signer, now: Timestamp) -> Result<Vec<u8>, SignerError> {
        let mut document = self.clone();
        document.sender.certificate = Some(signer.certificate_sha256());
        let content = serde_json::to_vec(&document).map_err(|_| SignerError::Sign)?;
        cms::sign_attached(signer, &content, now)
    }

    /// Verifies a signed recall: the signature, the document, and that the certificate speaks at `now`
    /// for the sender.
    ///
    /// # Errors
    ///
    /// `bad-signature`, `bad-recall`, or why the signer is not believed.
    pub fn open(
        message: &[u8],
        trust: &Trust,
        now: Timestamp,
    ) -> Result<(Self, VerifiedSigner), PackageFault> {
        let (signed, recall) = Self::read(message)?;
        let signer = check_signer(signed, &recall.sender, trust, now)?;
        Ok((recall, signer))
    }

    /// What a recall says whose signature verifies; whom to believe is not decided.
    ///
    /// # Errors
    ///
    /// `bad-signature`, `bad-recall`.
    pub fn stated(message: &[u8]) -> Result<Self, PackageFault> {
        Self::read(message).map(|(_, recall)| recall)
    }

    /// The same, and until when the certificates in it hold. For recalls of our own.
    ///
    /// # Errors
    ///
    /// `bad-signature`, `bad-recall`.
    pub fn stated_until(message: &[u8]) -> Result<(Self, Timestamp), PackageFault> {
        Self::read(message).map(|(signed, recall)| (recall, signed.until()))
    }

    /// The document of a recall whose signature verifies; whom to believe is not decided yet.
    pub(super) fn read(message: &[u8]) -> Result<(Verified, Self), PackageFault> {
        if message.len() > Self::MAX_BYTES {
            return Err(PackageFault::Recall { expected: "no more bytes than the limit" });
        }
        let (signed, content) = cms::verify_attached(message)?;
        let recall: Self = json::read(content)
            .map_err(|_| PackageFault::Recall { expected: "a document renkei.recall/1" })?;
        if !(1..=MAX_SAFE_INTEGER).contains(&recall.sequence) {
            return Err(PackageFault::Recall { expected: "a number from 1 to 2^53 - 1" });
        }
        if recall.expires_at <= recall.at {
            return Err(PackageFault::Recall { expected: "an end after its beginning" });
        }
        Ok((signed, recall))
    }
}
