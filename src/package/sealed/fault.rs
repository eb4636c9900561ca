//! Why a sealed package is not opened, and why one is not made.

use crate::package::PackageFault;
use crate::types::code::RefusalCode;

/// Why a sealed package is refused: the fault is that of who made it, or of what it went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedFault {
    /// It does not begin as a sealed package does.
    #[error("not a sealed package")]
    NotSealed,
    /// Its clear header is broken or contradicts itself.
    #[error("the clear header: expected {expected}")]
    Header {
        /// What was expected.
        expected: &'static str,
    },
    /// The package in it is larger than the limits allow.
    #[error("{got} bytes are more than the limit {limit}")]
    TooLarge {
        /// The most bytes that are taken.
        limit: usize,
        /// So many the header says.
        got: u64,
    },
    /// There are more or fewer bytes than the header says.
    #[error("{got} bytes, the header says {expected}")]
    Length {
        /// By the header.
        expected: u64,
        /// So many there are.
        got: usize,
    },
    /// It is sealed to a key that is not here, or by other algorithms.
    #[error("sealed to a key that is not here")]
    UnknownKey,
    /// A piece is not the one that was sealed, or not in its place.
    #[error("a piece is not what was sealed there")]
    Broken,
    /// What is inside is something else than the header says.
    #[error("the header and the package inside differ: {what}")]
    Mismatch {
        /// What differs.
        what: &'static str,
    },
}

impl SealedFault {
    /// The code with which a node refuses such a package.
    pub const fn refusal(&self) -> RefusalCode {
        match self {
            Self::NotSealed => RefusalCode::NOT_SEALED,
            Self::TooLarge { .. } => RefusalCode::TOO_LARGE,
            Self::UnknownKey => RefusalCode::SEAL_UNKNOWN_KEY,
            Self::Header { .. } | Self::Length { .. } | Self::Broken => RefusalCode::SEAL_BROKEN,
            Self::Mismatch { .. } => RefusalCode::SEAL_MISMATCH,
        }
    }

    /// The stable code, for programs.
    pub const fn code(&self) -> &'static str {
        self.refusal().code()
    }
}

/// Why a package is not sealed: a fault of our own, or of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key is for algorithms that we do not know.
    #[error("the sealing key is for other algorithms")]
    OtherSuite,
    /// The time of the key is over.
    #[error("the time of the sealing key is over")]
    Ended,
    /// The key is none of its suite.
    #[error("the sealing key cannot be used")]
    Key,
    /// What is to be sealed is no package.
    #[error("the package: {0}")]
    Package(#[from] PackageFault),
    /// The library could not seal.
    #[error("the library could not seal")]
    Library,
}
