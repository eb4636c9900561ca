//! Receipts that we issued and that we received.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, Row, params};

use super::chain::Chain;
use super::names::EXPIRY;
use super::unit::Column;
use super::{Store, StoreError};
use crate::package::{Limits, Receipt, ReceiptKind};
use crate::transfer::Direction;
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
    /// Its kind.
    pub kind: ReceiptKind,
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
    /// When it says it was made.
    pub at: Timestamp,
    /// Its digest.
    pub sha256: Digest,
    /// Its bytes.
    pub der: Bytes,
}

const COLUMNS: &str = "id, message_id, at, sha256, der, office";

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
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM receipts
                 WHERE origin = 'issued' AND kind <> '{EXPIRY}' AND partner = ?1 AND id > ?2
                 ORDER BY id LIMIT ?3"
            ))?;
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

    /// The receipt that was issued last about a package that we received: the next one follows it. Its
    /// kind, if it is one that we know, and its digest.
    pub async fn last_receipt(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<(Option<ReceiptKind>, Digest), StoreError> {
        self.read(move |connection| {
            let last = issued(connection, (sender, id), Which::Last)?;
            Ok((last.kind, last.sha256))
        })
        .await
    }

    /// Whether the partner's receipt with this digest about a package of ours has come: it is
    /// stored, or there were so many that not all may be.
    pub async fn has_come(
        &self,
        (office, partner): (OfficeNumber, OfficeNumber),
        id: MessageId,
        sha256: Digest,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let count = "SELECT count(*) FROM receipts INDEXED BY receipts_message
                WHERE message_id = ?1 AND office = ?2 AND partner = ?3 AND origin = 'received'";
            let count: u32 = connection
                .prepare_cached(count)?
                .query_row(params![Column(id), Column(office), Column(partner)], |row| {
                    row.get(0)
                })?;
            Ok(count >= MOST_REPEATED || is_stored(connection, (office, partner), id, sha256)?)
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
const REPEATABLE: ReceiptKind = ReceiptKind::ContentHandoverFailure;
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
/// The index is named so that it is never the one of all receipts that we issued to the partner,
/// which would be read from its beginning.
fn insert_below(
    connection: &Connection,
    (office, partner): (OfficeNumber, OfficeNumber),
    id: MessageId,
    receipt: &NewReceipt,
    most: u32,
) -> Result<(), StoreError> {
    let sha256 = Digest::of(&receipt.der);
    let values: [&dyn ToSql; 7] = [
        &receipt.origin.as_str(),
        &Column(office),
        &Column(partner),
        &Column(id),
        &receipt.kind.as_str(),
        &Column(receipt.at),
        &Column(sha256),
    ];
    let link = Chain::Receipts.next_link(connection, Chain::Receipts.digest(&values)?)?;
    let [origin, office, partner, id, kind, at, sha256] = values;
    connection
        .prepare_cached(
            "INSERT INTO receipts (origin, office, partner, message_id, kind, at, sha256, der, link)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?10 WHERE (
                 SELECT count(*) FROM receipts INDEXED BY receipts_message WHERE message_id = ?4 AND kind = ?5 AND origin = ?1
                     AND office = ?2 AND partner = ?3
             ) < ?9 ON CONFLICT (origin, sha256) DO NOTHING",
        )?
        .execute(params![
            origin,
            office,
            partner,
            id,
            kind,
            at,
            sha256,
            receipt.der.as_ref(),
            most,
            Column(link),
        ])?;
    Ok(())
}

/// Which receipts are about one package. The id alone does not say: a partner may give its own
/// package the id of one of ours, and two offices of one node send to each other. About what we
/// send the partner signs, and we ourselves only that its time is over.
fn about_one(columns: &str) -> String {
    format!(
        "SELECT {columns} FROM receipts INDEXED BY receipts_message
         WHERE message_id = ?1 AND office = ?2 AND partner = ?3
             AND (origin = 'received' OR kind = '{EXPIRY}') = (?4 = 'out') ORDER BY id"
    )
}

/// The receipts about one package, oldest first.
pub(super) fn of_message(
    connection: &Connection,
    direction: Direction,
    (office, partner): (OfficeNumber, OfficeNumber),
    id: MessageId,
) -> Result<Vec<StoredReceipt>, StoreError> {
    let mut statement = connection.prepare_cached(&about_one(COLUMNS))?;
    let one = params![Column(id), Column(office), Column(partner), direction.as_str()];
    let rows = statement.query_map(one, read_receipt)?;
    rows.map(|row| row?).collect()
}

/// What there is to show of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptLine {
    /// Who signed it.
    pub origin: Origin,
    /// Its kind; none if only a newer renkei knows it.
    pub kind: Option<ReceiptKind>,
    /// When it says it was made.
    pub at: Timestamp,
    /// Its digest.
    pub sha256: Digest,
    /// SHA-256 of the certificate that it is signed with; none where the receipt is damaged.
    pub signed_with: Option<Digest>,
}

/// What there is to show of the receipts about one package, oldest first.
pub(super) fn lines_of_message(
    connection: &Connection,
    direction: Direction,
    (office, partner): (OfficeNumber, OfficeNumber),
    id: MessageId,
) -> Result<Vec<ReceiptLine>, StoreError> {
    let mut statement =
        connection.prepare_cached(&about_one("origin = 'issued', kind, at, sha256, der"))?;
    let one = params![Column(id), Column(office), Column(partner), direction.as_str()];
    let rows = statement.query_map(one, |row| {
        let issued: bool = row.get(0)?;
        let der: Vec<u8> = row.get(4)?;
        Ok(ReceiptLine {
            origin: if issued { Origin::Issued } else { Origin::Received },
            kind: ReceiptKind::named(&row.get::<_, String>(1)?),
            at: row.get::<_, Column<_>>(2)?.0,
            sha256: row.get::<_, Column<_>>(3)?.0,
            signed_with: Receipt::signed_with(&der, &Limits::default()).ok(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a receipt of the partner about one package of ours is here.
pub(super) fn is_stored(
    connection: &Connection,
    (office, partner): (OfficeNumber, OfficeNumber),
    id: MessageId,
    receipt: Digest,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM receipts INDEXED BY receipts_message WHERE message_id = ?1
         AND office = ?2 AND partner = ?3 AND sha256 = ?4 AND origin = 'received'",
    )?;
    Ok(statement.exists(params![Column(id), Column(office), Column(partner), Column(receipt)])?)
}

/// Their kinds alone, each once. A kind that only a newer renkei knows has no name here.
pub(super) fn kinds_of_message(
    connection: &Connection,
    direction: Direction,
    (office, partner): (OfficeNumber, OfficeNumber),
    id: MessageId,
) -> Result<Vec<ReceiptKind>, StoreError> {
    let mut statement = connection.prepare_cached(&about_one("kind"))?;
    let one = params![Column(id), Column(office), Column(partner), direction.as_str()];
    let rows = statement.query_map(one, |row| row.get::<_, String>(0))?;
    let mut kinds = Vec::new();
    for name in rows {
        if let Some(kind) = ReceiptKind::named(&name?).filter(|kind| !kinds.contains(kind)) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

/// The first receipt that we issued about a package of `sender`, or the last: the kind, the digest and
/// the bytes of one.
///
/// The index is named because SQLite would rather read all that we issued to the sender.
pub(super) fn issued(
    connection: &Connection,
    (sender, id): (OfficeNumber, MessageId),
    which: Which,
) -> Result<Issued, StoreError> {
    let order = match which {
        Which::First => "ASC",
        Which::Last => "DESC",
    };
    let issued = connection
        .prepare_cached(&format!(
            "SELECT kind, sha256, der FROM receipts INDEXED BY receipts_message
             WHERE origin = 'issued' AND kind <> '{EXPIRY}' AND partner = ?1 AND message_id = ?2
             ORDER BY id {order} LIMIT 1"
        ))?
        .query_row(params![Column(sender), Column(id)], |row| {
            Ok(Issued {
                kind: ReceiptKind::named(&row.get::<_, String>(0)?),
                sha256: row.get::<_, Column<_>>(1)?.0,
                der: row.get::<_, Vec<u8>>(2)?.into(),
            })
        })?;
    Ok(issued)
}

/// Which of the receipts that we issued about a package.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    First,
    Last,
}

/// A receipt that we issued about a package of somebody else.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    /// `None` if only a newer renkei knows its kind.
    pub(super) kind: Option<ReceiptKind>,
    pub(super) sha256: Digest,
    pub(super) der: Bytes,
}

fn read_receipt(row: &Row<'_>) -> rusqlite::Result<Result<StoredReceipt, StoreError>> {
    let position: i64 = row.get(0)?;
    let der: Vec<u8> = row.get(4)?;
    let receipt = StoredReceipt {
        position: u64::try_from(position).unwrap_or_default(),
        message_id: row.get::<_, Column<_>>(1)?.0,
        at: row.get::<_, Column<_>>(2)?.0,
        sha256: row.get::<_, Column<Digest>>(3)?.0,
        der: der.into(),
        office: row.get::<_, Column<_>>(5)?.0,
    };
    let intact = Digest::of(&receipt.der) == receipt.sha256;
    Ok(if intact { Ok(receipt) } else { Err(StoreError::Damaged("digest of a receipt")) })
}
