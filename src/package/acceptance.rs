//! What a relay signs when it takes a sealed package over: that it has it, and no more.
//!
//! It is a document of its own and no receipt, so that nobody can take it for the word of the
//! recipient: a reader of receipts refuses its format.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::certificate::Facts;
use super::fault::PackageFault;
use super::json::{self, MAX_SAFE_INTEGER};
use super::trust::check_validity;
use super::{Limits, Signer, SignerError, TrustError, cms};
use crate::types::{Digest, MessageId, OfficeNumber};

/// The format of an acceptance. Another meaning of a field needs another format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum AcceptanceFormat {
    /// The first and only one.
    #[default]
    #[serde(rename = "renkei.acceptance/1")]
    V1,
}

/// A relay has a package and keeps it for its recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayAcceptance {
    /// `renkei.acceptance/1`
    pub format: AcceptanceFormat,
    /// The id of the package.
    pub message_id: MessageId,
    /// Who sent it.
    pub sender: OfficeNumber,
    /// For whom it is.
    pub recipient: OfficeNumber,
    /// Of the package inside, as the clear header says.
    pub package_sha256: Digest,
    /// Of the sealed bytes.
    pub sealed_sha256: Digest,
    /// How many of them there are.
    pub size: u64,
    /// When the relay took it, by its clock.
    #[serde(deserialize_with = "json::time")]
    pub at: Timestamp,
    /// Until when it keeps it.
    #[serde(deserialize_with = "json::time")]
    pub expires_at: Timestamp,
    /// SHA-256 of the certificate that the relay signs with.
    pub relay: Digest,
}

impl RelayAcceptance {
    /// Signs it: CMS with the document inside. `relay` becomes the signer's certificate.
    pub fn sign(&self, signer: &Signer, now: Timestamp) -> Result<Vec<u8>, SignerError> {
        let document = Self { relay: signer.certificate_sha256(), ..self.clone() };
        let content = serde_json::to_vec(&document).map_err(|_| SignerError::Sign)?;
        cms::sign_attached(signer, &content, now)
    }

    /// Verifies an acceptance: the signature, the document, and that it is signed with a certificate
    /// that `is_known` to be the relay's and whose time is now.
    ///
    /// Which package it is about is for whoever asked.
    pub fn open(
        message: &[u8],
        limits: &Limits,
        is_known: impl FnOnce(&Digest) -> bool,
        now: Timestamp,
    ) -> Result<Self, PackageFault> {
        if message.len() > limits.receipt_bytes {
            return Err(PackageFault::Receipt { expected: "no more bytes than the limit" });
        }
        let (signed, content) = cms::verify_attached(message)?;
        let acceptance: Self = json::read(content)
            .map_err(|_| PackageFault::Receipt { expected: "a document renkei.acceptance/1" })?;
        if acceptance.size > MAX_SAFE_INTEGER {
            return Err(PackageFault::Receipt { expected: "numbers of at most 2^53 - 1" });
        }
        let sha256 = Digest::of(&signed.certificate);
        if acceptance.relay != sha256 {
            return Err(PackageFault::OtherSigner);
        }
        if !is_known(&sha256) {
            return Err(TrustError::UnknownIssuer.into());
        }
        let facts = Facts::parse(&signed.certificate).map_err(|_| TrustError::Unreadable)?;
        check_validity(facts.not_before, facts.not_after, now)?;
        Ok(acceptance)
    }
}
