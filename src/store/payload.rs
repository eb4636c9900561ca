//! Packages: small ones in their row, large ones beside the database.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, StoreError};
use crate::types::Digest;

/// A package above this size lies beside the database, in bytes.
const BESIDE: usize = 1 << 20;

/// Where a package lies.
pub(super) struct Payload {
    pub(super) place: &'static str,
    pub(super) inline: Option<Bytes>,
}

impl Store {
    /// Makes a package durable together with the row that names it, which `work` writes.
    pub(super) async fn write_package<T, W>(
        &self,
        digest: Digest,
        package: Bytes,
        work: W,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection, &Payload) -> Result<T, StoreError> + Send + 'static,
    {
        let folder = self.shared.folder.clone();
        let payload = tokio::task::spawn_blocking(move || store(&folder, digest, package))
            .await
            .map_err(|_| StoreError::Stopped)??;
        let lies_beside = payload.inline.is_none();
        let folder = self.shared.folder.clone();
        let written = self
            .write(move |connection| {
                // An attempt of the same package that failed may have taken it away again.
                if lies_beside && !beside(&folder, digest).is_file() {
                    return Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
                }
                work(connection, &payload)
            })
            .await;
        if lies_beside {
            // The outcome of the write counts; what stays is removed at the next start.
            let _ = self.remove_unnamed(vec![digest]).await;
        }
        written
    }

    /// Removes those of the packages beside the database that no row names.
    pub(super) async fn remove_unnamed(&self, digests: Vec<Digest>) -> Result<(), StoreError> {
        let folder = self.shared.folder.clone();
        // In the line of the writes, so that no row comes in between.
        self.write(move |connection| {
            digests.into_iter().try_for_each(|digest| remove(connection, &folder, digest))
        })
        .await
    }
}

/// Makes a large package durable beside the database, before the row that names it.
///
/// The final name is the digest: writing it again changes nothing. The name until then is used
/// once, because a partner may send the same package again while the first is being written.
fn store(folder: &Path, digest: Digest, bytes: Bytes) -> Result<Payload, StoreError> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    if bytes.len() <= BESIDE {
        return Ok(Payload { place: "here", inline: Some(bytes) });
    }
    let packages = folder.join("packages");
    fs::create_dir_all(&packages)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let temporary = packages.join(format!(".{digest}-{number}.tmp"));
    let write = || {
        let mut file = File::create_new(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, beside(folder, digest))
    };
    if let Err(error) = write() {
        // On a full disk, a part of a package is in the way of everything else.
        let _ = fs::remove_file(&temporary);
        return Err(error.into());
    }
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
fn remove(connection: &Connection, folder: &Path, digest: Digest) -> Result<(), StoreError> {
    let named = connection
        .prepare_cached(
            "SELECT 1 FROM outgoing WHERE package_sha256 = ?1 AND place = 'beside'
             UNION ALL SELECT 1 FROM incoming WHERE package_sha256 = ?1 AND place = 'beside'",
        )?
        .query_row(params![digest.as_raw()], |_| Ok(()))
        .optional()?;
    if named.is_none() && beside(folder, digest).is_file() {
        fs::remove_file(beside(folder, digest))?;
    }
    Ok(())
}

/// Removes what a crash left: half written, or whole without the row that names it.
pub(super) fn clean_up(connection: &Connection, folder: &Path) -> Result<(), StoreError> {
    let packages = folder.join("packages");
    if !packages.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(packages)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tmp") {
            fs::remove_file(path)?;
        } else if let Some(digest) =
            path.file_name().and_then(|name| name.to_str()?.parse::<Digest>().ok())
        {
            remove(connection, folder, digest)?;
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
