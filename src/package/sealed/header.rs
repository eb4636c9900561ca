//! The clear header of a sealed package.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::package::json::{self, MAX_SAFE_INTEGER};
use crate::package::{Manifest, Package};
use crate::types::text::is_word;
use crate::types::{Digest, MessageId, OfficeNumber};

use super::fault::SealedFault;

/// The bytes with which every sealed package begins.
pub(super) const MAGIC: &[u8; 8] = b"RNKSEAL1";

/// The most bytes of a header.
pub(super) const MAX_HEADER: usize = 16 << 10;

/// The most bytes of an encapsulated key: that of our suite has 65, those to come may have more.
const MAX_ENC: usize = 4 << 10;

/// So many bytes of the package are in a piece; the last one may have fewer.
pub(super) const PIECE: usize = 64 << 10;

/// So much longer is a sealed piece.
pub(super) const TAG: usize = 16;

/// The format of a sealed package. Another meaning of a field needs another format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum SealedFormat {
    /// The first and only one.
    #[default]
    #[serde(rename = "renkei.sealed/1")]
    V1,
}

/// What everybody can read of a sealed package. That it is true is known when it is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedHeader {
    /// `renkei.sealed/1`
    pub format: SealedFormat,
    /// The id of the package.
    pub message_id: MessageId,
    /// The office that sent it.
    pub sender: OfficeNumber,
    /// The office that it is for.
    pub recipient: OfficeNumber,
    /// Of the package inside.
    pub package_sha256: Digest,
    /// The bytes of the package inside.
    pub size: u64,
    /// The names of the algorithms, as in the card of the recipient.
    pub suite: String,
    /// To which of its keys.
    pub key_id: String,
    /// The encapsulated key.
    #[serde(with = "crate::package::card::base64")]
    pub enc: Vec<u8>,
    /// When the package was made.
    #[serde(deserialize_with = "json::time")]
    pub created_at: Timestamp,
    /// Until when it may be delivered.
    #[serde(deserialize_with = "json::time")]
    pub expires_at: Timestamp,
}

impl SealedHeader {
    /// The header of a package that is sealed with `enc` to the key `key_id` of `suite`.
    pub(super) fn of(package: &Package, suite: &str, key_id: &str, enc: Vec<u8>) -> Self {
        let manifest = package.manifest();
        Self {
            format: SealedFormat::V1,
            message_id: manifest.message_id,
            sender: manifest.sender.office,
            recipient: manifest.recipient.office,
            package_sha256: package.sha256(),
            size: u64::try_from(package.bytes().len()).unwrap_or(u64::MAX),
            suite: suite.to_owned(),
            key_id: key_id.to_owned(),
            enc,
            created_at: manifest.created_at,
            expires_at: manifest.expires_at,
        }
    }

    /// Reads the bytes of a header.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, SealedFault> {
        let fault = |expected| SealedFault::Header { expected };
        let header: Self =
            json::read(bytes).map_err(|_| fault("a document renkei.sealed/1"))?;
        let must = |allowed: bool, expected| if allowed { Ok(()) } else { Err(fault(expected)) };
        must((1..=MAX_SAFE_INTEGER).contains(&header.size), "a size from 1 to 2^53 - 1")?;
        let suite = &header.suite;
        let is_plain = suite.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        must((1..=100).contains(&suite.len()) && is_plain, "a suite of 1 to 100 of ASCII")?;
        must(is_word(&header.key_id, 64), "a key_id of 1 to 64 of [A-Za-z0-9._-]")?;
        must((1..=MAX_ENC).contains(&header.enc.len()), "enc of 1 to 4096 bytes")?;
        must(header.created_at < header.expires_at, "expires_at after created_at")?;
        Ok(header)
    }

    /// How long the pieces are together.
    pub(super) fn length_of_pieces(&self) -> u64 {
        let piece = u64::try_from(PIECE).unwrap_or(u64::MAX);
        let tag = u64::try_from(TAG).unwrap_or(u64::MAX);
        self.size.saturating_add(self.size.div_ceil(piece).saturating_mul(tag))
    }

    /// Whether the header speaks of the package that was inside.
    ///
    /// # Errors
    ///
    /// The first member that differs from the manifest.
    pub fn check_is_of(&self, manifest: &Manifest) -> Result<(), SealedFault> {
        let same = [
            ("message_id", self.message_id == manifest.message_id),
            ("sender", self.sender == manifest.sender.office),
            ("recipient", self.recipient == manifest.recipient.office),
            ("created_at", self.created_at == manifest.created_at),
            ("expires_at", self.expires_at == manifest.expires_at),
        ];
        match same.into_iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(SealedFault::Mismatch { what }),
            None => Ok(()),
        }
    }
}
