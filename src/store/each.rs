//! All packages, one after the other, for those who look at everything.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::packages::table;
use super::payload::Stored;
use super::unit::Column;
use super::{Evidence, Store, StoreError, StoredReceipt, UnitSummary, query, receipts};
use crate::transfer::{Direction, State};
use crate::types::{Digest, FileSerial, MessageId, OfficeNumber};

/// A package that has a row.
#[derive(Debug, Clone)]
pub struct StoredPackage {
    /// Which way it went.
    pub direction: Direction,
    /// Our office.
    pub office: OfficeNumber,
    /// The other office.
    pub partner: OfficeNumber,
    /// Its id.
    pub id: MessageId,
    /// When it was packed or received.
    pub at: Timestamp,
    /// Its 連番.
    pub serial: FileSerial,
    /// What it holds.
    pub unit: UnitSummary,
    /// Its state.
    pub state: State,
    /// A code that says why, for states that need it.
    pub detail: String,
    /// Whether its bytes are still kept.
    pub is_kept: bool,
}

/// A row of the journal as it is chained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    /// Its number.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Direction, our office, partner, message id in hexadecimal digits, serial, state, detail.
    pub texts: Vec<String>,
    /// Its link.
    pub link: Digest,
}

/// Which packages are wanted.
#[derive(Debug, Clone, Copy)]
pub struct PackageRange {
    /// Only what was packed or received at this time or later.
    pub since: Timestamp,
    /// Only what was packed or received before this time.
    pub until: Timestamp,
    /// Only this partner.
    pub partner: Option<OfficeNumber>,
}

impl PackageRange {
    /// All of them.
    pub const ALL: Self = Self { since: Timestamp::MIN, until: Timestamp::MAX, partner: None };
}

impl Store {
    /// The packages of a range that go this way and stand behind `after`, at most `limit`: by their
    /// ids, which grow with the time at which they were made.
    pub async fn packages(
        &self,
        direction: Direction,
        range: PackageRange,
        after: Option<(MessageId, OfficeNumber)>,
        limit: u32,
    ) -> Result<Vec<StoredPackage>, StoreError> {
        self.read(move |connection| {
            let (table, partner) = table(direction);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT office, {partner}, message_id, created_at, serial, unit, state, detail,
                     place <> 'gone'
                 FROM {table} WHERE created_at >= ?1 AND created_at < ?2
                     AND (?3 = '' OR {partner} = ?3) AND (message_id, {partner}) > (?4, ?5)
                 ORDER BY message_id, {partner} LIMIT ?6"
            ))?;
            let (id, office) = match &after {
                Some((id, office)) => (id.as_bytes().as_slice(), office.as_str()),
                None => ([].as_slice(), ""),
            };
            let wanted = range.partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
            let window = (Column(range.since), Column(range.until));
            let values = params![window.0, window.1, wanted, id, office, limit];
            let rows = statement.query_map(values, |row| {
                let unit: String = row.get(5)?;
                Ok(query::state_of(direction, row, 6).and_then(|state| {
                    Ok(StoredPackage {
                        direction,
                        office: row.get::<_, Column<_>>(0)?.0,
                        partner: row.get::<_, Column<_>>(1)?.0,
                        id: row.get::<_, Column<_>>(2)?.0,
                        at: row.get::<_, Column<_>>(3)?.0,
                        serial: row.get::<_, Column<_>>(4)?.0,
                        unit: UnitSummary::from_json(&unit)?,
                        state,
                        detail: row.get(7)?,
                        is_kept: row.get(8)?,
                    })
                }))
            })?;
            rows.map(|row| row?).collect()
        })
        .await
    }

    /// How many packages of a range there are, both ways.
    pub async fn package_count(&self, range: PackageRange) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let mut all = 0;
            for direction in Direction::ALL {
                let (table, partner) = table(direction);
                let wanted = range.partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
                let count: i64 = connection
                    .prepare_cached(&format!(
                        "SELECT count(*) FROM {table} WHERE created_at >= ?1 AND created_at < ?2
                             AND (?3 = '' OR {partner} = ?3)"
                    ))?
                    .query_row(
                        params![Column(range.since), Column(range.until), wanted],
                        |row| row.get(0),
                    )?;
                all += u64::try_from(count).unwrap_or_default();
            }
            Ok(all)
        })
        .await
    }

    /// How many bytes the files of the packages of a range have that are kept, both ways.
    pub async fn package_bytes(&self, range: PackageRange) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let mut all: u64 = 0;
            for direction in Direction::ALL {
                let (table, partner) = table(direction);
                let wanted = range.partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
                let bytes: i64 = connection
                    .prepare_cached(&format!(
                        "SELECT coalesce(sum(json_extract(value, '$.size')), 0)
                         FROM {table}, json_each({table}.unit, '$.files')
                         WHERE created_at >= ?1 AND created_at < ?2 AND place <> 'gone'
                             AND (?3 = '' OR {partner} = ?3)"
                    ))?
                    .query_row(
                        params![Column(range.since), Column(range.until), wanted],
                        |row| row.get(0),
                    )?;
                all = all.saturating_add(u64::try_from(bytes).unwrap_or_default());
            }
            Ok(all)
        })
        .await
    }

    /// The receipts about a package of `office` and `partner`, oldest first.
    pub async fn receipts_of(
        &self,
        direction: Direction,
        (office, partner): (OfficeNumber, OfficeNumber),
        id: MessageId,
    ) -> Result<Vec<StoredReceipt>, StoreError> {
        self.read(move |connection| {
            receipts::of_message(connection, direction, (office, partner), id)
        })
        .await
    }

    /// The request of the sender to have a package back, where it was made.
    pub async fn recall_of(
        &self,
        direction: Direction,
        partner: OfficeNumber,
        id: MessageId,
    ) -> Result<Option<Bytes>, StoreError> {
        self.read(move |connection| query::recall(connection, direction, partner, id)).await
    }

    /// The rows of the journal of a range behind `after`, at most `limit`.
    pub async fn journal_lines(
        &self,
        range: PackageRange,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JournalLine>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, at, direction, office, partner, lower(hex(message_id)), serial, state,
                     detail, link
                 FROM journal WHERE id > ?1 AND at >= ?2 AND at < ?3 AND (?4 = '' OR partner = ?4)
                 ORDER BY id LIMIT ?5",
            )?;
            let wanted = range.partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
            let window = (Column(range.since), Column(range.until));
            let rows =
                statement.query_map(params![after, window.0, window.1, wanted, limit], |row| {
                    let mut texts = Vec::new();
                    for column in 2..9 {
                        texts.push(row.get::<_, Option<String>>(column)?.unwrap_or_default());
                    }
                    Ok(JournalLine {
                        id: row.get(0)?,
                        at: row.get::<_, Column<_>>(1)?.0,
                        texts,
                        link: row.get::<_, Column<_>>(9)?.0,
                    })
                })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Everything that proves what became of one package.
    pub async fn evidence_of(
        &self,
        direction: Direction,
        partner: OfficeNumber,
        id: MessageId,
    ) -> Result<Evidence, StoreError> {
        let (folder, sealing) = self.where_packages_lie();
        self.read(move |connection| {
            let (table, column) = table(direction);
            let (stored, office) = connection
                .prepare_cached(&format!(
                    "SELECT package_sha256, place, bytes, office FROM {table}
                     LEFT JOIN payloads ON payloads.id = payload
                     WHERE message_id = ?1 AND {column} = ?2"
                ))?
                .query_row(params![Column(id), Column(partner)], |row| {
                    Ok((Stored::read(row)?, row.get::<_, Column<OfficeNumber>>(3)?.0))
                })
                .optional()?
                .ok_or(StoreError::NotFound)?;
            let package = stored.load(&folder, &sealing)?.bytes().clone();
            query::evidence(connection, direction, (office, partner), id, package)
        })
        .await
    }
}
