//! What stands between two offices, by what they exchanged before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::types::{BirthPrint, FileSerial, OfficeNumber, PersonKey, ServiceMonth};

use super::form::{Exchanged, History, What};

/// What was brought last.
#[derive(Debug, Clone)]
pub(super) struct Last<'h> {
    pub(super) serial: FileSerial,
    pub(super) codes: &'h BTreeSet<String>,
}

/// What one office sent to another before a 連番.
#[derive(Debug, Default)]
pub(super) struct Past<'h> {
    /// What stands.
    pub(super) standing: BTreeMap<(PersonKey, What), Last<'h>>,
    /// What was brought at all, by 被保険者番号 alone: an office may write another insurer than the
    /// other does (R-FLD-14).
    pub(super) ever: BTreeSet<(&'h str, What)>,
    /// The day of the first package between both, either way.
    begins: Option<Date>,
}

impl<'h> Past<'h> {
    /// What `sender` sent to `recipient` before `serial`, in the order of the 連番 (R-ORD-01), but for
    /// the packages that `is_self` says are the one in question.
    pub(super) fn of(
        history: &'h History,
        (sender, recipient): (OfficeNumber, OfficeNumber),
        serial: FileSerial,
        is_self: impl Fn(&Exchanged) -> bool,
    ) -> Self {
        let mut past = Self { begins: begins(history, (sender, recipient)), ..Self::default() };
        let mut packages: Vec<&Exchanged> = history
            .packages
            .iter()
            .filter(|package| (package.sender, package.recipient) == (sender, recipient))
            .filter(|package| package.serial <= serial && !is_self(package))
            .collect();
        packages.sort_by_key(|package| package.serial);
        for package in packages {
            for person in &package.people {
                for brought in &person.documents {
                    let key = (person.key, brought.what);
                    if brought.withdrawn {
                        past.standing.remove(&key);
                    } else {
                        let last = Last { serial: package.serial, codes: &brought.codes };
                        past.standing.insert(key, last);
                        past.ever.insert((person.key.insured(), brought.what));
                    }
                }
            }
        }
        past
    }

    /// Whether 予定 of anybody in a month was brought: who sends them this way sends them all this way.
    pub(super) fn has_plans_of(&self, month: ServiceMonth) -> bool {
        self.ever.iter().any(|(_, what)| *what == What::Plan { month })
    }

    /// Whether the history would know of it, had it been exchanged: the two exchanged something
    /// before the day of a document, or a whole month before the month of a slip begins.
    pub(super) fn would_know(&self, what: What) -> bool {
        let since = match what {
            What::CarePlan { day } | What::SupportPlan { day } | What::Basics { day } => Some(day),
            What::Plan { month } | What::Actual { month, .. } => first_day(month.plus(-1)),
        };
        self.begins.zip(since).is_some_and(|(begins, since)| begins < since)
    }

    /// Whether something of this kind stands about somebody, whatever the insurer is called.
    pub(super) fn stands(&self, insured: &str, what: What) -> bool {
        self.standing.keys().any(|(key, known)| *known == what && key.insured() == insured)
    }
}

fn first_day(month: ServiceMonth) -> Option<Date> {
    Date::new(i16::try_from(month.year()).ok()?, i8::try_from(month.month()).ok()?, 1).ok()
}

fn begins(history: &History, (one, other): (OfficeNumber, OfficeNumber)) -> Option<Date> {
    let between = history.packages.iter().filter(|package| {
        let way = (package.sender, package.recipient);
        way == (one, other) || way == (other, one)
    });
    let first = between.map(|package| package.serial).min()?;
    Some(first.moment()?.date())
}

/// How everybody was known to two offices before a 連番: the print that was told last, with its 連番.
pub(super) fn births(
    history: &History,
    (one, other): (OfficeNumber, OfficeNumber),
    serial: FileSerial,
    is_self: impl Fn(&Exchanged) -> bool,
) -> BTreeMap<PersonKey, (FileSerial, BirthPrint)> {
    let mut known = BTreeMap::new();
    for package in history.packages.iter().filter(|package| !is_self(package)) {
        let way = (package.sender, package.recipient);
        if package.serial > serial || (way != (one, other) && way != (other, one)) {
            continue;
        }
        for person in &package.people {
            let Some(print) = person.birth_print else { continue };
            let last = known.entry(person.key).or_insert((package.serial, print));
            if last.0 <= package.serial {
                *last = (package.serial, print);
            }
        }
    }
    known
}
