//! What is held, on the way out and on the way in, until a person or the course of things settles
//! it.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::journal::{self, JournalEntry};
use super::names::{RECALLED, WITHHELD};
use super::unit::{Column, optional};
use super::{Store, StoreError, UnitSummary};
use crate::transfer::{Direction, HeldSet, State};
use crate::types::{CameBy, FileSerial, HeldId, MessageId, OfficeNumber, code};

/// A set that was refused before it became a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// When.
    pub at: Timestamp,
    /// Our office.
    pub office: OfficeNumber,
    /// The addressee, where the file names say one.
    pub partner: Option<OfficeNumber>,
    /// The 連番, where the file names say one.
    pub serial: Option<FileSerial>,
    /// What the set holds.
    pub unit: UnitSummary,
    /// Codes of the rules or the fault, joined with commas.
    pub reason: String,
    /// The folder it lies in, below the hold folder.
    pub folder: String,
}

/// Something that waits for a person: a set of ours that was not sent, or a package that came in
/// and could not be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldItem {
    /// How it is named in commands.
    pub id: HeldId,
    /// `Out` for a set of ours, `In` for a package that came in.
    pub direction: Direction,
    /// Since when.
    pub at: Timestamp,
    /// Our office.
    pub office: OfficeNumber,
    /// The other office, where the file names say one.
    pub partner: Option<OfficeNumber>,
    /// The 連番, where the file names say one.
    pub serial: Option<FileSerial>,
    /// What it holds.
    pub unit: UnitSummary,
    /// Codes of the rules or the fault, joined with commas.
    pub reason: String,
    /// Where its files lie, below the hold folder; empty where they could not be put there.
    pub folder: String,
    /// How it came, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came_by: Option<CameBy>,
}

/// Which of what is held is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeldFilter {
    /// Only of this office of ours.
    pub office: Option<OfficeNumber>,
    /// Only to or from this partner.
    pub partner: Option<OfficeNumber>,
    /// Only this way.
    pub direction: Option<Direction>,
    /// At most so many, the newest.
    pub limit: u32,
}

impl HeldFilter {
    /// All of it, so many at the most.
    pub fn newest(limit: u32) -> Self {
        Self { limit, ..Self::default() }
    }
}

/// How a held set of ours came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Its files were put into the drop folder again.
    Released,
    /// The same, after they were corrected.
    Corrected,
    /// A person has no need of it any more.
    Dismissed,
    /// Somebody removed its folder.
    FolderRemoved,
}

impl Settled {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Released => code::RELEASED,
            Self::Corrected => code::CORRECTED,
            Self::Dismissed => code::DISMISSED,
            Self::FolderRemoved => code::FOLDER_REMOVED,
        }
    }
}

/// Why the held sets of a 連番 are settled by themselves.
#[derive(Debug, Clone, Copy)]
pub(super) enum Overtaken {
    /// A set of the same 連番 is on its way.
    SentAgain,
    /// The package arrived although it had been refused or given up.
    ArrivedLate,
    /// A person asked for the package to be sent again as it is.
    Retried,
}

impl Overtaken {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SentAgain => code::SENT_AGAIN,
            Self::ArrivedLate => code::ARRIVED_LATE,
            Self::Retried => code::RETRIED,
        }
    }

    /// The reasons for one of which a set must be held to be settled by it.
    const fn of_reasons(self) -> Option<[&'static str; 2]> {
        match self {
            Self::SentAgain => None,
            Self::ArrivedLate => Some([code::REFUSED_FOR_GOOD, code::EXPIRED]),
            Self::Retried => Some([code::REFUSED_FOR_GOOD; 2]),
        }
    }
}

const SETS: &str = "SELECT id, NULL, 'out', at, office, partner, serial, unit, reason, folder, ''
                    FROM held";

/// A package that came in, as what is held is read.
const PACKAGES: &str =
    "SELECT 0, message_id, 'in', changed_at, office, sender, serial, unit, detail,
                            folder, came_by
                        FROM incoming";

/// What of the packages that came in is held.
fn packages() -> String {
    format!("{PACKAGES} WHERE state = '{WITHHELD}'")
}

const HELD: State = State::Set(HeldSet::Held);
const SETTLED: State = State::Set(HeldSet::Settled);

impl Store {
    /// Remembers a set that was put into the hold folder.
    pub async fn hold(&self, held: HeldRow) -> Result<(), StoreError> {
        self.write(move |connection| insert(connection, &held)).await
    }

    /// What is held and not settled, both ways, newest first.
    pub async fn held(&self, filter: HeldFilter) -> Result<Vec<HeldItem>, StoreError> {
        self.read(move |connection| open(connection, &filter)).await
    }

    /// Those that a person means by `id`; more than one where two partners gave the same id. Empty
    /// if nothing of that id is held, or it is settled.
    pub async fn held_as(&self, id: HeldId) -> Result<Vec<HeldItem>, StoreError> {
        self.read(move |connection| match id {
            HeldId::Set(number) => {
                let sql = format!("{SETS} WHERE id = ?1 AND settled_at IS NULL");
                items(connection, &sql, params![number])
            }
            HeldId::Package(id) => {
                let sql = format!("{} AND message_id = ?1", packages());
                items(connection, &sql, params![Column(id)])
            }
        })
        .await
    }

    /// The packages that their senders have back and of which copies may still lie in a hold folder.
    pub async fn recalled_copies(&self) -> Result<Vec<HeldItem>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "{PACKAGES} WHERE (sender, message_id) IN (SELECT sender, message_id FROM recalled)
                     AND state = '{RECALLED}' AND folder <> ''"
            );
            items(connection, &sql, params![])
        })
        .await
    }

    /// Notes that no copies of a package that came in lie in a hold folder any more.
    pub async fn has_no_copies(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "UPDATE incoming SET folder = '' WHERE sender = ?1 AND message_id = ?2",
                )?
                .execute(params![Column(sender), Column(id)])?;
            Ok(())
        })
        .await
    }

    /// Notes that a held set of ours is settled, and who did it. `false` if it was settled before.
    pub async fn settle(
        &self,
        number: u32,
        how: Settled,
        by: String,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let sql = format!("{SETS} WHERE id = ?1 AND settled_at IS NULL");
            let Some(item) = items(connection, &sql, params![number])?.pop() else {
                return Ok(false);
            };
            connection
                .prepare_cached("UPDATE held SET settled_at = ?2, settled = ?3 WHERE id = ?1")?
                .execute(params![number, Column(now), how.as_str()])?;
            let entry = of_set(item.office, item.partner, item.serial);
            journal::append(connection, &entry, SETTLED, &by_whom(how.as_str(), &by), now)?;
            Ok(true)
        })
        .await
    }
}

/// A code with the one who brought it about, as the journal has it.
pub(super) fn by_whom(code: &str, by: &str) -> String {
    if by.is_empty() { code.to_owned() } else { format!("{code} by {by}") }
}

/// Settles the held sets of a 連番 that need nobody any more. Where a set of some `kind` is sent, those
/// of another kind that were refused for good stay.
pub(super) fn overtaken(
    connection: &Connection,
    (office, partner): (OfficeNumber, OfficeNumber),
    (serial, kind): (FileSerial, Option<&str>),
    how: Overtaken,
    now: Timestamp,
) -> Result<(), StoreError> {
    let [first, second] = how.of_reasons().map_or([None; 2], |reasons| reasons.map(Some));
    let settled = connection
        .prepare_cached(
            "UPDATE held SET settled_at = ?4, settled = ?5 WHERE office = ?1 AND partner = ?2
             AND serial = ?3 AND settled_at IS NULL AND (?6 IS NULL OR reason IN (?6, ?7))
             AND (?8 IS NULL OR reason != ?9 OR json_extract(unit, '$.kind') = ?8)",
        )?
        .execute(params![
            Column(office),
            Column(partner),
            Column(serial),
            Column(now),
            how.as_str(),
            first,
            second,
            kind,
            code::REFUSED_FOR_GOOD,
        ])?;
    if settled > 0 {
        let entry = of_set(office, Some(partner), Some(serial));
        journal::append(connection, &entry, SETTLED, how.as_str(), now)?;
    }
    Ok(())
}

fn open(connection: &Connection, filter: &HeldFilter) -> Result<Vec<HeldItem>, StoreError> {
    let packages = packages();
    let sql = format!(
        "{SETS} WHERE settled_at IS NULL
             AND (?2 = '' OR office = ?2) AND (?3 = '' OR partner = ?3) AND ?4 IN ('', 'out')
         UNION ALL {packages}
             AND (?2 = '' OR office = ?2) AND (?3 = '' OR sender = ?3) AND ?4 IN ('', 'in')
         ORDER BY 4 DESC LIMIT ?1"
    );
    let HeldFilter { office, partner, direction, limit } = filter;
    let [office, partner] =
        [office, partner].map(|it| it.as_ref().map(OfficeNumber::as_str).unwrap_or_default());
    let direction = direction.map(Direction::as_str).unwrap_or_default();
    items(connection, &sql, params![limit, office, partner, direction])
}

fn items(
    connection: &Connection,
    sql: &str,
    parameters: &[&dyn rusqlite::ToSql],
) -> Result<Vec<HeldItem>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| Ok(item(row)))?;
    rows.map(|row| row?).collect()
}

fn item(row: &Row<'_>) -> Result<HeldItem, StoreError> {
    let package: Option<Column<MessageId>> = row.get(1)?;
    let unit: String = row.get(7)?;
    Ok(HeldItem {
        id: match package {
            Some(id) => HeldId::Package(id.0),
            None => HeldId::Set(row.get(0)?),
        },
        direction: row.get::<_, Column<_>>(2)?.0,
        at: row.get::<_, Column<_>>(3)?.0,
        office: row.get::<_, Column<_>>(4)?.0,
        partner: optional(row, 5)?,
        serial: optional(row, 6)?,
        unit: UnitSummary::from_json(&unit)?,
        reason: row.get(8)?,
        folder: row.get(9)?,
        came_by: optional(row, 10)?,
    })
}

const fn of_set(
    office: OfficeNumber,
    partner: Option<OfficeNumber>,
    serial: Option<FileSerial>,
) -> JournalEntry {
    JournalEntry { office, partner, id: None, serial }
}

/// Adds a held set with its journal row; the same folder held before is settled by it.
pub(super) fn insert(connection: &Connection, held: &HeldRow) -> Result<(), StoreError> {
    let text = |number: Option<&str>| number.unwrap_or_default().to_owned();
    let entry = of_set(held.office, held.partner, held.serial);
    let settled = connection
        .prepare_cached(
            "UPDATE held SET settled_at = ?1, settled = ?2
             WHERE settled_at IS NULL AND office = ?3 AND folder = ?4",
        )?
        .execute(params![Column(held.at), code::HELD_AGAIN, Column(held.office), held.folder])?;
    if settled > 0 {
        journal::append(connection, &entry, SETTLED, code::HELD_AGAIN, held.at)?;
    }
    connection
        .prepare_cached(
            "INSERT INTO held (at, office, partner, serial, unit, reason, folder)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            Column(held.at),
            Column(held.office),
            text(held.partner.as_ref().map(OfficeNumber::as_str)),
            text(held.serial.as_ref().map(FileSerial::as_str)),
            held.unit.to_json()?,
            held.reason,
            held.folder,
        ])?;
    journal::append(connection, &entry, HELD, &held.reason, held.at)
}
