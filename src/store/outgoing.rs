//! Packages that we send.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::journal::{self, Direction, JournalEntry};
use super::payload::{Payload, Stored};
use super::unit::Column;
use super::{NewReceipt, Store, StoreError, UnitSummary, held, receipts};
use crate::transfer::{LONGEST_WAIT, Outgoing, OutgoingEffect, OutgoingEvent, OutgoingReceipt};
use crate::types::{Digest, FileSerial, Hashed, MessageId, OfficeNumber};

/// A package that becomes durable.
#[derive(Debug, Clone)]
pub struct NewOutgoing {
    /// Its id, under which its files were claimed: the same claim is never packed twice.
    pub id: MessageId,
    /// Our office.
    pub office: OfficeNumber,
    /// The recipient.
    pub partner: OfficeNumber,
    /// Its number among all packages from `office` to `partner`.
    pub sequence: u64,
    /// Its 連番.
    pub serial: FileSerial,
    /// What it holds.
    pub unit: UnitSummary,
    /// When the package gives up.
    pub expires_at: Timestamp,
    /// Digest of `package`.
    pub package_sha256: Digest,
    /// Digest of the manifest's bytes.
    pub manifest_sha256: Digest,
    /// The container.
    pub package: Bytes,
}

/// A package on its way.
#[derive(Debug, Clone)]
pub struct OutgoingRow {
    /// Its id.
    pub id: MessageId,
    /// Our office.
    pub office: OfficeNumber,
    /// The recipient.
    pub partner: OfficeNumber,
    /// Its number among all packages from `office` to `partner`.
    pub sequence: u64,
    /// Its 連番.
    pub serial: FileSerial,
    /// Its state.
    pub state: Outgoing,
    /// When it gives up.
    pub expires_at: Timestamp,
    /// Digest of the container.
    pub package_sha256: Digest,
    /// Digest of the manifest's bytes.
    pub manifest_sha256: Digest,
}

/// Before the id of the package that took the place of another one.
const SUPERSEDED_BY: &str = "superseded-by-";

impl OutgoingRow {
    const fn entry(&self) -> JournalEntry {
        JournalEntry {
            direction: Direction::Out,
            office: self.office,
            partner: Some(self.partner),
            id: Some(self.id),
            serial: Some(self.serial),
        }
    }
}

const COLUMNS: &str = "message_id, office, partner, sequence, serial, state, failures, next_at,
                       expires_at, package_sha256, manifest_sha256";

impl Store {
    /// The number of the next package from `office` to `partner`.
    ///
    /// Only one task packs for an office, so nobody takes the number in between.
    pub async fn next_sequence(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let last: Option<i64> = connection
                .prepare_cached(
                    "SELECT max(sequence) FROM outgoing
                     WHERE office = ?1 AND partner = ?2 AND state <> 'SUPERSEDED'",
                )?
                .query_row(params![Column(office), Column(partner)], |row| row.get(0))?;
            Ok(u64::try_from(last.unwrap_or_default()).unwrap_or_default() + 1)
        })
        .await
    }

    /// Makes a package durable: PACKED, and at once QUEUED.
    pub async fn pack(&self, new: NewOutgoing, now: Timestamp) -> Result<(), StoreError> {
        let (digest, package) = (new.package_sha256, new.package.clone());
        self.write_package(digest, package, move |connection, payload| {
            pack(connection, &new, payload, now)
        })
        .await
    }

    /// Makes several packages durable, all or none, so that no number is left out. Each must be one
    /// that lies in the database.
    pub async fn pack_all(&self, new: Vec<NewOutgoing>, now: Timestamp) -> Result<(), StoreError> {
        let mut with_payloads = Vec::with_capacity(new.len());
        for new in new {
            let payload = Payload::small(&new.package);
            let payload = payload.ok_or(StoreError::Damaged("a large package among several"))?;
            with_payloads.push((new, payload));
        }
        self.shared.room.admits(with_payloads.iter().map(|(new, _)| new.package.len()).sum())?;
        self.write(move |connection| {
            let mut new = with_payloads.iter();
            new.try_for_each(|(new, payload)| pack(connection, new, payload, now))
        })
        .await
    }

    /// Puts a package in the place of a queued one that cannot be delivered as it is, under another
    /// id and with the same number. `false` if that one is not queued any more.
    pub async fn supersede(
        &self,
        former: MessageId,
        new: NewOutgoing,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (digest, package) = (new.package_sha256, new.package.clone());
        self.write_package(digest, package, move |connection, payload| {
            let row = outgoing(connection, former)?;
            let event = OutgoingEvent::Superseded;
            let (next, _) = row.state.on(former, row.expires_at, &event, now);
            if next == row.state {
                return Ok(false);
            }
            let detail = format!("{SUPERSEDED_BY}{}", new.id);
            connection
                .prepare_cached(
                    "UPDATE outgoing SET state = ?2, failures = 0, next_at = ?3, detail = ?4,
                         changed_at = ?3 WHERE message_id = ?1",
                )?
                .execute(params![Column(former), next.as_str(), Column(now), detail])?;
            journal::append(connection, &row.entry(), next.as_str(), &detail, now)?;
            insert(connection, &new, payload, now)?;
            Ok(true)
        })
        .await
    }

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
                "SELECT {COLUMNS} FROM outgoing
                 WHERE office = ?1 AND partner = ?2 AND state = 'QUEUED'
                     AND (next_at <= ?3 OR next_at > ?4)
                 ORDER BY sequence LIMIT ?5"
            ))?;
            let latest = Column(latest(due));
            let parameters = params![Column(office), Column(partner), Column(due), latest, limit];
            let rows = statement.query_map(parameters, read_outgoing)?;
            rows.map(|row| row?).collect()
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
                .prepare_cached(
                    "SELECT min(next_at) FROM outgoing WHERE office = ?1 AND partner = ?2
                     AND state = 'QUEUED' AND next_at > ?3 AND next_at <= ?4",
                )?
                .query_row(
                    params![Column(office), Column(partner), Column(due), Column(latest(due))],
                    |row| row.get(0),
                )?;
            Ok(next.map(|next| next.0))
        })
        .await
    }

    /// Makes every queued package of `office` for `partner` due at `now`. How often it failed stays,
    /// so that a further failure waits as long as its turn says.
    pub async fn make_due(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "UPDATE outgoing SET next_at = ?3 WHERE office = ?1 AND partner = ?2
                     AND state = 'QUEUED' AND next_at > ?3",
                )?
                .execute(params![Column(office), Column(partner), Column(now)])?;
            Ok(())
        })
        .await
    }

    /// The queued packages whose time is over, of all offices.
    pub async fn overdue(&self, now: Timestamp) -> Result<Vec<OutgoingRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM outgoing WHERE state = 'QUEUED' AND expires_at <= ?1"
            ))?;
            let rows = statement.query_map(params![Column(now)], read_outgoing)?;
            rows.map(|row| row?).collect()
        })
        .await
    }

    /// Whether a receipt of `partner` is still to come for a package of `office`: one is consigned
    /// or held there, and not handed over.
    pub async fn awaits_receipts(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<bool, StoreError> {
        Ok(self.has_outgoing(office, partner, "CONSIGNED").await?
            || self.has_outgoing(office, partner, "HELD_BY_RECIPIENT").await?)
    }

    /// Whether a package of `office` for `partner` was given up, which may have arrived all the same.
    pub async fn has_given_up(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<bool, StoreError> {
        self.has_outgoing(office, partner, "EXPIRED").await
    }

    /// The state stands in the text of the query: a partial index does not serve a parameter.
    async fn has_outgoing(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        state: &'static str,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached(&format!(
                    "SELECT 1 FROM outgoing WHERE office = ?1 AND partner = ?2
                     AND state = '{state}' LIMIT 1"
                ))?
                .exists(params![Column(office), Column(partner)])?)
        })
        .await
    }

    /// One package that we send.
    pub async fn outgoing(&self, id: MessageId) -> Result<OutgoingRow, StoreError> {
        self.read(move |connection| outgoing(connection, id)).await
    }

    /// The container of a package that we send.
    pub async fn outgoing_package(&self, id: MessageId) -> Result<Hashed, StoreError> {
        let folder = self.shared.folder.clone();
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT package_sha256, place, bytes FROM outgoing
                     LEFT JOIN payloads ON payloads.id = payload WHERE message_id = ?1",
                )?
                .query_row(params![Column(id)], Stored::read)?
                .load(&folder)
        })
        .await
    }

    /// Lets `event` happen to a package: the state machine runs in the transaction, the new state,
    /// its journal row and the receipt that brought it become durable together.
    ///
    /// `detail` is a code for the operator, such as `partner-unreachable`.
    pub async fn outgoing_event(
        &self,
        id: MessageId,
        event: OutgoingEvent,
        detail: String,
        receipt: Option<NewReceipt>,
        now: Timestamp,
    ) -> Result<(Outgoing, Vec<OutgoingEffect>), StoreError> {
        let next_and_effects = self.write(move |connection| {
            let row = outgoing(connection, id)?;
            let parties = (row.office, row.partner);
            if let Some(receipt) = &receipt {
                receipts::insert(connection, parties, id, receipt)?;
            }
            let (next, effects) = row.state.on(id, row.expires_at, &event, now);
            // Held there as before, for another reason.
            let is_news = matches!(event, OutgoingEvent::Receipt(OutgoingReceipt::HandoverFailure))
                && next == Outgoing::HeldByRecipient
                && detail_of(connection, id)? != detail;
            if next != row.state || is_news {
                let (failures, next_at) = match next {
                    Outgoing::Queued { failures, next_at } => (failures, next_at),
                    Outgoing::Consigned
                    | Outgoing::HeldByRecipient
                    | Outgoing::HandedOver
                    | Outgoing::Rejected
                    | Outgoing::Expired
                    | Outgoing::Superseded => (0, now),
                };
                connection
                    .prepare_cached(
                        "UPDATE outgoing SET state = ?2, failures = ?3, next_at = ?4, detail = ?5,
                             changed_at = ?6, copy_due = copy_due OR ?7 WHERE message_id = ?1",
                    )?
                    .execute(params![
                        Column(id),
                        next.as_str(),
                        failures,
                        Column(next_at),
                        detail,
                        Column(now),
                        next.is_shown_anew(row.state),
                    ])?;
                journal::append(connection, &row.entry(), next.as_str(), &detail, now)?;
            }
            Ok((next, effects))
        });
        let (next, effects) = next_and_effects.await?;
        if !matches!(next, Outgoing::Queued { .. }) {
            self.shared.settling.send_replace(());
        }
        Ok((next, effects))
    }

    /// Whether the recipient has lost the bytes of a package, so that it helps to send it again.
    pub async fn is_lost_there(&self, id: MessageId) -> Result<bool, StoreError> {
        self.read(move |connection| Ok(detail_of(connection, id)?.starts_with("store-"))).await
    }

    /// The package that took the place of one of ours in the end, if one did.
    pub async fn successor(&self, id: MessageId) -> Result<Option<MessageId>, StoreError> {
        self.read(move |connection| {
            let mut last = None;
            loop {
                let detail = match detail_of(connection, last.unwrap_or(id)) {
                    Ok(detail) => detail,
                    Err(StoreError::NotFound) => return Ok(last),
                    Err(error) => return Err(error),
                };
                match detail.strip_prefix(SUPERSEDED_BY).and_then(|next| next.parse().ok()) {
                    Some(next) => last = Some(next),
                    None => return Ok(last),
                }
            }
        })
        .await
    }

    /// Stores a receipt that we signed about a package of ours (`Expiry`).
    pub async fn add_own_receipt(
        &self,
        id: MessageId,
        receipt: NewReceipt,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let row = outgoing(connection, id)?;
            receipts::insert(connection, (row.office, row.partner), id, &receipt)
        })
        .await
    }
}

/// Inserts the package of a set that came: one of the same name that was held needs nobody any more.
fn pack(
    connection: &Connection,
    new: &NewOutgoing,
    payload: &Payload,
    now: Timestamp,
) -> Result<(), StoreError> {
    let way = (new.office, new.partner);
    held::overtaken(connection, way, new.serial, held::Overtaken::SentAgain, now)?;
    insert(connection, new, payload, now)
}

fn insert(
    connection: &Connection,
    new: &NewOutgoing,
    payload: &Payload,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Outgoing::Queued { failures, next_at } = Outgoing::packed(now) else {
        return Err(StoreError::Damaged("first state"));
    };
    connection
        .prepare_cached(
            "INSERT INTO outgoing (message_id, office, partner, sequence, serial, unit, state,
                 failures, next_at, detail, created_at, changed_at, expires_at, package_sha256,
                 manifest_sha256, place, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'QUEUED', ?7, ?8, '', ?9, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            Column(new.id),
            Column(new.office),
            Column(new.partner),
            i64::try_from(new.sequence).unwrap_or(i64::MAX),
            Column(new.serial),
            new.unit.to_json()?,
            failures,
            Column(next_at),
            Column(now),
            Column(new.expires_at),
            Column(new.package_sha256),
            Column(new.manifest_sha256),
            payload.place,
            payload.insert(connection)?,
        ])?;
    let entry = JournalEntry {
        direction: Direction::Out,
        office: new.office,
        partner: Some(new.partner),
        id: Some(new.id),
        serial: Some(new.serial),
    };
    let converted = new.unit.converted_from;
    let detail = converted.map_or_else(String::new, |from| format!("converted-from-{from}"));
    journal::append(connection, &entry, "PACKED", &detail, now)?;
    journal::append(connection, &entry, "QUEUED", "", now)
}

/// The latest time for which an attempt can have been planned before `now`.
fn latest(now: Timestamp) -> Timestamp {
    now.checked_add(LONGEST_WAIT).unwrap_or(Timestamp::MAX)
}

fn detail_of(connection: &Connection, id: MessageId) -> Result<String, StoreError> {
    Ok(connection
        .prepare_cached("SELECT detail FROM outgoing WHERE message_id = ?1")?
        .query_row(params![Column(id)], |row| row.get(0))?)
}

fn outgoing(connection: &Connection, id: MessageId) -> Result<OutgoingRow, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM outgoing WHERE message_id = ?1"))?
        .query_row(params![Column(id)], read_outgoing)?
}

fn read_outgoing(row: &Row<'_>) -> rusqlite::Result<Result<OutgoingRow, StoreError>> {
    let sequence: i64 = row.get(3)?;
    let state: String = row.get(5)?;
    let next_at: Column<Timestamp> = row.get(7)?;
    let state = match Outgoing::from_stored(&state, row.get(6)?, next_at.0) {
        Ok(state) => state,
        Err(unknown) => return Ok(Err(unknown.into())),
    };
    Ok(Ok(OutgoingRow {
        id: row.get::<_, Column<_>>(0)?.0,
        office: row.get::<_, Column<_>>(1)?.0,
        partner: row.get::<_, Column<_>>(2)?.0,
        sequence: u64::try_from(sequence).unwrap_or_default(),
        serial: row.get::<_, Column<_>>(4)?.0,
        state,
        expires_at: row.get::<_, Column<_>>(8)?.0,
        package_sha256: row.get::<_, Column<_>>(9)?.0,
        manifest_sha256: row.get::<_, Column<_>>(10)?.0,
    }))
}
