//! Which row of one version takes the place of which row of the other.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Pairs what is alike: those of `now` in their order, then those of `was` that found no partner.
/// Linear.
///
/// `likeness` says for each of so many `levels`, the strictest first, what two things have to have in
/// common to be the same; none where that says nothing.
pub(super) fn align<'r, T, K: Hash + Eq>(
    now: &'r [T],
    was: &'r [T],
    levels: usize,
    likeness: impl Fn(&T, usize) -> Option<K>,
) -> Vec<(Option<&'r T>, Option<&'r T>)> {
    let mut partner: Vec<Option<usize>> = vec![None; now.len()];
    let mut free: Vec<bool> = vec![true; was.len()];
    for level in 0..levels {
        let mut places: HashMap<K, VecDeque<usize>> = HashMap::new();
        for (place, (old, _)) in was.iter().zip(&free).enumerate().filter(|(_, (_, free))| **free) {
            if let Some(key) = likeness(old, level) {
                places.entry(key).or_default().push_back(place);
            }
        }
        for (new, partner) in now.iter().zip(&mut partner).filter(|(_, partner)| partner.is_none())
        {
            let found = likeness(new, level).and_then(|key| places.get_mut(&key)?.pop_front());
            if let Some(free) = found.and_then(|place| free.get_mut(place)) {
                *free = false;
            }
            *partner = found;
        }
    }
    let paired = now.iter().zip(partner);
    let mut pairs: Vec<_> =
        paired.map(|(new, place)| (Some(new), place.and_then(|place| was.get(place)))).collect();
    pairs.extend(was.iter().zip(free).filter(|(_, free)| *free).map(|(old, _)| (None, Some(old))));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_likeness_wins_and_the_rest_comes_last() {
        let now = [(1, "a"), (2, "b"), (3, "c"), (4, "x")];
        let was = [(1, "c"), (2, "b"), (3, "y"), (9, "z")];
        let likeness = |(number, text): &(u8, &str), level: usize| {
            let text = Some((*text).to_owned());
            Some(match level {
                0 => (Some(*number), text),
                1 => (None, text),
                _ => (Some(*number), None),
            })
        };
        let pairs = align(&now, &was, 3, likeness);
        let shown: Vec<_> =
            pairs.iter().map(|(new, old)| (new.map(|new| new.1), old.map(|old| old.1))).collect();
        assert_eq!(
            shown,
            [
                (Some("a"), None),
                (Some("b"), Some("b")),
                (Some("c"), Some("c")),
                (Some("x"), None),
                (None, Some("y")),
                (None, Some("z")),
            ]
        );
    }
}
