//! The certificates of a card, whole.

use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::package::CertificateInfo;
use crate::package::certificate::Facts;
use crate::types::Digest;

use super::CardFault;

/// The most certificates of each use: the one in use, and others before and after it.
const MAX_CERTIFICATES: usize = 8;

/// The certificates of an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardCertificates {
    /// With which it speaks TLS, the one in use first.
    pub tls: Vec<CardCertificate>,
    /// With which it signs, the one in use first.
    pub signing: Vec<CardCertificate>,
}

/// A certificate, as base64 of its DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardCertificate(CertificateDer<'static>);

impl CardCertificate {
    /// The DER.
    pub const fn der(&self) -> &CertificateDer<'static> {
        &self.0
    }

    /// SHA-256 of the DER.
    pub fn sha256(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// What an operator wants to see of it; nothing where it cannot be read, which no card that was
    /// opened has.
    pub fn info(&self) -> Option<CertificateInfo> {
        CertificateInfo::of(&self.0).ok()
    }

    /// Whether it could speak for an office if it were pinned. A card with another one is none.
    pub fn is_usable(&self) -> bool {
        Facts::parse(&self.0).is_ok_and(|facts| {
            !facts.is_version_1()
                && !facts.is_ca()
                && facts.key_kind().is_some()
                && facts.may_sign()
        })
    }
}

impl From<CertificateDer<'static>> for CardCertificate {
    fn from(der: CertificateDer<'static>) -> Self {
        Self(der)
    }
}

impl CardCertificates {
    pub(super) fn check(&self) -> Result<(), CardFault> {
        for list in [&self.tls, &self.signing] {
            if !(1..=MAX_CERTIFICATES).contains(&list.len()) {
                return Err(CardFault::Document { expected: "1 to 8 certificates of each use" });
            }
            if !list.iter().all(CardCertificate::is_usable) {
                return Err(CardFault::Certificate);
            }
        }
        Ok(())
    }
}

impl Serialize for CardCertificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        base64::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for CardCertificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(base64::deserialize(deserializer)?.into()))
    }
}

/// Base64 with its padding (RFC 4648, section 4).
pub(in crate::package) mod base64 {
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::STANDARD;

    use super::{Deserialize as _, Deserializer, Serializer, de};

    pub(in crate::package) fn serialize<S: Serializer>(
        bytes: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in crate::package) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(|_| de::Error::custom("expected base64"))
    }
}
