//! The journal and everything that must survive.
//!
//! # Storage
//!
//! One SQLite database (`renkei.db`, WAL, `synchronous=FULL`) in the data folder. One thread
//! writes; writes that come in while it waits for the disk share the next transaction, so that a
//! hundred packages cost one flush (group commit). A write returns when it is durable. Packages up
//! to 1 MiB lie in the database, in a table of their own, larger ones beside it in
//! `packages/<sha256>`, written and flushed before the row that names them.
//!
//! A state never changes without its journal row: both are written by the same function in the
//! same transaction, and the state machines of [`crate::transfer`] run inside it.
//!
//! The folder must be on a local disk: WAL needs shared memory, which network file systems do not
//! give. Only one process writes: a lock file says who. `renkei status` and others read beside it.
//!
//! # Errors
//!
//! [`StoreError`], always our own fault or the disk's, never a peer's. A full disk or a reached
//! `store_size` is [`StoreError::Full`]: nothing was written, and the peer is told to come later.

mod arrival;
mod audit;
mod chain;
mod changes;
mod content;
mod copies;
mod copy;
mod deposits;
mod downloads;
mod each;
mod error;
mod fetched;
mod folders;
mod heads;
mod held;
mod identity;
mod import_plan;
mod incoming;
mod index;
mod journal;
mod loss;
mod names;
mod orders;
mod outbox;
mod outgoing;
mod packages;
mod packing;
mod payload;
mod pieces;
mod placement;
mod purge;
mod query;
mod queue;
mod recalled;
mod recalls;
mod receipts;
mod room;
mod schema;
mod sealing;
mod sends;
mod settled;
mod unit;
mod waits;
mod words;
mod writer;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

pub use arrival::{CommitAnswer, NewIncoming};
pub use audit::{Account, AuditEntry, AuditFilter, AuditRow};
pub use chain::{Chain, ChainFault, ChainFaultKind};
pub use changes::{Change, Changes};
pub use content::Content;
pub use copies::NewCopy;
pub use copy::{Copied, let_go, put_back};
pub use deposits::{Deposit, NewDeposit, Unanswered};
pub use downloads::CameBefore;
pub use each::{JournalLine, PackageRange, StoredPackage};
pub use error::{KeyFault, StoreError};
pub use fetched::DueReceipt;
pub use folders::{KnownFolder, WorkFolder};
pub use heads::{ChainReport, HeadFault, HeadReport, LostPackage};
pub use held::{HeldFilter, HeldItem, HeldRow, Settled};
pub use identity::Beginning;
pub use import_plan::{AwaitedSet, ImportPlan, PlacedCopy, Recipe};
pub use incoming::{IncomingNote, IncomingRow};
pub use index::{
    Brought, ContentsState, Count, Details, EntryId, Flag, Flagged, Followed, Holder, KnownPerson,
    ListFilter, ListPage, ListRow, Missing, MonthLine, MonthPackage, OfficeTraffic, PackageFacts,
    PageStart, ParseEntryIdError, PlanVersions, ReadContents, SearchText, Traffic, Unread, Which,
};
pub use journal::{JournalRow, Restoration, Step};
pub use loss::Loss;
pub use orders::Due;
pub use outbox::OutboxRow;
pub use outgoing::OutgoingRow;
pub use packing::NewOutgoing;
pub use pieces::PackagePieces;
pub use placement::UnplacedRow;
pub use query::{Evidence, HistoryFilter, HistoryRow, StateCount, Status, Waiting};
pub use recalled::{CameRecall, RecallAnswer};
pub use recalls::{NewRecall, RecallRow};
pub use receipts::{NewReceipt, Origin, ReceiptLine, StoredReceipt};
pub use sends::{SendKey, Sent};
pub use settled::{PackedSet, SettledRow};
pub use unit::{UnitFile, UnitSummary};
pub use waits::WaitingPackage;
pub use writer::{Bounds, Writer};

use identity::{Opened, Records};
use room::Room;
use sealing::Sealing;

use crate::disk;
use crate::types::OfficeNumber;
use crate::work::{self, watch};

/// The store of one node. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

/// The bytes of the packages that are kept of each sender.
type Kept = Mutex<BTreeMap<OfficeNumber, u64>>;

struct Shared {
    folder: PathBuf,
    writer: Option<Writer>,
    readers: Mutex<Vec<Connection>>,
    room: Arc<Room>,
    /// Told when the outcome of a package of ours became known.
    settling: watch::Sender<()>,
    /// Only where the store is written.
    kept: Arc<Kept>,
    sealing: Arc<Sealing>,
    /// Large packages that lie encrypted are opened one at a time.
    opening: Arc<Semaphore>,
    opened: Arc<Opened>,
    /// Only of a store that is open for writing.
    records: Option<Records>,
    /// Held for as long as the store is open for writing.
    _lock: Option<File>,
}

/// The bounds of a store: its room, and that it is still the one that was opened.
struct RoomOfOne {
    room: Arc<Room>,
    opened: Arc<Opened>,
}

impl Bounds for RoomOfOne {
    fn before(&self, connection: &Connection) -> Result<(), StoreError> {
        self.room.bound(connection)
    }

    fn after(&self, connection: &Connection) -> Result<(), StoreError> {
        self.room.measure(connection)
    }

    fn check(&self) -> Result<(), StoreError> {
        self.opened.check()
    }
}

/// How often the lock is asked for before somebody else is said to have it, and the pause between.
const LOCK_ATTEMPTS: u32 = 4;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Readers that are kept open between reads: as many as read at the same time when much is to be
/// done, because one that is opened anew reads the whole schema first.
const IDLE_READERS: usize = 16;

/// What one of them keeps in memory, in KiB. Whenever something was written it is of no use any more.
const READER_CACHE: i64 = 256;

/// Statements that a connection keeps ready: there are fewer, so that none is read anew.
const STATEMENTS: usize = 128;

/// How a store is opened.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Bounds the database and the packages beside it, together, in bytes; 0 means only the disk
    /// does.
    pub size: u64,
    /// The folder of the configuration, where the id of the store is written down too.
    pub home: Option<PathBuf>,
    /// What to do with a store that is not the one that it was.
    pub beginning: Beginning,
    /// The file of the key that packages are encrypted with; without one they lie open.
    pub key_file: Option<PathBuf>,
    /// The time of day.
    pub now: Timestamp,
}

impl Store {
    /// Opens the store in `folder` for writing, making it if it was never there.
    ///
    /// A store that is not the one that it was is refused ([`StoreError::Lost`]), and one that other
    /// accounts can read ([`StoreError::Exposed`]).
    pub fn open(folder: &Path, terms: &Terms) -> Result<Self, StoreError> {
        let records = Records::new(folder, terms.home.as_deref());
        if !folder.is_dir() {
            records.examine(folder, terms.beginning)?;
        }
        // The packages in it are about people.
        disk::create_private_folders(folder)?;
        check_private(folder)?;
        let lock = lock(folder)?;
        records.examine(folder, terms.beginning)?;
        keep_private(folder)?;
        let mut connection = connect(folder, OpenFlags::SQLITE_OPEN_CREATE)?;
        schema::prepare(&mut connection, terms.now)?;
        let sealing = Sealing::open_for_writing(&connection, terms.key_file.as_deref())?;
        let room = Arc::new(Room::new(terms.size));
        payload::clean_up(&connection, folder, &room)?;
        room.measure(&connection)?;
        let kept = content::kept(&connection)?;
        records.keep(&connection, true)?;
        let opened = Arc::new(Opened::of(folder)?);
        let bounds = RoomOfOne { room: Arc::clone(&room), opened: Arc::clone(&opened) };
        let writer = Writer::start(connection, Arc::new(bounds))?;
        let shared = Shared {
            folder: folder.to_owned(),
            writer: Some(writer),
            readers: Mutex::default(),
            room,
            kept: Arc::default(),
            sealing: Arc::new(sealing),
            opening: Arc::new(Semaphore::new(1)),
            settling: watch::Sender::new(()),
            opened,
            records: Some(records),
            _lock: Some(lock),
        };
        let store = Self { shared: Arc::new(shared) };
        *store.kept() = kept;
        Ok(store)
    }

    /// Whether a node could open the store in `folder`; makes and changes nothing. A store that is
    /// not there yet is no fault.
    pub fn look(folder: &Path, home: &Path) -> Result<(), StoreError> {
        Records::new(folder, Some(home)).look(folder)?;
        if !folder.is_dir() {
            return Ok(());
        }
        check_private(folder)?;
        match Self::open_for_reading(folder, None) {
            Ok(_) | Err(StoreError::Absent(_) | StoreError::TooOld { .. }) => Ok(()),
            // A file that is empty is a store that begins.
            Err(StoreError::Database(_)) if is_empty(folder) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Opens the store in `folder` beside the daemon, for reading only. Packages that are encrypted
    /// can be read with the key in `key_file`.
    pub fn open_for_reading(folder: &Path, key_file: Option<&Path>) -> Result<Self, StoreError> {
        if !database(folder).is_file() {
            return Err(StoreError::Absent(folder.to_owned()));
        }
        let connection = connect(folder, OpenFlags::empty())?;
        schema::check_current(&connection)?;
        let sealing = Sealing::open_for_reading(&connection, key_file)?;
        let shared = Shared {
            folder: folder.to_owned(),
            writer: None,
            readers: Mutex::new(vec![connection]),
            room: Arc::new(Room::new(0)),
            kept: Arc::default(),
            sealing: Arc::new(sealing),
            opening: Arc::new(Semaphore::new(1)),
            settling: watch::Sender::new(()),
            opened: Arc::new(Opened::of(folder)?),
            records: None,
            _lock: None,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whether the database is still where it was opened: [`StoreError::Gone`] if not. Every read and
    /// write asks by itself.
    pub fn check(&self) -> Result<(), StoreError> {
        self.shared.opened.check()
    }

    /// Writes down how far the store is durable, so that the next start knows what it must find; to
    /// be called every few seconds, and `at_the_end`. May block.
    pub fn keep_record(&self, at_the_end: bool) -> Result<(), StoreError> {
        let Some(records) = &self.shared.records else { return Ok(()) };
        self.with_reader(|connection| records.keep(connection, at_the_end))
    }

    /// Whether a process has the store in `folder` open for writing.
    pub fn is_in_use(folder: &Path) -> bool {
        let file = File::open(folder.join("renkei.lock"));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
    }

    /// Waits until the thread that writes has ended, without which nothing can be stored.
    pub async fn writer_ended(&self) {
        match &self.shared.writer {
            Some(writer) => writer.ended().await,
            None => std::future::pending().await,
        }
    }

    /// Changes how large the store may grow, in bytes; 0 means as large as the disk.
    ///
    /// # Errors
    ///
    /// The store cannot be written to at the moment; the size holds all the same.
    pub async fn set_size(&self, size: u64) -> Result<(), StoreError> {
        self.shared.room.set_limit(size);
        // What is taken is measured with the next transaction.
        self.write(|_| Ok(())).await
    }

    /// Runs `work` in the next transaction and returns when it is durable.
    async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.shared.writer {
            Some(writer) => writer.run(work).await,
            None => Err(StoreError::ReadOnly),
        }
    }

    /// Runs `job` on a reader, on a thread that may block.
    async fn read<T, W>(&self, job: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.clone();
        work::blocking(move || store.with_reader(job)).await.map_err(|_| StoreError::Stopped)?
    }

    fn with_reader<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.check()?;
        let idle = self.readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.shared.folder, OpenFlags::empty())?,
        };
        let result = of_one_moment(&connection, work);
        let result = result.map_err(|error| self.check().err().unwrap_or(error));
        let mut readers = self.readers();
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        result
    }

    /// The folder that large packages lie in, and how all of them lie.
    fn where_packages_lie(&self) -> (PathBuf, Arc<Sealing>) {
        (self.shared.folder.clone(), Arc::clone(&self.shared.sealing))
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<OfficeNumber, u64>> {
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("folder", &self.shared.folder).finish_non_exhaustive()
    }
}

/// What a job reads is of one moment, however many statements it needs: what comes between two of them
/// is seen by neither.
fn of_one_moment<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let moment = connection.unchecked_transaction()?;
    let read = work(&moment)?;
    moment.commit()?;
    Ok(read)
}

/// Refuses a folder that other accounts can look into or write to.
fn check_private(folder: &Path) -> Result<(), StoreError> {
    match disk::mode_for_others(&fs::metadata(folder)?) {
        Some(mode) => Err(StoreError::Exposed { folder: folder.to_owned(), mode }),
        None => Ok(()),
    }
}

/// Makes the files of the database ones of this account alone; SQLite gives its log the permissions
/// of the database.
fn keep_private(folder: &Path) -> std::io::Result<()> {
    disk::private(File::options().create(true).truncate(false).write(true))
        .open(database(folder))?;
    let names = ["renkei.db", "renkei.db-wal", "renkei.db-shm", "renkei.lock"];
    names.iter().try_for_each(|name| disk::close_to_others(&folder.join(name)))
}

fn is_empty(folder: &Path) -> bool {
    fs::metadata(database(folder)).is_ok_and(|file| file.len() == 0)
}

fn database(folder: &Path) -> PathBuf {
    folder.join("renkei.db")
}

/// A connection; with the flag to create it is the writer's. Readers are read-write for SQLite
/// too, because a reader of a WAL database has to write its index, but `query_only` binds them.
fn connect(folder: &Path, create: OpenFlags) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(database(folder), flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise SQLite reads a statement anew for each value that might fit a partial index.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if create.is_empty() {
        connection.pragma_update(None, "cache_size", -READER_CACHE)?;
        connection.pragma_update(None, "query_only", true)?;
    }
    // Whoever only reads changes nothing when it closes either: it would take over the log, which may
    // be all that is left of something.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, create.is_empty())?;
    Ok(connection)
}

/// Takes the lock of the folder; the operating system gives it back whatever happens to us.
#[expect(clippy::disallowed_methods, reason = "before there is a node, and over in an instant")]
fn lock(folder: &Path) -> Result<File, StoreError> {
    let mut options = File::options();
    let options = disk::private(options.create(true).truncate(false).write(true));
    let file = options.open(folder.join("renkei.lock"))?;
    for attempt in 1.. {
        match file.try_lock() {
            Ok(()) => break,
            // Whoever only asks whether a node runs has it for an instant.
            Err(fs::TryLockError::WouldBlock) if attempt < LOCK_ATTEMPTS => {
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(fs::TryLockError::WouldBlock) => return Err(StoreError::InUse(folder.to_owned())),
            Err(fs::TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
