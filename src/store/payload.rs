//! The bytes of packages: of small ones in a table of their own, of large ones beside the database.
//!
//! They are written once and never changed, apart from the rows whose state changes.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};

use super::room::Room;
use super::sealing::{self, Sealing};
use super::unit::Column;
use super::{Store, StoreError};
use crate::disk::{self, Readers};
use crate::types::{Digest, Hashed, MessageId};
use crate::work;

/// A package above this size lies beside the database, in bytes.
const BESIDE: usize = 1 << 20;

/// Where a package is to lie.
pub(super) struct Payload {
    pub(super) place: &'static str,
    inline: Option<Bytes>,
}

impl Payload {
    /// In the database, if it is small enough for that.
    pub(super) fn small(
        sealing: &Sealing,
        digest: Digest,
        package: &Bytes,
    ) -> Result<Option<Self>, StoreError> {
        if package.len() > BESIDE {
            return Ok(None);
        }
        Ok(Some(Self { place: "here", inline: Some(sealing.seal(digest, package)?) }))
    }

    /// Nowhere yet, although the row says so: a defect on purpose.
    #[cfg(test)]
    pub(super) const fn to_come() -> Self {
        Self { place: "here", inline: None }
    }

    /// Nowhere: the package is not kept.
    pub(super) const fn gone() -> Self {
        Self { place: "gone", inline: None }
    }

    /// Writes the bytes of a small package and returns the row where they lie.
    pub(super) fn insert(&self, connection: &Connection) -> Result<Option<i64>, StoreError> {
        let Some(bytes) = &self.inline else { return Ok(None) };
        let mut statement =
            connection.prepare_cached("INSERT INTO payloads (bytes) VALUES (?1)")?;
        Ok(Some(statement.insert(params![bytes.as_ref()])?))
    }
}

/// What the database says of a package's bytes.
pub(super) struct Stored {
    digest: Digest,
    place: String,
    inline: Option<Vec<u8>>,
}

impl Stored {
    /// The package in `table` of which `is_meant` holds.
    pub(super) fn find(
        connection: &Connection,
        (table, is_meant): (&str, &str),
        parameters: &[&dyn ToSql],
    ) -> Result<Self, StoreError> {
        let stored = connection
            .prepare_cached(&format!(
                "SELECT package_sha256, place, bytes FROM {table}
                 LEFT JOIN payloads ON payloads.id = payload WHERE {is_meant}"
            ))?
            .query_row(parameters, Self::read)?;
        Ok(stored)
    }

    /// From the columns `package_sha256`, `place` and `payloads.bytes`, the first ones of `row`.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let digest = row.get::<_, Column<Digest>>(0)?.0;
        Ok(Self { digest, place: row.get(1)?, inline: row.get(2)? })
    }

    /// The package; makes sure that it is the one that was stored.
    pub(super) fn load(self, folder: &Path, sealing: &Sealing) -> Result<Hashed, StoreError> {
        match self.found(folder, sealing)? {
            Found::Here(package) => Ok(package),
            Found::Beside(path, digest) => opened(sealing, digest, fs::read(path)?),
        }
    }

    /// A small package, or where a large one lies.
    pub(super) fn found(self, folder: &Path, sealing: &Sealing) -> Result<Found, StoreError> {
        match (self.place.as_str(), self.inline) {
            ("here", Some(bytes)) => opened(sealing, self.digest, bytes).map(Found::Here),
            ("beside", _) => Ok(Found::Beside(beside(folder, self.digest), self.digest)),
            ("gone", _) => Err(StoreError::NoLongerKept),
            _ => Err(StoreError::Damaged("place of a package")),
        }
    }
}

/// Where the bytes of a package are.
pub(super) enum Found {
    Here(Hashed),
    Beside(PathBuf, Digest),
}

/// The package whose bytes lie so; makes sure that it is the one that was stored.
fn opened(sealing: &Sealing, digest: Digest, bytes: Vec<u8>) -> Result<Hashed, StoreError> {
    let package = Hashed::from(sealing.open(digest, bytes)?);
    if package.sha256() == digest {
        Ok(package)
    } else {
        Err(StoreError::Damaged("digest of a package"))
    }
}

/// How many bytes the package of ours with this id has, by the length of what lies of it. Nothing where
/// none of it is there.
pub(super) fn size_of_outgoing(
    connection: &Connection,
    folder: &Path,
    id: MessageId,
) -> Result<Option<u64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT package_sha256, place, length(bytes), substr(bytes, 1, 8) FROM outgoing
         LEFT JOIN payloads ON payloads.id = payload WHERE message_id = ?1",
    )?;
    let (digest, place, length, head) = statement.query_row(params![Column(id)], |row| {
        let length: Option<i64> = row.get(2)?;
        let head: Option<Vec<u8>> = row.get(3)?;
        Ok((row.get::<_, Column<Digest>>(0)?.0, row.get::<_, String>(1)?, length, head))
    })?;
    let lies = match (place.as_str(), length, head) {
        ("here", Some(length), Some(head)) => {
            Some((u64::try_from(length).unwrap_or_default(), head))
        }
        ("beside", ..) => beginning(&beside(folder, digest)).ok(),
        _ => None,
    };
    Ok(lies.map(|(length, head)| {
        if sealing::is_sealed(&head) { length.saturating_sub(sealing::MORE) } else { length }
    }))
}

/// The length of a file, and so much of it as tells whether it is encrypted.
pub(super) fn beginning(path: &Path) -> io::Result<(u64, Vec<u8>)> {
    let file = fs::File::open(path)?;
    let (length, mut head) = (file.metadata()?.len(), Vec::new());
    let most = u64::try_from(sealing::MARK.len()).unwrap_or_default();
    file.take(most).read_to_end(&mut head)?;
    Ok((length, head))
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
        if let Some(payload) = Payload::small(&self.shared.sealing, digest, &package)? {
            self.shared.room.admits(package.len())?;
            return self.write(move |connection| work(connection, &payload)).await;
        }
        let (folder, room) = (self.shared.folder.clone(), Arc::clone(&self.shared.room));
        self.check()?;
        let sealing = Arc::clone(&self.shared.sealing);
        let stored = work::blocking(move || {
            let sealed = sealing.seal(digest, &package)?;
            drop(package);
            store(&folder, &room, digest, &sealed)?;
            Ok::<_, StoreError>(u64::try_from(sealed.len()).unwrap_or(u64::MAX))
        });
        let size = stored.await.map_err(|_| StoreError::Stopped)??;
        let (folder, room) = (self.shared.folder.clone(), Arc::clone(&self.shared.room));
        let written = self
            .write(move |connection| {
                // An attempt of the same package that failed may have taken it away again.
                if !beside(&folder, digest).is_file() {
                    return Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
                }
                room.count(digest, size);
                work(connection, &Payload { place: "beside", inline: None })
            })
            .await;
        // The outcome of the write counts; what stays is removed at the next start.
        let _ = self.remove_unnamed(vec![digest]).await;
        written
    }

    /// Removes those of the packages beside the database that no row names.
    pub(super) async fn remove_unnamed(&self, digests: Vec<Digest>) -> Result<(), StoreError> {
        let (folder, room) = (self.shared.folder.clone(), Arc::clone(&self.shared.room));
        // In the line of the writes, so that no row comes in between.
        self.write(move |connection| {
            let mut digests = digests.into_iter();
            digests.try_for_each(|digest| remove(connection, &folder, &room, digest))
        })
        .await
    }
}

/// Makes a large package durable beside the database, before the row that names it.
///
/// The final name is the digest: writing it again changes nothing. The name until then is used
/// once, because a partner may send the same package again while the first is being written.
fn store(folder: &Path, room: &Room, digest: Digest, bytes: &[u8]) -> Result<(), StoreError> {
    room.take(digest, u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    let packages = folder.join("packages");
    let whole = beside(folder, digest);
    // Not those above: a data folder that is gone must not come back empty.
    let made = match disk::create_folder(&packages) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| {
            disk::sync_folder(folder).inspect_err(|_| {
                // The next attempt makes it anew, and durable.
                let _ = disk::remove_empty_folder(&packages);
            })
        }),
    };
    let written = made.and_then(|()| disk::replace(&whole, bytes, Readers::AsUsual));
    if let Err(error) = written {
        // Windows replaces no file that somebody has open, be it a virus scanner or a reader of
        // ours. The one that is there was flushed before it got its name.
        let is_there = cfg!(windows)
            && error.kind() == io::ErrorKind::PermissionDenied
            && fs::read(&whole).is_ok_and(|there| there.len() == bytes.len());
        if !is_there {
            if !whole.is_file() {
                room.give_back(digest);
            }
            return Err(error.into());
        }
    }
    Ok(())
}

/// Removes a package beside the database, unless a row of the database still names it.
fn remove(
    connection: &Connection,
    folder: &Path,
    room: &Room,
    digest: Digest,
) -> Result<(), StoreError> {
    let named = connection
        .prepare_cached(
            "SELECT 1 FROM outgoing WHERE package_sha256 = ?1 AND place = 'beside'
             UNION ALL SELECT 1 FROM incoming WHERE package_sha256 = ?1 AND place = 'beside'",
        )?
        .query_row(params![digest.as_raw()], |_| Ok(()))
        .optional()?;
    if named.is_none() && beside(folder, digest).is_file() {
        disk::remove_file(&beside(folder, digest))?;
        room.give_back(digest);
    }
    Ok(())
}

/// Removes what a crash left, half written or whole without the row that names it, and counts what
/// stays.
pub(super) fn clean_up(
    connection: &Connection,
    folder: &Path,
    room: &Room,
) -> Result<(), StoreError> {
    let packages = folder.join("packages");
    if !packages.is_dir() {
        return Ok(());
    }
    // A run that made it may have ended before it was durable.
    disk::sync_folder(folder)?;
    for entry in fs::read_dir(packages)? {
        let entry = entry?;
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "tmp") {
            disk::remove_file(&path)?;
        } else if let Some(digest) =
            path.file_name().and_then(|name| name.to_str()?.parse::<Digest>().ok())
        {
            room.count(digest, entry.metadata()?.len());
            remove(connection, folder, room, digest)?;
        }
    }
    Ok(())
}

/// Where a package lies beside the database.
pub(super) fn beside(folder: &Path, digest: Digest) -> PathBuf {
    folder.join("packages").join(digest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::faults::{AtRisk, Then, at_risk, at_step, trace};
    use crate::store::schema;

    const PACKAGE: [u8; 50] = [b'p'; 50];

    /// There is room for one.
    const LIMIT: u64 = 60;

    #[test]
    fn a_full_disk_or_a_crash_leaves_no_part_of_a_package() {
        let digest = Digest::of(&PACKAGE);
        let mut connection = Connection::open_in_memory().expect("a database");
        schema::prepare(&mut connection, jiff::Timestamp::UNIX_EPOCH).expect("tables");
        for then in [Then::GoOn, Then::StayDead] {
            for step in 0.. {
                let data = tempfile::tempdir().expect("a folder");
                let (folder, whole) = (data.path(), beside(data.path(), digest));
                let room = Room::new(LIMIT);
                let run = || store(folder, &room, digest, &PACKAGE);
                let (result, hit) = at_step(step, io::ErrorKind::StorageFull, then, run);
                let there = fs::read(&whole).ok();
                assert!(there.as_ref().is_none_or(|bytes| *bytes == PACKAGE), "step {step}");
                let is_free = room.admits(PACKAGE.len()).is_ok();
                assert_eq!(is_free, there.is_none(), "step {step}");
                if !hit {
                    result.expect("stored");
                    assert!(there.is_some() && step > 8);
                    break;
                }
                assert!(matches!(result, Err(StoreError::Full)), "step {step}: {result:?}");

                // A later try, in the same run or after another start.
                if then == Then::StayDead {
                    clean_up(&connection, folder, &room).expect("cleaned");
                    let left = fs::read_dir(folder.join("packages"));
                    assert_eq!(left.map_or(0, Iterator::count), 0, "step {step}");
                }
                store(folder, &room, digest, &PACKAGE).expect("stored");
                assert_eq!(fs::read(&whole).expect("there"), PACKAGE);
                assert!(room.admits(PACKAGE.len()).is_err());
            }
        }
    }

    #[test]
    fn a_package_that_is_stored_survives_a_power_cut() {
        let data = tempfile::tempdir().expect("a folder");
        let room = Room::new(0);
        let run = || store(data.path(), &room, Digest::of(&PACKAGE), &PACKAGE);
        let (result, effects) = trace(run);
        result.expect("stored");
        assert!(effects.len() > 8, "{effects:?}");
        assert_eq!(at_risk(&effects), AtRisk::default(), "{effects:?}");
    }
}
