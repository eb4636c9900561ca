//! Packages that lie encrypted: who gets the disk without the key cannot read them.
//!
//! # Storage
//!
//! The bytes of a package, in the database and beside it, are `RENKEI-S`, 12 bytes of nonce, and the
//! package encrypted with AES-256-GCM, whose additional data are those first eight bytes and the
//! SHA-256 of the package. What begins in another way lies open: packages from before the key was
//! there, which begin as a ZIP. The key is 32 bytes, written as 64 hexadecimal digits in a file of its
//! own; the database knows its name, the first half of SHA-256 over the key, and refuses another one.
//!
//! Only packages are encrypted. What lists show of people (numbers, names) lies open in the database.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};
use zeroize::Zeroizing;

use super::{KeyFault, StoreError};
use crate::disk::{self, Readers};
use crate::types::{Digest, DigestBuilder};

/// How encrypted bytes begin.
pub(super) const MARK: &[u8; 8] = b"RENKEI-S";

/// Bytes of a nonce.
const NONCE: usize = 12;

/// Bytes of the tag of AES-GCM.
const TAG: usize = 16;

/// So many bytes more than a package has what lies encrypted of it.
pub(super) const MORE: u64 = (MARK.len() + NONCE + TAG) as u64;

/// Whether what begins so is encrypted.
pub(super) fn is_sealed(head: &[u8]) -> bool {
    head.starts_with(MARK)
}

/// How the packages of a store lie.
#[derive(Default)]
pub(super) struct Sealing(Option<RandomizedNonceKey>);

impl Sealing {
    /// With the key in a file. If there is none and nothing was encrypted before, it is made.
    pub(super) fn open_for_writing(
        connection: &Connection,
        file: Option<&Path>,
    ) -> Result<Self, StoreError> {
        let known = known(connection)?;
        let Some(file) = file else {
            return if known.is_none() { Ok(Self(None)) } else { Err(KeyFault::None.into()) };
        };
        if known.is_none() && !file.exists() {
            make(file)?;
        }
        let (key, name) = read(file)?;
        if known.is_none() {
            connection.execute("INSERT INTO sealing (key) VALUES (?1)", params![name])?;
        } else if known.as_deref() != Some(name.as_slice()) {
            return Err(KeyFault::Other(file.to_owned()).into());
        }
        Ok(Self(Some(key)))
    }

    /// The same beside whoever writes. Without the key everything but packages can be read.
    pub(super) fn open_for_reading(
        connection: &Connection,
        file: Option<&Path>,
    ) -> Result<Self, StoreError> {
        let (Some(file), Some(known)) = (file, known(connection)?) else { return Ok(Self(None)) };
        let (key, name) = read(file)?;
        if name == known {
            Ok(Self(Some(key)))
        } else {
            Err(KeyFault::Other(file.to_owned()).into())
        }
    }

    /// How the bytes of a package are to lie.
    pub(super) fn seal(&self, digest: Digest, package: &Bytes) -> Result<Bytes, StoreError> {
        let Some(key) = &self.0 else { return Ok(package.clone()) };
        let mut sealed = Vec::with_capacity(package.len() + MARK.len() + NONCE + TAG);
        sealed.extend_from_slice(package);
        let nonce = key
            .seal_in_place_append_tag(Aad::from(aad(digest)), &mut sealed)
            .map_err(|_| StoreError::Damaged("encryption"))?;
        let head = [MARK.as_slice(), nonce.as_ref()].concat();
        sealed.splice(0..0, head);
        Ok(sealed.into())
    }

    /// The package whose bytes lie so.
    pub(super) fn open(&self, digest: Digest, bytes: Vec<u8>) -> Result<Bytes, StoreError> {
        let Some(rest) = bytes.strip_prefix(MARK) else { return Ok(bytes.into()) };
        let key = self.0.as_ref().ok_or(KeyFault::None)?;
        let damaged = StoreError::Damaged("an encrypted package");
        let Some((nonce, sealed)) = rest.split_first_chunk::<NONCE>() else { return Err(damaged) };
        let nonce = Nonce::from(nonce);
        let mut sealed = sealed.to_vec();
        let opened = key.open_in_place(nonce, Aad::from(aad(digest)), &mut sealed);
        let length = match opened {
            Ok(opened) => opened.len(),
            Err(_) => return Err(damaged),
        };
        sealed.truncate(length);
        Ok(sealed.into())
    }
}

fn aad(digest: Digest) -> [u8; 40] {
    let mut aad = [0; 40];
    for (place, byte) in aad.iter_mut().zip(MARK.iter().chain(digest.as_raw())) {
        *place = *byte;
    }
    aad
}

/// The name of the key that packages are encrypted with, if any are.
fn known(connection: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(connection.query_row("SELECT key FROM sealing", (), |row| row.get(0)).optional()?)
}

/// Makes a key, in a file that is there whole or not at all.
fn make(file: &Path) -> Result<(), StoreError> {
    let mut key = Zeroizing::new([0; 32]);
    rand::fill(key.as_mut_slice()).map_err(|_| StoreError::Damaged("no random numbers"))?;
    let digits = Zeroizing::new(format!("{}\n", Digest::from_raw(*key)));
    disk::create(file, digits.as_bytes(), Readers::Owner)?;
    tracing::warn!(
        file = %file.display(),
        "a key for the packages in the store was made: keep a copy apart from the data folder, without it they cannot be read"
    );
    Ok(())
}

/// A key and its name.
fn read(file: &Path) -> Result<(RandomizedNonceKey, Vec<u8>), StoreError> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(KeyFault::Missing(file.to_owned()).into());
        }
        opened => opened?,
    };
    if disk::mode_for_others(&fs::metadata(file)?).is_some() {
        return Err(KeyFault::Exposed(file.to_owned()).into());
    }
    let mut text = Zeroizing::new(String::new());
    let malformed = || StoreError::from(KeyFault::Malformed(file.to_owned()));
    opened.take(100).read_to_string(&mut text).map_err(|_| malformed())?;
    let digits: Digest = text.trim().parse().map_err(|_| malformed())?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, digits.as_raw()).map_err(|_| malformed())?;
    let mut builder = DigestBuilder::new();
    builder.update(b"renkei.store-key/1\0");
    builder.update(digits.as_raw());
    let name = builder.finish().as_raw().iter().take(16).copied().collect();
    Ok((key, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealing() -> Sealing {
        Sealing(Some(RandomizedNonceKey::new(&AES_256_GCM, &[7; 32]).expect("a key")))
    }

    #[test]
    fn what_is_sealed_opens_again_and_no_flipped_bit_does() {
        let sealing = sealing();
        let package = Bytes::from_static(b"PK a package");
        let digest = Digest::of(&package);
        let sealed = sealing.seal(digest, &package).expect("sealed");
        assert!(!sealed.windows(4).any(|part| part == b"a pa"));
        assert_eq!(sealed.len() as u64, package.len() as u64 + MORE);
        assert_eq!(sealing.open(digest, sealed.to_vec()).expect("opened"), package);
        for place in 0..sealed.len() {
            let mut changed = sealed.to_vec();
            changed[place] ^= 1;
            let opened = sealing.open(digest, changed);
            // Without its mark it is read as it lies, and has not the digest of the package.
            assert!(opened.is_err() || opened.is_ok_and(|bytes| Digest::of(&bytes) != digest));
        }
        assert!(sealing.open(Digest::of(b"another"), sealed.to_vec()).is_err());
        assert!(Sealing(None).open(digest, sealed.to_vec()).is_err());
        let twice = sealing.seal(digest, &package).expect("sealed");
        assert_ne!(twice, sealed, "each nonce is used once");
    }

    #[test]
    fn what_lies_open_is_read_with_and_without_a_key() {
        let digest = Digest::of(b"PK open");
        assert_eq!(sealing().open(digest, b"PK open".to_vec()).expect("open"), b"PK open"[..]);
        assert_eq!(Sealing(None).open(digest, b"PK open".to_vec()).expect("open"), b"PK open"[..]);
    }
}
