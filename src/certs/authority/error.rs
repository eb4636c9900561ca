//! What keeps an authority from doing what it was told to.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::certs::CertsError;
use crate::types::{Lang, OfficeNumber};

/// Why an authority did nothing. `Display` is the English text.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file or what is in it.
    #[error(transparent)]
    Certs(#[from] CertsError),
    /// There is no authority in the folder.
    #[error("{}: no authority here; renkei ca init makes one", folder.display())]
    None {
        /// The folder.
        folder: PathBuf,
    },
    /// An entry of the journal is missing, was changed, or is none.
    #[error(
        "{}: the journal is broken from here on; nothing is issued until it is restored from a copy",
        path.display()
    )]
    Journal {
        /// The entry.
        path: PathBuf,
    },
    /// The root's certificate has ended.
    #[error("the certificate of the authority ended at {at}")]
    Ended {
        /// When.
        at: Timestamp,
    },
    /// The key is encrypted, and no passphrase was given.
    #[error("{}: the key is encrypted and needs its passphrase", path.display())]
    NeedsPassphrase {
        /// The file with the key.
        path: PathBuf,
    },
    /// The passphrase does not open the key.
    #[error("{}: another passphrase, or a damaged file", path.display())]
    WrongPassphrase {
        /// The file with the key.
        path: PathBuf,
    },
    /// A passphrase that is guessed too easily.
    #[error("the passphrase needs at least {least} characters")]
    ShortPassphrase {
        /// How many.
        least: usize,
    },
    /// The key does not belong to the root.
    #[error("{}: not the key of ca.pem", path.display())]
    OtherKey {
        /// The file with the key.
        path: PathBuf,
    },
    /// Nothing was issued with this serial number.
    #[error("nothing was issued with the serial number {serial}")]
    UnknownSerial {
        /// The number, in hexadecimal digits.
        serial: String,
    },
    /// It is revoked already.
    #[error("{serial} is revoked already")]
    Revoked {
        /// The number, in hexadecimal digits.
        serial: String,
    },
    /// The request is not granted.
    #[error("the request: {0}")]
    Request(RequestFault),
}

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// Something else, or broken.
    #[error("not a readable certificate signing request (CSR)")]
    Unreadable,
    /// Whoever made it has not proved that he has the key.
    #[error("its signature is not that of its key")]
    Signature,
    /// The key is too weak or of a kind that is not taken.
    #[error("expected a key ECDSA P-256, ECDSA P-384 or RSA of 2048 to 8192 bits")]
    WeakKey,
    /// It is for another office.
    #[error("its only common name (CN) is not {office}")]
    OtherOffice {
        /// The office that it should be for.
        office: OfficeNumber,
    },
    /// A name of a host that is none.
    #[error("a host is no name or address")]
    Host,
}

impl AuthorityError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        CertsError::Io { path: path.to_owned(), source }.into()
    }

    /// The text for people.
    pub fn text(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return match self {
                Self::Certs(error) => error.text(lang),
                other => other.to_string(),
            };
        }
        match self {
            Self::Certs(error) => error.text(lang),
            Self::None { folder } => format!(
                "{}: 認証局のフォルダーではありません。renkei ca init で作れます。",
                folder.display()
            ),
            Self::Journal { path } => format!(
                "{}: 台帳がここから壊れています。写しから戻すまで、何も発行しません。",
                path.display()
            ),
            Self::Ended { at } => format!("認証局の証明書の期限（{at}）が切れています。"),
            Self::NeedsPassphrase { path } => {
                format!("{}: 秘密鍵が暗号化されています。パスフレーズが必要です。", path.display())
            }
            Self::WrongPassphrase { path } => {
                format!("{}: パスフレーズが違うか、ファイルが壊れています。", path.display())
            }
            Self::ShortPassphrase { least } => {
                format!("パスフレーズは {least} 文字以上にしてください。")
            }
            Self::OtherKey { path } => {
                format!("{}: ca.pem の秘密鍵ではありません。", path.display())
            }
            Self::UnknownSerial { serial } => {
                format!("シリアル番号 {serial} の証明書は発行していません。")
            }
            Self::Revoked { serial } => format!("{serial} は、すでに失効しています。"),
            Self::Request(fault) => {
                let fault = match fault {
                    RequestFault::Unreadable => {
                        "証明書発行要求（CSR）として読み取れません".to_owned()
                    }
                    RequestFault::Signature => {
                        "署名が、要求に入っている鍵のものではありません".to_owned()
                    }
                    RequestFault::WeakKey => {
                        "鍵は ECDSA P-256・P-384 または RSA 2048～8192 ビットにしてください"
                            .to_owned()
                    }
                    RequestFault::OtherOffice { office } => {
                        format!("ただ一つの名義（CN）が {office} ではありません")
                    }
                    RequestFault::Host => "ホスト名か IP アドレスでないものがあります".to_owned(),
                };
                format!("証明書発行要求: {fault}。")
            }
        }
    }
}
