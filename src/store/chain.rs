//! The chains of the journal and of the receipts: rows that nobody can change unseen.
//!
//! # Storage
//!
//! Each row of `journal` and of `receipts` has a `link`: SHA-256 over the link of the row before it
//! and the digest of what the row says. The first follows 32 zero bytes. The digest of a row is
//! SHA-256 over the name of its table and its columns in their order, without its number: of each a
//! byte for its kind (0 NULL, 1 integer, 3 text, 4 blob), its length in eight bytes and its bytes,
//! integers as eight bytes, all with the highest byte first.
//!
//! When the time of keeping is over rows are removed, but their digests stay in `chain_gone`. The
//! journal's row `PURGED` says of each removal how many rows went and SHA-256 over their numbers and
//! digests, so that a removal has its row too.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::unit::Column;
use crate::package::ChainEnd;
use crate::types::{Digest, DigestBuilder};

/// How a removal stands in the journal.
pub(super) const PURGED: &str = "PURGED";

/// The version of the schema that has the chains.
pub(super) const SINCE: u32 = 11;

/// Rows that are read at a time.
const BATCH: u32 = 1_000;

/// What the first row follows.
const BEGINNING: Digest = Digest::from_raw([0; 32]);

/// A table whose rows are chained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// What happened.
    Journal,
    /// Receipts, issued and received.
    Receipts,
}

impl Chain {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Journal, Self::Receipts];

    /// The name of its table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Receipts => "receipts",
        }
    }

    /// The columns that the digest of a row covers.
    pub(super) const fn columns(self) -> &'static str {
        match self {
            Self::Journal => "at, direction, office, partner, message_id, serial, state, detail",
            // The bytes of a receipt have their own digest.
            Self::Receipts => "origin, office, partner, message_id, kind, at, sha256",
        }
    }

    const fn width(self) -> usize {
        match self {
            Self::Journal => 8,
            Self::Receipts => 7,
        }
    }

    /// The digest of a row with these values in the columns.
    pub(super) fn digest(self, values: &[&dyn ToSql]) -> Result<Digest, StoreError> {
        let mut row = RowDigest::new(self);
        for value in values {
            match value.to_sql()? {
                ToSqlOutput::Borrowed(value) => row.add(value)?,
                ToSqlOutput::Owned(ref value) => row.add(ValueRef::from(value))?,
                _ => return Err(StoreError::Damaged("a value of another kind")),
            }
        }
        Ok(row.0.finish())
    }

    /// The link of a row that is added now and whose digest is this.
    pub(super) fn next_link(
        self,
        connection: &Connection,
        digest: Digest,
    ) -> Result<Digest, StoreError> {
        let last = connection
            .prepare_cached(match self {
                Self::Journal => "SELECT link FROM journal ORDER BY id DESC LIMIT 1",
                Self::Receipts => "SELECT link FROM receipts ORDER BY id DESC LIMIT 1",
            })?
            .query_row([], |row| row.get(0))
            .optional()?;
        // What somebody else wrote there stops nobody; the check of the chain finds it.
        let last = last.and_then(as_link);
        Ok(link(last.unwrap_or(BEGINNING), digest))
    }
}

/// A link as it lies in its column; nothing where that holds none.
fn as_link(value: Value) -> Option<Digest> {
    match value {
        Value::Blob(bytes) => <[u8; 32]>::try_from(bytes).ok().map(Digest::from_raw),
        _ => None,
    }
}

/// The link of a row that follows one with the link `previous`.
fn link(previous: Digest, digest: Digest) -> Digest {
    let mut builder = DigestBuilder::new();
    builder.update(previous.as_raw());
    builder.update(digest.as_raw());
    builder.finish()
}

struct RowDigest(DigestBuilder);

impl RowDigest {
    fn new(chain: Chain) -> Self {
        let mut builder = DigestBuilder::new();
        builder.update(b"renkei.");
        builder.update(chain.as_str().as_bytes());
        builder.update(b"/1\0");
        Self(builder)
    }

    fn add(&mut self, value: ValueRef<'_>) -> Result<(), StoreError> {
        let number;
        let (kind, bytes): (u8, &[u8]) = match value {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(integer) => {
                number = integer.to_be_bytes();
                (1, &number)
            }
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(blob) => (4, blob),
            ValueRef::Real(_) => return Err(StoreError::Damaged("a value of another kind")),
        };
        self.0.update(&[kind]);
        self.0.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(bytes);
        Ok(())
    }
}

/// A row as it lies in its table.
struct Row {
    id: i64,
    digest: Digest,
    link: Option<Digest>,
}

/// The next rows behind `after`, at most [`BATCH`].
fn rows(connection: &Connection, chain: Chain, after: i64) -> Result<Vec<Row>, StoreError> {
    let width = chain.width();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {}, id, link FROM {} WHERE id > ?1 ORDER BY id LIMIT {BATCH}",
        chain.columns(),
        chain.as_str()
    ))?;
    let mut found = statement.query(params![after])?;
    let mut read = Vec::new();
    while let Some(row) = found.next()? {
        let mut digest = RowDigest::new(chain);
        for column in 0..width {
            digest.add(row.get_ref(column)?)?;
        }
        let link = as_link(row.get(width + 1)?);
        read.push(Row { id: row.get(width)?, digest: digest.0.finish(), link });
    }
    Ok(read)
}

/// Links the rows that a store of an earlier version has.
pub(super) fn begin(connection: &Connection) -> Result<(), StoreError> {
    for chain in Chain::ALL {
        let mut update = connection
            .prepare(&format!("UPDATE {} SET link = ?2 WHERE id = ?1", chain.as_str()))?;
        let (mut previous, mut after) = (BEGINNING, i64::MIN);
        loop {
            let batch = rows(connection, chain, after)?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            for row in batch {
                previous = link(previous, row.digest);
                update.execute(params![row.id, Column(previous)])?;
            }
        }
    }
    Ok(())
}

/// Rows that are to be removed.
pub(super) struct Doomed {
    chain: Chain,
    rows: Vec<(i64, Digest)>,
}

/// The rows for which `condition` holds, with one parameter, but for the last of the chain, which the
/// next row follows; nothing where there are none.
pub(super) fn doomed(
    connection: &Connection,
    chain: Chain,
    (condition, before): (&str, Timestamp),
) -> Result<Option<Doomed>, StoreError> {
    let name = chain.as_str();
    let mut statement = connection.prepare(&format!(
        "SELECT {}, id FROM {name} WHERE ({condition}) AND id < (SELECT max(id) FROM {name})
         ORDER BY id",
        chain.columns()
    ))?;
    let mut doomed = Vec::new();
    let mut found = statement.query(params![Column(before)])?;
    while let Some(row) = found.next()? {
        let mut digest = RowDigest::new(chain);
        for column in 0..chain.width() {
            digest.add(row.get_ref(column)?)?;
        }
        doomed.push((row.get::<_, i64>(chain.width())?, digest.0.finish()));
    }
    Ok((!doomed.is_empty()).then_some(Doomed { chain, rows: doomed }))
}

impl Doomed {
    /// What the journal says of the removal.
    pub(super) fn told(&self) -> String {
        removal(self.chain, &self.rows)
    }

    /// Removes the rows, of which the journal's row `told` tells.
    pub(super) fn remove(self, connection: &Connection, told: i64) -> Result<(), StoreError> {
        let name = self.chain.as_str();
        let mut keep = connection.prepare(
            "INSERT INTO chain_gone (chain, id, digest, removal) VALUES (?1, ?2, ?3, ?4)",
        )?;
        let mut delete = connection.prepare(&format!("DELETE FROM {name} WHERE id = ?1"))?;
        for (id, digest) in self.rows {
            keep.execute(params![name, id, Column(digest), told])?;
            delete.execute(params![id])?;
        }
        Ok(())
    }
}

/// What the journal says of a removal: the table, how many rows, and SHA-256 over their numbers and
/// digests.
fn removal(chain: Chain, rows: &[(i64, Digest)]) -> String {
    let mut builder = DigestBuilder::new();
    for (id, digest) in rows {
        builder.update(&id.to_be_bytes());
        builder.update(digest.as_raw());
    }
    format!("{} {} {}", chain.as_str(), rows.len(), builder.finish())
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainFault {
    /// In which chain.
    pub chain: Chain,
    /// The number of the row at which it shows.
    pub row: u64,
    /// What shows there.
    pub kind: ChainFaultKind,
}

/// What shows at a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainFaultKind {
    /// The row does not say what it said, or rows before it were removed, added or moved.
    Link,
    /// The row is gone, and no removal of ours tells of it.
    Removed,
    /// The row's bytes do not have the digest that it names.
    Bytes,
}

impl ChainFaultKind {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Removed => "removed",
            Self::Bytes => "bytes",
        }
    }
}

/// The end of a chain.
pub(super) fn end(connection: &Connection, chain: Chain) -> Result<ChainEnd, StoreError> {
    let last = connection
        .query_row(
            &format!("SELECT id, link FROM {} ORDER BY id DESC LIMIT 1", chain.as_str()),
            [],
            |row| {
                let link = as_link(row.get(1)?).unwrap_or(BEGINNING);
                Ok(ChainEnd { row: row_number(row.get(0)?), link })
            },
        )
        .optional()?;
    Ok(last.unwrap_or(ChainEnd { row: 0, link: BEGINNING }))
}

fn row_number(id: i64) -> u64 {
    u64::try_from(id).unwrap_or_default()
}

/// What was seen along a chain.
pub(super) struct Walk {
    /// How many rows there are, those that are gone included.
    pub(super) rows: u64,
    pub(super) faults: Vec<ChainFault>,
    /// The links of the rows that were asked for.
    pub(super) links: BTreeMap<u64, Digest>,
}

/// The most faults of a chain that are told.
const MOST_FAULTS: usize = 1_000;

/// Walks along a chain and remembers the links of the rows that are `wanted`. After a wrong link the
/// walk goes on from the link that is there, so that each place of damage is told once.
pub(super) fn walk(
    connection: &Connection,
    chain: Chain,
    wanted: &BTreeSet<u64>,
) -> Result<Walk, StoreError> {
    let mut walk = Walk { rows: 0, faults: Vec::new(), links: BTreeMap::new() };
    // What every chain begins with.
    walk.links.insert(0, BEGINNING);
    let gone = removed(connection, chain, &mut walk)?;
    let mut gone = gone.into_iter().peekable();
    let (mut previous, mut after) = (BEGINNING, i64::MIN);
    loop {
        let batch = rows(connection, chain, after)?;
        let is_last = batch.is_empty();
        let until = batch.last().map_or(i64::MAX, |row| row.id);
        let mut batch = batch.into_iter().peekable();
        loop {
            let kept = batch.peek().map(|row| row.id);
            let removed = gone.peek().map(|(id, _)| *id).filter(|id| *id <= until);
            let row = match (kept, removed) {
                (None, None) => break,
                (Some(kept), Some(removed)) if kept == removed => {
                    // Both there and gone: the one that is there counts.
                    walk.note(chain, kept, ChainFaultKind::Link);
                    gone.next();
                    continue;
                }
                (Some(kept), removed) if removed.is_none_or(|removed| kept < removed) => {
                    batch.next()
                }
                _ => gone.next().map(|(id, digest)| Row { id, digest, link: None }),
            };
            let Some(row) = row else { break };
            walk.rows += 1;
            let expected = link(previous, row.digest);
            let is_there = kept == Some(row.id);
            previous = match row.link {
                Some(stated) if stated != expected => {
                    walk.note(chain, row.id, ChainFaultKind::Link);
                    stated
                }
                None if is_there => {
                    walk.note(chain, row.id, ChainFaultKind::Link);
                    expected
                }
                _ => expected,
            };
            if wanted.contains(&row_number(row.id)) {
                walk.links.insert(row_number(row.id), previous);
            }
        }
        if is_last {
            return Ok(walk);
        }
        after = until;
    }
}

impl Walk {
    pub(super) fn note(&mut self, chain: Chain, row: i64, kind: ChainFaultKind) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(ChainFault { chain, row: row_number(row), kind });
        }
    }
}

/// The rows that are gone, with their digests. Those of which no removal tells are faults.
fn removed(
    connection: &Connection,
    chain: Chain,
    walk: &mut Walk,
) -> Result<Vec<(i64, Digest)>, StoreError> {
    let mut statement = connection
        .prepare("SELECT id, digest, removal FROM chain_gone WHERE chain = ?1 ORDER BY id")?;
    let rows = statement.query_map(params![chain.as_str()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Column<Digest>>(1)?.0, row.get::<_, i64>(2)?))
    })?;
    let mut by_removal: BTreeMap<i64, Vec<(i64, Digest)>> = BTreeMap::new();
    let mut gone = Vec::new();
    for row in rows {
        let (id, digest, told) = row?;
        by_removal.entry(told).or_default().push((id, digest));
        gone.push((id, digest));
    }
    let mut told =
        connection.prepare("SELECT 1 FROM journal WHERE id = ?1 AND state = ?2 AND detail = ?3")?;
    for (row, rows) in by_removal {
        if !told.exists(params![row, PURGED, removal(chain, &rows)])? {
            for (id, _) in rows {
                walk.note(chain, id, ChainFaultKind::Removed);
            }
        }
    }
    // A removal of which nothing is left, although it says of how many rows it tells.
    let name = chain.as_str();
    let mut empty = connection.prepare(
        "SELECT id FROM journal WHERE state = ?1 AND detail LIKE ?2 || ' %' AND NOT EXISTS
             (SELECT 1 FROM chain_gone WHERE chain = ?2 AND removal = journal.id)",
    )?;
    let lost = empty.query_map(params![PURGED, name], |row| row.get(0))?;
    for row in lost {
        walk.note(Chain::Journal, row?, ChainFaultKind::Removed);
    }
    Ok(gone)
}
