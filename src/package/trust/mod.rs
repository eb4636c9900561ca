//! Which certificate speaks for which office.
//!
//! A certificate speaks for an office when its SHA-256 is pinned for that office, or when it was
//! issued under a configured root and the only common name of its subject is the office number. Of an
//! authority that puts the number elsewhere a [`NumberRule`] says where; then that field counts and
//! the common name does not.
//! In both cases its validity, the strength of its key, its key usage and the configured
//! revocation lists are looked at. There are no other roots than the configured ones.

mod error;
mod path;
mod revocation;
mod usage;

pub use error::{ListFault, TrustError, TrustSourceError};
pub use revocation::{ListInfo, read_list, verify_list};
pub use usage::Usage;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use webpki::EndEntityCert;

use crate::types::{Digest, NumberRule, OfficeNumber, PeerUrl};

use super::certificate::Facts;
pub(super) use error::check_validity;
use path::Roots;
use revocation::Lists;

/// What trust is built from.
#[derive(Debug, Clone, Default)]
pub struct TrustSources {
    /// Certificates that may issue certificates of offices.
    pub roots: Vec<CertificateDer<'static>>,
    /// Authorities among the roots that do not put the office number into the common name.
    pub naming: Vec<(CertificateDer<'static>, NumberRule)>,
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
    /// SHA-256 of the certificates of relays, by where they are reached. They speak for no office.
    pub relays: BTreeMap<PeerUrl, BTreeSet<Digest>>,
    /// SHA-256 of certificates that signed for an office what was verified when it was accepted.
    /// They are believed whatever was renewed, struck out or revoked since, within their own time.
    /// Only for looking at proof that is kept: new packages are never judged with them.
    pub vouched: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
}

/// The trust decisions of a node. Build it anew when the configuration or a list changes.
#[derive(Debug)]
pub struct Trust {
    roots: Roots,
    lists: Lists,
    pins: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
    relays: BTreeMap<PeerUrl, BTreeSet<Digest>>,
    vouched: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
}

impl Trust {
    /// Reads roots and revocation lists once for all decisions.
    pub fn new(sources: TrustSources) -> Result<Self, TrustSourceError> {
        let roots = Roots::new(sources.roots, &sources.naming)?;
        let strict = sources.revocation_strict;
        let lists = Lists::new(&sources.revocation_lists, sources.revocation_grace, strict)?;
        let TrustSources { pins, relays, vouched, .. } = sources;
        Ok(Self { roots, lists, pins, relays, vouched })
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
        let (facts, rule) = self.check(certificate, chain, pinned, usage, now)?;
        if pinned || facts.office_by(rule) == Some(office) {
            Ok(())
        } else {
            Err(TrustError::WrongOffice { office })
        }
    }

    /// Whether `certificate` is one of the relay at `relay`, and may be used at `now`. Of a relay only
    /// pinned certificates are believed.
    pub fn is_of_relay(
        &self,
        certificate: &CertificateDer<'_>,
        relay: &PeerUrl,
        usage: Usage,
        now: Timestamp,
    ) -> Result<(), TrustError> {
        let digest = Digest::of(certificate);
        if !self.relays.get(relay).is_some_and(|pins| pins.contains(&digest)) {
            return Err(TrustError::UnknownIssuer);
        }
        self.check(certificate, &[], true, usage, now).map(|_| ())
    }

    /// The office that a certificate names, where its authority puts the number. Of one that leads to
    /// no root it is a claim, which [`Self::speaks_for`] refuses.
    pub fn named_office(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        usage: Usage,
        now: Timestamp,
    ) -> Option<OfficeNumber> {
        let issued = self.check(certificate, chain, false, usage, now);
        match issued {
            Ok((facts, rule)) => facts.office_by(rule),
            Err(_) => Facts::parse(certificate).ok()?.office(),
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

    /// Whether a certificate may be used, and where its authority puts the office number, if it does
    /// so in its own way.
    fn check<'a>(
        &self,
        certificate: &'a CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        pinned: bool,
        usage: Usage,
        now: Timestamp,
    ) -> Result<(Facts<'a>, Option<&NumberRule>), TrustError> {
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
        if pinned {
            return Ok((facts, None));
        }
        self.lists.require(&end_entity)?;
        let rule = self.roots.check_path(&end_entity, chain, &self.lists, usage, now)?;
        Ok((facts, rule))
    }
}
