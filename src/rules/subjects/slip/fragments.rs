//! 第7表: rows that carry the number of somebody else.
//!
//! Told by what the rows of each person are and not by where they stand: people may stand in a file
//! in any order, and what is found does not depend on it.

use std::collections::{HashMap, HashSet};

use crate::rules::subjects::person::Person;

use super::row::{Form, Row};

/// People who are there only because a number of somebody else is wrong in some rows.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    /// Only sums, and 全合計 among them: it may be somebody else's.
    pub(super) lone: HashSet<Person>,
    /// One row or only sums, and no 全合計: somebody else lacks these rows.
    pub(super) parts: HashSet<Person>,
    /// These have the 被保険者番号 of somebody with more rows: the insurer's number is the one that
    /// is wrong.
    pub(super) insurers: HashSet<Person>,
    /// Those whose 被保険者番号 others have who lack rows.
    pub(super) owners: HashSet<Person>,
}

impl Fragments {
    /// How many people seem to be there only because of a wrong number.
    pub(super) fn count(&self) -> usize {
        self.lone.union(&self.parts).count()
    }
}

pub(super) fn fragments(people: &[(Person, Vec<&Row>)]) -> Fragments {
    let mut found = Fragments::default();
    let mut complete: HashSet<Person> = HashSet::new();
    let mut insured: HashMap<&[u8], Vec<(Person, usize)>> = HashMap::new();
    for (person, rows) in people {
        let total = rows.iter().any(|row| row.form == Form::Total);
        let only_sums = rows.iter().all(|row| row.form.is_sum());
        if only_sums && total {
            found.lone.insert(*person);
        } else if !total && (only_sums || rows.len() == 1) {
            found.parts.insert(*person);
        } else if total {
            complete.insert(*person);
        }
        insured.entry(person.insured()).or_default().push((*person, rows.len()));
    }
    for mut same in insured.into_values().filter(|same| same.len() > 1) {
        // Of as many rows, the lower number of an insurer: one has to be chosen.
        same.sort_unstable_by_key(|(person, rows)| (std::cmp::Reverse(*rows), *person));
        let [(owner, _), others @ ..] = same.as_slice() else { continue };
        // Two insurers may give the same number to two people, each with all their rows.
        if others.iter().any(|(person, _)| !complete.contains(person)) {
            found.owners.insert(*owner);
        }
        found.insurers.extend(others.iter().map(|(person, _)| *person));
    }
    found
}
