//! What a server shows to whoever calls it, before anything is believed or said: by that it is found
//! out who stands between two offices.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use crate::types::Clock;

/// What is seen of a server.
#[derive(Debug)]
pub enum Glimpse {
    /// It shows a certificate. Whether it has the key of it is not known.
    Certificate(CertificateDer<'static>),
    /// It does not speak TLS.
    NoTls,
}

/// Looks at the certificate that whoever answers on `stream` shows for `host`, and hangs up. Nothing
/// of ours is shown or sent, and nothing is believed. The caller bounds the time.
pub async fn glimpse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    host: &str,
    clock: &Clock,
) -> Glimpse {
    let seen = Arc::new(Seen::default());
    // What stands in between may speak versions and suites that we would not.
    let config = ClientConfig::builder_with_details(
        Arc::new(aws_lc_rs::default_provider()),
        Arc::new(clock.clone()),
    )
    .with_protocol_versions(rustls::ALL_VERSIONS);
    let (Ok(config), Ok(name)) = (config, ServerName::try_from(host.to_owned())) else {
        return Glimpse::NoTls;
    };
    let config = config
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&seen) as _)
        .with_no_client_auth();
    // It never comes about: the certificate is refused when it has been seen.
    let _ = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let certificate = seen.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    certificate.map_or(Glimpse::NoTls, Glimpse::Certificate)
}

/// Remembers the certificate that it refuses.
#[derive(Default)]
struct Seen(Mutex<Option<CertificateDer<'static>>>);

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = certificate.clone().into_owned();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").finish_non_exhaustive()
    }
}
