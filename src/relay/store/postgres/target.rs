//! A database as the target of a move.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use deadpool_postgres::{Client, Transaction};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use super::super::rows::{
    Contents, OfficeState, PackageState, RecallName, RecallRow, ReceiptRow, ReceiptSum,
    WholePackage,
};
use super::super::{Candidate, RelayStoreError, digest, millis};
use super::settings::{NAME, PostgresSettings, place};
use super::{Parameters, connect, schema};
use crate::types::{Digest, MessageId};

/// The lock that whoever moves into the database has for as long as it is connected.
const LOCK: i64 = schema::LOCK + 1;

/// Pieces of so many bytes together go at a time: none takes longer than a statement may.
const AT_A_TIME: usize = 8 << 20;

/// How it stands with a move into a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::relay::store) enum TargetState {
    /// It has begun, now or before.
    Begun,
    /// It is done.
    Done,
    /// There is something else in the database.
    Occupied,
}

/// A database that is filled, and that no relay uses yet.
pub(in crate::relay::store) struct Target {
    client: Client,
    name: String,
}

impl Target {
    /// Reaches the database and brings its schema up to date.
    pub(in crate::relay::store) async fn open(
        settings: &PostgresSettings,
    ) -> Result<Self, RelayStoreError> {
        let (config, _tls, pool) = settings.open()?;
        let name = place(&config);
        let mut client = connect(&pool, &config).await?;
        schema::prepare(&mut client, &config).await?;
        client.batch_execute("SET application_name = 'renkei relay move-store'").await?;
        Ok(Self { client, name })
    }

    /// Host, port and name of the database.
    pub(in crate::relay::store) fn name(&self) -> &str {
        &self.name
    }

    /// Keeps others from moving into the database at the same time; says whether nobody did.
    pub(in crate::relay::store) async fn lock(&self) -> Result<bool, RelayStoreError> {
        let row = self.client.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?;
        Ok(row.try_get(0)?)
    }

    /// Whether a relay or one of its commands is connected.
    pub(in crate::relay::store) async fn is_in_use(&self) -> Result<bool, RelayStoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = $1)";
        Ok(self.client.query_one(sql, &[&NAME]).await?.try_get(0)?)
    }

    /// Notes that this move has begun, if nothing else is there. `may_begin` is false where it must have
    /// begun before.
    pub(in crate::relay::store) async fn begin(
        &mut self,
        id: MessageId,
        may_begin: bool,
    ) -> Result<TargetState, RelayStoreError> {
        let id = &id.as_bytes()[..];
        let transaction = self.client.transaction().await?;
        let found = transaction.query("SELECT id, done FROM moves", &[]).await?;
        if let Some(row) = found.first() {
            return Ok(match (row.try_get::<_, &[u8]>(0)? == id, row.try_get(1)?) {
                (false, _) => TargetState::Occupied,
                (true, false) => TargetState::Begun,
                (true, true) => TargetState::Done,
            });
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM offices) OR EXISTS (SELECT 1 FROM packages)
            OR EXISTS (SELECT 1 FROM receipts) OR EXISTS (SELECT 1 FROM candidates)";
        if !may_begin || transaction.query_one(sql, &[]).await?.try_get(0)? {
            return Ok(TargetState::Occupied);
        }
        transaction.execute("INSERT INTO moves (id) VALUES ($1)", &[&id]).await?;
        transaction.commit().await?;
        Ok(TargetState::Begun)
    }

    /// Relays may use the database from now on; bodies get ids above `last_body`.
    pub(in crate::relay::store) async fn finish(
        &mut self,
        last_body: i64,
    ) -> Result<(), RelayStoreError> {
        let transaction = self.client.transaction().await?;
        let sql =
            "SELECT setval('bodies', greatest(1, $1::BIGINT, (SELECT last_value FROM bodies)))";
        transaction.execute(sql, &[&last_body]).await?;
        transaction.execute("UPDATE moves SET done = true", &[]).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// How much of everything there is.
    pub(in crate::relay::store) async fn contents(&self) -> Result<Contents, RelayStoreError> {
        let row = self.client.query_one(Contents::SQL, &[]).await?;
        let mut numbers = [0; 8];
        for (place, number) in numbers.iter_mut().enumerate() {
            *number = row.try_get(place)?;
        }
        Ok(Contents::of(numbers))
    }

    /// Ids of packages behind `after`, rising, at most so many, each with what may change of it.
    pub(in crate::relay::store) async fn package_states(
        &self,
        after: i64,
        most: i64,
    ) -> Result<BTreeMap<i64, PackageState>, RelayStoreError> {
        let sql = "SELECT id, state::BIGINT, position FROM packages
            WHERE id > $1 ORDER BY id LIMIT $2";
        let statement = self.client.prepare_cached(sql).await?;
        let rows = self.client.query(&statement, &[&after, &most]).await?;
        let read = |row: &tokio_postgres::Row| {
            let state = PackageState { state: row.try_get(1)?, position: row.try_get(2)? };
            Ok((row.try_get(0)?, state))
        };
        rows.iter().map(read).collect()
    }

    /// Removes packages.
    pub(in crate::relay::store) async fn remove_packages(
        &mut self,
        ids: &[i64],
    ) -> Result<(), RelayStoreError> {
        let transaction = self.client.transaction().await?;
        transaction.execute("DELETE FROM pieces WHERE body = ANY($1)", &[&ids]).await?;
        transaction.execute("DELETE FROM packages WHERE id = ANY($1)", &[&ids]).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Packages have these states and positions now.
    pub(in crate::relay::store) async fn set_states(
        &mut self,
        states: &BTreeMap<i64, PackageState>,
    ) -> Result<(), RelayStoreError> {
        let ids: Vec<_> = states.keys().copied().collect();
        let new: Vec<_> = states.values().map(|one| one.state).collect();
        let positions: Vec<_> = states.values().map(|one| one.position).collect();
        let over: Vec<_> =
            states.iter().filter(|(_, one)| one.state >= 2).map(|(id, _)| *id).collect();
        let transaction = self.client.transaction().await?;
        let sql = "UPDATE packages SET state = new.state::SMALLINT, position = new.position
            FROM unnest($1::BIGINT[], $2::BIGINT[], $3::BIGINT[]) AS new (id, state, position)
            WHERE packages.id = new.id";
        transaction.execute(sql, &[&ids, &new, &positions]).await?;
        transaction.execute("DELETE FROM pieces WHERE body = ANY($1)", &[&over]).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps packages with their pieces, and makes sure that what lies there now is what was read.
    pub(in crate::relay::store) async fn put_packages(
        &mut self,
        packages: &[WholePackage],
    ) -> Result<(), RelayStoreError> {
        let transaction = self.client.transaction().await?;
        make_way(&transaction, packages).await?;
        copy_rows(&transaction, packages).await?;
        copy_pieces(&transaction, packages).await?;
        check_pieces(&transaction, packages).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The receipts of all senders, summed up.
    pub(in crate::relay::store) async fn receipt_sums(
        &self,
    ) -> Result<Vec<ReceiptSum>, RelayStoreError> {
        let sql = "SELECT sender, count(*), sum(position % $1)::BIGINT
            FROM receipts GROUP BY sender";
        let rows = self.client.query(sql, &[&ReceiptSum::MODULUS]).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok(ReceiptSum { sender: row.try_get(0)?, count: row.try_get(1)?, sum: row.try_get(2)? })
        };
        rows.iter().map(read).collect()
    }

    /// The positions of receipts of a sender behind `after`, rising, at most so many.
    pub(in crate::relay::store) async fn receipt_positions(
        &self,
        sender: &str,
        after: i64,
        most: i64,
    ) -> Result<Vec<i64>, RelayStoreError> {
        let sql = "SELECT position FROM receipts WHERE sender = $1 AND position > $2
            ORDER BY position LIMIT $3";
        let statement = self.client.prepare_cached(sql).await?;
        let rows = self.client.query(&statement, &[&sender, &after, &most]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Removes receipts of a sender.
    pub(in crate::relay::store) async fn remove_receipts(
        &self,
        sender: &str,
        positions: &[i64],
    ) -> Result<(), RelayStoreError> {
        let sql = "DELETE FROM receipts WHERE sender = $1 AND position = ANY($2)";
        self.client.execute(sql, &[&sender, &positions]).await?;
        Ok(())
    }

    /// Keeps receipts, and makes sure that what lies there now is what was read.
    pub(in crate::relay::store) async fn put_receipts(
        &mut self,
        receipts: &[ReceiptRow],
    ) -> Result<(), RelayStoreError> {
        let transaction = self.client.transaction().await?;
        let sql = "COPY receipts (sender, position, message_id, recipient, kind, sha256, receipt,
            stored_at) FROM STDIN (FORMAT BINARY)";
        let types = [
            Type::TEXT,
            Type::INT8,
            Type::BYTEA,
            Type::TEXT,
            Type::TEXT,
            Type::BYTEA,
            Type::BYTEA,
            Type::INT8,
        ];
        let sink = transaction.copy_in(sql).await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
        for row in receipts {
            let values: &Parameters<'_> = &[
                &row.sender,
                &row.position,
                &row.message_id,
                &row.recipient,
                &row.kind,
                &row.sha256,
                &row.receipt,
                &row.stored_at,
            ];
            writer.as_mut().write(values).await?;
        }
        writer.finish().await?;
        let senders: Vec<_> = receipts.iter().map(|row| row.sender.as_str()).collect();
        let positions: Vec<_> = receipts.iter().map(|row| row.position).collect();
        let sql = "SELECT count(*) FROM receipts JOIN unnest($1::TEXT[], $2::BIGINT[])
            AS new (sender, position) ON receipts.sender = new.sender
            AND receipts.position = new.position WHERE sha256(receipt) = receipts.sha256";
        let same: i64 = transaction.query_one(sql, &[&senders, &positions]).await?.try_get(0)?;
        if usize::try_from(same) != Ok(receipts.len()) {
            return Err(RelayStoreError::Damaged("a receipt"));
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The recalls that wait.
    pub(in crate::relay::store) async fn recalls(
        &self,
    ) -> Result<BTreeSet<RecallName>, RelayStoreError> {
        let sql = "SELECT sender, message_id, sha256(recall) FROM recalls";
        let rows = self.client.query(sql, &[]).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok((row.try_get(0)?, row.try_get(1)?, digest(row.try_get(2)?)?))
        };
        rows.iter().map(read).collect()
    }

    /// Keeps a recall, in the place of another one of its package.
    pub(in crate::relay::store) async fn put_recall(
        &self,
        new: &RecallRow,
    ) -> Result<(), RelayStoreError> {
        let sql = "INSERT INTO recalls (sender, message_id, recall) VALUES ($1, $2, $3)
            ON CONFLICT (sender, message_id) DO UPDATE SET recall = excluded.recall";
        let statement = self.client.prepare_cached(sql).await?;
        self.client.execute(&statement, &[&new.sender, &new.message_id, &new.recall]).await?;
        Ok(())
    }

    /// Removes the recall of a package.
    pub(in crate::relay::store) async fn remove_recall(
        &self,
        sender: &str,
        message_id: &[u8],
    ) -> Result<(), RelayStoreError> {
        let sql = "DELETE FROM recalls WHERE sender = $1 AND message_id = $2";
        self.client.execute(sql, &[&sender, &message_id]).await?;
        Ok(())
    }

    /// All offices.
    pub(in crate::relay::store) async fn office_states(
        &self,
    ) -> Result<Vec<OfficeState>, RelayStoreError> {
        let sql = "SELECT number, standing::BIGINT, sha256(card), serial, mailbox, receipts,
            collected, bytes, messages, beside FROM offices";
        let rows = self.client.query(sql, &[]).await?;
        let read = |row: &tokio_postgres::Row| {
            let card = row.try_get::<_, Option<&[u8]>>(2)?.map(digest).transpose()?;
            let mut numbers = [0; 7];
            for (place, number) in numbers.iter_mut().enumerate() {
                *number = row.try_get(place + 3)?;
            }
            Ok(OfficeState { number: row.try_get(0)?, standing: row.try_get(1)?, card, numbers })
        };
        rows.iter().map(read).collect()
    }

    /// An office is known like this, with this card.
    pub(in crate::relay::store) async fn put_office(
        &self,
        office: &OfficeState,
        card: Option<Vec<u8>>,
    ) -> Result<(), RelayStoreError> {
        let sql = "INSERT INTO offices (number, standing, card, serial, mailbox, receipts,
                collected, bytes, messages, beside)
            VALUES ($1, $2::BIGINT, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (number) DO UPDATE SET standing = excluded.standing, card = excluded.card,
                serial = excluded.serial, mailbox = excluded.mailbox,
                receipts = excluded.receipts, collected = excluded.collected,
                bytes = excluded.bytes, messages = excluded.messages, beside = excluded.beside";
        let statement = self.client.prepare_cached(sql).await?;
        let [serial, mailbox, receipts, collected, bytes, messages, beside] = &office.numbers;
        let values: &Parameters<'_> = &[
            &office.number,
            &office.standing,
            &card,
            serial,
            mailbox,
            receipts,
            collected,
            bytes,
            messages,
            beside,
        ];
        self.client.execute(&statement, values).await?;
        Ok(())
    }

    /// The cards that wait: whose, and of which digest.
    pub(in crate::relay::store) async fn candidates(
        &self,
    ) -> Result<Vec<(String, Digest)>, RelayStoreError> {
        let rows = self.client.query("SELECT office, sha256 FROM candidates", &[]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, digest(row.try_get(1)?)?))).collect()
    }

    /// These cards wait, and no others.
    pub(in crate::relay::store) async fn put_candidates(
        &mut self,
        candidates: &[Candidate],
    ) -> Result<(), RelayStoreError> {
        let transaction = self.client.transaction().await?;
        transaction.execute("DELETE FROM candidates", &[]).await?;
        let sql = "INSERT INTO candidates (office, sha256, card, signer, site, at)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let statement = transaction.prepare_cached(sql).await?;
        for candidate in candidates {
            let sha256 = &candidate.sha256.as_raw()[..];
            let (office, card) = (candidate.office.as_str(), &candidate.card[..]);
            let (signer, at) = (&candidate.signer.as_raw()[..], millis(candidate.at));
            let values: &Parameters<'_> = &[&office, &sha256, &card, &signer, &candidate.site, &at];
            transaction.execute(&statement, values).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Removes what was there under the same ids of their senders: it was sealed anew meanwhile.
async fn make_way(
    transaction: &Transaction<'_>,
    packages: &[WholePackage],
) -> Result<(), RelayStoreError> {
    let senders: Vec<_> = packages.iter().map(|one| one.row.sender.as_str()).collect();
    let ids: Vec<_> = packages.iter().map(|one| &one.row.message_id[..]).collect();
    let sql = "WITH former AS (
            DELETE FROM packages USING unnest($1::TEXT[], $2::BYTEA[]) AS new (sender, message_id)
            WHERE packages.sender = new.sender AND packages.message_id = new.message_id
            RETURNING id
        ) DELETE FROM pieces WHERE body IN (SELECT id FROM former)";
    transaction.execute(sql, &[&senders, &ids]).await?;
    Ok(())
}

async fn copy_rows(
    transaction: &Transaction<'_>,
    packages: &[WholePackage],
) -> Result<(), RelayStoreError> {
    let sql = "COPY packages (id, sender, message_id, recipient, position, package_sha256,
        sealed_sha256, key_id, size, stored_at, expires_at, state, acceptance)
        FROM STDIN (FORMAT BINARY)";
    let types = [
        Type::INT8,
        Type::TEXT,
        Type::BYTEA,
        Type::TEXT,
        Type::INT8,
        Type::BYTEA,
        Type::BYTEA,
        Type::TEXT,
        Type::INT8,
        Type::INT8,
        Type::INT8,
        Type::INT2,
        Type::BYTEA,
    ];
    let sink = transaction.copy_in(sql).await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    for WholePackage { row, .. } in packages {
        let state = i16::try_from(row.state).map_err(|_| RelayStoreError::Damaged("state"))?;
        let values: &Parameters<'_> = &[
            &row.id,
            &row.sender,
            &row.message_id,
            &row.recipient,
            &row.position,
            &row.package_sha256,
            &row.sealed_sha256,
            &row.key_id,
            &row.size,
            &row.stored_at,
            &row.expires_at,
            &state,
            &row.acceptance,
        ];
        writer.as_mut().write(values).await?;
    }
    writer.finish().await?;
    Ok(())
}

async fn copy_pieces(
    transaction: &Transaction<'_>,
    packages: &[WholePackage],
) -> Result<(), RelayStoreError> {
    let sql = "COPY pieces (body, number, bytes) FROM STDIN (FORMAT BINARY)";
    let types = [Type::INT8, Type::INT4, Type::BYTEA];
    let mut pieces = packages
        .iter()
        .flat_map(|package| package.pieces.iter().map(move |piece| (package.row.id, piece)))
        .peekable();
    while pieces.peek().is_some() {
        let sink = transaction.copy_in(sql).await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
        let mut bytes = 0;
        while bytes < AT_A_TIME
            && let Some((body, piece)) = pieces.next()
        {
            writer.as_mut().write(&[&body, &piece.number, &piece.bytes]).await?;
            bytes += piece.bytes.len();
        }
        writer.finish().await?;
    }
    Ok(())
}

/// The pieces that lie in the database are those that were read: the database itself says what they are.
async fn check_pieces(
    transaction: &Transaction<'_>,
    packages: &[WholePackage],
) -> Result<(), RelayStoreError> {
    let ids: Vec<_> = packages.iter().map(|package| package.row.id).collect();
    let sql = "SELECT body, number, sha256(bytes) FROM pieces WHERE body = ANY($1)";
    let mut there = BTreeMap::new();
    for row in transaction.query(sql, &[&ids]).await? {
        let place: (i64, i32) = (row.try_get(0)?, row.try_get(1)?);
        there.insert(place, digest(row.try_get(2)?)?);
    }
    let read = packages.iter().flat_map(|package| {
        package.pieces.iter().map(|piece| ((package.row.id, piece.number), piece.sha256))
    });
    if read.collect::<BTreeMap<_, _>>() == there {
        return Ok(());
    }
    Err(RelayStoreError::Damaged("the bytes of a package"))
}
