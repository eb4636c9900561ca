//! Bytes that are hashed once.

use bytes::Bytes;

use super::Digest;

/// Bytes together with their digest, for the way on which many steps need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    bytes: Bytes,
    sha256: Digest,
}

impl Hashed {
    /// Bytes whose digest was computed from these very bytes just now: while they were read, or
    /// when they were held against it.
    pub const fn known(bytes: Bytes, sha256: Digest) -> Self {
        Self { bytes, sha256 }
    }

    /// The bytes.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Their digest.
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }
}

impl From<Bytes> for Hashed {
    fn from(bytes: Bytes) -> Self {
        Self { sha256: Digest::of(&bytes), bytes }
    }
}
