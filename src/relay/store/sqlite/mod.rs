//! The store of a relay that is one process: SQLite, in one file.
//!
//! One thread writes, and what comes in while it waits for the disk shares the next transaction
//! ([`Writer`]); readers have connections of their own. Commands such as `renkei relay approve` write
//! beside it in transactions of their own.

mod clean;
mod open;
mod read;
mod source;
mod write;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc};

use super::{
    Candidate, CleanedUp, Collected, Deposit, Deposited, Found, Hint, NewRecall, NewReceipt,
    OfficeRow, Positions, PutRecall, PutReceipt, Quota, RelayStore, RelayStoreError, Retention,
    Standing, Totals,
};
use crate::link::{MailboxItem, MailboxItemName, ReceiptEntry};
use crate::store::{StoreError, Writer};
#[cfg(test)]
use crate::types::Plant;
use crate::types::{MessageId, OfficeNumber};
use crate::work;

pub(super) use source::Source;

/// So many reads go on at a time, each with a connection of its own; further ones wait in line.
const READERS: usize = 4;

/// The store in a file.
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    /// Those that nobody reads with just now.
    readers: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
    collected: Collected,
    /// Held for as long as a relay runs on it.
    _lock: Option<File>,
}

impl SqliteStore {
    /// Opens the file for a relay, making it if it was never there. Only one relay has it at a time.
    pub fn open(path: &Path) -> Result<Self, RelayStoreError> {
        let lock = open::lock(path)?;
        Self::beside(path, Some(lock))
    }

    /// Opens the file for a command, also while a relay runs on it.
    pub fn open_beside(path: &Path) -> Result<Self, RelayStoreError> {
        Self::must_be_there(path)?;
        Self::beside(path, None)
    }

    fn beside(path: &Path, lock: Option<File>) -> Result<Self, RelayStoreError> {
        let connection = open::for_writing(path)?;
        source::refuse_moved(&connection)?;
        let writer = Writer::start(connection, Arc::new(open::AsItIs))?;
        Ok(Self {
            path: path.to_owned(),
            writer,
            readers: Arc::default(),
            turns: Arc::new(Semaphore::new(READERS)),
            collected: Collected::default(),
            _lock: lock,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fails where there is no such file.
    pub fn must_be_there(path: &Path) -> Result<(), RelayStoreError> {
        if path.exists() {
            return Ok(());
        }
        Err(RelayStoreError::Missing(path.display().to_string()))
    }

    /// By what it is told from another store.
    pub async fn identity(&self) -> Result<String, RelayStoreError> {
        self.read(|connection| {
            let sql = "SELECT lower(hex(id)) FROM identity";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
        .await
    }

    async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, RelayStoreError> + Send + 'static,
    ) -> Result<T, RelayStoreError> {
        // Whatever the job finds wrong undoes it as a whole.
        let done = self.writer.run(move |connection| {
            job(connection).map_err(|error| match error {
                RelayStoreError::Full => StoreError::Full,
                RelayStoreError::Damaged(what) => StoreError::Damaged(what),
                error => StoreError::Io(io::Error::other(error.to_string())),
            })
        });
        Ok(done.await?)
    }

    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, RelayStoreError> + Send + 'static,
    ) -> Result<T, RelayStoreError> {
        let (path, readers) = (self.path.clone(), Arc::clone(&self.readers));
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let done = work::blocking(move || {
            let _turn = turn;
            let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match idle {
                Some(connection) => connection,
                None => open::for_reading(&path)?,
            };
            let done = job(&connection);
            readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            done
        });
        done.await.map_err(|_| RelayStoreError::Away("a read was broken off".to_owned()))?
    }
}

/// What the move is known by in which everything in a file that is there went elsewhere, and to which
/// database; nothing where it lies in the file.
pub fn moved_to(path: &Path) -> Result<Option<(MessageId, String)>, RelayStoreError> {
    let state = source::state(&open::for_writing(path)?)?;
    Ok(state.filter(|state| state.is_done).map(|state| (state.id, state.target)))
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl RelayStore for SqliteStore {
    async fn deposit(&self, new: Deposit, quota: Quota) -> Result<Deposited, RelayStoreError> {
        self.write(move |connection| write::deposit(connection, &new, quota)).await
    }

    async fn waiting(
        &self,
        office: OfficeNumber,
        after: u64,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<MailboxItem>, RelayStoreError> {
        self.read(move |connection| read::waiting(connection, office, after, most, now)).await
    }

    async fn find(&self, of: MailboxItemName, now: Timestamp) -> Result<Found, RelayStoreError> {
        let found = self.read(move |connection| read::find(connection, &of, now)).await;
        #[cfg(test)]
        if let (Ok(Found::Waiting { body, .. }), true) = (&found, Plant::GoneAtFetch.is_there()) {
            let body = *body;
            self.write(move |connection| write::gone(connection, body)).await?;
        }
        found
    }

    async fn slice(&self, body: i64, start: u64) -> Result<Option<Bytes>, RelayStoreError> {
        self.read(move |connection| read::slice(connection, body, start)).await
    }

    async fn put_receipt(
        &self,
        new: NewReceipt,
        quota: Quota,
    ) -> Result<PutReceipt, RelayStoreError> {
        self.write(move |connection| write::put_receipt(connection, &new, quota)).await
    }

    async fn put_recall(&self, new: NewRecall, quota: Quota) -> Result<PutRecall, RelayStoreError> {
        self.write(move |connection| write::put_recall(connection, &new, quota)).await
    }

    async fn recall(
        &self,
        of: MailboxItemName,
        now: Timestamp,
    ) -> Result<Option<Bytes>, RelayStoreError> {
        self.read(move |connection| read::recall(connection, &of, now)).await
    }

    fn collected(&self, sender: OfficeNumber, up_to: u64) {
        self.collected.tell(sender, up_to);
    }

    async fn receipts(
        &self,
        sender: OfficeNumber,
        after: u64,
        most: usize,
        most_bytes: usize,
    ) -> Result<Vec<ReceiptEntry>, RelayStoreError> {
        let most = (most, most_bytes);
        self.read(move |connection| read::receipts(connection, sender, after, most)).await
    }

    async fn offices(&self) -> Result<Vec<OfficeRow>, RelayStoreError> {
        self.read(read::offices).await
    }

    async fn know(&self, office: OfficeNumber) -> Result<(), RelayStoreError> {
        self.write(move |connection| write::know(connection, office)).await
    }

    async fn decide(
        &self,
        office: OfficeNumber,
        standing: Standing,
        card: Option<(u64, Bytes)>,
    ) -> Result<(), RelayStoreError> {
        self.write(move |connection| write::decide(connection, office, standing, card)).await
    }

    async fn card(&self, office: OfficeNumber) -> Result<Option<Bytes>, RelayStoreError> {
        self.read(move |connection| read::card(connection, office)).await
    }

    async fn put_card(
        &self,
        office: OfficeNumber,
        serial: u64,
        card: Bytes,
    ) -> Result<bool, RelayStoreError> {
        self.write(move |connection| write::put_card(connection, office, serial, &card)).await
    }

    async fn introduce(&self, candidate: Candidate) -> Result<(), RelayStoreError> {
        self.write(move |connection| write::introduce(connection, &candidate)).await
    }

    async fn candidates(&self) -> Result<Vec<Candidate>, RelayStoreError> {
        self.read(read::candidates).await
    }

    async fn forget_candidates(&self, office: OfficeNumber) -> Result<(), RelayStoreError> {
        self.write(move |connection| write::forget_candidates(connection, office)).await
    }

    async fn positions(&self) -> Result<Vec<Positions>, RelayStoreError> {
        self.read(|connection| {
            source::refuse_moved(connection)?;
            read::positions(connection)
        })
        .await
    }

    async fn clean_up(&self, retention: Retention) -> Result<CleanedUp, RelayStoreError> {
        let collected = Arc::new(self.collected.due());
        let due = Arc::clone(&collected);
        let done = self.write(move |connection| clean::step(connection, &retention, &due)).await?;
        self.collected.noted(&collected);
        Ok(done)
    }

    async fn totals(&self) -> Result<Totals, RelayStoreError> {
        self.read(read::totals).await
    }

    /// There are no others.
    async fn tell(&self, _hints: &[Hint]) -> Result<(), RelayStoreError> {
        Ok(())
    }

    async fn listen(&self, to: mpsc::Sender<Hint>) {
        to.closed().await;
    }
}
