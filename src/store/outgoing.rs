//! Packages that we send.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::packages::{Head, MORE, select};
use super::payload::Stored;
use super::unit::Column;
use super::{NewReceipt, Store, StoreError, receipts, settled};
use crate::transfer::{Outgoing, OutgoingEvent, OutgoingReceipt, Transition};
use crate::types::{Digest, FileSerial, Hashed, MessageId, OfficeNumber, code};

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
pub(super) const SUPERSEDED_BY: &str = "superseded-by-";

impl Store {
    /// One package that we send.
    pub async fn outgoing(&self, id: MessageId) -> Result<OutgoingRow, StoreError> {
        self.read(move |connection| outgoing(connection, id, read)).await
    }

    /// One package that we send, and whether this receipt of the recipient was stored with it.
    pub async fn outgoing_with_receipt(
        &self,
        id: MessageId,
        receipt: Digest,
    ) -> Result<(OutgoingRow, bool), StoreError> {
        self.read(move |connection| {
            let row = outgoing(connection, id, read)?;
            let parties = (row.office, row.partner);
            let is_stored = receipts::is_stored(connection, parties, id, receipt)?;
            Ok((row, is_stored))
        })
        .await
    }

    /// The container of a package that we send.
    pub async fn outgoing_package(&self, id: MessageId) -> Result<Hashed, StoreError> {
        let (folder, sealing) = self.where_packages_lie();
        self.read(move |connection| {
            let place = ("outgoing", "message_id = ?1");
            Stored::find(connection, place, params![Column(id)])?.load(&folder, &sealing)
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
    ) -> Result<Transition<Outgoing>, StoreError> {
        let transition = self.write(move |connection| {
            let (package, expires_at) = package(connection, id)?;
            if let Some(receipt) = &receipt {
                receipts::insert(connection, (package.office, package.partner), id, receipt)?;
            }
            let (event, detail) = of_recall(connection, id, (event, detail))?;
            let transition = package.state.on(id, expires_at, &event, now);
            // Held there as before, for another reason.
            let is_news = matches!(event, OutgoingEvent::Receipt(OutgoingReceipt::HandoverFailure))
                && transition.after == Outgoing::HeldByRecipient
                && package.detail != detail;
            if transition.changes() || is_news {
                package.enter(connection, transition.after, (&detail, ""), now)?;
            }
            if event == OutgoingEvent::Receipt(OutgoingReceipt::Recall) {
                number_is_settled(connection, id)?;
            }
            if transition.is_outcome() {
                settled::show(connection, id)?;
            }
            Ok(transition)
        });
        let transition = transition.await?;
        if !matches!(transition.after, Outgoing::Queued { .. }) {
            self.shared.settling.send_replace(());
        }
        Ok(transition)
    }

    /// Whether the recipient has lost the bytes of a package, so that it helps to send it again.
    pub async fn is_lost_there(&self, id: MessageId) -> Result<bool, StoreError> {
        self.read(move |connection| Ok(package(connection, id)?.0.detail.starts_with("store-")))
            .await
    }

    /// The package that took the place of one of ours in the end, if one did.
    pub async fn successor(&self, id: MessageId) -> Result<Option<MessageId>, StoreError> {
        self.read(move |connection| {
            let mut last = None;
            loop {
                let detail = match package(connection, last.unwrap_or(id)) {
                    Ok((package, _)) => package.detail,
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
            let (package, _) = package(connection, id)?;
            receipts::insert(connection, (package.office, package.partner), id, &receipt)
        })
        .await
    }
}

/// What a receipt means about a package that was asked back.
fn of_recall(
    connection: &Connection,
    id: MessageId,
    (event, detail): (OutgoingEvent, String),
) -> Result<(OutgoingEvent, String), StoreError> {
    let is_last = [OutgoingReceipt::Rejection, OutgoingReceipt::Handover];
    if !is_last.map(OutgoingEvent::Receipt).contains(&event) {
        return Ok((event, detail));
    }
    let was_asked = connection
        .prepare_cached("SELECT 1 FROM recalls WHERE message_id = ?1")?
        .exists(params![Column(id)])?;
    let is_granted = detail.split(',').any(|code| code == code::RECALLED);
    Ok(match event {
        OutgoingEvent::Receipt(OutgoingReceipt::Rejection) if was_asked && is_granted => {
            (OutgoingEvent::Receipt(OutgoingReceipt::Recall), detail)
        }
        OutgoingEvent::Receipt(OutgoingReceipt::Handover) if was_asked => {
            (event, code::RECALL_TOO_LATE.to_owned())
        }
        _ => (event, detail),
    })
}

/// The request about the number of a package that was taken back has done its work.
pub(super) fn number_is_settled(connection: &Connection, id: MessageId) -> Result<(), StoreError> {
    let sql = "UPDATE recalls SET number_only = 2 WHERE message_id = ?1 AND number_only = 1";
    connection.prepare_cached(sql)?.execute(params![Column(id)])?;
    Ok(())
}

/// One package, and when it gives up.
pub(super) fn package(
    connection: &Connection,
    id: MessageId,
) -> Result<(Head<Outgoing>, Timestamp), StoreError> {
    outgoing(connection, id, |row| Ok((Head::read(row)?, row.get::<_, Column<_>>(MORE)?.0)))
}

/// One package, read with `read`.
fn outgoing<T>(
    connection: &Connection,
    id: MessageId,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let sql = format!("{} WHERE message_id = ?1", select::<Outgoing>("expires_at"));
    Ok(connection.prepare_cached(&sql)?.query_row(params![Column(id)], read)?)
}

/// A package from the columns of [`select`] and `expires_at`.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<OutgoingRow> {
    let package = Head::read(row)?;
    Ok(OutgoingRow {
        id: package.id,
        office: package.office,
        partner: package.partner,
        sequence: package.sequence,
        serial: package.serial,
        state: package.state,
        expires_at: row.get::<_, Column<_>>(MORE)?.0,
        package_sha256: package.package_sha256,
        manifest_sha256: package.manifest_sha256,
    })
}
