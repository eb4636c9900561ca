//! Packages that we received.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::packages::{Head, MORE, select};
use super::payload::Stored;
use super::unit::Column;
use super::{NewReceipt, Store, StoreError, receipts};
use crate::package::PackageRef;
use crate::transfer::{Incoming, IncomingEvent, Transition};
use crate::types::{CameBy, Digest, FileSerial, Hashed, MessageId, OfficeNumber};

/// A package that came in.
#[derive(Debug, Clone)]
pub struct IncomingRow {
    /// Its id.
    pub id: MessageId,
    /// Who sent it.
    pub sender: OfficeNumber,
    /// Our office.
    pub office: OfficeNumber,
    /// The sender's number for it; 0 where it has none, as it was downloaded.
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
    /// How it came.
    pub came_by: CameBy,
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
    /// None of its files was seen in the import folder.
    pub unshown: bool,
}

impl IncomingNote {
    /// A code alone.
    pub fn code(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..Self::default() }
    }
}

impl Store {
    /// The container of a package that we received.
    pub async fn incoming_package(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<Hashed, StoreError> {
        let (folder, sealing) = self.where_packages_lie();
        self.read(move |connection| {
            let place = ("incoming", "sender = ?1 AND message_id = ?2");
            Stored::find(connection, place, params![Column(sender), Column(id)])?
                .load(&folder, &sealing)
        })
        .await
    }

    /// A package that came in.
    pub async fn incoming(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<IncomingRow, StoreError> {
        self.read(move |connection| incoming(connection, sender, id, read)).await
    }

    /// Lets `event` happen to a package; see [`Store::outgoing_event`].
    pub async fn incoming_event(
        &self,
        sender: OfficeNumber,
        id: MessageId,
        event: IncomingEvent,
        note: IncomingNote,
        now: Timestamp,
    ) -> Result<Transition<Incoming>, StoreError> {
        self.write(move |connection| step(connection, (sender, id), event, note, now)).await
    }
}

/// The step itself, for what has to be written in the same transaction.
pub(super) fn step(
    connection: &Connection,
    (sender, id): (OfficeNumber, MessageId),
    event: IncomingEvent,
    note: IncomingNote,
    now: Timestamp,
) -> Result<Transition<Incoming>, StoreError> {
    let package = incoming(connection, sender, id, Head::<Incoming>::read)?;
    let transition = package.state.on(id, &event, now);
    let IncomingNote { detail, by, receipt, folder, unshown } = note;
    // Held as before, for another reason.
    let is_news = event == IncomingEvent::Withheld
        && transition.after == Incoming::Held
        && package.detail != detail;
    if transition.changes() || is_news {
        if let Some(receipt) = &receipt {
            receipts::insert(connection, (package.office, sender), id, receipt)?;
        }
        package.enter(connection, transition.after, (&detail, &by), now)?;
        if event == IncomingEvent::HandoverSigned && !package.detail.is_empty() {
            // What was said of its placing stays said. The journal has it already.
            connection
                .prepare_cached(
                    "UPDATE incoming SET detail = ?3 WHERE sender = ?1 AND message_id = ?2",
                )?
                .execute(params![Column(sender), Column(id), package.detail])?;
        }
        if unshown {
            connection
                .prepare_cached(
                    "UPDATE incoming SET placing = 0 WHERE sender = ?1 AND message_id = ?2",
                )?
                .execute(params![Column(sender), Column(id)])?;
        }
    }
    // Where copies lie is known also of a package that its sender took back while they were made.
    if let Some(folder) = folder
        && (transition.changes() || is_news || transition.after == Incoming::Recalled)
    {
        connection
            .prepare_cached(
                "UPDATE incoming SET folder = ?3 WHERE sender = ?1 AND message_id = ?2",
            )?
            .execute(params![Column(sender), Column(id), folder])?;
    }
    Ok(transition)
}

/// One package, read with `read`.
fn incoming<T>(
    connection: &Connection,
    sender: OfficeNumber,
    id: MessageId,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let sql = format!("{} WHERE sender = ?1 AND message_id = ?2", select::<Incoming>(COLUMNS));
    Ok(connection.prepare_cached(&sql)?.query_row(params![Column(sender), Column(id)], read)?)
}

/// What [`read`] needs beside the head of a package.
pub(super) const COLUMNS: &str = "created_at, came_by";

/// A package from the columns of [`select`] and [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<IncomingRow> {
    let package = Head::read(row)?;
    Ok(IncomingRow {
        id: package.id,
        sender: package.partner,
        office: package.office,
        sequence: package.sequence,
        serial: package.serial,
        state: package.state,
        created_at: row.get::<_, Column<_>>(MORE)?.0,
        package_sha256: package.package_sha256,
        manifest_sha256: package.manifest_sha256,
        came_by: row.get::<_, Column<_>>(MORE + 1)?.0,
    })
}
