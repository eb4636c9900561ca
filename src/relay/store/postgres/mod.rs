//! The store of a relay of several instances: PostgreSQL, which they share.
//!
//! What takes several steps is a function in the database, so that it is part of one statement and one
//! transaction, which others may share ([`together`]). Instances tell each other that something came by NOTIFY, outside of
//! the transactions that bring it: a notice within one would hold up all others at its end. It is a
//! hint; what is in the tables is the truth.

mod faults;
mod hints;
mod questions;
mod schema;
mod settings;
mod target;
mod tls;
mod together;

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use deadpool_postgres::{Client, Pool};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row};

pub use settings::PostgresSettings;
pub(super) use target::{Target, TargetState};

use questions::{Find, NewPackage, PutOne};
use settings::place;
use tls::Tls;
use together::{Question as _, Together};

use super::{
    CANDIDATES, CANDIDATES_OF_OFFICE, CLEAN_UP, Candidate, CleanedUp, Collected, Deposit,
    Deposited, Found, Hint, NewRecall, NewReceipt, OfficeRow, PIECE, Positions, PutRecall,
    PutReceipt, Quota, RelayStore, RelayStoreError, Retention, Standing, Totals, digest,
    message_id, millis, most_rows, office, pieces, place_of, signed, time, unsigned,
};
use crate::link::{MailboxItem, MailboxItemName, ReceiptEntry};
use crate::types::{MessageId, OfficeNumber};

/// The store in a database.
pub struct PostgresStore {
    pool: Pool,
    config: Config,
    tls: Tls,
    /// By what others know that it was this one who told something.
    instance: String,
    collected: Collected,
    /// Offices that had a row once: never more than the relay knows.
    known: Mutex<HashSet<OfficeNumber>>,
    deposits: Together<NewPackage>,
    finds: Together<Find>,
    put_receipts: Together<PutOne>,
}

/// The values of a statement.
type Parameters<'a> = [&'a (dyn ToSql + Sync)];

/// Of so many offices what they have collected is noted at a time.
const COLLECTED: usize = 20;

impl PostgresStore {
    /// Reaches the database and brings its schema up to date. Any number of instances may have it.
    pub async fn open(settings: &PostgresSettings) -> Result<Self, RelayStoreError> {
        Self::open_any(settings, false).await
    }

    /// The same of a database that has been the store of a relay before.
    pub async fn open_there(settings: &PostgresSettings) -> Result<Self, RelayStoreError> {
        Self::open_any(settings, true).await
    }

    async fn open_any(
        settings: &PostgresSettings,
        must_be_there: bool,
    ) -> Result<Self, RelayStoreError> {
        let (config, tls, pool) = settings.open()?;
        let mut client = connect(&pool, &config).await?;
        if must_be_there && !schema::is_there(&client).await? {
            return Err(RelayStoreError::Missing(place(&config)));
        }
        schema::prepare(&mut client, &config).await?;
        if client.query_opt("SELECT 1 FROM moves WHERE NOT done", &[]).await?.is_some() {
            return Err(RelayStoreError::Unfinished);
        }
        drop(client);
        // Its random part is all that tells them apart.
        let instance = MessageId::new(Timestamp::UNIX_EPOCH).to_string();
        Ok(Self {
            deposits: Together::new(&pool),
            finds: Together::new(&pool),
            put_receipts: Together::new(&pool),
            pool,
            config,
            tls,
            instance,
            collected: Collected::default(),
            known: Mutex::default(),
        })
    }

    /// Host, port and name of the database.
    pub fn place(&self) -> String {
        place(&self.config)
    }

    /// By what it is told from another store.
    pub async fn identity(&self) -> Result<String, RelayStoreError> {
        let rows = self.rows("SELECT encode(id, 'hex') FROM identity", &[]).await?;
        let row = rows.first().ok_or(RelayStoreError::Damaged("identity"))?;
        Ok(row.try_get(0)?)
    }

    /// Whether this move was made into the database.
    pub async fn has_moved_in(&self, id: MessageId) -> Result<bool, RelayStoreError> {
        let id = &id.as_bytes()[..];
        Ok(!self.rows("SELECT 1 FROM moves WHERE id = $1 AND done", &[&id]).await?.is_empty())
    }

    async fn client(&self) -> Result<Client, RelayStoreError> {
        Ok(self.pool.get().await?)
    }

    async fn rows(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
    ) -> Result<Vec<Row>, RelayStoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, parameters).await?)
    }

    /// Notes how far offices have collected their receipts; their rows are taken in order, as a deposit
    /// takes them.
    async fn note_collected(&self) -> Result<(), RelayStoreError> {
        let due = self.collected.due();
        for some in due.chunks(COLLECTED) {
            let (offices, up_to): (Vec<_>, Vec<_>) =
                some.iter().map(|(office, up_to)| (office.as_str(), signed(*up_to))).unzip();
            let sql = "WITH told AS (
                    SELECT * FROM unnest($1::TEXT[], $2::BIGINT[]) AS told (office, up_to)
                ), held AS MATERIALIZED (
                    SELECT number, up_to FROM offices JOIN told ON office = number
                    WHERE collected < up_to AND receipts >= up_to
                    ORDER BY number FOR UPDATE OF offices
                )
                UPDATE offices SET collected = up_to FROM held
                WHERE offices.number = held.number";
            self.execute(sql, &[&offices, &up_to]).await?;
            self.collected.noted(some);
        }
        Ok(())
    }

    /// These offices have rows from now on. They are made here and not by `deposit`, which others may share:
    /// before any other row is held, so that nobody who makes one is waited for by somebody for whom it
    /// waits.
    async fn has_rows(&self, offices: &[OfficeNumber]) -> Result<(), RelayStoreError> {
        for office in offices {
            if self.known().contains(office) {
                continue;
            }
            self.know(*office).await?;
            self.known().insert(*office);
        }
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, HashSet<OfficeNumber>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clears something away; says how much. How that is found best depends on the values: among very many
    /// rows there are a few, or none.
    async fn clear(&self, sql: &str, parameters: &Parameters<'_>) -> Result<u64, RelayStoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(sql).await?;
        client.batch_execute("SET plan_cache_mode = force_custom_plan").await?;
        let cleared = client.query_one(&statement, parameters).await;
        client.batch_execute("RESET plan_cache_mode").await?;
        Ok(unsigned(cleared?.try_get(0)?))
    }

    /// Keeps a package of several pieces.
    async fn deposit_in_pieces(&self, new: Deposit, quota: Quota) -> Result<Row, RelayStoreError> {
        let mut client = self.client().await?;
        let next = client.prepare_cached("SELECT nextval('bodies')").await?;
        let insert = client.prepare_cached("INSERT INTO pieces VALUES ($1, $2, $3)").await?;
        let body: i64 = client.query_one(&next, &[]).await?.try_get(0)?;
        // The other pieces first: the rows of the offices are held from the first on.
        let transaction = client.transaction().await?;
        for (number, bytes) in pieces(new.sealed.bytes()).skip(1) {
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            transaction.execute(&insert, &[&body, &number, &&bytes[..]]).await?;
        }
        let new = NewPackage { new, quota, body: Some(body) };
        let row = NewPackage::ask(&transaction, &[new]).await?.pop();
        let row = row.ok_or(RelayStoreError::Damaged("answer"))?;
        if matches!(row.try_get::<_, i16>(0)?, 0 | 4) {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        Ok(row)
    }

    async fn execute(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
    ) -> Result<u64, RelayStoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.execute(&statement, parameters).await?)
    }
}

/// The first connection to a database: what keeps it from coming about is told with its place.
async fn connect(pool: &Pool, config: &Config) -> Result<Client, RelayStoreError> {
    pool.get().await.map_err(|error| {
        let (place, fault) = (place(config), faults::of_pool(&error));
        RelayStoreError::Database { place, fault }
    })
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl RelayStore for PostgresStore {
    async fn deposit(&self, new: Deposit, quota: Quota) -> Result<Deposited, RelayStoreError> {
        self.has_rows(&[new.sender, new.recipient]).await?;
        let acceptance = new.acceptance.clone();
        let row = if new.sealed.bytes().len() > usize::try_from(PIECE).unwrap_or(usize::MAX) {
            self.deposit_in_pieces(new, quota).await?
        } else {
            self.deposits.ask(NewPackage { new, quota, body: None }).await?
        };
        Ok(match row.try_get::<_, i16>(0)? {
            0 => Deposited::New,
            1 => Deposited::Repeated(row.try_get::<_, Vec<u8>>(1)?.into()),
            4 => Deposited::Repeated(acceptance),
            2 => Deposited::Different,
            _ => Deposited::Full,
        })
    }

    async fn waiting(
        &self,
        of: OfficeNumber,
        after: u64,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<MailboxItem>, RelayStoreError> {
        let sql = "SELECT position, message_id, sender, size, sealed_sha256, expires_at, stored_at,
                EXISTS (SELECT 1 FROM recalls WHERE recalls.sender = packages.sender
                    AND recalls.message_id = packages.message_id)
            FROM packages WHERE recipient = $1 AND position > $2 AND state < 2 AND expires_at > $3
            ORDER BY position LIMIT $4";
        let parameters = (of.as_str(), signed(after), millis(now), most_rows(most));
        let (office_of, after, now, most) = &parameters;
        let rows = self.rows(sql, &[office_of, after, now, most]).await?;
        let read = |row: &Row| {
            Ok(MailboxItem {
                position: unsigned(row.try_get(0)?),
                message_id: message_id(row.try_get(1)?)?,
                sender: office(row.try_get(2)?)?,
                size: unsigned(row.try_get(3)?),
                sha256: digest(row.try_get(4)?)?,
                sealed: true,
                expires_at: time(row.try_get(5)?),
                stored_at: time(row.try_get(6)?),
                recalled: row.try_get(7)?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn find(&self, of: MailboxItemName, now: Timestamp) -> Result<Found, RelayStoreError> {
        let row = self.finds.ask(Find(of)).await?;
        let Some(body) = row.try_get(0)? else { return Ok(Found::Never) };
        let (state, expires_at): (i16, i64) = (row.try_get(3)?, row.try_get(4)?);
        if state >= 2 || expires_at <= millis(now) || row.try_get(5)? {
            return Ok(Found::Gone);
        }
        let Some(first) = row.try_get::<_, Option<Vec<u8>>>(6)? else { return Ok(Found::Gone) };
        let (size, first) = (unsigned(row.try_get(1)?), first.into());
        Ok(Found::Waiting { body, size, sha256: digest(row.try_get(2)?)?, first })
    }

    async fn slice(&self, body: i64, start: u64) -> Result<Option<Bytes>, RelayStoreError> {
        let sql = "SELECT substr(bytes, $3::INTEGER, $4::INTEGER) FROM pieces
            WHERE body = $1 AND number = $2";
        let (piece, from, length) = place_of(start);
        let narrow = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        let (piece, from, length) = (narrow(piece), narrow(from), narrow(length));
        let rows = self.rows(sql, &[&body, &piece, &from, &length]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Bytes::from(row.try_get::<_, Vec<u8>>(0)?)))
    }

    async fn put_receipt(
        &self,
        new: NewReceipt,
        quota: Quota,
    ) -> Result<PutReceipt, RelayStoreError> {
        let row = self.put_receipts.ask(PutOne { new, quota }).await?;
        Ok(match row.try_get::<_, i16>(0)? {
            0 => PutReceipt::New,
            1 => PutReceipt::Repeated,
            2 => PutReceipt::Mismatch,
            3 => PutReceipt::Unknown,
            4 => PutReceipt::TooMany,
            _ => PutReceipt::Full,
        })
    }

    async fn put_recall(&self, new: NewRecall, quota: Quota) -> Result<PutRecall, RelayStoreError> {
        let sql = "SELECT put_recall($1, $2, $3, $4, $5, $6, $7, $8)";
        let of = &new.of;
        let (sender, id, recipient) =
            (of.sender.as_str(), &of.id.as_bytes()[..], of.office.as_str());
        let (package_sha256, recall) = (&new.package_sha256.as_raw()[..], &new.recall[..]);
        let [at, over] = [new.at, new.over].map(millis);
        let beside = signed(quota.beside);
        let parameters: [&(dyn ToSql + Sync); 8] =
            [&sender, &id, &recipient, &package_sha256, &recall, &at, &over, &beside];
        let rows = self.rows(sql, &parameters).await?;
        let outcome: i16 = rows.first().ok_or(RelayStoreError::Damaged("answer"))?.try_get(0)?;
        Ok(match outcome {
            0 => PutRecall::New,
            1 => PutRecall::Settled,
            2 => PutRecall::Mismatch,
            3 => PutRecall::Unknown,
            4 => PutRecall::Over,
            _ => PutRecall::Full,
        })
    }

    async fn recall(
        &self,
        of: MailboxItemName,
        now: Timestamp,
    ) -> Result<Option<Bytes>, RelayStoreError> {
        let sql = "SELECT recall FROM recalls JOIN packages USING (sender, message_id)
            WHERE sender = $1 AND message_id = $2 AND recipient = $3 AND state < 2
                AND expires_at > $4";
        let (sender, id, recipient) =
            (of.sender.as_str(), &of.id.as_bytes()[..], of.office.as_str());
        let rows = self.rows(sql, &[&sender, &id, &recipient, &millis(now)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Bytes::from(row.try_get::<_, Vec<u8>>(0)?)))
    }

    fn collected(&self, sender: OfficeNumber, up_to: u64) {
        self.collected.tell(sender, up_to);
    }

    async fn receipts(
        &self,
        sender: OfficeNumber,
        after: u64,
        most: usize,
        most_bytes: usize,
    ) -> Result<Vec<ReceiptEntry>, RelayStoreError> {
        // What a receipt is long is known without its bytes.
        let sql = "SELECT position, message_id, receipt FROM (
                SELECT position, message_id, receipt,
                    sum(length(receipt)) OVER (ORDER BY position) - length(receipt) AS before
                FROM receipts WHERE sender = $1 AND position > $2 ORDER BY position LIMIT $3
            ) AS page WHERE before < $4 ORDER BY position";
        let (of, after, most) = (sender.as_str(), signed(after), most_rows(most));
        let rows = self.rows(sql, &[&of, &after, &most, &most_rows(most_bytes)]).await?;
        let read = |row: &Row| {
            Ok(ReceiptEntry {
                position: unsigned(row.try_get(0)?),
                message_id: message_id(row.try_get(1)?)?,
                receipt: row.try_get::<_, Vec<u8>>(2)?.into(),
            })
        };
        rows.iter().map(read).collect()
    }

    async fn offices(&self) -> Result<Vec<OfficeRow>, RelayStoreError> {
        let sql =
            "SELECT number, standing, card, bytes, messages, beside FROM offices ORDER BY number";
        let read = |row: &Row| {
            Ok(OfficeRow {
                number: office(row.try_get(0)?)?,
                standing: Standing::of(i64::from(row.try_get::<_, i16>(1)?))?,
                card: row.try_get::<_, Option<Vec<u8>>>(2)?.map(Bytes::from),
                bytes: unsigned(row.try_get(3)?),
                messages: unsigned(row.try_get(4)?),
                beside: unsigned(row.try_get(5)?),
            })
        };
        self.rows(sql, &[]).await?.iter().map(read).collect()
    }

    async fn know(&self, office: OfficeNumber) -> Result<(), RelayStoreError> {
        let sql = "INSERT INTO offices (number) VALUES ($1) ON CONFLICT DO NOTHING";
        self.execute(sql, &[&office.as_str()]).await.map(drop)
    }

    async fn decide(
        &self,
        office: OfficeNumber,
        standing: Standing,
        card: Option<(u64, Bytes)>,
    ) -> Result<(), RelayStoreError> {
        self.know(office).await?;
        let (office, standing) = (office.as_str(), standing.number());
        let Some((serial, card)) = card else {
            let sql = "UPDATE offices SET standing = $2 WHERE number = $1";
            return self.execute(sql, &[&office, &standing]).await.map(drop);
        };
        let sql = "UPDATE offices SET standing = $2, serial = $3, card = $4 WHERE number = $1";
        self.execute(sql, &[&office, &standing, &signed(serial), &&card[..]]).await.map(drop)
    }

    async fn card(&self, office: OfficeNumber) -> Result<Option<Bytes>, RelayStoreError> {
        let sql = "SELECT card FROM offices WHERE number = $1";
        let rows = self.rows(sql, &[&office.as_str()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(row.try_get::<_, Option<Vec<u8>>>(0)?.map(Bytes::from))
    }

    async fn put_card(
        &self,
        office: OfficeNumber,
        serial: u64,
        card: Bytes,
    ) -> Result<bool, RelayStoreError> {
        self.know(office).await?;
        let sql = "UPDATE offices SET serial = $2, card = $3 WHERE number = $1 AND serial < $2";
        let parameters = (office.as_str(), signed(serial));
        let done = self.execute(sql, &[&parameters.0, &parameters.1, &&card[..]]).await?;
        Ok(done > 0)
    }

    async fn introduce(&self, candidate: Candidate) -> Result<(), RelayStoreError> {
        let (office, sha256) = (candidate.office.as_str(), &candidate.sha256.as_raw()[..]);
        let signer = &candidate.signer.as_raw()[..];
        let sql = "DELETE FROM candidates WHERE office = $1 AND signer = $2 AND sha256 <> $3";
        self.execute(sql, &[&office, &signer, &sha256]).await?;
        let sql = "INSERT INTO candidates (office, sha256, card, signer, site, at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (office, sha256) DO UPDATE SET site = excluded.site, at = excluded.at,
                signer = excluded.signer";
        let (card, at) = (&candidate.card[..], millis(candidate.at));
        self.execute(sql, &[&office, &sha256, &card, &signer, &candidate.site, &at]).await?;
        let sql = "DELETE FROM candidates WHERE office = $1 AND sha256 = (
                SELECT sha256 FROM candidates WHERE office = $1 AND site = (
                    SELECT site FROM candidates WHERE office = $1
                    GROUP BY site ORDER BY count(*) DESC, min(at) LIMIT 1
                ) ORDER BY at, sha256 LIMIT 1
            ) AND (SELECT count(*) FROM candidates WHERE office = $1) > $2";
        self.execute(sql, &[&office, &CANDIDATES_OF_OFFICE]).await?;
        let sql = "DELETE FROM candidates WHERE (office, sha256) = (
                SELECT office, sha256 FROM candidates WHERE site = (
                    SELECT site FROM candidates
                    GROUP BY site ORDER BY count(*) DESC, min(at) LIMIT 1
                ) ORDER BY at, sha256 LIMIT 1
            ) AND (SELECT count(*) FROM candidates) > $1";
        self.execute(sql, &[&CANDIDATES]).await.map(drop)
    }

    async fn candidates(&self) -> Result<Vec<Candidate>, RelayStoreError> {
        let sql = "SELECT office, sha256, card, at,
            CASE WHEN length(signer) = 32 THEN signer ELSE sha256 END AS hand, site FROM candidates
            ORDER BY at, office, sha256";
        let read = |row: &Row| {
            Ok(Candidate {
                office: office(row.try_get(0)?)?,
                sha256: digest(row.try_get(1)?)?,
                card: row.try_get::<_, Vec<u8>>(2)?.into(),
                at: time(row.try_get(3)?),
                signer: digest(row.try_get(4)?)?,
                site: row.try_get(5)?,
            })
        };
        self.rows(sql, &[]).await?.iter().map(read).collect()
    }

    async fn forget_candidates(&self, office: OfficeNumber) -> Result<(), RelayStoreError> {
        let sql = "DELETE FROM candidates WHERE office = $1";
        self.execute(sql, &[&office.as_str()]).await.map(drop)
    }

    async fn positions(&self) -> Result<Vec<Positions>, RelayStoreError> {
        let read = |row: &Row| {
            Ok(Positions {
                office: office(row.try_get(0)?)?,
                standing: Standing::of(i64::from(row.try_get::<_, i16>(3)?))?,
                serial: unsigned(row.try_get(4)?),
                mailbox: unsigned(row.try_get(1)?),
                receipts: unsigned(row.try_get(2)?),
            })
        };
        let sql = "SELECT number, mailbox, receipts, standing, serial FROM offices";
        let rows = self.rows(sql, &[]).await?;
        rows.iter().map(read).collect()
    }

    async fn clean_up(&self, retention: Retention) -> Result<CleanedUp, RelayStoreError> {
        if let Err(error) = self.note_collected().await {
            // Nothing is lost by it, and what is over goes all the same.
            tracing::debug!(%error, "what was collected could not be noted");
        }
        // The rows of the offices are taken first and in their order, as a deposit takes them.
        let expired = self
            .clear(
                "WITH over AS (
                    SELECT id, sender, size FROM packages
                    WHERE state < 2 AND expires_at <= $1 ORDER BY id LIMIT $2
                ), held AS MATERIALIZED (
                    SELECT number FROM offices WHERE number IN (SELECT sender FROM over)
                    ORDER BY number FOR UPDATE
                ), ended AS (
                    UPDATE packages SET state = 3 FROM over
                    WHERE packages.id = over.id AND packages.state < 2
                        AND (SELECT count(*) FROM held) > 0
                    RETURNING packages.id, packages.sender, packages.size
                ), gone AS (
                    DELETE FROM pieces WHERE body IN (SELECT id FROM ended)
                ), less AS (
                    UPDATE offices
                    SET bytes = offices.bytes - sums.bytes,
                        messages = offices.messages - sums.messages
                    FROM (SELECT sender, sum(size)::BIGINT AS bytes, count(*) AS messages
                        FROM ended GROUP BY sender) AS sums
                    WHERE number = sums.sender
                )
                SELECT count(*) FROM ended",
                &[&millis(retention.now), &CLEAN_UP],
            )
            .await?;
        let (forget, abandon) = (millis(retention.forget), millis(retention.abandon));
        // Of whom less is kept beside the packages is held first, in the same order.
        let held = "held AS MATERIALIZED (
                SELECT count(*) AS held FROM (
                    SELECT number FROM offices WHERE number IN (SELECT office FROM old)
                    ORDER BY number FOR UPDATE
                ) AS taken
            )";
        let less = "less AS (
                UPDATE offices SET beside = greatest(0, beside - sums.bytes)
                FROM (SELECT office, sum(bytes)::BIGINT AS bytes FROM gone GROUP BY office) AS sums
                WHERE number = sums.office
            ) SELECT count(*) FROM gone";
        let sql = format!(
            "WITH old AS MATERIALIZED (
                SELECT id, sender AS office FROM packages
                WHERE state >= 2 AND expires_at <= $1 LIMIT $2
            ), {held}, gone AS (
                DELETE FROM packages USING old, held WHERE packages.id = old.id AND held >= 0
                RETURNING sender AS office, length(acceptance) AS bytes
            ), {less}"
        );
        let forgotten = self.clear(&sql, &[&forget, &CLEAN_UP]).await?;
        let sql = format!(
            "WITH old AS MATERIALIZED (
                SELECT sender, position, recipient AS office
                FROM receipts JOIN offices ON offices.number = sender
                WHERE stored_at <= $1 AND (position <= collected OR stored_at <= $2) LIMIT $3
            ), {held}, gone AS (
                DELETE FROM receipts USING old, held
                WHERE receipts.sender = old.sender AND receipts.position = old.position
                    AND held >= 0
                RETURNING recipient AS office, length(receipt) AS bytes
            ), {less}"
        );
        let receipts = self.clear(&sql, &[&forget, &abandon, &CLEAN_UP]).await?;
        self.execute("DELETE FROM candidates WHERE at <= $1", &[&forget]).await?;
        let sql = format!(
            "WITH old AS MATERIALIZED (
                SELECT sender AS office, message_id FROM recalls
                WHERE NOT EXISTS (SELECT 1 FROM packages WHERE packages.sender = recalls.sender
                    AND packages.message_id = recalls.message_id)
            ), {held}, gone AS (
                DELETE FROM recalls USING old, held
                WHERE recalls.sender = old.office AND recalls.message_id = old.message_id
                    AND held >= 0
                RETURNING sender AS office, length(recall) AS bytes
            ), {less}"
        );
        self.clear(&sql, &[]).await?;
        Ok(CleanedUp { expired, forgotten, receipts })
    }

    async fn totals(&self) -> Result<Totals, RelayStoreError> {
        let sql = "SELECT count(*), coalesce(sum(messages), 0)::BIGINT,
            coalesce(sum(bytes), 0)::BIGINT, (SELECT count(*) FROM candidates),
            coalesce(sum(beside), 0)::BIGINT FROM offices";
        let rows = self.rows(sql, &[]).await?;
        let row = rows.first().ok_or(RelayStoreError::Damaged("answer"))?;
        Ok(Totals {
            offices: unsigned(row.try_get(0)?),
            waiting: unsigned(row.try_get(1)?),
            bytes: unsigned(row.try_get(2)?),
            candidates: unsigned(row.try_get(3)?),
            beside: unsigned(row.try_get(4)?),
        })
    }

    async fn tell(&self, hints: &[Hint]) -> Result<(), RelayStoreError> {
        for payload in hints::payloads(&self.instance, hints) {
            self.rows("SELECT pg_notify($1, $2)", &[&hints::CHANNEL, &payload]).await?;
        }
        Ok(())
    }

    async fn listen(&self, to: mpsc::Sender<Hint>) {
        hints::listen(&self.instance, &self.config, &self.tls, &to).await;
    }
}
