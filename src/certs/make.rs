//! What all certificates that are made here have in common.

use jiff::Timestamp;
use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize, SerialNumber,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::package::{KeyKind, SignerError, Usage};

use super::{CertsError, Identity, certificates_to_pem};

/// From when to when a certificate is valid, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Start.
    pub not_before: Timestamp,
    /// End; later than the start.
    pub not_after: Timestamp,
}

/// A certificate that was just made, with its key.
pub struct Issued {
    pub(super) chain: Vec<CertificateDer<'static>>,
    key: Zeroizing<Vec<u8>>,
    key_pem: Zeroizing<String>,
}

impl Issued {
    pub(super) fn new(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        Self {
            chain,
            key: Zeroizing::new(key.serialize_der()),
            key_pem: Zeroizing::new(key.serialize_pem()),
        }
    }

    /// The certificate.
    pub fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.chain.first()
    }

    /// The certificate and those between it and the root, as PEM.
    pub fn chain_pem(&self) -> String {
        certificates_to_pem(&self.chain)
    }

    /// The private key, PKCS#8 in PEM.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// Certificate and key for use.
    pub fn identity(&self) -> Result<Identity, SignerError> {
        let key = PrivatePkcs8KeyDer::from(self.key.to_vec());
        Identity::new(self.chain.clone(), PrivateKeyDer::from(key))
    }
}

pub(super) fn generate(kind: KeyKind) -> Result<KeyPair, CertsError> {
    match kind {
        KeyKind::EcP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        KeyKind::EcP384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
        KeyKind::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072),
    }
    .map_err(|_| CertsError::Generate { what: "key" })
}

/// Makes the parameters those of a certificate of an office.
pub(super) fn set_usages(params: &mut CertificateParams, usages: &[Usage]) {
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = Vec::new();
    for usage in usages {
        match usage {
            Usage::Tls => params
                .extended_key_usages
                .extend([ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]),
            Usage::Signing => {
                params.key_usages.push(KeyUsagePurpose::ContentCommitment);
                params.extended_key_usages.push(ExtendedKeyUsagePurpose::EmailProtection);
            }
        }
    }
}

pub(super) fn set_validity(
    params: &mut CertificateParams,
    validity: Validity,
) -> Result<(), CertsError> {
    params.not_before = time(validity.not_before)?;
    params.not_after = time(validity.not_after)?;
    Ok(())
}

pub(super) fn time(timestamp: Timestamp) -> Result<OffsetDateTime, CertsError> {
    OffsetDateTime::from_unix_timestamp(timestamp.as_second())
        .map_err(|_| CertsError::Generate { what: "time beyond the calendar" })
}

/// 16 random bytes, positive (RFC 5280, section 4.1.2.2).
pub(super) fn random_serial() -> Result<SerialNumber, CertsError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| CertsError::Generate { what: "serial number" })?;
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    Ok(SerialNumber::from(bytes.to_vec()))
}
