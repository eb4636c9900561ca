//! What waits to be sent, and what a partner still owes a receipt for.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use uuid::Uuid;

use super::names::{DEPOSITED, EXPIRED, QUEUED, REFUSED};
use super::outgoing::read;
use super::packages::select;
use super::unit::Column;
use super::{OutgoingRow, Store, StoreError};
use crate::transfer::{LONGEST_WAIT, Outgoing, OutgoingState};
use crate::types::{FileSerial, MessageId, OfficeNumber};

impl Store {
    /// The packages of `office` for `partner` whose attempt is due at `due`, in their sequence; also
    /// those that were planned by a clock which was set back since.
    pub async fn queued(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        due: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutgoingRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} WHERE office = ?1 AND partner = ?2 AND state = '{QUEUED}'
                     AND (next_at <= ?3 OR next_at > ?4)
                 ORDER BY sequence LIMIT ?5",
                select::<Outgoing>("expires_at")
            ))?;
            let latest = Column(latest(due));
            let parameters = params![Column(office), Column(partner), Column(due), latest, limit];
            let rows = statement.query_map(parameters, read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// When the next attempt after `due` is due for a package of `office` for `partner`.
    pub async fn next_attempt(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        due: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| {
            let next: Option<Column<Timestamp>> = connection
                .prepare_cached(&format!(
                    "SELECT min(next_at) FROM outgoing WHERE office = ?1 AND partner = ?2
                     AND state = '{QUEUED}' AND next_at > ?3 AND next_at <= ?4"
                ))?
                .query_row(
                    params![Column(office), Column(partner), Column(due), Column(latest(due))],
                    |row| row.get(0),
                )?;
            Ok(next.map(|next| next.0))
        })
        .await
    }

    /// Makes every queued package of `office` for `partner` due at `now`, but for some. How often it
    /// failed stays, so that a further failure waits as long as its turn says.
    pub async fn make_due(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        but_for: &[MessageId],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let but_for: Vec<_> =
            but_for.iter().map(|id| format!("{:X}", Uuid::from(*id).simple())).collect();
        let but_for = serde_json::Value::from(but_for).to_string();
        self.write(move |connection| {
            connection
                .prepare_cached(&format!(
                    "UPDATE outgoing SET next_at = ?3 WHERE office = ?1 AND partner = ?2
                     AND state = '{QUEUED}' AND next_at > ?3
                     AND hex(message_id) NOT IN (SELECT value FROM json_each(?4))"
                ))?
                .execute(params![Column(office), Column(partner), Column(now), but_for])?;
            Ok(())
        })
        .await
    }

    /// The packages of all offices that are queued and whose time was over before `queued`, and those
    /// that are refused, or kept by a relay, and whose time is over at `now`.
    pub async fn overdue(
        &self,
        queued: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<OutgoingRow>, StoreError> {
        self.read(move |connection| {
            let select = select::<Outgoing>("expires_at");
            let mut statement = connection.prepare_cached(&format!(
                "{select} WHERE state = '{QUEUED}' AND expires_at <= ?1
                 UNION ALL {select} WHERE state = '{REFUSED}' AND expires_at <= ?2
                 UNION ALL {select} WHERE state = '{DEPOSITED}' AND expires_at <= ?2"
            ))?;
            let rows = statement.query_map(params![Column(queued), Column(now)], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// What kept the package with a 連番 of `office` for `partner` from it, if it was refused for good
    /// or given up.
    pub async fn given_up_because(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        serial: FileSerial,
    ) -> Result<Option<String>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT detail FROM outgoing WHERE office = ?1 AND partner = ?2 AND serial = ?3
                 AND state IN ('{EXPIRED}', '{REFUSED}') ORDER BY created_at DESC LIMIT 1"
            ))?;
            let parameters = params![Column(office), Column(partner), Column(serial)];
            Ok(statement.query_row(parameters, |row| row.get(0)).optional()?)
        })
        .await
    }

    /// Whether a receipt of `partner` is still to come for a package of `office`: one is consigned
    /// or held there, and not handed over, or asked back.
    pub async fn awaits_receipts(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<bool, StoreError> {
        Ok(self.has_outgoing(office, partner, OutgoingState::Consigned).await?
            || self.has_outgoing(office, partner, OutgoingState::HeldByRecipient).await?
            || self.has_outgoing(office, partner, OutgoingState::RecallAsked).await?)
    }

    /// Whether a package of `office` for `partner` was refused for good or given up, which may have
    /// arrived all the same.
    pub async fn has_given_up(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<bool, StoreError> {
        Ok(self.has_outgoing(office, partner, OutgoingState::Expired).await?
            || self.has_outgoing(office, partner, OutgoingState::Refused).await?)
    }

    /// The state stands in the text of the query: a partial index does not serve a parameter.
    async fn has_outgoing(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        state: OutgoingState,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached(&format!(
                    "SELECT 1 FROM outgoing WHERE office = ?1 AND partner = ?2
                     AND state = '{}' LIMIT 1",
                    state.as_str()
                ))?
                .exists(params![Column(office), Column(partner)])?)
        })
        .await
    }
}

/// The latest time for which an attempt can have been planned before `now`.
fn latest(now: Timestamp) -> Timestamp {
    now.checked_add(LONGEST_WAIT).unwrap_or(Timestamp::MAX)
}
