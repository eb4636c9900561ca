//! Certificates that an office makes for itself; partners register their SHA-256, or take them with
//! the office's card.

use std::net::IpAddr;

use rcgen::{CertificateParams, DistinguishedName, DnType};
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::package::{KeyKind, Usage};
use crate::types::OfficeNumber;

use super::CertsError;
use super::make::{Issued, Validity, generate, random_serial, set_usages, set_validity};

/// Makes an ECDSA P-256 key and a certificate with it, whose subject is `CN=` the office number.
/// `hosts` are the names and addresses by which partners reach a node; nothing is decided by them,
/// but other programs want them there.
pub fn self_made(
    office: OfficeNumber,
    usage: Usage,
    hosts: &[String],
    validity: Validity,
) -> Result<Issued, CertsError> {
    self_made_for(office, &[usage], hosts, validity)
}

/// The same for several usages at once.
pub(super) fn self_made_for(
    office: OfficeNumber,
    usages: &[Usage],
    hosts: &[String],
    validity: Validity,
) -> Result<Issued, CertsError> {
    made_by_itself(subject(office), usages, hosts, validity)
}

/// The same of a machine that is no office: its subject is `CN=` the first of `hosts`.
pub fn self_made_of_host(
    usage: Usage,
    hosts: &[String],
    validity: Validity,
) -> Result<Issued, CertsError> {
    let host = hosts.first().ok_or(CertsError::Generate { what: "host name" })?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, host.as_str());
    made_by_itself(name, &[usage], hosts, validity)
}

fn made_by_itself(
    subject: DistinguishedName,
    usages: &[Usage],
    hosts: &[String],
    validity: Validity,
) -> Result<Issued, CertsError> {
    let key = generate(KeyKind::EcP256)?;
    let mut params =
        CertificateParams::new(hosts).map_err(|_| CertsError::Generate { what: "host name" })?;
    params.distinguished_name = subject;
    params.serial_number = Some(random_serial()?);
    set_validity(&mut params, validity)?;
    set_usages(&mut params, usages);
    let certificate =
        params.self_signed(&key).map_err(|_| CertsError::Generate { what: "certificate" })?;
    Ok(Issued::new(vec![certificate.der().clone()], &key))
}

/// The name that an office has in certificates.
pub(super) fn subject(office: OfficeNumber) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "JP");
    name.push(DnType::CommonName, office.as_str());
    name
}

/// Whether nobody but its own key vouches for a certificate.
pub fn is_self_made(certificate: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(certificate).is_ok_and(|(_, certificate)| {
        certificate.issuer().as_raw() == certificate.subject().as_raw()
            && certificate.verify_signature(None).is_ok()
    })
}

/// The names and addresses among the alternative names, as [`self_made`] takes them.
pub(super) fn hosts_of(certificate: &CertificateDer<'static>) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let one = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    };
    names.value.general_names.iter().filter_map(one).collect()
}
