//! Paths from a certificate to a configured root (RFC 5280, section 6), found by `webpki`.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, RevocationCheckDepth, RevocationOptionsBuilder, VerifiedPath};

use crate::package::certificate::Facts;
use crate::types::{Digest, DigestBuilder, NumberRule};

use super::error::{TrustError, TrustSourceError, check_validity};
use super::revocation::Lists;
use super::usage::Usage;

/// The most paths that are remembered: more than the certificates of all partners of an office.
const MAX_REMEMBERED: usize = 1024;

/// The configured roots, and the paths to them that were verified already.
///
/// A path is verified once and then holds for as long as every certificate and list on it does.
/// Otherwise each message would cost the signatures of the whole path and of a revocation list
/// that may have megabytes.
#[derive(Debug)]
pub(super) struct Roots {
    configured: Vec<Root>,
    anchors: Vec<TrustAnchor<'static>>,
    verified: Mutex<HashMap<Digest, Verified>>,
}

/// A path that was verified: for how long it holds, and the place of its root.
#[derive(Debug, Clone, Copy)]
struct Verified {
    span: Span,
    root: usize,
}

#[derive(Debug)]
struct Root {
    der: CertificateDer<'static>,
    span: Span,
    /// Where this authority puts the office number, if not into the common name.
    rule: Option<NumberRule>,
}

/// A time, both ends included.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Timestamp,
    until: Timestamp,
}

impl Span {
    fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }

    fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let facts = Facts::parse(certificate).ok()?;
        Some(Self { from: facts.not_before, until: facts.not_after })
    }
}

impl Roots {
    pub(super) fn new(
        certificates: Vec<CertificateDer<'static>>,
        naming: &[(CertificateDer<'static>, NumberRule)],
    ) -> Result<Self, TrustSourceError> {
        let mut configured = Vec::new();
        let mut anchors = Vec::new();
        for (place, der) in (1_usize..).zip(certificates) {
            let unusable = TrustSourceError::Root { place };
            let span = Span::of(&der).ok_or(unusable)?;
            let anchor = webpki::anchor_from_trusted_cert(&der).map_err(|_| unusable)?.to_owned();
            let rule = rule_of(&anchor, naming)?;
            anchors.push(anchor);
            configured.push(Root { der, span, rule });
        }
        Ok(Self { configured, anchors, verified: Mutex::default() })
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.configured.iter().map(|root| &root.der)
    }

    /// Whether a path leads from `certificate` over some of `chain` to a root, and where that root puts
    /// the office number, if it does so in its own way. The certificate's own validity and listing
    /// are for the caller.
    pub(super) fn check_path(
        &self,
        certificate: &EndEntityCert<'_>,
        chain: &[CertificateDer<'_>],
        lists: &Lists,
        usage: Usage,
        now: Timestamp,
    ) -> Result<Option<&NumberRule>, TrustError> {
        let rule =
            |root: usize| self.configured.get(root).and_then(|root: &Root| root.rule.as_ref());
        let key = remembered_as(certificate, chain, usage);
        {
            let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(Verified { span, root }) = verified.get(&key)
                && span.from <= now
                && now <= span.until
            {
                return Ok(rule(*root));
            }
        }
        let found = self.find_path(certificate, chain, lists, usage, now)?;
        lists.note_unlisted(certificate);
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= MAX_REMEMBERED {
            verified.clear();
        }
        verified.insert(key, found);
        Ok(rule(found.root))
    }

    fn find_path(
        &self,
        certificate: &EndEntityCert<'_>,
        chain: &[CertificateDer<'_>],
        lists: &Lists,
        usage: Usage,
        now: Timestamp,
    ) -> Result<Verified, TrustError> {
        let of_issuer = lists.of_issuer(certificate);
        // Denies what none of the lists is responsible for; without lists there is no question.
        // Issuers above are checked in `check_verified`.
        let revocation = RevocationOptionsBuilder::new(&of_issuer)
            .ok()
            .map(|options| options.with_depth(RevocationCheckDepth::EndEntity).build());
        // The library takes a path or looks for another one; our verdict is kept aside.
        let verdict = Cell::new(None);
        let verify_path = |path: &VerifiedPath<'_>| {
            let verified = self.check_verified(path, lists, now);
            verdict.set(Some(verified));
            verified.map(|_| ()).map_err(|_| webpki::Error::UnknownIssuer)
        };
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let time = UnixTime::since_unix_epoch(core::time::Duration::from_secs(seconds));
        let found = certificate.verify_for_usage(
            ALGORITHMS,
            &self.anchors,
            chain,
            time,
            usage,
            revocation,
            Some(&verify_path),
        );
        match (found, verdict.get()) {
            (Ok(_), Some(verdict)) | (Err(_), Some(verdict @ Err(_))) => verdict,
            (Err(error), _) => Err(path_error(&error)),
            (Ok(_), None) => Err(TrustError::UnknownIssuer),
        }
    }

    /// Checks what the library does not look at, the validity of the root and lists above the end
    /// of the path, and tells for how long the path above the end holds.
    fn check_verified(
        &self,
        path: &VerifiedPath<'_>,
        lists: &Lists,
        now: Timestamp,
    ) -> Result<Verified, TrustError> {
        let Verified { mut span, root } = self.check_root(path.anchor(), now)?;
        for issuer in path.intermediate_certificates() {
            lists.check(issuer, now)?;
            lists.require(issuer)?;
            let until = lists.good_until(issuer);
            span = span.and(Span::of(&issuer.der()).ok_or(TrustError::Unreadable)?);
            span = span.and(Span { from: Timestamp::MIN, until });
        }
        path.intermediate_certificates().for_each(|issuer| lists.note_unlisted(issuer));
        Ok(Verified { span, root })
    }

    fn check_root(&self, used: &TrustAnchor<'_>, now: Timestamp) -> Result<Verified, TrustError> {
        let mut result = Err(TrustError::UnknownIssuer);
        for (place, (anchor, root)) in self.anchors.iter().zip(&self.configured).enumerate() {
            // One root may be configured in an old and a renewed form.
            if is_same(anchor, used) && result.is_err() {
                result = check_validity(root.span.from, root.span.until, now)
                    .map(|()| Verified { span: root.span, root: place });
            }
        }
        result
    }
}

/// Whether two are the same authority: the same name with the same key, in whatever certificate.
fn is_same(one: &TrustAnchor<'_>, other: &TrustAnchor<'_>) -> bool {
    one.subject == other.subject && one.subject_public_key_info == other.subject_public_key_info
}

/// The rule for an authority. Renewed certificates of it have the same one, so that none of them
/// lets an office be named in two ways.
fn rule_of(
    authority: &TrustAnchor<'_>,
    naming: &[(CertificateDer<'static>, NumberRule)],
) -> Result<Option<NumberRule>, TrustSourceError> {
    let mut found = None;
    for (der, rule) in naming {
        let named = webpki::anchor_from_trusted_cert(der).map_err(|_| TrustSourceError::Naming)?;
        if is_same(&named, authority) {
            match found {
                Some(other) if other != rule => return Err(TrustSourceError::Naming),
                _ => found = Some(rule),
            }
        }
    }
    Ok(found.cloned())
}

fn remembered_as(
    certificate: &EndEntityCert<'_>,
    chain: &[CertificateDer<'_>],
    usage: Usage,
) -> Digest {
    let mut builder = DigestBuilder::new();
    builder.update(match usage {
        Usage::Signing => b"signing",
        Usage::Tls => b"tls",
    });
    builder.update(Digest::of(&certificate.der()).as_raw());
    for other in chain {
        builder.update(Digest::of(other).as_raw());
    }
    builder.finish()
}

/// The signatures that may stand in certificates and revocation lists.
static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    webpki::aws_lc_rs::ECDSA_P256_SHA256,
    webpki::aws_lc_rs::ECDSA_P256_SHA384,
    webpki::aws_lc_rs::ECDSA_P256_SHA512,
    webpki::aws_lc_rs::ECDSA_P384_SHA256,
    webpki::aws_lc_rs::ECDSA_P384_SHA384,
    webpki::aws_lc_rs::ECDSA_P384_SHA512,
    webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA256,
    webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA384,
    webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA512,
    webpki::aws_lc_rs::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    webpki::aws_lc_rs::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    webpki::aws_lc_rs::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

fn path_error(error: &webpki::Error) -> TrustError {
    let time = |time: &UnixTime| {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    };
    match error {
        webpki::Error::CertExpired { not_after, .. } => {
            TrustError::Expired { not_after: time(not_after) }
        }
        webpki::Error::CertNotValidYet { not_before, .. } => {
            TrustError::NotYetValid { not_before: time(not_before) }
        }
        webpki::Error::CertRevoked => TrustError::Revoked,
        webpki::Error::UnknownRevocationStatus
        | webpki::Error::InvalidCrlSignatureForPublicKey
        | webpki::Error::IssuerNotCrlSigner => TrustError::UnfitList,
        webpki::Error::EmptyEkuExtension | webpki::Error::CaUsedAsEndEntity => {
            TrustError::WrongUsage
        }
        webpki::Error::UnsupportedSignatureAlgorithmContext(_) => TrustError::WeakSignature,
        _ => TrustError::UnknownIssuer,
    }
}
