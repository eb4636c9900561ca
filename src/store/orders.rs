//! What a person asks of the queue.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::held::{self, Overtaken, by_whom};
use super::journal::{self, JournalEntry, Step};
use super::names::{QUEUED, REFUSED, WITHHELD};
use super::unit::Column;
use super::{Store, StoreError, incoming, outgoing};
use crate::transfer::{Incoming, IncomingEvent, OutgoingEvent, OutgoingState, State};
use crate::types::{FileSerial, Hashed, MessageId, OfficeNumber, code};

/// One of our offices and one of its partners, and how many of its packages are due now.
pub type Due = BTreeMap<(OfficeNumber, OfficeNumber), usize>;

impl Store {
    /// Makes queued packages due at `now`: all, those for one partner, or one. Those that were refused
    /// for good are queued again; of several, those that nobody has settled. Notes who asked for it,
    /// and says how many there were for whom.
    pub async fn retry(
        &self,
        partner: Option<OfficeNumber>,
        id: Option<MessageId>,
        by: String,
        now: Timestamp,
    ) -> Result<Due, StoreError> {
        self.write(move |connection| {
            for refused in refused(connection, partner, id)? {
                let (package, expires_at) = outgoing::package(connection, refused)?;
                let transition = package.state.on(refused, expires_at, &OutgoingEvent::Resend, now);
                if transition.changes() {
                    package.enter(connection, transition.after, ("", ""), now)?;
                    let way = (package.office, package.partner);
                    let unit = (package.serial, None);
                    held::overtaken(connection, way, unit, Overtaken::Retried, now)?;
                }
            }
            let mut statement = connection.prepare_cached(&format!(
                "UPDATE outgoing SET next_at = min(next_at, ?1) WHERE state = '{QUEUED}'
                     AND (?2 = '' OR partner = ?2) AND (?3 IS NULL OR message_id = ?3)
                 RETURNING office, partner, serial"
            ))?;
            let named = partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
            let rows = statement.query_map(params![Column(now), named, id.map(Column)], |row| {
                let (office, partner) = (row.get::<_, Column<_>>(0)?, row.get::<_, Column<_>>(1)?);
                Ok(((office.0, partner.0), row.get::<_, Column<FileSerial>>(2)?.0))
            })?;
            let mut due: Due = BTreeMap::new();
            let mut serial = None;
            for row in rows {
                let (pair, of_row) = row?;
                *due.entry(pair).or_default() += 1;
                serial = id.and(Some(of_row));
            }
            // A row of the journal that names a package says the state that it is in.
            let step = match id {
                Some(_) => Step::State(State::Out(OutgoingState::Queued)),
                None => Step::Retry,
            };
            let detail = by_whom("retry", &by);
            for (office, partner) in due.keys() {
                let entry = JournalEntry { office: *office, partner: Some(*partner), id, serial };
                journal::append(connection, &entry, step, &detail, now)?;
            }
            Ok(due)
        })
        .await
    }

    /// Notes that a person asked for the configuration of an office of ours to be read again.
    pub async fn note_reload(
        &self,
        office: OfficeNumber,
        by: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let entry = JournalEntry { office, partner: None, id: None, serial: None };
            journal::append(connection, &entry, Step::Reload, &by_whom("asked", &by), now)
        })
        .await
    }

    /// Notes that a newer card of a partner, with this serial, took the place of the former one.
    pub async fn note_card(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        serial: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let entry = JournalEntry { office, partner: Some(partner), id: None, serial: None };
            let detail = format!("{}:{serial}", code::CARD_REPLACED);
            journal::append(connection, &entry, Step::Card, &detail, now)
        })
        .await
    }

    /// Notes that changes of the configuration were taken up: each for an office of ours, perhaps of its
    /// exchange with a partner, and what it was.
    pub async fn note_changes(
        &self,
        changes: Vec<(OfficeNumber, Option<OfficeNumber>, String)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            for (office, partner, what) in changes {
                let entry = JournalEntry { office, partner, id: None, serial: None };
                journal::append(connection, &entry, Step::Changed, &what, now)?;
            }
            Ok(())
        })
        .await
    }

    /// Puts the bytes of a held package in the place of those that the disk has lost, and lets it be
    /// placed: its sender sent the very same once more. `false` if it is not held, or its bytes are
    /// whole.
    pub async fn restore(
        &self,
        sender: OfficeNumber,
        id: MessageId,
        package: Hashed,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let digest = package.sha256();
        let row = match self.incoming(sender, id).await {
            Ok(row) => row,
            // Its sender has it back, and it never came.
            Err(StoreError::NotFound) => return Ok(false),
            Err(error) => return Err(error),
        };
        if row.state != Incoming::Held || row.package_sha256 != digest {
            return Ok(false);
        }
        match self.incoming_package(sender, id).await {
            Ok(_) => return Ok(false),
            Err(error) if error.is_about_one_package() => {}
            Err(error) => return Err(error),
        }
        let bytes: Bytes = package.bytes().clone();
        self.write_package(digest, bytes, move |connection, payload| {
            let old: Option<i64> = connection
                .prepare_cached(&format!(
                    "SELECT payload FROM incoming WHERE sender = ?1 AND message_id = ?2
                     AND state = '{WITHHELD}'"
                ))?
                .query_row(params![Column(sender), Column(id)], |row| row.get(0))
                .optional()?
                .flatten();
            if let Some(old) = old {
                connection
                    .prepare_cached("DELETE FROM payloads WHERE id = ?1")?
                    .execute(params![old])?;
            }
            connection
                .prepare_cached(&format!(
                    "UPDATE incoming SET place = ?3, payload = ?4
                     WHERE sender = ?1 AND message_id = ?2 AND state = '{WITHHELD}'"
                ))?
                .execute(params![
                    Column(sender),
                    Column(id),
                    payload.place,
                    payload.insert(connection)?
                ])?;
            let note = incoming::IncomingNote::code(code::SENT_AGAIN);
            incoming::step(connection, (sender, id), IncomingEvent::Released, note, now)?;
            Ok(true)
        })
        .await
    }
}

/// The packages that were refused for good and that a person means who asks for them to be sent again:
/// one by its id, or all, or all for a partner, but for those that lie in the hold folder no more
/// because somebody settled them.
fn refused(
    connection: &Connection,
    partner: Option<OfficeNumber>,
    id: Option<MessageId>,
) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT message_id FROM outgoing WHERE state = '{REFUSED}'
             AND (?1 = '' OR partner = ?1) AND (?2 IS NULL OR message_id = ?2)
             AND (?2 IS NOT NULL OR copy_due = 1 OR EXISTS (SELECT 1 FROM held
                 WHERE held.office = outgoing.office AND held.partner = outgoing.partner
                     AND held.serial = outgoing.serial AND settled_at IS NULL AND reason = ?3))"
    ))?;
    let named = partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
    let parameters = params![named, id.map(Column), code::REFUSED_FOR_GOOD];
    let rows = statement.query_map(parameters, |row| Ok(row.get::<_, Column<_>>(0)?.0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
