//! Numbers that look random and are the same in every run, on every machine, for ever.

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and fixed by this file rather than by the
/// version of a library, so that a seed gives the same set in every release.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The stream for one purpose and one person of a seed. Streams are independent of each
    /// other, so every file of a unit can be made on its own and still agree with the others.
    pub(super) const fn new(seed: u64, purpose: u64, person: u64) -> Self {
        let mut random = Self(seed ^ purpose.rotate_left(24));
        random.0 ^= random.next().wrapping_add(person);
        random.0 ^= random.next();
        random
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end.max(1))).unwrap_or(0)
    }

    /// A number of a range, both ends included.
    pub(super) fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.below(last.saturating_sub(first) + 1)
    }

    /// Whether something happens that happens once in `in_so_many`.
    pub(super) fn once_in(&mut self, in_so_many: u32) -> bool {
        self.below(in_so_many) == 0
    }

    /// One of a list.
    #[expect(clippy::indexing_slicing, reason = "the lists are constants, and none is empty")]
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let place = self.below(u32::try_from(list.len()).unwrap_or(u32::MAX));
        let place = usize::try_from(place).unwrap_or(0);
        list[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        // The first outputs of SplitMix64 for the state 0, as its reference code gives them.
        let mut random = Random(0);
        assert_eq!(random.next(), 0xE220_A839_7B1D_CDAF);
        assert_eq!(random.next(), 0x6E78_9E6A_A1B9_65F4);
        let first = |seed, purpose, person| Random::new(seed, purpose, person).next();
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
        assert_ne!(first(1, 2, 3), first(1, 2, 4));
        assert_ne!(first(1, 2, 3), first(1, 3, 3));
        assert_ne!(first(1, 2, 3), first(2, 2, 3));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::new(1, 1, 1);
        let mut seen = [false; 3];
        for _ in 0..100 {
            let number = random.between(4, 6);
            seen[usize::try_from(number - 4).expect("small")] = true;
        }
        assert_eq!(seen, [true; 3]);
        assert!((0..100).all(|_| [4, 5].contains(&random.pick(&[4, 5]))));
    }
}
