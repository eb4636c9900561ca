//! 第7表: rows that carry the number of somebody else, told by where they stand.

use std::collections::HashSet;

use crate::rules::subjects::person::Person;

use super::row::{Form, Row};

/// People who are there only because a number of somebody else is wrong in one row.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    /// Only a total or subtotals: the rows are somebody else's.
    pub(super) strays: HashSet<Person>,
    /// Their total is such a stray: by the record of its 被保険者番号.
    pub(super) without: HashSet<Person>,
    /// Between their rows stands one with another number.
    pub(super) hosts: HashSet<Person>,
    /// Of those who lack rows, these have the 被保険者番号 of somebody beside them: the insurer's
    /// number is the one that is wrong.
    pub(super) insurers: HashSet<Person>,
}

pub(super) fn fragments(people: &[(Person, Vec<&Row>)]) -> Fragments {
    let mut found = Fragments::default();
    let range = |rows: &[&Row]| {
        let record = |row: Option<&&Row>| row.map_or(0, |row| row.whose.insured.record);
        (record(rows.first()), record(rows.last()))
    };
    for pair in people.windows(2) {
        let [(host, host_rows), (person, rows)] = pair else { continue };
        if host.insured() == person.insured() {
            let fewer = if host_rows.len() < rows.len() { host } else { person };
            found.insurers.insert(*fewer);
        }
        let ((_, host_end), (start, end)) = (range(host_rows), range(rows));
        let total = |rows: &[&Row]| rows.iter().any(|row| row.form == Form::Total);
        let only_sums = rows.iter().all(|row| row.form.is_sum());
        if only_sums {
            found.strays.insert(*person);
            found.hosts.insert(*host);
            if total(rows) && !total(host_rows) {
                found.without.insert(*host);
            }
        } else if end < host_end && start > range(host_rows).0 && !total(rows) {
            found.hosts.insert(*host);
        } else if host_rows.len() == 1 && !total(host_rows) {
            // The first row of the next person, under another number.
            found.hosts.insert(*person);
        }
    }
    found
}
