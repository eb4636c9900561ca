//! The certificates of the other side, during the handshake.
//!
//! DNS names play no part: a partner is known by its 事業所番号, and what a certificate may speak
//! for is decided by [`Trust`]. That the other side holds the key of its certificate is always
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

use super::party::Party;
use crate::package::{Trust, TrustError, Usage};
use crate::types::Digest;

/// A certificate of the other side that we refuse; rustls carries it to whoever asks why there is no
/// connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(super) struct RefusedCertificate {
    pub(super) sha256: Digest,
    pub(super) why: TrustError,
}

impl RefusedCertificate {
    fn new(certificate: &CertificateDer<'_>, why: TrustError) -> Self {
        Self { sha256: Digest::of(certificate), why }
    }

    /// For us: with all that is known of it. The other side gets the alert for anything else.
    fn for_us(self) -> Error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(self))))
    }

    /// For the other side: by the kinds that TLS has alerts for.
    fn for_peer(self) -> Error {
        Error::InvalidCertificate(match self.why {
            TrustError::Expired { .. } => CertificateError::Expired,
            TrustError::NotYetValid { .. } => CertificateError::NotValidYet,
            TrustError::Revoked => CertificateError::Revoked,
            TrustError::UnknownIssuer => CertificateError::UnknownIssuer,
            TrustError::Unreadable | TrustError::Version1 => CertificateError::BadEncoding,
            TrustError::Authority | TrustError::WrongUsage => CertificateError::InvalidPurpose,
            // TLS has no alert of its own for these. The last ones are matters of ours besides.
            TrustError::WeakKey
            | TrustError::WeakSignature
            | TrustError::StaleList { .. }
            | TrustError::UnfitList
            | TrustError::NoList
            | TrustError::WrongOffice { .. } => return self.for_us(),
        })
    }
}

/// The moment of a handshake in our own type of time.
fn timestamp(now: UnixTime) -> Result<Timestamp, Error> {
    i64::try_from(now.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or(Error::FailedToGetCurrentTime)
}

/// The certificate of a client that was refused, and why.
#[derive(Debug, Clone)]
pub(super) struct RefusedClient {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) why: TrustError,
}

tokio::task_local! {
    /// Set while a handshake is served: rustls tells those who ask it for a handshake why it failed,
    /// but not for which certificate.
    pub(super) static REFUSED: RefCell<Option<RefusedClient>>;
}

/// Lets in the clients that [`Trust::accepts`], and where it is said so strangers whose certificate is
/// good in itself; a certificate is always required.
pub(super) struct AcceptedClients {
    pub(super) trust: Arc<Trust>,
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) strangers: bool,
}

/// Takes only a server that [`Trust::speaks_for`] the office we mean to reach, or that is the relay.
pub(super) struct MeantServer {
    pub(super) meant: Party,
    pub(super) trust: Arc<Trust>,
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
        let accepted = self.trust.accepts(certificate, chain, Usage::Tls, timestamp(now)?);
        // In itself it is good, as everything but the path was looked at.
        if self.strangers && matches!(accepted, Err(TrustError::UnknownIssuer | TrustError::NoList))
        {
            return Ok(ClientCertVerified::assertion());
        }
        accepted.map_err(|why| {
            let refused = RefusedClient { certificate: certificate.clone().into_owned(), why };
            // Outside of a handshake of the server nobody asks.
            let _ = REFUSED.try_with(|place| place.replace(Some(refused)));
            RefusedCertificate::new(certificate, why).for_peer()
        })?;
        Ok(ClientCertVerified::assertion())
    }

    handshake_signatures!();
}

impl ServerCertVerifier for MeantServer {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (usage, now) = (Usage::Tls, timestamp(now)?);
        let spoken = match &self.meant {
            Party::Office(office) => {
                self.trust.speaks_for(certificate, chain, *office, usage, now)
            }
            Party::Relay(relay) => self.trust.is_of_relay(certificate, relay, usage, now),
        };
        spoken.map_err(|why| RefusedCertificate::new(certificate, why).for_us())?;
        Ok(ServerCertVerified::assertion())
    }

    handshake_signatures!();
}

impl fmt::Debug for AcceptedClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedClients").finish_non_exhaustive()
    }
}

impl fmt::Debug for MeantServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeantServer").field("meant", &self.meant).finish_non_exhaustive()
    }
}
