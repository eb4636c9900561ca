//! What ties several items, records and files together: one file per subject.
//!
//! A subject sees every record of a file after its items were checked, and relies only on items
//! that were found good ([`Judged::good`]). What the whole send unit needs to know goes into
//! [`Facts`]; `rules::unit` reads these when all files were seen.

mod actuals;
mod addressee;
mod advice;
mod contents;
mod coverage;
mod dates;
mod declared;
mod equipment;
mod exchanged;
pub(super) mod facts;
mod insured;
mod keys;
mod manager;
mod month;
mod numbering;
pub(super) mod people;
pub(super) mod person;
mod picture;
mod planned;
mod planner;
mod prints;
mod recipient;
mod relevance;
mod repeats;
mod services;
mod shown;
mod slip;
mod supplement;
mod usage;
mod week;

pub(super) use exchanged::ExchangedFacts;
pub(super) use keys::{KeyFacts, Keyed, PARTS};
pub(super) use person::RecordKey;
pub(super) use services::{Service, ServiceFacts};
pub(super) use shown::Subjects;

use declared::Declared;
use facts::{PlanFacts, SlipFacts, SupplementFacts};

use crate::record::Record;
use crate::spec::{Layout, Spec};
use crate::types::{FileName, OfficeNumber, Severity};

use super::collect::Findings;
use super::finding::{Draft, Place};
use super::formats;
use super::items::Checked;
use super::places::Places;
use super::rule::RuleSet;
use super::table::Rule;

/// A check over several items or records of one file.
pub(super) trait Subject {
    /// Looks at one record.
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings);

    /// What it concluded from the record that it saw last rests on these items and nothing else.
    ///
    /// As long as they stay the same, and nothing was found, it is not shown the records that
    /// follow. Nothing: it wants to see every record.
    fn rests_on(&self) -> Option<Places> {
        None
    }

    /// So many records after the one that it saw last were not shown to it.
    fn pass(&mut self, _records: u64) {}

    /// Of the rules that it decides, those that it could not: there was too much of the file.
    fn given_up(&self) -> &'static [Rule] {
        &[]
    }

    /// The file is at its end.
    fn end_file(self: Box<Self>, findings: &mut Findings, facts: &mut Facts);
}

/// A record with what is known about its items.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged<'r> {
    pub(super) record: &'r Record<'r>,
    pub(super) layout: &'r Layout,
    /// The number of the record; a header line is none.
    pub(super) number: u64,
    pub(super) checked: Checked,
}

impl<'r> Judged<'r> {
    /// The bytes of an item that can be relied on; quotes inside free text are still doubled.
    /// Blanks around a value are only warned of, and are not part of it: a warning must not keep
    /// what is wrong elsewhere from being seen.
    pub(super) fn good(&self, place: usize) -> Option<&'r [u8]> {
        if self.checked.doubtful.contains(place) {
            return None;
        }
        let value = self.record.item(place);
        if self.checked.padded.contains(place)
            && let Some(item) = self.layout.items.get(place)
        {
            return Some(formats::unpadded(item, value));
        }
        // Free text may begin with a blank, but a cell of nothing else is an empty one.
        Some(if value.first() == Some(&b' ') && is_blank(value) { b"" } else { value })
    }

    /// The bytes of an item, whether or not they can be relied on; none where there is nothing but
    /// blanks.
    pub(super) fn content(&self, place: usize) -> &'r [u8] {
        let value = self.record.item(place);
        if value.first() == Some(&b' ') && is_blank(value) { b"" } else { value }
    }

    /// Whether an item is empty, as one of nothing but blanks is.
    pub(super) fn is_empty(&self, place: usize) -> bool {
        is_blank(self.record.item(place))
    }

    /// Whether all of the items can be relied on and are the same as in the record before. `false`
    /// says nothing: it is for saving work, most records repeat most items.
    pub(super) const fn are_repeated(&self, places: Places) -> bool {
        places.are_within(self.checked.repeated)
    }

    /// Whether one of several items cannot be relied on.
    pub(super) const fn are_doubtful(&self, places: Places) -> bool {
        places.meet(self.checked.doubtful)
    }

    /// The worst that a finding about what the notes of an item say can be.
    pub(super) fn limit(&self, place: usize) -> Severity {
        self.layout.items.get(place).map_or(Severity::Error, |item| item.note_limit)
    }

    /// The official name of the item at a place.
    pub(super) fn name(&self, place: usize) -> &'r str {
        self.layout.items.get(place).map_or("", |item| item.name.as_str())
    }

    /// A finding at an item.
    pub(super) fn at(&self, place: usize) -> Draft {
        match (self.record.spans().get(place), self.layout.items.get(place)) {
            (Some(span), Some(item)) => Draft::item(self.record, self.number, *span, item),
            _ => Draft::record(self.record, self.number),
        }
    }
}

/// Whether there is nothing in it but blanks.
fn is_blank(value: &[u8]) -> bool {
    value.iter().all(|byte| *byte == b' ')
}

/// What a file leaves behind for the send unit.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The pictures that 利用者基本情報 names, where the names fit.
    pub(super) pictures: Vec<(FileName, Place)>,
    /// What 第6表 予定 plans for whom.
    pub(super) plan: Option<PlanFacts>,
    /// What 第7表 charges for whom.
    pub(super) slip: Option<SlipFacts>,
    /// Whom 利用者補足情報 of a usage slip is about.
    pub(super) supplement: Option<SupplementFacts>,
    /// The month of all its records, where they have one.
    pub(super) month: Option<[u8; 6]>,
    /// The services of 実績, and what deletions of 第6表 withdraw.
    pub(super) services: Option<ServiceFacts>,
    /// What it is held against the history by.
    pub(super) exchanged: Option<ExchangedFacts>,
    /// The keys of its records, where other files hang on them.
    pub(super) keys: Option<KeyFacts>,
    /// What is wrong with a plan, unless it is that one of its records went astray.
    pub(super) suspended: Vec<Suspended>,
    /// Offices in it that made the plan and are not the sender.
    pub(super) strangers: Vec<Stranger>,
}

/// A finding about all records of a key, which a record with a mistaken key would explain.
///
/// There may be as many as there are keys: it is small.
#[derive(Debug)]
pub(super) struct Suspended {
    pub(super) rule: Rule,
    pub(super) spot: person::Spot,
    pub(super) person: person::Person,
    /// The number that is missing, where one is.
    pub(super) expected: u8,
}

/// An office that is not the one of the file name.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) rule: Rule,
    pub(super) office: Vec<u8>,
    /// The office of the file name.
    pub(super) wanted: OfficeNumber,
    pub(super) place: Place,
}

/// What a file is, for choosing the subjects.
pub(super) struct Context<'s> {
    pub(super) spec: &'s Spec,
    pub(super) layout: &'s Layout,
    /// The name, where it is one of the standard.
    pub(super) name: Option<&'s FileName>,
}

/// Every subject.
///
/// The order counts in one place: what 第6表 plans is known before its users are held against the
/// recipient, who adds to what is known of them when the file is at its end.
const SUBJECTS: &[&Declared] = &[
    &month::SUBJECT,
    &supplement::SUBJECT,
    &planned::SUBJECT,
    &recipient::SUBJECT,
    &addressee::SUBJECT,
    &actuals::SUBJECT,
    &picture::SUBJECT,
    &usage::DAY,
    &usage::TIMES,
    &usage::MARKS,
    &usage::COUNT,
    &equipment::SUBJECT,
    &manager::SUBJECT,
    &slip::SUBJECT,
    &insured::SUBJECT,
    &repeats::SUBJECT,
    &dates::SUBJECT,
    &contents::SUBJECT,
    &coverage::SUBJECT,
    &week::SUBJECT,
    &numbering::SUBJECT,
    &keys::SUBJECT,
    &services::SUBJECT,
    &exchanged::SUBJECT,
    &planner::SUBJECT,
    &relevance::SUBJECT,
    &advice::SUBJECT,
];

/// The subjects of a file, each with the rules that it decides there.
fn subjects(context: &Context<'_>) -> Vec<(RuleSet, Box<dyn Subject>)> {
    let of_file = |subject: &&Declared| {
        let rules = subject.rules(context)?;
        Some((rules, subject.make(context)?))
    };
    SUBJECTS.iter().filter_map(of_file).collect()
}

/// The rules that the subjects of a file decide.
pub(super) fn rules(context: &Context<'_>) -> RuleSet {
    let mut all = RuleSet::default();
    for rules in SUBJECTS.iter().filter_map(|subject| subject.rules(context)) {
        all.extend(&rules);
    }
    all
}

#[cfg(test)]
mod tests {
    use crate::types::Edition;

    use super::*;

    /// No layout lacks an item that a subject asks it for, whatever the name of the file is.
    #[test]
    fn every_subject_finds_its_items_in_every_layout() {
        let spec = Spec::builtin().expect("consistent");
        let ways = [
            "1370000018_43_1370000026_11",
            "1370000026_11_1370000018_43",
            "1300000013_46_1370000083_A6",
            "1370000018_1370000026",
        ];
        let mut built = 0;
        for layout in spec.layouts() {
            let month = if layout.kind.has_month() { "_202604" } else { "" };
            let name = |way| format!("{}{month}_{way}_20260326111500.CSV", layout.kind);
            let names = ways.map(|way| FileName::parse(&name(way)).expect("a name"));
            for name in names.iter().map(Some).chain([None]) {
                built += subjects(&Context { spec, layout, name }).len();
            }
        }
        assert!(built > Edition::ALL.len() * ways.len());
    }
}
