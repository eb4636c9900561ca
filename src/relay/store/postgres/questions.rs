//! What offices ask so often that several share a statement.
//!
//! Those that write hold the rows of all offices that they change from the beginning, in the order of their
//! numbers, as everybody does: so no two statements wait for each other, whichever instance they come
//! from. Each row of the answer ends with the place of its question.

use deadpool_postgres::GenericClient;
use tokio_postgres::{Error, Row};

use super::super::{Deposit, NewReceipt, PIECE, Quota, RECEIPTS_OF_KIND, SLICE, millis, signed};
use super::Parameters;
use super::together::Question;
use crate::link::MailboxItemName;
use crate::types::Digest;

/// A package. Both offices have a row.
pub(super) struct NewPackage {
    pub(super) new: Deposit,
    pub(super) quota: Quota,
    /// Under which the pieces behind the first are there already, if it has some.
    pub(super) body: Option<i64>,
}

impl NewPackage {
    /// The first piece.
    fn first(&self) -> &[u8] {
        let bytes = self.new.sealed.bytes();
        usize::try_from(PIECE).ok().and_then(|piece| bytes.get(..piece)).unwrap_or(bytes)
    }
}

impl Question for NewPackage {
    fn bytes(&self) -> usize {
        self.new.sealed.bytes().len()
    }

    async fn ask(client: &impl GenericClient, these: &[Self]) -> Result<Vec<Row>, Error> {
        let sql = "WITH held AS MATERIALIZED (
                SELECT 1 FROM offices WHERE number = ANY($1::TEXT[] || $3::TEXT[])
                ORDER BY number FOR UPDATE
            )
            SELECT outcome, former_acceptance, place
            FROM unnest($1::TEXT[], $2::BYTEA[], $3::TEXT[], $4::BYTEA[], $5::BYTEA[], $6::TEXT[],
                    $7::BIGINT[], $8::BIGINT[], $9::BIGINT[], $10::BYTEA[], $11::BYTEA[],
                    $12::BIGINT[], $13::BIGINT[], $14::BIGINT[], $15::BIGINT[])
                WITH ORDINALITY AS asked (sender, id, recipient, package_sha256, sealed_sha256,
                    key_id, size, stored_at, expires_at, acceptance, piece, bytes, messages, beside,
                    body, place),
                deposit(body, sender, id, recipient, package_sha256, sealed_sha256, key_id, size,
                    stored_at, expires_at, acceptance, piece, bytes, messages, beside)
            WHERE (SELECT count(*) FROM held) >= 0";
        all(
            client,
            sql,
            &[
                &of(these, |one| one.new.sender.as_str()),
                &of(these, |one| &one.new.message_id.as_bytes()[..]),
                &of(these, |one| one.new.recipient.as_str()),
                &of(these, |one| &one.new.package_sha256.as_raw()[..]),
                &of(these, |one| one.new.sealed.sha256().as_raw().to_vec()),
                &of(these, |one| one.new.key_id.as_str()),
                &of(these, |one| i64::try_from(one.bytes()).unwrap_or(i64::MAX)),
                &of(these, |one| millis(one.new.stored_at)),
                &of(these, |one| millis(one.new.expires_at)),
                &of(these, |one| &one.new.acceptance[..]),
                &of(these, Self::first),
                &of(these, |one| signed(one.quota.bytes)),
                &of(these, |one| signed(one.quota.messages)),
                &of(these, |one| signed(one.quota.beside)),
                &of(these, |one| one.body),
            ],
        )
        .await
    }
}

/// Whether a package waits, and its first bytes.
pub(super) struct Find(pub(super) MailboxItemName);

impl Question for Find {
    fn bytes(&self) -> usize {
        usize::try_from(SLICE).unwrap_or(usize::MAX)
    }

    async fn ask(client: &impl GenericClient, these: &[Self]) -> Result<Vec<Row>, Error> {
        let sql = "SELECT id, size, sealed_sha256, state, expires_at,
                EXISTS (SELECT 1 FROM recalls WHERE recalls.sender = asked.sender
                    AND recalls.message_id = asked.message_id),
                (SELECT substr(bytes, 1, $4::INTEGER) FROM pieces WHERE body = id AND number = 0),
                place
            FROM unnest($1::TEXT[], $2::BYTEA[], $3::TEXT[])
                WITH ORDINALITY AS asked (sender, message_id, recipient, place)
            LEFT JOIN LATERAL (
                SELECT id, size, sealed_sha256, state, expires_at FROM packages
                WHERE packages.sender = asked.sender AND packages.message_id = asked.message_id
                    AND packages.recipient = asked.recipient
                LIMIT 1
            ) AS found ON true";
        let slice = i32::try_from(SLICE).unwrap_or(i32::MAX);
        all(
            client,
            sql,
            &[
                &of(these, |one| one.0.sender.as_str()),
                &of(these, |one| &one.0.id.as_bytes()[..]),
                &of(these, |one| one.0.office.as_str()),
                &slice,
            ],
        )
        .await
    }
}

/// A receipt, and how much is kept of who puts it.
pub(super) struct PutOne {
    pub(super) new: NewReceipt,
    pub(super) quota: Quota,
}

impl Question for PutOne {
    fn bytes(&self) -> usize {
        self.new.receipt.len()
    }

    async fn ask(client: &impl GenericClient, these: &[Self]) -> Result<Vec<Row>, Error> {
        let sql = "WITH held AS MATERIALIZED (
                SELECT 1 FROM offices WHERE number = ANY($1::TEXT[] || $3::TEXT[])
                ORDER BY number FOR UPDATE
            )
            SELECT put_receipt(sender, id, recipient, kind, is_last, package_sha256, sha256, receipt,
                at, $10, beside), place
            FROM unnest($1::TEXT[], $2::BYTEA[], $3::TEXT[], $4::TEXT[], $5::BOOLEAN[], $6::BYTEA[],
                    $7::BYTEA[], $8::BYTEA[], $9::BIGINT[], $11::BIGINT[])
                WITH ORDINALITY AS asked (sender, id, recipient, kind, is_last, package_sha256, sha256,
                    receipt, at, beside, place)
            WHERE (SELECT count(*) FROM held) >= 0";
        all(
            client,
            sql,
            &[
                &of(these, |one| one.new.of.sender.as_str()),
                &of(these, |one| &one.new.of.id.as_bytes()[..]),
                &of(these, |one| one.new.of.office.as_str()),
                &of(these, |one| one.new.kind.as_str()),
                &of(these, |one| one.new.kind.is_last()),
                &of(these, |one| &one.new.package_sha256.as_raw()[..]),
                &of(these, |one| Digest::of(&one.new.receipt).as_raw().to_vec()),
                &of(these, |one| &one.new.receipt[..]),
                &of(these, |one| millis(one.new.at)),
                &RECEIPTS_OF_KIND,
                &of(these, |one| signed(one.quota.beside)),
            ],
        )
        .await
    }
}

/// One value of each question.
fn of<'a, Q, T: 'a>(these: &'a [Q], value: impl Fn(&'a Q) -> T) -> Vec<T> {
    these.iter().map(value).collect()
}

async fn all(
    client: &impl GenericClient,
    sql: &str,
    parameters: &Parameters<'_>,
) -> Result<Vec<Row>, Error> {
    let statement = client.prepare_cached(sql).await?;
    client.query(&statement, parameters).await
}
