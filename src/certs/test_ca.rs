//! A throw-away certificate authority, for the demonstration, for examples and for tests.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    DistinguishedName, DnType, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason,
    RevokedCertParams, SerialNumber,
};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::package::{KeyKind, Usage};
use crate::types::OfficeNumber;

use super::CertsError;
use super::make::{Issued, Validity, generate, random_serial, set_usages, set_validity, time};

/// The organizational unit of everything that a [`TestCa`] issues.
const UNIT: &str = "THROW-AWAY EXAMPLE - DO NOT TRUST - 見本・使用禁止";

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
        params.use_authority_key_identifier_extension = true;
        set_usages(&mut params, &[subject.usage]);
        let key = generate(subject.key)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        let mut chain = vec![certificate.der().clone()];
        chain.extend(self.chain.iter().cloned());
        Ok(Issued::new(chain, &key))
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
