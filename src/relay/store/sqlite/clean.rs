//! What is kept no more.

use std::collections::BTreeMap;

use rusqlite::{Connection, Params, params};

use super::super::{CLEAN_UP, CleanedUp, RelayStoreError, Retention, millis, office, signed};
use super::write::{kept, kept_beside, remove_pieces};
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
    let sql = "DELETE FROM packages WHERE id IN
        (SELECT id FROM packages WHERE state >= 2 AND expires_at <= ?1 LIMIT ?2)
        RETURNING sender, length(acceptance)";
    let forget = millis(retention.forget);
    done.forgotten = clear(connection, sql, params![forget, CLEAN_UP])?;
    let sql = "DELETE FROM receipts WHERE rowid IN (SELECT receipts.rowid FROM receipts
        JOIN offices ON offices.number = receipts.sender
        WHERE stored_at <= ?1 AND (position <= collected OR stored_at <= ?2) LIMIT ?3)
        RETURNING recipient, length(receipt)";
    let parameters = params![forget, millis(retention.abandon), CLEAN_UP];
    done.receipts = clear(connection, sql, parameters)?;
    let sql = "DELETE FROM candidates WHERE at <= ?1";
    connection.prepare_cached(sql)?.execute([forget])?;
    let sql = "DELETE FROM recalls WHERE NOT EXISTS (SELECT 1 FROM packages
        WHERE packages.sender = recalls.sender AND packages.message_id = recalls.message_id)
        RETURNING sender, length(recall)";
    clear(connection, sql, [])?;
    Ok(done)
}

/// Clears away what the statement deletes; says how much. Each row that it gives has the office of which
/// so many bytes are kept no more.
fn clear(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<u64, RelayStoreError> {
    let (mut cleared, mut less) = (0_u64, BTreeMap::<String, i64>::new());
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        let bytes = less.entry(row.get(0)?).or_default();
        *bytes = bytes.saturating_add(row.get(1)?);
        cleared += 1;
    }
    for (office, bytes) in less {
        kept_beside(connection, &office, bytes.saturating_neg())?;
    }
    Ok(cleared)
}
