//! Packages of ours that a partner comes for.

use jiff::Timestamp;
use rusqlite::params;

use super::names::QUEUED;
use super::outgoing::read;
use super::packages::{MORE, columns_of, select};
use super::recalls::{PLACES, open_recalls};
use super::unit::Column;
use super::{OutgoingRow, Store, StoreError, payload};
use crate::transfer::Outgoing;
use crate::types::OfficeNumber;

/// The column of the position, from 1.
const NTH: usize = MORE + 3;

/// A package that waits for its recipient.
#[derive(Debug, Clone)]
pub struct WaitingPackage {
    /// Rises with each package that is made.
    pub position: u64,
    /// The package.
    pub row: OutgoingRow,
    /// How many bytes it has.
    pub size: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether we ask it back; it may have been fetched then.
    pub recalled: bool,
}

impl Store {
    /// The queued packages of all our offices for `partner` behind a position, whose time is not over,
    /// those that we ask back, and those whose numbers are only to be known.
    /// Those of which nothing lies here any more are left out.
    pub async fn waits_for(
        &self,
        partner: OfficeNumber,
        after: u64,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<WaitingPackage>, StoreError> {
        let (folder, _) = self.where_packages_lie();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT * FROM ({queued} WHERE partner = ?1 AND state = '{QUEUED}'
                     AND rowid * {PLACES} > ?2 AND expires_at > ?3
                 UNION ALL {asked})
                 ORDER BY {NTH} LIMIT ?4",
                queued =
                    select::<Outgoing>(&format!("expires_at, created_at, rowid * {PLACES}, 0")),
                asked = open_recalls(
                    &columns_of::<Outgoing>("until, created_at, position, 1"),
                    "partner = ?1 AND position > ?2 AND until > ?3"
                ),
            ))?;
            let after = i64::try_from(after).unwrap_or(i64::MAX);
            let rows = statement.query_map(
                params![Column(partner), after, Column(now), limit],
                |row| {
                    let position: i64 = row.get(MORE + 2)?;
                    let created_at = row.get::<_, Column<_>>(MORE + 1)?.0;
                    Ok((read(row)?, created_at, position, row.get(MORE + 3)?))
                },
            )?;
            let mut found = Vec::new();
            for row in rows {
                let (row, created_at, position, recalled) = row?;
                let size = payload::size_of_outgoing(connection, &folder, row.id)?;
                let Some(size) = size else { continue };
                found.push(WaitingPackage {
                    position: u64::try_from(position).unwrap_or_default(),
                    size,
                    row,
                    created_at,
                    recalled,
                });
            }
            Ok(found)
        })
        .await
    }
}
