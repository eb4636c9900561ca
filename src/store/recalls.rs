//! Packages of ours that we ask back.
//!
//! One of which nothing was sent is taken back without asking. Where others wait behind it, its recipient
//! is told all the same, so that it does not wait for the number.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::names::{QUEUED, RECALL_ASKED};
use super::outgoing::{self, package};
use super::packages::{Head, MORE, columns_of, select};
use super::unit::Column;
use super::{OutgoingRow, Store, StoreError, receipts, settled};
use crate::package::{Manifest, ReceiptKind};
use crate::transfer::{Direction, Outgoing, OutgoingEvent, OutgoingReceipt, Transition};
use crate::types::{MessageId, OfficeNumber, code};

/// Between the places of two packages in a mailbox there are so many for what is asked back.
pub(super) const PLACES: u64 = 4096;

/// The place behind all others in a mailbox.
fn next_place() -> String {
    format!(
        "1 + max({PLACES} * (SELECT coalesce(max(rowid), 0) FROM outgoing),
             (SELECT coalesce(max(position), 0) FROM recalls))"
    )
}

/// A request to have a package back, signed.
#[derive(Debug, Clone)]
pub struct NewRecall {
    /// `renkei.recall/1`
    pub der: Bytes,
    /// Until when it is asked for.
    pub expires_at: Timestamp,
}

/// A package that is asked back and whose recipient has not answered.
#[derive(Debug, Clone)]
pub struct RecallRow {
    /// The package.
    pub package: OutgoingRow,
    /// The signed request.
    pub der: Bytes,
    /// Attempts to hand it over that failed, or brought no answer.
    pub failures: u32,
    /// Until when it is asked for.
    pub expires_at: Timestamp,
    /// Its place in the mailbox of the recipient.
    pub position: u64,
    /// Why it is not answered yet: a code, empty where it was not tried.
    pub obstacle: String,
    /// The package is taken back; its recipient is only to know that its number never comes.
    pub number_only: bool,
}

/// The requests that are not answered and of which a condition holds, each in words of the tables
/// `outgoing` and `recalls`: those for packages that are asked back, and those about a number.
pub(super) fn open_recalls(columns: &str, condition: &str) -> String {
    format!(
        "SELECT {columns} FROM outgoing JOIN recalls USING (message_id)
             WHERE state = '{RECALL_ASKED}' AND {condition}
         UNION ALL SELECT {columns} FROM recalls INDEXED BY recalls_number_only
             CROSS JOIN outgoing USING (message_id)
             WHERE number_only = 1 AND {condition}"
    )
}

/// The columns of a [`RecallRow`].
fn columns() -> String {
    columns_of::<Outgoing>("expires_at, der, attempts, until, position, obstacle, number_only")
}

fn read(row: &Row<'_>) -> rusqlite::Result<RecallRow> {
    let (der, position): (Vec<u8>, i64) = (row.get(MORE + 1)?, row.get(MORE + 4)?);
    Ok(RecallRow {
        package: outgoing::read(row)?,
        der: der.into(),
        failures: row.get(MORE + 2)?,
        expires_at: row.get::<_, Column<_>>(MORE + 3)?.0,
        position: u64::try_from(position).unwrap_or_default(),
        obstacle: row.get(MORE + 5)?,
        number_only: row.get(MORE + 6)?,
    })
}

impl Store {
    /// Asks for a package back, of which the recipient may have something: it is not sent any more. Notes
    /// who wants it.
    pub async fn ask_recall(
        &self,
        id: MessageId,
        recall: NewRecall,
        by: String,
        now: Timestamp,
    ) -> Result<Transition<Outgoing>, StoreError> {
        let transition = self.write(move |connection| {
            let (package, expires_at) = package(connection, id)?;
            let transition = package.state.on(id, expires_at, &OutgoingEvent::RecallAsked, now);
            if transition.changes() {
                insert(connection, id, (&recall, false), now)?;
                package.enter(connection, transition.after, (code::RECALL_ASKED, &by), now)?;
            }
            Ok(transition)
        });
        let transition = transition.await?;
        self.shared.settling.send_replace(());
        Ok(transition)
    }

    /// Puts the same request with another signature in the place of the former one, so that whoever comes
    /// for it sees it again. `false` where it is answered.
    pub async fn renew_recall(&self, id: MessageId, der: Bytes) -> Result<bool, StoreError> {
        let next_place = next_place();
        self.write(move |connection| {
            let renewed = connection
                .prepare_cached(&format!(
                    "UPDATE recalls SET der = ?2, position = {next_place}
                     WHERE message_id IN ({})",
                    open_recalls("message_id", "message_id = ?1")
                ))?
                .execute(params![Column(id), der.as_ref()])?;
            Ok(renewed > 0)
        })
        .await
    }

    /// Takes a package back of which nothing was ever sent. Notes who wants it. Where others wait behind
    /// it, its number is told with `recall`.
    pub async fn take_back(
        &self,
        id: MessageId,
        recall: Option<NewRecall>,
        by: String,
        now: Timestamp,
    ) -> Result<Transition<Outgoing>, StoreError> {
        let transition = self.write(move |connection| {
            let (package, expires_at) = package(connection, id)?;
            let transition = package.state.on(id, expires_at, &OutgoingEvent::TakenBack, now);
            if transition.changes() {
                if let Some(recall) = &recall
                    && is_followed(connection, &package)?
                {
                    insert(connection, id, (recall, true), now)?;
                    // It stands for this package from now on, whatever becomes of those behind it.
                    connection
                        .prepare_cached("INSERT OR IGNORE INTO used_sequences VALUES (?1, ?2, ?3)")?
                        .execute(params![
                            Column(package.office),
                            Column(package.partner),
                            number(package.sequence),
                        ])?;
                }
                // Of what lay in the outbox nobody knows whether it was handed over.
                let was_in_outbox = matches!(package.state, Outgoing::ByHand(_));
                let code = if was_in_outbox { code::LEFT_OUTBOX } else { code::TAKEN_BACK };
                package.enter(connection, transition.after, (code, &by), now)?;
            }
            if transition.is_outcome() {
                settled::show(connection, id)?;
            }
            Ok(transition)
        });
        let transition = transition.await?;
        self.shared.settling.send_replace(());
        Ok(transition)
    }

    /// Notes that nobody waits for the number of a package any more that was taken back.
    pub async fn number_is_settled(&self, id: MessageId) -> Result<(), StoreError> {
        self.write(move |connection| outgoing::number_is_settled(connection, id)).await
    }

    /// Forgets the numbers that could not be told in time.
    pub async fn forget_numbers(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "UPDATE recalls SET number_only = 2 WHERE number_only = 1 AND until <= ?1";
            connection.prepare_cached(sql)?.execute(params![Column(now)])?;
            Ok(())
        })
        .await
    }

    /// Whether a package of ours was in another state than that of waiting to be sent, was tried before,
    /// has a receipt, or took the place of another one.
    pub async fn was_under_way(&self, id: MessageId) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let superseded = format!("%{}{id}", outgoing::SUPERSEDED_BY);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 FROM journal WHERE message_id = ?1 AND direction = 'out'
                         AND state NOT IN ('PACKED', 'RETRY', 'COPIED', '{QUEUED}'))
                     OR EXISTS (SELECT 1 FROM outgoing WHERE message_id = ?1 AND failures > 0)
                     OR EXISTS (SELECT 1 FROM receipts
                         WHERE message_id = ?1 AND origin = 'received')
                     OR EXISTS (SELECT 1 FROM outgoing WHERE detail LIKE ?2)"
            ))?;
            Ok(statement.query_row(params![Column(id), superseded], |row| row.get(0))?)
        })
        .await
    }

    /// What `office` asks `partner` to give back and is to be asked at `due`, in the order in which it was
    /// wanted.
    pub async fn due_recalls(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        due: Timestamp,
    ) -> Result<Vec<RecallRow>, StoreError> {
        self.read(move |connection| {
            let due_here = "office = ?1 AND partner = ?2 AND ask_at <= ?3";
            let mut statement = connection.prepare_cached(&format!(
                "SELECT * FROM ({}) ORDER BY position LIMIT 32",
                open_recalls(&columns(), due_here)
            ))?;
            let parameters = params![Column(office), Column(partner), Column(due)];
            let rows = statement.query_map(parameters, read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// When the next of these is to be asked.
    pub async fn next_recall(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| {
            let next: Option<Column<Timestamp>> = connection
                .prepare_cached(&format!(
                    "SELECT min(ask_at) FROM ({})",
                    open_recalls("ask_at", "office = ?1 AND partner = ?2")
                ))?
                .query_row(params![Column(office), Column(partner)], |row| row.get(0))?;
            Ok(next.map(|next| next.0))
        })
        .await
    }

    /// Makes all of these due.
    pub async fn hurry_recalls(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(&format!(
                    "UPDATE recalls SET ask_at = ?3 WHERE ask_at > ?3 AND message_id IN ({})",
                    open_recalls("message_id", "office = ?1 AND partner = ?2")
                ))?
                .execute(params![Column(office), Column(partner), Column(now)])?;
            Ok(())
        })
        .await
    }

    /// The request to have a package back, as long as it is not answered.
    pub async fn recall(&self, id: MessageId) -> Result<Option<RecallRow>, StoreError> {
        self.read(move |connection| {
            let sql = open_recalls(&columns(), "message_id = ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_row(params![Column(id)], read);
            Ok(found.optional()?)
        })
        .await
    }

    /// Notes that a request was not answered yet, and when it is made again.
    pub async fn recall_waits(
        &self,
        id: MessageId,
        detail: String,
        next_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "UPDATE recalls SET attempts = attempts + 1, ask_at = ?2, obstacle = ?3
                     WHERE message_id = ?1",
                )?
                .execute(params![Column(id), Column(next_at), detail])?;
            Ok(())
        })
        .await?;
        self.shared.settling.send_replace(());
        Ok(())
    }

    /// Notes that a request never will be answered: the package is what the recipient last signed.
    pub async fn recall_failed(
        &self,
        id: MessageId,
        detail: &'static str,
        now: Timestamp,
    ) -> Result<Transition<Outgoing>, StoreError> {
        let transition = self.write(move |connection| {
            let (package, expires_at) = package(connection, id)?;
            let parties = (package.office, package.partner);
            let kinds = receipts::kinds_of_message(connection, Direction::Out, parties, id)?;
            let last = if kinds.contains(&ReceiptKind::ContentHandoverFailure) {
                Some(OutgoingReceipt::HandoverFailure)
            } else {
                let consigned = kinds.contains(&ReceiptKind::ContentConsignment);
                consigned.then_some(OutgoingReceipt::Consignment)
            };
            let event = OutgoingEvent::RecallFailed(last);
            let transition = package.state.on(id, expires_at, &event, now);
            if transition.changes() {
                package.enter(connection, transition.after, (detail, ""), now)?;
            }
            if transition.is_outcome() {
                settled::show(connection, id)?;
            }
            Ok(transition)
        });
        let transition = transition.await?;
        self.shared.settling.send_replace(());
        Ok(transition)
    }

    /// The packages of all offices that are asked back and whose requests are over at `now`.
    pub async fn overdue_recalls(&self, now: Timestamp) -> Result<Vec<OutgoingRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} JOIN recalls USING (message_id)
                 WHERE state = '{RECALL_ASKED}' AND until <= ?1",
                select::<Outgoing>("expires_at")
            ))?;
            let rows = statement.query_map(params![Column(now)], outgoing::read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn insert(
    connection: &Connection,
    id: MessageId,
    (recall, number_only): (&NewRecall, bool),
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO recalls
                 (message_id, at, until, position, attempts, ask_at, obstacle, der, number_only)
             VALUES (?1, ?2, ?3, {}, 0, ?2, '', ?4, ?5)
             ON CONFLICT (message_id) DO UPDATE SET at = excluded.at,
                 until = excluded.until, position = excluded.position,
                 attempts = 0, ask_at = excluded.ask_at, obstacle = '',
                 der = excluded.der, number_only = excluded.number_only",
            next_place()
        ))?
        .execute(params![
            Column(id),
            Column(now),
            Column(recall.expires_at),
            recall.der.as_ref(),
            number_only,
        ])?;
    Ok(())
}

/// Whether sets with higher numbers were made, so that their recipient would wait for that of this one.
fn is_followed(connection: &Connection, package: &Head<Outgoing>) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT 1 FROM outgoing WHERE office = ?1 AND partner = ?2 AND sequence > ?3
             AND sequence < ?4 AND detail <> '{}' LIMIT 1",
        code::TAKEN_BACK
    );
    Ok(connection.prepare_cached(&sql)?.exists(params![
        Column(package.office),
        Column(package.partner),
        number(package.sequence),
        number(Manifest::FIRST_ATTACHMENT),
    ])?)
}

fn number(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
