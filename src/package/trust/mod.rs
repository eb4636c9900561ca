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

use crate::types::{Digest, Lang, OfficeNumber, code};

use super::certificate::Facts;
use super::path::Roots;
use super::revocation::Lists;

pub use super::revocation::{ListFault, ListInfo, read_list};

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
    /// Revocation lists. An issuer without one is not asked for revocation, unless
    /// `revocation_strict`.
    pub revocation_lists: Vec<CertificateRevocationListDer<'static>>,
    /// How long after its next update a list is still good; after that every certificate of its
    /// issuer is refused.
    pub revocation_grace: SignedDuration,
    /// Whether a certificate is refused when there is no list of its issuer. Pinned ones are not
    /// asked: their issuer need not be known.
    pub revocation_strict: bool,
    /// SHA-256 of the certificates (DER) that speak for an office whoever issued them.
    pub pins: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
    /// SHA-256 of certificates that signed for an office what was verified when it was accepted.
    /// They are believed whatever was renewed, struck out or revoked since, within their own time.
    /// Only for looking at proof that is kept: new packages are never judged with them.
    pub vouched: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
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
    #[error("revocation list {place}: {fault}")]
    List {
        /// The place in the list, from 1.
        place: usize,
        /// What is wrong with it.
        fault: ListFault,
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
            Self::Unreadable => code::CERTIFICATE_UNREADABLE,
            Self::WeakKey => code::CERTIFICATE_WEAK_KEY,
            Self::NotYetValid { .. } => code::CERTIFICATE_NOT_YET_VALID,
            Self::Expired { .. } => code::CERTIFICATE_EXPIRED,
            Self::Revoked => code::CERTIFICATE_REVOKED,
            Self::StaleList { .. } | Self::UnfitList | Self::NoList => code::REVOCATION_UNKNOWN,
            Self::Version1 => code::CERTIFICATE_VERSION,
            Self::WrongUsage | Self::Authority => code::CERTIFICATE_WRONG_USAGE,
            Self::UnknownIssuer => code::CERTIFICATE_UNKNOWN,
            Self::WrongOffice { .. } => code::CERTIFICATE_WRONG_OFFICE,
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
            Self::StaleList { .. } | Self::UnfitList | Self::NoList => (
                "受信側で証明書の失効を確認できません。受信側の失効リストの更新が必要です。",
                "The recipient cannot check revocation. The recipient has to renew its revocation list.",
            ),
            Self::Version1 => (
                "拡張のない X.509 v1 の証明書は使えません。認証局で v3 の証明書（CA:FALSE、keyUsage 付き）を発行し直してください。",
                "An X.509 v1 certificate without extensions is not accepted. Have a v3 certificate issued, with CA:FALSE and keyUsage.",
            ),
            Self::Authority => (
                "認証局の証明書 (CA:TRUE) は、事業所の証明書として使えません。CA:FALSE の証明書を作り直してください。",
                "It is an authority's certificate (CA:TRUE). Make one for the office with CA:FALSE.",
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
    vouched: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
}

impl Trust {
    /// Reads roots and revocation lists once for all decisions.
    pub fn new(sources: TrustSources) -> Result<Self, TrustSourceError> {
        let roots = Roots::new(sources.roots)?;
        let strict = sources.revocation_strict;
        let lists = Lists::new(&sources.revocation_lists, sources.revocation_grace, strict)?;
        Ok(Self { roots, lists, pins: sources.pins, vouched: sources.vouched })
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

    /// Whether a path leads from the certificate to a configured root at `at`, whatever is pinned.
    pub fn leads_to_root(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        usage: Usage,
        at: Timestamp,
    ) -> bool {
        self.check(certificate, chain, false, usage, at).is_ok()
    }

    /// The issuers that were met under a configured root and of which there is no revocation list,
    /// though there are some of others. At most a hundred are remembered.
    pub fn unlisted_issuers(&self) -> Vec<String> {
        self.lists.unlisted()
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
        if self.vouched.get(&office).is_some_and(|vouched| vouched.contains(&digest)) {
            let facts = Facts::parse(certificate).map_err(|_| TrustError::Unreadable)?;
            return check_validity(facts.not_before, facts.not_after, now);
        }
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
        if facts.is_version_1() {
            return Err(TrustError::Version1);
        }
        if facts.is_ca() {
            return Err(TrustError::Authority);
        }
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
            self.lists.require(&end_entity)?;
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
