//! The file, its connections and its schema.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::RelayStoreError;
use crate::disk;
use crate::store::{Bounds, StoreError};

/// Each brings the schema from its place in the list to the next version.
const MIGRATIONS: &[&str] =
    &[include_str!("0001.sql"), include_str!("0002.sql"), include_str!("0003.sql")];

/// A page of the database in bytes, in stores that begin now.
const PAGE: u32 = 8192;

/// What the connection that writes keeps in memory, in KiB.
const CACHE: i64 = 16 << 10;

/// What a reader keeps in memory, in KiB.
const READER_CACHE: i64 = 256;

/// The log is taken over into the database when it has grown to about so many bytes.
const LOG: i64 = 16 << 20;

/// How long a command that writes beside the relay may keep it, or be kept.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nothing bounds the database but the disk.
pub(super) struct AsItIs;

impl Bounds for AsItIs {
    fn before(&self, _connection: &Connection) -> Result<(), StoreError> {
        Ok(())
    }

    fn after(&self, _connection: &Connection) -> Result<(), StoreError> {
        Ok(())
    }

    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Takes the lock beside the file; the operating system gives it back whatever happens to us.
pub(super) fn lock(path: &Path) -> Result<File, RelayStoreError> {
    make_private(path)?;
    let mut options = File::options();
    let options = disk::private(options.create(true).truncate(false).write(true));
    let file = options.open(path.with_extension("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RelayStoreError::InUse),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// The connection that writes, with the newest schema.
pub(super) fn for_writing(path: &Path) -> Result<Connection, RelayStoreError> {
    make_private(path)?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
    // Without effect on a store that is there already.
    connection.pragma_update(None, "page_size", PAGE)?;
    connection.pragma_update(None, "cache_size", -CACHE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG / i64::from(PAGE))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    loop {
        // Several may begin at once.
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(RelayStoreError::TooNew { found, known });
        }
        let next = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found));
        let Some(migration) = next else { break };
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", found + 1)?;
        transaction.commit()?;
    }
    Ok(connection)
}

/// A connection that only reads. It is read-write for SQLite, because a reader of a WAL database has to
/// write its index, but `query_only` binds it.
pub(super) fn for_reading(path: &Path) -> Result<Connection, RelayStoreError> {
    let connection = connect(path, OpenFlags::empty())?;
    connection.pragma_update(None, "cache_size", -READER_CACHE)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn connect(path: &Path, create: OpenFlags) -> Result<Connection, RelayStoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Otherwise SQLite reads a statement anew for each value that might fit a partial index.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Makes the file one of this account alone; SQLite gives its log the same permissions.
fn make_private(path: &Path) -> Result<(), RelayStoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        disk::create_private_folders(folder)?;
    }
    disk::private(File::options().create(true).truncate(false).write(true)).open(path)?;
    Ok(())
}
