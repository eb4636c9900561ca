//! Our own certificates, and whether they can be used at the moment.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use super::{Own, Problems, Proof, TLS_PLACE, signing_place};
use crate::certs::Identity;
use crate::package::{CertificateInfo, Signer, SignerError, Trust, TrustError, Usage};
use crate::types::{Lang, OfficeNumber, code};

/// Why we cannot sign or connect at the moment: a fault of ours, never told to peers in detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::node) enum OwnFault {
    /// No office of this node.
    #[error("no signing certificate for the office")]
    NoSigner,
    /// The certificate begins later.
    #[error("the own certificate is not valid before {0}")]
    NotYetValid(Timestamp),
    /// The certificate has ended.
    #[error("the own certificate ended at {0}")]
    Expired(Timestamp),
    /// The key did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

/// How this node shows itself to partners.
#[derive(Clone)]
pub(super) struct OwnTls {
    /// The first office of the node.
    pub(super) office: OfficeNumber,
    pub(super) identity: Arc<Identity>,
    pub(super) file: PathBuf,
}

/// How an office signs.
#[derive(Clone)]
pub(super) struct OwnSigner {
    place: String,
    file: PathBuf,
    office: OfficeNumber,
    signer: Arc<Signer>,
    /// When the certificate and those above it begin and end.
    periods: Vec<(Timestamp, Timestamp)>,
}

impl OwnTls {
    pub(super) fn own(&self) -> Own<'_> {
        let chain = self.identity.chain();
        Own { place: TLS_PLACE, file: &self.file, office: self.office, chain, usage: Usage::Tls }
    }
}

impl OwnSigner {
    pub(super) fn new(
        office: OfficeNumber,
        file: PathBuf,
        identity: &Identity,
    ) -> Result<Self, SignerError> {
        let place = signing_place(office);
        let signer = Arc::new(identity.signer()?);
        let periods = periods(signer.chain()).collect();
        Ok(Self { place, file, office, signer, periods })
    }

    pub(super) fn own(&self) -> Own<'_> {
        let chain = self.signer.chain();
        Own {
            place: &self.place,
            file: &self.file,
            office: self.office,
            chain,
            usage: Usage::Signing,
        }
    }
}

impl Proof {
    /// Who signs for one of our offices, if its certificate is valid at `now`.
    pub(in crate::node) fn usable_signer(
        &self,
        office: OfficeNumber,
        now: Timestamp,
    ) -> Result<&Arc<Signer>, OwnFault> {
        let own = self.signers.get(&office).ok_or(OwnFault::NoSigner)?;
        check_periods(own.periods.iter().copied(), now)?;
        Ok(&own.signer)
    }

    /// Everybody who signs for one of our offices with a certificate that is valid at `now`.
    pub(in crate::node) fn usable_signers(&self, now: Timestamp) -> impl Iterator<Item = &Signer> {
        let is_usable =
            move |own: &&OwnSigner| check_periods(own.periods.iter().copied(), now).is_ok();
        let usable = self.signers.values().filter(is_usable);
        usable.map(|own| own.signer.as_ref())
    }

    /// Every certificate of ours.
    pub(super) fn own(&self) -> impl Iterator<Item = (Own<'_>, &Trust)> {
        let tls = std::iter::once((self.tls.own(), self.tls_trust.as_ref()));
        tls.chain(self.signers.values().map(|signer| (signer.own(), self.trust.as_ref())))
    }
}

/// Whether a certificate of ours and those above it are valid at `now`.
pub(super) fn check_dates(own: Own<'_>, now: Timestamp) -> Result<(), OwnFault> {
    check_periods(periods(own.chain), now)
}

/// When certificates begin and end.
fn periods(chain: &[CertificateDer<'_>]) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let infos = chain.iter().filter_map(|der| CertificateInfo::of(der).ok());
    infos.map(|info| (info.not_before, info.not_after))
}

fn check_periods(
    mut periods: impl Iterator<Item = (Timestamp, Timestamp)>,
    now: Timestamp,
) -> Result<(), OwnFault> {
    periods.try_for_each(|(not_before, not_after)| {
        if now < not_before {
            Err(OwnFault::NotYetValid(not_before))
        } else if now > not_after {
            Err(OwnFault::Expired(not_after))
        } else {
            Ok(())
        }
    })
}

/// Whether partners with our configuration would accept a certificate of ours. Whether they have
/// pinned it cannot be known here.
pub(super) fn check(own: Own<'_>, trust: &Trust, now: Timestamp) -> Result<(), TrustError> {
    let Some((certificate, chain)) = own.chain.split_first() else { return Ok(()) };
    trust.speaks_for(certificate, chain, own.office, own.usage, now)
}

/// Tells why no partner can ever accept a certificate; anything else is told while it lasts.
pub(super) fn tell_unusable(own: &Own<'_>, error: TrustError, problems: &mut Problems) -> bool {
    let never = matches!(
        error,
        TrustError::Unreadable
            | TrustError::WeakKey
            | TrustError::Revoked
            | TrustError::Version1
            | TrustError::Authority
            | TrustError::WrongUsage
    );
    if never {
        let (file, info) = (own.file.display(), code::find(error.code()));
        let to_do = |lang| info.map(|info| info.to_do(lang)).unwrap_or_default();
        let meaning = info.map(|info| info.meaning(Lang::Ja)).unwrap_or_default();
        let ja = format!("{file}: {meaning}。{}", to_do(Lang::Ja));
        let en = format!("{file}: {error}. {}", to_do(Lang::En));
        problems.add(error.code(), own.place, ja, en);
    }
    never
}
