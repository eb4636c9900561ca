//! The certificates of the other side, during the handshake.
//!
//! DNS names play no part: a partner is known by its 事業所番号, and what a certificate may speak
//! for is decided by [`PeerTrust`]. That the other side holds the key of its certificate is always
//! proved by the signature of the handshake, for pinned certificates too.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};

use crate::package::{Trust, TrustError, Usage};
use crate::types::{Digest, OfficeNumber};

/// Who may speak for whom; see DESIGN "Trust". Both questions cover the validity period and
/// revocation at `now`.
pub trait PeerTrust: Send + Sync + 'static {
    /// May this certificate open a connection to us at all: is it pinned for any office, or was it
    /// issued below a configured root?
    fn accepts(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: Timestamp,
    ) -> Result<(), TrustRefusal>;

    /// Does this certificate speak for `office`?
    fn speaks_for(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        office: OfficeNumber,
        now: Timestamp,
    ) -> Result<(), TrustRefusal>;
}

/// Why a certificate was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{log}")]
pub struct TrustRefusal {
    /// What the other side is told, as a TLS alert.
    pub fault: CertificateFault,
    /// A stable code for our log.
    pub code: &'static str,
    /// The text for our log.
    pub log: String,
    /// The certificate, where the refusal goes to somebody who does not have it.
    pub sha256: Option<Digest>,
}

/// The kinds of faults that TLS has alerts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateFault {
    /// Its validity has ended.
    Expired,
    /// Its validity has not begun.
    NotYetValid,
    /// It is on a revocation list.
    Revoked,
    /// It is neither pinned nor issued below a configured root.
    UnknownIssuer,
    /// Anything else: another office, a purpose that does not fit, a stale revocation list.
    Other,
}

impl TrustRefusal {
    /// A refusal with its text for the log.
    pub fn new(fault: CertificateFault, code: &'static str, log: impl Into<String>) -> Self {
        Self { fault, code, log: log.into(), sha256: None }
    }

    /// The same, with the certificate that it is about.
    fn about(self, certificate: &CertificateDer<'_>) -> Self {
        Self { sha256: Some(Digest::of(certificate)), ..self }
    }
}

impl From<TrustRefusal> for Error {
    fn from(refusal: TrustRefusal) -> Self {
        // What is known of the certificate goes with it; rustls knows only the kinds.
        Self::InvalidCertificate(match refusal.fault {
            _ if refusal.sha256.is_some() => CertificateError::Other(OtherError(Arc::new(refusal))),
            CertificateFault::Expired => CertificateError::Expired,
            CertificateFault::NotYetValid => CertificateError::NotValidYet,
            CertificateFault::Revoked => CertificateError::Revoked,
            CertificateFault::UnknownIssuer => CertificateError::UnknownIssuer,
            CertificateFault::Other => CertificateError::Other(OtherError(Arc::new(refusal))),
        })
    }
}

impl From<TrustError> for TrustRefusal {
    fn from(error: TrustError) -> Self {
        let fault = match error {
            TrustError::Expired { .. } => CertificateFault::Expired,
            TrustError::NotYetValid { .. } => CertificateFault::NotYetValid,
            TrustError::Revoked => CertificateFault::Revoked,
            TrustError::UnknownIssuer => CertificateFault::UnknownIssuer,
            TrustError::Unreadable
            | TrustError::WeakKey
            | TrustError::StaleList { .. }
            | TrustError::UnfitList
            | TrustError::NoList
            | TrustError::Version1
            | TrustError::Authority
            | TrustError::WrongUsage
            | TrustError::WrongOffice { .. } => CertificateFault::Other,
        };
        Self::new(fault, error.code(), error.to_string())
    }
}

impl PeerTrust for Trust {
    fn accepts(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: Timestamp,
    ) -> Result<(), TrustRefusal> {
        Ok(self.accepts(certificate, chain, Usage::Tls, now)?)
    }

    fn speaks_for(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        office: OfficeNumber,
        now: Timestamp,
    ) -> Result<(), TrustRefusal> {
        Ok(self.speaks_for(certificate, chain, office, Usage::Tls, now)?)
    }
}

/// The moment of a handshake in our own type of time.
fn timestamp(now: UnixTime) -> Result<Timestamp, Error> {
    i64::try_from(now.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or(Error::FailedToGetCurrentTime)
}

/// What is known of a client whose handshake is not finished.
#[derive(Debug, Clone, Default)]
pub(super) struct Came {
    /// The certificate that it showed.
    pub(super) certificate: Option<CertificateDer<'static>>,
    /// Why the certificate is refused.
    pub(super) refusal: Option<TrustRefusal>,
}

tokio::task_local! {
    /// Set while a handshake is served: rustls tells those who ask it for a handshake why it failed,
    /// but not for which certificate.
    pub(super) static CAME: RefCell<Came>;
}

/// Lets in the clients that [`PeerTrust::accepts`]; a certificate is always required.
pub(super) struct AcceptedClients {
    pub(super) trust: Arc<dyn PeerTrust>,
    pub(super) provider: Arc<CryptoProvider>,
}

/// Takes only a server that [`PeerTrust::speaks_for`] the office we mean to reach.
pub(super) struct OfficeServer {
    pub(super) office: OfficeNumber,
    pub(super) trust: Arc<dyn PeerTrust>,
    pub(super) provider: Arc<CryptoProvider>,
}

/// The proof that the other side holds its key is the same for both sides.
macro_rules! handshake_signatures {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.provider.signature_verification_algorithms;
            verify_tls12_signature(message, certificate, signed, algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.provider.signature_verification_algorithms;
            verify_tls13_signature(message, certificate, signed, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider.signature_verification_algorithms.supported_schemes()
        }
    };
}

impl ClientCertVerifier for AcceptedClients {
    /// No hints: a pinned certificate has no issuer to name, and strangers need not learn whom we
    /// trust.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let accepted = self.trust.accepts(certificate, chain, timestamp(now)?);
        if let Err(refusal) = &accepted {
            let certificate = Some(certificate.clone().into_owned());
            let came = Came { certificate, refusal: Some(refusal.clone()) };
            // Outside of a handshake of the server nobody asks.
            let _ = CAME.try_with(|place| place.replace(came));
        }
        accepted?;
        Ok(ClientCertVerified::assertion())
    }

    handshake_signatures!();
}

impl ServerCertVerifier for OfficeServer {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let spoken = self.trust.speaks_for(certificate, chain, self.office, timestamp(now)?);
        spoken.map_err(|refusal| refusal.about(certificate))?;
        Ok(ServerCertVerified::assertion())
    }

    handshake_signatures!();
}

impl fmt::Debug for AcceptedClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedClients").finish_non_exhaustive()
    }
}

impl fmt::Debug for OfficeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfficeServer").field("office", &self.office).finish_non_exhaustive()
    }
}
