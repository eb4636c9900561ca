//! Who waits for something to come, and is told when it may have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::store::{Hint, RelayStoreError};
use crate::link::Patience;
use crate::types::OfficeNumber;
use crate::work::watch;

/// What comes within so long after the first goes into the same answer to who waits.
const GATHER: Duration = Duration::from_millis(10);

/// Those who wait, by the office that they wait for: never more than the relay knows.
#[derive(Debug)]
pub(super) struct Wakes {
    offices: Mutex<HashMap<OfficeNumber, Awaited>>,
    /// What other instances are told.
    told: mpsc::Sender<Hint>,
}

/// What is known of an office for which somebody waits or waited.
#[derive(Debug)]
struct Awaited {
    woken: watch::Sender<()>,
    ends: Ends,
}

/// Behind these positions there is nothing in the lists of an office.
#[derive(Debug, Default)]
struct Ends {
    mailbox: Option<u64>,
    receipts: Option<u64>,
}

impl Ends {
    const fn of(&mut self, list: List) -> &mut Option<u64> {
        match list {
            List::Mailbox => &mut self.mailbox,
            List::Receipts => &mut self.receipts,
        }
    }
}

/// What an office waits for.
#[derive(Debug, Clone, Copy)]
pub(super) enum List {
    /// Packages for it.
    Mailbox,
    /// Receipts about its packages.
    Receipts,
}

impl Wakes {
    pub(super) fn new(told: mpsc::Sender<Hint>) -> Arc<Self> {
        Arc::new(Self { offices: Mutex::default(), told })
    }

    /// Waits for an office from here on.
    pub(super) fn listen(self: &Arc<Self>, office: OfficeNumber, list: List) -> Waiting {
        let mut offices = self.offices();
        let awaited = offices
            .entry(office)
            .or_insert_with(|| Awaited { woken: watch::Sender::new(()), ends: Ends::default() });
        let woken = awaited.woken.subscribe();
        Waiting { wakes: Arc::clone(self), office, list, woken }
    }

    /// Something may have come for an office; those of this instance are told.
    pub(super) fn wake(&self, office: OfficeNumber) {
        if let Some(awaited) = self.offices().get_mut(&office) {
            awaited.ends = Ends::default();
            awaited.woken.send_replace(());
        }
    }

    /// The same, and other instances are told too. Where too much is to be told, they find it by
    /// looking.
    pub(super) fn came(&self, office: OfficeNumber) {
        self.wake(office);
        let _ = self.told.try_send(Hint::Something(office));
    }

    /// What came is not heard of at the moment: whoever asks next has the store asked.
    pub(super) fn forget_ends(&self) {
        self.offices().values_mut().for_each(|awaited| awaited.ends = Ends::default());
    }

    /// Other instances are told that offices changed.
    pub(super) fn offices_changed(&self) {
        let _ = self.told.try_send(Hint::Offices);
    }

    fn offices(&self) -> MutexGuard<'_, HashMap<OfficeNumber, Awaited>> {
        self.offices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits.
#[derive(Debug)]
pub(super) struct Waiting {
    wakes: Arc<Wakes>,
    office: OfficeNumber,
    list: List,
    woken: watch::Receiver<()>,
}

impl Waiting {
    /// What the list has behind a position, at most so much, once it has something or the peer does not
    /// wait; and whether there is more. `look` asks the store for so many at the most, rising, and says
    /// whether it left some off before it had so many.
    pub(super) async fn list<T, F>(
        mut self,
        (after, limit, patience): (u64, usize, &Patience),
        look: impl Fn(usize) -> F + Send,
        position: fn(&T) -> u64,
    ) -> Result<(Vec<T>, bool), RelayStoreError>
    where
        F: Future<Output = Result<(Vec<T>, bool), RelayStoreError>> + Send,
    {
        loop {
            self.look();
            // Whoever does not wait is told how it is now, and not how it was when something last came.
            if !patience.waits() || !self.is_at_end(after) {
                let (mut found, left_off) = look(limit.saturating_add(1)).await?;
                let more = left_off || found.len() > limit;
                found.truncate(limit);
                if !more {
                    self.ends_at(found.last().map_or(after, position));
                }
                if !found.is_empty() {
                    return Ok((found, more));
                }
            }
            if !matches!(patience.wait_for(self.woken.changed()).await, Some(Ok(()))) {
                return Ok((Vec::new(), false));
            }
            sleep(GATHER).await;
        }
    }

    /// The list is about to be looked at: what comes from here on wakes.
    fn look(&mut self) {
        self.woken.borrow_and_update();
    }

    /// It was looked at since: nothing was there behind this position.
    fn ends_at(&self, position: u64) {
        let mut offices = self.wakes.offices();
        // What came meanwhile may lie behind it.
        if let Some(awaited) = offices.get_mut(&self.office)
            && matches!(self.woken.has_changed(), Ok(false))
        {
            *awaited.ends.of(self.list) = Some(position);
        }
    }

    /// Whether it is known without looking that nothing is there behind this position.
    fn is_at_end(&self, position: u64) -> bool {
        let mut offices = self.wakes.offices();
        let end = offices.get_mut(&self.office).and_then(|awaited| *awaited.ends.of(self.list));
        end.is_some_and(|end| position >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_a_list_is_known_until_something_may_have_come() {
        let (tell, _told) = mpsc::channel(1);
        let wakes = Wakes::new(tell);
        let office: OfficeNumber = "1370000001".parse().expect("an office");
        let mut waits = wakes.listen(office, List::Mailbox);
        assert!(!waits.is_at_end(u64::MAX), "nobody has looked");
        waits.look();
        waits.ends_at(5);
        assert!(waits.is_at_end(5) && waits.is_at_end(6) && !waits.is_at_end(4));
        assert!(wakes.listen(office, List::Mailbox).is_at_end(5), "whoever asks next knows it");
        assert!(!wakes.listen(office, List::Receipts).is_at_end(5), "it is another list");
        wakes.wake(office);
        assert!(!waits.is_at_end(5));
        waits.woken.changed().await.expect("woken");
        // Something comes while the list is looked at: what was found may be the end no more.
        waits.look();
        wakes.wake(office);
        waits.ends_at(7);
        assert!(!waits.is_at_end(7));
        waits.look();
        waits.ends_at(7);
        assert!(waits.is_at_end(7));
        let other = "1370000002".parse().expect("an office");
        wakes.wake(other);
        assert!(waits.is_at_end(7), "it was another office");
        wakes.forget_ends();
        assert!(!waits.is_at_end(7), "nobody would have told");
    }
}
