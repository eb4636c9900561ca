//! Which packages nobody has looked into yet, and what was found in them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::entry::ContentsState;
use super::id::EntryId;
use super::past::{self, date};
use crate::contents::{Contents, Mention, Person, SearchKey};
use crate::store::unit::Column;
use crate::store::{Store, StoreError};
use crate::transfer::Direction;
use crate::types::{MessageId, OfficeNumber, Personal, ServiceMonth};

/// A package that nobody has looked into yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// Its entry.
    pub entry: EntryId,
    /// Which way it went.
    pub direction: Direction,
    /// The other office.
    pub partner: OfficeNumber,
    /// Its id.
    pub id: MessageId,
    /// When it was packed or came.
    pub at: Timestamp,
}

/// What came of looking into a package.
#[derive(Debug, Clone)]
pub enum ReadContents {
    /// It says this.
    Found(Contents),
    /// It is damaged, or says nothing that can be read.
    Unreadable,
    /// Its bytes are not kept.
    Gone,
}

impl Store {
    /// Packages that nobody has looked into yet, the newest first.
    pub async fn unread(&self, limit: u32) -> Result<Vec<Unread>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, direction, partner, message_id, at FROM entries
                 WHERE contents = 'waiting' ORDER BY id DESC LIMIT ?1",
            )?;
            let rows = statement.query_map(params![limit], |row| Ok(unread(row)))?;
            rows.map(|row| Ok(row??)).collect()
        })
        .await
    }

    /// Packages between an office and a partner about a month that nobody has looked into yet.
    pub async fn unread_of(
        &self,
        (office, partner): (OfficeNumber, OfficeNumber),
        month: ServiceMonth,
        limit: u32,
    ) -> Result<Vec<Unread>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, direction, partner, message_id, at FROM entries
                 WHERE contents = 'waiting' AND office = ?1 AND partner = ?2
                     AND instr(months, ?3) > 0 ORDER BY id DESC LIMIT ?4",
            )?;
            let of = params![Column(office), Column(partner), month.to_string(), limit];
            let rows = statement.query_map(of, |row| Ok(unread(row)))?;
            rows.map(|row| Ok(row??)).collect()
        })
        .await
    }

    /// Writes down what was found in packages, so that they are found by it.
    pub async fn note_contents(
        &self,
        found: Vec<(EntryId, ReadContents)>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            found.iter().try_for_each(|(entry, contents)| note(connection, *entry, contents))
        })
        .await
    }
}

pub(super) fn unread(row: &Row<'_>) -> rusqlite::Result<Unread> {
    Ok(Unread {
        entry: EntryId(row.get(0)?),
        direction: row.get::<_, Column<_>>(1)?.0,
        partner: row.get::<_, Column<_>>(2)?.0,
        id: row.get::<_, Column<_>>(3)?.0,
        at: row.get::<_, Column<_>>(4)?.0,
    })
}

fn note(
    connection: &Connection,
    entry: EntryId,
    contents: &ReadContents,
) -> Result<(), StoreError> {
    let at: Option<Column<Timestamp>> = connection
        .prepare_cached("SELECT at FROM entries WHERE id = ?1 AND contents = 'waiting'")?
        .query_row(params![entry.0], |row| row.get(0))
        .optional()?;
    // It may be gone meanwhile.
    let Some(Column(at)) = at else { return Ok(()) };
    let state = match contents {
        ReadContents::Found(Contents { is_cut: true, .. }) => ContentsState::Cut,
        ReadContents::Found(_) => ContentsState::Read,
        ReadContents::Unreadable => ContentsState::Unreadable,
        ReadContents::Gone => ContentsState::Gone,
    };
    if let ReadContents::Found(contents) = contents {
        for person in &contents.people {
            let id = add_person(connection, person, at)?;
            for mention in &person.mentions {
                add_mention(connection, (entry, id), *mention)?;
            }
            past::add(connection, (entry, id), person)?;
        }
    }
    if let ReadContents::Found(contents) = contents
        && contents.people.iter().any(|person| person.actuals.keys().any(|of| !of.withdrawn))
    {
        // What came in is held against earlier ones afterwards.
        connection
            .prepare_cached(
                "INSERT INTO flags (entry, rules, seen_by)
                 SELECT id, '', '' FROM entries WHERE id = ?1 AND direction = 'in'
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![entry.0])?;
    }
    connection
        .prepare_cached("UPDATE entries SET contents = ?2 WHERE id = ?1")?
        .execute(params![entry.0, state.as_str()])?;
    Ok(())
}

/// Forgets whom a package is about that came in. Whoever looks into it at this moment writes nothing
/// down any more.
pub(in crate::store) fn forget_people(
    connection: &Connection,
    sender: OfficeNumber,
    id: MessageId,
) -> Result<(), StoreError> {
    let entry: Option<i64> = connection
        .prepare_cached(
            "SELECT id FROM entries
             WHERE message_id = ?2 AND direction = 'in' AND partner = ?1",
        )?
        .query_row(params![Column(sender), Column(id)], |row| row.get(0))
        .optional()?;
    let Some(entry) = entry else { return Ok(()) };
    for table in ["actuals", "births", "flags", "mentions"] {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE entry = ?1"))?
            .execute(params![entry])?;
    }
    connection
        .prepare_cached("UPDATE entries SET contents = ?2 WHERE id = ?1")?
        .execute(params![entry, ContentsState::Gone.as_str()])?;
    Ok(())
}

/// The row of a person; the newest package that tells a name is believed.
fn add_person(connection: &Connection, person: &Person, at: Timestamp) -> Result<i64, StoreError> {
    let text = |text: &Option<Personal<String>>| {
        text.as_ref().map(|text| text.reveal().clone()).unwrap_or_default()
    };
    let (insurer, insured) = (person.key.insurer(), person.key.insured());
    let known: Option<(i64, String, String, Column<Timestamp>)> = connection
        .prepare_cached(
            "SELECT id, name, kana, named_at FROM people WHERE insured = ?1 AND insurer = ?2",
        )?
        .query_row(params![insured, insurer], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let (told_name, told_kana) = (text(&person.name), text(&person.kana));
    let Some((id, name, kana, Column(named_at))) = known else {
        let named_at = if told_name.is_empty() { Timestamp::MIN } else { at };
        let key = key_of(person, &told_name, &told_kana);
        let mut statement = connection.prepare_cached(
            "INSERT INTO people (insurer, insured, name, kana, named_at, key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let named_at = Column(named_at);
        return Ok(
            statement.insert(params![insurer, insured, told_name, told_kana, named_at, key])?
        );
    };
    let is_newer = !told_name.is_empty() && (name.is_empty() || at >= named_at);
    let (new_name, told_at) = if is_newer { (told_name, at) } else { (name.clone(), named_at) };
    // UPYOBO tells a name without its kana: those that are known stay with the same name.
    let takes_kana = !told_kana.is_empty() && (is_newer || kana.is_empty());
    let new_kana = match (takes_kana, new_name == name) {
        (true, _) => told_kana,
        (false, true) => kana.clone(),
        (false, false) => String::new(),
    };
    if (&new_name, &new_kana, told_at) != (&name, &kana, named_at) {
        let key = key_of(person, &new_name, &new_kana);
        connection
            .prepare_cached(
                "UPDATE people SET name = ?2, kana = ?3, named_at = ?4, key = ?5 WHERE id = ?1",
            )?
            .execute(params![id, new_name, new_kana, Column(told_at), key])?;
    }
    Ok(id)
}

/// By what a person is found: number, name and kana, each on its own line.
fn key_of(person: &Person, name: &str, kana: &str) -> String {
    let texts = [person.key.insured(), name, kana];
    texts.map(|text| SearchKey::of(text).reveal().to_owned()).join("\n")
}

fn add_mention(
    connection: &Connection,
    (entry, person): (EntryId, i64),
    mention: Mention,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO mentions (entry, person, document, withdrawn, date)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            entry.0,
            person,
            mention.document.as_str(),
            mention.withdrawn,
            mention.when.map_or(0, date),
        ])?;
    Ok(())
}
