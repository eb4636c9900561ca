//! Packages: small ones in their row, large ones beside the database.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use crate::types::Digest;

/// A package above this size lies beside the database, in bytes.
const BESIDE: usize = 1 << 20;

/// Where a package lies.
pub(super) struct Payload {
    pub(super) place: &'static str,
    pub(super) inline: Option<Bytes>,
}

/// Makes a large package durable beside the database, before the row that names it.
///
/// The name is the digest: writing it again after a crash changes nothing.
pub(super) fn store(folder: &Path, digest: Digest, bytes: Bytes) -> Result<Payload, StoreError> {
    if bytes.len() <= BESIDE {
        return Ok(Payload { place: "here", inline: Some(bytes) });
    }
    let packages = folder.join("packages");
    fs::create_dir_all(&packages)?;
    let temporary = packages.join(format!(".{digest}.tmp"));
    let mut file = File::create(&temporary)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, beside(folder, digest))?;
    sync_folder(&packages)?;
    Ok(Payload { place: "beside", inline: None })
}

/// Reads a package and makes sure that it is the one that was stored.
pub(super) fn load(
    folder: &Path,
    digest: Digest,
    place: &str,
    inline: Option<Vec<u8>>,
) -> Result<Bytes, StoreError> {
    let bytes = match (place, inline) {
        ("here", Some(bytes)) => bytes,
        ("beside", _) => fs::read(beside(folder, digest))?,
        ("gone", _) => return Err(StoreError::NoLongerKept),
        _ => return Err(StoreError::Damaged("place of a package")),
    };
    if Digest::of(&bytes) != digest {
        return Err(StoreError::Damaged("digest of a package"));
    }
    Ok(bytes.into())
}

/// Removes a package beside the database, unless a row of the database still names it.
pub(super) fn remove(
    connection: &Connection,
    folder: &Path,
    digest: Digest,
) -> Result<(), StoreError> {
    let named = connection
        .query_row(
            "SELECT 1 FROM outgoing WHERE package_sha256 = ?1 AND place = 'beside'
             UNION ALL SELECT 1 FROM incoming WHERE package_sha256 = ?1 AND place = 'beside'",
            params![digest.as_raw()],
            |_| Ok(()),
        )
        .optional()?;
    if named.is_none() && beside(folder, digest).is_file() {
        fs::remove_file(beside(folder, digest))?;
    }
    Ok(())
}

/// Removes what a crash left half written.
pub(super) fn clean_up(folder: &Path) -> Result<(), StoreError> {
    let packages = folder.join("packages");
    if !packages.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(packages)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tmp") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn beside(folder: &Path, digest: Digest) -> PathBuf {
    folder.join("packages").join(digest.to_string())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// NTFS journals its folders; there is no handle to flush.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> Result<(), StoreError> {
    Ok(())
}
