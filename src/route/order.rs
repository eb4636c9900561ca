//! Import in ascending 連番.

use jiff::{SignedDuration, Timestamp};

/// The package whose turn is next among those of one sender and one recipient: the one with the
/// lowest 連番, and of those with the same the one that the sender numbered first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct First {
    /// The sender's number for it: 1, 2, 3, … per recipient.
    pub sequence: u64,
    /// The highest number below it that came, whatever became of that package.
    pub before: Option<u64>,
    /// When it became durable here.
    pub committed_at: Timestamp,
    /// Not to be placed before this time, after a failed attempt.
    pub not_before: Timestamp,
}

/// Whether its turn has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Place it now.
    Now,
    /// Not before this time, unless something arrives.
    Until(Timestamp),
}

/// Whether the turn of `first` has come.
///
/// It waits while the number before its own is missing, because that package may carry a lower
/// 連番, but no longer than `patience`: the sender may have given it up.
pub fn turn(first: &First, patience: SignedDuration, now: Timestamp) -> Turn {
    let gap = first.sequence > first.before.unwrap_or_default().saturating_add(1);
    // Committed in the future: the clock was set back, and nobody knows how long it has waited.
    let from = if gap && first.committed_at <= now {
        let patient_until = first.committed_at.checked_add(patience).unwrap_or(now);
        first.not_before.max(patient_until)
    } else {
        first.not_before
    };
    if from <= now { Turn::Now } else { Turn::Until(from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    fn first(sequence: u64, before: Option<u64>) -> First {
        First { sequence, before, committed_at: at(10), not_before: at(10) }
    }

    #[test]
    fn waits_for_a_gap_but_not_for_ever() {
        assert_eq!(turn(&first(1, None), PATIENCE, at(10)), Turn::Now);
        assert_eq!(turn(&first(3, Some(2)), PATIENCE, at(10)), Turn::Now);
        for gap in [first(3, Some(1)), first(2, None), first((1 << 53) - 1, Some(7))] {
            assert_eq!(turn(&gap, PATIENCE, at(20)), Turn::Until(at(70)));
            assert_eq!(turn(&gap, PATIENCE, at(70)), Turn::Now);
        }
    }

    #[test]
    fn a_failed_attempt_waits() {
        let failed = First { not_before: at(25), ..first(1, None) };
        assert_eq!(turn(&failed, PATIENCE, at(20)), Turn::Until(at(25)));
        let missing = First { not_before: at(25), ..first(3, Some(1)) };
        assert_eq!(turn(&missing, PATIENCE, at(20)), Turn::Until(at(70)));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_up() {
        let ahead = First { committed_at: at(1_000_000), ..first(3, Some(1)) };
        assert_eq!(turn(&ahead, PATIENCE, at(20)), Turn::Now);
    }
}
