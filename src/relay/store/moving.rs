//! Everything from a file into a database, while a relay goes on serving the file.
//!
//! Both sides are compared from beginning to end, and what differs is copied, changed or removed in the
//! database: that is one pass. Passes are made beside the relay until little differs. The last one is
//! made while nobody else can write into the file; it ends with the file sealed. So a move that was
//! broken off goes on where it was by beginning again, and the file counts until it is sealed.
//!
//! Ids and positions stay as they are: whoever asks on behind the last position that he saw misses
//! nothing and gets nothing twice.
//!
//! | step | in the file | in the database | a relay |
//! |---|---|---|---|
//! | begun | the move is noted | the move is noted | serves the file |
//! | sealed | done, triggers refuse every write | complete, not done | serves neither for a moment |
//! | done | the same | done | serves the database |

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use super::RelayStoreError;
use super::postgres::{PostgresSettings, Target, TargetState};
use super::rows::{Contents, OfficeState, PackageState};
use super::sqlite::Source;
use crate::types::{Clock, MessageId};

/// So many ids are compared at a time.
const CHUNK: i64 = 2_000;

/// Bodies of so many bytes together are in memory at a time, or one package.
const AT_A_TIME: u64 = 4 << 20;

/// So many receipts are in memory at a time.
const RECEIPTS: usize = 200;

/// So little is left to the last pass, if the relay beside lets it become so little.
const LITTLE: u64 = 200;

/// After so many passes the last one is made in any case.
const PASSES: u32 = 8;

/// So often it is looked whether somebody else uses the database, with so long between.
const LOOKS: u32 = 30;
const AGAIN: Duration = Duration::from_millis(100);

/// What keeps a store from being moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// One of the two stores.
    #[error("{0}")]
    Store(#[from] RelayStoreError),
    /// There is something in the database that is not of this move.
    #[error("the database has something in it that is not from this file")]
    Occupied,
    /// A relay is connected to the database.
    #[error("a relay uses the database")]
    InUse,
    /// Somebody else moves something into the database.
    #[error("another move into the database is going on")]
    Running,
    /// The file was moved into another database.
    #[error("the file was moved to {0}")]
    Elsewhere(String),
    /// In the end there was not the same in both.
    #[error("the database has {there:?} and the file {here:?}")]
    Differs {
        /// In the file.
        here: Contents,
        /// In the database.
        there: Contents,
    },
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Host, port and name of the database.
    pub to: String,
    /// What is there now.
    pub contents: Contents,
    /// So long nobody could write; nothing where it had been moved before.
    pub closed: Option<Duration>,
}

/// Moves everything from a file that is there into a database. `tell` is told how many packages of how
/// many have been looked at.
///
/// It may be broken off at any time and called again. When it has ended well, nobody can write into the
/// file any more, and relays may use the database.
///
/// # Errors
///
/// What is in the way; the file counts as before, unless it was sealed already.
pub async fn move_store(
    file: &Path,
    settings: &PostgresSettings,
    tell: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<Moved, MoveError> {
    let source = Source::open(file)?;
    let mut target = Target::open(settings).await?;
    lock(&target).await?;
    let before = source.state().await?;
    let new = || MessageId::new(Clock::system().now());
    let id = before.as_ref().map_or_else(new, |state| state.id);
    let is_sealed = before.as_ref().is_some_and(|state| state.is_done);
    let to = target.name().to_owned();
    if !is_sealed {
        refuse_relays(&target).await?;
        // Known here first: what knows of it there goes on with it.
        source.begin(id, &to).await?;
    }
    match (target.begin(id, !is_sealed).await?, before) {
        // What is there is left of an earlier move, which was broken off.
        (TargetState::Begun, Some(state)) if is_sealed && state.target != to => {
            return Err(MoveError::Elsewhere(state.target));
        }
        (TargetState::Begun, _) if is_sealed => {
            target.finish(source.last_body().await?).await?;
            return Ok(Moved { to, contents: target.contents().await?, closed: None });
        }
        (TargetState::Begun, _) => {}
        (TargetState::Done, Some(state)) if state.is_done => {
            return Ok(Moved { to, contents: target.contents().await?, closed: None });
        }
        (TargetState::Occupied, Some(state)) if state.is_done => {
            return Err(MoveError::Elsewhere(state.target));
        }
        (TargetState::Done | TargetState::Occupied, _) => return Err(MoveError::Occupied),
    }
    let mut pass = Pass { source: &source, target: &mut target, tell, changes: 0 };
    for _ in 0..PASSES {
        if pass.run().await? <= LITTLE {
            break;
        }
    }
    source.close().await?;
    let start = Clock::running();
    pass.run().await?;
    let (here, there) = (source.contents().await?, target.contents().await?);
    if here != there {
        return Err(MoveError::Differs { here, there });
    }
    refuse_relays(&target).await?;
    let last_body = source.last_body().await?;
    source.seal().await?;
    target.finish(last_body).await?;
    Ok(Moved { to, contents: there, closed: Some(start.elapsed()) })
}

/// The server may take a moment to see that whoever moved before was killed.
async fn lock(target: &Target) -> Result<(), MoveError> {
    for _ in 0..LOOKS {
        if target.lock().await? {
            return Ok(());
        }
        sleep(AGAIN).await;
    }
    Err(MoveError::Running)
}

/// A relay that starts looks at the database for a moment; one that stays uses it.
async fn refuse_relays(target: &Target) -> Result<(), MoveError> {
    for _ in 0..LOOKS {
        if !target.is_in_use().await? {
            return Ok(());
        }
        sleep(AGAIN).await;
    }
    Err(MoveError::InUse)
}

/// One comparison from beginning to end.
struct Pass<'a> {
    source: &'a Source,
    target: &'a mut Target,
    tell: &'a (dyn Fn(u64, u64) + Send + Sync),
    changes: u64,
}

impl Pass<'_> {
    /// Gives how much differed.
    async fn run(&mut self) -> Result<u64, RelayStoreError> {
        self.changes = 0;
        self.offices().await?;
        self.candidates().await?;
        self.packages().await?;
        self.recalls().await?;
        self.receipts().await?;
        Ok(self.changes)
    }

    fn changed(&mut self, more: usize) {
        self.changes = self.changes.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
    }

    /// There are never fewer than before.
    async fn offices(&mut self) -> Result<(), RelayStoreError> {
        let there = self.target.office_states().await?;
        let there: BTreeMap<_, _> =
            there.into_iter().map(|state| (state.number.clone(), state)).collect();
        for state in self.source.office_states().await? {
            if there.get(&state.number) == Some(&state) {
                continue;
            }
            let card = self.source.card(&state.number).await?;
            self.put_office(&state, card).await?;
        }
        Ok(())
    }

    async fn put_office(
        &mut self,
        state: &OfficeState,
        card: Option<Vec<u8>>,
    ) -> Result<(), RelayStoreError> {
        self.target.put_office(state, card).await?;
        self.changed(1);
        Ok(())
    }

    async fn candidates(&mut self) -> Result<(), RelayStoreError> {
        let here = self.source.candidates().await?;
        let names: BTreeSet<_> =
            here.iter().map(|one| (one.office.as_str().to_owned(), one.sha256)).collect();
        if names != self.target.candidates().await?.into_iter().collect() {
            self.target.put_candidates(&here).await?;
            self.changed(1);
        }
        Ok(())
    }

    async fn packages(&mut self) -> Result<(), RelayStoreError> {
        let all = self.source.contents().await?.packages;
        let (mut after, mut done) = (0, 0_u64);
        loop {
            let mut here = self.source.package_states(after, CHUNK).await?;
            let mut there = self.target.package_states(after, CHUNK).await?;
            let end = [&here, &there].map(end_of).into_iter().flatten().min();
            for side in [&mut here, &mut there] {
                side.retain(|id, _| end.is_none_or(|end| *id <= end));
            }
            let gone: Vec<_> = there.keys().filter(|id| !here.contains_key(*id)).copied().collect();
            if !gone.is_empty() {
                self.target.remove_packages(&gone).await?;
                self.changed(gone.len());
            }
            let new: Vec<_> = here.keys().filter(|id| !there.contains_key(*id)).copied().collect();
            self.copy_packages(new, done, all).await?;
            let others: BTreeMap<_, _> = here
                .iter()
                .filter(|(id, state)| there.get(*id).is_some_and(|there| there != *state))
                .map(|(id, state)| (*id, *state))
                .collect();
            if !others.is_empty() {
                self.target.set_states(&others).await?;
                self.changed(others.len());
            }
            done = done.saturating_add(u64::try_from(here.len()).unwrap_or_default());
            (self.tell)(done.min(all), all);
            match end {
                Some(end) => after = end,
                None => return Ok(()),
            }
        }
    }

    async fn copy_packages(
        &mut self,
        mut ids: Vec<i64>,
        done: u64,
        all: u64,
    ) -> Result<(), RelayStoreError> {
        let mut copied = 0_u64;
        while !ids.is_empty() {
            let (packages, looked_at) = self.source.packages(ids.clone(), AT_A_TIME).await?;
            ids.drain(..looked_at.min(ids.len()));
            if packages.is_empty() {
                continue;
            }
            self.target.put_packages(&packages).await?;
            self.changed(packages.len());
            copied = copied.saturating_add(u64::try_from(packages.len()).unwrap_or_default());
            (self.tell)(done.saturating_add(copied).min(all), all);
        }
        Ok(())
    }

    async fn recalls(&mut self) -> Result<(), RelayStoreError> {
        let (here, there) = (self.source.recalls().await?, self.target.recalls().await?);
        for (sender, id, _) in there.difference(&here) {
            self.target.remove_recall(sender, id).await?;
            self.changed(1);
        }
        for (sender, id, _) in here.difference(&there) {
            // One that is gone meanwhile is seen by the next pass.
            if let Some(recall) = self.source.recall(sender.clone(), id.clone()).await? {
                self.target.put_recall(&recall).await?;
                self.changed(1);
            }
        }
        Ok(())
    }

    async fn receipts(&mut self) -> Result<(), RelayStoreError> {
        let sums = |all: Vec<super::rows::ReceiptSum>| -> BTreeMap<String, (i64, i64)> {
            all.into_iter().map(|one| (one.sender, (one.count, one.sum))).collect()
        };
        let here = sums(self.source.receipt_sums().await?);
        let there = sums(self.target.receipt_sums().await?);
        let senders: BTreeSet<_> = here.keys().chain(there.keys()).cloned().collect();
        for sender in senders {
            if here.get(&sender) != there.get(&sender) {
                self.receipts_of(&sender).await?;
            }
        }
        Ok(())
    }

    async fn receipts_of(&mut self, sender: &str) -> Result<(), RelayStoreError> {
        let mut after = 0;
        loop {
            let here = self.source.receipt_positions(sender, after, CHUNK).await?;
            let there = self.target.receipt_positions(sender, after, CHUNK).await?;
            let end_of = |side: &[i64]| {
                let is_full = i64::try_from(side.len()).is_ok_and(|many| many >= CHUNK);
                side.last().copied().filter(|_| is_full)
            };
            let end = [&here, &there].map(|side| end_of(side)).into_iter().flatten().min();
            let within = |side: Vec<i64>| -> BTreeSet<i64> {
                let within = side.into_iter().filter(|at| end.is_none_or(|end| *at <= end));
                within.collect()
            };
            let (here, there) = (within(here), within(there));
            let gone: Vec<_> = there.difference(&here).copied().collect();
            if !gone.is_empty() {
                self.target.remove_receipts(sender, &gone).await?;
                self.changed(gone.len());
            }
            let new: Vec<_> = here.difference(&there).copied().collect();
            for positions in new.chunks(RECEIPTS) {
                let receipts = self.source.receipts(sender, positions.to_vec()).await?;
                self.target.put_receipts(&receipts).await?;
                self.changed(receipts.len());
            }
            match end {
                Some(end) => after = end,
                None => return Ok(()),
            }
        }
    }
}

/// Up to where one side was looked at, if there may be more.
fn end_of(side: &BTreeMap<i64, PackageState>) -> Option<i64> {
    let is_full = i64::try_from(side.len()).is_ok_and(|many| many >= CHUNK);
    side.keys().next_back().copied().filter(|_| is_full)
}
