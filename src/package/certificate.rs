//! What we read from a certificate (RFC 5280).

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use x509_parser::asn1_rs::Tag;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION,
    OID_X509_COMMON_NAME, OID_X509_ORGANIZATIONAL_UNIT, OID_X509_SERIALNUMBER,
};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Version};

use crate::types::{Digest, NumberField, NumberRule, OfficeNumber, Personal};

/// The bytes are no certificate that we can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a readable X.509 certificate")]
pub struct Unreadable;

/// The kinds of public keys that may sign and identify (after CRYPTREC: P-256, P-384, RSA of at
/// least 2048 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// NIST P-256
    EcP256,
    /// NIST P-384
    EcP384,
    /// RSA, 2048 to 8192 bits
    Rsa,
}

impl KeyKind {
    /// For people: `ECDSA P-256`, `ECDSA P-384`, `RSA`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcP256 => "ECDSA P-256",
            Self::EcP384 => "ECDSA P-384",
            Self::Rsa => "RSA",
        }
    }
}

/// What an operator wants to see of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Of the DER bytes: what a peers file pins.
    pub sha256: Digest,
    /// The office that the subject's common name is, if it is exactly an office number.
    pub office: Option<OfficeNumber>,
    /// The distinguished name of the subject; it may name a person.
    pub subject: Personal<String>,
    /// The distinguished name of the issuer.
    pub issuer: String,
    /// Start of the validity.
    pub not_before: Timestamp,
    /// End of the validity.
    pub not_after: Timestamp,
    /// `None` when the key is too weak or of a kind that we do not take.
    pub key: Option<KeyKind>,
    /// Whether the certificate may issue others.
    pub is_ca: bool,
    /// Whether it is of version 1, without extensions.
    pub is_version_1: bool,
    /// The common names of the subject with the ASN.1 type of their strings; they may name a
    /// person.
    pub common_names: Vec<(Personal<String>, &'static str)>,
}

impl CertificateInfo {
    /// Reads a certificate without judging it.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, Unreadable> {
        let facts = Facts::parse(certificate)?;
        Ok(Self {
            sha256: Digest::of(certificate),
            office: facts.office(),
            subject: Personal::new(facts.x509.subject().to_string()),
            issuer: facts.x509.issuer().to_string(),
            not_before: facts.not_before,
            not_after: facts.not_after,
            key: facts.key_kind(),
            is_ca: facts.is_ca(),
            is_version_1: facts.is_version_1(),
            common_names: facts.common_names(),
        })
    }
}

/// A certificate that was taken apart; it borrows the DER.
pub(super) struct Facts<'a> {
    x509: X509Certificate<'a>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

impl<'a> Facts<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, Unreadable> {
        let (rest, x509) = X509Certificate::from_der(der).map_err(|_| Unreadable)?;
        if !rest.is_empty() {
            return Err(Unreadable);
        }
        let time = |time: x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|_| Unreadable)
        };
        let not_before = time(x509.validity().not_before)?;
        let not_after = time(x509.validity().not_after)?;
        Ok(Self { x509, not_before, not_after })
    }

    /// The issuer's name as DER, with its tag.
    pub(super) fn issuer(&self) -> &[u8] {
        self.x509.issuer().as_raw()
    }

    /// The content of the serial number's INTEGER.
    pub(super) fn serial(&self) -> &[u8] {
        self.x509.raw_serial()
    }

    /// Whether it may issue others (RFC 5280, section 4.2.1.9).
    pub(super) fn is_ca(&self) -> bool {
        self.x509.is_ca()
    }

    pub(super) fn is_version_1(&self) -> bool {
        self.x509.version() == X509Version::V1
    }

    fn common_names(&self) -> Vec<(Personal<String>, &'static str)> {
        let names = self.x509.subject().iter_common_name().map(|name| {
            let value = name.attr_value();
            let text = match value.tag() {
                // Two bytes a character.
                Tag::BmpString => {
                    let pairs = value.data.as_chunks::<2>().0.iter();
                    String::from_utf16_lossy(
                        &pairs.map(|pair| u16::from_be_bytes(*pair)).collect::<Vec<_>>(),
                    )
                }
                _ => String::from_utf8_lossy(value.data).into_owned(),
            };
            (Personal::new(text), string_type(value.tag()))
        });
        names.collect()
    }

    /// The subject's only common name, when it is exactly an office number.
    pub(super) fn office(&self) -> Option<OfficeNumber> {
        let mut names = self.x509.subject().iter_common_name();
        match (names.next(), names.next()) {
            (Some(name), None) => name.as_str().ok()?.parse().ok(),
            _ => None,
        }
    }

    /// The office that the certificate names by the rule of its authority; without one, the office
    /// of the common name.
    pub(super) fn office_by(&self, rule: Option<&NumberRule>) -> Option<OfficeNumber> {
        let Some(rule) = rule else { return self.office() };
        // Values that are no numbers by the rule may stand beside it; two numbers name nobody.
        let values = self.values(rule.field())?;
        let mut numbers = values.into_iter().filter_map(|value| rule.number(value));
        let first = numbers.next()?;
        numbers.all(|other| other == first).then_some(first)
    }

    /// The values of a field; nothing where one cannot be read.
    fn values(&self, field: NumberField) -> Option<Vec<&str>> {
        let subject = self.x509.subject();
        let oid = match field {
            NumberField::CommonName => OID_X509_COMMON_NAME,
            NumberField::OrganizationalUnit => OID_X509_ORGANIZATIONAL_UNIT,
            NumberField::SerialNumber => OID_X509_SERIALNUMBER,
            NumberField::DnsName | NumberField::Uri | NumberField::Email => {
                let Some(names) = self.x509.subject_alternative_name().ok()? else {
                    return Some(Vec::new());
                };
                let one = |name: &GeneralName<'a>| match (field, name) {
                    (NumberField::DnsName, GeneralName::DNSName(name))
                    | (NumberField::Uri, GeneralName::URI(name))
                    | (NumberField::Email, GeneralName::RFC822Name(name)) => Some(*name),
                    _ => None,
                };
                return Some(names.value.general_names.iter().filter_map(one).collect());
            }
        };
        subject.iter_by_oid(&oid).map(|value| value.as_str().ok()).collect()
    }

    /// Whether the key usage, where it is given, allows signatures (RFC 5280, section 4.2.1.3).
    pub(super) fn may_sign(&self) -> bool {
        match self.x509.key_usage() {
            Ok(None) => true,
            Ok(Some(usage)) => usage.value.digital_signature() || usage.value.non_repudiation(),
            Err(_) => false,
        }
    }

    /// The kind of the key, when it is strong enough.
    pub(super) fn key_kind(&self) -> Option<KeyKind> {
        key_kind(self.x509.public_key())
    }

    /// The bytes inside the BIT STRING of the public key.
    pub(super) fn key_bytes(&self) -> &[u8] {
        &self.x509.public_key().subject_public_key.data
    }
}

/// Whether a public key, such as one in a request, is strong enough and of a kind that we take.
pub fn is_strong_key(key: &SubjectPublicKeyInfo<'_>) -> bool {
    key_kind(key).is_some()
}

fn key_kind(key: &SubjectPublicKeyInfo<'_>) -> Option<KeyKind> {
    let algorithm = &key.algorithm;
    if algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
        let curve = algorithm.parameters.as_ref()?.as_oid().ok()?;
        if curve == OID_EC_P256 {
            Some(KeyKind::EcP256)
        } else if curve == OID_NIST_EC_P384 {
            Some(KeyKind::EcP384)
        } else {
            None
        }
    } else if algorithm.algorithm == OID_PKCS1_RSAENCRYPTION {
        match key.parsed().ok()? {
            PublicKey::RSA(rsa) if (2048..=8192).contains(&rsa.key_size()) => Some(KeyKind::Rsa),
            _ => None,
        }
    } else {
        None
    }
}

/// The name of the type of a string in ASN.1.
const fn string_type(tag: Tag) -> &'static str {
    match tag {
        Tag::Utf8String => "UTF8String",
        Tag::PrintableString => "PrintableString",
        Tag::Ia5String => "IA5String",
        Tag::T61String => "T61String",
        Tag::BmpString => "BMPString",
        Tag::UniversalString => "UniversalString",
        _ => "?",
    }
}
