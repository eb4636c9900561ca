//! 第7表: rows that carry the number of somebody else, told by where they stand.

use std::collections::{HashMap, HashSet};

use crate::rules::subjects::person::Person;

use super::row::{Form, Row};

/// People who are there only because a number of somebody else is wrong in one row.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    /// Only sums, and 全合計 among them: it may be somebody else's.
    pub(super) lone: HashSet<Person>,
    /// Between or behind their rows stands one with another number.
    pub(super) hosts: HashSet<Person>,
    /// These have the 被保険者番号 of somebody with more rows: the insurer's number is the one that
    /// is wrong.
    pub(super) insurers: HashSet<Person>,
}

pub(super) fn fragments(people: &[(Person, Vec<&Row>)]) -> Fragments {
    let mut found = Fragments::default();
    let range = |rows: &[&Row]| {
        let record = |row: Option<&&Row>| row.map_or(0, |row| row.whose.insured.record);
        (record(rows.first()), record(rows.last()))
    };
    let total = |rows: &[&Row]| rows.iter().any(|row| row.form == Form::Total);
    let only_sums = |rows: &[&Row]| rows.iter().all(|row| row.form.is_sum());
    let mut insured: HashMap<&[u8], (&Person, usize)> = HashMap::new();
    for (person, rows) in people {
        if only_sums(rows) && total(rows) {
            found.lone.insert(*person);
        }
        let known = insured.entry(person.insured()).or_insert((person, rows.len()));
        if known.0 != person {
            let fewer = if known.1 < rows.len() { known.0 } else { person };
            found.insurers.insert(*fewer);
            if known.1 < rows.len() {
                *known = (person, rows.len());
            }
        }
    }
    for pair in people.windows(2) {
        let [(host, host_rows), (person, rows)] = pair else { continue };
        let ((_, host_end), (start, end)) = (range(host_rows), range(rows));
        if only_sums(rows) || (end < host_end && start > range(host_rows).0 && !total(rows)) {
            found.hosts.insert(*host);
        } else if host_rows.len() == 1 && !total(host_rows) {
            // The first row of the next person, under another number.
            found.hosts.insert(*person);
        }
    }
    found
}
