//! Import in ascending 連番.

use jiff::{SignedDuration, Timestamp};

/// The package whose turn is next among those of one sender and one recipient: the one with the
/// lowest 連番, and of those with the same the one that the sender numbered first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct First {
    /// Since when a number below its own is missing, see [`missing_since`].
    pub missing_since: Option<Timestamp>,
    /// Not to be placed before this time, after a failed attempt.
    pub not_before: Timestamp,
}

/// A package that waits although the one that its sender numbered just before it has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterGap {
    /// The sender's number for it: 1, 2, 3, … per recipient.
    pub sequence: u64,
    /// When it became durable here.
    pub committed_at: Timestamp,
}

/// Since when it has been known that a number below or just before `sequence` is missing; nothing
/// when none is. Where several are, the one that was noticed last.
///
/// Serials and numbers need not rise together, so a gap below any package that waits counts, not
/// only the one before the package whose turn it would be.
pub fn missing_since(gaps: &[AfterGap], sequence: u64) -> Option<Timestamp> {
    let below = gaps.iter().filter(|gap| gap.sequence <= sequence);
    below.map(|gap| gap.committed_at).max()
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
/// It waits while a number below its own is missing, because that package may carry a lower
/// 連番, but no longer than `patience` from when the gap was noticed: the sender may have given it
/// up.
pub fn turn(first: &First, patience: SignedDuration, now: Timestamp) -> Turn {
    // Noticed in the future: the clock was set back, and nobody knows how long it has waited.
    let missing_since = first.missing_since.filter(|since| *since <= now);
    let patient_until = missing_since.map(|since| since.checked_add(patience).unwrap_or(now));
    let from = patient_until.map_or(first.not_before, |until| first.not_before.max(until));
    if from <= now { Turn::Now } else { Turn::Until(from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    fn first(missing_since: Option<i64>) -> First {
        First { missing_since: missing_since.map(at), not_before: at(10) }
    }

    #[test]
    fn waits_for_a_gap_but_not_for_ever() {
        assert_eq!(turn(&first(None), PATIENCE, at(10)), Turn::Now);
        assert_eq!(turn(&first(Some(10)), PATIENCE, at(20)), Turn::Until(at(70)));
        assert_eq!(turn(&first(Some(10)), PATIENCE, at(70)), Turn::Now);
    }

    #[test]
    fn a_gap_below_counts_whichever_package_is_behind_it() {
        let gap = |sequence, seconds| AfterGap { sequence, committed_at: at(seconds) };
        assert_eq!(missing_since(&[], 9), None);
        assert_eq!(missing_since(&[gap(2, 5)], 1), None);
        for sequence in [2, 3, (1 << 53) - 1] {
            assert_eq!(missing_since(&[gap(2, 5)], sequence), Some(at(5)), "{sequence}");
        }
        assert_eq!(missing_since(&[gap(2, 5), gap(4, 7), gap(9, 8)], 4), Some(at(7)));
    }

    #[test]
    fn a_failed_attempt_waits() {
        let failed = First { not_before: at(25), ..first(None) };
        assert_eq!(turn(&failed, PATIENCE, at(20)), Turn::Until(at(25)));
        let missing = First { not_before: at(25), ..first(Some(10)) };
        assert_eq!(turn(&missing, PATIENCE, at(20)), Turn::Until(at(70)));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_up() {
        assert_eq!(turn(&first(Some(1_000_000)), PATIENCE, at(20)), Turn::Now);
    }
}
