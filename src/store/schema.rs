//! The versions of the schema and the way from each to the next.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{StoreError, chain};

/// Each migration brings the schema from its place in the list to the next version.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
    include_str!("migrations/0010.sql"),
    include_str!("migrations/0011.sql"),
    include_str!("migrations/0012.sql"),
    include_str!("migrations/0013.sql"),
    include_str!("migrations/0014.sql"),
    include_str!("migrations/0015.sql"),
    include_str!("migrations/0016.sql"),
    include_str!("migrations/0017.sql"),
    include_str!("migrations/0018.sql"),
    include_str!("migrations/0019.sql"),
    include_str!("migrations/0020.sql"),
    include_str!("migrations/0021.sql"),
    include_str!("migrations/0022.sql"),
    include_str!("migrations/0023.sql"),
    include_str!("migrations/0024.sql"),
    include_str!("migrations/0025.sql"),
    include_str!("migrations/0026.sql"),
];

/// A page of the database in bytes, in stores that begin now.
const PAGE: u32 = 8192;

/// What the connection that writes keeps in memory, in KiB: the packages of one transaction, so that
/// they reach the disk once.
const CACHE: i64 = 16 << 10;

/// The log is taken over into the database when it has grown to about so many bytes. Its file is cut
/// when readers have made it grow to four times as much.
const LOG: i64 = 16 << 20;

/// Partners remember the position of the last receipt that they collected. When the store begins
/// anew, or from an older copy, positions have to go on above it, or the receipts from then on are
/// never asked for: so they go on from the time in milliseconds, which no count of receipts catches
/// up with.
const RISING_POSITIONS: [&str; 2] = [
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'receipts', 0
        WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'receipts')",
    "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'receipts'",
];

/// Sets up a connection for writing and brings the schema up to date.
pub(super) fn prepare(connection: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    // Without effect on a store that is there already.
    connection.pragma_update(None, "page_size", PAGE)?;
    connection.pragma_update(None, "cache_size", -CACHE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG / page.max(1))?;
    // SQLite answers with the limit that now holds.
    connection.pragma_update_and_check(None, "journal_size_limit", 4 * LOG, |_| Ok(()))?;
    let found = check(connection)?;
    let open = MIGRATIONS.iter().zip(1_u32..).skip(usize::try_from(found).unwrap_or(usize::MAX));
    for (migration, version) in open {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        if version == chain::SINCE {
            chain::begin(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    let [begin, rise] = RISING_POSITIONS;
    connection.execute(begin, [])?;
    connection.execute(rise, [now.as_millisecond()])?;
    Ok(())
}

/// The version of the schema.
pub(super) fn check(connection: &Connection) -> Result<u32, StoreError> {
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok(found) }
}

/// Refuses a schema that is not the newest: who only reads cannot change it.
pub(super) fn check_current(connection: &Connection) -> Result<(), StoreError> {
    let found = check(connection)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found < known { Err(StoreError::TooOld { found, known }) } else { Ok(()) }
}
