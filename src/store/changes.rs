//! The journal as a feed: what happened since a place in it.

use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

use super::journal::Step;
use super::unit::{Column, optional};
use super::{Store, StoreError};
use crate::transfer::Direction;
use crate::types::{FileSerial, MessageId, OfficeNumber};

/// Something that happened to a package or a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Which way the package goes.
    pub direction: Direction,
    /// Our office.
    pub office: OfficeNumber,
    /// The other office.
    pub partner: Option<OfficeNumber>,
    /// The id of the package; a held set has none.
    pub message_id: Option<MessageId>,
    /// The 連番.
    pub serial: Option<FileSerial>,
    /// The state, or `PACKED`, `COPIED` or `TAKEN`.
    pub step: &'static str,
}

/// A piece of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What happened, oldest first.
    pub changes: Vec<Change>,
    /// Where the next piece begins.
    pub next: i64,
}

impl Store {
    /// At most `limit` changes after a place, of one office or of all. Without a place none, but
    /// where the feed ends now. What is about the store as a whole, or about partners and the
    /// configuration, is no change of it.
    pub async fn changes(
        &self,
        after: Option<i64>,
        office: Option<OfficeNumber>,
        limit: u32,
    ) -> Result<Changes, StoreError> {
        self.read(move |connection| {
            let newest: i64 = connection
                .prepare_cached("SELECT coalesce(max(id), 0) FROM journal")?
                .query_row([], |row| row.get(0))?;
            let Some(after) = after else {
                return Ok(Changes { changes: Vec::new(), next: newest });
            };
            let mut statement = connection.prepare_cached(
                "SELECT id, at, direction, office, partner, message_id, serial, state FROM journal
                 WHERE id > ?1 AND id <= ?2 AND office <> '' AND (?3 = '' OR office = ?3)
                     AND state NOT IN ('RETRY', 'RELOAD', 'CHANGED', 'CARD')
                 ORDER BY id LIMIT ?4",
            )?;
            let office = office.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
            let rows = statement.query_map(params![after, newest, office, limit], |row| {
                let (id, direction, state): (i64, String, String) =
                    (row.get(0)?, row.get(2)?, row.get(7)?);
                let (at, our) = (row.get::<_, Column<_>>(1)?.0, row.get::<_, Column<_>>(3)?.0);
                let message_id = row.get::<_, Option<Column<_>>>(5)?.map(|id| id.0);
                let (partner, serial) = (optional(row, 4)?, optional(row, 6)?);
                let named = Direction::named(&direction).ok_or(StoreError::Damaged("direction"));
                Ok((
                    id,
                    named.and_then(|direction| {
                        let step = Step::from_stored(direction, &state)?.as_str();
                        Ok(Change { at, direction, office: our, partner, message_id, serial, step })
                    }),
                ))
            })?;
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            let is_full = u32::try_from(rows.len()).is_ok_and(|count| count >= limit);
            let last = rows.last().map(|(id, _)| *id).filter(|_| is_full);
            let changes = rows.into_iter().map(|(_, change)| change).collect::<Result<_, _>>()?;
            // A place of another store may lie beyond the end.
            Ok(Changes { changes, next: last.unwrap_or(newest) })
        })
        .await
    }
}
