//! What keeps a relay from starting.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::store::RelayStoreError;
use crate::certs::{CertsError, Unfit};
use crate::link::TlsError;
use crate::package::SignerError;
use crate::types::{Lang, io_text};

/// What keeps a relay from starting. `Display` is the English text.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A file of certificates.
    #[error("{0}")]
    Certs(CertsError),
    /// The certificate or key that acceptances are signed with.
    #[error("[signing]: {0}")]
    Signer(SignerError),
    /// The certificate or key for TLS.
    #[error("[tls]: {0}")]
    Tls(TlsError),
    /// A certificate that no office can ever accept.
    #[error("{}: {why}", file.display())]
    Unfit {
        /// Its file.
        file: PathBuf,
        /// Why.
        why: Unfit,
    },
    /// The store.
    #[error("{0}")]
    Store(RelayStoreError),
    /// It cannot listen there.
    #[error(
        "cannot listen on {address} ([{section}] listen): {}; choose a free address and port of this machine",
        io_text(error, Lang::En)
    )]
    Listen {
        /// The section of the configuration that says where.
        section: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why it cannot.
        error: io::Error,
    },
    /// The folder for data cannot be made.
    #[error("the folder {} ([node] data) cannot be used: {}", folder.display(), io_text(error, Lang::En))]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Nothing can be changed any more.
    #[error("the relay is stopping")]
    Stopping,
}

impl RelayError {
    /// What an operator reads.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (_, Self::Certs(error)) => error.text(lang),
            (_, Self::Store(error)) => error.text(lang),
            (Lang::En, _) => self.to_string(),
            (_, Self::Signer(error)) => {
                format!("[signing] の証明書と鍵を使えません（{}）。", error.text(lang))
            }
            (_, Self::Tls(TlsError::Key(_))) => {
                "[tls] の鍵を読めないか、証明書と合いません。".to_owned()
            }
            (_, Self::Tls(error @ TlsError::Versions(_))) => {
                format!("[tls] の設定を使えません（{error}）。")
            }
            (_, Self::Unfit { file, why }) => format!("{}: {}", file.display(), why.text(lang)),
            (_, Self::Listen { section, address, error }) => format!(
                "{address} で待ち受けできません（[{section}] listen）: {}。この機械の、空いているアドレスとポートを書いてください。",
                io_text(error, lang)
            ),
            (_, Self::Folder { folder, error }) => format!(
                "データフォルダー {}（[node] data）を使えません: {}。",
                folder.display(),
                io_text(error, lang)
            ),
            (_, Self::Stopping) => "中継サーバーは停止するところです。".to_owned(),
        }
    }
}

// What led to it is told in its own text: as a source it would be told twice.
impl From<CertsError> for RelayError {
    fn from(error: CertsError) -> Self {
        Self::Certs(error)
    }
}

impl From<SignerError> for RelayError {
    fn from(error: SignerError) -> Self {
        Self::Signer(error)
    }
}

impl From<TlsError> for RelayError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<RelayStoreError> for RelayError {
    fn from(error: RelayStoreError) -> Self {
        Self::Store(error)
    }
}
