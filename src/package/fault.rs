//! Why something that arrived is refused.

use crate::types::{Lang, OfficeNumber, code};

use super::{CmsFault, ManifestFault, TrustError};

/// Why a package or a receipt is refused: the fault is the peer's.
///
/// `Display` is the text for the log. It carries no value of a file and no name of a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageFault {
    /// Something is larger than the limits allow.
    #[error("{what}: {got} is more than the limit {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The most that is taken.
        limit: usize,
        /// What there was.
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
    /// A relay's receipt, which proves no delivery and is not taken as a receipt between offices.
    #[error("the receipt is a relay's, which proves no delivery")]
    RelayReceipt,
}

impl PackageFault {
    /// The stable code, for programs. Codes are never reused.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => code::TOO_LARGE,
            Self::Container { .. } => code::BAD_CONTAINER,
            Self::Manifest(ManifestFault::Format) => code::UNSUPPORTED_FORMAT,
            Self::Manifest(_) => code::BAD_MANIFEST,
            Self::FileCount { .. } | Self::FileDigest { .. } | Self::NotExtracted => {
                code::DIGEST_MISMATCH
            }
            Self::Signature(_) => code::BAD_SIGNATURE,
            Self::OtherSigner => code::SIGNER_MISMATCH,
            Self::Trust(error) => error.code(),
            Self::NotOurs { .. } => code::NOT_OUR_PACKAGE,
            Self::Expired => code::PACKAGE_EXPIRED,
            Self::Receipt { .. } => code::BAD_RECEIPT,
            Self::OtherPackage { .. } => code::RECEIPT_MISMATCH,
            Self::RelayReceipt => code::RELAY_RECEIPT,
        }
    }

    /// The text for the peer: what is wrong and what to do, without anything about our side.
    pub const fn peer_text(&self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::TooLarge { .. } => (
                "パッケージが受信側の上限を超えています。ファイルを分けて送信してください。",
                "The package is larger than the recipient accepts. Send the files in smaller units.",
            ),
            Self::Container { .. } => (
                "パッケージの形式が正しくありません。送信側のソフトウェアを確認してください。",
                "The container of the package is malformed. Check the sending software.",
            ),
            Self::Manifest(ManifestFault::Format) => (
                "パッケージの形式の版に対応していません。双方の renkei を更新してください。",
                "The format of the package is not supported. Update renkei on both sides.",
            ),
            Self::Manifest(_) => (
                "パッケージの目録 (manifest.json) が正しくありません。送信側のソフトウェアを確認してください。",
                "The manifest of the package is invalid. Check the sending software.",
            ),
            Self::FileCount { .. } | Self::FileDigest { .. } | Self::NotExtracted => (
                "ファイルが目録 (manifest.json) の内容と一致しません。もう一度送信してください。",
                "A file differs from what the manifest says. Send the package again.",
            ),
            Self::Signature(_) => (
                "電子署名を確認できません。署名の後で内容が変わった可能性があります。",
                "The signature does not verify. The content may have changed after it was signed.",
            ),
            Self::OtherSigner => (
                "署名に使われた証明書が、文書に記載された証明書と異なります。",
                "The document was signed with another certificate than it names.",
            ),
            Self::Trust(error) => return error.peer_text(lang),
            Self::NotOurs { .. } => (
                "送信先の事業所番号は、この受信側の事業所ではありません。送信先の設定を確認してください。",
                "The recipient's office is not one of this node. Check the address of the partner.",
            ),
            Self::Expired => (
                "パッケージの有効期限が過ぎています。新しいパッケージとして送信してください。",
                "The package has expired. Send the files as a new package.",
            ),
            Self::Receipt { .. } => {
                ("受領証の内容が正しくありません。", "The content of the receipt is invalid.")
            }
            Self::OtherPackage { .. } => {
                ("受領証が別のパッケージのものです。", "The receipt is about another package.")
            }
            Self::RelayReceipt => (
                "中継の受付は、配達の受領証として扱えません。",
                "A relay's acceptance is no receipt of delivery.",
            ),
        };
        lang.pick(ja, en)
    }
}
