//! When to try again.

use jiff::{SignedDuration, Timestamp};

use crate::types::MessageId;

/// The waits before the first, second, … attempt, in seconds; the last one repeats.
const WAITS: [i64; 7] = [0, 15, 60, 5 * 60, 15 * 60, 30 * 60, 60 * 60];

/// What a partner may ask for.
const ASKED: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(1), SignedDuration::from_hours(1));

/// So many times in a row the partner's word alone says when to come again. Afterwards the schedule
/// bounds it from below, from its beginning …
const TAKEN_AT_ITS_WORD: u32 = 4;

/// … up to its wait of so many failures: a partner that always asks for a second gets no more than
/// one attempt in five minutes, and one that asks for little after a long absence waits no longer.
const LONGEST_GUARD: u32 = 3;

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
    with_jitter(id, failures, scheduled(failures))
}

/// The wait before the next attempt after `failures` failed ones, the last of which the partner
/// answered with the time after which to come again. Never earlier than it asked, within bounds.
pub(super) fn asked_delay(id: MessageId, failures: u32, asked: SignedDuration) -> SignedDuration {
    let asked = asked.clamp(ASKED.0, ASKED.1);
    let asked = asked.as_secs() + i64::from(asked.subsec_nanos() > 0);
    let guard = scheduled(failures.saturating_sub(TAKEN_AT_ITS_WORD).min(LONGEST_GUARD));
    with_jitter(id, failures, asked.max(guard))
}

/// In seconds.
fn scheduled(failures: u32) -> i64 {
    let place = usize::try_from(failures).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    WAITS.get(place).copied().unwrap_or_default()
}

fn with_jitter(id: MessageId, failures: u32, seconds: i64) -> SignedDuration {
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
    fn a_partner_is_taken_at_its_word_but_not_for_ever() {
        let id = MessageId::new(jiff::Timestamp::UNIX_EPOCH);
        let waits = |asked| {
            (1..=12).map(move |failures| {
                asked_delay(id, failures, SignedDuration::from_secs(asked)).as_secs()
            })
        };
        let floors = [1, 1, 1, 1, 15, 60, 300, 300, 300, 300, 300, 300];
        for (wait, floor) in waits(1).zip(floors) {
            assert!((floor..=floor + floor / 10).contains(&wait), "{wait} for {floor}");
        }
        assert!(waits(600).all(|wait| (600..=660).contains(&wait)), "longer than the guard");
        assert!(waits(0).zip(waits(1)).all(|(none, least)| none == least));
        assert!(waits(-9).zip(waits(1)).all(|(none, least)| none == least));
        assert!(waits(i64::MAX).zip(waits(3600)).all(|(most, hour)| most == hour));
    }

    proptest::proptest! {
        /// Whatever a partner asks for, we come neither earlier nor much later, and do not hammer.
        #[test]
        fn what_is_asked_for_is_obeyed_within_bounds(
            asked in proptest::prelude::any::<(i64, i32)>(),
            failures in 0_u32..,
            id in proptest::prelude::any::<u32>(),
        ) {
            let id = MessageId::new(jiff::Timestamp::from_second(id.into()).expect("in range"));
            let asked = SignedDuration::new(asked.0 / 2, asked.1);
            let wait = asked_delay(id, failures, asked);
            let bounded = asked.clamp(ASKED.0, ASKED.1);
            proptest::prop_assert!(wait >= bounded && wait < LONGEST_WAIT);
            let guard = if failures > 6 { 300 } else { 0 };
            proptest::prop_assert!(wait >= SignedDuration::from_secs(guard));
            let latest = bounded.as_secs().max(300) + 1;
            proptest::prop_assert!(wait <= SignedDuration::from_millis(latest * 1100));
        }
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
