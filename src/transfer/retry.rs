//! When to try again.

use jiff::SignedDuration;

use crate::types::MessageId;

/// The waits before the first, second, … attempt, in seconds; the last one repeats.
const WAITS: [i64; 7] = [0, 15, 60, 5 * 60, 15 * 60, 30 * 60, 60 * 60];

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
    }
}
