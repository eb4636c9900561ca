//! The one place that asks what time it is.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::link::Clock;

/// The clock of the machine.
#[expect(clippy::disallowed_methods, reason = "this is the clock that all others are told by")]
pub fn system_clock() -> Clock {
    Clock::new(jiff::Timestamp::now)
}

/// A time as a person reads it: on the clock of this machine.
pub fn local_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
