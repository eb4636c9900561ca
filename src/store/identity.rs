//! Whether the store is still the one that it was: at the start, and while it is open.
//!
//! # Storage
//!
//! The id of the store stands in the database, in `store-id` beside it and, under a name made from
//! the path of the data folder, in the folder of the configuration. The two files also say up to
//! which row of the journal the database is known to have been durable: a database that ends before
//! it has lost its log or is an older copy. They are written every few seconds at most, apart from
//! the commits.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use file_id::{FileId, get_file_id};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::loss::Loss;
use super::{StoreError, connect, database};
use crate::disk::{self, Readers};
use crate::types::{Clock, Digest, Instant};

/// The first word of a record.
const HEAD: &str = "renkei-store";

/// No record is longer, bytes.
const LONGEST: u64 = 256;

/// How often the record outside the data folder is renewed at most.
const OUTSIDE: Duration = Duration::from_mins(1);

/// How a store is opened that is not the one that it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Beginning {
    /// It is refused.
    #[default]
    AsItWas,
    /// As it is now: what it has lost stays lost.
    Accepted,
    /// Anew; what is there is put aside in the data folder.
    Anew,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    id: String,
    journal: u64,
}

impl Record {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let (head, id, journal) = (words.next()?, words.next()?, words.next()?);
        let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let journal = journal.parse().ok()?;
        (head == HEAD && is_id).then(|| Self { id: id.to_owned(), journal })
    }

    /// The record in a file; `None` if there is none that makes sense.
    fn read(path: &Path) -> Option<Self> {
        let mut text = String::new();
        File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        Self::parse(&text)
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".tmp");
        let line = format!("{HEAD} {} {}\n", self.id, self.journal);
        let unfinished = path.with_file_name(name);
        disk::replace_by_way_of(&unfinished, path, line.as_bytes(), Readers::Owner)
    }
}

/// Where the records of a store are.
pub(super) struct Records {
    beside: PathBuf,
    outside: Option<PathBuf>,
    last: Mutex<Last>,
}

/// What was written down last.
#[derive(Default)]
struct Last {
    record: Option<Record>,
    outside: Option<(u64, Instant)>,
    outside_failed: bool,
}

impl Records {
    /// `home` is the folder of the configuration.
    pub(super) fn new(folder: &Path, home: Option<&Path>) -> Self {
        let path = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let name = Digest::of(path.to_string_lossy().as_bytes()).to_string();
        let name = format!(".renkei-store-{}", name.get(..16).unwrap_or(&name));
        let outside = home.map(|home| home.join(name));
        Self { beside: folder.join("store-id"), outside, last: Mutex::default() }
    }

    fn known(&self) -> Vec<Record> {
        let outside = self.outside.as_deref().and_then(Record::read);
        Record::read(&self.beside).into_iter().chain(outside).collect()
    }

    /// Refuses a store that is not the one that was written down, unless `beginning` says what to do
    /// then. Changes nothing before.
    pub(super) fn examine(&self, folder: &Path, beginning: Beginning) -> Result<(), StoreError> {
        let Some(loss) = self.loss(folder)? else { return Ok(()) };
        match beginning {
            Beginning::Anew => set_aside(folder, Aside::Everything)?,
            Beginning::Accepted if loss.leaves_a_store() => set_aside(folder, Aside::Log)?,
            Beginning::AsItWas | Beginning::Accepted => return Err(StoreError::Lost(loss)),
        }
        tracing::warn!(code = loss.code(), ?beginning, "going on as the operator said");
        Ok(())
    }

    /// Whether the store is the one that was written down. Changes nothing.
    pub(super) fn look(&self, folder: &Path) -> Result<(), StoreError> {
        self.loss(folder)?.map_or(Ok(()), |loss| Err(StoreError::Lost(loss)))
    }

    fn loss(&self, folder: &Path) -> Result<Option<Loss>, StoreError> {
        let known = self.known();
        if !folder.is_dir() {
            return Ok((!known.is_empty()).then_some(Loss::Folder));
        }
        let size = |name: &str| match fs::metadata(folder.join(name)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        match (size("renkei.db")?, size("renkei.db-wal")?) {
            (None | Some(0), Some(1..)) => Ok(Some(Loss::LoneLog)),
            (None, _) => Ok((!known.is_empty()).then_some(Loss::Database)),
            (Some(0), _) => Ok((!known.is_empty()).then_some(Loss::Emptied)),
            (Some(_), _) => compare(&known, folder),
        }
    }

    /// Writes down how far the database is durable, if that is news.
    pub(super) fn keep(&self, connection: &Connection, at_the_end: bool) -> Result<(), StoreError> {
        let Some(id) = id(connection)? else { return Ok(()) };
        let record = Record { id, journal: journal(connection)? };
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.record.as_ref() != Some(&record) {
            record.write(&self.beside)?;
            last.record = Some(record.clone());
        }
        let is_due = match last.outside {
            None => true,
            Some((journal, at)) => {
                journal != record.journal && (at_the_end || at.elapsed() >= OUTSIDE)
            }
        };
        if let (Some(outside), true) = (&self.outside, is_due) {
            last.outside = Some((record.journal, Clock::running()));
            if let Err(error) = record.write(outside)
                && !std::mem::replace(&mut last.outside_failed, true)
            {
                tracing::warn!(%error, "the id of the store cannot be written beside the configuration");
            }
        }
        Ok(())
    }
}

/// Holds the database against what was written down, without writing to it or its log.
fn compare(known: &[Record], folder: &Path) -> Result<Option<Loss>, StoreError> {
    if known.is_empty() {
        return Ok(None);
    }
    let connection = connect(folder, OpenFlags::empty())?;
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        return Ok(Some(Loss::Emptied));
    }
    let (id, journal) = (id(&connection)?, journal(&connection)?);
    let loss = if known.iter().any(|record| Some(&record.id) != id.as_ref()) {
        Some(Loss::Another)
    } else if known.iter().any(|record| record.journal > journal) {
        Some(Loss::Older)
    } else {
        None
    };
    Ok(loss)
}

/// The id of a store that has one.
pub(super) fn id(connection: &Connection) -> Result<Option<String>, StoreError> {
    let exists = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'identity'";
    if connection.query_row(exists, (), |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    Ok(connection.query_row("SELECT id FROM identity", (), |row| row.get(0)).optional()?)
}

/// The last row that the journal has had.
fn journal(connection: &Connection) -> Result<u64, StoreError> {
    let last = "SELECT seq FROM sqlite_sequence WHERE name = 'journal'";
    let last: Option<i64> = connection.query_row(last, (), |row| row.get(0)).optional()?;
    Ok(last.and_then(|last| u64::try_from(last).ok()).unwrap_or(0))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Aside {
    /// All that belongs to the store.
    Everything,
    /// A copy of the log, which going on writes over.
    Log,
}

/// Puts files of the store into a folder of their own below the data folder, where nothing reads
/// them.
fn set_aside(folder: &Path, what: Aside) -> Result<(), StoreError> {
    let names = ["renkei.db", "renkei.db-wal", "renkei.db-shm", "packages", "store-id"];
    if !names.iter().any(|name| folder.join(name).exists()) {
        return Ok(());
    }
    let numbered = |number: u32| folder.join(format!("aside-{number}"));
    let free = (1..=u32::MAX).map(numbered).find(|aside| !aside.exists());
    let aside = free.ok_or_else(|| io::Error::other("no free name to put the store aside"))?;
    disk::create_folder(&aside)?;
    for name in names {
        let (from, to) = (folder.join(name), aside.join(name));
        if !from.exists() {
            continue;
        }
        match what {
            Aside::Everything => disk::rename(&from, &to)?,
            Aside::Log if name == "renkei.db-wal" => {
                fs::copy(from, to)?;
            }
            Aside::Log => {}
        }
    }
    Ok(())
}

/// The database that was opened, as the system knows it: another in its place, or none, is noticed.
pub(super) struct Opened {
    path: PathBuf,
    id: FileId,
}

impl Opened {
    pub(super) fn of(folder: &Path) -> Result<Self, StoreError> {
        let path = database(folder);
        let id = get_file_id(&path)?;
        Ok(Self { path, id })
    }

    /// [`StoreError::Gone`] if the database is not there any more.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match get_file_id(&self.path) {
            Ok(id) if id == self.id => Ok(()),
            Ok(_) => Err(StoreError::Gone),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Err(StoreError::Gone)
            }
            // Not `Io`, which may be about one package only.
            Err(error) => {
                tracing::debug!(%error, "the database cannot be looked at");
                Err(StoreError::Gone)
            }
        }
    }
}
