//! Signing.

use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Encode, Tag};
use jiff::Timestamp;

use crate::package::certificate::KeyKind;

use super::asn1::{self, Algorithm, ContentInfo, SetOf, SignedData, SignerInfo};
use super::attributes::{attribute, time_to_der};
use super::signature_oid;
use super::signer::{Signer, SignerError};

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
