//! How long to leave another side alone that does not answer.

use std::time::Duration;

/// Waits after questions that failed one after the other, growing.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    failures: usize,
}

impl Pauses {
    /// In seconds; the last one repeats.
    const WAITS: [u64; 4] = [5, 15, 60, 300];

    /// A question was answered.
    pub(super) const fn over(&mut self) {
        self.failures = 0;
    }

    /// Whether the last question was answered.
    pub(super) const fn are_over(&self) -> bool {
        self.failures == 0
    }

    /// A question failed: the wait before the next one.
    pub(super) fn next(&mut self) -> Duration {
        let place = self.failures.min(Self::WAITS.len() - 1);
        self.failures = self.failures.saturating_add(1);
        Duration::from_secs(Self::WAITS.get(place).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_and_begin_anew() {
        let mut pauses = Pauses::default();
        assert!(pauses.are_over());
        let waits: Vec<_> = (0..6).map(|_| pauses.next().as_secs()).collect();
        assert_eq!(waits, [5, 15, 60, 300, 300, 300]);
        pauses.over();
        assert_eq!((pauses.are_over(), pauses.next().as_secs()), (true, 5));
    }
}
