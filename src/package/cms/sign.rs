//! Signing.

use der::asn1::{AnyRef, GeneralizedTime, ObjectIdentifier, OctetStringRef, UtcTime};
use der::{Decode, Encode, Tag};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use crate::package::certificate::KeyKind;
use crate::package::{Signer, SignerError};
use crate::types::Digest;

use super::asn1::{self, Algorithm, Attribute, ContentInfo, SetOf, SignedData, SignerInfo};
use super::signature_oid;

/// The first moment that signingTime writes as GeneralizedTime: 2050-01-01T00:00:00Z
/// (RFC 5652, section 11.3).
const GENERALIZED_TIME_FROM: i64 = 2_524_608_000;

/// Signs `content`, which travels beside the message.
pub(in crate::package) fn sign_detached(
    signer: &Signer,
    content: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, SignerError> {
    sign(signer, content, false, now).map_err(|SignFailed| SignerError::Sign)
}

/// Signs `content` and puts it inside the message.
pub(in crate::package) fn sign_attached(
    signer: &Signer,
    content: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, SignerError> {
    sign(signer, content, true, now).map_err(|SignFailed| SignerError::Sign)
}

/// The attribute signingCertificateV2 over `chain`, as DER.
pub(in crate::package) fn signing_certificate_attribute(
    chain: &[CertificateDer<'_>],
) -> der::Result<Vec<u8>> {
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

/// The library could not encode or sign.
struct SignFailed;

impl From<der::Error> for SignFailed {
    fn from(_: der::Error) -> Self {
        Self
    }
}

impl From<SignerError> for SignFailed {
    fn from(_: SignerError) -> Self {
        Self
    }
}

fn sign(
    signer: &Signer,
    content: &[u8],
    attached: bool,
    now: Timestamp,
) -> Result<Vec<u8>, SignFailed> {
    let hash = signer.hash();
    let digest = hash.of(content);
    let attributes = [
        attribute(asn1::ID_CONTENT_TYPE, &asn1::ID_DATA.to_der()?)?,
        attribute(asn1::ID_MESSAGE_DIGEST, &OctetStringRef::new(digest.as_ref())?.to_der()?)?,
        attribute(asn1::ID_SIGNING_TIME, &time_to_der(now)?)?,
    ];
    let attributes = attributes.iter().chain([&signer.signing_certificate]);
    let attributes = SetOf::of(attributes.map(Vec::as_slice))?;
    // RFC 5652, section 5.4: what is signed is the DER of a SET OF, not of the tagged field.
    let signature = signer.sign(&attributes.to_der()?)?;

    let digest_algorithm = Algorithm { oid: hash.oid(), parameters: None };
    let parameters = match signer.kind() {
        KeyKind::EcP256 | KeyKind::EcP384 => None,
        KeyKind::Rsa => Some(AnyRef::NULL),
    };
    let oid = signature_oid(signer.kind(), hash);
    let info = SignerInfo {
        version: 1,
        signer: asn1::IssuerAndSerial {
            issuer: AnyRef::from_der(signer.issuer())?,
            serial: AnyRef::new(Tag::Integer, signer.serial())?,
        },
        digest_algorithm,
        attributes: Some(attributes),
        signature_algorithm: Algorithm { oid, parameters },
        signature: OctetStringRef::new(&signature)?,
    }
    .to_der()?;
    let digest_algorithm = digest_algorithm.to_der()?;
    let message = ContentInfo {
        content_type: asn1::ID_SIGNED_DATA,
        content: SignedData {
            version: 1,
            digest_algorithms: SetOf::of([digest_algorithm.as_slice()])?,
            content: asn1::EncapsulatedContent {
                content_type: asn1::ID_DATA,
                content: attached.then(|| OctetStringRef::new(content)).transpose()?,
            },
            certificates: Some(SetOf::of(signer.chain().iter().map(AsRef::as_ref))?),
            signers: SetOf::of([info.as_slice()])?,
        },
    };
    Ok(message.to_der()?)
}

fn attribute(oid: ObjectIdentifier, value: &[u8]) -> der::Result<Vec<u8>> {
    Attribute { oid, values: SetOf::of([value])? }.to_der()
}

fn time_to_der(time: Timestamp) -> der::Result<Vec<u8>> {
    let seconds = u64::try_from(time.as_second()).map_err(|_| Tag::UtcTime.value_error())?;
    let since_epoch = core::time::Duration::from_secs(seconds);
    if time.as_second() < GENERALIZED_TIME_FROM {
        UtcTime::from_unix_duration(since_epoch)?.to_der()
    } else {
        GeneralizedTime::from_unix_duration(since_epoch)?.to_der()
    }
}
