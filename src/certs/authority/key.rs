//! The key of an authority: plain, for its owner only, or encrypted with a passphrase.

use std::path::{Path, PathBuf};

use p12_keystore::{
    Certificate, KeyStore, KeyStoreEntry, Pkcs12Archive, PrivateKey, PrivateKeyChain,
};
use rcgen::{KeyPair, PublicKeyData as _};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

use super::AuthorityError;
use crate::certs::CertsError;
use crate::certs::files::{self, Access, Existing};

/// The most bytes of a file with the key.
const MAX_KEY: u64 = 64 << 10;

/// How often a passphrase is hashed (PBKDF2 with HMAC-SHA-256): about a second for who knows it, for
/// each guess of who does not.
const ITERATIONS: u32 = 600_000;

/// The fewest characters of a passphrase.
const LEAST: usize = 12;

/// What encrypts the key of an authority.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A passphrase of at least 12 characters.
    pub fn new(text: Zeroizing<String>) -> Result<Self, AuthorityError> {
        if text.chars().count() < LEAST {
            return Err(AuthorityError::ShortPassphrase { least: LEAST });
        }
        Ok(Self(text))
    }
}

pub(super) fn plain(folder: &Path) -> PathBuf {
    folder.join("ca.key")
}

pub(super) fn sealed(folder: &Path) -> PathBuf {
    folder.join("ca.p12")
}

/// Writes the key of a new authority.
pub(super) fn keep(
    folder: &Path,
    key: &KeyPair,
    certificate: &CertificateDer<'_>,
    passphrase: Option<&Passphrase>,
) -> Result<(), AuthorityError> {
    let Some(Passphrase(passphrase)) = passphrase else {
        let pem = Zeroizing::new(key.serialize_pem());
        let path = plain(folder);
        return Ok(files::write(&path, pem.as_bytes(), Access::Secret, Existing::Keep)?);
    };
    let failed = |_| CertsError::Generate { what: "PKCS#12 file" };
    let der = Zeroizing::new(key.serialize_der());
    let private = PrivateKey::from_der(&der).map_err(failed)?;
    let certificate = Certificate::from_der(certificate).map_err(failed)?;
    let mut store = KeyStore::new();
    let chain = PrivateKeyChain::new(b"ca".as_slice(), private, [certificate]);
    store.add_entry("ca", KeyStoreEntry::PrivateKeyChain(chain));
    let writer = store.writer(passphrase);
    let writer = writer.encryption_iterations(ITERATIONS).mac_iterations(ITERATIONS);
    let bytes = writer.write().map_err(failed)?;
    Ok(files::write(&sealed(folder), &bytes, Access::Secret, Existing::Keep)?)
}

/// Reads the key and makes sure that it is that of the root.
pub(super) fn open(
    folder: &Path,
    root: &CertificateDer<'_>,
    passphrase: Option<&Passphrase>,
) -> Result<KeyPair, AuthorityError> {
    let (path, key) = match (sealed(folder), passphrase) {
        (path, Some(Passphrase(passphrase))) if path.exists() => {
            let bytes = files::read(&path, Access::Secret, MAX_KEY)?;
            let archive = Pkcs12Archive::from_pkcs12(&bytes, passphrase)
                .map_err(|_| AuthorityError::WrongPassphrase { path: path.clone() })?;
            let [key] = archive.keys.as_slice() else {
                return Err(CertsError::KeyCount { path, got: archive.keys.len() }.into());
            };
            let der = PrivatePkcs8KeyDer::from(key.key.as_der());
            (path.clone(), KeyPair::try_from(&der))
        }
        (path, None) if path.exists() => return Err(AuthorityError::NeedsPassphrase { path }),
        _ => {
            let path = plain(folder);
            let bytes = files::read(&path, Access::Secret, MAX_KEY)?;
            let text = std::str::from_utf8(&bytes).unwrap_or_default();
            (path, KeyPair::from_pem(text))
        }
    };
    let unusable = || AuthorityError::OtherKey { path: path.clone() };
    let key = key.map_err(|_| unusable())?;
    let (_, root) = X509Certificate::from_der(root).map_err(|_| unusable())?;
    if key.der_bytes() == root.public_key().subject_public_key.data.as_ref() {
        Ok(key)
    } else {
        Err(unusable())
    }
}
