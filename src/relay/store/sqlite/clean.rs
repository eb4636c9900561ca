//! What is kept no more.

use rusqlite::{Connection, params};

use super::super::{CLEAN_UP, CleanedUp, RelayStoreError, Retention, millis, office, signed};
use super::write::{kept, remove_pieces};
use crate::types::OfficeNumber;

/// What offices have `collected` is noted first.
pub(super) fn step(
    connection: &Connection,
    retention: &Retention,
    collected: &[(OfficeNumber, u64)],
) -> Result<CleanedUp, RelayStoreError> {
    let mut done = CleanedUp::default();
    for (sender, up_to) in collected {
        let sql = "UPDATE offices SET collected = ?2
            WHERE number = ?1 AND collected < ?2 AND receipts >= ?2";
        connection.prepare_cached(sql)?.execute(params![sender.as_str(), signed(*up_to)])?;
    }
    let over = {
        let sql =
            "SELECT id, sender, size FROM packages WHERE state < 2 AND expires_at <= ?1 LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![millis(retention.now), CLEAN_UP], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    for (id, sender, size) in over {
        remove_pieces(connection, id)?;
        let sql = "UPDATE packages SET state = 3 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id])?;
        kept(connection, office(&sender)?, size.saturating_neg(), -1)?;
        done.expired += 1;
    }
    let counted = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let sql = "DELETE FROM packages WHERE id IN
        (SELECT id FROM packages WHERE state >= 2 AND expires_at <= ?1 LIMIT ?2)";
    let forget = millis(retention.forget);
    done.forgotten = counted(connection.prepare_cached(sql)?.execute(params![forget, CLEAN_UP])?);
    let sql = "DELETE FROM receipts WHERE rowid IN (SELECT receipts.rowid FROM receipts
        JOIN offices ON offices.number = receipts.sender
        WHERE stored_at <= ?1 AND (position <= collected OR stored_at <= ?2) LIMIT ?3)";
    let parameters = params![forget, millis(retention.abandon), CLEAN_UP];
    done.receipts = counted(connection.prepare_cached(sql)?.execute(parameters)?);
    let sql = "DELETE FROM candidates WHERE at <= ?1";
    connection.prepare_cached(sql)?.execute([forget])?;
    let sql = "DELETE FROM recalls WHERE NOT EXISTS (SELECT 1 FROM packages
        WHERE packages.sender = recalls.sender AND packages.message_id = recalls.message_id)";
    connection.prepare_cached(sql)?.execute([])?;
    Ok(done)
}
