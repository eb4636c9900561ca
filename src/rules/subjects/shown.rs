//! Which subject is shown which records.

use crate::rules::collect::Findings;
use crate::rules::places::Places;
use crate::rules::rule::RuleSet;

use super::{Context, Facts, Judged, Subject, subjects};

/// The subjects of a file, each with what its last conclusion rests on.
///
/// Most records repeat most items, so that most subjects have nothing to say about most records:
/// those that have are found by the items that changed, without a look at the others.
#[derive(Default)]
pub(in crate::rules) struct Subjects {
    all: Vec<Shown>,
    /// The rules that each decides.
    rules: Vec<RuleSet>,
    /// Those that want to see every record, by their places in the list.
    always: Places,
    /// By item, those whose last conclusion rests on it.
    woken: Vec<Places>,
    /// The records that subjects may have been shown.
    records: u64,
}

struct Shown {
    subject: Box<dyn Subject>,
    /// While these items are repeated, it has nothing to say.
    rests_on: Option<Places>,
    /// How many records there had been when it had seen its last.
    seen: u64,
}

impl Subjects {
    /// The subjects of a file, which has not been read yet.
    pub(in crate::rules) fn new(context: &Context<'_>) -> Self {
        let (rules, subjects): (Vec<_>, Vec<_>) = subjects(context).into_iter().unzip();
        let items = context.layout.items.len();
        let mut always = Places::default();
        (0..subjects.len()).for_each(|place| always.insert(place));
        let shown = |subject| Shown { subject, rests_on: None, seen: 0 };
        let all = subjects.into_iter().map(shown).collect();
        Self { all, rules, always, woken: vec![Places::default(); items], records: 0 }
    }

    /// Shows a record to those that may have something to say about it.
    #[inline]
    pub(in crate::rules) fn show(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let mut open = self.always;
        let mut changed = record.checked.repeated.complement();
        while let Some(item) = changed.pop() {
            let Some(woken) = self.woken.get(item) else { break };
            open = open.with(*woken);
        }
        while let Some(place) = open.pop() {
            let Some(shown) = self.all.get_mut(place) else { break };
            shown.catch_up(self.records);
            let before = findings.total();
            shown.subject.record(record, findings);
            shown.seen = self.records + 1;
            let quiet = findings.total() == before;
            let rests_on = shown.subject.rests_on().filter(|_| quiet);
            if rests_on != shown.rests_on {
                let before = std::mem::replace(&mut shown.rests_on, rests_on);
                self.rests(place, before, rests_on);
            }
        }
        self.records += 1;
    }

    /// The conclusion of a subject rested on some items, and now rests on others.
    fn rests(&mut self, place: usize, before: Option<Places>, now: Option<Places>) {
        let mut one = Places::default();
        one.insert(place);
        self.always = self.always.without(one);
        if now.is_none() {
            self.always = self.always.with(one);
        }
        let (before, now) = (before.unwrap_or_default(), now.unwrap_or_default());
        for (item, woken) in self.woken.iter_mut().enumerate() {
            if before.contains(item) {
                *woken = woken.without(one);
            }
            if now.contains(item) {
                *woken = woken.with(one);
            }
        }
    }

    /// The rules that were to be decided and could not be, as there was too much of the file.
    pub(in crate::rules) fn given_up(&self) -> RuleSet {
        let (mut all, mut decided) = (RuleSet::default(), RuleSet::default());
        for (shown, rules) in self.all.iter().zip(&self.rules) {
            all.extend(rules);
            decided.extend(&rules.without(&RuleSet::of(shown.subject.given_up())));
        }
        all.without(&decided)
    }

    /// The file is at its end.
    pub(in crate::rules) fn end_file(self, findings: &mut Findings, facts: &mut Facts) {
        for mut shown in self.all {
            shown.catch_up(self.records);
            shown.subject.end_file(findings, facts);
        }
    }
}

impl Shown {
    /// Tells it of the records that it was not shown, out of so many.
    #[inline]
    fn catch_up(&mut self, records: u64) {
        if self.seen < records {
            self.subject.pass(records - self.seen);
        }
    }
}
