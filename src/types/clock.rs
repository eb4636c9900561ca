//! The one way to ask what time it is.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// A moment of the running clock, see [`Clock::running`].
pub use tokio::time::Instant;

/// The two clocks of a node.
///
/// The clock of the wall ([`Clock::now`]) tells the time of day. It is carried from where the node
/// starts to whoever writes a time down or judges a certificate, and it may jump. The running clock
/// ([`Clock::running`]) measures how long something takes; it is tokio's, the same that all sleeping
/// goes by, so whoever moves the time of a paused runtime moves both.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The clock of the machine.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others are told by")]
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    /// A clock of the wall that asks `now` each time.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// What the clock of the wall shows.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// What the running clock shows: never less than before, whatever the clock of the wall does.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others are told by")]
    pub fn running() -> Instant {
        Instant::now()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_running_clock_goes_by_the_time_that_sleepers_wait_for() {
        let began = Clock::running();
        tokio::time::sleep(Duration::from_hours(24)).await;
        assert_eq!(Clock::running() - began, Duration::from_hours(24));
        assert_eq!(began.elapsed(), Duration::from_hours(24));
    }
}
