//! How much each office asks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::types::{Clock, Instant, OfficeNumber};

/// An office that was quiet may ask so many seconds' worth at once.
const BURST: u32 = 4;

/// The requests of each office. Only offices that are known are counted, so there are no more than
/// these.
#[derive(Debug)]
pub(super) struct Rates {
    /// The time that one request is worth.
    each: Duration,
    /// Until when what an office asked is paid for.
    paid: Mutex<HashMap<OfficeNumber, Instant>>,
}

impl Rates {
    /// So many requests a second.
    pub(super) fn new(each_second: u32) -> Self {
        Self { each: Duration::from_secs(1) / each_second.max(1), paid: Mutex::default() }
    }

    /// Counts a request, or says when to come again.
    pub(super) fn ask(&self, office: OfficeNumber) -> Result<(), Duration> {
        let now = Clock::running();
        let mut all = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let paid = all.entry(office).or_insert(now);
        let next = (*paid).max(now) + self.each;
        let ahead = next.saturating_duration_since(now);
        let most = Duration::from_secs(1) * BURST;
        if ahead > most {
            return Err(ahead - most);
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
        let office = |number: &str| number.parse().expect("an office");
        let rates = Rates::new(10);
        let granted = |number: &str| {
            (0..1000).filter(|_| rates.ask(office(number)).is_ok()).count()
        };
        assert_eq!(granted("1370000018"), 40);
        assert!(rates.ask(office("1370000018")).is_err_and(|wait| !wait.is_zero()));
        assert_eq!(granted("1370000026"), 40, "each by itself");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(granted("1370000018"), 10);
    }
}
