//! The file as the source of a move.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::rows::{
    Contents, OfficeState, PackageRow, PackageState, Piece, RecallName, RecallRow, ReceiptRow,
    ReceiptSum, WholePackage,
};
use super::super::{Candidate, RelayStoreError, message_id, unsigned};
use super::write::first_piece;
use super::{open, read};
use crate::types::{Digest, DigestBuilder, MessageId};
use crate::work;

/// So often it is tried to have the file alone, each time for as long as SQLite waits.
const TRIES: u32 = 6;

/// What nobody may do any more once all is moved.
const CLOSED: [(&str, &str); 16] = [
    ("offices", "INSERT"),
    ("offices", "UPDATE"),
    ("offices", "DELETE"),
    ("packages", "INSERT"),
    ("packages", "UPDATE"),
    ("packages", "DELETE"),
    ("pieces", "INSERT"),
    ("pieces", "DELETE"),
    ("receipts", "INSERT"),
    ("receipts", "UPDATE"),
    ("receipts", "DELETE"),
    ("recalls", "INSERT"),
    ("recalls", "UPDATE"),
    ("recalls", "DELETE"),
    ("candidates", "INSERT"),
    ("candidates", "DELETE"),
];

/// How it stands with the move of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::relay::store) struct SourceState {
    /// What the move is known by, here and there.
    pub(in crate::relay::store) id: MessageId,
    /// Host, port and name of the database.
    pub(in crate::relay::store) target: String,
    /// Nobody writes here any more.
    pub(in crate::relay::store) is_done: bool,
}

/// A file from which everything goes elsewhere, while a relay may be running on it.
pub(in crate::relay::store) struct Source {
    connection: Arc<Mutex<Connection>>,
}

impl Source {
    /// Opens a file that is there.
    pub(in crate::relay::store) fn open(path: &Path) -> Result<Self, RelayStoreError> {
        let connection = open::for_writing(path)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    async fn with<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, RelayStoreError> + Send + 'static,
    ) -> Result<T, RelayStoreError> {
        let connection = Arc::clone(&self.connection);
        let done =
            work::blocking(move || job(&connection.lock().unwrap_or_else(PoisonError::into_inner)));
        done.await.map_err(|_| RelayStoreError::Away("a read was broken off".to_owned()))?
    }

    /// How it stands with the move.
    pub(in crate::relay::store) async fn state(
        &self,
    ) -> Result<Option<SourceState>, RelayStoreError> {
        self.with(state).await
    }

    /// Notes that a move to there has begun, if none has.
    pub(in crate::relay::store) async fn begin(
        &self,
        id: MessageId,
        target: &str,
    ) -> Result<(), RelayStoreError> {
        let target = target.to_owned();
        self.with(move |connection| {
            let sql = "INSERT INTO moves (place, id, target) VALUES (1, ?1, ?2)
                ON CONFLICT DO UPDATE SET id = excluded.id, target = excluded.target
                WHERE NOT done";
            connection.execute(sql, params![&id.as_bytes()[..], target])?;
            Ok(())
        })
        .await
    }

    /// Has the file alone from now on: whoever wants to write waits.
    pub(in crate::relay::store) async fn close(&self) -> Result<(), RelayStoreError> {
        let mut tried = Ok(());
        for _ in 0..TRIES {
            tried = self.with(|connection| Ok(connection.execute_batch("BEGIN IMMEDIATE")?)).await;
            if tried.is_ok() {
                break;
            }
        }
        tried
    }

    /// Says for ever that everything is elsewhere, and lets go of the file.
    pub(in crate::relay::store) async fn seal(&self) -> Result<(), RelayStoreError> {
        self.with(|connection| {
            connection.execute("UPDATE moves SET done = 1", [])?;
            for (table, verb) in CLOSED {
                let name = format!("moved_{table}_{}", verb.to_lowercase());
                connection.execute_batch(&format!(
                    "CREATE TRIGGER {name} BEFORE {verb} ON {table}
                    BEGIN SELECT RAISE(ABORT, 'the store was moved'); END"
                ))?;
            }
            connection.execute_batch("COMMIT")?;
            Ok(())
        })
        .await
    }

    /// How much of everything there is.
    pub(in crate::relay::store) async fn contents(&self) -> Result<Contents, RelayStoreError> {
        self.with(|connection| {
            Ok(connection.query_row(Contents::SQL, [], |row| {
                let mut numbers = [0; 8];
                for (place, number) in numbers.iter_mut().enumerate() {
                    *number = row.get(place)?;
                }
                Ok(Contents::of(numbers))
            })?)
        })
        .await
    }

    /// The highest id that a package ever had.
    pub(in crate::relay::store) async fn last_body(&self) -> Result<i64, RelayStoreError> {
        self.with(|connection| {
            let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'packages'";
            Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or(0))
        })
        .await
    }

    /// Ids of packages behind `after`, rising, at most so many, each with what may change of it.
    pub(in crate::relay::store) async fn package_states(
        &self,
        after: i64,
        most: i64,
    ) -> Result<BTreeMap<i64, PackageState>, RelayStoreError> {
        self.with(move |connection| {
            let sql = "SELECT id, state, position FROM packages WHERE id > ?1 ORDER BY id LIMIT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([after, most], |row| {
                Ok((row.get(0)?, PackageState { state: row.get(1)?, position: row.get(2)? }))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The first packages of `ids`: as many as have `most_bytes` together, but at least one. Those that
    /// are gone are left out. With the number of ids that were looked at.
    pub(in crate::relay::store) async fn packages(
        &self,
        ids: Vec<i64>,
        most_bytes: u64,
    ) -> Result<(Vec<WholePackage>, usize), RelayStoreError> {
        self.with(move |connection| {
            in_one_look(connection, || {
                let (mut found, mut bytes, mut looked_at) = (Vec::new(), 0_u64, 0);
                for id in ids {
                    looked_at += 1;
                    let Some(row) = package(connection, id)? else { continue };
                    let pieces = if row.state < 2 { pieces_of(connection, &row)? } else { vec![] };
                    bytes = bytes.saturating_add(unsigned(row.size).max(4096));
                    found.push(WholePackage { row, pieces });
                    if bytes >= most_bytes {
                        break;
                    }
                }
                Ok((found, looked_at))
            })
        })
        .await
    }

    /// The receipts of all senders, summed up.
    pub(in crate::relay::store) async fn receipt_sums(
        &self,
    ) -> Result<Vec<ReceiptSum>, RelayStoreError> {
        self.with(|connection| {
            let sql = "SELECT sender, count(*), sum(position % ?1) FROM receipts GROUP BY sender";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([ReceiptSum::MODULUS], |row| {
                Ok(ReceiptSum { sender: row.get(0)?, count: row.get(1)?, sum: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The positions of receipts of a sender behind `after`, rising, at most so many.
    pub(in crate::relay::store) async fn receipt_positions(
        &self,
        sender: &str,
        after: i64,
        most: i64,
    ) -> Result<Vec<i64>, RelayStoreError> {
        let sender = sender.to_owned();
        self.with(move |connection| {
            let sql = "SELECT position FROM receipts WHERE sender = ?1 AND position > ?2
                ORDER BY position LIMIT ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![sender, after, most], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Receipts of a sender; those that are gone are left out.
    pub(in crate::relay::store) async fn receipts(
        &self,
        sender: &str,
        positions: Vec<i64>,
    ) -> Result<Vec<ReceiptRow>, RelayStoreError> {
        let sender = sender.to_owned();
        self.with(move |connection| {
            let sql = "SELECT message_id, recipient, kind, sha256, receipt, stored_at
                FROM receipts WHERE sender = ?1 AND position = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = Vec::new();
            for position in positions {
                let row = statement.query_row(params![sender, position], |row| {
                    Ok(ReceiptRow {
                        sender: sender.clone(),
                        position,
                        message_id: row.get(0)?,
                        recipient: row.get(1)?,
                        kind: row.get(2)?,
                        sha256: row.get(3)?,
                        receipt: row.get(4)?,
                        stored_at: row.get(5)?,
                    })
                });
                found.extend(row.optional()?);
            }
            Ok(found)
        })
        .await
    }

    /// The recalls that wait.
    pub(in crate::relay::store) async fn recalls(
        &self,
    ) -> Result<BTreeSet<RecallName>, RelayStoreError> {
        self.with(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT sender, message_id, recall FROM recalls")?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, Digest::of(row.get_ref(2)?.as_blob()?)))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The recall of a package, if there is one.
    pub(in crate::relay::store) async fn recall(
        &self,
        sender: String,
        message_id: Vec<u8>,
    ) -> Result<Option<RecallRow>, RelayStoreError> {
        self.with(move |connection| {
            let sql = "SELECT recall FROM recalls WHERE sender = ?1 AND message_id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let recall = statement.query_row(params![sender, message_id], |row| row.get(0));
            Ok(recall.optional()?.map(|recall| RecallRow { sender, message_id, recall }))
        })
        .await
    }

    /// All offices.
    pub(in crate::relay::store) async fn office_states(
        &self,
    ) -> Result<Vec<OfficeState>, RelayStoreError> {
        self.with(|connection| {
            let sql = "SELECT number, standing, card, serial, mailbox, receipts, collected, bytes,
                messages, beside FROM offices";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                let card = row.get_ref(2)?.as_blob_or_null()?.map(Digest::of);
                let mut numbers = [0; 7];
                for (place, number) in numbers.iter_mut().enumerate() {
                    *number = row.get(place + 3)?;
                }
                Ok(OfficeState { number: row.get(0)?, standing: row.get(1)?, card, numbers })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The card of an office.
    pub(in crate::relay::store) async fn card(
        &self,
        office: &str,
    ) -> Result<Option<Vec<u8>>, RelayStoreError> {
        let office = office.to_owned();
        self.with(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT card FROM offices WHERE number = ?1")?;
            let card = statement.query_row([office], |row| row.get(0)).optional()?;
            Ok(card.flatten())
        })
        .await
    }

    /// The cards that wait.
    pub(in crate::relay::store) async fn candidates(
        &self,
    ) -> Result<Vec<Candidate>, RelayStoreError> {
        self.with(read::candidates).await
    }
}

/// Fails where everything is elsewhere.
pub(super) fn refuse_moved(connection: &Connection) -> Result<(), RelayStoreError> {
    match state(connection)? {
        Some(SourceState { target, is_done: true, .. }) => Err(RelayStoreError::Moved(target)),
        Some(_) | None => Ok(()),
    }
}

/// How it stands with the move of a file.
pub(super) fn state(connection: &Connection) -> Result<Option<SourceState>, RelayStoreError> {
    let mut statement = connection.prepare_cached("SELECT id, target, done FROM moves")?;
    let found = statement
        .query_row([], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
        })
        .optional()?;
    let Some((id, target, is_done)) = found else { return Ok(None) };
    let id = message_id(&id)?;
    Ok(Some(SourceState { id, target, is_done }))
}

/// All that `job` reads is from one moment, be it within a transaction or outside of one.
fn in_one_look<T>(
    connection: &Connection,
    job: impl FnOnce() -> Result<T, RelayStoreError>,
) -> Result<T, RelayStoreError> {
    connection.execute_batch("SAVEPOINT look")?;
    let done = job();
    connection.execute_batch("RELEASE look")?;
    done
}

fn package(connection: &Connection, id: i64) -> Result<Option<PackageRow>, RelayStoreError> {
    let sql = "SELECT sender, message_id, recipient, position, package_sha256, sealed_sha256,
        key_id, size, stored_at, expires_at, state, acceptance FROM packages WHERE id = ?1";
    let row = connection.prepare_cached(sql)?.query_row([id], |row| {
        Ok(PackageRow {
            id,
            sender: row.get(0)?,
            message_id: row.get(1)?,
            recipient: row.get(2)?,
            position: row.get(3)?,
            package_sha256: row.get(4)?,
            sealed_sha256: row.get(5)?,
            key_id: row.get(6)?,
            size: row.get(7)?,
            stored_at: row.get(8)?,
            expires_at: row.get(9)?,
            state: row.get(10)?,
            acceptance: row.get(11)?,
        })
    });
    Ok(row.optional()?)
}

/// The pieces of a package, which together are what its row says.
fn pieces_of(connection: &Connection, of: &PackageRow) -> Result<Vec<Piece>, RelayStoreError> {
    let sql = "SELECT id, bytes FROM pieces WHERE id >= ?1 AND id < ?2 ORDER BY id";
    let (first, next) = (first_piece(of.id), first_piece(of.id.saturating_add(1)));
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([first, next])?;
    let (mut pieces, mut whole) = (Vec::new(), DigestBuilder::new());
    while let Some(row) = rows.next()? {
        let number = row.get::<_, i64>(0)?.saturating_sub(first);
        let bytes: Vec<u8> = row.get(1)?;
        whole.update(&bytes);
        let number = i32::try_from(number).map_err(|_| RelayStoreError::Damaged("piece"))?;
        pieces.push(Piece { number, sha256: Digest::of(&bytes), bytes });
    }
    if whole.finish().as_raw()[..] != of.sealed_sha256 {
        return Err(RelayStoreError::Damaged("the bytes of a package"));
    }
    Ok(pieces)
}
