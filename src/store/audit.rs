//! Who came in through the page, who looked at what about whom, and who changed what about users.
//!
//! The insured numbers stand here in full: whose data somebody saw is the very question that these
//! rows are there to answer. They are shown shortened, and found by the whole number.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params};

use super::unit::Column;
use super::{Store, StoreError};
use crate::types::Personal;

/// The people of one row that are named at the most; of more it is only known how many.
const PEOPLE: usize = 2_000;

/// What somebody is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// A user of the page.
    User,
    /// An account of the operating system, which asked for the page with a command.
    System,
    /// A program, by its token.
    Token,
    /// Nobody yet: a name that somebody gave.
    None,
}

impl Account {
    const ALL: [Self; 4] = [Self::User, Self::System, Self::Token, Self::None];

    /// How it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
            Self::Token => "token",
            Self::None => "none",
        }
    }
}

impl FromSql for Column<Account> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        let found = Account::ALL.into_iter().find(|account| account.as_str() == name);
        found.map(Self).ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for Column<Account> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_str().into())
    }
}

/// Something that was done or seen.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// What they are known by.
    pub account: Account,
    /// From where.
    pub address: String,
    /// What: a code.
    pub what: String,
    /// What it was done to: an id, the name of a user.
    pub about: String,
    /// The insured numbers of the people who were shown, each once.
    pub people: Vec<Personal<String>>,
}

/// A row.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// Its number, rising.
    pub id: i64,
    /// What was done; the people are all that are named.
    pub entry: AuditEntry,
    /// How many people were shown, more of them perhaps than are named.
    pub people: u64,
}

/// Which rows are wanted.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only what this one did.
    pub who: Option<String>,
    /// Only where this person was shown.
    pub person: Option<Personal<String>>,
    /// Only this code.
    pub what: Option<String>,
    /// Only at or after this time.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
    /// Only rows with a smaller number.
    pub before: Option<i64>,
    /// At most so many, the newest.
    pub limit: u32,
}

impl Store {
    /// Adds rows, all or none.
    pub async fn audit(&self, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        self.write(move |connection| entries.iter().try_for_each(|entry| add(connection, entry)))
            .await
    }

    /// The rows that a filter lets through, newest first.
    pub async fn audited(&self, filter: AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        self.read(move |connection| rows(connection, &filter)).await
    }
}

fn add(connection: &Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO audit (at, who, account, address, what, about, people)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            Column(entry.at),
            entry.who,
            Column(entry.account),
            entry.address,
            entry.what,
            entry.about,
            i64::try_from(entry.people.len()).unwrap_or(i64::MAX),
        ])?;
    let id = connection.last_insert_rowid();
    let mut person = connection
        .prepare_cached("INSERT OR IGNORE INTO audit_people (audit, person) VALUES (?1, ?2)")?;
    for one in entry.people.iter().take(PEOPLE) {
        person.execute(params![id, one.reveal()])?;
    }
    Ok(())
}

fn rows(connection: &Connection, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
    let shown = "SELECT id, at, who, account, address, what, about, people FROM audit";
    let person = filter.person.as_ref().map(|person| person.reveal().as_str());
    let from = match person {
        Some(_) => " JOIN audit_people ON audit = id AND person = ?6",
        None => "",
    };
    let mut statement = connection.prepare_cached(&format!(
        "{shown}{from} WHERE id < ?1 AND at >= ?2 AND at < ?3 AND (?4 IS NULL OR who = ?4)
             AND (?5 IS NULL OR what = ?5) AND (?6 IS NULL OR TRUE)
         ORDER BY id DESC LIMIT ?7"
    ))?;
    let found = statement.query_map(
        params![
            filter.before.unwrap_or(i64::MAX),
            Column(filter.since.unwrap_or(Timestamp::MIN)),
            Column(filter.until.unwrap_or(Timestamp::MAX)),
            filter.who,
            filter.what,
            person,
            filter.limit,
        ],
        |row| {
            let people: i64 = row.get(7)?;
            Ok(AuditRow {
                id: row.get(0)?,
                entry: AuditEntry {
                    at: row.get::<_, Column<_>>(1)?.0,
                    who: row.get(2)?,
                    account: row.get::<_, Column<_>>(3)?.0,
                    address: row.get(4)?,
                    what: row.get(5)?,
                    about: row.get(6)?,
                    people: Vec::new(),
                },
                people: u64::try_from(people).unwrap_or_default(),
            })
        },
    )?;
    let mut found = found.collect::<Result<Vec<_>, _>>()?;
    let mut people = connection
        .prepare_cached("SELECT person FROM audit_people WHERE audit = ?1 ORDER BY person")?;
    for row in &mut found {
        let named = people.query_map(params![row.id], |row| row.get(0).map(Personal::new))?;
        row.entry.people = named.collect::<Result<_, _>>()?;
    }
    Ok(found)
}

/// Forgets what is older.
pub(super) fn purge(connection: &Connection, records: Timestamp) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM audit_people WHERE audit IN (SELECT id FROM audit WHERE at < ?1)",
        params![Column(records)],
    )?;
    connection.execute("DELETE FROM audit WHERE at < ?1", params![Column(records)])?;
    Ok(())
}
