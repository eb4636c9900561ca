//! What is written; each is part of a transaction.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::{
    CANDIDATES, CANDIDATES_OF_OFFICE, Candidate, Deposit, Deposited, NewRecall, NewReceipt,
    PutRecall, PutReceipt, Quota, RECEIPTS_OF_KIND, RelayStoreError, Standing, millis, pieces,
    signed,
};
use crate::types::{Digest, OfficeNumber};

/// The most pieces of a body.
const PIECES: i64 = 1 << 16;

/// How it stands with a package whose time was over before its last receipt came.
const OVER: i64 = 3;

/// The id of the first piece of a body; the others follow.
pub(super) const fn first_piece(body: i64) -> i64 {
    body.saturating_mul(PIECES)
}

/// A package that is there already under the same id.
struct Former {
    id: i64,
    recipient: String,
    package_sha256: Vec<u8>,
    key_id: String,
    size: i64,
    state: i64,
    acceptance: Vec<u8>,
}

pub(super) fn deposit(
    connection: &Connection,
    new: &Deposit,
    quota: Quota,
) -> Result<Deposited, RelayStoreError> {
    let sql = "SELECT id, recipient, package_sha256, key_id, size, state, acceptance FROM packages
        WHERE sender = ?1 AND message_id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let former = statement
        .query_row(params![new.sender.as_str(), new.message_id.as_bytes()], |row| {
            Ok(Former {
                id: row.get(0)?,
                recipient: row.get(1)?,
                package_sha256: row.get(2)?,
                key_id: row.get(3)?,
                size: row.get(4)?,
                state: row.get(5)?,
                acceptance: row.get(6)?,
            })
        })
        .optional()?;
    let size = i64::try_from(new.sealed.bytes().len()).unwrap_or(i64::MAX);
    if let Some(former) = former {
        let is_same = former.package_sha256 == new.package_sha256.as_raw()
            && former.recipient == new.recipient.as_str();
        if !is_same {
            return Ok(Deposited::Different);
        }
        if former.state == OVER {
            // All that is left is that it was here; its receipts have it from another table.
            forget(connection, new.sender, &former)?;
            return deposit(connection, new, quota);
        }
        let is_new_seal = former.state == 0 && former.key_id != new.key_id;
        if is_new_seal && !has_receipt(connection, new)? {
            let more = size.saturating_sub(former.size);
            if kept_of(connection, new.sender)?.bytes.saturating_add(more) > signed(quota.bytes) {
                return Ok(Deposited::Full);
            }
            remove_pieces(connection, former.id)?;
            forget(connection, new.sender, &former)?;
            kept(connection, new.sender, more, 0)?;
            insert(connection, new, size)?;
            return Ok(Deposited::Repeated(new.acceptance.clone()));
        }
        return Ok(Deposited::Repeated(former.acceptance.into()));
    }
    know(connection, new.sender)?;
    know(connection, new.recipient)?;
    let has = kept_of(connection, new.sender)?;
    if has.bytes.saturating_add(size) > signed(quota.bytes)
        || has.messages >= signed(quota.messages)
        || has.beside.saturating_add(length(&new.acceptance)) > signed(quota.beside)
    {
        return Ok(Deposited::Full);
    }
    kept(connection, new.sender, size, 1)?;
    insert(connection, new, size)?;
    Ok(Deposited::New)
}

/// Whether the recipient has said anything of the package.
fn has_receipt(connection: &Connection, new: &Deposit) -> Result<bool, RelayStoreError> {
    let sql = "SELECT 1 FROM receipts WHERE sender = ?1 AND message_id = ?2";
    let parameters = params![new.sender.as_str(), new.message_id.as_bytes()];
    Ok(connection.prepare_cached(sql)?.exists(parameters)?)
}

/// How much is kept of an office.
struct Kept {
    bytes: i64,
    messages: i64,
    beside: i64,
}

/// How much is kept of an office that is known.
fn kept_of(connection: &Connection, office: OfficeNumber) -> Result<Kept, RelayStoreError> {
    let sql = "SELECT bytes, messages, beside FROM offices WHERE number = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let kept = statement.query_row([office.as_str()], |row| {
        Ok(Kept { bytes: row.get(0)?, messages: row.get(1)?, beside: row.get(2)? })
    });
    Ok(kept?)
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

/// Removes the memory of a package; its bytes are gone already.
fn forget(
    connection: &Connection,
    sender: OfficeNumber,
    former: &Former,
) -> Result<(), RelayStoreError> {
    connection.prepare_cached("DELETE FROM packages WHERE id = ?1")?.execute([former.id])?;
    kept_beside(connection, sender.as_str(), length(&former.acceptance).saturating_neg())
}

fn insert(connection: &Connection, new: &Deposit, size: i64) -> Result<(), RelayStoreError> {
    let position = next_in_mailbox(connection, new.recipient, new.stored_at)?;
    let sql = "INSERT INTO packages (sender, message_id, recipient, position, package_sha256,
        sealed_sha256, key_id, size, stored_at, expires_at, state, acceptance)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)";
    connection.prepare_cached(sql)?.execute(params![
        new.sender.as_str(),
        new.message_id.as_bytes(),
        new.recipient.as_str(),
        position,
        new.package_sha256.as_raw(),
        new.sealed.sha256().as_raw(),
        new.key_id,
        size,
        millis(new.stored_at),
        millis(new.expires_at),
        &new.acceptance[..],
    ])?;
    kept_beside(connection, new.sender.as_str(), length(&new.acceptance))?;
    let first = first_piece(connection.last_insert_rowid());
    let mut statement =
        connection.prepare_cached("INSERT INTO pieces (id, bytes) VALUES (?1, ?2)")?;
    for (number, bytes) in pieces(new.sealed.bytes()) {
        statement.execute(params![first.saturating_add(number), &bytes[..]])?;
    }
    Ok(())
}

/// Removes the bytes of a package.
pub(super) fn remove_pieces(connection: &Connection, body: i64) -> Result<(), RelayStoreError> {
    let (first, next) = (first_piece(body), first_piece(body.saturating_add(1)));
    let mut statement =
        connection.prepare_cached("DELETE FROM pieces WHERE id >= ?1 AND id < ?2")?;
    statement.execute([first, next])?;
    Ok(())
}

/// So much more is kept of an office, or less.
pub(super) fn kept(
    connection: &Connection,
    of: OfficeNumber,
    bytes: i64,
    messages: i64,
) -> Result<(), RelayStoreError> {
    let sql = "UPDATE offices SET bytes = bytes + ?2, messages = messages + ?3 WHERE number = ?1";
    connection.prepare_cached(sql)?.execute(params![of.as_str(), bytes, messages])?;
    Ok(())
}

/// So much more is kept of an office beside its packages, or less.
pub(super) fn kept_beside(
    connection: &Connection,
    of: &str,
    bytes: i64,
) -> Result<(), RelayStoreError> {
    let sql = "UPDATE offices SET beside = max(0, beside + ?2) WHERE number = ?1";
    connection.prepare_cached(sql)?.execute(params![of, bytes])?;
    Ok(())
}

pub(super) fn put_receipt(
    connection: &Connection,
    new: &NewReceipt,
    quota: Quota,
) -> Result<PutReceipt, RelayStoreError> {
    let sql = "SELECT id, package_sha256, size, state FROM packages
        WHERE sender = ?1 AND message_id = ?2 AND recipient = ?3";
    let of = &new.of;
    let found = connection
        .prepare_cached(sql)?
        .query_row(params![of.sender.as_str(), of.id.as_bytes(), of.office.as_str()], |row| {
            Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((id, package_sha256, size, state)) = found else { return Ok(PutReceipt::Unknown) };
    let (id, size, state): (i64, i64, i64) = (id, size, state);
    if package_sha256 != new.package_sha256.as_raw() {
        return Ok(PutReceipt::Mismatch);
    }
    let sha256 = Digest::of(&new.receipt);
    let kind = new.kind.as_str();
    let sql = "SELECT coalesce(sum(sha256 = ?3), 0), coalesce(sum(kind = ?4), 0) FROM receipts
        WHERE sender = ?1 AND message_id = ?2";
    let parameters = params![of.sender.as_str(), of.id.as_bytes(), sha256.as_raw(), kind];
    let (same, of_kind): (i64, i64) = connection
        .prepare_cached(sql)?
        .query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
    if same > 0 {
        return Ok(PutReceipt::Repeated);
    }
    if of_kind >= RECEIPTS_OF_KIND {
        return Ok(PutReceipt::TooMany);
    }
    let has = kept_of(connection, of.office)?.beside;
    if has.saturating_add(length(&new.receipt)) > signed(quota.beside) {
        return Ok(PutReceipt::Full);
    }
    kept_beside(connection, of.office.as_str(), length(&new.receipt))?;
    let goes = new.kind.is_last() && state < 2;
    let (less, fewer) = if goes { (size, 1) } else { (0, 0) };
    let sql = "UPDATE offices SET receipts = max(receipts + 1, ?2), bytes = bytes - ?3,
        messages = messages - ?4 WHERE number = ?1 RETURNING receipts";
    let position: i64 = connection
        .prepare_cached(sql)?
        .query_row(params![of.sender.as_str(), millis(new.at), less, fewer], |row| row.get(0))?;
    let sql =
        "INSERT INTO receipts (sender, position, message_id, recipient, kind, sha256, receipt,
        stored_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    connection.prepare_cached(sql)?.execute(params![
        of.sender.as_str(),
        position,
        of.id.as_bytes(),
        of.office.as_str(),
        kind,
        sha256.as_raw(),
        &new.receipt[..],
        millis(new.at),
    ])?;
    if goes {
        connection.prepare_cached("UPDATE packages SET state = 2 WHERE id = ?1")?.execute([id])?;
        remove_pieces(connection, id)?;
    }
    Ok(PutReceipt::New)
}

pub(super) fn put_recall(
    connection: &Connection,
    new: &NewRecall,
    quota: Quota,
) -> Result<PutRecall, RelayStoreError> {
    let of = &new.of;
    let (sender, id) = (of.sender.as_str(), of.id.as_bytes());
    let sql = "SELECT id, package_sha256, state, expires_at FROM packages
        WHERE sender = ?1 AND message_id = ?2 AND recipient = ?3";
    let found = connection
        .prepare_cached(sql)?
        .query_row(params![sender, id, of.office.as_str()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((package, package_sha256, state, expires_at)) = found else {
        return Ok(PutRecall::Unknown);
    };
    let (state, expires_at): (i64, i64) = (state, expires_at);
    if package_sha256 != new.package_sha256.as_raw() {
        return Ok(PutRecall::Mismatch);
    }
    if state == 2 {
        return Ok(PutRecall::Settled);
    }
    if state > 2 || expires_at <= millis(new.over) {
        return Ok(PutRecall::Over);
    }
    let sql = "SELECT recall FROM recalls WHERE sender = ?1 AND message_id = ?2";
    let former: Option<Vec<u8>> = connection
        .prepare_cached(sql)?
        .query_row(params![sender, id], |row| row.get(0))
        .optional()?;
    if former.as_deref() == Some(&new.recall[..]) {
        return Ok(PutRecall::Settled);
    }
    let more = length(&new.recall).saturating_sub(former.as_deref().map_or(0, length));
    let has = kept_of(connection, of.sender)?.beside;
    if has.saturating_add(more) > signed(quota.beside) {
        return Ok(PutRecall::Full);
    }
    kept_beside(connection, sender, more)?;
    let sql = "INSERT INTO recalls (sender, message_id, recall) VALUES (?1, ?2, ?3)
        ON CONFLICT (sender, message_id) DO UPDATE SET recall = excluded.recall";
    connection.prepare_cached(sql)?.execute(params![sender, id, &new.recall[..]])?;
    // Whoever listed it before is told again.
    let position = next_in_mailbox(connection, of.office, new.at)?;
    let sql = "UPDATE packages SET position = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([package, position])?;
    Ok(PutRecall::New)
}

/// The next position of packages for an office that is known.
fn next_in_mailbox(
    connection: &Connection,
    office: OfficeNumber,
    at: Timestamp,
) -> Result<i64, RelayStoreError> {
    let sql =
        "UPDATE offices SET mailbox = max(mailbox + 1, ?2) WHERE number = ?1 RETURNING mailbox";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row(params![office.as_str(), millis(at)], |row| row.get(0))?)
}

pub(super) fn know(connection: &Connection, office: OfficeNumber) -> Result<(), RelayStoreError> {
    let sql = "INSERT INTO offices (number) VALUES (?1) ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute([office.as_str()])?;
    Ok(())
}

pub(super) fn decide(
    connection: &Connection,
    office: OfficeNumber,
    standing: Standing,
    card: Option<(u64, Bytes)>,
) -> Result<(), RelayStoreError> {
    know(connection, office)?;
    let sql = "UPDATE offices SET standing = ?2 WHERE number = ?1";
    connection.prepare_cached(sql)?.execute(params![office.as_str(), standing.number()])?;
    if let Some((serial, card)) = card {
        let sql = "UPDATE offices SET serial = ?2, card = ?3 WHERE number = ?1";
        let parameters = params![office.as_str(), signed(serial), &card[..]];
        connection.prepare_cached(sql)?.execute(parameters)?;
    }
    Ok(())
}

pub(super) fn put_card(
    connection: &Connection,
    office: OfficeNumber,
    serial: u64,
    card: &Bytes,
) -> Result<bool, RelayStoreError> {
    know(connection, office)?;
    let sql = "UPDATE offices SET serial = ?2, card = ?3 WHERE number = ?1 AND serial < ?2";
    let parameters = params![office.as_str(), signed(serial), &card[..]];
    Ok(connection.prepare_cached(sql)?.execute(parameters)? > 0)
}

pub(super) fn introduce(
    connection: &Connection,
    candidate: &Candidate,
) -> Result<(), RelayStoreError> {
    let (office, sha256) = (candidate.office.as_str(), candidate.sha256.as_raw());
    let signer = candidate.signer.as_raw();
    let sql = "DELETE FROM candidates WHERE office = ?1 AND signer = ?2 AND sha256 <> ?3";
    connection.prepare_cached(sql)?.execute(params![office, signer, sha256])?;
    let sql = "INSERT INTO candidates (office, sha256, card, signer, site, at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT DO UPDATE SET site = excluded.site, at = excluded.at,
            signer = excluded.signer";
    let (card, site) = (&candidate.card[..], &candidate.site);
    let parameters = params![office, sha256, card, signer, site, millis(candidate.at)];
    connection.prepare_cached(sql)?.execute(parameters)?;
    let sql = "DELETE FROM candidates WHERE rowid = (
            SELECT rowid FROM candidates WHERE office = ?1 AND site = (
                SELECT site FROM candidates WHERE office = ?1
                GROUP BY site ORDER BY count(*) DESC, min(at) LIMIT 1
            ) ORDER BY at, sha256 LIMIT 1
        ) AND (SELECT count(*) FROM candidates WHERE office = ?1) > ?2";
    connection.prepare_cached(sql)?.execute(params![office, CANDIDATES_OF_OFFICE])?;
    let sql = "DELETE FROM candidates WHERE rowid = (
            SELECT rowid FROM candidates WHERE site = (
                SELECT site FROM candidates GROUP BY site ORDER BY count(*) DESC, min(at) LIMIT 1
            ) ORDER BY at, sha256 LIMIT 1
        ) AND (SELECT count(*) FROM candidates) > ?1";
    connection.prepare_cached(sql)?.execute([CANDIDATES])?;
    Ok(())
}

pub(super) fn forget_candidates(
    connection: &Connection,
    office: OfficeNumber,
) -> Result<(), RelayStoreError> {
    let sql = "DELETE FROM candidates WHERE office = ?1";
    connection.prepare_cached(sql)?.execute([office.as_str()])?;
    Ok(())
}

/// A defect that is planted on purpose: whoever has begun to fetch is taken to have it.
#[cfg(test)]
pub(super) fn gone(connection: &Connection, body: i64) -> Result<(), RelayStoreError> {
    connection.prepare_cached("UPDATE packages SET state = 2 WHERE id = ?1")?.execute([body])?;
    Ok(())
}
