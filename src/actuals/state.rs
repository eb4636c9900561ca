//! What is left of a month after all of its packages.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{Said, SlipRow, Use, read};
use crate::contents::{self, PersonKey};
use crate::spec::Spec;
use crate::types::{FileKind, FileName, OfficeNumber, Personal, ServiceMonth, ServiceType};

/// The 予定, 別表 and 実績 of a service month, as the packages say that were taken so far.
#[derive(Debug)]
pub struct Ledger<'s> {
    spec: &'s Spec,
    month: ServiceMonth,
    people: BTreeMap<PersonKey, Known>,
    records: usize,
    is_cut: bool,
}

/// By what 実績 are replaced and withdrawn.
type Service = (OfficeNumber, Option<ServiceType>);

/// What is known of one person.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) name: Option<Personal<String>>,
    pub(super) plan: Vec<Use>,
    pub(super) slip: Vec<SlipRow>,
    pub(super) actuals: BTreeMap<Service, Vec<Use>>,
}

impl Known {
    fn len(&self) -> usize {
        let actuals: usize = self.actuals.values().map(Vec::len).sum();
        self.plan.len() + self.slip.len() + actuals
    }
}

impl<'s> Ledger<'s> {
    /// No more records are kept at a time.
    pub const MOST_RECORDS: usize = 200_000;

    /// No more people are kept.
    pub const MOST_PEOPLE: usize = 10_000;

    /// Without any package yet.
    pub const fn new(spec: &'s Spec, month: ServiceMonth) -> Self {
        Self { spec, month, people: BTreeMap::new(), records: 0, is_cut: false }
    }

    /// The service month.
    pub const fn month(&self) -> ServiceMonth {
        self.month
    }

    /// Takes the files of the next package, in the order of the 連番.
    pub fn take<'f>(&mut self, files: impl IntoIterator<Item = (&'f str, &'f [u8])>) {
        let mut files: Vec<_> = files
            .into_iter()
            .filter_map(|(name, bytes)| Some((FileName::parse(name).ok()?, name, bytes)))
            .collect();
        // Parents before their dependants.
        files.sort_by_key(|(name, _, _)| name.kind);
        let named = files.iter().map(|(_, name, bytes)| (*name, *bytes));
        for person in contents::read(self.spec, named).people {
            let has_room = has_room(&self.people, person.key);
            if let Some(name) = person.name.filter(|_| has_room) {
                self.people.entry(person.key).or_default().name = Some(name);
            }
        }
        for (name, _, bytes) in &files {
            self.take_file(name, bytes);
        }
        // Who has a name alone was in this package and is of no other month.
        self.people.retain(|_, known| known.name.is_some() || known.len() > 0);
    }

    /// Takes one file: what it says of a key takes the place of what was said before.
    fn take_file(&mut self, name: &FileName, bytes: &[u8]) {
        let mut replaced = BTreeSet::new();
        let kind = name.kind;
        let Self { spec, month, people, records, is_cut } = self;
        read(spec, (name, bytes), *month, |key, said| {
            if !has_room(people, key) || replaced.len() >= Self::MOST_RECORDS {
                *is_cut = true;
                return;
            }
            let known = people.entry(key).or_default();
            let service = match said {
                Said::Use(used) if kind.is_actual() => Some((used.office, used.code.service())),
                Said::NoActuals(office, service) => Some((office, Some(service))),
                Said::Use(_) | Said::Slip(_) | Said::NoPlan => None,
            };
            if replaced.insert((key, service)) {
                *records -= known.forget(kind, service.as_ref());
            }
            if *records >= Self::MOST_RECORDS {
                *is_cut = true;
                return;
            }
            match (said, service) {
                (Said::Use(used), Some(service)) => {
                    known.actuals.entry(service).or_default().push(used);
                }
                (Said::Use(used), None) => known.plan.push(used),
                (Said::Slip(row), _) => known.slip.push(row),
                (Said::NoPlan | Said::NoActuals(..), _) => return,
            }
            *records += 1;
        });
    }

    pub(super) fn into_parts(self) -> (ServiceMonth, BTreeMap<PersonKey, Known>, bool) {
        (self.month, self.people, self.is_cut)
    }
}

fn has_room(people: &BTreeMap<PersonKey, Known>, key: PersonKey) -> bool {
    people.len() < Ledger::MOST_PEOPLE || people.contains_key(&key)
}

impl Known {
    /// Forgets what a file of this kind says anew, or takes back; returns how many records.
    fn forget(&mut self, kind: FileKind, service: Option<&Service>) -> usize {
        let before = self.len();
        match (kind, service) {
            (FileKind::Upplan, _) => self.plan.clear(),
            (FileKind::Upsikyu, _) => self.slip.clear(),
            // 第7表 goes with the plan (R-DEL-03).
            (FileKind::Dltplan, _) => {
                self.plan.clear();
                self.slip.clear();
            }
            (_, Some(service)) => {
                self.actuals.remove(service);
            }
            (_, None) => {}
        }
        before - self.len()
    }
}
