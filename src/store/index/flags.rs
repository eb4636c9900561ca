//! Received packages that were taken and that somebody should look at.

use jiff::Timestamp;
use rusqlite::params;

use super::entry;
use super::id::EntryId;
use super::unread::{Unread, unread};
use crate::store::unit::Column;
use crate::store::{ListPage, ListRow, Store, StoreError, UnitSummary};
use crate::types::{FileSerial, MessageId, OfficeNumber, ServiceMonth};

/// A package that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flagged {
    /// Our office.
    pub office: OfficeNumber,
    /// Who sent it.
    pub partner: OfficeNumber,
    /// Its id.
    pub id: MessageId,
    /// Its 連番 and its months, where they are still known.
    pub about: Option<(FileSerial, Vec<ServiceMonth>)>,
}

/// Why a package should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Codes of rules.
    pub rules: Vec<String>,
    /// When somebody did, and who.
    pub seen: Option<(Timestamp, String)>,
}

const OF_PACKAGE: &str = "entry IN (SELECT id FROM entries
    WHERE message_id = ?2 AND direction = 'in' AND partner = ?1)";

/// So many packages are told.
const MOST: u32 = 1_000;

impl Store {
    /// Packages with 実績 that are still to be held against earlier ones, the oldest first.
    pub async fn unjudged(&self, limit: u32) -> Result<Vec<Unread>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT e.id, e.direction, e.partner, e.message_id, e.at FROM flags AS f
                 CROSS JOIN entries AS e ON e.id = f.entry
                 WHERE f.seen_at IS NULL AND f.rules = '' ORDER BY f.entry LIMIT ?1",
            )?;
            let rows = statement.query_map(params![limit], |row| Ok(unread(row)))?;
            rows.map(|row| Ok(row??)).collect()
        })
        .await
    }

    /// Notes that somebody should look at a package, or need not where no rule says so.
    pub async fn flag(&self, entry: EntryId, rules: Vec<String>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = if rules.is_empty() {
                "DELETE FROM flags WHERE entry = ?1 AND rules = ?2"
            } else {
                "UPDATE flags SET rules = ?2 WHERE entry = ?1"
            };
            connection.prepare_cached(sql)?.execute(params![entry.0, rules.join(",")])?;
            Ok(())
        })
        .await
    }

    /// The packages that nobody has looked at, the newest first.
    pub async fn flagged(&self) -> Result<Vec<Flagged>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT e.office, e.partner, e.message_id, i.serial, i.unit FROM flags AS f
                 CROSS JOIN entries AS e ON e.id = f.entry
                 LEFT JOIN incoming AS i ON i.sender = e.partner AND i.message_id = e.message_id
                 WHERE f.seen_at IS NULL AND f.rules != '' ORDER BY f.entry DESC LIMIT ?1",
            )?;
            let rows = statement.query_map(params![MOST], |row| {
                let serial: Option<Column<FileSerial>> = row.get(3)?;
                let unit: Option<String> = row.get(4)?;
                let unit = unit.and_then(|unit| UnitSummary::from_json(&unit).ok());
                Ok(Flagged {
                    office: row.get::<_, Column<_>>(0)?.0,
                    partner: row.get::<_, Column<_>>(1)?.0,
                    id: row.get::<_, Column<_>>(2)?.0,
                    about: serial.zip(unit).map(|(serial, unit)| (serial.0, unit.months)),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The newest packages that nobody has looked at, with whom each is about.
    pub async fn to_look_at(&self, limit: u32) -> Result<Vec<ListRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT entry FROM flags WHERE seen_at IS NULL AND rules != ''
                 ORDER BY entry DESC LIMIT ?1",
            )?;
            let entries = statement.query_map(params![limit], |row| Ok(EntryId(row.get(0)?)))?;
            let mut rows = Vec::new();
            for found in entries {
                rows.extend(entry::line(connection, found?, None, ListPage::PEOPLE)?);
            }
            Ok(rows)
        })
        .await
    }

    /// Why somebody should look at a package that came in.
    pub async fn flag_of(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<Option<Flag>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT rules, seen_at, seen_by FROM flags WHERE rules != '' AND {OF_PACKAGE}"
            ))?;
            let mut rows = statement.query_map(params![Column(sender), Column(id)], |row| {
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

    /// Somebody has looked at packages of an id that came in. `false` if none of them was to be looked
    /// at, or somebody had.
    pub async fn unflag(
        &self,
        id: MessageId,
        by: String,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE flags SET seen_at = ?2, seen_by = ?3
                     WHERE seen_at IS NULL AND rules != '' AND entry IN
                         (SELECT id FROM entries WHERE message_id = ?1 AND direction = 'in')",
                )?
                .execute(params![Column(id), Column(now), by])?;
            Ok(changed > 0)
        })
        .await
    }
}
