//! Received packages that were taken and that somebody should look at.

use jiff::Timestamp;
use rusqlite::params;

use super::id::EntryId;
use crate::store::unit::Column;
use crate::store::{Store, StoreError};
use crate::types::{MessageId, OfficeNumber};

/// A package that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flagged {
    /// Our office.
    pub office: OfficeNumber,
    /// Who sent it.
    pub partner: OfficeNumber,
    /// Its id.
    pub id: MessageId,
}

/// Why a package should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Codes of rules.
    pub rules: Vec<String>,
    /// When somebody did, and who.
    pub seen: Option<(Timestamp, String)>,
}

/// So many packages are told.
const MOST: u32 = 1_000;

impl Store {
    /// Notes that somebody should look at a package.
    pub async fn flag(&self, entry: EntryId, rules: Vec<String>) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO flags (entry, rules, seen_by)
                     SELECT id, ?2, '' FROM entries WHERE id = ?1 ON CONFLICT DO NOTHING",
                )?
                .execute(params![entry.0, rules.join(",")])?;
            Ok(())
        })
        .await
    }

    /// The packages that nobody has looked at, the newest first.
    pub async fn flagged(&self) -> Result<Vec<Flagged>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT e.office, e.partner, e.message_id FROM flags AS f
                 CROSS JOIN entries AS e ON e.id = f.entry
                 WHERE f.seen_at IS NULL ORDER BY f.entry DESC LIMIT ?1",
            )?;
            let rows = statement.query_map(params![MOST], |row| {
                Ok(Flagged {
                    office: row.get::<_, Column<_>>(0)?.0,
                    partner: row.get::<_, Column<_>>(1)?.0,
                    id: row.get::<_, Column<_>>(2)?.0,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Why somebody should look at the package of an entry.
    pub async fn flag_of(&self, entry: EntryId) -> Result<Option<Flag>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT rules, seen_at, seen_by FROM flags WHERE entry = ?1")?;
            let mut rows = statement.query_map(params![entry.0], |row| {
                let rules: String = row.get(0)?;
                let at: Option<Column<Timestamp>> = row.get(1)?;
                let by: String = row.get(2)?;
                let rules = rules.split(',').map(str::to_owned).collect();
                Ok(Flag { rules, seen: at.map(|at| (at.0, by)) })
            })?;
            Ok(rows.next().transpose()?)
        })
        .await
    }

    /// Somebody has looked at the package of an entry.
    pub async fn unflag(
        &self,
        entry: EntryId,
        by: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "UPDATE flags SET seen_at = ?2, seen_by = ?3
                     WHERE entry = ?1 AND seen_at IS NULL",
                )?
                .execute(params![entry.0, Column(now), by])?;
            Ok(())
        })
        .await
    }
}
