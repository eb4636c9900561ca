//! The one place that asks what time it is.

use crate::link::Clock;

/// The clock of the machine.
#[expect(clippy::disallowed_methods, reason = "this is the clock that all others are told by")]
pub fn system_clock() -> Clock {
    Clock::new(jiff::Timestamp::now)
}
