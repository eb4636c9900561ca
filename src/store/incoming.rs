//! Packages that we receive.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::held::by_whom;
use super::journal::{self, Direction, JournalEntry};
use super::payload::{Payload, Stored};
use super::unit::Column;
use super::{NewReceipt, Store, StoreError, UnitSummary, receipts};
use crate::package::PackageRef;
use crate::route::{self, AfterGap};
use crate::transfer::{Incoming, IncomingEffect, IncomingEvent};
use crate::types::{Digest, FileSerial, Hashed, MessageId, OfficeNumber};

/// A package that becomes durable together with the receipt that answers it.
#[derive(Debug, Clone)]
pub struct NewIncoming {
    /// Its id.
    pub id: MessageId,
    /// Who sent it; part of its identity.
    pub sender: OfficeNumber,
    /// Our office.
    pub office: OfficeNumber,
    /// The sender's number for it.
    pub sequence: u64,
    /// Its 連番.
    pub serial: FileSerial,
    /// What it holds.
    pub unit: UnitSummary,
    /// [`Incoming::committed`] or [`Incoming::Rejected`].
    pub state: Incoming,
    /// Why it was rejected: rule codes.
    pub detail: String,
    /// Digest of `package`.
    pub package_sha256: Digest,
    /// Digest of the manifest's bytes.
    pub manifest_sha256: Digest,
    /// What is kept of it.
    pub content: Content,
    /// The receipt that goes out when all of this is durable.
    pub receipt: NewReceipt,
}

/// What is kept of a package that came in.
#[derive(Debug, Clone)]
pub enum Content {
    /// The container.
    Whole(Bytes),
    /// Of a rejected package only its manifest and the signature over it: they prove with the digest
    /// what was sent, and cost little. Above [`Content::LARGEST_PROOF`] they are not kept either.
    Proof {
        /// `manifest.json`
        manifest: Bytes,
        /// `manifest.p7s`
        signature: Bytes,
    },
}

impl Content {
    /// The most that is kept of a rejected package, in bytes.
    pub const LARGEST_PROOF: usize = 64 << 10;
}

/// What became of a package that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitAnswer {
    /// It is new and durable now.
    New,
    /// The very same package is here already; this was its receipt.
    Repeat(Bytes),
    /// The sender used this id for other bytes.
    Different,
}

/// A package that came in.
#[derive(Debug, Clone)]
pub struct IncomingRow {
    /// Its id.
    pub id: MessageId,
    /// Who sent it.
    pub sender: OfficeNumber,
    /// Our office.
    pub office: OfficeNumber,
    /// The sender's number for it.
    pub sequence: u64,
    /// Its 連番.
    pub serial: FileSerial,
    /// Its state.
    pub state: Incoming,
    /// When it became durable.
    pub created_at: Timestamp,
    /// Digest of the container.
    pub package_sha256: Digest,
    /// Digest of the manifest's bytes.
    pub manifest_sha256: Digest,
}

impl IncomingRow {
    /// What a receipt about it names.
    pub const fn reference(&self) -> PackageRef {
        PackageRef {
            message_id: self.id,
            package_sha256: self.package_sha256,
            manifest_sha256: self.manifest_sha256,
            sender: self.sender,
            recipient: self.office,
        }
    }
}

/// What there is to say about a step of a package that came in.
#[derive(Debug, Clone, Default)]
pub struct IncomingNote {
    /// A code for the operator.
    pub detail: String,
    /// The account of the person who brought it about; for the journal.
    pub by: String,
    /// The receipt that the step is told with.
    pub receipt: Option<NewReceipt>,
    /// Where its files were put, below the hold folder.
    pub folder: Option<String>,
}

impl IncomingNote {
    /// A code alone.
    pub fn code(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..Self::default() }
    }
}

/// A package that waits to be placed.
#[derive(Debug, Clone)]
pub struct UnplacedRow {
    /// The package.
    pub row: IncomingRow,
    /// It lies beside the database: it may be as large as packages may be.
    pub is_large: bool,
    /// Since when a number below its own is missing, see [`route::missing_since`].
    pub missing_since: Option<Timestamp>,
}

const COLUMNS: &str = "message_id, sender, office, sequence, serial, state, failures, next_at,
                       created_at, package_sha256, manifest_sha256";

impl Store {
    /// What is already known of a package: its receipt if these are the same bytes. Blocks for as
    /// long as the disk takes to read it.
    pub fn known(
        &self,
        sender: OfficeNumber,
        id: MessageId,
        package_sha256: Digest,
    ) -> Result<CommitAnswer, StoreError> {
        self.with_reader(|connection| known(connection, sender, id, package_sha256))
    }

    /// Makes a package and its receipt durable, unless it is here already.
    pub async fn commit(
        &self,
        new: NewIncoming,
        now: Timestamp,
    ) -> Result<CommitAnswer, StoreError> {
        let (sender, digest) = (new.sender, new.package_sha256);
        let (answer, size) = match &new.content {
            Content::Whole(package) => {
                let (package, size) = (package.clone(), package.len());
                let work = move |connection: &Connection, payload: &Payload| {
                    insert(connection, &new, payload, size, now)
                };
                (self.write_package(digest, package, work).await?, size)
            }
            Content::Proof { .. } => {
                let work = move |connection: &Connection| {
                    insert(connection, &new, &Payload::gone(), 0, now)
                };
                (self.write(work).await?, 0)
            }
        };
        if answer == CommitAnswer::New {
            let mut kept = self.kept();
            let kept = kept.entry(sender).or_default();
            *kept = kept.saturating_add(u64::try_from(size).unwrap_or(u64::MAX));
        }
        Ok(answer)
    }

    /// The bytes of all packages of a sender that are kept.
    pub fn kept_of(&self, sender: OfficeNumber) -> u64 {
        self.kept().get(&sender).copied().unwrap_or_default()
    }

    /// The packages from `sender` to `office` that are committed and not placed yet, the lowest
    /// 連番 first.
    pub async fn unplaced(
        &self,
        office: OfficeNumber,
        sender: OfficeNumber,
        limit: u32,
    ) -> Result<Vec<UnplacedRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, place = 'beside' FROM incoming
                 WHERE office = ?1 AND sender = ?2 AND state = 'COMMITTED'
                 ORDER BY serial, sequence LIMIT ?3"
            ))?;
            let rows =
                statement.query_map(params![Column(office), Column(sender), limit], |row| {
                    let is_large = row.get(11)?;
                    let row = read_incoming(row)?;
                    Ok(row.map(|row| UnplacedRow { row, is_large, missing_since: None }))
                })?;
            let mut rows: Vec<UnplacedRow> = rows.map(|row| row?).collect::<Result<_, _>>()?;
            let highest = rows.iter().map(|unplaced| unplaced.row.sequence).max();
            let gaps = after_gaps(connection, office, sender, highest.unwrap_or_default())?;
            for unplaced in &mut rows {
                unplaced.missing_since = route::missing_since(&gaps, unplaced.row.sequence);
            }
            Ok(rows)
        })
        .await
    }

    /// The packages to `office` whose files are placed and whose handover receipt is not signed.
    pub async fn placed(&self, office: OfficeNumber) -> Result<Vec<IncomingRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM incoming WHERE office = ?1 AND state = 'PLACED'
                 ORDER BY sender, serial"
            ))?;
            let rows = statement.query_map(params![Column(office)], read_incoming)?;
            rows.map(|row| row?).collect()
        })
        .await
    }

    /// Whether a package of this id still waits to be placed, whoever sent it, for whichever of our
    /// offices: several may have one import folder.
    pub async fn waits(&self, id: MessageId) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let found = connection
                .query_row(
                    "SELECT 1 FROM incoming WHERE message_id = ?1 AND state = 'COMMITTED'",
                    params![Column(id)],
                    |_| Ok(()),
                )
                .optional()?;
            Ok(found.is_some())
        })
        .await
    }

    /// The senders that have packages for `office` which are not placed yet.
    pub async fn senders_waiting(
        &self,
        office: OfficeNumber,
    ) -> Result<Vec<OfficeNumber>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT DISTINCT sender FROM incoming WHERE office = ?1 AND state = 'COMMITTED'",
            )?;
            let rows = statement
                .query_map(params![Column(office)], |row| Ok(row.get::<_, Column<_>>(0)?.0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The container of a package that we received.
    pub async fn incoming_package(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<Hashed, StoreError> {
        let folder = self.shared.folder.clone();
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT package_sha256, place, bytes FROM incoming
                     LEFT JOIN payloads ON payloads.id = payload
                     WHERE sender = ?1 AND message_id = ?2",
                )?
                .query_row(params![Column(sender), Column(id)], Stored::read)?
                .load(&folder)
        })
        .await
    }

    /// The receipt that was issued last about a package that we received, and its kind: the next one
    /// follows it.
    pub async fn last_receipt(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<(String, Digest), StoreError> {
        self.read(move |connection| {
            let last = connection
                .prepare_cached(
                    "SELECT kind, sha256 FROM receipts INDEXED BY receipts_message
                     WHERE origin = 'issued' AND kind <> 'Expiry' AND partner = ?1
                         AND message_id = ?2 ORDER BY id DESC LIMIT 1",
                )?
                .query_row(params![Column(sender), Column(id)], |row| {
                    Ok((row.get(0)?, row.get::<_, Column<_>>(1)?.0))
                })?;
            Ok(last)
        })
        .await
    }

    /// Lets `event` happen to a package; see [`Store::outgoing_event`].
    pub async fn incoming_event(
        &self,
        sender: OfficeNumber,
        id: MessageId,
        event: IncomingEvent,
        note: IncomingNote,
        now: Timestamp,
    ) -> Result<(Incoming, Option<IncomingEffect>), StoreError> {
        self.write(move |connection| step(connection, (sender, id), event, note, now)).await
    }
}

/// The packages that wait to be placed, numbered up to `highest`, and before which a number is
/// missing. What became of the one with that number is nobody's concern, as long as it came.
///
/// The index is named because SQLite would rather look through everything that ever came.
fn after_gaps(
    connection: &Connection,
    office: OfficeNumber,
    sender: OfficeNumber,
    highest: u64,
) -> Result<Vec<AfterGap>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, created_at FROM incoming INDEXED BY incoming_committed
         WHERE office = ?1 AND sender = ?2 AND state = 'COMMITTED' AND sequence BETWEEN 2 AND ?3
         AND NOT EXISTS (
             SELECT 1 FROM incoming AS other WHERE other.office = ?1 AND other.sender = ?2
             AND other.sequence = incoming.sequence - 1
         )",
    )?;
    let highest = i64::try_from(highest).unwrap_or(i64::MAX);
    let gaps = statement.query_map(params![Column(office), Column(sender), highest], |row| {
        let sequence: i64 = row.get(0)?;
        Ok(AfterGap {
            sequence: u64::try_from(sequence).unwrap_or_default(),
            committed_at: row.get::<_, Column<_>>(1)?.0,
        })
    })?;
    Ok(gaps.collect::<Result<_, _>>()?)
}

/// Adds a package with its receipt, unless it is here already.
fn insert(
    connection: &Connection,
    new: &NewIncoming,
    payload: &Payload,
    size: usize,
    now: Timestamp,
) -> Result<CommitAnswer, StoreError> {
    match known(connection, new.sender, new.id, new.package_sha256)? {
        CommitAnswer::New => {}
        answer @ (CommitAnswer::Repeat(_) | CommitAnswer::Different) => return Ok(answer),
    }
    let proof = match &new.content {
        Content::Proof { manifest, signature }
            if manifest.len() + signature.len() <= Content::LARGEST_PROOF =>
        {
            Some((manifest.as_ref(), signature.as_ref()))
        }
        Content::Proof { .. } | Content::Whole(_) => None,
    };
    connection
        .prepare_cached(
            "INSERT INTO incoming (message_id, sender, office, sequence, serial, unit,
                 state, failures, next_at, detail, created_at, changed_at, package_sha256,
                 manifest_sha256, place, payload, size, manifest, signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?8, ?8, ?10, ?11, ?12, ?13, ?14,
                 ?15, ?16)",
        )?
        .execute(params![
            Column(new.id),
            Column(new.sender),
            Column(new.office),
            i64::try_from(new.sequence).unwrap_or(i64::MAX),
            Column(new.serial),
            new.unit.to_json()?,
            new.state.as_str(),
            Column(now),
            new.detail,
            Column(new.package_sha256),
            Column(new.manifest_sha256),
            payload.place,
            payload.insert(connection)?,
            i64::try_from(size).unwrap_or(i64::MAX),
            proof.map(|(manifest, _)| manifest),
            proof.map(|(_, signature)| signature),
        ])?;
    receipts::insert(connection, (new.office, new.sender), new.id, &new.receipt)?;
    let entry = entry(new.office, new.sender, new.id, new.serial);
    journal::append(connection, &entry, new.state.as_str(), &new.detail, now)?;
    Ok(CommitAnswer::New)
}

/// The bytes of the packages that are kept of each sender.
pub(super) fn kept(connection: &Connection) -> Result<BTreeMap<OfficeNumber, u64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sender, sum(size) FROM incoming WHERE place <> 'gone' GROUP BY sender",
    )?;
    let rows = statement.query_map([], |row| {
        let size: i64 = row.get(1)?;
        Ok((row.get::<_, Column<_>>(0)?.0, u64::try_from(size).unwrap_or_default()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The step itself, for what has to be written in the same transaction.
pub(super) fn step(
    connection: &Connection,
    (sender, id): (OfficeNumber, MessageId),
    event: IncomingEvent,
    note: IncomingNote,
    now: Timestamp,
) -> Result<(Incoming, Option<IncomingEffect>), StoreError> {
    let row = incoming(connection, sender, id)?;
    let (next, effect) = row.state.on(id, &event, now);
    // Held as before, for another reason.
    let is_news = event == IncomingEvent::Withheld
        && next == Incoming::Held
        && detail_of(connection, sender, id)? != note.detail;
    if next == row.state && !is_news {
        return Ok((next, effect));
    }
    let IncomingNote { detail, by, receipt, folder } = note;
    if let Some(receipt) = &receipt {
        receipts::insert(connection, (row.office, sender), id, receipt)?;
    }
    let (failures, next_at) = match next {
        Incoming::Committed { failures, next_at } => (failures, next_at),
        Incoming::Rejected | Incoming::Placed | Incoming::HandedOver | Incoming::Held => (0, now),
    };
    connection
        .prepare_cached(
            "UPDATE incoming SET state = ?3, failures = ?4, next_at = ?5, detail = ?6,
                 changed_at = ?7, folder = coalesce(?8, folder) WHERE sender = ?1 AND message_id = ?2",
        )?
        .execute(params![
            Column(sender),
            Column(id),
            next.as_str(),
            failures,
            Column(next_at),
            detail,
            Column(now),
            folder,
        ])?;
    let entry = entry(row.office, sender, id, row.serial);
    journal::append(connection, &entry, next.as_str(), &by_whom(&detail, &by), now)?;
    Ok((next, effect))
}

fn detail_of(
    connection: &Connection,
    sender: OfficeNumber,
    id: MessageId,
) -> Result<String, StoreError> {
    Ok(connection
        .prepare_cached("SELECT detail FROM incoming WHERE sender = ?1 AND message_id = ?2")?
        .query_row(params![Column(sender), Column(id)], |row| row.get(0))?)
}

pub(super) const fn entry(
    office: OfficeNumber,
    sender: OfficeNumber,
    id: MessageId,
    serial: FileSerial,
) -> JournalEntry {
    JournalEntry {
        direction: Direction::In,
        office,
        partner: Some(sender),
        id: Some(id),
        serial: Some(serial),
    }
}

fn known(
    connection: &Connection,
    sender: OfficeNumber,
    id: MessageId,
    package_sha256: Digest,
) -> Result<CommitAnswer, StoreError> {
    let found: Option<Column<Digest>> = connection
        .prepare_cached(
            "SELECT package_sha256 FROM incoming WHERE sender = ?1 AND message_id = ?2",
        )?
        .query_row(params![Column(sender), Column(id)], |row| row.get(0))
        .optional()?;
    match found {
        None => Ok(CommitAnswer::New),
        Some(digest) if digest.0 == package_sha256 => {
            Ok(CommitAnswer::Repeat(issued(connection, sender, id)?))
        }
        Some(_) => Ok(CommitAnswer::Different),
    }
}

fn issued(
    connection: &Connection,
    sender: OfficeNumber,
    id: MessageId,
) -> Result<Bytes, StoreError> {
    let der: Vec<u8> = connection
        .prepare_cached(
            "SELECT der FROM receipts INDEXED BY receipts_message WHERE origin = 'issued' AND kind <> 'Expiry'
             AND partner = ?1 AND message_id = ?2 ORDER BY id LIMIT 1",
        )?
        .query_row(params![Column(sender), Column(id)], |row| row.get(0))?;
    Ok(der.into())
}

pub(super) fn incoming(
    connection: &Connection,
    sender: OfficeNumber,
    id: MessageId,
) -> Result<IncomingRow, StoreError> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM incoming WHERE sender = ?1 AND message_id = ?2"
        ))?
        .query_row(params![Column(sender), Column(id)], read_incoming)?
}

fn read_incoming(row: &Row<'_>) -> rusqlite::Result<Result<IncomingRow, StoreError>> {
    let sequence: i64 = row.get(3)?;
    let state: String = row.get(5)?;
    let next_at: Column<Timestamp> = row.get(7)?;
    let state = match Incoming::from_stored(&state, row.get(6)?, next_at.0) {
        Ok(state) => state,
        Err(unknown) => return Ok(Err(unknown.into())),
    };
    Ok(Ok(IncomingRow {
        id: row.get::<_, Column<_>>(0)?.0,
        sender: row.get::<_, Column<_>>(1)?.0,
        office: row.get::<_, Column<_>>(2)?.0,
        sequence: u64::try_from(sequence).unwrap_or_default(),
        serial: row.get::<_, Column<_>>(4)?.0,
        state,
        created_at: row.get::<_, Column<_>>(8)?.0,
        package_sha256: row.get::<_, Column<_>>(9)?.0,
        manifest_sha256: row.get::<_, Column<_>>(10)?.0,
    }))
}
