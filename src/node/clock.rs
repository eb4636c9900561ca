//! Times as a person reads them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time as a person reads it: on the clock of this machine.
pub fn local_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
