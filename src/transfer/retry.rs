//! When to try again.

use jiff::{SignedDuration, Timestamp};

use crate::types::MessageId;

/// The waits before the first, second, … attempt, in seconds; the last one repeats.
const WAITS: [i64; 7] = [0, 15, 60, 5 * 60, 15 * 60, 30 * 60, 60 * 60];

/// No wait of the schedule, and none that a partner may ask for, is longer.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(2);

/// When an attempt that was planned for `planned` is due. Further away than any wait means that the
/// clock was set back since: at once.
pub fn due_at(planned: Timestamp, now: Timestamp) -> Timestamp {
    if planned.duration_since(now) > LONGEST_WAIT { now } else { planned }
}

/// The wait before the next attempt after `failures` failed ones.
///
/// A jitter of up to a tenth is added so that a hundred packages for one partner do not come back
/// in one moment. It is derived from the id: the same package at the same attempt always waits
/// equally long, which keeps the state machine a function.
pub fn retry_delay(id: MessageId, failures: u32) -> SignedDuration {
    let place = usize::try_from(failures).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    let seconds = WAITS.get(place).copied().unwrap_or_default();
    let seed = id
        .as_bytes()
        .iter()
        .fold(u64::from(failures), |hash, byte| hash.wrapping_mul(31).wrapping_add((*byte).into()));
    let tenth = seconds * 1000 / 10;
    let jitter = i64::try_from(seed % 1000).unwrap_or_default() * tenth / 1000;
    SignedDuration::from_millis(seconds * 1000 + jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_up_to_an_hour() {
        let id = MessageId::new(jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(retry_delay(id, 0), SignedDuration::ZERO);
        for failures in 1..6 {
            assert!(retry_delay(id, failures) > retry_delay(id, failures - 1));
        }
        for failures in [6, 7, u32::MAX] {
            let minutes = retry_delay(id, failures).as_mins();
            assert!((60..=66).contains(&minutes), "{minutes}");
        }
        assert_eq!(retry_delay(id, 3), retry_delay(id, 3));
        assert!(retry_delay(id, u32::MAX) < LONGEST_WAIT);
    }

    #[test]
    fn a_time_beyond_every_wait_is_that_of_a_wrong_clock() {
        let at = |seconds| Timestamp::from_second(seconds).expect("in range");
        assert_eq!(due_at(at(3_600), at(0)), at(3_600));
        assert_eq!(due_at(at(10), at(20)), at(10));
        assert_eq!(due_at(at(365 * 24 * 3_600), at(20)), at(20));
        assert_eq!(due_at(Timestamp::MAX, Timestamp::MIN), Timestamp::MIN);
    }
}
