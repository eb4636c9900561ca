//! Fingerprints: a record, a key or a text as one number, to find what is there twice without keeping
//! it.
//!
//! # Collisions
//!
//! Two things that differ have the same print once in 2^64 pairs: among a million records of one file
//! with a probability of 1 in 37 million. Then what differs counts as the same: a finding about a
//! repetition that is none, or sums of 第7表 that are not judged because a row seems to stand there
//! twice; of the texts under a number (`numbering`), a difference that is not told.
//!
//! Nobody can bring that about on purpose. The prints are seeded, by the random numbers of the
//! operating system and anew for each file, and whoever writes a file knows no seed: there are no two
//! inputs that collide under many seeds. Prints never leave the judgement of their file and show in
//! no report, so that no seed can be learnt from what was found. Any seed gives the same findings but
//! for a collision.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::OnceLock;

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;

/// Makes the fingerprints of one file.
#[derive(Clone, Copy)]
pub(super) struct Prints {
    seed: u64,
    shared: &'static SharedSeed,
}

/// A fingerprint of several items.
pub(super) struct Print(FoldHasher<'static>);

impl Prints {
    /// With a seed of their own.
    pub(super) fn new() -> Self {
        static SHARED: OnceLock<SharedSeed> = OnceLock::new();
        // The hasher of the standard library is keyed by the operating system.
        let random = || RandomState::new().build_hasher().finish();
        let shared = SHARED.get_or_init(|| SharedSeed::from_u64(random()));
        Self { seed: random(), shared }
    }

    /// A print of nothing so far.
    #[inline]
    pub(super) const fn begin(self) -> Print {
        Print(FoldHasher::with_seed(self.seed, self.shared))
    }

    /// The print of one item at a place. Those of several can be added up: that of an item depends
    /// on its place.
    #[inline]
    pub(super) fn of(self, place: usize, bytes: &[u8]) -> u64 {
        let mut print = self.begin();
        print.0.write_usize(place);
        print.add(bytes);
        print.finish()
    }
}

impl Print {
    /// Adds an item; its length counts too, so that items never run together.
    #[inline]
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    #[inline]
    pub(super) fn finish(self) -> u64 {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn print(prints: Prints, parts: &[&str]) -> u64 {
        let mut print = prints.begin();
        for part in parts {
            print.add(part.as_bytes());
        }
        print.finish()
    }

    #[test]
    fn what_differs_has_another_print() {
        let prints = Prints::new();
        let of = |parts: &[&str]| print(prints, parts);
        assert_eq!(of(&["1310110000900011", "20260401"]), of(&["1310110000900011", "20260401"]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["", "a"]), of(&["a", ""]));
        let mut seen = HashSet::new();
        for a in 0..300 {
            for b in 0..300 {
                assert!(seen.insert(of(&[&format!("{a:08}"), &format!("{b:04}")])));
            }
        }
        let places: HashSet<u64> = (0..128).map(|place| prints.of(place, b"1")).collect();
        assert_eq!(places.len(), 128);
        // The place is no part of the bytes, however long they are.
        for length in [1_usize, 8, 12, 16, 40] {
            let of = |place: usize, first: u8| {
                prints.of(place, &[&[first][..], &vec![0; length]].concat())
            };
            let all: HashSet<u64> =
                (0..64).flat_map(|place| (0..64).map(move |first| of(place, first))).collect();
            assert_eq!(all.len(), 64 * 64, "{length}");
        }
    }

    #[test]
    fn each_file_has_a_seed_of_its_own() {
        assert_ne!(print(Prints::new(), &["a"]), print(Prints::new(), &["a"]));
    }
}
