//! The key by which packages are sealed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::package::json;
use crate::types::text::is_word;

use super::CardFault;

/// The most bytes of a public key.
const MAX_KEY: usize = 4 << 10;

/// A key by which packages are sealed for an office. Its suite may be one that only a newer program
/// knows; then nothing is sealed by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealingKey {
    /// The names of its algorithms, 1 to 100 of printable ASCII.
    pub suite: String,
    /// Which key it is, 1 to 64 of `[A-Za-z0-9._-]`.
    pub key_id: String,
    /// The public key in the form of its suite.
    #[serde(with = "super::certificates::base64")]
    pub public_key: Vec<u8>,
    /// Until when it may be used.
    #[serde(deserialize_with = "json::time")]
    pub valid_until: Timestamp,
}

impl SealingKey {
    pub(super) fn check(&self) -> Result<(), CardFault> {
        let suite = (1..=100).contains(&self.suite.len())
            && self.suite.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        let id = is_word(&self.key_id, 64);
        let key = (1..=MAX_KEY).contains(&self.public_key.len());
        if suite && id && key {
            Ok(())
        } else {
            Err(CardFault::Document { expected: "a sealing key with suite, key_id and public_key" })
        }
    }
}
