//! Something of which there is only so much, and of which no partner may take more than its share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::types::OfficeNumber;

/// So much of something: connections, bytes of memory or of the disk.
#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    total: u64,
    share: u64,
    held: u64,
    by: HashMap<OfficeNumber, u64>,
}

/// What there is not enough of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// Nothing is left for anybody.
    All,
    /// The partner has its share.
    Share,
}

impl Pool {
    /// `total` for all partners together, `share` for each.
    pub(super) fn new(total: u64, share: u64) -> Arc<Self> {
        let state = State { total, share: share.min(total), ..State::default() };
        Arc::new(Self { state: Mutex::new(state), freed: Notify::new() })
    }

    /// From now on there is so much. Whoever holds more than that keeps it.
    pub(super) fn resize(&self, total: u64, share: u64) {
        let mut state = self.state();
        (state.total, state.share) = (total, share.min(total));
        drop(state);
        self.freed.notify_waiters();
    }

    /// Nothing yet, for a partner that is going to take some.
    pub(super) fn nothing(self: &Arc<Self>, partner: OfficeNumber) -> Held {
        Held { pool: Arc::clone(self), partner, amount: 0 }
    }

    /// Takes so much for a partner, or says what there is not enough of.
    pub(super) fn take(self: &Arc<Self>, partner: OfficeNumber, amount: u64) -> Result<Held, Full> {
        let mut held = self.nothing(partner);
        held.grow_to(amount)?;
        Ok(held)
    }

    /// Takes so much for a partner, and waits while all is taken; not for the partner's own share.
    pub(super) async fn wait(
        self: &Arc<Self>,
        partner: OfficeNumber,
        amount: u64,
    ) -> Result<Held, Full> {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            match self.take(partner, amount) {
                Err(Full::All) => freed.await,
                taken => return taken,
            }
        }
    }

    /// Waits until nobody holds anything.
    pub(super) async fn is_idle(&self) {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if self.state().held == 0 {
                return;
            }
            freed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of a pool; gives itself back when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    pool: Arc<Pool>,
    partner: OfficeNumber,
    amount: u64,
}

impl Held {
    /// Holds at least so much from now on, or what it held before. Never waits, so that those who
    /// hold parts cannot wait for each other.
    pub(super) fn grow_to(&mut self, amount: u64) -> Result<(), Full> {
        let missing = amount.saturating_sub(self.amount);
        if missing == 0 {
            return Ok(());
        }
        let mut state = self.pool.state();
        let by_partner = state.by.get(&self.partner).copied().unwrap_or_default();
        if missing > state.total.saturating_sub(state.held) {
            return Err(Full::All);
        }
        if missing > state.share.saturating_sub(by_partner) {
            return Err(Full::Share);
        }
        state.held += missing;
        state.by.insert(self.partner, by_partner + missing);
        self.amount = amount;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.amount == 0 {
            return;
        }
        let mut state = self.pool.state();
        state.held = state.held.saturating_sub(self.amount);
        if let Some(by_partner) = state.by.get_mut(&self.partner) {
            *by_partner = by_partner.saturating_sub(self.amount);
            if *by_partner == 0 {
                state.by.remove(&self.partner);
            }
        }
        drop(state);
        self.pool.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office(number: &str) -> OfficeNumber {
        number.parse().expect("an office")
    }

    #[test]
    fn no_partner_takes_more_than_its_share() {
        let (one, two) = (office("1370000018"), office("1370000026"));
        let pool = Pool::new(10, 6);
        let mut held = pool.take(one, 4).expect("room");
        assert_eq!(held.grow_to(7), Err(Full::Share));
        held.grow_to(6).expect("its share");
        held.grow_to(2).expect("nothing is given back");
        assert_eq!(pool.take(one, 1).err(), Some(Full::Share));
        let other = pool.take(two, 4).expect("what is left for others");
        assert_eq!(pool.take(two, 1).err(), Some(Full::All));
        drop(held);
        assert!(pool.take(two, 2).is_ok());
        drop(other);
        assert_eq!(pool.state().held, 0);
        assert!(pool.state().by.is_empty(), "partners that hold nothing are forgotten");
    }

    #[tokio::test]
    async fn grows_and_shrinks_while_parts_are_held() {
        let (one, two) = (office("1370000018"), office("1370000026"));
        let pool = Pool::new(2, 2);
        let first = pool.take(one, 2).expect("room");
        let waiting = crate::work::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.wait(two, 1).await.map(drop) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        pool.resize(4, 3);
        assert_eq!(waiting.await.expect("no panic"), Ok(()), "told of the new room");
        pool.resize(1, 1);
        assert_eq!(pool.take(two, 1).err(), Some(Full::All), "what is held stays held");
        drop(first);
        assert_eq!(pool.take(two, 2).err(), Some(Full::All));
        assert!(pool.take(two, 1).is_ok());
    }

    #[tokio::test]
    async fn waits_for_others_but_not_for_itself() {
        let (one, two) = (office("1370000018"), office("1370000026"));
        let pool = Pool::new(3, 2);
        let first = pool.wait(one, 2).await.expect("room");
        assert_eq!(pool.wait(one, 1).await.err(), Some(Full::Share));
        let waiting = crate::work::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.wait(two, 2).await.map(|_| ()) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        assert_eq!(waiting.await.expect("no panic"), Ok(()));
        pool.is_idle().await;
    }
}
