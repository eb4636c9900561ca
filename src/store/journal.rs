//! The journal: each step of each package, in the transaction that makes it.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Serialize, Serializer};

use super::StoreError;
use super::unit::Column;
use crate::types::{FileSerial, MessageId, OfficeNumber};

/// Which way a package goes, from our point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// We send it.
    Out,
    /// We receive it.
    In,
}

impl Direction {
    /// `out` or `in`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
        }
    }

    pub(super) fn from_stored(text: &str) -> Result<Self, StoreError> {
        match text {
            "out" => Ok(Self::Out),
            "in" => Ok(Self::In),
            _ => Err(StoreError::Damaged("direction")),
        }
    }
}

impl Serialize for Direction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a journal row is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct JournalEntry {
    pub(super) direction: Direction,
    pub(super) office: OfficeNumber,
    pub(super) partner: Option<OfficeNumber>,
    pub(super) id: Option<MessageId>,
    pub(super) serial: Option<FileSerial>,
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalRow {
    /// When it happened.
    pub at: Timestamp,
    /// The state that the package came into.
    pub state: String,
    /// A code that says more.
    pub detail: String,
}

/// Appends to the journal.
pub(super) fn append(
    connection: &Connection,
    entry: &JournalEntry,
    state: &str,
    detail: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO journal (at, direction, office, partner, message_id, serial, state, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            Column(now),
            entry.direction.as_str(),
            Column(entry.office),
            entry.partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default(),
            entry.id.map(Column),
            entry.serial.as_ref().map(FileSerial::as_str).unwrap_or_default(),
            state,
            detail,
        ])?;
    Ok(())
}

/// What happened to a package, in order.
pub(super) fn of_package(
    connection: &Connection,
    direction: Direction,
    id: MessageId,
) -> Result<Vec<JournalRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT at, state, detail FROM journal WHERE message_id = ?1 AND direction = ?2
         ORDER BY id",
    )?;
    let rows = statement.query_map(params![Column(id), direction.as_str()], |row| {
        Ok(JournalRow {
            at: row.get::<_, Column<_>>(0)?.0,
            state: row.get(1)?,
            detail: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
