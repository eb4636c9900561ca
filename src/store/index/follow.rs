//! Follows the journal, so that entries are there and say the state.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use crate::store::packages::table;
use crate::store::unit::Column;
use crate::store::{Store, StoreError};
use crate::transfer::Direction;

/// How far there was something to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// The rows of the journal that were taken over.
    pub rows: u32,
    /// Whether there may be more.
    pub has_more: bool,
}

/// Rows of the journal that are taken over in one transaction: it takes as long as a few packages.
const ROWS: u32 = 512;

const NEXT: &str = "SELECT id, direction, partner, message_id FROM journal
    WHERE id > (SELECT journal FROM followed) ORDER BY id LIMIT ?1";

impl Store {
    /// Takes over what the journal says since the last time, or the first part of it.
    pub async fn follow_journal(&self) -> Result<Followed, StoreError> {
        let is_news =
            self.read(|connection| Ok(connection.prepare_cached(NEXT)?.exists(params![1])?));
        if !is_news.await? {
            return Ok(Followed { rows: 0, has_more: false });
        }
        self.write(follow).await
    }
}

fn follow(connection: &Connection) -> Result<Followed, StoreError> {
    let mut statement = connection.prepare_cached(NEXT)?;
    let mut steps = statement.query(params![ROWS])?;
    let (mut rows, mut last, mut seen) = (0_u32, 0_i64, HashSet::new());
    while let Some(step) = steps.next()? {
        rows += 1;
        last = step.get(0)?;
        let Some(id) = step.get::<_, Option<Vec<u8>>>(3)? else { continue };
        let (Column(direction), partner): (Column<Direction>, String) =
            (step.get(1)?, step.get(2)?);
        // The newest state stands in the package's row, whatever its steps were.
        let package = (direction, partner, id);
        if !seen.contains(&package) {
            enter(connection, (package.0, &package.1, &package.2))?;
            seen.insert(package);
        }
    }
    if rows > 0 {
        connection.prepare_cached("UPDATE followed SET journal = ?1")?.execute(params![last])?;
    }
    Ok(Followed { rows, has_more: rows == ROWS })
}

/// Writes down a package as it is now; one that is gone again leaves nothing.
fn enter(
    connection: &Connection,
    (direction, partner, id): (Direction, &str, &[u8]),
) -> Result<(), StoreError> {
    let (table, column) = table(direction);
    connection
        .prepare_cached(&format!(
            "INSERT INTO entries
                 (direction, office, partner, message_id, at, serial, kind, months, state, contents)
             SELECT ?1, office, {column}, message_id, created_at, serial,
                 iif(json_valid(unit), coalesce(json_extract(unit, '$.kind'), ''), ''),
                 coalesce((SELECT group_concat(value)
                     FROM json_each(iif(json_valid(unit), unit, '{{}}'), '$.months')), ''),
                 state, iif(place = 'gone', 'none', 'waiting')
             FROM {table} WHERE message_id = ?3 AND {column} = ?2
             ON CONFLICT (message_id, direction, partner) WHERE message_id IS NOT NULL
                 DO UPDATE SET state = excluded.state"
        ))?
        .execute(params![direction.as_str(), partner, id])?;
    Ok(())
}
