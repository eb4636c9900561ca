//! Packages that come in: made durable once, together with the receipt that answers them, if any does.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::journal::{self, JournalEntry};
use super::payload::Payload;
use super::receipts::Which;
use super::unit::Column;
use super::{Content, NewReceipt, Store, StoreError, UnitSummary, recalled, receipts};
use crate::transfer::{Incoming, State};
#[cfg(test)]
use crate::types::Plant;
use crate::types::{CameBy, Digest, FileSerial, MessageId, OfficeNumber};

/// A package that becomes durable together with the receipt that answers it, if it came from a node.
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
    /// [`Incoming::committed`] or [`Incoming::Rejected`]; of a downloaded set also [`Incoming::Held`].
    pub state: Incoming,
    /// Why it was rejected or is held: codes.
    pub detail: String,
    /// Digest of `package`.
    pub package_sha256: Digest,
    /// Digest of the manifest's bytes.
    pub manifest_sha256: Digest,
    /// What is kept of it.
    pub content: Content,
    /// The receipt that goes out when all of this is durable; none where nobody is told.
    pub receipt: Option<NewReceipt>,
    /// How it came.
    pub came_by: CameBy,
    /// Where copies of its files lie, below the hold folder; empty where none do.
    pub folder: String,
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
        self.commit_and(new, now, |_| Ok(())).await
    }

    /// The same, and what has to be written with it in one transaction.
    pub(super) async fn commit_and(
        &self,
        new: NewIncoming,
        now: Timestamp,
        and: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<CommitAnswer, StoreError> {
        #[cfg(test)]
        if Plant::RowWithoutBytes.is_there()
            && let Content::Whole(package) = &new.content
        {
            let package = package.clone();
            return self.commit_without_bytes(new, package, now).await;
        }
        let (sender, digest) = (new.sender, new.package_sha256);
        let (answer, size) = match &new.content {
            Content::Whole(package) => {
                let (package, size) = (package.clone(), package.len());
                let work = move |connection: &Connection, payload: &Payload| {
                    let answer = insert(connection, &new, payload, size, now)?;
                    if answer == CommitAnswer::New {
                        and(connection)?;
                    }
                    Ok(answer)
                };
                (self.write_package(digest, package, work).await?, size)
            }
            Content::Proof { .. } => {
                let work = move |connection: &Connection| {
                    let answer = insert(connection, &new, &Payload::gone(), 0, now)?;
                    if answer == CommitAnswer::New {
                        and(connection)?;
                    }
                    Ok(answer)
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

    /// Commits a package whose bytes come later: a defect on purpose.
    #[cfg(test)]
    async fn commit_without_bytes(
        &self,
        new: NewIncoming,
        package: Bytes,
        now: Timestamp,
    ) -> Result<CommitAnswer, StoreError> {
        let (sender, id, size) = (new.sender, new.id, package.len());
        let insert =
            move |connection: &Connection| insert(connection, &new, &Payload::to_come(), size, now);
        let answer = self.write(insert).await?;
        let store = self.clone();
        crate::work::spawn(async move {
            let add = move |connection: &Connection| {
                connection.execute("INSERT INTO payloads (bytes) VALUES (?1)", [&*package])?;
                connection.execute(
                    "UPDATE incoming SET payload = last_insert_rowid()
                     WHERE sender = ?1 AND message_id = ?2",
                    params![Column(sender), Column(id)],
                )?;
                Ok(())
            };
            let _ = store.write(add).await;
        });
        Ok(answer)
    }

    /// The bytes of all packages of a sender that are kept.
    pub fn kept_of(&self, sender: OfficeNumber) -> u64 {
        self.kept().get(&sender).copied().unwrap_or_default()
    }
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
    let proof = new.content.proof();
    connection
        .prepare_cached(
            "INSERT INTO incoming (message_id, sender, office, sequence, serial, unit,
                 state, failures, next_at, detail, created_at, changed_at, package_sha256,
                 manifest_sha256, place, payload, size, manifest, signature, came_by,
                 folder)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?8, ?8, ?10, ?11, ?12, ?13, ?14,
                 ?15, ?16, ?17, ?18)",
        )?
        .execute(params![
            Column(new.id),
            Column(new.sender),
            Column(new.office),
            i64::try_from(new.sequence).unwrap_or(i64::MAX),
            Column(new.serial),
            new.unit.to_json()?,
            new.state.state().as_str(),
            Column(now),
            new.detail,
            Column(new.package_sha256),
            Column(new.manifest_sha256),
            payload.place,
            payload.insert(connection)?,
            i64::try_from(size).unwrap_or(i64::MAX),
            proof.map(|(manifest, _)| manifest),
            proof.map(|(_, signature)| signature),
            new.came_by.as_str(),
            new.folder,
        ])?;
    if let Some(receipt) = &new.receipt {
        receipts::insert(connection, (new.office, new.sender), new.id, receipt)?;
    }
    let entry = JournalEntry {
        office: new.office,
        partner: Some(new.sender),
        id: Some(new.id),
        serial: Some(new.serial),
    };
    journal::append(connection, &entry, State::In(new.state.state()), &new.detail, now)?;
    Ok(CommitAnswer::New)
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
    // One that never came may have been asked back: the answer is there.
    let found = match found {
        Some(digest) => Some(digest.0),
        None => recalled::known(connection, sender, id)?,
    };
    match found {
        None => Ok(CommitAnswer::New),
        Some(digest) if digest == package_sha256 => {
            let first = receipts::issued(connection, (sender, id), Which::First)?;
            Ok(CommitAnswer::Repeat(first.der))
        }
        Some(_) => Ok(CommitAnswer::Different),
    }
}
