//! The journal: what happened, in the order in which it became durable. Rows are only ever added.

use jiff::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::chain::{self, Chain};
use super::unit::Column;
use super::{Store, StoreError};
use crate::transfer::{Direction, State};
use crate::types::{FileSerial, MessageId, OfficeNumber};

/// That the store was put back from a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restoration {
    /// When the backup was made.
    pub made_at: Timestamp,
    /// When it was put back.
    pub at: Timestamp,
}

/// How it stands in the journal that the store was put back from a backup.
const RESTORED: &str = "RESTORED";

/// What a row of the journal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The package came into this state, or the set did.
    State(State),
    /// The package was made.
    Packed,
    /// A person asked for everything that waits to be sent at once.
    Retry,
    /// A person asked for the configuration to be read again.
    Reload,
    /// A person had its files sent to another partner too.
    Copied,
    /// A change of the configuration was taken up; the detail says of what.
    Changed,
    /// A newer card of the partner took the place of the former one.
    Card,
    /// A person said that the care software has taken a set.
    Taken,
}

impl Step {
    /// How it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State(state) => state.as_str(),
            Self::Packed => "PACKED",
            Self::Retry => "RETRY",
            Self::Reload => "RELOAD",
            Self::Copied => "COPIED",
            Self::Changed => "CHANGED",
            Self::Card => "CARD",
            Self::Taken => "TAKEN",
        }
    }

    const fn direction(self) -> Direction {
        match self {
            Self::State(state) => state.direction(),
            Self::Packed
            | Self::Retry
            | Self::Reload
            | Self::Copied
            | Self::Changed
            | Self::Card => Direction::Out,
            Self::Taken => Direction::In,
        }
    }

    pub(super) fn from_stored(direction: Direction, text: &str) -> Result<Self, StoreError> {
        let others = [
            Self::Packed,
            Self::Retry,
            Self::Reload,
            Self::Copied,
            Self::Changed,
            Self::Card,
            Self::Taken,
        ];
        let other = || others.into_iter().find(|step| step.as_str() == text);
        let step = State::named(direction, text).map(Self::State).or_else(other);
        step.ok_or(StoreError::Damaged("unknown step"))
    }
}

impl From<State> for Step {
    fn from(state: State) -> Self {
        Self::State(state)
    }
}

/// What a row of the journal is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct JournalEntry {
    pub(super) office: OfficeNumber,
    pub(super) partner: Option<OfficeNumber>,
    pub(super) id: Option<MessageId>,
    pub(super) serial: Option<FileSerial>,
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub step: Step,
    /// A code that says more.
    pub detail: String,
}

impl Store {
    /// When the newest step of the journal was taken; nothing in a new store.
    pub async fn latest_step(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| {
            let newest = connection
                .prepare_cached("SELECT at FROM journal ORDER BY id DESC LIMIT 1")?
                .query_row([], |row| Ok(row.get::<_, Column<Timestamp>>(0)?.0))
                .optional()?;
            Ok(newest)
        })
        .await
    }
}

/// Appends to the journal.
pub(super) fn append(
    connection: &Connection,
    entry: &JournalEntry,
    step: impl Into<Step>,
    detail: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let step = step.into();
    let values: [&dyn ToSql; 8] = [
        &Column(now),
        &step.direction().as_str(),
        &Column(entry.office),
        &entry.partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default(),
        &entry.id.map(Column),
        &entry.serial.as_ref().map(FileSerial::as_str).unwrap_or_default(),
        &step.as_str(),
        &detail,
    ];
    insert(connection, values)
}

/// Appends that rows were removed whose time of keeping was over; `detail` says which.
pub(super) fn tell_removal(
    connection: &Connection,
    detail: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tell(connection, chain::PURGED, detail, now)
}

/// Appends that the store was put back from a backup of the time that `detail` says.
pub(super) fn tell_restored(
    connection: &Connection,
    detail: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tell(connection, RESTORED, detail, now)
}

/// When the store was put back last from a backup, and of what time that was.
pub(super) fn last_restoration(connection: &Connection) -> Result<Option<Restoration>, StoreError> {
    let found = connection
        .query_row(
            "SELECT at, detail FROM journal WHERE state = ?1 ORDER BY id DESC LIMIT 1",
            params![RESTORED],
            |row| Ok((row.get::<_, Column<_>>(0)?.0, row.get::<_, String>(1)?)),
        )
        .optional()?;
    Ok(found.and_then(|(at, detail)| Some(Restoration { made_at: detail.parse().ok()?, at })))
}

/// Appends what is about the store, not about a package.
fn tell(
    connection: &Connection,
    state: &str,
    detail: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let out = Direction::Out.as_str();
    insert(connection, [&Column(now), &out, &"", &"", &rusqlite::types::Null, &"", &state, &detail])
}

/// Adds a row behind all others.
fn insert(connection: &Connection, values: [&dyn ToSql; 8]) -> Result<(), StoreError> {
    let link = Chain::Journal.next_link(connection, Chain::Journal.digest(&values)?)?;
    let [at, direction, office, partner, message_id, serial, state, detail] = values;
    connection
        .prepare_cached(
            "INSERT INTO journal (at, direction, office, partner, message_id, serial, state, detail, link)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            at, direction, office, partner, message_id, serial, state, detail, Column(link)
        ])?;
    Ok(())
}

/// The steps of one package, oldest first.
pub(super) fn of_package(
    connection: &Connection,
    direction: Direction,
    partner: OfficeNumber,
    id: MessageId,
) -> Result<Vec<JournalRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT at, state, detail FROM journal
         WHERE message_id = ?1 AND direction = ?2 AND partner = ?3 ORDER BY id",
    )?;
    let package = params![Column(id), direction.as_str(), Column(partner)];
    let rows = statement.query_map(package, |row| {
        let (at, state): (Column<_>, String) = (row.get(0)?, row.get(1)?);
        let detail = row.get(2)?;
        Ok(Step::from_stored(direction, &state).map(|step| JournalRow { at: at.0, step, detail }))
    })?;
    rows.map(|row| row?).collect()
}
