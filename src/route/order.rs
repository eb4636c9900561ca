//! Import in ascending 連番.

use jiff::{SignedDuration, Timestamp};

use crate::types::{FileSerial, MessageId};

/// A committed package that waits for its turn; all of one sender and one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: MessageId,
    /// The sender's number for it: 1, 2, 3, … per recipient.
    pub sequence: u64,
    /// Its 連番.
    pub serial: FileSerial,
    /// When it became durable here.
    pub committed_at: Timestamp,
    /// Not to be placed before this time, after a failed attempt.
    pub not_before: Timestamp,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Place this package now.
    Place(MessageId),
    /// Nothing before this time, unless something arrives.
    Until(Timestamp),
    /// Nothing waits.
    Idle,
}

/// Whose turn it is among `waiting`.
///
/// The lowest 連番 goes first. It waits while a sequence number before it is missing, because that
/// package may carry a lower 連番, but no longer than `patience`: the sender may have given it up.
/// `settled` are the sequence numbers below the waiting ones that were placed, held or rejected;
/// only those near the waiting ones matter.
pub fn next_turn(
    waiting: &[Waiting],
    settled: &[u64],
    patience: SignedDuration,
    now: Timestamp,
) -> Turn {
    let Some(first) = waiting.iter().min_by_key(|package| (package.serial, package.sequence))
    else {
        return Turn::Idle;
    };
    let before = waiting
        .iter()
        .map(|package| package.sequence)
        .chain(settled.iter().copied())
        .filter(|sequence| *sequence < first.sequence)
        .max()
        .unwrap_or_default();
    let gap = first.sequence > before.saturating_add(1);
    let patient_until = first.committed_at.checked_add(patience).unwrap_or(first.committed_at);
    let from = if gap { first.not_before.max(patient_until) } else { first.not_before };
    if from <= now { Turn::Place(first.id) } else { Turn::Until(from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    fn waiting(sequence: u64, serial: &str, committed: i64) -> Waiting {
        Waiting {
            id: MessageId::new(at(committed)),
            sequence,
            serial: serial.parse().expect("a serial"),
            committed_at: at(committed),
            not_before: at(committed),
        }
    }

    #[test]
    fn lowest_serial_first() {
        let later = waiting(2, "20260326120000", 10);
        let earlier = waiting(1, "20260326110000", 11);
        assert_eq!(next_turn(&[later, earlier], &[], PATIENCE, at(20)), Turn::Place(earlier.id));
        assert_eq!(next_turn(&[], &[], PATIENCE, at(20)), Turn::Idle);
    }

    #[test]
    fn waits_for_a_gap_but_not_for_ever() {
        let third = waiting(3, "20260326120000", 10);
        assert_eq!(next_turn(&[third], &[1], PATIENCE, at(20)), Turn::Until(at(70)));
        assert_eq!(next_turn(&[third], &[1, 2], PATIENCE, at(20)), Turn::Place(third.id));
        assert_eq!(next_turn(&[third], &[1], PATIENCE, at(70)), Turn::Place(third.id));
    }

    #[test]
    fn a_failed_attempt_blocks_what_follows_it() {
        let mut first = waiting(1, "20260326110000", 10);
        first.not_before = at(25);
        let second = waiting(2, "20260326120000", 10);
        assert_eq!(next_turn(&[first, second], &[], PATIENCE, at(20)), Turn::Until(at(25)));
    }
}
