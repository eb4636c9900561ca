//! Making a key and asking an authority for its certificate.

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use zeroize::Zeroizing;

use crate::types::OfficeNumber;

use super::CertsError;

/// A fresh key and the request for its certificate.
pub struct KeyAndRequest {
    /// The private key, PKCS#8 in PEM.
    pub key_pem: Zeroizing<String>,
    /// The request, PKCS#10 (RFC 2986) in PEM.
    pub request_pem: String,
}

/// Makes an ECDSA P-256 key and a request whose subject is `CN=` the office number.
///
/// `organization` is the name of the office or its company, when the authority wants one.
pub fn request(
    office: OfficeNumber,
    organization: Option<&str>,
) -> Result<KeyAndRequest, CertsError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
        .map_err(|_| CertsError::Generate { what: "key" })?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, "JP");
    if let Some(organization) = organization {
        subject.push(DnType::OrganizationName, organization);
    }
    subject.push(DnType::CommonName, office.as_str());
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    // For TLS and for signing alike: whoever asks need not say which. An authority that copies
    // what is asked for makes a certificate that we take.
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::EmailProtection,
    ];
    let request = params
        .serialize_request(&key)
        .and_then(|request| request.pem())
        .map_err(|_| CertsError::Generate { what: "request" })?;
    Ok(KeyAndRequest { key_pem: Zeroizing::new(key.serialize_pem()), request_pem: request })
}
