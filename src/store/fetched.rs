//! Packages that were fetched from a relay or from a partner's node: where their receipts go.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::names::EXPIRY;
use super::unit::Column;
use super::{Store, StoreError};
use crate::package::ReceiptKind;
use crate::types::{Digest, MessageId, OfficeNumber};

/// How many of what cannot be taken are remembered, of all places together.
const MOST_UNREADABLE: u32 = 10_000;

/// A receipt of ours that has to go where its package was fetched.
#[derive(Debug, Clone)]
pub struct DueReceipt {
    /// Who sent the package.
    pub sender: OfficeNumber,
    /// Its id.
    pub id: MessageId,
    /// Its place among all receipts.
    pub position: i64,
    /// Its kind.
    pub kind: ReceiptKind,
    /// Its bytes.
    pub der: bytes::Bytes,
}

impl Store {
    /// Whether a package of `sender` with this id is here.
    pub async fn has_incoming(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached("SELECT 1 FROM incoming WHERE sender = ?1 AND message_id = ?2")?
                .exists(params![Column(sender), Column(id)])?)
        })
        .await
    }

    /// Remembers that the receipts about a package go to `source` too. Where it was left there after it
    /// came here, at `stored_at`, the receipts that were there are lost with its store, and all go once
    /// more. Says whether more has to go there than before.
    pub async fn was_fetched(
        &self,
        source: String,
        office: OfficeNumber,
        (sender, id): (OfficeNumber, MessageId),
        stored_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let changed = connection
                .prepare_cached(
                    "INSERT INTO fetched (source, sender, message_id, office, put, done)
                     VALUES (?1, ?2, ?3, ?4, 0, 0)
                     ON CONFLICT (source, sender, message_id) DO UPDATE SET put = 0, done = 0
                     WHERE EXISTS (SELECT 1 FROM incoming WHERE incoming.sender = excluded.sender
                         AND incoming.message_id = excluded.message_id AND created_at < ?5)",
                )?
                .execute(params![
                    source,
                    Column(sender),
                    Column(id),
                    Column(office),
                    Column(stored_at)
                ])?;
            Ok(changed > 0)
        })
        .await
    }

    /// Receipts of `office` that have to go to `source`, in the order in which they were issued.
    pub async fn due_receipts(
        &self,
        source: String,
        office: OfficeNumber,
        limit: u32,
    ) -> Result<Vec<DueReceipt>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT fetched.sender, fetched.message_id, receipts.id, receipts.kind, receipts.der
                 FROM fetched INDEXED BY fetched_open
                 CROSS JOIN receipts INDEXED BY receipts_message
                     ON receipts.message_id = fetched.message_id
                     AND receipts.partner = fetched.sender AND receipts.office = fetched.office
                     AND receipts.origin = 'issued' AND receipts.kind <> '{EXPIRY}'
                     AND receipts.id > fetched.put
                 WHERE fetched.source = ?1 AND fetched.office = ?2 AND fetched.done = 0
                 ORDER BY receipts.id LIMIT ?3"
            ))?;
            let rows = statement.query_map(params![source, Column(office), limit], |row| {
                let der: Vec<u8> = row.get(4)?;
                Ok(DueReceipt {
                    sender: row.get::<_, Column<_>>(0)?.0,
                    id: row.get::<_, Column<_>>(1)?.0,
                    position: row.get(2)?,
                    kind: ReceiptKind::named(&row.get::<_, String>(3)?)
                        .unwrap_or(ReceiptKind::Other),
                    der: der.into(),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Remembers that a receipt is at `source`; `done` says that no other follows.
    pub async fn receipt_was_put(
        &self,
        source: String,
        receipt: &DueReceipt,
        done: bool,
    ) -> Result<(), StoreError> {
        let (sender, id, position) = (receipt.sender, receipt.id, receipt.position);
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "UPDATE fetched SET put = max(put, ?4), done = max(done, ?5)
                     WHERE source = ?1 AND sender = ?2 AND message_id = ?3",
                )?
                .execute(params![source, Column(sender), Column(id), position, done])?;
            Ok(())
        })
        .await
    }

    /// Why these bytes of `source` could not be taken, if they could not.
    pub async fn unreadable(
        &self,
        source: String,
        (sender, id): (OfficeNumber, MessageId),
        sha256: Digest,
    ) -> Result<Option<String>, StoreError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT code FROM unreadable
                     WHERE source = ?1 AND sender = ?2 AND message_id = ?3 AND sha256 = ?4",
                )?
                .query_row(params![source, Column(sender), Column(id), Column(sha256)], |row| {
                    row.get(0)
                })
                .optional()?)
        })
        .await
    }

    /// Remembers that these bytes cannot be taken. Of one place only so many are remembered: whoever
    /// has more to offer of the kind has its first ones fetched again.
    pub async fn is_unreadable(
        &self,
        source: String,
        (sender, id): (OfficeNumber, MessageId),
        sha256: Digest,
        code: &'static str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO unreadable (source, sender, message_id, sha256, code, at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (source, sender, message_id) DO UPDATE SET
                         sha256 = excluded.sha256, code = excluded.code, at = excluded.at",
                )?
                .execute(params![
                    source,
                    Column(sender),
                    Column(id),
                    Column(sha256),
                    code,
                    Column(now)
                ])?;
            connection
                .prepare_cached(
                    "DELETE FROM unreadable WHERE at < (
                         SELECT at FROM unreadable ORDER BY at DESC LIMIT 1 OFFSET ?1)",
                )?
                .execute(params![MOST_UNREADABLE])?;
            Ok(())
        })
        .await
    }
}
