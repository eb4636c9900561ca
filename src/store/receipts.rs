//! Receipts that we issued and that we received.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::unit::Column;
use super::{Direction, Store, StoreError};
use crate::types::{Digest, MessageId, OfficeNumber};

/// Who signed a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// We did.
    Issued,
    /// The partner did.
    Received,
}

impl Origin {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Received => "received",
        }
    }
}

/// A receipt to be stored with the step that it proves.
#[derive(Debug, Clone)]
pub struct NewReceipt {
    /// Who signed it.
    pub origin: Origin,
    /// Its kind as it stands in it, such as `ContentConsignment`.
    pub kind: String,
    /// When it says it was made.
    pub at: Timestamp,
    /// CMS SignedData, DER, with the content attached.
    pub der: Bytes,
}

/// A stored receipt.
#[derive(Debug, Clone)]
pub struct StoredReceipt {
    /// Ascending in the order in which receipts were stored.
    pub position: u64,
    /// Our office.
    pub office: OfficeNumber,
    /// The package it is about.
    pub message_id: MessageId,
    /// Its kind.
    pub kind: String,
    /// When it says it was made.
    pub at: Timestamp,
    /// Its digest.
    pub sha256: Digest,
    /// Its bytes.
    pub der: Bytes,
}

impl Store {
    /// The receipts that our offices issued to `partner` about its packages after `after`, oldest
    /// first.
    pub async fn issued_receipts(
        &self,
        partner: OfficeNumber,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredReceipt>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, message_id, kind, at, sha256, der, office FROM receipts
                 WHERE origin = 'issued' AND kind <> 'Expiry' AND partner = ?1 AND id > ?2
                 ORDER BY id LIMIT ?3",
            )?;
            let after = i64::try_from(after).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![Column(partner), after, limit], read_receipt)?;
            rows.map(|row| row?).collect()
        })
        .await
    }

    /// The receipts that `office` issued about a package of `sender`, oldest first.
    pub async fn issued_about(
        &self,
        office: OfficeNumber,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<Vec<StoredReceipt>, StoreError> {
        self.read(move |connection| of_message(connection, Direction::In, (office, sender), id))
            .await
    }

    /// Stores receipts that say again what those said of which `former` was the last. `false` if it
    /// is not the last any more.
    pub async fn reissue(
        &self,
        (office, sender, id): (OfficeNumber, OfficeNumber, MessageId),
        former: Digest,
        receipts: Vec<NewReceipt>,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let issued = of_message(connection, Direction::In, (office, sender), id)?;
            if issued.last().is_none_or(|last| last.sha256 != former) {
                return Ok(false);
            }
            for receipt in &receipts {
                insert_below(connection, (office, sender), id, receipt, u32::MAX)?;
            }
            Ok(true)
        })
        .await
    }

    /// How far `partner`'s receipts for `office` were collected.
    pub async fn receipt_cursor(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT position FROM cursors WHERE office = ?1 AND partner = ?2",
            )?;
            let position: Result<i64, _> =
                statement.query_row(params![Column(office), Column(partner)], |row| row.get(0));
            match position {
                Ok(position) => Ok(u64::try_from(position).unwrap_or_default()),
                Err(rusqlite::Error::QueryReturnedNoRows) => Ok(0),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Remembers how far `partner`'s receipts for `office` were collected.
    pub async fn set_receipt_cursor(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
        position: u64,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let position = i64::try_from(position).unwrap_or(i64::MAX);
            connection
                .prepare_cached(
                    "INSERT INTO cursors (office, partner, position) VALUES (?1, ?2, ?3)
                 ON CONFLICT (office, partner) DO UPDATE SET position = excluded.position",
                )?
                .execute(params![Column(office), Column(partner), position])?;
            Ok(())
        })
        .await
    }
}

/// The kind of which we issue several about one package: held, released, and held again.
const REPEATABLE: &str = "ContentHandoverFailure";
/// How many of a kind that may come again are kept.
const MOST_REPEATED: u32 = 16;

/// Stores a receipt. Of ours the first of its kind about a package counts, but for the one that may
/// repeat itself. A partner may sign each anew, and a later one names that as the one before it: of
/// these the first few are kept, so that a partner cannot fill our disk with ever new ones.
pub(super) fn insert(
    connection: &Connection,
    parties: (OfficeNumber, OfficeNumber),
    id: MessageId,
    receipt: &NewReceipt,
) -> Result<(), StoreError> {
    let may_repeat = receipt.origin == Origin::Received || receipt.kind == REPEATABLE;
    let most = if may_repeat { MOST_REPEATED } else { 1 };
    insert_below(connection, parties, id, receipt, most)
}

/// Stores a receipt, unless there are `most` of its kind about the package.
///
/// The index is named because SQLite looks at the values: for a receipt of ours it takes the one of
/// all that we issued to the partner, and reads it from its beginning.
fn insert_below(
    connection: &Connection,
    (office, partner): (OfficeNumber, OfficeNumber),
    id: MessageId,
    receipt: &NewReceipt,
    most: u32,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO receipts (origin, office, partner, message_id, kind, at, sha256, der)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE (
                 SELECT count(*) FROM receipts INDEXED BY receipts_message WHERE message_id = ?4 AND kind = ?5 AND origin = ?1
                     AND office = ?2 AND partner = ?3
             ) < ?9 ON CONFLICT (origin, sha256) DO NOTHING",
        )?
        .execute(params![
            receipt.origin.as_str(),
            Column(office),
            Column(partner),
            Column(id),
            receipt.kind,
            Column(receipt.at),
            Column(Digest::of(&receipt.der)),
            receipt.der.as_ref(),
            most,
        ])?;
    Ok(())
}

/// Which receipts are about one package. The id alone does not say: a partner may give its own
/// package the id of one of ours, and two offices of one node send to each other. About what we
/// send the partner signs, and we ourselves only that its time is over.
macro_rules! about_one {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM receipts INDEXED BY receipts_message WHERE message_id = ?1 AND office = ?2 AND partner = ?3
              AND (origin = 'received' OR kind = 'Expiry') = (?4 = 'out') ORDER BY id"
        )
    };
}

/// The receipts about one package, oldest first.
pub(super) fn of_message(
    connection: &Connection,
    direction: Direction,
    (office, partner): (OfficeNumber, OfficeNumber),
    id: MessageId,
) -> Result<Vec<StoredReceipt>, StoreError> {
    let mut statement =
        connection.prepare_cached(about_one!("id, message_id, kind, at, sha256, der, office"))?;
    let one = params![Column(id), Column(office), Column(partner), direction.as_str()];
    let rows = statement.query_map(one, read_receipt)?;
    rows.map(|row| row?).collect()
}

/// Their kinds alone, each once.
pub(super) fn kinds_of_message(
    connection: &Connection,
    direction: Direction,
    (office, partner): (OfficeNumber, OfficeNumber),
    id: MessageId,
) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(about_one!("kind"))?;
    let one = params![Column(id), Column(office), Column(partner), direction.as_str()];
    let rows = statement.query_map(one, |row| row.get(0))?;
    let mut kinds = Vec::new();
    for kind in rows {
        let kind: String = kind?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

fn read_receipt(row: &Row<'_>) -> rusqlite::Result<Result<StoredReceipt, StoreError>> {
    let position: i64 = row.get(0)?;
    let der: Vec<u8> = row.get(5)?;
    let receipt = StoredReceipt {
        position: u64::try_from(position).unwrap_or_default(),
        message_id: row.get::<_, Column<_>>(1)?.0,
        kind: row.get(2)?,
        at: row.get::<_, Column<_>>(3)?.0,
        sha256: row.get::<_, Column<Digest>>(4)?.0,
        der: der.into(),
        office: row.get::<_, Column<_>>(6)?.0,
    };
    let intact = Digest::of(&receipt.der) == receipt.sha256;
    Ok(if intact { Ok(receipt) } else { Err(StoreError::Damaged("digest of a receipt")) })
}
