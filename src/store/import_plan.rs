//! What is placed of packages for care software that has habits, and what of it waits to be taken.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::held::by_whom;
use super::journal::{self, JournalEntry, Step};
use super::names::{COMMITTED, PLACED, SIGNED_FOR, WITHHELD};
use super::unit::Column;
use super::{Store, StoreError};
use crate::config::ImportLayout;
use crate::record::Quoting;
use crate::transfer::Direction;
use crate::types::{Digest, FileSerial, MessageId, OfficeNumber, code};

/// What is placed of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlan {
    /// How the files are made: what makes the same ones again.
    pub recipe: Recipe,
    /// The 連番 of the first set.
    pub first_serial: FileSerial,
    /// That of the last one.
    pub last_serial: FileSerial,
    /// Whether the files are those of actuals, which may lie in a folder of their own.
    pub actuals: bool,
    /// Every file.
    pub files: Vec<PlacedCopy>,
    /// Why the files are as they were sent although the office wants copies: a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_because: Option<String>,
}

/// How copies are made of the files of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// In which folders they lie.
    pub folders: ImportLayout,
    /// Whether each user gets a set.
    pub one_user_per_set: bool,
    /// The style of quoting; none where the quotes are those that were sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoting: Option<Quoting>,
}

/// A file in the import folder.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedCopy {
    /// Where it lies below the import folder: its name, and `/` behind a folder.
    pub name: String,
    /// The name of the file of the package that it is a copy of, or of a part of it.
    pub of: String,
    /// Its bytes.
    pub size: u64,
    /// Their digest.
    pub sha256: Digest,
}

impl std::fmt::Debug for PlacedCopy {
    /// A folder may be called by the number of a user.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlacedCopy").field("of", &self.of).finish_non_exhaustive()
    }
}

/// A set whose files the care software has not taken yet.
#[derive(Debug, Clone)]
pub struct AwaitedSet {
    /// The package.
    pub id: MessageId,
    /// Who sent it.
    pub sender: OfficeNumber,
    /// When it was placed, or its handover signed.
    pub since: Timestamp,
    /// What was placed of it.
    pub plan: ImportPlan,
}

impl Store {
    /// What is placed of a package, if it was written down.
    pub async fn import_plan(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<Option<ImportPlan>, StoreError> {
        self.read(move |connection| {
            let found: Option<String> = connection
                .prepare_cached(
                    "SELECT plan FROM import_plans WHERE sender = ?1 AND message_id = ?2",
                )?
                .query_row(params![Column(sender), Column(id)], |row| row.get(0))
                .optional()?;
            found.map(|plan| read(&plan)).transpose()
        })
        .await
    }

    /// Whether anything was ever written down for an office.
    pub async fn has_import_plans(&self, office: OfficeNumber) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM import_plans WHERE office = ?1)")?;
            Ok(statement.query_row(params![Column(office)], |row| row.get(0))?)
        })
        .await
    }

    /// The highest 連番 under which something of `sender` was placed for `office`.
    pub async fn last_placed_serial(
        &self,
        office: OfficeNumber,
        sender: OfficeNumber,
    ) -> Result<Option<FileSerial>, StoreError> {
        self.read(move |connection| {
            let found: Option<Column<FileSerial>> = connection
                .prepare_cached(
                    "SELECT last_serial FROM import_plans WHERE office = ?1 AND sender = ?2
                     ORDER BY last_serial DESC LIMIT 1",
                )?
                .query_row(params![Column(office), Column(sender)], |row| row.get(0))
                .optional()?;
            Ok(found.map(|serial| serial.0))
        })
        .await
    }

    /// Writes down what will be placed of a package. What was written first stays.
    pub async fn plan_import(
        &self,
        (office, sender, id): (OfficeNumber, OfficeNumber, MessageId),
        plan: ImportPlan,
        awaited: bool,
    ) -> Result<(), StoreError> {
        let text = serde_json::to_string(&plan).map_err(|_| StoreError::Damaged("import plan"))?;
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO import_plans
                         (sender, message_id, office, last_serial, plan, awaited)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    Column(sender),
                    Column(id),
                    Column(office),
                    Column(plan.last_serial),
                    text,
                    awaited
                ])?;
            Ok(())
        })
        .await
    }

    /// The sets that lie in the import folder of an office and are waited for, the oldest first.
    pub async fn awaited(&self, office: OfficeNumber) -> Result<Vec<AwaitedSet>, StoreError> {
        self.read(move |connection| awaited(connection, office)).await
    }

    /// The care software has taken the files of a package, or a person says so (`by`, an account, empty
    /// where it is not known): nothing waits for them any more.
    pub async fn taken(
        &self,
        (office, sender, id): (OfficeNumber, OfficeNumber, MessageId),
        by: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE import_plans SET awaited = 0
                     WHERE sender = ?1 AND message_id = ?2 AND awaited = 1",
                )?
                .execute(params![Column(sender), Column(id)])?;
            let Some(by) = by.filter(|_| changed > 0) else { return Ok(()) };
            // Somebody decided it, so it stands in the journal. The state of the package stays, so the
            // row is about the order and not about a step of the package.
            let serial: Option<Column<FileSerial>> = connection
                .prepare_cached(
                    "SELECT serial FROM incoming WHERE sender = ?1 AND message_id = ?2",
                )?
                .query_row(params![Column(sender), Column(id)], |row| row.get(0))
                .optional()?;
            let serial = serial.map(|serial| serial.0);
            let entry = JournalEntry { office, partner: Some(sender), id: None, serial };
            let detail = by_whom(code::TAKEN_BY_HAND, &by);
            journal::append(connection, &entry, Step::Taken, &detail, now)
        })
        .await
    }

    /// The lowest 連番 of the packages from `sender` to `office` that are held for this reason: what
    /// comes after it has to wait.
    pub async fn lowest_held(
        &self,
        office: OfficeNumber,
        sender: OfficeNumber,
        reason: &'static str,
    ) -> Result<Option<FileSerial>, StoreError> {
        self.read(move |connection| {
            let found: Option<Column<FileSerial>> = connection
                .prepare_cached(&format!(
                    "SELECT serial FROM incoming WHERE state = '{WITHHELD}' AND office = ?1
                     AND sender = ?2 AND detail = ?3 ORDER BY serial LIMIT 1"
                ))?
                .query_row(params![Column(office), Column(sender), reason], |row| row.get(0))
                .optional()?;
            Ok(found.map(|serial| serial.0))
        })
        .await
    }

    /// Whether a person has let a package be placed that was held for this reason.
    pub async fn was_let_in(
        &self,
        sender: OfficeNumber,
        id: MessageId,
        reason: &'static str,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let direction = Direction::In.as_str();
            let released = format!("{} by %", code::RELEASED);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 FROM journal AS held JOIN journal AS released
                     ON released.message_id = held.message_id AND released.id > held.id
                 WHERE held.message_id = ?1 AND held.partner = ?2 AND held.direction = '{direction}'
                     AND held.state = '{WITHHELD}' AND held.detail = ?3
                     AND released.partner = ?2 AND released.direction = '{direction}'
                     AND released.state = '{COMMITTED}'
                     AND (released.detail = ?4 OR released.detail LIKE ?5))"
            ))?;
            let found = params![Column(id), Column(sender), reason, code::RELEASED, released];
            Ok(statement.query_row(found, |row| row.get(0))?)
        })
        .await
    }
}

fn awaited(connection: &Connection, office: OfficeNumber) -> Result<Vec<AwaitedSet>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT p.message_id, p.sender, i.changed_at, p.plan FROM import_plans AS p
         JOIN incoming AS i ON i.sender = p.sender AND i.message_id = p.message_id
         WHERE p.awaited = 1 AND p.office = ?1 AND i.state IN ('{PLACED}', '{SIGNED_FOR}')
         ORDER BY i.changed_at, p.last_serial"
    ))?;
    let rows = statement.query_map(params![Column(office)], |row| {
        let plan: String = row.get(3)?;
        Ok(read(&plan).and_then(|plan| {
            Ok(AwaitedSet {
                id: row.get::<_, Column<_>>(0)?.0,
                sender: row.get::<_, Column<_>>(1)?.0,
                since: row.get::<_, Column<_>>(2)?.0,
                plan,
            })
        }))
    })?;
    rows.map(|row| row?).collect()
}

fn read(plan: &str) -> Result<ImportPlan, StoreError> {
    serde_json::from_str(plan).map_err(|_| StoreError::Damaged("import plan"))
}
