//! Why something that arrived is refused.

use crate::types::OfficeNumber;
use crate::types::code::{self, RefusalCode};

use super::{CmsFault, ManifestFault, TrustError};

/// Why a package or a receipt is refused: the fault is the peer's.
///
/// `Display` is the text for the log. It carries no value of a file and no name of a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageFault {
    /// The package is larger than the limits allow.
    #[error("{got} bytes are more than the limit {limit}")]
    TooLarge {
        /// The most bytes that are taken.
        limit: usize,
        /// So many there were.
        got: usize,
    },
    /// There are more files in the package than the limits allow.
    #[error("{got} files are more than the limit {limit}")]
    TooManyFiles {
        /// The most files that are taken.
        limit: usize,
        /// At least so many there were.
        got: usize,
    },
    /// The container is not one that a conformant sender writes.
    #[error("byte {offset} of the container: expected {expected}")]
    Container {
        /// Where in the container.
        offset: usize,
        /// What must be there.
        expected: &'static str,
    },
    /// The manifest is broken or contradicts itself.
    #[error("manifest: {0}")]
    Manifest(#[from] ManifestFault),
    /// The files in the container are not those that the manifest lists.
    #[error("the manifest lists {listed} files, the container has {got}")]
    FileCount {
        /// In the manifest.
        listed: usize,
        /// In the container.
        got: usize,
    },
    /// A file has another length or digest than the manifest says.
    #[error("file {n} is not the one that the manifest describes")]
    FileDigest {
        /// The place of the file, from 1.
        n: u32,
    },
    /// A file of an evidence set is missing, or not the one in its package.
    #[error("not the file that is in the package")]
    NotExtracted,
    /// The signature does not hold.
    #[error("signature: {0}")]
    Signature(#[from] CmsFault),
    /// The signature holds, but the signing certificate is not the one that the document names.
    #[error("signed with another certificate than the document names")]
    OtherSigner,
    /// The certificate does not speak for the office.
    #[error("certificate: {0}")]
    Trust(#[from] TrustError),
    /// The package is for somebody else.
    #[error("the package is for {recipient}, which is not an office of this node")]
    NotOurs {
        /// To whom it is addressed.
        recipient: OfficeNumber,
    },
    /// The package's time is over.
    #[error("the package expired")]
    Expired,
    /// The receipt's document is broken or contradicts itself.
    #[error("receipt: expected {expected}")]
    Receipt {
        /// What was expected.
        expected: &'static str,
    },
    /// The receipt is about another package, or speaks for another party.
    #[error("the receipt does not answer the package: {what} differs")]
    OtherPackage {
        /// The field that differs.
        what: &'static str,
    },
    /// The document of a recall is broken or contradicts itself.
    #[error("recall: expected {expected}")]
    Recall {
        /// What was expected.
        expected: &'static str,
    },
    /// A relay's receipt, which proves no delivery and is not taken as a receipt between offices.
    #[error("the receipt is a relay's, which proves no delivery")]
    RelayReceipt,
}

impl PackageFault {
    /// The stable code, for programs. Codes are never reused.
    pub const fn code(&self) -> &'static str {
        match self.of_package() {
            Ok(refusal) => refusal.code(),
            Err(code) => code,
        }
    }

    /// With which code a node refuses a package that has the fault; nothing for what only receipts
    /// can have.
    pub fn refusal(&self) -> Option<RefusalCode> {
        self.of_package().ok()
    }

    /// The refusal of a package, or the code of a fault of a receipt.
    const fn of_package(&self) -> Result<RefusalCode, &'static str> {
        Ok(match self {
            Self::TooLarge { .. } => RefusalCode::TOO_LARGE,
            Self::TooManyFiles { .. } => RefusalCode::TOO_MANY_FILES,
            Self::Container { .. } => RefusalCode::BAD_CONTAINER,
            Self::Manifest(ManifestFault::Format) => RefusalCode::UNSUPPORTED_FORMAT,
            Self::Manifest(_) => RefusalCode::BAD_MANIFEST,
            Self::FileCount { .. } | Self::FileDigest { .. } | Self::NotExtracted => {
                RefusalCode::FILE_MISMATCH
            }
            Self::Signature(_) => RefusalCode::BAD_SIGNATURE,
            Self::OtherSigner => RefusalCode::SIGNER_MISMATCH,
            Self::Trust(error) => error.refusal(),
            Self::NotOurs { .. } => RefusalCode::NOT_OUR_PACKAGE,
            Self::Expired => RefusalCode::PACKAGE_EXPIRED,
            Self::Recall { .. } => RefusalCode::BAD_RECALL,
            Self::Receipt { .. } => return Err(code::BAD_RECEIPT),
            Self::OtherPackage { .. } => return Err(code::RECEIPT_MISMATCH),
            Self::RelayReceipt => return Err(code::RELAY_RECEIPT),
        })
    }
}
