//! The one who signs: a certificate chain and its private key.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroize;

use crate::package::certificate::{Facts, KeyKind, Unreadable};
use crate::types::{Digest, Lang, OfficeNumber};

use super::Hash;
use super::attributes::signing_certificate;

/// The most certificates of a chain.
pub(super) const MAX_CHAIN: usize = 8;

/// Why somebody cannot sign: a fault of our own configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// There are no certificates, or more than eight.
    #[error("expected 1 to 8 certificates in the chain, got {got}")]
    ChainLength {
        /// How many there were.
        got: usize,
    },
    /// A certificate of the chain cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A certificate stands twice in the chain.
    #[error("a certificate stands twice in the chain")]
    Repeated,
    /// The key of the certificate is of a kind that we do not take.
    #[error("expected a key ECDSA P-256, ECDSA P-384 or RSA of 2048 to 8192 bits")]
    KeyKind,
    /// The key usage of the certificate forbids signatures.
    #[error("the key usage of the certificate does not allow signatures")]
    KeyUsage,
    /// The private key cannot be read.
    #[error("expected a private key of the kind of the certificate in PKCS#8, SEC1 or PKCS#1")]
    Key,
    /// The private key belongs to another certificate.
    #[error("the private key does not belong to the first certificate of the chain")]
    OtherKey,
    /// The cryptographic library could not sign.
    #[error("signing failed")]
    Sign,
}

impl SignerError {
    /// What is wrong, to stand within a sentence.
    pub fn text(self, lang: Lang) -> String {
        let ja = match self {
            Self::ChainLength { .. } => "証明書は 1 から 8 個必要です",
            Self::Unreadable(_) => "読み取れない証明書があります",
            Self::Repeated => "同じ証明書が 2 回あります",
            Self::KeyKind => "鍵は ECDSA P-256・P-384 または RSA 2048 から 8192 ビットが必要です",
            Self::KeyUsage => "証明書の鍵用途が署名を許していません",
            Self::Key => "秘密鍵の形式が正しくありません",
            Self::OtherKey => "秘密鍵がどの証明書とも対になっていません",
            Self::Sign => "署名できません",
        };
        match lang {
            Lang::Ja => ja.to_owned(),
            Lang::En => self.to_string(),
        }
    }
}

/// Signs packages and receipts for one office. Its `Debug` shows no key.
pub struct Signer {
    chain: Vec<CertificateDer<'static>>,
    certificate_sha256: Digest,
    office: Option<OfficeNumber>,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    kind: KeyKind,
    key: Key,
    /// The attribute signingCertificateV2, the same in every signature.
    pub(super) signing_certificate: Vec<u8>,
}

enum Key {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    /// Takes a chain, the signing certificate first, and its key. The bytes of the key are wiped.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        mut key: PrivateKeyDer<'static>,
    ) -> Result<Self, SignerError> {
        let signer = Self::from_parts(chain, &key);
        key.zeroize();
        signer
    }

    /// The signing certificate and those that lead to its root, as they go into signatures.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// SHA-256 of the signing certificate, as it stands in manifests.
    pub const fn certificate_sha256(&self) -> Digest {
        self.certificate_sha256
    }

    /// The office that the certificate itself names; a pinned certificate may name none.
    pub const fn office(&self) -> Option<OfficeNumber> {
        self.office
    }

    /// The issuer's name as DER, with its tag.
    pub(super) fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// The content of the serial number's INTEGER.
    pub(super) fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// SHA-384 with P-384, where the curve asks for more than SHA-256 gives; else SHA-256.
    pub(super) const fn hash(&self) -> Hash {
        match self.kind {
            KeyKind::EcP256 | KeyKind::Rsa => Hash::Sha256,
            KeyKind::EcP384 => Hash::Sha384,
        }
    }

    pub(super) const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// A signature over `message`: ASN.1 for ECDSA, PKCS#1 v1.5 for RSA.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Ecdsa(key) => {
                let signature = key.sign(&random, message).map_err(|_| SignerError::Sign)?;
                Ok(signature.as_ref().to_vec())
            }
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| SignerError::Sign)?;
                Ok(signature)
            }
        }
    }

    fn from_parts(
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'static>,
    ) -> Result<Self, SignerError> {
        let got = chain.len();
        let certificate = match chain.first() {
            Some(first) if got <= MAX_CHAIN => first.clone(),
            _ => return Err(SignerError::ChainLength { got }),
        };
        for (place, other) in chain.iter().enumerate() {
            Facts::parse(other)?;
            if chain.iter().skip(place + 1).any(|later| later == other) {
                return Err(SignerError::Repeated);
            }
        }
        let facts = Facts::parse(&certificate)?;
        let kind = facts.key_kind().ok_or(SignerError::KeyKind)?;
        if !facts.may_sign() {
            return Err(SignerError::KeyUsage);
        }
        let key = match kind {
            KeyKind::EcP256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, key)?,
            KeyKind::EcP384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, key)?,
            KeyKind::Rsa => rsa(key)?,
        };
        let public = match &key {
            Key::Ecdsa(key) => key.public_key().as_ref(),
            Key::Rsa(key) => key.public_key().as_ref(),
        };
        if public != facts.key_bytes() {
            return Err(SignerError::OtherKey);
        }
        Ok(Self {
            certificate_sha256: Digest::of(&certificate),
            office: facts.office(),
            issuer: facts.issuer().to_vec(),
            serial: facts.serial().to_vec(),
            kind,
            signing_certificate: signing_certificate(&chain).map_err(|_| SignerError::Sign)?,
            key,
            chain,
        })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("certificate_sha256", &self.certificate_sha256)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

fn ecdsa(
    algorithm: &'static EcdsaSigningAlgorithm,
    key: &PrivateKeyDer<'_>,
) -> Result<Key, SignerError> {
    let pair = match key {
        PrivateKeyDer::Pkcs8(key) => {
            EcdsaKeyPair::from_pkcs8(algorithm, key.secret_pkcs8_der()).ok()
        }
        PrivateKeyDer::Sec1(key) => {
            EcdsaKeyPair::from_private_key_der(algorithm, key.secret_sec1_der()).ok()
        }
        _ => None,
    };
    pair.map(Key::Ecdsa).ok_or(SignerError::Key)
}

fn rsa(key: &PrivateKeyDer<'_>) -> Result<Key, SignerError> {
    let pair = match key {
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok(),
        _ => None,
    };
    pair.map(Key::Rsa).ok_or(SignerError::Key)
}
