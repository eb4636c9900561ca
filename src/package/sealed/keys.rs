//! The private keys to which packages are sealed.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use jiff::{SignedDuration, Timestamp};
use rustls::crypto::hpke::HpkePrivateKey;

use crate::package::CLOCK_TOLERANCE;
use crate::package::card::SealingKey;
use crate::types::Digest;

/// The algorithms that we seal and open with, as cards and headers name them.
pub const SUITE: &str = "DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM";

/// A key is followed by a new one after this time.
const NEW_AFTER: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Partners may seal to a key for so long: those who are away for a while have the former one.
const IN_USE: SignedDuration = SignedDuration::from_hours(24 * 60);

/// So long a package that was sealed at the last moment may still be on its way. One that waits
/// longer is sealed anew.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The digits of a key's id: enough that no two keys share one.
const ID_DIGITS: usize = 32;

/// The bytes are no private key of P-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a private key of P-256")]
pub struct NoSealingKey;

/// A private key to which packages are sealed. It is wiped from memory when it is dropped, and
/// `Debug` does not show it.
pub struct SealingSecret {
    private: HpkePrivateKey,
    public: Vec<u8>,
    key_id: String,
    made: Timestamp,
}

impl SealingSecret {
    /// The key in these bytes (PKCS#8, SEC 1), which was made at this time.
    ///
    /// # Errors
    ///
    /// They are no such key.
    pub fn of_der(der: &[u8], made: Timestamp) -> Result<Self, NoSealingKey> {
        let key = PrivateKey::from_private_key_der(&ECDH_P256, der).map_err(|_| NoSealingKey)?;
        let public = key.compute_public_key().map_err(|_| NoSealingKey)?.as_ref().to_vec();
        let private: EcPrivateKeyBin<'_> = key.as_be_bytes().map_err(|_| NoSealingKey)?;
        let private = HpkePrivateKey::from(private.as_ref().to_vec());
        let key_id = Digest::of(&public).to_string().chars().take(ID_DIGITS).collect();
        Ok(Self { private, public, key_id, made })
    }

    pub(super) const fn private(&self) -> &HpkePrivateKey {
        &self.private
    }

    /// Which key it is: the first 32 hexadecimal digits of the SHA-256 of its public half.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// When it was made.
    pub const fn made(&self) -> Timestamp {
        self.made
    }

    /// From when on another one is wanted in its place.
    pub fn new_after(&self) -> Timestamp {
        self.made.checked_add(NEW_AFTER).unwrap_or(Timestamp::MAX)
    }

    /// Until when others may seal to it.
    pub fn valid_until(&self) -> Timestamp {
        self.made.checked_add(IN_USE).unwrap_or(Timestamp::MAX)
    }

    /// From when on nothing that was sealed to it can come any more: then it goes.
    pub fn needed_until(&self) -> Timestamp {
        let last = self.valid_until().checked_add(ON_ITS_WAY);
        last.and_then(|last| last.checked_add(CLOCK_TOLERANCE)).unwrap_or(Timestamp::MAX)
    }

    /// The public half, as a card announces it.
    pub fn announced(&self) -> SealingKey {
        SealingKey {
            suite: SUITE.to_owned(),
            key_id: self.key_id.clone(),
            public_key: self.public.clone(),
            valid_until: self.valid_until(),
        }
    }
}

impl fmt::Debug for SealingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingSecret").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// The keys of an office: the one that it announces, and those before it.
#[derive(Debug, Clone, Default)]
pub struct SealingSecrets(Vec<Arc<SealingSecret>>);

impl SealingSecrets {
    /// The key with this id, if it is here.
    pub fn find(&self, key_id: &str) -> Option<&SealingSecret> {
        self.0.iter().map(AsRef::as_ref).find(|key| key.key_id == key_id)
    }

    /// Every key.
    pub fn iter(&self) -> impl Iterator<Item = &SealingSecret> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl FromIterator<SealingSecret> for SealingSecrets {
    fn from_iter<I: IntoIterator<Item = SealingSecret>>(keys: I) -> Self {
        Self(keys.into_iter().map(Arc::new).collect())
    }
}
