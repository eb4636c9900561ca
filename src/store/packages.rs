//! What is the same of every package, whichever way it goes.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::StoreError;
use super::held::by_whom;
use super::journal::{self, JournalEntry};
use super::unit::Column;
use crate::transfer::{Direction, Incoming, Outgoing, State};
use crate::types::{Digest, FileSerial, MessageId, OfficeNumber};

/// The table of the packages that go this way, and its column of the other office.
pub(super) const fn table(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Out => ("outgoing", "partner"),
        Direction::In => ("incoming", "sender"),
    }
}

/// A machine of [`crate::transfer`] whose packages lie in a table.
pub(super) trait Machine: Copy {
    /// The table.
    const TABLE: &'static str;
    /// Its column of the other office.
    const PARTNER: &'static str;

    /// The state in three columns of a row, from `place` on: its name, how often what it waits for
    /// failed, and when that is tried next.
    fn read(row: &Row<'_>, place: usize) -> rusqlite::Result<Self>;
    fn planned(self) -> Option<(u32, Timestamp)>;
    fn state(self) -> State;
}

macro_rules! machine {
    ($machine:ty, $direction:expr, $state:path) => {
        impl Machine for $machine {
            const TABLE: &'static str = table($direction).0;
            const PARTNER: &'static str = table($direction).1;

            fn read(row: &Row<'_>, place: usize) -> rusqlite::Result<Self> {
                let (name, next_at): (Column<_>, Column<_>) =
                    (row.get(place)?, row.get(place + 2)?);
                Ok(Self::in_state(name.0, row.get(place + 1)?, next_at.0))
            }

            fn planned(self) -> Option<(u32, Timestamp)> {
                self.planned()
            }

            fn state(self) -> State {
                $state(self.state())
            }
        }
    };
}

machine!(Outgoing, Direction::Out, State::Out);
machine!(Incoming, Direction::In, State::In);

/// A package as far as both tables know it.
#[derive(Debug)]
pub(super) struct Head<M> {
    pub(super) id: MessageId,
    pub(super) office: OfficeNumber,
    pub(super) partner: OfficeNumber,
    pub(super) sequence: u64,
    pub(super) serial: FileSerial,
    pub(super) state: M,
    /// A code that says why it is in this state.
    pub(super) detail: String,
    pub(super) package_sha256: Digest,
    pub(super) manifest_sha256: Digest,
}

/// The first column of a [`select`] that [`Head::read`] leaves to others.
pub(super) const MORE: usize = 11;

/// The columns that [`Head::read`] reads, and `more`.
pub(super) fn columns_of<M: Machine>(more: &str) -> String {
    format!(
        "message_id, office, {}, sequence, serial, state, failures, next_at, detail,
             package_sha256, manifest_sha256, {more}",
        M::PARTNER
    )
}

/// The beginning of a question for these columns.
pub(super) fn select<M: Machine>(more: &str) -> String {
    format!("SELECT {} FROM {}", columns_of::<M>(more), M::TABLE)
}

impl<M: Machine> Head<M> {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let sequence: i64 = row.get(3)?;
        Ok(Self {
            id: row.get::<_, Column<_>>(0)?.0,
            office: row.get::<_, Column<_>>(1)?.0,
            partner: row.get::<_, Column<_>>(2)?.0,
            sequence: u64::try_from(sequence).unwrap_or_default(),
            serial: row.get::<_, Column<_>>(4)?.0,
            state: M::read(row, 5)?,
            detail: row.get(8)?,
            package_sha256: row.get::<_, Column<_>>(9)?.0,
            manifest_sha256: row.get::<_, Column<_>>(10)?.0,
        })
    }

    pub(super) const fn entry(&self) -> JournalEntry {
        JournalEntry {
            office: self.office,
            partner: Some(self.partner),
            id: Some(self.id),
            serial: Some(self.serial),
        }
    }

    /// Writes that the package is in `state` now, together with its row in the journal: `detail` says
    /// why, and `by` who brought it about.
    pub(super) fn enter(
        &self,
        connection: &Connection,
        state: M,
        (detail, by): (&str, &str),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (failures, next_at) = state.planned().unwrap_or((0, now));
        connection
            .prepare_cached(&format!(
                "UPDATE {} SET state = ?3, failures = ?4, next_at = ?5, detail = ?6, changed_at = ?7
                 WHERE message_id = ?1 AND {} = ?2",
                M::TABLE,
                M::PARTNER
            ))?
            .execute(params![
                Column(self.id),
                Column(self.partner),
                state.state().as_str(),
                failures,
                Column(next_at),
                detail,
                Column(now),
            ])?;
        journal::append(connection, &self.entry(), state.state(), &by_whom(detail, by), now)
    }
}
