//! A copy of the store as it stands at one moment, and what has to be known of one that is put back.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, params};

use super::names::{COMMITTED, WITHHELD};
use super::packages::table;
use super::unit::Column;
use super::{
    IncomingNote, Store, StoreError, connect, database, identity, incoming, journal, room, schema,
};
use crate::disk;
use crate::package::{ChainEnd, Manifest};
use crate::transfer::{Direction, IncomingEvent};
use crate::types::{Digest, MessageId, OfficeNumber, code};

/// No store sends so many packages to one partner between a backup and the loss.
const MOST_SINCE: i64 = 1_000_000;

/// A copy of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The id of the store.
    pub id: String,
    /// The end of its journal.
    pub journal: ChainEnd,
    /// The packages that lie beside the database, as files.
    pub beside: Vec<(Digest, PathBuf)>,
}

impl Store {
    /// Copies the database, as it stands at one moment, into a new file, beside whoever writes. May
    /// block for as long as it takes to read and write it.
    pub fn copy_to(&self, to: &Path) -> Result<Copied, StoreError> {
        self.check()?;
        disk::private(std::fs::File::options().create_new(true).write(true)).open(to)?;
        let from = connect(&self.shared.folder, OpenFlags::empty())?;
        let mut copy = Connection::open(to)?;
        copy_whole(&from, &mut copy)?;
        // One file, without a log beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        let id = identity::id(&copy)?.ok_or(StoreError::Damaged("no id"))?;
        let journal = super::chain::end(&copy, super::Chain::Journal)?;
        let beside = self.beside_of(&copy)?;
        Ok(Copied { id, journal, beside })
    }

    /// How large a copy of the database would be, and how much of that is not kept for later, in bytes.
    pub fn database_bytes(&self) -> Result<(u64, u64), StoreError> {
        self.with_reader(room::taken)
    }

    /// The files of the packages that a copy says lie beside the database. What was removed since it
    /// was made, because its time of keeping was over, is gone in the copy too.
    fn beside_of(&self, copy: &Connection) -> Result<Vec<(Digest, PathBuf)>, StoreError> {
        let mut named = Vec::new();
        {
            let mut statement = copy.prepare(
                "SELECT package_sha256 FROM outgoing WHERE place = 'beside'
                 UNION SELECT package_sha256 FROM incoming WHERE place = 'beside'",
            )?;
            let rows = statement.query_map([], |row| Ok(row.get::<_, Column<Digest>>(0)?.0))?;
            for digest in rows {
                named.push(digest?);
            }
        }
        let mut beside = Vec::new();
        for digest in named {
            let path = super::payload::beside(&self.shared.folder, digest);
            if path.is_file() {
                beside.push((digest, path));
                continue;
            }
            let_go_of(copy, digest)?;
        }
        Ok(beside)
    }
}

/// Says in a copy that packages which lay beside the database are gone: their time of keeping was over
/// before they could be read.
pub fn let_go(copy: &Path, gone: &[Digest]) -> Result<(), StoreError> {
    let copy = Connection::open(copy)?;
    gone.iter().try_for_each(|digest| let_go_of(&copy, *digest))
}

fn let_go_of(copy: &Connection, digest: Digest) -> Result<(), StoreError> {
    for (table, _) in Direction::ALL.map(table) {
        copy.execute(
            &format!(
                "UPDATE {table} SET place = 'gone' WHERE place = 'beside' AND package_sha256 = ?1"
            ),
            params![Column(digest)],
        )?;
    }
    Ok(())
}

fn copy_whole(from: &Connection, to: &mut Connection) -> Result<(), StoreError> {
    let backup = Backup::new(from, to)?;
    loop {
        // All of it in one step: in several, each write in between would make it begin anew.
        match backup.step(-1)? {
            StepResult::Done => return Ok(()),
            // Somebody takes the log over, for an instant.
            _ => std::thread::yield_now(),
        }
    }
}

/// What a store that is put back from a copy of the time `made_at` has to be told, before a node opens
/// it: that what happened since is not in it.
///
/// * The numbers of packages go on above those that may have been used.
/// * What waited to be placed may have been placed since: it is held until a person says. Nor is that,
///   or what was held already and may have been released since, given back to a sender who asks.
/// * The folders are those of another computer.
pub fn put_back(folder: &Path, made_at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let mut connection = Connection::open(database(folder))?;
    schema::prepare(&mut connection, now)?;
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT OR REPLACE INTO used_sequences
         SELECT office, partner, max(sequence) + ?1 FROM (
             SELECT office, partner, sequence FROM outgoing
             UNION ALL SELECT office, partner, used FROM used_sequences)
         GROUP BY office, partner, sequence >= ?2",
        params![MOST_SINCE, i64::try_from(Manifest::FIRST_ATTACHMENT).unwrap_or(i64::MAX)],
    )?;
    transaction.execute_batch("DELETE FROM folders; DELETE FROM work_folders")?;
    journal::tell_restored(&transaction, &made_at.to_string(), now)?;
    transaction.execute(
        &format!("UPDATE incoming SET placing = 1 WHERE state IN ('{COMMITTED}', '{WITHHELD}')"),
        [],
    )?;
    for (sender, id) in unplaced(&transaction)? {
        let note = IncomingNote::code(code::RESTORED_UNPLACED);
        incoming::step(&transaction, (sender, id), IncomingEvent::Withheld, note, now)?;
    }
    transaction.commit()?;
    // The whole in one file, as it was.
    connection.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
    Ok(())
}

fn unplaced(connection: &Connection) -> Result<Vec<(OfficeNumber, MessageId)>, StoreError> {
    let mut statement = connection.prepare(&format!(
        "SELECT sender, message_id FROM incoming WHERE state = '{COMMITTED}' ORDER BY serial"
    ))?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, Column<_>>(0)?.0, row.get::<_, Column<_>>(1)?.0)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
