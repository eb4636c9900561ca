//! What of the packages that came in waits to be placed, or to be signed for.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::names::{COMMITTED, PLACED, WITHHELD};
use super::packages::{MORE, select};
use super::unit::Column;
use super::{IncomingRow, Store, StoreError, incoming};
use crate::package::Manifest;
use crate::route::{self, AfterGap};
use crate::transfer::Incoming;
use crate::types::{MessageId, OfficeNumber};

const ATTACHMENTS: &str = Manifest::ATTACHMENTS;

/// What a package holds, as its sender says.
const KIND: &str = "coalesce(iif(json_valid(unit), json_extract(unit, '$.kind'), ''), '')";

/// A set that waits to be placed.
#[derive(Debug, Clone)]
pub struct UnplacedRow {
    /// The package.
    pub row: IncomingRow,
    /// It lies beside the database: it may be as large as packages may be.
    pub is_large: bool,
    /// Since when a number below its own is missing, see [`route::missing_since`].
    pub missing_since: Option<Timestamp>,
}

impl Store {
    /// The packages of attachments to `office` that are committed and not placed yet, those that are
    /// due first. They wait for nothing, and no set waits for them.
    pub async fn unplaced_attachments(
        &self,
        office: OfficeNumber,
        limit: u32,
    ) -> Result<Vec<IncomingRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} WHERE office = ?1 AND state = '{COMMITTED}'
                     AND {KIND} = '{ATTACHMENTS}'
                 ORDER BY next_at, sender, sequence LIMIT ?2",
                select::<Incoming>(incoming::COLUMNS)
            ))?;
            let rows = statement.query_map(params![Column(office), limit], incoming::read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The sets from `sender` to `office` that are committed and not placed yet, the lowest
    /// 連番 first, and of one 連番 that whose placing has begun.
    pub async fn unplaced(
        &self,
        office: OfficeNumber,
        sender: OfficeNumber,
        limit: u32,
    ) -> Result<Vec<UnplacedRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} WHERE office = ?1 AND sender = ?2 AND state = '{COMMITTED}'
                     AND {KIND} <> '{ATTACHMENTS}'
                 ORDER BY serial, placing DESC, sequence LIMIT ?3",
                select::<Incoming>(&format!("{}, place = 'beside'", incoming::COLUMNS))
            ))?;
            let rows =
                statement.query_map(params![Column(office), Column(sender), limit], |row| {
                    let is_large = row.get(MORE + 2)?;
                    Ok(UnplacedRow { row: incoming::read(row)?, is_large, missing_since: None })
                })?;
            let mut rows = rows.collect::<Result<Vec<UnplacedRow>, _>>()?;
            let highest = rows.iter().map(|unplaced| unplaced.row.sequence).max();
            let gaps = after_gaps(connection, office, sender, highest.unwrap_or_default())?;
            for unplaced in &mut rows {
                unplaced.missing_since = route::missing_since(&gaps, unplaced.row.sequence);
            }
            Ok(rows)
        })
        .await
    }

    /// The packages to `office` whose files are placed and whose handover receipt is not signed.
    pub async fn placed(&self, office: OfficeNumber) -> Result<Vec<IncomingRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} WHERE office = ?1 AND state = '{PLACED}' ORDER BY sender, serial",
                select::<Incoming>(incoming::COLUMNS)
            ))?;
            let rows = statement.query_map(params![Column(office)], incoming::read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Whether a package of this id still waits to be placed, or is held until a person says so, whoever
    /// sent it, for whichever of our offices: several may have one import folder.
    pub async fn waits(&self, id: MessageId) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let found = connection
                .query_row(
                    &format!(
                        "SELECT 1 FROM incoming WHERE message_id = ?1
                             AND state IN ('{COMMITTED}', '{WITHHELD}')"
                    ),
                    params![Column(id)],
                    |_| Ok(()),
                )
                .optional()?;
            Ok(found.is_some())
        })
        .await
    }

    /// The senders that have packages for `office` which are not placed yet.
    pub async fn senders_waiting(
        &self,
        office: OfficeNumber,
    ) -> Result<Vec<OfficeNumber>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT DISTINCT sender FROM incoming WHERE office = ?1 AND state = '{COMMITTED}'"
            ))?;
            let rows = statement
                .query_map(params![Column(office)], |row| Ok(row.get::<_, Column<_>>(0)?.0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

/// The packages that wait to be placed, numbered up to `highest`, and before which a number is
/// missing. What became of the one with that number is nobody's concern, as long as it came, or its
/// sender has it back.
///
/// The index is named because SQLite would rather look through everything that ever came.
fn after_gaps(
    connection: &Connection,
    office: OfficeNumber,
    sender: OfficeNumber,
    highest: u64,
) -> Result<Vec<AfterGap>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT sequence, created_at FROM incoming INDEXED BY incoming_committed
         WHERE office = ?1 AND sender = ?2 AND state = '{COMMITTED}' AND sequence BETWEEN 2 AND ?3
         AND NOT EXISTS (
             SELECT 1 FROM incoming AS other WHERE other.office = ?1 AND other.sender = ?2
             AND other.sequence = incoming.sequence - 1
         )
         AND NOT EXISTS (
             SELECT 1 FROM recalled WHERE recalled.office = ?1 AND recalled.sender = ?2
             AND recalled.sequence = incoming.sequence - 1
         )"
    ))?;
    let highest = i64::try_from(highest).unwrap_or(i64::MAX);
    let gaps = statement.query_map(params![Column(office), Column(sender), highest], |row| {
        let sequence: i64 = row.get(0)?;
        Ok(AfterGap {
            sequence: u64::try_from(sequence).unwrap_or_default(),
            committed_at: row.get::<_, Column<_>>(1)?.0,
        })
    })?;
    Ok(gaps.collect::<Result<_, _>>()?)
}
