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
const MIGRATIONS: &[&str] = &[
    include_str!("0001.sql"),
    include_str!("0002.sql"),
    include_str!("0003.sql"),
    include_str!("0004.sql"),
];

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as a former version left it.
    fn former(path: &Path, more: &str) {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE).expect("a file");
        for migration in &MIGRATIONS[..3] {
            connection.execute_batch(migration).expect("its schema");
        }
        connection.pragma_update(None, "user_version", 3).expect("its version");
        let rows = "INSERT INTO offices (number) VALUES ('1370000018'), ('1370000026');
            INSERT INTO packages VALUES (1, '1370000018', x'01', '1370000026', 1, x'', x'', '', 5, 0, 0, 0, x'0102');
            INSERT INTO recalls VALUES ('1370000018', x'01', x'010203');
            INSERT INTO receipts VALUES ('1370000018', 1, x'01', '1370000026', 'x', x'', x'01020304', 0);
            INSERT INTO candidates VALUES ('1370000034', x'aa', x'', 0);";
        connection.execute_batch(rows).expect("rows");
        connection.execute_batch(more).expect("rows");
    }

    fn beside(connection: &Connection) -> Vec<i64> {
        let sql = "SELECT beside FROM offices ORDER BY number";
        let mut statement = connection.prepare(sql).expect("a statement");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("numbers")
    }

    #[test]
    fn what_a_former_version_kept_is_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("relay.db");
        former(&path, "");
        let connection = for_writing(&path).expect("brought up to date");
        assert_eq!(beside(&connection), [5, 4]);
        let signer = "SELECT signer FROM candidates";
        let signer: Vec<u8> = connection.query_row(signer, [], |row| row.get(0)).expect("a row");
        assert_eq!(signer, [0xaa]);
    }

    #[test]
    fn a_file_that_was_moved_by_a_former_version_is_still_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("relay.db");
        let moved = "INSERT INTO moves VALUES (1, x'01', 'elsewhere', 1);
            CREATE TRIGGER moved BEFORE UPDATE ON offices BEGIN SELECT RAISE(ABORT, 'moved'); END;";
        former(&path, moved);
        let connection = for_writing(&path).expect("brought up to date");
        assert_eq!(beside(&connection), [0, 0]);
    }
}
