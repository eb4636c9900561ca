//! A throw-away certificate authority, for the demonstration, for examples and for tests.

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256,
    RevocationReason, RevokedCertParams, RsaKeySize, SerialNumber,
};
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs8KeyDer,
};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

use crate::package::{KeyKind, SignerError, Usage};
use crate::types::OfficeNumber;

use super::{CertsError, Identity, certificates_to_pem};

/// The organizational unit of everything that a [`TestCa`] issues.
const UNIT: &str = "THROW-AWAY EXAMPLE - DO NOT TRUST - 見本・使用禁止";

/// From when to when a certificate is valid, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Start.
    pub not_before: Timestamp,
    /// End; later than the start.
    pub not_after: Timestamp,
}

/// What a certificate is issued for.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The common name; the office number in all but broken certificates.
    pub common_name: &'a str,
    /// What the certificate may be used for.
    pub usage: Usage,
    /// Addresses and host names of a TLS certificate.
    pub names: &'a [&'a str],
    /// When it is valid.
    pub validity: Validity,
    /// The kind of its key.
    pub key: KeyKind,
}

/// A certificate authority whose key never leaves memory.
pub struct TestCa {
    issuer: CertifiedIssuer<'static, KeyPair>,
    name: String,
    /// The certificates between the root and what is issued, the nearest first.
    chain: Vec<CertificateDer<'static>>,
}

/// A certificate that was just issued, with its key.
pub struct Issued {
    chain: Vec<CertificateDer<'static>>,
    key: Zeroizing<Vec<u8>>,
    key_pem: Zeroizing<String>,
}

impl TestCa {
    /// Makes a root with an ECDSA P-256 key. `name` becomes organization and common name.
    pub fn new(name: &str, validity: Validity) -> Result<Self, CertsError> {
        let key = generate(KeyKind::EcP256)?;
        let issuer = CertifiedIssuer::self_signed(ca_params(name, validity)?, key)
            .map_err(|_| CertsError::Generate { what: "root certificate" })?;
        Ok(Self { issuer, name: name.to_owned(), chain: Vec::new() })
    }

    /// Makes an authority below this one; what it issues carries its certificate along.
    pub fn subordinate(&self, name: &str, validity: Validity) -> Result<Self, CertsError> {
        let key = generate(KeyKind::EcP256)?;
        let params = ca_params(name, validity)?;
        let issuer = CertifiedIssuer::signed_by(params, key, &self.issuer)
            .map_err(|_| CertsError::Generate { what: "subordinate certificate" })?;
        let mut chain = vec![issuer.der().clone()];
        chain.extend(self.chain.iter().cloned());
        Ok(Self { issuer, name: name.to_owned(), chain })
    }

    /// The authority's own certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        self.issuer.der()
    }

    /// Issues a certificate with an ECDSA P-256 key for an office.
    pub fn issue(
        &self,
        office: OfficeNumber,
        usage: Usage,
        names: &[&str],
        validity: Validity,
    ) -> Result<Issued, CertsError> {
        let common_name = office.as_str();
        self.issue_as(&Subject { common_name, usage, names, validity, key: KeyKind::EcP256 })
    }

    /// Issues a certificate for any subject.
    pub fn issue_as(&self, subject: &Subject<'_>) -> Result<Issued, CertsError> {
        let failed = |_| CertsError::Generate { what: "certificate" };
        let names: Vec<String> = subject.names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.distinguished_name = distinguished_name(&self.name, subject.common_name);
        set_validity(&mut params, subject.validity)?;
        params.serial_number = Some(random_serial()?);
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        match subject.usage {
            Usage::Tls => {
                params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
                params.extended_key_usages =
                    vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
            }
            Usage::Signing => {
                params.key_usages =
                    vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
            }
        }
        let key = generate(subject.key)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        let mut chain = vec![certificate.der().clone()];
        chain.extend(self.chain.iter().cloned());
        Ok(Issued {
            chain,
            key: Zeroizing::new(key.serialize_der()),
            key_pem: Zeroizing::new(key.serialize_pem()),
        })
    }

    /// Makes the list of what this authority revoked, good for the time of `validity`.
    pub fn revocation_list(
        &self,
        revoked: &[&Issued],
        validity: Validity,
    ) -> Result<CertificateRevocationListDer<'static>, CertsError> {
        let certificates: Vec<_> =
            revoked.iter().filter_map(|issued| issued.chain.first()).collect();
        self.revocation_list_of(&certificates, validity)
    }

    /// The same for certificates whose keys are elsewhere, such as those of subordinates.
    pub fn revocation_list_of(
        &self,
        revoked: &[&CertificateDer<'_>],
        validity: Validity,
    ) -> Result<CertificateRevocationListDer<'static>, CertsError> {
        let failed = || CertsError::Generate { what: "revocation list" };
        let this_update = time(validity.not_before)?;
        let mut revoked_certs = Vec::new();
        for certificate in revoked {
            let (_, certificate) = X509Certificate::from_der(certificate).map_err(|_| failed())?;
            revoked_certs.push(RevokedCertParams {
                serial_number: SerialNumber::from_slice(certificate.raw_serial()),
                revocation_time: this_update,
                reason_code: Some(RevocationReason::CessationOfOperation),
                invalidity_date: None,
            });
        }
        let number = u64::try_from(validity.not_before.as_second()).unwrap_or_default();
        CertificateRevocationListParams {
            this_update,
            next_update: time(validity.not_after)?,
            // Rises with every newer list.
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        }
        .signed_by(&self.issuer)
        .map(CertificateRevocationListDer::from)
        .map_err(|_| failed())
    }
}

impl Issued {
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

fn generate(kind: KeyKind) -> Result<KeyPair, CertsError> {
    match kind {
        KeyKind::EcP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        KeyKind::EcP384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
        KeyKind::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072),
    }
    .map_err(|_| CertsError::Generate { what: "key" })
}

fn ca_params(name: &str, validity: Validity) -> Result<CertificateParams, CertsError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(name, name);
    set_validity(&mut params, validity)?;
    params.serial_number = Some(random_serial()?);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn distinguished_name(organization: &str, common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "JP");
    name.push(DnType::OrganizationName, organization);
    name.push(DnType::OrganizationalUnitName, UNIT);
    name.push(DnType::CommonName, common_name);
    name
}

fn set_validity(params: &mut CertificateParams, validity: Validity) -> Result<(), CertsError> {
    params.not_before = time(validity.not_before)?;
    params.not_after = time(validity.not_after)?;
    Ok(())
}

fn time(timestamp: Timestamp) -> Result<OffsetDateTime, CertsError> {
    OffsetDateTime::from_unix_timestamp(timestamp.as_second())
        .map_err(|_| CertsError::Generate { what: "time beyond the calendar" })
}

/// 16 random bytes, positive (RFC 5280, section 4.1.2.2).
fn random_serial() -> Result<SerialNumber, CertsError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| CertsError::Generate { what: "serial number" })?;
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    Ok(SerialNumber::from(bytes.to_vec()))
}
