//! The signed attributes that we write, as DER.

use der::asn1::{GeneralizedTime, ObjectIdentifier, OctetStringRef, UtcTime};
use der::{Encode, Tag};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use crate::types::Digest;

use super::asn1::{self, Attribute, SetOf};

/// The first moment that signingTime writes as GeneralizedTime: 2050-01-01T00:00:00Z
/// (RFC 5652, section 11.3).
const GENERALIZED_TIME_FROM: i64 = 2_524_608_000;

/// The attribute signingCertificateV2 over `chain`, as DER.
pub(super) fn signing_certificate(chain: &[CertificateDer<'_>]) -> der::Result<Vec<u8>> {
    let digests: Vec<Digest> = chain.iter().map(|certificate| Digest::of(certificate)).collect();
    let certificates = digests
        .iter()
        .map(|digest| {
            let hash = OctetStringRef::new(digest.as_raw())?;
            Ok(asn1::EssCertId { algorithm: None, hash, issuer_serial: None })
        })
        .collect::<der::Result<_>>()?;
    let value = asn1::SigningCertificateV2 { certificates, policies: None }.to_der()?;
    attribute(asn1::ID_SIGNING_CERTIFICATE_V2, &value)
}

/// An attribute with one value, as DER.
pub(super) fn attribute(oid: ObjectIdentifier, value: &[u8]) -> der::Result<Vec<u8>> {
    Attribute { oid, values: SetOf::of([value])? }.to_der()
}

/// The value of signingTime.
pub(super) fn time_to_der(time: Timestamp) -> der::Result<Vec<u8>> {
    let seconds = u64::try_from(time.as_second()).map_err(|_| Tag::UtcTime.value_error())?;
    let since_epoch = core::time::Duration::from_secs(seconds);
    if time.as_second() < GENERALIZED_TIME_FROM {
        UtcTime::from_unix_duration(since_epoch)?.to_der()
    } else {
        GeneralizedTime::from_unix_duration(since_epoch)?.to_der()
    }
}
