//! How much of the disk the store takes: the database and the packages beside it, together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::StoreError;
use crate::types::Digest;

/// More pages than this no database of SQLite has.
const MOST_PAGES: i64 = 0xffff_fffe;

/// The size that the store may have, and what of it is taken.
pub(super) struct Room {
    /// In bytes; 0 means only the disk bounds it.
    limit: AtomicU64,
    /// Whether the database has a bound.
    is_bound: AtomicBool,
    /// Bytes of the database after its last transaction.
    database: AtomicU64,
    /// Without the pages that it keeps for later.
    used: AtomicU64,
    /// The packages beside the database and those that are being written there, with their sizes in
    /// bytes. By digest, so that one which comes several times at once counts once.
    beside: Mutex<BTreeMap<Digest, u64>>,
}

impl Room {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit: AtomicU64::new(limit),
            is_bound: AtomicBool::new(false),
            database: AtomicU64::new(0),
            used: AtomicU64::new(0),
            beside: Mutex::default(),
        }
    }

    /// Changes the size that the store may have.
    pub(super) fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    fn limit(&self) -> u64 {
        self.limit.load(Ordering::Relaxed)
    }

    /// Takes room for a package beside the database, or says that there is none.
    pub(super) fn take(&self, digest: Digest, bytes: u64) -> Result<(), StoreError> {
        let limit = self.limit();
        let mut beside = self.beside();
        if limit > 0 && !beside.contains_key(&digest) {
            let taken = self.database.load(Ordering::Relaxed).saturating_add(sum(&beside));
            if taken.saturating_add(bytes) > limit {
                return Err(StoreError::Full);
            }
        }
        beside.insert(digest, bytes);
        Ok(())
    }

    /// Whether there is room for a package in the database. What several writes at the same time take
    /// is bounded by [`bound`](Self::bound).
    pub(super) fn admits(&self, bytes: usize) -> Result<(), StoreError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let taken = self.used.load(Ordering::Relaxed).saturating_add(sum(&self.beside()));
        let limit = self.limit();
        if limit > 0 && taken.saturating_add(bytes) > limit {
            return Err(StoreError::Full);
        }
        Ok(())
    }

    /// Counts a package that lies beside the database, whether or not there was room for it.
    pub(super) fn count(&self, digest: Digest, bytes: u64) {
        self.beside().insert(digest, bytes);
    }

    /// Gives back what a package beside the database took.
    pub(super) fn give_back(&self, digest: Digest) {
        self.beside().remove(&digest);
    }

    /// Before a transaction: the database may take what the packages beside it leave.
    pub(super) fn bound(&self, connection: &Connection) -> Result<(), StoreError> {
        let limit = self.limit();
        let was_bound = self.is_bound.swap(limit > 0, Ordering::Relaxed);
        if limit == 0 && !was_bound {
            return Ok(());
        }
        let left = match limit {
            0 => u64::MAX,
            limit => limit.saturating_sub(sum(&self.beside())),
        };
        let pages = i64::try_from(left / page_size(connection)?).unwrap_or(MOST_PAGES);
        let pages = pages.clamp(1, MOST_PAGES);
        // SQLite answers with the limit that now holds: never less than there is already.
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        Ok(())
    }

    /// After a transaction: what the database takes now.
    pub(super) fn measure(&self, connection: &Connection) -> Result<(), StoreError> {
        if self.limit() > 0 {
            let (database, used) = taken(connection)?;
            self.database.store(database, Ordering::Relaxed);
            self.used.store(used, Ordering::Relaxed);
        }
        Ok(())
    }

    fn beside(&self) -> MutexGuard<'_, BTreeMap<Digest, u64>> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sum(beside: &BTreeMap<Digest, u64>) -> u64 {
    beside.values().fold(0, |sum, bytes| sum.saturating_add(*bytes))
}

/// How large the database is, and how much of that is not kept for later, in bytes.
pub(super) fn taken(connection: &Connection) -> Result<(u64, u64), StoreError> {
    let (page, pages) = (page_size(connection)?, count(connection, "page_count")?);
    let used = pages.saturating_sub(count(connection, "freelist_count")?);
    Ok((pages.saturating_mul(page), used.saturating_mul(page)))
}

/// In bytes.
fn page_size(connection: &Connection) -> Result<u64, StoreError> {
    Ok(count(connection, "page_size")?.max(1))
}

fn count(connection: &Connection, pragma: &str) -> Result<u64, StoreError> {
    let count: i64 = connection.pragma_query_value(None, pragma, |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or_default())
}
