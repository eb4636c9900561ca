//! What a person hands over to partners that have no node.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::names::{SENT_ON_PAPER, TO_PRINT, TO_UPLOAD, UPLOADED};
use super::packages::Machine as _;
use super::unit::Column;
use super::{Store, StoreError, UnitSummary, outgoing, settled};
use crate::transfer::{Outgoing, OutgoingEvent, Transition};
use crate::types::{FileSerial, HandChannel, MessageId, OfficeNumber, code};

/// A set that a person hands over, or has handed over.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// The id of its package.
    pub id: MessageId,
    /// Our office.
    pub office: OfficeNumber,
    /// The recipient.
    pub partner: OfficeNumber,
    /// How it gets there.
    pub channel: HandChannel,
    /// Whether it waits: nobody has said yet that it was handed over.
    pub waits: bool,
    /// Its number among all packages from `office` to `partner`.
    pub sequence: u64,
    /// Its 連番.
    pub serial: FileSerial,
    /// What it holds.
    pub unit: UnitSummary,
    /// When it was made ready.
    pub since: Timestamp,
}

/// So many steps of the journal are lately.
const LATELY: u32 = 20_000;

/// The columns of an [`OutboxRow`].
const COLUMNS: &str =
    "message_id, office, partner, sequence, serial, unit, state, failures, next_at, created_at";

/// A row of [`COLUMNS`]; the outer error is one of the database.
fn read(row: &Row<'_>) -> rusqlite::Result<Result<OutboxRow, StoreError>> {
    let (sequence, unit): (i64, String) = (row.get(3)?, row.get(5)?);
    let state = Outgoing::read(row, 6)?;
    let (id, office): (Column<_>, Column<_>) = (row.get(0)?, row.get(1)?);
    let (partner, serial): (Column<_>, Column<_>) = (row.get(2)?, row.get(4)?);
    let since = row.get::<_, Column<_>>(9)?.0;
    Ok(UnitSummary::from_json(&unit).and_then(|unit| {
        let (Outgoing::ByHand(channel) | Outgoing::HandedByPerson(channel)) = state else {
            return Err(StoreError::Damaged("state of a set in the outbox"));
        };
        Ok(OutboxRow {
            id: id.0,
            office: office.0,
            partner: partner.0,
            channel,
            waits: matches!(state, Outgoing::ByHand(_)),
            sequence: u64::try_from(sequence).unwrap_or_default(),
            serial: serial.0,
            unit,
            since,
        })
    }))
}

impl Store {
    /// What waits to be handed over: for each partner in the order of its 連番, which is that in which
    /// the recipient has to take it (R-ORD-01).
    pub async fn outbox(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM outgoing WHERE state IN ('{TO_UPLOAD}', '{TO_PRINT}')
                 ORDER BY office, partner, serial, sequence LIMIT ?1"
            ))?;
            let rows = statement.query_map(params![limit], read)?;
            rows.map(|row| row?).collect()
        })
        .await
    }

    /// What a person has handed over under this 連番, and when that was noted.
    pub async fn handed_before(
        &self,
        serial: FileSerial,
    ) -> Result<Vec<(OutboxRow, Timestamp)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, changed_at FROM outgoing
                 WHERE serial = ?1 AND state IN ('{UPLOADED}', '{SENT_ON_PAPER}')
                 ORDER BY office, partner, sequence"
            ))?;
            let rows = statement.query_map(params![Column(serial)], |row| {
                Ok((read(row)?, row.get::<_, Column<_>>(10)?.0))
            })?;
            rows.map(|row| row.map_err(StoreError::from).and_then(|(row, at)| Ok((row?, at))))
                .collect()
        })
        .await
    }

    /// Whether something with a later 連番 than that of `row` was handed over to its partner already.
    pub async fn was_overtaken(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        let OutboxRow { office, partner, serial, .. } = *row;
        self.read(move |connection| {
            Ok(connection
                .prepare_cached(&format!(
                    "SELECT 1 FROM outgoing WHERE office = ?1 AND partner = ?2 AND serial > ?3
                     AND state IN ('{UPLOADED}', '{SENT_ON_PAPER}')"
                ))?
                .exists(params![Column(office), Column(partner), Column(serial)])?)
        })
        .await
    }

    /// What a person noted as handed over within the last steps of the journal, the latest note first,
    /// and when.
    pub async fn handed_lately(
        &self,
        limit: u32,
    ) -> Result<Vec<(OutboxRow, Timestamp)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, changed_at FROM outgoing WHERE message_id IN (
                     SELECT message_id FROM (
                         SELECT message_id, state FROM journal ORDER BY id DESC LIMIT {LATELY}
                     ) WHERE state IN ('{UPLOADED}', '{SENT_ON_PAPER}')
                 ) AND state IN ('{UPLOADED}', '{SENT_ON_PAPER}')
                 ORDER BY changed_at DESC, serial DESC LIMIT ?1"
            ))?;
            let rows = statement.query_map(params![limit], |row| {
                Ok((read(row)?, row.get::<_, Column<_>>(10)?.0))
            })?;
            rows.map(|row| row.map_err(StoreError::from).and_then(|(row, at)| Ok((row?, at))))
                .collect()
        })
        .await
    }

    /// The set of an id, whether it waits or was handed over; none for what never was in the outbox or
    /// came out of it in another way.
    pub async fn handed_or_waiting(&self, id: MessageId) -> Result<Option<OutboxRow>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM outgoing WHERE message_id = ?1
                     AND state IN ('{TO_UPLOAD}', '{TO_PRINT}', '{UPLOADED}', '{SENT_ON_PAPER}')"
                ))?
                .query_row(params![Column(id)], read)
                .optional()?
                .transpose()
        })
        .await
    }

    /// Notes that a person handed a set over, and who says so.
    pub async fn handed(
        &self,
        id: MessageId,
        by: String,
        now: Timestamp,
    ) -> Result<Transition<Outgoing>, StoreError> {
        self.said_by_person(id, OutgoingEvent::Handed, (code::HANDED_BY_PERSON, by), now).await
    }

    /// Notes that a set was not handed over after all, and who says so: it waits again.
    pub async fn not_handed(
        &self,
        id: MessageId,
        by: String,
        now: Timestamp,
    ) -> Result<Transition<Outgoing>, StoreError> {
        self.said_by_person(id, OutgoingEvent::NotHanded, (code::NOT_HANDED, by), now).await
    }

    async fn said_by_person(
        &self,
        id: MessageId,
        event: OutgoingEvent,
        (code, by): (&'static str, String),
        now: Timestamp,
    ) -> Result<Transition<Outgoing>, StoreError> {
        let transition = self.write(move |connection| {
            let (package, expires_at) = outgoing::package(connection, id)?;
            let transition = package.state.on(id, expires_at, &event, now);
            if transition.changes() {
                package.enter(connection, transition.after, (code, &by), now)?;
                settled::show(connection, id)?;
            }
            Ok(transition)
        });
        let transition = transition.await?;
        self.shared.settling.send_replace(());
        Ok(transition)
    }

    /// Has the sets of `office` that wait in the outbox laid there again, wherever that is now.
    pub async fn lay_outbox(&self, office: OfficeNumber) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(&format!(
                    "UPDATE outgoing SET copy_due = 1
                     WHERE office = ?1 AND state IN ('{TO_UPLOAD}', '{TO_PRINT}')"
                ))?
                .execute(params![Column(office)])?;
            Ok(())
        })
        .await
    }
}
