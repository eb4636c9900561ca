//! Which certificate speaks for which office.
//!
//! A certificate speaks for an office when its SHA-256 is pinned for that office, or when it was
//! issued under a configured root and the only common name of its subject is the office number.
//! In both cases its validity, the strength of its key, its key usage and the configured
//! revocation lists are looked at. There are no other roots than the configured ones.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use webpki::EndEntityCert;

use crate::types::{Digest, Lang, OfficeNumber};

use super::certificate::Facts;
use super::path::Roots;
use super::revocation::Lists;

pub use super::revocation::ListInfo;

/// What a certificate is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Usage {
    /// Signing packages and receipts.
    Signing,
    /// Either end of a TLS connection.
    Tls,
}

/// What trust is built from.
#[derive(Debug, Clone, Default)]
pub struct TrustSources {
    /// Certificates that may issue certificates of offices.
    pub roots: Vec<CertificateDer<'static>>,
    /// Revocation lists. An issuer without one is not asked for revocation.
    pub revocation_lists: Vec<CertificateRevocationListDer<'static>>,
    /// How long after its next update a list is still good; after that every certificate of its
    /// issuer is refused.
    pub revocation_grace: SignedDuration,
    /// SHA-256 of the certificates (DER) that speak for an office whoever issued them.
    pub pins: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
}

/// Something that trust should be built from cannot be used: a fault of our own configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustSourceError {
    /// A root cannot be read.
    #[error("root certificate {place} cannot be read")]
    Root {
        /// The place in the list, from 1.
        place: usize,
    },
    /// A revocation list cannot be read, or is of a kind that cannot be used.
    #[error("revocation list {place} is no complete CRL of version 2 with a next update")]
    List {
        /// The place in the list, from 1.
        place: usize,
    },
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
    /// The key usage or extended key usage forbids this use.
    #[error("the key usage of the certificate does not allow this use")]
    WrongUsage,
    /// Neither pinned nor issued under a configured root.
    #[error("neither pinned nor issued under a configured root")]
    UnknownIssuer,
    /// Issued under a configured root, but for another subject.
    #[error("expected the one common name {office} in the subject")]
    WrongOffice {
        /// The office that it should speak for.
        office: OfficeNumber,
    },
}

impl TrustError {
    /// The stable code, for programs. Codes are never reused.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable => "certificate-unreadable",
            Self::WeakKey => "certificate-weak-key",
            Self::NotYetValid { .. } => "certificate-not-yet-valid",
            Self::Expired { .. } => "certificate-expired",
            Self::Revoked => "certificate-revoked",
            Self::StaleList { .. } | Self::UnfitList => "revocation-unknown",
            Self::WrongUsage => "certificate-wrong-usage",
            Self::UnknownIssuer => "certificate-unknown",
            Self::WrongOffice { .. } => "certificate-wrong-office",
        }
    }

    /// The text for the peer.
    pub const fn peer_text(&self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Unreadable => ("証明書を読み取れません。", "The certificate cannot be read."),
            Self::WeakKey => (
                "証明書の鍵が対応外です。ECDSA P-256・P-384 または RSA 2048 ビット以上が必要です。",
                "The key of the certificate is not accepted. Use ECDSA P-256 or P-384, or RSA of at least 2048 bits.",
            ),
            Self::NotYetValid { .. } => (
                "証明書の有効期間がまだ始まっていません。双方の時計を確認してください。",
                "The certificate is not valid yet. Check the clocks on both sides.",
            ),
            Self::Expired { .. } => (
                "証明書の有効期間が過ぎています。証明書を更新してください。",
                "The certificate has expired. Renew it.",
            ),
            Self::Revoked => (
                "証明書は失効しています。新しい証明書が必要です。",
                "The certificate has been revoked. A new one is needed.",
            ),
            Self::StaleList { .. } | Self::UnfitList => (
                "受信側で証明書の失効を確認できません。受信側の失効リストの更新が必要です。",
                "The recipient cannot check revocation. The recipient has to renew its revocation list.",
            ),
            Self::WrongUsage => (
                "証明書の用途がこの使い方を許していません。",
                "The usage of the certificate does not allow this use.",
            ),
            Self::UnknownIssuer => (
                "証明書が登録されていません。受信側での証明書の登録が必要です。",
                "The certificate is unknown. The recipient has to register it.",
            ),
            Self::WrongOffice { .. } => (
                "証明書の名義 (CN) が事業所番号と一致しません。",
                "The common name of the certificate is not the number of the office.",
            ),
        };
        lang.pick(ja, en)
    }
}

/// The trust decisions of a node. Build it anew when the configuration or a list changes.
#[derive(Debug)]
pub struct Trust {
    roots: Roots,
    lists: Lists,
    pins: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
}

impl Trust {
    /// Reads roots and revocation lists once for all decisions.
    pub fn new(sources: TrustSources) -> Result<Self, TrustSourceError> {
        let roots = Roots::new(sources.roots)?;
        let lists = Lists::new(&sources.revocation_lists, sources.revocation_grace)?;
        Ok(Self { roots, lists, pins: sources.pins })
    }

    /// The configured roots.
    pub fn roots(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.roots.certificates()
    }

    /// The revocation lists in use, for operators.
    pub fn revocation_lists(&self) -> impl Iterator<Item = ListInfo> {
        self.lists.infos()
    }

    /// Whether the certificate is pinned for any office.
    pub fn is_pinned(&self, certificate: &CertificateDer<'_>) -> bool {
        let digest = Digest::of(certificate);
        self.pins.values().any(|pins| pins.contains(&digest))
    }

    /// Whether `certificate` may speak for `office` at `now`. `chain` are other certificates that
    /// came with it, in any order.
    pub fn speaks_for(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        office: OfficeNumber,
        usage: Usage,
        now: Timestamp,
    ) -> Result<(), TrustError> {
        let digest = Digest::of(certificate);
        let pinned = self.pins.get(&office).is_some_and(|pins| pins.contains(&digest));
        let facts = self.check(certificate, chain, pinned, usage, now)?;
        if pinned || facts.office() == Some(office) {
            Ok(())
        } else {
            Err(TrustError::WrongOffice { office })
        }
    }

    /// Whether `certificate` may speak for any office at all at `now`: what a TLS handshake can
    /// decide before it is known who is meant.
    pub fn accepts(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        usage: Usage,
        now: Timestamp,
    ) -> Result<(), TrustError> {
        self.check(certificate, chain, self.is_pinned(certificate), usage, now).map(|_| ())
    }

    fn check<'a>(
        &self,
        certificate: &'a CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        pinned: bool,
        usage: Usage,
        now: Timestamp,
    ) -> Result<Facts<'a>, TrustError> {
        let facts = Facts::parse(certificate).map_err(|_| TrustError::Unreadable)?;
        if facts.key_kind().is_none() {
            return Err(TrustError::WeakKey);
        }
        if !facts.may_sign() {
            return Err(TrustError::WrongUsage);
        }
        check_validity(facts.not_before, facts.not_after, now)?;
        let end_entity =
            EndEntityCert::try_from(certificate).map_err(|_| TrustError::Unreadable)?;
        self.lists.check(&end_entity, now)?;
        if !pinned {
            self.roots.check_path(&end_entity, chain, &self.lists, usage, now)?;
        }
        Ok(facts)
    }
}

pub(super) fn check_validity(
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
