//! What was exchanged before, and the rules of level 8 that hold files against it.
//!
//! [`History`] is what care software or a node knows: which packages were delivered or are on their way
//! between two offices, whom they are about, and what they brought or withdrew. It is given to
//! [`Checked::finish`](super::Checked::finish) as a whole or as that part of it which
//! [`Questions`] ask for; the answers are the same.
//!
//! The history begins somewhere: what was exchanged before, or by other means, is not in it. So nothing
//! is said to be missing in it that may be older than its first package (see `past`).

mod check;
mod form;
mod past;

pub use form::{Brought, Exchanged, ExchangedFile, ExchangedPerson, History, HistoryFormat, What};

#[cfg(test)]
pub(super) use check::CHECKS;
pub(super) use check::check;

use std::collections::BTreeSet;

use crate::types::{FileName, FileSerial, OfficeNumber, PersonKey, ServiceMonth};

use super::outcome::FileOutcome;
use super::subjects::person::Person;

/// What has to be known of the history to judge some files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// Sender and recipient of the files.
    pub ways: BTreeSet<(OfficeNumber, OfficeNumber)>,
    /// Their 連番.
    pub serials: BTreeSet<FileSerial>,
    /// Everybody in them.
    pub people: BTreeSet<PersonKey>,
    /// The service months of 実績 and deletions in them.
    pub months: BTreeSet<ServiceMonth>,
    /// Whether there are 実績 in them.
    pub has_actuals: bool,
}

impl Questions {
    /// More people than are asked about of one set.
    pub const MOST_PEOPLE: usize = 2_000;

    pub(super) fn of(files: &[FileOutcome]) -> Self {
        let mut questions = Self::default();
        for file in files {
            let Some(name) = &file.name else { continue };
            let FileName { sender, recipient, serial, .. } = name;
            questions.ways.insert((*sender, *recipient));
            questions.serials.insert(*serial);
            let facts = &file.facts;
            let keys = facts.keys.iter().flat_map(|keys| keys.records.keys().map(Person::of_key));
            let services = facts.services.iter().flat_map(|services| services.first.keys());
            let exchanged = facts.exchanged.as_ref();
            let actuals = exchanged.into_iter().flat_map(|facts| facts.actuals.keys());
            let born = exchanged.into_iter().flat_map(|facts| facts.born.keys().copied());
            for service in services.clone().chain(actuals.clone()) {
                questions.months.extend(ServiceMonth::from_bytes(&service.month));
            }
            questions.has_actuals |= actuals.clone().next().is_some();
            let of_services = services.chain(actuals).map(|service| service.person);
            for person in keys.chain(of_services).chain(born) {
                if questions.people.len() >= Self::MOST_PEOPLE {
                    break;
                }
                questions.people.extend(person.key());
            }
        }
        questions
    }
}
