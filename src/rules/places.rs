//! Sets of items of a record.

use crate::spec::Layout;

/// Items of a record by their places from 0, one bit each: layouts have at most
/// [`Layout::MOST_ITEMS`], the bits of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Places(u128);

impl Places {
    pub(super) const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    pub(super) const fn contains(self, place: usize) -> bool {
        place < Layout::MOST_ITEMS && self.0 & (1 << place) != 0
    }

    pub(super) const fn insert(&mut self, place: usize) {
        if place < Layout::MOST_ITEMS {
            self.0 |= 1 << place;
        }
    }

    /// Whether all of them are in the others.
    pub(super) const fn are_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// Whether one of them is among the others.
    pub(super) const fn meet(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Both together.
    pub(super) const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those that are in the others too.
    pub(super) const fn within(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Those that are not in the others.
    pub(super) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Those that are in neither.
    pub(super) const fn complement(self) -> Self {
        Self(!self.0)
    }

    /// Takes the first out.
    pub(super) const fn pop(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let place = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(place)
    }
}

impl FromIterator<usize> for Places {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        let mut all = Self::default();
        places.into_iter().for_each(|place| all.insert(place));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_out_in_order() {
        let mut some: Places = [127, 0, 64, 128].into_iter().collect();
        assert!(some.contains(127) && !some.contains(128), "a layout has 128 items at most");
        let more: Places = [0, 1, 64, 127].into_iter().collect();
        assert!(some.meet(more) && !some.meet([2].into_iter().collect()));
        assert!(some.are_within(more) && !more.are_within(some));
        assert_eq!(some.without([64].into_iter().collect()), [0, 127].into_iter().collect());
        assert!(!some.complement().contains(64) && some.complement().contains(1));
        let taken: Vec<usize> = std::iter::from_fn(|| some.pop()).collect();
        assert_eq!(taken, [0, 64, 127]);
    }
}
