//! The rules of level 8.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::types::{
    FileKind, FileName, FileSerial, OfficeNumber, PersonKey, ServiceMonth, ServiceType,
};

use super::form::{Exchanged, History, What};
use super::past::{Past, births};
use crate::rules::finding::{Draft, Place};
use crate::rules::outcome::FileOutcome;
use crate::rules::subjects::Service;
use crate::rules::subjects::person::{ItemNames, Person, Spot};
use crate::rules::table::Rule;
use crate::rules::units::{UnitCheck, Units};

/// The files that bring a plan of a day.
const PLANS: &[FileKind] = &[FileKind::Up1kyo, FileKind::Upkihon, FileKind::Upyobo];

const ANY: UnitCheck =
    UnitCheck { kinds: FileKind::ALL, rules: &[Rule::SameNameOtherBytes] };

const ACTUALS: UnitCheck = UnitCheck {
    kinds: &[FileKind::Upjsk],
    rules: &[Rule::ActualsLoseServices, Rule::ActualsWithoutPlan],
};

const DELETIONS: UnitCheck = UnitCheck {
    kinds: &[
        FileKind::Dlt1kyo,
        FileKind::Dltkihon,
        FileKind::Dltyobo,
        FileKind::Dltplan,
        FileKind::Dltjsk,
    ],
    rules: &[Rule::DeletionOfUnknown],
};

const DAYS: UnitCheck = UnitCheck { kinds: PLANS, rules: &[Rule::OlderPlanAfterNewer] };

const BIRTHS: UnitCheck = UnitCheck {
    kinds: &[FileKind::Uphosoku, FileKind::Upkihon],
    rules: &[Rule::BirthOrSexDiffers, Rule::InsurerDiffers],
};

/// Every check against the history.
const CHECKS: [&UnitCheck; 5] =
    [&ANY, &ACTUALS, &DELETIONS, &DAYS, &BIRTHS];

type Way = (OfficeNumber, OfficeNumber);

/// A file with what was exchanged before it.
struct Against<'f> {
    file: &'f FileOutcome,
    name: &'f FileName,
    past: Past<'f>,
    history: &'f History,
    /// What other files of the set bring, with their 連番.
    beside: &'f BTreeSet<(Way, FileSerial, String, What)>,
}

/// Judges files by what was exchanged before.
pub(in crate::rules) fn check(history: &History, files: &[FileOutcome], units: &mut Units) {
    let beside: BTreeSet<_> = files
        .iter()
        .filter_map(|file| Some((file, file.name.as_ref()?)))
        .flat_map(|(file, name)| {
            let way = (name.sender, name.recipient);
            let brings = targets(file, name.kind).into_iter();
            brings.map(move |(key, what, ..)| (way, name.serial, key.insured().to_owned(), what))
        })
        .collect();
    for file in files {
        let Some(name) = &file.name else { continue };
        let way = (name.sender, name.recipient);
        let past = Past::of(history, way, name.serial, |package| is_self(package, file, name));
        let against = Against { file, name, past, history, beside: &beside };
        for check in CHECKS.iter().filter(|check| check.kinds.contains(&name.kind)) {
            units.ran(check);
        }
        against.names(units);
        against.actuals(units);
        against.deletions(units);
        against.days(units);
        against.births(units);
    }
}

/// Whether a package is the one of the file itself, as where it is judged after it was sent.
fn is_self(package: &Exchanged, file: &FileOutcome, name: &FileName) -> bool {
    package.serial == name.serial
        && (package.sender, package.recipient) == (name.sender, name.recipient)
        && (package.files.is_empty()
            || package.files.iter().any(|one| one.sha256 == file.sha256 && is_named(&one.name, file)))
}

fn is_named(name: &str, file: &FileOutcome) -> bool {
    let own = file.label.rsplit('/').next().unwrap_or_default();
    own == name
}

impl Against<'_> {
    fn place(&self, names: &ItemNames, spot: Spot, person: Person) -> Place {
        Place { file: Some(self.file.label.clone()), ..names.place_of(spot, person) }
    }

    /// Another file of the same name was exchanged before: the name carries the 連番, which no other
    /// export has.
    fn names(&self, units: &mut Units) {
        let way = (self.name.sender, self.name.recipient);
        let of_way = |package: &&Exchanged| (package.sender, package.recipient) == way;
        let files = self.history.packages.iter().filter(of_way).flat_map(|package| &package.files);
        let same = files.filter(|one| is_named(&one.name, self.file)).map(|one| one.sha256);
        let same: BTreeSet<_> = same.collect();
        if !same.is_empty() && !same.contains(&self.file.sha256) {
            let label = &self.file.label;
            units.findings.add(Rule::SameNameOtherBytes, || Draft::named(label));
        }
    }

    fn actuals(&self, units: &mut Units) {
        let Some(facts) = &self.file.facts.exchanged else { return };
        let mut actuals: Vec<_> = facts.actuals.iter().collect();
        actuals.sort_unstable_by_key(|(_, (spot, _))| spot.record);
        let back = self.back();
        let mut without_plan: BTreeSet<(PersonKey, ServiceMonth)> = BTreeSet::new();
        for (service, (spot, codes)) in actuals {
            let Some((key, what @ What::Actual { month, .. })) = what_of(service) else { continue };
            let person = service.person;
            if let Some(last) = self.past.standing.get(&(key, what)) {
                let now: BTreeSet<&str> =
                    codes.iter().filter_map(|code| std::str::from_utf8(code).ok()).collect();
                let lost: Vec<&str> =
                    last.codes.iter().map(String::as_str).filter(|code| !now.contains(code)).collect();
                let new = now.iter().filter(|code| !last.codes.contains(**code)).count();
                // A code in the place of another corrects it.
                if lost.len() > new {
                    units.findings.add(Rule::ActualsLoseServices, || {
                        Draft::place(self.place(&facts.names, *spot, person))
                            .with("codes", lost.join(", "))
                            .with("serial", last.serial)
                            .with("month", month)
                    });
                }
            }
            let plan = What::Plan { month };
            let is_planned = back.ever.contains(&(key.insured(), plan))
                || self.is_beside((self.name.recipient, self.name.sender), key, plan, |_| true);
            if !is_planned
                && back.has_plans_of(month)
                && back.would_know(plan)
                && without_plan.insert((key, month))
            {
                units.findings.add(Rule::ActualsWithoutPlan, || {
                    Draft::place(self.place(&facts.names, *spot, person)).with("month", month)
                });
            }
        }
    }

    /// What the recipient sent to the sender, whenever.
    fn back(&self) -> Past<'_> {
        let way = (self.name.recipient, self.name.sender);
        let last = self.history.packages.iter().map(|package| package.serial).max();
        let last = last.unwrap_or(self.name.serial).max(self.name.serial);
        Past::of(self.history, way, last, |_| false)
    }

    /// Whether another file of the set brings something.
    fn is_beside(
        &self,
        way: Way,
        key: PersonKey,
        what: What,
        counts: impl Fn(FileSerial) -> bool,
    ) -> bool {
        self.beside.iter().any(|(of, serial, insured, brings)| {
            *of == way && *brings == what && insured == key.insured() && counts(*serial)
        })
    }

    fn deletions(&self, units: &mut Units) {
        let Some(target) = target_of(self.name.kind) else { return };
        let way = (self.name.sender, self.name.recipient);
        for (key, what, names, spot, person) in withdrawn(self.file, target) {
            let is_known = self.past.stands(key.insured(), what)
                || self.is_beside(way, key, what, |serial| serial <= self.name.serial);
            if !is_known && self.past.would_know(what) {
                units.findings.add(Rule::DeletionOfUnknown, || {
                    Draft::place(self.place(names, spot, person)).with("kind", target)
                });
            }
        }
    }

    fn days(&self, units: &mut Units) {
        if !PLANS.contains(&self.name.kind) {
            return;
        }
        let mut newest: Vec<(PersonKey, What, &ItemNames, Spot, Person)> = Vec::new();
        for plan in withdrawn(self.file, self.name.kind) {
            match newest.iter_mut().find(|known| known.0 == plan.0) {
                Some(known) if known.1 < plan.1 => *known = plan,
                Some(_) => {}
                None => newest.push(plan),
            }
        }
        for (key, what, names, spot, person) in newest {
            let alike = |known: &What| {
                std::mem::discriminant(known) == std::mem::discriminant(&what) && *known > what
            };
            let standing = self.past.standing.iter();
            let newer = standing.filter(|((of, known), _)| *of == key && alike(known));
            let Some(((_, newer), last)) = newer.max_by_key(|((_, what), _)| *what) else { continue };
            units.findings.add(Rule::OlderPlanAfterNewer, || {
                Draft::place(self.place(names, spot, person))
                    .with("day", day_of(*newer).map(|day| day.to_string()).unwrap_or_default())
                    .with("serial", last.serial)
            });
        }
    }

    fn births(&self, units: &mut Units) {
        let Some(facts) = self.file.facts.exchanged.as_ref().filter(|facts| !facts.born.is_empty())
        else {
            return;
        };
        let way = (self.name.sender, self.name.recipient);
        let known = births(self.history, way, self.name.serial, |package| {
            is_self(package, self.file, self.name)
        });
        let mut born: Vec<_> = facts.born.iter().collect();
        born.sort_unstable_by_key(|(_, born)| born.born_at.record);
        for (person, born) in born {
            let Some(key) = person.key() else { continue };
            if let Some((serial, print)) = known.get(&key) {
                if *print != born.print {
                    let is_sex = born.other_sex == Some(*print);
                    let spot = if is_sex { born.sex_at } else { born.born_at };
                    let (ja, en) =
                        if is_sex { ("性別", "sex") } else { ("生年月日", "date of birth") };
                    units.findings.add(Rule::BirthOrSexDiffers, || {
                        Draft::place(self.place(&facts.names, spot, *person))
                            .with_both("what", ja, en)
                            .with("serial", serial)
                    });
                }
                continue;
            }
            let other = known.iter().find(|(of, (_, print))| {
                of.insured() == key.insured() && *print == born.print
            });
            if let Some((other, (serial, _))) = other {
                units.findings.add(Rule::InsurerDiffers, || {
                    Draft::place(self.place(&facts.names, born.insurer_at, *person))
                        .with("insurer", other.insurer())
                        .with("serial", serial)
                });
            }
        }
    }
}

const fn day_of(what: What) -> Option<Date> {
    match what {
        What::CarePlan { day } | What::SupportPlan { day } | What::Basics { day } => Some(day),
        What::Plan { .. } | What::Actual { .. } => None,
    }
}

fn target_of(deletion: FileKind) -> Option<FileKind> {
    Some(match deletion {
        FileKind::Dlt1kyo => FileKind::Up1kyo,
        FileKind::Dltkihon => FileKind::Upkihon,
        FileKind::Dltyobo => FileKind::Upyobo,
        FileKind::Dltplan => FileKind::Upplan,
        FileKind::Dltjsk => FileKind::Upjsk,
        _ => return None,
    })
}

/// 実績 of an office and a type, or all 予定 of a month where both are blank.
fn what_of(service: &Service) -> Option<(PersonKey, What)> {
    let key = service.person.key()?;
    let month = ServiceMonth::from_bytes(&service.month).ok()?;
    if *service == Service::planned(service.person, service.month) {
        return Some((key, What::Plan { month }));
    }
    let office = OfficeNumber::from_bytes(&service.office).ok()?;
    let service = ServiceType::from_bytes(&service.kind).ok()?;
    Some((key, What::Actual { month, office, service }))
}

type Target<'f> = (PersonKey, What, &'f ItemNames, Spot, Person);

/// What a file brings, if it is of a kind that deletions name.
fn targets(file: &FileOutcome, kind: FileKind) -> Vec<Target<'_>> {
    let is_target = FileKind::ALL.iter().any(|one| target_of(*one) == Some(kind));
    if is_target { withdrawn(file, kind) } else { Vec::new() }
}

/// What a file brings or withdraws of a kind, each with where it is said first.
fn withdrawn(file: &FileOutcome, target: FileKind) -> Vec<Target<'_>> {
    let facts = &file.facts;
    let mut found: Vec<Target<'_>> = Vec::new();
    if let Some(keys) = &facts.keys {
        for (key, keyed) in &keys.records {
            let person = Person::of_key(key);
            let day = key.last_chunk::<8>().and_then(|day| std::str::from_utf8(day).ok());
            let day = day.and_then(|day| Date::strptime("%Y%m%d", day).ok());
            let what = day.and_then(|day| match target {
                FileKind::Up1kyo => Some(What::CarePlan { day }),
                FileKind::Upkihon => Some(What::Basics { day }),
                FileKind::Upyobo => Some(What::SupportPlan { day }),
                _ => None,
            });
            let [_, _, spot] = keyed.parts;
            found.extend(
                person.key().zip(what).map(|(of, what)| (of, what, &keys.names, spot, person)),
            );
        }
    }
    if let Some(services) = &facts.services {
        found.extend(services.first.iter().filter_map(|(service, spot)| {
            let (key, what) = what_of(service)?;
            Some((key, what, &services.names, *spot, service.person))
        }));
    } else if let Some(exchanged) = &facts.exchanged {
        found.extend(exchanged.actuals.iter().filter_map(|(service, (spot, _))| {
            let (key, what) = what_of(service)?;
            Some((key, what, &exchanged.names, *spot, service.person))
        }));
    }
    let month = facts.month.and_then(|month| ServiceMonth::from_bytes(&month).ok());
    if let Some((plan, month)) = facts.plan.as_ref().zip(month) {
        found.extend(plan.people.iter().filter_map(|(person, known)| {
            let what = What::Plan { month };
            Some((person.key()?, what, &plan.names, known.first.insured, *person))
        }));
    }
    found.sort_unstable_by_key(|(.., spot, _)| spot.record);
    found
}
