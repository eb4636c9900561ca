//! CMS SignedData (RFC 5652): signing and verifying, in DER, with exactly one signer.
//!
//! The signed attributes are contentType, messageDigest, signingTime and signingCertificateV2
//! (RFC 5035). In what we sign, the last lists every certificate of the message, the signer's first;
//! of others it has to list the signer's only. Digests are SHA-256, SHA-384 or SHA-512; keys ECDSA
//! P-256 or P-384 or RSA (PKCS#1 v1.5) of 2048 to 8192 bits.

mod asn1;
mod attributes;
mod sign;
mod signer;
mod verify;

use aws_lc_rs::digest;
use der::asn1::{AnyRef, ObjectIdentifier};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use crate::types::{Digest, OfficeNumber};

use super::certificate::{Facts, KeyKind};

use asn1::Algorithm;

pub use signer::{Signer, SignerError};

pub(super) use sign::{sign_attached, sign_detached};
pub(super) use verify::{attached_content, verify_attached, verify_detached};

/// Why a CMS message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CmsFault {
    /// The message is larger than the limits allow.
    #[error("{got} bytes are more than the limit {limit}")]
    TooLarge {
        /// The most bytes that are taken.
        limit: usize,
        /// So many there were.
        got: usize,
    },
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
    /// signingCertificateV2 does not begin with the certificate of the signer.
    #[error("signingCertificateV2 must list the signer's certificate first")]
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
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) signed_at: Timestamp,
}

impl Verified {
    /// Until when all certificates of the message hold.
    pub(super) fn until(&self) -> Timestamp {
        let all = std::iter::once(&self.certificate).chain(&self.chain);
        let ends = all.filter_map(|certificate| Some(Facts::parse(certificate).ok()?.not_after));
        ends.min().unwrap_or(Timestamp::MIN)
    }
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

#[cfg(test)]
mod tests {
    use super::asn1::MAX_ELEMENTS;
    use super::signer::MAX_CHAIN;

    #[test]
    fn the_paper_has_the_numbers_of_the_program() {
        let paper = include_str!("../../../spec/PROTOCOL.md");
        let row = format!(
            "| certificates in a CMS message; elements of a set in it | {MAX_CHAIN}; {MAX_ELEMENTS} |"
        );
        assert!(paper.contains(&row), "{row}");
        assert!(paper.contains(&format!("at most {MAX_CHAIN}. Others are passed over")));
    }
}
