//! Why a page cannot be served.

use std::io;

use crate::certs::CertsError;
use crate::types::{Lang, io_text};

/// Why a page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The address cannot be listened on.
    #[error("{0}")]
    Listen(#[from] io::Error),
    /// The certificate or its key cannot be read.
    #[error("{0}")]
    Certificate(#[from] CertsError),
    /// They do not go together for TLS.
    #[error("{0}")]
    Tls(#[from] rustls::Error),
}

impl PageError {
    /// In words.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Listen(error), _) => io_text(error, lang),
            (Self::Certificate(error), _) => error.text(lang),
            (Self::Tls(error), Lang::Ja) => {
                format!("証明書と秘密鍵を TLS に使えません（{error}）。")
            }
            (Self::Tls(error), Lang::En) => format!("certificate and key cannot be used: {error}"),
        }
    }
}
