//! How much each office asks, and how often each stranger introduces somebody.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::types::{Clock, Instant};

/// An office that was quiet may ask so many seconds' worth at once.
const BURST: u32 = 4;

/// When there are more, those are forgotten that may ask as much as any.
const MANY: usize = 10_000;

/// What each asks, by what it is counted by.
#[derive(Debug)]
pub(super) struct Rates<K> {
    /// The time that one request is worth, and how far ahead one may be.
    terms: Mutex<(Duration, Duration)>,
    /// Until when what somebody asked is paid for.
    paid: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Rates<K> {
    /// So many requests a second.
    pub(super) fn new(each_second: u32) -> Self {
        Self::each(Duration::from_secs(1) / each_second.max(1), Duration::from_secs(1) * BURST)
    }

    /// One request in so long a time, and at once as many as are worth `most`.
    pub(super) fn each(each: Duration, most: Duration) -> Self {
        Self { terms: Mutex::new((each, most)), paid: Mutex::default() }
    }

    /// So many requests a second from now on.
    pub(super) fn set(&self, each_second: u32) {
        let other = Self::new(each_second);
        let terms = *other.terms.lock().unwrap_or_else(PoisonError::into_inner);
        *self.terms.lock().unwrap_or_else(PoisonError::into_inner) = terms;
    }

    /// Counts a request, or says when to come again.
    pub(super) fn ask(&self, who: K) -> Result<(), Duration> {
        let now = Clock::running();
        let (each, most) = *self.terms.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MANY {
            all.retain(|_, paid| *paid > now);
        }
        let paid = all.entry(who).or_insert(now);
        let next = (*paid).max(now) + each;
        let ahead = next.saturating_duration_since(now);
        if ahead > most {
            return Err(ahead.saturating_sub(most));
        }
        *paid = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_let_through_and_then_the_rate() {
        let office =
            |number: &str| number.parse::<crate::types::OfficeNumber>().expect("an office");
        let rates = Rates::new(10);
        let granted =
            |number: &str| (0..1000).filter(|_| rates.ask(office(number)).is_ok()).count();
        assert_eq!(granted("1370000018"), 40);
        assert!(rates.ask(office("1370000018")).is_err_and(|wait| !wait.is_zero()));
        assert_eq!(granted("1370000026"), 40, "each by itself");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(granted("1370000018"), 10);
    }
}
