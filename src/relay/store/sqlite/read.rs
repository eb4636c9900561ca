//! What is read.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::super::{
    Candidate, Found, OfficeRow, Positions, RelayStoreError, Standing, Totals, digest, message_id,
    millis, most_rows, office, place_of, signed, time, unsigned,
};
use super::write::first_piece;
use crate::link::{MailboxItem, MailboxItemName, ReceiptEntry};
use crate::types::OfficeNumber;

/// Every row of a query, read by `read`.
fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    read: impl Fn(&Row<'_>) -> Result<T, RelayStoreError>,
) -> Result<Vec<T>, RelayStoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub(super) fn waiting(
    connection: &Connection,
    of: OfficeNumber,
    after: u64,
    most: usize,
    now: Timestamp,
) -> Result<Vec<MailboxItem>, RelayStoreError> {
    let sql = "SELECT position, message_id, sender, size, sealed_sha256, expires_at, stored_at,
            EXISTS (SELECT 1 FROM recalls WHERE recalls.sender = packages.sender
                AND recalls.message_id = packages.message_id)
        FROM packages WHERE recipient = ?1 AND position > ?2 AND state < 2 AND expires_at > ?3
        ORDER BY position LIMIT ?4";
    let parameters = params![of.as_str(), signed(after), millis(now), most_rows(most)];
    all(connection, sql, parameters, |row| {
        Ok(MailboxItem {
            position: unsigned(row.get(0)?),
            message_id: message_id(row.get_ref(1)?.as_blob().map_err(|_| NO_BLOB)?)?,
            sender: office(row.get_ref(2)?.as_str().map_err(|_| NO_TEXT)?)?,
            size: unsigned(row.get(3)?),
            sha256: digest(row.get_ref(4)?.as_blob().map_err(|_| NO_BLOB)?)?,
            sealed: true,
            expires_at: time(row.get(5)?),
            stored_at: time(row.get(6)?),
            recalled: row.get(7)?,
        })
    })
}

const NO_BLOB: RelayStoreError = RelayStoreError::Damaged("bytes");
const NO_TEXT: RelayStoreError = RelayStoreError::Damaged("text");

pub(super) fn find(
    connection: &Connection,
    of: &MailboxItemName,
    now: Timestamp,
) -> Result<Found, RelayStoreError> {
    let sql = "SELECT id, size, sealed_sha256, state, expires_at,
            EXISTS (SELECT 1 FROM recalls WHERE recalls.sender = packages.sender
                AND recalls.message_id = packages.message_id)
        FROM packages
        WHERE sender = ?1 AND message_id = ?2 AND recipient = ?3";
    let parameters = params![of.sender.as_str(), of.id.as_bytes(), of.office.as_str()];
    let found = all(connection, sql, parameters, |row| {
        let (state, expires_at): (i64, i64) = (row.get(3)?, row.get(4)?);
        if state >= 2 || expires_at <= millis(now) || row.get(5)? {
            return Ok(Found::Gone);
        }
        let body = row.get(0)?;
        let Some(first) = slice(connection, body, 0)? else { return Ok(Found::Gone) };
        let sha256 = digest(row.get_ref(2)?.as_blob().map_err(|_| NO_BLOB)?)?;
        Ok(Found::Waiting { body, size: unsigned(row.get(1)?), sha256, first })
    })?;
    Ok(found.into_iter().next().unwrap_or(Found::Never))
}

pub(super) fn recall(
    connection: &Connection,
    of: &MailboxItemName,
    now: Timestamp,
) -> Result<Option<Bytes>, RelayStoreError> {
    let sql = "SELECT recall FROM recalls JOIN packages USING (sender, message_id)
        WHERE sender = ?1 AND message_id = ?2 AND recipient = ?3 AND state < 2
            AND expires_at > ?4";
    let (sender, office) = (of.sender.as_str(), of.office.as_str());
    let parameters = params![sender, of.id.as_bytes(), office, millis(now)];
    let mut statement = connection.prepare_cached(sql)?;
    let recall = statement.query_row(parameters, |row| row.get::<_, Vec<u8>>(0)).optional()?;
    Ok(recall.map(Bytes::from))
}

pub(super) fn slice(
    connection: &Connection,
    body: i64,
    start: u64,
) -> Result<Option<Bytes>, RelayStoreError> {
    // What is wanted as a whole is copied once less.
    let sql = "SELECT iif(?2 = 1 AND length(bytes) <= ?3, bytes, substr(bytes, ?2, ?3))
        FROM pieces WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let (piece, from, length) = place_of(start);
    let id = first_piece(body).saturating_add(piece);
    let bytes: Option<Vec<u8>> =
        statement.query_row([id, from, length], |row| row.get(0)).optional()?;
    Ok(bytes.map(Bytes::from))
}

pub(super) fn receipts(
    connection: &Connection,
    sender: OfficeNumber,
    after: u64,
    (most, most_bytes): (usize, usize),
) -> Result<Vec<ReceiptEntry>, RelayStoreError> {
    let sql = "SELECT position, message_id, receipt FROM receipts
        WHERE sender = ?1 AND position > ?2 ORDER BY position LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let parameters = params![sender.as_str(), signed(after), most_rows(most)];
    let mut rows = statement.query(parameters)?;
    let (mut found, mut bytes) = (Vec::new(), 0_usize);
    while bytes < most_bytes
        && let Some(row) = rows.next()?
    {
        let receipt = Bytes::from(row.get::<_, Vec<u8>>(2)?);
        bytes = bytes.saturating_add(receipt.len());
        let message_id = message_id(row.get_ref(1)?.as_blob().map_err(|_| NO_BLOB)?)?;
        found.push(ReceiptEntry { position: unsigned(row.get(0)?), message_id, receipt });
    }
    Ok(found)
}

pub(super) fn offices(connection: &Connection) -> Result<Vec<OfficeRow>, RelayStoreError> {
    let sql = "SELECT number, standing, card, bytes, messages, beside FROM offices ORDER BY number";
    all(connection, sql, [], |row| {
        Ok(OfficeRow {
            number: office(row.get_ref(0)?.as_str().map_err(|_| NO_TEXT)?)?,
            standing: Standing::of(row.get(1)?)?,
            card: row.get::<_, Option<Vec<u8>>>(2)?.map(Bytes::from),
            bytes: unsigned(row.get(3)?),
            messages: unsigned(row.get(4)?),
            beside: unsigned(row.get(5)?),
        })
    })
}

pub(super) fn card(
    connection: &Connection,
    of: OfficeNumber,
) -> Result<Option<Bytes>, RelayStoreError> {
    let mut statement = connection.prepare_cached("SELECT card FROM offices WHERE number = ?1")?;
    let card = statement.query_row([of.as_str()], |row| row.get::<_, Option<Vec<u8>>>(0));
    Ok(card.optional()?.flatten().map(Bytes::from))
}

pub(super) fn candidates(connection: &Connection) -> Result<Vec<Candidate>, RelayStoreError> {
    let sql = "SELECT office, sha256, card, at,
            CASE WHEN length(signer) = 32 THEN signer ELSE sha256 END AS hand, site FROM candidates
        ORDER BY at, office, sha256";
    all(connection, sql, [], |row| {
        Ok(Candidate {
            office: office(row.get_ref(0)?.as_str().map_err(|_| NO_TEXT)?)?,
            sha256: digest(row.get_ref(1)?.as_blob().map_err(|_| NO_BLOB)?)?,
            card: row.get::<_, Vec<u8>>(2)?.into(),
            at: time(row.get(3)?),
            signer: digest(row.get_ref(4)?.as_blob().map_err(|_| NO_BLOB)?)?,
            site: row.get(5)?,
        })
    })
}

pub(super) fn positions(connection: &Connection) -> Result<Vec<Positions>, RelayStoreError> {
    let sql = "SELECT number, mailbox, receipts, standing, serial FROM offices";
    all(connection, sql, [], |row| {
        Ok(Positions {
            office: office(row.get_ref(0)?.as_str().map_err(|_| NO_TEXT)?)?,
            standing: Standing::of(row.get(3)?)?,
            serial: unsigned(row.get(4)?),
            mailbox: unsigned(row.get(1)?),
            receipts: unsigned(row.get(2)?),
        })
    })
}

pub(super) fn totals(connection: &Connection) -> Result<Totals, RelayStoreError> {
    let sql = "SELECT count(*), coalesce(sum(messages), 0), coalesce(sum(bytes), 0),
        (SELECT count(*) FROM candidates), coalesce(sum(beside), 0) FROM offices";
    let found = all(connection, sql, [], |row| {
        Ok(Totals {
            offices: unsigned(row.get(0)?),
            waiting: unsigned(row.get(1)?),
            bytes: unsigned(row.get(2)?),
            candidates: unsigned(row.get(3)?),
            beside: unsigned(row.get(4)?),
        })
    })?;
    Ok(found.into_iter().next().unwrap_or_default())
}
