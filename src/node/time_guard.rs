//! Whether the clock of the machine can be believed.
//!
//! A wall clock that leaps against the clock that only counts on would expire what waits, remove what
//! is kept, and pack what no partner takes. So packing, sending, expiry and removal pause while the
//! clock is in doubt. The doubt ends when the clock is right again, when the clock of a partner or of a
//! relay confirms it, as after the computer slept, or when it has lasted for long.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::types::{Clock, Instant};

/// Clocks may be adjusted by this much at a time.
const ADJUSTMENT: SignedDuration = SignedDuration::from_mins(5);

/// How long nothing was stored at the most before a start whose clock is believed at once.
const LONGEST_ABSENCE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A leap that lasts so long is the truth.
const LASTING: Duration = Duration::from_hours(1);

/// The same where the clock differs from what the store remembers.
const LASTING_AT_START: Duration = Duration::from_hours(24);

/// Compares the clock of the machine with the time that has passed.
#[derive(Debug)]
pub(super) struct TimeGuard(Mutex<State>);

#[derive(Debug)]
struct State {
    /// A time that was believed, and when that was.
    believed: (Timestamp, Instant),
    /// Since when the clock is in doubt.
    doubt: Option<Instant>,
    /// How long a doubt lasts.
    lasting: Duration,
}

impl TimeGuard {
    /// Begins with the clock showing `now`; `last` is the latest time that the store knows.
    pub(super) fn new(now: Timestamp, last: Option<Timestamp>) -> Self {
        let since = last.map(|last| now.duration_since(last));
        let plausible = since.is_none_or(|since| -ADJUSTMENT <= since && since <= LONGEST_ABSENCE);
        let (believed, lasting) = match last.filter(|_| !plausible) {
            Some(last) => (last, LASTING_AT_START),
            None => (now, LASTING),
        };
        Self(Mutex::new(State { believed: (believed, Clock::running()), doubt: None, lasting }))
    }

    /// Whether the clock, which shows `now`, is believed.
    pub(super) fn believes(&self, now: Timestamp) -> bool {
        self.believes_at(now, Clock::running())
    }

    fn believes_at(&self, now: Timestamp, at: Instant) -> bool {
        let mut state = self.state();
        let passed = SignedDuration::try_from(at.saturating_duration_since(state.believed.1));
        let passed = passed.unwrap_or(SignedDuration::MAX);
        let leap = now.duration_since(state.believed.0).saturating_sub(passed);
        let doubt = *state.doubt.get_or_insert(at);
        let lasts = at.saturating_duration_since(doubt) >= state.lasting;
        let believed = leap.abs() <= ADJUSTMENT || lasts;
        if believed {
            state.believe(now, at);
        }
        believed
    }

    /// A partner's clock shows what ours shows.
    pub(super) fn confirm(&self, now: Timestamp) {
        self.state().believe(now, Clock::running());
    }

    /// The time that it would be if the clock had not leapt.
    pub(super) fn expected(&self) -> Timestamp {
        let (believed, at) = self.state().believed;
        let passed = SignedDuration::try_from(at.elapsed()).unwrap_or_default();
        believed.checked_add(passed).unwrap_or(believed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn believe(&mut self, now: Timestamp, at: Instant) {
        *self = Self { believed: (now, at), doubt: None, lasting: LASTING };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3600).expect("in range")
    }

    #[test]
    fn a_leap_is_doubted_until_it_is_over_confirmed_or_has_lasted() {
        let guard = TimeGuard::new(after(0), Some(after(-24)));
        let start = Clock::running();
        let later = |hours: u64| start + Duration::from_hours(hours);
        assert!(guard.believes_at(after(0), start));
        assert!(!guard.believes_at(after(8 * 24), start), "eight days ahead");
        assert!(guard.believes_at(after(0), start), "and back");
        assert!(!guard.believes_at(after(-24), start), "a day behind");
        assert!(guard.believes_at(after(2), later(2)), "time that passed is none");
        assert!(!guard.believes_at(after(50), later(2)));
        guard.confirm(after(50));
        assert!(guard.believes(after(50)));
        assert!(!guard.believes_at(after(90), start));
        assert!(guard.believes_at(after(91), later(1)), "it has lasted");
    }

    #[test]
    fn a_start_far_from_what_the_store_remembers_is_doubted() {
        assert!(TimeGuard::new(after(0), None).believes(after(0)));
        assert!(TimeGuard::new(after(0), Some(after(-20 * 24))).believes(after(0)), "holidays");
        assert!(!TimeGuard::new(after(0), Some(after(-100 * 24))).believes(after(0)));
        assert!(
            !TimeGuard::new(after(0), Some(after(24))).believes(after(0)),
            "before the last row"
        );
        let guard = TimeGuard::new(after(0), Some(after(-100 * 24)));
        guard.confirm(after(0));
        assert!(guard.believes(after(0)));
    }
}
