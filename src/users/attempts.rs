//! Who may try a password now.
//!
//! Every attempt counts as failed from its beginning, so that many at once are no more than many one
//! after the other; whoever succeeds has never failed. Names and addresses are counted apart: a name
//! that is tried from everywhere is locked, and so is an address that tries every name. A name that
//! nobody has is locked as any other, so the lock says nothing of who there is. A lock grows with
//! each further attempt, ends by itself, and is never so long that somebody could keep a person out
//! for good: `renkei open` gets in all the same. All who sit at the computer of the page itself have one
//! address, so that one counts for nothing: the typing errors of some would lock out the others.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::file;
use crate::disk::{self, Readers};
use crate::types::{Clock, Digest, Instant, one_site};

/// Attempts of a name that cost nothing.
const NAME_FREE: u32 = 5;

/// The same of an address: many people may share one.
const SITE_FREE: u32 = 20;

/// The first lock; each further failure doubles it.
const FIRST: Duration = Duration::from_secs(15);

/// The longest lock.
const LONGEST: Duration = Duration::from_mins(15);

/// Failures are forgotten after so long without another.
const MEMORY: Duration = Duration::from_hours(24);

/// Names, and addresses, that are remembered; those with the fewest failures go.
const MOST: usize = 4096;

/// The most bytes of the file of locks.
const MOST_BYTES: u64 = 2 << 20;

/// What was tried lately.
#[derive(Debug)]
pub struct Attempts {
    path: PathBuf,
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug)]
struct Inner {
    names: Table,
    sites: Table,
}

#[derive(Debug)]
struct Table {
    free: u32,
    entries: HashMap<Digest, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    failures: u32,
    at: Instant,
    /// The same by the clock of the wall, for a lock that outlives the process.
    day: Timestamp,
}

/// A lock in the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    of: Digest,
    failures: u32,
    day: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    names: Vec<Kept>,
    sites: Vec<Kept>,
}

/// An attempt that was begun. It has failed if nothing else is said.
#[derive(Debug)]
pub struct Attempt<'a> {
    attempts: &'a Attempts,
    name: Counted,
    /// None of the computer of the page itself.
    site: Option<Counted>,
}

/// What an attempt counted, and what stood there before.
#[derive(Debug)]
struct Counted {
    key: Digest,
    at: Instant,
    before: Option<Entry>,
}

impl Attempts {
    /// With the locks that the process before left in the data folder. A file that cannot be read is
    /// passed over. May block.
    pub fn open(data: &Path, now: Timestamp) -> Self {
        let path = file::folder(data).join("locks.json");
        let mut inner = Inner { names: Table::new(NAME_FREE), sites: Table::new(SITE_FREE) };
        if let Some(content) = read(&path) {
            inner.names.restore(content.names, now);
            inner.sites.restore(content.sites, now);
        }
        Self { path, inner: Mutex::new(inner), changed: Notify::new() }
    }

    /// Begins an attempt of somebody who calls themselves `name`, which need not be a name at all.
    /// What failed before `unlocked_at` does not count for the name.
    ///
    /// # Errors
    ///
    /// How long to wait.
    pub fn begin(
        &self,
        name: &str,
        address: IpAddr,
        unlocked_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Attempt<'_>, Duration> {
        let name = Digest::of(format!("name {name}").as_bytes());
        let site = site(address);
        let mut inner = self.inner();
        let is_from_before =
            |entry: &Entry| unlocked_at.is_some_and(|unlocked_at| entry.day <= unlocked_at);
        if inner.names.entries.get(&name).is_some_and(is_from_before) {
            inner.names.entries.remove(&name);
        }
        let wait = inner.names.wait(&name).max(inner.sites.wait_of(site.as_ref()));
        if !wait.is_zero() {
            return Err(wait);
        }
        let name = inner.names.fail(name, now);
        let site = site.map(|site| inner.sites.fail(site, now));
        let site_wait = inner.sites.wait_of(site.as_ref().map(|counted| &counted.key));
        let locks = !inner.names.wait(&name.key).max(site_wait).is_zero();
        drop(inner);
        if locks {
            self.changed.notify_one();
        }
        Ok(Attempt { attempts: self, name, site })
    }

    /// Waits until there is a lock that should be kept.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Keeps the locks for the next process. Blocks.
    pub fn keep(&self) -> io::Result<()> {
        let content = {
            let inner = self.inner();
            Content { names: inner.names.locks(), sites: inner.sites.locks() }
        };
        let is_needless = content.names.is_empty() && content.sites.is_empty();
        // Where nobody ever set a user there is no folder either.
        if is_needless && !self.path.exists() || self.path.parent().is_none_or(|it| !it.is_dir()) {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&content).map_err(io::Error::other)?;
        disk::replace(&self.path, &bytes, Readers::Owner)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// It was the right person.
    pub fn succeeded(self) {
        let mut inner = self.attempts.inner();
        inner.names.entries.remove(&self.name.key);
        if let Some(site) = &self.site {
            inner.sites.give_back(site);
        }
        drop(inner);
        self.attempts.changed.notify_one();
    }

    /// It could not be told, by no fault of whoever tried.
    pub fn never_was(self) {
        let mut inner = self.attempts.inner();
        inner.names.give_back(&self.name);
        if let Some(site) = &self.site {
            inner.sites.give_back(site);
        }
    }
}

impl Table {
    fn new(free: u32) -> Self {
        Self { free, entries: HashMap::new() }
    }

    /// How long nobody may try.
    fn wait(&self, key: &Digest) -> Duration {
        let Some(entry) = self.entries.get(key) else { return Duration::ZERO };
        self.lock(entry).saturating_sub(entry.at.elapsed())
    }

    /// The same, of what need not be counted at all.
    fn wait_of(&self, key: Option<&Digest>) -> Duration {
        key.map_or(Duration::ZERO, |key| self.wait(key))
    }

    /// The lock that follows from the failures of an entry.
    fn lock(&self, entry: &Entry) -> Duration {
        let Some(beyond) = entry.failures.checked_sub(self.free) else { return Duration::ZERO };
        FIRST.saturating_mul(1 << beyond.min(16)).min(LONGEST)
    }

    /// Counts a failure.
    fn fail(&mut self, key: Digest, now: Timestamp) -> Counted {
        if !self.entries.contains_key(&key) && self.entries.len() >= MOST {
            self.make_room();
        }
        let at = Clock::running();
        let before = self.entries.get(&key).filter(|entry| entry.at.elapsed() < MEMORY).copied();
        let failures = before.map_or(0, |entry| entry.failures).saturating_add(1);
        self.entries.insert(key, Entry { failures, at, day: now });
        Counted { key, at, before }
    }

    /// Takes a failure back: with it goes the lock that began with it, unless somebody has failed
    /// meanwhile.
    fn give_back(&mut self, counted: &Counted) {
        let Some(entry) = self.entries.get_mut(&counted.key) else { return };
        entry.failures = entry.failures.saturating_sub(1);
        match counted.before {
            Some(before) if entry.at == counted.at => {
                (entry.at, entry.day) = (before.at, before.day);
            }
            _ => {}
        }
        if entry.failures == 0 {
            self.entries.remove(&counted.key);
        }
    }

    fn make_room(&mut self) {
        self.entries.retain(|_, entry| entry.at.elapsed() < MEMORY);
        if self.entries.len() >= MOST {
            let least = self.entries.iter().min_by_key(|(_, entry)| (entry.failures, entry.at));
            if let Some(key) = least.map(|(key, _)| *key) {
                self.entries.remove(&key);
            }
        }
    }

    fn locks(&self) -> Vec<Kept> {
        let locked = self.entries.iter().filter(|(_, entry)| !self.lock(entry).is_zero());
        locked
            .map(|(of, entry)| Kept { of: *of, failures: entry.failures, day: entry.day })
            .collect()
    }

    fn restore(&mut self, kept: Vec<Kept>, now: Timestamp) {
        for Kept { of, failures, day } in kept.into_iter().take(MOST) {
            // A clock that was set back makes a lock no longer than it was.
            let since = now.duration_since(day).unsigned_abs();
            let since = if day > now { Duration::ZERO } else { since };
            let running = Clock::running();
            if since < MEMORY {
                let at = running.checked_sub(since).unwrap_or(running);
                self.entries.insert(of, Entry { failures, at, day: day.min(now) });
            }
        }
    }
}

/// What is counted of an address: nothing of the computer of the page itself.
fn site(address: IpAddr) -> Option<Digest> {
    let is_here = address.to_canonical().is_loopback();
    (!is_here).then(|| Digest::of(format!("site {}", one_site(address)).as_bytes()))
}

fn read(path: &Path) -> Option<Content> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return None;
    }
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn address(host: u16) -> IpAddr {
        let [high, low] = host.to_be_bytes();
        IpAddr::from([192, 0, high, low])
    }

    fn open() -> (tempfile::TempDir, Attempts) {
        let data = tempfile::tempdir().expect("a folder");
        fs::create_dir(data.path().join("users")).expect("made");
        let attempts = Attempts::open(data.path(), now(0));
        (data, attempts)
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_grows_and_ends() {
        let (_data, attempts) = open();
        let begin = |host| attempts.begin("hanako", address(host), None, now(0)).map(drop);
        for host in 0..5 {
            assert_eq!(begin(host), Ok(()), "from wherever");
        }
        let mut locks = Vec::new();
        for host in 5..14 {
            let wait = begin(host).expect_err("locked");
            assert_eq!(begin(host), Err(wait), "asking makes it no longer");
            tokio::time::advance(wait.saturating_sub(Duration::from_millis(1))).await;
            assert!(begin(host).is_err(), "not yet");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert_eq!(begin(host), Ok(()));
            locks.push(wait.as_secs());
        }
        assert_eq!(locks, [15, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(
            attempts.begin("taro", address(99), None, now(0)).map(drop),
            Ok(()),
            "not others"
        );
        tokio::time::advance(MEMORY).await;
        for host in 0..5 {
            assert_eq!(begin(host), Ok(()), "forgotten");
        }
        assert!(begin(5).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_succeeds_has_never_failed() {
        let (_data, attempts) = open();
        let begin = || attempts.begin("hanako", address(1), None, now(0));
        for _ in 0..4 {
            for _ in 0..4 {
                let _failed = begin().expect("free");
            }
            begin().expect("free").succeeded();
        }
        // The failures of the address go on counting, until it has to wait.
        for _ in 0..4 {
            let _failed = begin().expect("free");
        }
        let wait = begin().expect_err("the address failed twenty times");
        assert_eq!(wait, FIRST);
        tokio::time::advance(wait).await;
        begin().expect("free").never_was();
        begin().expect("that was none").succeeded();
        let _failed = begin().expect("who succeeds begins no lock");
        assert_eq!(begin().map(drop), Err(FIRST * 2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_tries_every_name_is_locked() {
        let (_data, attempts) = open();
        let tried = (0..100).take_while(|number| {
            attempts.begin(&format!("name{number}"), address(7), None, now(0)).is_ok()
        });
        assert_eq!(tried.count(), 20);
        assert!(attempts.begin("hanako", address(8), None, now(0)).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_at_the_computer_itself_locks_out_the_others() {
        let (_data, attempts) = open();
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let address = address.parse().expect("an address");
            for number in 0..100 {
                let name = format!("{address} {number}");
                assert!(attempts.begin(&name, address, None, now(0)).is_ok(), "{name}");
            }
            for _ in 0..4 {
                let _failed = attempts.begin(&format!("{address}"), address, None, now(0));
            }
            let begin = || attempts.begin(&format!("{address}"), address, None, now(0)).map(drop);
            assert_eq!((begin(), begin()), (Ok(()), Err(FIRST)), "a name is locked all the same");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_may_unlock_a_name() {
        let (_data, attempts) = open();
        for host in 0..5 {
            let _failed = attempts.begin("hanako", address(host), None, now(0)).expect("free");
        }
        let begin = |unlocked| attempts.begin("hanako", address(9), Some(unlocked), now(2)).is_ok();
        assert!(!begin(now(-1)));
        assert!(begin(now(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_outlives_the_process() {
        let (data, attempts) = open();
        for host in 0..5 {
            let _failed = attempts.begin("hanako", address(host), None, now(0)).expect("free");
        }
        let _failed = attempts.begin("taro", address(9), None, now(0)).expect("free");
        attempts.changed().await;
        attempts.keep().expect("kept");
        let text = fs::read_to_string(data.path().join("users/locks.json")).expect("kept");
        assert!(!text.contains("hanako") && !text.contains("192.0"), "{text}");
        let wait = |at| {
            let again = Attempts::open(data.path(), at);
            again.begin("hanako", address(1), None, at).map(drop)
        };
        assert_eq!(wait(now(5)), Err(Duration::from_secs(10)));
        assert_eq!(wait(now(15)), Ok(()));
        assert_eq!(wait(now(-9999)), Err(FIRST), "the clock was set back");
        fs::write(data.path().join("users/locks.json"), "{").expect("written");
        assert_eq!(wait(now(5)), Ok(()), "no reason to keep everybody out");
    }

    #[test]
    fn memory_is_bounded_and_the_worst_stay() {
        let (_data, attempts) = open();
        for host in 0..5 {
            let _failed = attempts.begin("hanako", address(host), None, now(0)).expect("free");
        }
        for number in 0..MOST + 100 {
            let host = u16::try_from(number).expect("few");
            let attempt = attempts.begin(&format!("n{number}"), address(host + 10), None, now(0));
            let _failed = attempt.expect("free");
        }
        let inner = attempts.inner();
        assert_eq!((inner.names.entries.len(), inner.sites.entries.len()), (MOST, MOST));
        drop(inner);
        assert!(attempts.begin("hanako", address(60_000), None, now(0)).is_err());
    }
}
