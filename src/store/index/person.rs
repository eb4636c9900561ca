//! People as the store knows them.

use rusqlite::{Connection, Row, params};

use super::id::EntryId;
use crate::contents::{PersonKey, SearchKey};
use crate::store::StoreError;
use crate::types::Personal;

/// Somebody whom packages are about, as the newest of them names the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// Who it is.
    pub key: PersonKey,
    /// 利用者氏名; empty where no package told it yet.
    pub name: Personal<String>,
    /// フリガナ; empty where no package told it yet.
    pub kana: Personal<String>,
}

/// What [`read`] reads, of the table `people` as `p`.
pub(super) const COLUMNS: &str = "p.insurer, p.insured, p.name, p.kana";

/// From four columns of a row, from `place` on.
pub(super) fn read(
    row: &Row<'_>,
    place: usize,
) -> rusqlite::Result<Result<KnownPerson, StoreError>> {
    let insurer: String = row.get(place)?;
    let insured: String = row.get(place + 1)?;
    let (name, kana) = (row.get(place + 2)?, row.get(place + 3)?);
    let key = PersonKey::parse(insurer.as_bytes(), insured.as_bytes());
    let key = key.ok_or(StoreError::Damaged("number of a person"));
    Ok(key.map(|key| KnownPerson { key, name: Personal::new(name), kana: Personal::new(kana) }))
}

/// The people of a package in the order of their kana, those first whom a search found; and how many
/// there are.
pub(super) fn of_entry(
    connection: &Connection,
    entry: EntryId,
    found: Option<&SearchKey>,
    limit: u32,
) -> Result<(Vec<KnownPerson>, u64), StoreError> {
    let count: i64 = connection
        .prepare_cached("SELECT count(DISTINCT person) FROM mentions WHERE entry = ?1")?
        .query_row(params![entry.0], |row| row.get(0))?;
    if count == 0 {
        return Ok((Vec::new(), 0));
    }
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM people AS p
         WHERE p.id IN (SELECT person FROM mentions WHERE entry = ?1)
         ORDER BY instr(p.key, ?2) = 0, p.kana, p.insured, p.insurer LIMIT ?3"
    ))?;
    let found = found.map_or("", SearchKey::reveal);
    let rows = statement.query_map(params![entry.0, found, limit], |row| read(row, 0))?;
    let people = rows.map(|row| row?).collect::<Result<_, StoreError>>()?;
    Ok((people, u64::try_from(count).unwrap_or_default()))
}
