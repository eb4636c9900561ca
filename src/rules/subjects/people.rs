//! What is known of each person of a file.
//!
//! Records of one person mostly stand together, and people mostly in the order of their numbers. So
//! what is known of a run of records is put behind the last, and sorted when the file is over; only
//! a file that mixes people is sorted before, so that it needs no more memory.

use super::person::Person;

/// What is known from two runs of one person becomes one.
pub(in crate::rules) trait Merge {
    /// Adds what a run further down said.
    fn merge(&mut self, later: Self);
}

/// What is known of each run of records.
#[derive(Debug)]
pub(super) struct Runs<V> {
    entries: Vec<(Person, V)>,
    /// With so many entries they are sorted, as they may be about few people.
    enough: usize,
}

/// So few entries are not worth sorting before the end.
const FEW: usize = 1 << 16;

impl<V: Merge> Runs<V> {
    pub(super) const fn new() -> Self {
        Self { entries: Vec::new(), enough: FEW }
    }

    /// What is known of the run at hand, where it is of this person.
    pub(super) fn at_hand(&mut self, person: Person) -> Option<&mut V> {
        self.entries.last_mut().filter(|(last, _)| *last == person).map(|(_, value)| value)
    }

    /// Begins a run.
    pub(super) fn push(&mut self, person: Person, value: V) {
        if self.entries.len() >= self.enough {
            self.sort();
            self.enough = self.entries.len().saturating_mul(2).max(FEW);
        }
        self.entries.push((person, value));
    }

    /// At least as many as there are people.
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    fn sort(&mut self) {
        if self.entries.is_sorted_by(|(one, _), (two, _)| one < two) {
            return;
        }
        self.entries.sort_by_key(|(person, _)| *person);
        let mut sorted: Vec<(Person, V)> = Vec::with_capacity(self.entries.len());
        for (person, value) in self.entries.drain(..) {
            match sorted.last_mut() {
                Some((last, known)) if *last == person => known.merge(value),
                _ => sorted.push((person, value)),
            }
        }
        self.entries = sorted;
    }

    /// What is known of each person.
    pub(super) fn finish(mut self) -> People<V> {
        self.sort();
        People(self.entries)
    }
}

/// What is known of each person, in the order of their numbers.
#[derive(Debug)]
pub(in crate::rules) struct People<V>(Vec<(Person, V)>);

impl<V> Default for People<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> People<V> {
    pub(in crate::rules) fn get(&self, person: &Person) -> Option<&V> {
        let place = self.0.binary_search_by_key(person, |(person, _)| *person).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    pub(in crate::rules) fn contains_key(&self, person: &Person) -> bool {
        self.get(person).is_some()
    }

    pub(in crate::rules) fn keys(&self) -> impl Iterator<Item = &Person> {
        self.0.iter().map(|(person, _)| person)
    }

    pub(in crate::rules) fn iter(&self) -> impl Iterator<Item = (&Person, &V)> {
        self.0.iter().map(|(person, value)| (person, value))
    }

    pub(super) fn into_entries(self) -> Vec<(Person, V)> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    struct Numbers(Vec<u32>);

    impl Merge for Numbers {
        fn merge(&mut self, later: Self) {
            self.0.extend(later.0);
        }
    }

    fn person(number: u32) -> Person {
        Person::from_parts(b"139999", format!("{number:010}").as_bytes()).expect("16 characters")
    }

    #[test]
    fn runs_of_one_person_are_joined_in_their_order() {
        let mut runs = Runs::new();
        for (place, number) in (0..).zip([3, 1, 3, 2, 1]) {
            assert!(runs.at_hand(person(number)).is_none());
            runs.push(person(number), Numbers(vec![place]));
            assert_eq!(runs.at_hand(person(number)), Some(&mut Numbers(vec![place])));
        }
        let people = runs.finish();
        let keys: Vec<Person> = people.keys().copied().collect();
        assert_eq!(keys, [1, 2, 3].map(person));
        assert_eq!(people.get(&person(1)), Some(&Numbers(vec![1, 4])));
        assert_eq!(people.get(&person(3)), Some(&Numbers(vec![0, 2])));
        assert!(!people.contains_key(&person(4)));
    }

    #[test]
    fn few_people_need_little_room_however_often_they_come_back() {
        let mut runs = Runs::new();
        for run in 0..1_000_000 {
            runs.push(person(run % 7), Numbers(Vec::new()));
            assert!(runs.len() <= 2 * FEW);
        }
        assert_eq!(runs.finish().iter().count(), 7);
    }
}
