//! Packages of which nothing has left this computer: they are taken back without asking anybody.
//!
//! What left before the node was started is not known here, so of older packages nothing is said.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::types::MessageId;

/// Ids are dated to it.
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);

pub(super) struct Unsent {
    /// What was made at this time or later was made since the node was started.
    since: Timestamp,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Of these something may have left, and they may still be in the queue.
    begun: BTreeSet<MessageId>,
    /// These are being taken back, or were.
    claimed: BTreeSet<MessageId>,
}

impl Unsent {
    /// Begins with the clock showing `now`; `last` is the latest time that the store knows. A clock
    /// that is behind it makes nothing of before look like something of now.
    pub(super) fn since(now: Timestamp, last: Option<Timestamp>) -> Self {
        let behind = last.and_then(|last| last.checked_add(MILLISECOND).ok());
        Self { since: behind.map_or(now, |behind| behind.max(now)), known: Mutex::default() }
    }

    /// Something of a package is about to leave. `false` where it is being taken back: then nothing may.
    pub(super) fn begin(&self, id: MessageId) -> bool {
        let mut known = self.known();
        if known.claimed.contains(&id) {
            return false;
        }
        known.begun.insert(id);
        true
    }

    /// A package is in the queue no more.
    pub(super) fn is_over(&self, id: MessageId) {
        self.known().begun.remove(&id);
    }

    /// Keeps a package from leaving, unless it is [let go](Self::let_go). `false` where it may have left
    /// since the start, or was made before that.
    pub(super) fn claim(&self, id: MessageId) -> bool {
        let mut known = self.known();
        let is_here = self.is_of_now(id) && !known.begun.contains(&id);
        is_here && known.claimed.insert(id)
    }

    /// Whether a package was made since the start. Ids are dated to the millisecond: of the one in which
    /// the node was started nobody knows.
    pub(super) fn is_of_now(&self, id: MessageId) -> bool {
        id.made_at() >= self.since
    }

    pub(super) fn let_go(&self, id: MessageId) {
        self.known().claimed.remove(&id);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_never_left_is_taken_back_without_asking() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let unsent = Unsent::since(at(1000), None);
        let [old, one, other] = [999, 1000, 1001].map(|second| MessageId::new(at(second)));
        assert!(!unsent.claim(old), "what left before the start is not known");
        let behind = Unsent::since(at(1000), Some(at(2000)));
        assert!(
            !behind.claim(MessageId::new(at(2000))),
            "it is of before, whatever the clock shows"
        );
        assert!(behind.claim(MessageId::new(at(2001))));
        assert!(unsent.begin(one) && !unsent.claim(one));
        assert!(unsent.claim(other) && !unsent.claim(other));
        assert!(!unsent.begin(other), "it is being taken back");
        unsent.let_go(other);
        assert!(unsent.begin(other));
        unsent.is_over(one);
        assert!(unsent.claim(one), "the journal says the rest");
    }
}
