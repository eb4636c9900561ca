//! What no partner can ever accept of a certificate that somebody hands us.

use jiff::Timestamp;

use super::Identity;
use crate::package::{CertificateInfo, SignerError};
use crate::types::Lang;

/// Why a certificate is of no use to an office, whoever issued it.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] SignerError),
    /// It is one of an authority.
    #[error("the certificate of an authority (CA:TRUE) is none of an office")]
    Authority,
    /// It says nothing of its use.
    #[error("an X.509 v1 certificate without extensions is not accepted")]
    Version1,
    /// Its time is over.
    #[error("the certificate has ended")]
    Ended,
}

impl Unfit {
    /// Why, in words.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (_, Self::Unreadable(error)) => error.text(lang),
            (Lang::Ja, Self::Authority) => {
                "認証局の証明書（CA:TRUE）は、事業所の証明書として使えません。".to_owned()
            }
            (Lang::Ja, Self::Version1) => "拡張のない X.509 v1 の証明書は使えません。".to_owned(),
            (Lang::Ja, Self::Ended) => "証明書の期限が切れています。".to_owned(),
            (Lang::En, _) => self.to_string(),
        }
    }
}

/// Says why an identity is of no use, if it is of none.
///
/// # Errors
///
/// Why.
pub fn unfit(identity: &Identity, now: Timestamp) -> Result<(), Unfit> {
    let own = identity.chain().first().ok_or(SignerError::ChainLength { got: 0 })?;
    let info = CertificateInfo::of(own).map_err(SignerError::from)?;
    if info.is_ca {
        return Err(Unfit::Authority);
    }
    if info.is_version_1 {
        return Err(Unfit::Version1);
    }
    if info.not_after < now { Err(Unfit::Ended) } else { Ok(()) }
}
