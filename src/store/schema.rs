//! The versions of the schema and the way from each to the next.

use rusqlite::Connection;

use super::StoreError;

/// Each migration brings the schema from its place in the list to the next version.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001.sql")];

/// Partners remember the position of the last receipt that they collected. When the store begins
/// anew, or from an older copy, positions have to go on above it, or the receipts from then on are
/// never asked for: so they go on from the time in milliseconds, which no count of receipts catches
/// up with.
const RISING_POSITIONS: &str = "
    INSERT INTO sqlite_sequence (name, seq) SELECT 'receipts', 0
        WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'receipts');
    UPDATE sqlite_sequence SET seq = max(seq, CAST(1000 * unixepoch('subsec') AS INTEGER))
        WHERE name = 'receipts';";

/// Sets up a connection for writing and brings the schema up to date.
pub(super) fn prepare(connection: &mut Connection, size: u64) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let found = check(connection)?;
    let open = MIGRATIONS.iter().zip(1_u32..).skip(usize::try_from(found).unwrap_or(usize::MAX));
    for (migration, version) in open {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    connection.execute_batch(RISING_POSITIONS)?;
    if size > 0 {
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(size).unwrap_or(i64::MAX) / page.max(1);
        // SQLite answers with the limit that now holds.
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    Ok(())
}

/// The version of the schema.
pub(super) fn check(connection: &Connection) -> Result<u32, StoreError> {
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok(found) }
}
