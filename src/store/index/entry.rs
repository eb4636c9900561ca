//! One line of a list.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::id::EntryId;
use super::person::{self, KnownPerson};
use crate::contents::SearchKey;
use crate::store::query::{HistoryRow, state_of};
use crate::store::unit::{Column, optional};
use crate::store::{StoreError, UnitSummary, receipts};
use crate::transfer::{HeldSet, IncomingState, OutgoingState, State};
use crate::types::{HeldId, MessageId, OfficeNumber};

/// How it stands with looking into a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentsState {
    /// Nobody has yet; it is not found by people.
    Waiting,
    /// It is found by everybody in it.
    Read,
    /// It is about more people than are written down.
    Cut,
    /// It could not be read.
    Unreadable,
    /// There is nothing to look into: a held set, or its bytes are not kept.
    Gone,
}

impl ContentsState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Read, Self::Cut, Self::Unreadable, Self::Gone];

    /// How it is stored and told to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Read => "read",
            Self::Cut => "cut",
            Self::Unreadable => "unreadable",
            Self::Gone => "none",
        }
    }

    fn named(name: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == name);
        found.ok_or(StoreError::Damaged("contents of an entry"))
    }
}

/// A line of a list.
#[derive(Debug, Clone)]
pub struct ListRow {
    /// Its place.
    pub entry: EntryId,
    /// What happened, as it is now.
    pub line: HistoryRow,
    /// By what it is released or dismissed, where it waits for a person.
    pub held: Option<HeldId>,
    /// When it is given up, if it waits to be sent.
    pub expires_at: Option<Timestamp>,
    /// Whether it was looked into.
    pub contents: ContentsState,
    /// The first of the people in it; those first whom the search found.
    pub people: Vec<KnownPerson>,
    /// How many people are in it.
    pub people_count: u64,
}

/// An entry with the package or the held set that it stands for.
const ENTRY: &str = "SELECT e.id, e.direction, e.office, e.partner, e.message_id, e.serial, e.held,
        e.contents,
        coalesce(o.created_at, i.created_at, h.at),
        coalesce(o.changed_at, i.changed_at, h.settled_at, h.at),
        coalesce(o.unit, i.unit, h.unit),
        coalesce(o.state, i.state, iif(h.settled_at IS NULL, 'HELD', 'SETTLED')),
        coalesce(o.detail, i.detail, h.reason),
        o.expires_at, coalesce(i.came_by, '')
    FROM entries AS e
    LEFT JOIN outgoing AS o ON e.direction = 'out' AND o.message_id = e.message_id
    LEFT JOIN incoming AS i
        ON e.direction = 'in' AND i.sender = e.partner AND i.message_id = e.message_id
    LEFT JOIN held AS h ON h.id = e.held
    WHERE e.id = ?1 AND coalesce(o.unit, i.unit, h.unit) IS NOT NULL";

/// The line of an entry, with so many of its people; none if it is gone.
pub(super) fn line(
    connection: &Connection,
    entry: EntryId,
    found: Option<&SearchKey>,
    people: u32,
) -> Result<Option<ListRow>, StoreError> {
    let row = connection
        .prepare_cached(ENTRY)?
        .query_row(params![entry.0], |row| Ok(read(row)))
        .optional()?;
    let Some(mut row) = row.transpose()? else { return Ok(None) };
    (row.people, row.people_count) = person::of_entry(connection, entry, found, people)?;
    if let (Some(id), Some(partner)) = (row.line.message_id, row.line.partner) {
        let parties = (row.line.office, partner);
        let direction = row.line.direction;
        row.line.receipts = receipts::kinds_of_message(connection, direction, parties, id)?;
    }
    Ok(Some(row))
}

fn read(row: &Row<'_>) -> Result<ListRow, StoreError> {
    let direction = row.get::<_, Column<_>>(1)?.0;
    let message_id: Option<MessageId> = row.get::<_, Option<Column<_>>>(4)?.map(|id| id.0);
    let set: Option<u32> = row.get(6)?;
    let (contents, unit): (String, String) = (row.get(7)?, row.get(10)?);
    let state = state_of(direction, row, 11)?;
    let state = match (set, state) {
        // A set of ours and a package have states of the same names.
        (Some(_), _) => {
            let name: String = row.get(11)?;
            let held = HeldSet::named(&name).ok_or(StoreError::Damaged("state of a held set"))?;
            State::Set(held)
        }
        (None, state) => state,
    };
    let held = match (state, set, message_id) {
        (State::Set(HeldSet::Held), Some(number), _) => Some(HeldId::Set(number)),
        (State::In(IncomingState::Held), _, Some(id)) => Some(HeldId::Package(id)),
        _ => None,
    };
    let expires_at: Option<Column<Timestamp>> = row.get(13)?;
    let waits = state == State::Out(OutgoingState::Queued);
    Ok(ListRow {
        entry: EntryId(row.get(0)?),
        line: HistoryRow {
            at: row.get::<_, Column<_>>(8)?.0,
            changed_at: row.get::<_, Column<_>>(9)?.0,
            direction,
            office: row.get::<_, Column<_>>(2)?.0,
            partner: optional::<OfficeNumber>(row, 3)?,
            message_id,
            serial: optional(row, 5)?,
            unit: UnitSummary::from_json(&unit)?,
            state,
            detail: row.get(12)?,
            receipts: Vec::new(),
            came_by: optional(row, 14)?,
        },
        held,
        expires_at: expires_at.filter(|_| waits).map(|at| at.0),
        contents: ContentsState::named(&contents)?,
        people: Vec::new(),
        people_count: 0,
    })
}
