//! Why a certificate is not trusted, and why trust cannot be built.

use jiff::Timestamp;

use crate::types::code::RefusalCode;
use crate::types::{Lang, OfficeNumber};

/// Something that trust should be built from cannot be used: a fault of our own configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustSourceError {
    /// A root cannot be read.
    #[error("root certificate {place} cannot be read")]
    Root {
        /// The place in the list, from 1.
        place: usize,
    },
    /// Two rules say in different ways where one authority puts the office number.
    #[error("two rules for the office number of one authority")]
    Naming,
    /// A revocation list cannot be read, or is of a kind that cannot be used.
    #[error("revocation list {place}: {fault}")]
    List {
        /// The place in the list, from 1.
        place: usize,
        /// What is wrong with it.
        fault: ListFault,
    },
}

impl TrustSourceError {
    /// What is wrong, to stand within a sentence.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::Ja, Self::Root { place }) => {
                format!("{place} 番目の認証局の証明書を読み取れません")
            }
            (Lang::Ja, Self::Naming) => {
                "同じ認証局に、事業所番号の位置の規則（tls.office_number）が二つあります".to_owned()
            }
            (Lang::Ja, Self::List { place, fault }) => {
                format!("{place} 番目の失効リスト: {}", fault.text(lang).trim_end_matches('。'))
            }
            (Lang::En, _) => self.to_string(),
        }
    }
}

/// Why a certificate does not speak for an office. Nothing of the certificate's names is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The certificate cannot be read.
    #[error("not a readable X.509 certificate")]
    Unreadable,
    /// The key is too weak or of a kind that we do not take.
    #[error("expected a key ECDSA P-256, ECDSA P-384 or RSA of 2048 to 8192 bits")]
    WeakKey,
    /// The certificate, or one above it, was signed with an algorithm that we do not take.
    #[error("signed with SHA-1 or another algorithm that is not taken")]
    WeakSignature,
    /// The certificate, or one above it, is not valid yet.
    #[error("not valid before {not_before}")]
    NotYetValid {
        /// Start of the validity.
        not_before: Timestamp,
    },
    /// The certificate, or one above it, is not valid any more.
    #[error("expired at {not_after}")]
    Expired {
        /// End of the validity.
        not_after: Timestamp,
    },
    /// The certificate, or one above it, was revoked.
    #[error("revoked by its issuer")]
    Revoked,
    /// The revocation list of the issuer is too old to tell.
    #[error("the revocation list of the issuer should have been renewed at {next_update}")]
    StaleList {
        /// When the issuer promised the next list.
        next_update: Timestamp,
    },
    /// The revocation lists of the issuer cannot tell: a wrong signature or another scope.
    #[error("the revocation list of the issuer does not fit the certificate")]
    UnfitList,
    /// There is no revocation list of the issuer, and without one nobody is believed.
    #[error("there is no revocation list of the issuer")]
    NoList,
    /// The certificate has no extensions at all.
    #[error(
        "an X.509 v1 certificate without extensions, as `openssl x509 -req` makes without \
         -extfile or -copy_extensions"
    )]
    Version1,
    /// The certificate is one that may issue others.
    #[error("it is an authority's certificate (CA:TRUE), which speaks for no office")]
    Authority,
    /// The key usage or extended key usage forbids this use.
    #[error("the key usage of the certificate does not allow this use")]
    WrongUsage,
    /// Neither pinned nor issued under a configured root.
    #[error("neither pinned nor issued under a configured root")]
    UnknownIssuer,
    /// Issued under a configured root, but for another office, or for none.
    #[error(
        "expected {office} as the one common name, or where the rule of the authority looks for it"
    )]
    WrongOffice {
        /// The office that it should speak for.
        office: OfficeNumber,
    },
}

impl TrustError {
    /// The stable code, for programs. Codes are never reused.
    pub const fn code(&self) -> &'static str {
        self.refusal().code()
    }

    /// With which code a node refuses what such a certificate stands for.
    pub const fn refusal(&self) -> RefusalCode {
        match self {
            Self::Unreadable => RefusalCode::CERTIFICATE_UNREADABLE,
            Self::WeakKey => RefusalCode::CERTIFICATE_WEAK_KEY,
            Self::WeakSignature => RefusalCode::CERTIFICATE_WEAK_SIGNATURE,
            Self::NotYetValid { .. } => RefusalCode::CERTIFICATE_NOT_YET_VALID,
            Self::Expired { .. } => RefusalCode::CERTIFICATE_EXPIRED,
            Self::Revoked => RefusalCode::CERTIFICATE_REVOKED,
            Self::StaleList { .. } | Self::UnfitList | Self::NoList => {
                RefusalCode::REVOCATION_UNKNOWN
            }
            Self::Version1 => RefusalCode::CERTIFICATE_VERSION,
            Self::WrongUsage | Self::Authority => RefusalCode::CERTIFICATE_WRONG_USAGE,
            Self::UnknownIssuer => RefusalCode::CERTIFICATE_UNKNOWN,
            Self::WrongOffice { .. } => RefusalCode::CERTIFICATE_WRONG_OFFICE,
        }
    }
}

/// Why a file or a part of it does not serve as a revocation list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// Something else, or broken.
    #[error("not a readable revocation list (CRL)")]
    Unreadable,
    /// Made without extensions.
    #[error("a CRL of version 1; version 2 is needed (with openssl ca: crl_extensions, crlnumber)")]
    Version1,
    /// It does not say when the next one comes.
    #[error("a CRL without nextUpdate, so that nobody can tell when it is out of date")]
    NoNextUpdate,
    /// None of those who could sign it has signed it.
    #[error("not signed by any authority of tls.roots, or with an algorithm that is not taken")]
    Signature,
    /// It holds only what changed.
    #[error("a delta CRL, which holds only changes; the complete list is needed")]
    Delta,
    /// It has a scope or a signature algorithm that is not supported.
    #[error("a CRL with critical extensions or entries that are not supported")]
    Unsupported,
}

impl ListFault {
    /// What is wrong and what is needed.
    pub fn text(self, lang: Lang) -> String {
        let ja = match self {
            Self::Unreadable => "失効リスト（CRL）として読み取れません。",
            Self::Version1 => {
                "版 1 の失効リストです。版 2 のリストが必要です（openssl ca では crlnumber と crl_extensions を設定します）。"
            }
            Self::NoNextUpdate => "次回更新日時 (nextUpdate) のない失効リストは使えません。",
            Self::Signature => {
                "tls.roots のどの認証局の署名でもないか、署名の方式（SHA-1 など）が対応外です。"
            }
            Self::Delta => "差分の失効リスト（delta CRL）です。完全なリストが必要です。",
            Self::Unsupported => "対応していない重要な拡張のある失効リストです。",
        };
        match lang {
            Lang::Ja => ja.to_owned(),
            Lang::En => self.to_string(),
        }
    }
}

/// Whether a certificate is within its own time.
pub(in crate::package) fn check_validity(
    not_before: Timestamp,
    not_after: Timestamp,
    now: Timestamp,
) -> Result<(), TrustError> {
    if now < not_before {
        Err(TrustError::NotYetValid { not_before })
    } else if now > not_after {
        Err(TrustError::Expired { not_after })
    } else {
        Ok(())
    }
}
