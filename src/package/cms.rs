//! CMS SignedData (RFC 5652): signing and verifying, in DER, with exactly one signer.
//!
//! The signed attributes are contentType, messageDigest, signingTime and signingCertificateV2
//! (RFC 5035). The last lists every certificate of the message, the signer's first, so that no
//! byte of a message can change unnoticed. Digests are SHA-256, SHA-384 or SHA-512; keys ECDSA
//! P-256 or P-384 or RSA (PKCS#1 v1.5) of 2048 to 8192 bits.

use aws_lc_rs::digest;
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

use crate::types::{Digest, OfficeNumber};

use super::asn1::{self, Algorithm, Attribute, ContentInfo, SetOf, SignedData, SignerInfo};
use super::certificate::{Facts, KeyKind};
use super::signer::{MAX_CHAIN, Signer, SignerError};

/// The first moment that signingTime writes as GeneralizedTime: 2050-01-01T00:00:00Z
/// (RFC 5652, section 11.3).
const GENERALIZED_TIME_FROM: i64 = 2_524_608_000;

/// Why a CMS message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CmsFault {
    /// Not CMS SignedData in DER, or with parts that our profile does not have, or with bytes
    /// after it.
    #[error("not CMS SignedData in DER with issuer-named signers and nothing unsigned")]
    Malformed,
    /// A version number does not fit the content.
    #[error("expected version 1")]
    Version,
    /// There is no signer, or more than one.
    #[error("expected exactly one signer, got {got}")]
    SignerCount {
        /// How many there were.
        got: usize,
    },
    /// The content is of another type than data.
    #[error("expected content of the type id-data")]
    ContentType,
    /// The content is inside where it should be beside, or the other way round.
    #[error("expected the content {}", if *.attached { "inside" } else { "beside the message" })]
    Attachment {
        /// Where it should be.
        attached: bool,
    },
    /// A digest algorithm is weak, unknown, or not the same everywhere.
    #[error("expected one of SHA-256, SHA-384, SHA-512, the same everywhere")]
    DigestAlgorithm,
    /// The signature algorithm does not fit the key or the digest.
    #[error("expected ECDSA or RSA PKCS#1 v1.5 with the digest of the message")]
    SignatureAlgorithm,
    /// The key of the certificate is too weak or of another kind.
    #[error("expected a key ECDSA P-256, ECDSA P-384 or RSA of 2048 to 8192 bits")]
    Key,
    /// A signed attribute is missing, stands twice, or has no single value of its type.
    #[error("expected exactly one signed attribute {name}")]
    Attribute {
        /// Which one.
        name: &'static str,
    },
    /// The certificate of the signer is not in the message, or one of them cannot be read.
    #[error("expected the certificate of the signer and at most 8 readable ones")]
    Certificates,
    /// signingCertificateV2 does not begin with the certificate of the signer, or does not list
    /// one that is in the message.
    #[error("signingCertificateV2 must list the signer's certificate first and every other one")]
    SigningCertificate,
    /// The content is not the one that was signed.
    #[error("the content is not the one that was signed")]
    Content,
    /// The signature does not verify with the key of the certificate.
    #[error("the signature does not verify")]
    Signature,
}

/// Who signed, after the signature and the trust in the certificate were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedSigner {
    /// The office that the certificate speaks for.
    pub office: OfficeNumber,
    /// SHA-256 of the signing certificate.
    pub certificate_sha256: Digest,
    /// The signing certificate.
    pub certificate: CertificateDer<'static>,
    /// The other certificates of the message.
    pub chain: Vec<CertificateDer<'static>>,
    /// When the signer says it signed.
    pub signed_at: Timestamp,
}

/// A message whose signature verified with the key of `certificate`; whether to trust that
/// certificate is not decided yet.
pub(super) struct Verified {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) signed_at: Timestamp,
}

/// Signs `content`, which travels beside the message.
pub(super) fn sign_detached(
    signer: &Signer,
    content: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, SignerError> {
    sign(signer, content, false, now).map_err(|SignFailed| SignerError::Sign)
}

/// Signs `content` and puts it inside the message.
pub(super) fn sign_attached(
    signer: &Signer,
    content: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, SignerError> {
    sign(signer, content, true, now).map_err(|SignFailed| SignerError::Sign)
}

/// Verifies a message over `content`, which travels beside it.
pub(super) fn verify_detached(message: &[u8], content: &[u8]) -> Result<Verified, CmsFault> {
    let data = parse(message)?;
    if data.content.content.is_some() {
        return Err(CmsFault::Attachment { attached: false });
    }
    verify(&data, content)
}

/// Verifies a message and hands out the content that is inside.
pub(super) fn verify_attached(message: &[u8]) -> Result<(Verified, &[u8]), CmsFault> {
    let data = parse(message)?;
    let content = data.content.content.ok_or(CmsFault::Attachment { attached: true })?.as_bytes();
    Ok((verify(&data, content)?, content))
}

/// The attribute signingCertificateV2 over `chain`, as DER.
pub(super) fn signing_certificate_attribute(chain: &[CertificateDer<'_>]) -> der::Result<Vec<u8>> {
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

/// The digests that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of(self, bytes: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes)
    }

    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => asn1::SHA_256,
            Self::Sha384 => asn1::SHA_384,
            Self::Sha512 => asn1::SHA_512,
        }
    }

    /// RFC 5754, section 2: parameters should be absent, NULL must be accepted.
    fn from_algorithm(algorithm: &Algorithm<'_>) -> Option<Self> {
        let plain = algorithm.parameters.is_none_or(AnyRef::is_null);
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|hash| plain && hash.oid() == algorithm.oid)
    }
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

fn time_from_der(value: AnyRef<'_>) -> Option<Timestamp> {
    let since_epoch = match value.tag() {
        Tag::UtcTime => value.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        Tag::GeneralizedTime => value.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
        _ => return None,
    };
    Timestamp::from_second(i64::try_from(since_epoch.as_secs()).ok()?).ok()
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

    let (certificate, chain) = certificates(data, &signer)?;
    let attributes =
        signer.attributes.as_ref().ok_or(CmsFault::Attribute { name: "contentType" })?;
    let signed_at = check_attributes(attributes, hash, content, &certificate, &chain)?;
    let facts = Facts::parse(&certificate).map_err(|_| CmsFault::Certificates)?;
    let kind = facts.key_kind().ok_or(CmsFault::Key)?;
    let algorithm = verification(kind, hash, &signer.signature_algorithm)
        .ok_or(CmsFault::SignatureAlgorithm)?;
    let signed = attributes.to_der().map_err(|_| CmsFault::Malformed)?;
    UnparsedPublicKey::new(algorithm, facts.key_bytes())
        .verify(&signed, signer.signature.as_bytes())
        .map_err(|_| CmsFault::Signature)?;
    Ok(Verified { certificate, chain, signed_at })
}

/// The signer's certificate and the others.
fn certificates(
    data: &SignedData<'_>,
    signer: &SignerInfo<'_>,
) -> Result<(CertificateDer<'static>, Vec<CertificateDer<'static>>), CmsFault> {
    let issuer = signer.signer.issuer.to_der().map_err(|_| CmsFault::Malformed)?;
    let elements = data.certificates.as_ref().map(SetOf::elements).unwrap_or_default();
    if elements.len() > MAX_CHAIN {
        return Err(CmsFault::Certificates);
    }
    let mut certificate = None;
    let mut chain = Vec::new();
    for element in elements {
        let der = element.to_der().map_err(|_| CmsFault::Certificates)?;
        let facts = Facts::parse(&der).map_err(|_| CmsFault::Certificates)?;
        let serial = signer.signer.serial;
        let signed = facts.issuer() == issuer
            && facts.serial() == serial.value()
            && serial.tag() == Tag::Integer;
        let der = CertificateDer::from(der);
        match &certificate {
            None if signed => certificate = Some(der),
            _ if signed => return Err(CmsFault::Certificates),
            _ => chain.push(der),
        }
    }
    Ok((certificate.ok_or(CmsFault::Certificates)?, chain))
}

/// Checks the signed attributes and hands out signingTime.
fn check_attributes(
    attributes: &SetOf<'_>,
    hash: Hash,
    content: &[u8],
    certificate: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
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
    check_signing_certificate(listed, certificate, chain)?;
    let message_digest = value(asn1::ID_MESSAGE_DIGEST, "messageDigest")?;
    let message_digest = message_digest
        .decode_as::<OctetStringRef<'_>>()
        .map_err(|_| CmsFault::Attribute { name: "messageDigest" })?;
    if message_digest.as_bytes() != hash.of(content).as_ref() {
        return Err(CmsFault::Content);
    }
    Ok(signed_at)
}

/// RFC 5035, section 3: the first entry is the signer's certificate.
fn check_signing_certificate(
    value: AnyRef<'_>,
    certificate: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
) -> Result<(), CmsFault> {
    let listed = value
        .decode_as::<asn1::SigningCertificateV2<'_>>()
        .map_err(|_| CmsFault::Attribute { name: "signingCertificateV2" })?
        .certificates;
    if listed.len() > 2 * MAX_CHAIN {
        return Err(CmsFault::SigningCertificate);
    }
    let names = |entry: &asn1::EssCertId<'_>, certificate: &CertificateDer<'_>| {
        let hash = match &entry.algorithm {
            None => Some(Hash::Sha256),
            Some(algorithm) => Hash::from_algorithm(algorithm),
        };
        hash.is_some_and(|hash| hash.of(certificate).as_ref() == entry.hash.as_bytes())
    };
    let first = listed.first().is_some_and(|first| names(first, certificate));
    let others = chain.iter().all(|other| listed.iter().skip(1).any(|entry| names(entry, other)));
    if first && others { Ok(()) } else { Err(CmsFault::SigningCertificate) }
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

/// RFC 5754, section 3.
const fn signature_oid(kind: KeyKind, hash: Hash) -> ObjectIdentifier {
    match (kind, hash) {
        (KeyKind::Rsa, Hash::Sha256) => asn1::SHA_256_WITH_RSA,
        (KeyKind::Rsa, Hash::Sha384) => asn1::SHA_384_WITH_RSA,
        (KeyKind::Rsa, Hash::Sha512) => asn1::SHA_512_WITH_RSA,
        (KeyKind::EcP256 | KeyKind::EcP384, Hash::Sha256) => asn1::ECDSA_WITH_SHA_256,
        (KeyKind::EcP256 | KeyKind::EcP384, Hash::Sha384) => asn1::ECDSA_WITH_SHA_384,
        (KeyKind::EcP256 | KeyKind::EcP384, Hash::Sha512) => asn1::ECDSA_WITH_SHA_512,
    }
}
