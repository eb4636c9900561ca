//! Verifying.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use der::asn1::{AnyRef, GeneralizedTime, ObjectIdentifier, OctetStringRef, UtcTime};
use der::{Decode, Encode, Tag, Tagged};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use crate::package::certificate::{Facts, KeyKind};

use super::asn1::{self, Algorithm, Attribute, ContentInfo, SetOf, SignedData, SignerInfo};
use super::signer::MAX_CHAIN;
use super::{CmsFault, Hash, Verified, signature_oid};

/// Verifies a message over `content`, which travels beside it.
pub(in crate::package) fn verify_detached(
    message: &[u8],
    content: &[u8],
) -> Result<Verified, CmsFault> {
    let data = parse(message)?;
    if data.content.content.is_some() {
        return Err(CmsFault::Attachment { attached: false });
    }
    verify(&data, content)
}

/// Verifies a message and hands out the content that is inside.
pub(in crate::package) fn verify_attached(message: &[u8]) -> Result<(Verified, &[u8]), CmsFault> {
    let data = parse(message)?;
    let content = attached_to(&data)?;
    Ok((verify(&data, content)?, content))
}

/// The content inside of a message whose signature is not looked at.
pub(in crate::package) fn attached_content(message: &[u8]) -> Result<&[u8], CmsFault> {
    attached_to(&parse(message)?)
}

fn attached_to<'a>(data: &SignedData<'a>) -> Result<&'a [u8], CmsFault> {
    let content = data.content.content.ok_or(CmsFault::Attachment { attached: true })?;
    Ok(content.as_bytes())
}

/// Reads a message and makes sure that it is the only way to write itself.
fn parse(message: &[u8]) -> Result<SignedData<'_>, CmsFault> {
    let info = ContentInfo::from_der(message).map_err(|_| CmsFault::Malformed)?;
    // The decoder skips over some fields that it does not know; written again they are missing.
    if info.content_type != asn1::ID_SIGNED_DATA
        || info.to_der().map_err(|_| CmsFault::Malformed)? != message
    {
        return Err(CmsFault::Malformed);
    }
    Ok(info.content)
}

fn verify(data: &SignedData<'_>, content: &[u8]) -> Result<Verified, CmsFault> {
    let signer =
        data.signers.only().ok_or(CmsFault::SignerCount { got: data.signers.elements().len() })?;
    let signer_der = signer.to_der().map_err(|_| CmsFault::Malformed)?;
    let signer = SignerInfo::from_der(&signer_der).map_err(|_| CmsFault::Malformed)?;
    if signer.to_der().map_err(|_| CmsFault::Malformed)? != signer_der {
        return Err(CmsFault::Malformed);
    }
    if data.version != 1 || signer.version != 1 {
        return Err(CmsFault::Version);
    }
    if data.content.content_type != asn1::ID_DATA {
        return Err(CmsFault::ContentType);
    }
    let hash = Hash::from_algorithm(&signer.digest_algorithm).ok_or(CmsFault::DigestAlgorithm)?;
    let listed =
        data.digest_algorithms.only().and_then(|any| any.decode_as::<Algorithm<'_>>().ok());
    if listed.as_ref().and_then(Hash::from_algorithm) != Some(hash) {
        return Err(CmsFault::DigestAlgorithm);
    }

    let mut chain = certificates(data)?;
    let facts = chain.iter().map(|der| Facts::parse(der).map_err(|_| CmsFault::Certificates));
    let facts: Vec<Facts<'_>> = facts.collect::<Result<_, _>>()?;
    let place = place_of_signer(&facts, &signer)?;
    let (Some(certificate), Some(facts_of_signer)) = (chain.get(place), facts.get(place)) else {
        return Err(CmsFault::Certificates);
    };
    let attributes =
        signer.attributes.as_ref().ok_or(CmsFault::Attribute { name: "contentType" })?;
    let signed_at = check_attributes(attributes, hash, content, certificate)?;
    let kind = facts_of_signer.key_kind().ok_or(CmsFault::Key)?;
    let algorithm = verification(kind, hash, &signer.signature_algorithm)
        .ok_or(CmsFault::SignatureAlgorithm)?;
    let signed = attributes.to_der().map_err(|_| CmsFault::Malformed)?;
    UnparsedPublicKey::new(algorithm, facts_of_signer.key_bytes())
        .verify(&signed, signer.signature.as_bytes())
        .map_err(|_| CmsFault::Signature)?;
    drop(facts);
    let certificate = chain.remove(place);
    Ok(Verified { certificate, chain, signed_at })
}

/// The certificates of the signer and of others, in any order.
fn certificates(data: &SignedData<'_>) -> Result<Vec<CertificateDer<'static>>, CmsFault> {
    let elements = data.certificates.as_ref().map(SetOf::elements).unwrap_or_default();
    if elements.len() > MAX_CHAIN {
        return Err(CmsFault::Certificates);
    }
    let encoded = |element: &AnyRef<'_>| {
        Ok(CertificateDer::from(element.to_der().map_err(|_| CmsFault::Certificates)?))
    };
    elements.iter().map(encoded).collect()
}

/// Which of the certificates is that of the signer; exactly one must be.
fn place_of_signer(certificates: &[Facts<'_>], signer: &SignerInfo<'_>) -> Result<usize, CmsFault> {
    let issuer = signer.signer.issuer.to_der().map_err(|_| CmsFault::Malformed)?;
    let serial = signer.signer.serial;
    let is_signer = |facts: &Facts<'_>| {
        facts.issuer() == issuer && facts.serial() == serial.value() && serial.tag() == Tag::Integer
    };
    let mut places = (0..).zip(certificates).filter(|(_, facts)| is_signer(facts));
    match (places.next(), places.next()) {
        (Some((place, _)), None) => Ok(place),
        _ => Err(CmsFault::Certificates),
    }
}

/// Checks the signed attributes and hands out signingTime.
fn check_attributes(
    attributes: &SetOf<'_>,
    hash: Hash,
    content: &[u8],
    certificate: &CertificateDer<'_>,
) -> Result<Timestamp, CmsFault> {
    let mut parsed: Vec<Attribute<'_>> = Vec::new();
    for element in attributes.elements() {
        parsed.push(element.decode_as().map_err(|_| CmsFault::Malformed)?);
    }
    let value = |oid: ObjectIdentifier, name| {
        let mut same = parsed.iter().filter(|attribute| attribute.oid == oid);
        match (same.next(), same.next()) {
            (Some(attribute), None) => attribute.values.only().ok_or(CmsFault::Attribute { name }),
            _ => Err(CmsFault::Attribute { name }),
        }
    };
    let content_type = value(asn1::ID_CONTENT_TYPE, "contentType")?;
    if content_type.decode_as::<ObjectIdentifier>().ok() != Some(asn1::ID_DATA) {
        return Err(CmsFault::ContentType);
    }
    let signing_time = value(asn1::ID_SIGNING_TIME, "signingTime")?;
    let signed_at =
        time_from_der(signing_time).ok_or(CmsFault::Attribute { name: "signingTime" })?;
    let listed = value(asn1::ID_SIGNING_CERTIFICATE_V2, "signingCertificateV2")?;
    check_signing_certificate(listed, certificate)?;
    let message_digest = value(asn1::ID_MESSAGE_DIGEST, "messageDigest")?;
    let message_digest = message_digest
        .decode_as::<OctetStringRef<'_>>()
        .map_err(|_| CmsFault::Attribute { name: "messageDigest" })?;
    if message_digest.as_bytes() != hash.of(content).as_ref() {
        return Err(CmsFault::Content);
    }
    Ok(signed_at)
}

/// RFC 5035, section 3: the first entry is the signer's certificate. Others may be listed and need
/// not be: a path through them is judged by itself, and other programs list the first alone.
fn check_signing_certificate(
    value: AnyRef<'_>,
    certificate: &CertificateDer<'_>,
) -> Result<(), CmsFault> {
    let listed = value
        .decode_as::<asn1::SigningCertificateV2<'_>>()
        .map_err(|_| CmsFault::Attribute { name: "signingCertificateV2" })?
        .certificates;
    if listed.len() > 2 * MAX_CHAIN {
        return Err(CmsFault::SigningCertificate);
    }
    let names = |entry: &asn1::EssCertId<'_>| {
        let hash = match &entry.algorithm {
            None => Some(Hash::Sha256),
            Some(algorithm) => Hash::from_algorithm(algorithm),
        };
        hash.is_some_and(|hash| hash.of(certificate).as_ref() == entry.hash.as_bytes())
    };
    if listed.first().is_some_and(names) { Ok(()) } else { Err(CmsFault::SigningCertificate) }
}

/// The verification that fits key, digest and the named algorithm (RFC 5754, section 3).
fn verification(
    kind: KeyKind,
    hash: Hash,
    algorithm: &Algorithm<'_>,
) -> Option<&'static dyn VerificationAlgorithm> {
    let parameters_fit = match kind {
        KeyKind::EcP256 | KeyKind::EcP384 => algorithm.parameters.is_none(),
        KeyKind::Rsa => algorithm.parameters.is_some_and(AnyRef::is_null),
    };
    let verification: &'static dyn VerificationAlgorithm = match (kind, hash) {
        (KeyKind::EcP256, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
        (KeyKind::EcP256, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
        (KeyKind::EcP256, Hash::Sha512) => &ECDSA_P256_SHA512_ASN1,
        (KeyKind::EcP384, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
        (KeyKind::EcP384, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
        (KeyKind::EcP384, Hash::Sha512) => &ECDSA_P384_SHA512_ASN1,
        (KeyKind::Rsa, Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
        (KeyKind::Rsa, Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
        (KeyKind::Rsa, Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
    };
    // RFC 3370, section 3.2: CMS may also name plain RSA; the digest is the signer's then.
    let named = algorithm.oid == signature_oid(kind, hash)
        || (kind == KeyKind::Rsa && algorithm.oid == asn1::RSA_ENCRYPTION);
    (named && parameters_fit).then_some(verification)
}

fn time_from_der(value: AnyRef<'_>) -> Option<Timestamp> {
    let since_epoch = match value.tag() {
        Tag::UtcTime => value.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        Tag::GeneralizedTime => value.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
        _ => return None,
    };
    Timestamp::from_second(i64::try_from(since_epoch.as_secs()).ok()?).ok()
}
