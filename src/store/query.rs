//! What people ask of the store: status, history, evidence.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::names::{HELD, QUEUED, SETTLED};
use super::payload::Stored;
use super::unit::{Column, optional};
use super::{
    JournalRow, Restoration, Store, StoreError, StoredReceipt, UnitSummary, journal, receipts,
};
use crate::package::ReceiptKind;
use crate::transfer::{Direction, State};
use crate::types::{CameBy, Digest, FileSerial, MessageId, OfficeNumber};

/// A line of 送受信履歴.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryRow {
    /// When it was packed, received or held.
    pub at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// Which way.
    pub direction: Direction,
    /// Our office.
    pub office: OfficeNumber,
    /// The other office.
    pub partner: Option<OfficeNumber>,
    /// The id of the package; a held set has none.
    pub message_id: Option<MessageId>,
    /// The 連番.
    pub serial: Option<FileSerial>,
    /// What it holds.
    pub unit: UnitSummary,
    /// Its state.
    pub state: State,
    /// A code that says why, for states that need it.
    pub detail: String,
    /// The kinds of the receipts about it, oldest first.
    pub receipts: Vec<ReceiptKind>,
    /// How it came, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came_by: Option<CameBy>,
}

/// Which lines of the history are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct HistoryFilter {
    /// Only this office of ours.
    pub office: Option<OfficeNumber>,
    /// Only this partner.
    pub partner: Option<OfficeNumber>,
    /// Only what began at or after this time.
    pub since: Option<Timestamp>,
    /// At most so many, the newest.
    pub limit: u32,
}

/// How many packages are in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateCount {
    /// Which way.
    pub direction: Direction,
    /// Our office.
    pub office: OfficeNumber,
    /// The other office.
    pub partner: OfficeNumber,
    /// The state.
    pub state: State,
    /// How many.
    pub count: u64,
    /// The last change among them.
    pub changed_at: Timestamp,
}

/// The packages of an office that wait for a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Our office.
    pub office: OfficeNumber,
    /// The partner.
    pub partner: OfficeNumber,
    /// How many wait.
    pub count: u64,
    /// Why the last attempt failed: a code, and behind a colon the partner's own; empty if none has
    /// failed.
    pub reason: String,
    /// When the next attempt is due; if it is past, at once.
    pub next_at: Timestamp,
    /// When the first of them is given up.
    pub expires_at: Timestamp,
}

/// What waits, and was delivered.
#[derive(Debug, Clone)]
pub struct Status {
    /// Packages by office, partner, direction and state.
    pub counts: Vec<StateCount>,
    /// What waits to be sent, by office and partner.
    pub waiting: Vec<Waiting>,
}

/// Everything that proves what became of a package.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Which way it went.
    pub direction: Direction,
    /// Our office.
    pub office: OfficeNumber,
    /// The other office.
    pub partner: OfficeNumber,
    /// The container.
    pub package: Bytes,
    /// The receipts about it, oldest first.
    pub receipts: Vec<StoredReceipt>,
    /// The request of the sender to have it back, where it was made.
    pub recall: Option<Bytes>,
    /// The steps it went through.
    pub journal: Vec<JournalRow>,
}

impl Store {
    /// What waits, and was delivered.
    pub async fn status(&self) -> Result<Status, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT 'out', office, partner, state, count(*), max(changed_at) FROM outgoing
                 GROUP BY office, partner, state
                 UNION ALL
                 SELECT 'in', office, sender, state, count(*), max(changed_at) FROM incoming
                 GROUP BY office, sender, state
                 ORDER BY 2, 3, 1, 4",
            )?;
            let rows = statement.query_map([], |row| {
                let direction = row.get::<_, Column<_>>(0)?.0;
                let count: i64 = row.get(4)?;
                Ok(state_of(direction, row, 3).and_then(|state| {
                    Ok(StateCount {
                        direction,
                        office: row.get::<_, Column<_>>(1)?.0,
                        partner: row.get::<_, Column<_>>(2)?.0,
                        state,
                        count: u64::try_from(count).unwrap_or_default(),
                        changed_at: row.get::<_, Column<_>>(5)?.0,
                    })
                }))
            })?;
            let counts = rows.map(|row| row?).collect::<Result<_, StoreError>>()?;
            Ok(Status { counts, waiting: waiting(connection)? })
        })
        .await
    }

    /// When the store was put back last from a backup, if ever.
    pub async fn restoration(&self) -> Result<Option<Restoration>, StoreError> {
        self.read(journal::last_restoration).await
    }

    /// 送受信履歴, newest first.
    pub async fn history(&self, filter: HistoryFilter) -> Result<Vec<HistoryRow>, StoreError> {
        self.read(move |connection| history(connection, &filter)).await
    }

    /// SHA-256 of the packages with this id and of all receipts about them: what was verified when it
    /// was accepted, or signed by us.
    pub async fn accepted(&self, id: MessageId) -> Result<BTreeSet<Digest>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT package_sha256 FROM outgoing WHERE message_id = ?1
                 UNION SELECT package_sha256 FROM incoming WHERE message_id = ?1
                 UNION SELECT sha256 FROM receipts WHERE message_id = ?1",
            )?;
            let rows = statement.query_map(params![Column(id)], |row| {
                row.get::<_, Column<Digest>>(0).map(|digest| digest.0)
            })?;
            let mut accepted = rows.collect::<Result<BTreeSet<_>, _>>()?;
            let mut statement = connection.prepare_cached(
                "SELECT der FROM recalls WHERE message_id = ?1
                 UNION ALL SELECT der FROM recalled WHERE message_id = ?1",
            )?;
            let recalls =
                statement.query_map(params![Column(id)], |row| row.get::<_, Vec<u8>>(0))?;
            for der in recalls {
                accepted.insert(Digest::of(&der?));
            }
            Ok(accepted)
        })
        .await
    }

    /// Everything that proves what became of a package, ours or a partner's.
    pub async fn evidence(&self, id: MessageId) -> Result<Evidence, StoreError> {
        self.evidence_at(None, id).await
    }

    /// The same of one of our offices: where both are ours, each has the package.
    pub async fn evidence_at(
        &self,
        office: Option<OfficeNumber>,
        id: MessageId,
    ) -> Result<Evidence, StoreError> {
        let (folder, sealing) = self.where_packages_lie();
        self.read(move |connection| {
            let (stored, direction, office, partner) = connection
                .query_row(
                    "SELECT package_sha256, place, bytes, 'out', office, partner FROM outgoing
                     LEFT JOIN payloads ON payloads.id = payload
                     WHERE message_id = ?1 AND (?2 = '' OR office = ?2)
                     UNION ALL
                     SELECT package_sha256, place, bytes, 'in', office, sender FROM incoming
                     LEFT JOIN payloads ON payloads.id = payload
                     WHERE message_id = ?1 AND (?2 = '' OR office = ?2)",
                    params![
                        Column(id),
                        office.as_ref().map(OfficeNumber::as_str).unwrap_or_default()
                    ],
                    |row| {
                        Ok((
                            Stored::read(row)?,
                            row.get::<_, Column<_>>(3)?.0,
                            row.get::<_, Column<OfficeNumber>>(4)?.0,
                            row.get::<_, Column<OfficeNumber>>(5)?.0,
                        ))
                    },
                )
                .optional()?
                .ok_or(StoreError::NotFound)?;
            let package = stored.load(&folder, &sealing)?.bytes().clone();
            evidence(connection, direction, (office, partner), id, package)
        })
        .await
    }
}

/// A package with what the store knows of it.
pub(super) fn evidence(
    connection: &Connection,
    direction: Direction,
    (office, partner): (OfficeNumber, OfficeNumber),
    id: MessageId,
    package: Bytes,
) -> Result<Evidence, StoreError> {
    Ok(Evidence {
        direction,
        office,
        partner,
        package,
        receipts: receipts::of_message(connection, direction, (office, partner), id)?,
        recall: recall(connection, direction, partner, id)?,
        journal: journal::of_package(connection, direction, partner, id)?,
    })
}

/// The request to have a package back, of ours or of the partner.
pub(super) fn recall(
    connection: &Connection,
    direction: Direction,
    partner: OfficeNumber,
    id: MessageId,
) -> Result<Option<Bytes>, StoreError> {
    let sql = match direction {
        // A number that is only told asks for nothing.
        Direction::Out => "SELECT der FROM recalls WHERE message_id = ?1 AND number_only = 0",
        Direction::In => "SELECT der FROM recalled WHERE message_id = ?1 AND sender = ?2",
    };
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &Row<'_>| row.get::<_, Vec<u8>>(0);
    let der = match direction {
        Direction::Out => statement.query_row(params![Column(id)], read),
        Direction::In => statement.query_row(params![Column(id), Column(partner)], read),
    };
    Ok(der.optional()?.map(Bytes::from))
}

/// What waits to be sent. Behind a package that failed all others of its pair wait as long.
fn waiting(connection: &Connection) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT office, partner, count(*), min(next_at), min(expires_at) FROM outgoing
         WHERE state = '{QUEUED}' GROUP BY office, partner ORDER BY office, partner"
    ))?;
    let rows = statement.query_map([], |row| {
        let count: i64 = row.get(2)?;
        Ok(Waiting {
            office: row.get::<_, Column<_>>(0)?.0,
            partner: row.get::<_, Column<_>>(1)?.0,
            count: u64::try_from(count).unwrap_or_default(),
            reason: String::new(),
            next_at: row.get::<_, Column<_>>(3)?.0,
            expires_at: row.get::<_, Column<_>>(4)?.0,
        })
    })?;
    let mut found = rows.collect::<Result<Vec<_>, _>>()?;
    for pair in &mut found {
        let failed = connection
            .prepare_cached(&format!(
                "SELECT detail, next_at FROM outgoing WHERE office = ?1 AND partner = ?2
                 AND state = '{QUEUED}' AND detail != '' ORDER BY changed_at DESC LIMIT 1"
            ))?
            .query_row(params![Column(pair.office), Column(pair.partner)], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Column<Timestamp>>(1)?.0))
            })
            .optional()?;
        if let Some((reason, next_at)) = failed {
            (pair.reason, pair.next_at) = (reason, next_at);
        }
    }
    Ok(found)
}

fn history(connection: &Connection, filter: &HistoryFilter) -> Result<Vec<HistoryRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT * FROM (
             SELECT created_at AS at, changed_at, 'out' AS direction, office, partner, message_id,
                    serial, unit, state, detail, '' AS came_by
             FROM outgoing
             UNION ALL
             SELECT created_at, changed_at, 'in', office, sender, message_id, serial, unit, state,
                    detail, came_by
             FROM incoming
             UNION ALL
             SELECT at, coalesce(settled_at, at), 'out', office, partner, NULL, serial, unit,
                    iif(settled_at IS NULL, '{HELD}', '{SETTLED}'), reason, '' FROM held
         )
         WHERE (?1 = '' OR office = ?1) AND (?2 = '' OR partner = ?2) AND at >= ?3
         ORDER BY at DESC, serial DESC LIMIT ?4"
    ))?;
    let office = filter.office.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
    let partner = filter.partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
    let since = filter.since.unwrap_or(Timestamp::MIN).as_microsecond();
    let rows = statement.query_map(params![office, partner, since, filter.limit], |row| {
        let direction = row.get::<_, Column<_>>(2)?.0;
        let unit: String = row.get(7)?;
        Ok(state_of(direction, row, 8).and_then(|state| {
            Ok(HistoryRow {
                at: row.get::<_, Column<_>>(0)?.0,
                changed_at: row.get::<_, Column<_>>(1)?.0,
                direction,
                office: row.get::<_, Column<_>>(3)?.0,
                partner: optional(row, 4)?,
                message_id: row.get::<_, Option<Column<_>>>(5)?.map(|id| id.0),
                serial: optional(row, 6)?,
                unit: UnitSummary::from_json(&unit)?,
                state,
                detail: row.get(9)?,
                receipts: Vec::new(),
                came_by: optional(row, 10)?,
            })
        }))
    })?;
    let mut history = rows.map(|row| row?).collect::<Result<Vec<HistoryRow>, StoreError>>()?;
    for line in &mut history {
        if let (Some(id), Some(partner)) = (line.message_id, line.partner) {
            let parties = (line.office, partner);
            line.receipts = receipts::kinds_of_message(connection, line.direction, parties, id)?;
        }
    }
    Ok(history)
}

/// The state in a column, of what goes this way.
pub(super) fn state_of(
    direction: Direction,
    row: &Row<'_>,
    place: usize,
) -> Result<State, StoreError> {
    let name: String = row.get(place)?;
    State::named(direction, &name).ok_or(StoreError::Damaged("unknown state"))
}
