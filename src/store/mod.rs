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

mod error;
mod held;
mod incoming;
mod orders;
mod outgoing;
mod payload;
mod purge;
mod query;
mod receipts;
mod room;
mod schema;
mod unit;
mod writer;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

pub use error::StoreError;
pub use held::{HeldItem, HeldRow, Settled};
pub use incoming::{CommitAnswer, Content, IncomingNote, IncomingRow, NewIncoming, UnplacedRow};
pub use orders::Due;
pub use outgoing::{NewOutgoing, OutgoingRow};
pub use query::{Direction, Evidence, HistoryFilter, HistoryRow, JournalRow, StateCount, Status};
pub use receipts::{NewReceipt, Origin, StoredReceipt};
pub use unit::{UnitFile, UnitSummary};

use room::Room;
use writer::Writer;

use crate::types::OfficeNumber;

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
    /// Only where the store is written.
    kept: Arc<Kept>,
    /// Held for as long as the store is open for writing.
    _lock: Option<File>,
}

/// How often the lock is asked for before somebody else is said to have it, and the pause between.
const LOCK_ATTEMPTS: u32 = 4;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Readers that are kept open between reads.
const IDLE_READERS: usize = 4;

impl Store {
    /// Opens the store in `folder` for writing, making it if it is not there.
    ///
    /// `size` bounds the database and the packages beside it, together, in bytes; 0 means only the
    /// disk does.
    pub fn open(folder: &Path, size: u64) -> Result<Self, StoreError> {
        create_private(folder)?;
        let lock = lock(folder)?;
        let mut connection = connect(folder, OpenFlags::SQLITE_OPEN_CREATE)?;
        schema::prepare(&mut connection)?;
        let room = Arc::new(Room::new(size));
        payload::clean_up(&connection, folder, &room)?;
        room.measure(&connection)?;
        let kept = incoming::kept(&connection)?;
        let writer = Writer::start(connection, Arc::clone(&room))?;
        let store = Self::with(folder, room, Some(writer), Some(lock));
        *store.kept() = kept;
        Ok(store)
    }

    /// Opens the store in `folder` beside the daemon, for reading only.
    pub fn open_for_reading(folder: &Path) -> Result<Self, StoreError> {
        if !database(folder).is_file() {
            return Err(StoreError::Absent(folder.to_owned()));
        }
        let store = Self::with(folder, Arc::new(Room::new(0)), None, None);
        store.with_reader(schema::check_current)?;
        Ok(store)
    }

    /// Whether a node has the store in `folder` open for writing. Takes the lock for an instant, so
    /// that a node which starts just then may have to try again.
    pub fn is_in_use(folder: &Path) -> bool {
        let file = File::options().write(true).open(folder.join("renkei.lock"));
        file.is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
    }

    fn with(folder: &Path, room: Arc<Room>, writer: Option<Writer>, lock: Option<File>) -> Self {
        let readers = Mutex::default();
        let (folder, kept) = (folder.to_owned(), Arc::default());
        let shared = Shared { folder, writer, readers, room, kept, _lock: lock };
        Self { shared: Arc::new(shared) }
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

    /// Runs `work` on a reader, on a thread that may block.
    async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.with_reader(work))
            .await
            .map_err(|_| StoreError::Stopped)?
    }

    fn with_reader<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.shared.folder, OpenFlags::empty())?,
        };
        let result = work(&connection);
        let mut readers = self.readers();
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        result
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

/// Makes the folder, for this account alone: the packages in it are about people. On Windows the
/// permissions of the folder above count.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
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
    connection.pragma_update(None, "query_only", create.is_empty())?;
    Ok(connection)
}

/// Takes the lock of the folder; the operating system gives it back whatever happens to us.
fn lock(folder: &Path) -> Result<File, StoreError> {
    let options = File::options().create(true).truncate(false).write(true).clone();
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
