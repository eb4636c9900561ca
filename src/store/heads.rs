//! Signed heads of the chains, and the check of the whole store against them.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::FromSql as _;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::chain::{self, Chain, ChainFault, ChainFaultKind};
use super::unit::Column;
use super::{Store, StoreError, identity};
use crate::package::{ChainEnd, JournalHead, Limits, StatedHead};
use crate::transfer::Direction;
use crate::types::{Digest, MessageId};

/// Beyond this age one head a day is enough: a later one covers all before it.
const HOURLY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// Why a head does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadFault {
    /// Its bytes are damaged, or its signature does not hold.
    Signature,
    /// It is of another store.
    OtherStore,
    /// The chains are not what was signed.
    Differs,
}

impl HeadFault {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::OtherStore => "foreign",
            Self::Differs => "differs",
        }
    }
}

/// A head and what came of it.
#[derive(Debug)]
pub struct HeadReport {
    /// When it was stored.
    pub at: Timestamp,
    /// What it says, if its signature holds; whom to believe is not decided.
    pub stated: Option<StatedHead>,
    /// Why it does not count.
    pub fault: Option<HeadFault>,
}

/// A package whose row, steps and bytes do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostPackage {
    /// Which way it went.
    pub direction: Direction,
    /// Its id.
    pub id: MessageId,
}

/// What became of the check of a store.
#[derive(Debug)]
pub struct ChainReport {
    /// How many rows the journal has had.
    pub journal: u64,
    /// How many receipts there have been.
    pub receipts: u64,
    /// What is wrong with the chains.
    pub faults: Vec<ChainFault>,
    /// The heads, oldest first.
    pub heads: Vec<HeadReport>,
    /// Packages of which the journal tells although they are gone without a trace.
    pub lost: Vec<LostPackage>,
    /// What the database itself says of its pages and indexes; empty if it is whole.
    pub integrity: Vec<String>,
}

impl Store {
    /// The id of the store and the ends of the journal and of the receipts, to be signed.
    pub async fn chain_ends(&self) -> Result<(String, ChainEnd, ChainEnd), StoreError> {
        self.read(|connection| {
            let id = identity::id(connection)?.ok_or(StoreError::Damaged("no id"))?;
            let journal = chain::end(connection, Chain::Journal)?;
            Ok((id, journal, chain::end(connection, Chain::Receipts)?))
        })
        .await
    }

    /// Keeps a signed head. Of older ones the last of each day stays.
    pub async fn add_head(&self, der: Vec<u8>, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "INSERT INTO journal_heads (at, der) VALUES (?1, ?2)",
                params![Column(now), der],
            )?;
            let hourly = now.checked_sub(HOURLY).unwrap_or(Timestamp::MIN);
            connection.execute(
                "DELETE FROM journal_heads WHERE at < ?1
                     AND id NOT IN (SELECT max(id) FROM journal_heads GROUP BY at / ?2)",
                params![Column(hourly), DAY],
            )?;
            Ok(())
        })
        .await
    }

    /// The newest signed head, DER.
    pub async fn last_head(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| {
            let last = connection
                .query_row("SELECT der FROM journal_heads ORDER BY id DESC LIMIT 1", [], |row| {
                    row.get(0)
                })
                .optional()?;
            Ok(last)
        })
        .await
    }

    /// Checks the chains and the heads as the store stands at one moment; can be asked beside a node
    /// that writes.
    pub async fn check_chains(&self, limits: Limits) -> Result<ChainReport, StoreError> {
        self.read(move |connection| check(connection, &limits)).await
    }
}

fn check(connection: &Connection, limits: &Limits) -> Result<ChainReport, StoreError> {
    let integrity = integrity(connection)?;
    let mut heads = heads(connection, limits)?;
    let rows = |end: fn(&JournalHead) -> ChainEnd| -> BTreeSet<u64> {
        heads.iter().filter_map(|head| Some(end(&head.stated.as_ref()?.head).row)).collect()
    };
    let journal = chain::walk(connection, Chain::Journal, &rows(|head| head.journal))?;
    let mut receipts = chain::walk(connection, Chain::Receipts, &rows(|head| head.receipts))?;
    let id = identity::id(connection)?;
    for report in &mut heads {
        let Some(StatedHead { head, .. }) = &report.stated else { continue };
        let is_same =
            |walk: &chain::Walk, end: ChainEnd| walk.links.get(&end.row) == Some(&end.link);
        if Some(&head.store) != id.as_ref() {
            report.fault = Some(HeadFault::OtherStore);
        } else if !is_same(&journal, head.journal) || !is_same(&receipts, head.receipts) {
            report.fault = Some(HeadFault::Differs);
        }
    }
    damaged_receipts(connection, &mut receipts)?;
    let mut faults = journal.faults;
    faults.append(&mut receipts.faults);
    Ok(ChainReport {
        journal: journal.rows,
        receipts: receipts.rows,
        faults,
        heads,
        lost: lost(connection)?,
        integrity,
    })
}

fn heads(connection: &Connection, limits: &Limits) -> Result<Vec<HeadReport>, StoreError> {
    let mut statement = connection.prepare("SELECT at, der FROM journal_heads ORDER BY id")?;
    let rows = statement.query_map([], |row| {
        let der: Vec<u8> = row.get(1)?;
        let stated = JournalHead::read(&der, limits).ok();
        let fault = stated.is_none().then_some(HeadFault::Signature);
        Ok(HeadReport { at: row.get::<_, Column<_>>(0)?.0, stated, fault })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Receipts whose bytes are not those of their digest, which is what the chain holds.
fn damaged_receipts(connection: &Connection, walk: &mut chain::Walk) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT id, sha256, der FROM receipts ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let stated = row.get::<_, Column<Digest>>(1).map(|digest| digest.0).ok();
        let found = row.get_ref(2)?.as_blob().ok().map(Digest::of);
        if found.is_none() || found != stated {
            walk.note(Chain::Receipts, row.get(0)?, ChainFaultKind::Bytes);
        }
    }
    Ok(())
}

/// Packages of which the journal tells and that have no row any more: a removal takes the rows of the
/// journal with the row of the package. The last row of the journal always stays.
fn lost(connection: &Connection) -> Result<Vec<LostPackage>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT DISTINCT direction, message_id FROM journal
         WHERE message_id IS NOT NULL AND id < (SELECT max(id) FROM journal) AND CASE direction
             WHEN 'out' THEN NOT EXISTS
                 (SELECT 1 FROM outgoing WHERE outgoing.message_id = journal.message_id)
             ELSE NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.message_id = journal.message_id
                 AND incoming.sender = journal.partner) END
         LIMIT 1000",
    )?;
    let mut rows = statement.query([])?;
    let mut lost = Vec::new();
    while let Some(row) = rows.next()? {
        // What is none is told of as a broken link.
        let (direction, id) =
            (Column::column_result(row.get_ref(0)?), Column::column_result(row.get_ref(1)?));
        if let (Ok(direction), Ok(id)) = (direction, id) {
            lost.push(LostPackage { direction: direction.0, id: id.0 });
        }
    }
    Ok(lost)
}

/// What SQLite finds wrong with its own pages and indexes.
fn integrity(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let found: Vec<String> = rows.collect::<Result<_, _>>()?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}
