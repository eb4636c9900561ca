//! 第6表, 第7表 and 利用者補足情報 of one send unit: they are about the same people (R-REL-02) and
//! the same services (R-OUT-01, R-OUT-02).

mod services;

use std::collections::HashSet;

use crate::types::{FileKind, Severity};

use super::collect::Findings;
use super::finding::{Draft, Place};
use super::outcome::FileOutcome;
use super::subjects::facts::{Loose, PlanFacts, SlipFacts, SlipPerson, SupplementFacts};
use super::subjects::person::{ItemNames, Person, Spot, Whose};
use super::table::Rule;
use super::units::{UnitCheck, Way};

pub(super) const CHECK: UnitCheck = UnitCheck {
    kinds: &[FileKind::Upplan],
    rules: &[
        Rule::PersonWithoutUsageSlip,
        Rule::PersonIncomplete,
        Rule::RecipientOfAnotherType,
        Rule::ServicesDiffer,
        Rule::UnitsDiffer,
        Rule::OverThirtyDaysDiffer,
        Rule::MoreThanTheLimit,
        Rule::StayDaysDiffer,
    ],
};

/// Records of these files that could not be read may be the ones that seem to be missing.
const TORN: &[Rule] = &[
    Rule::WrongItemCount,
    Rule::StrayQuote,
    Rule::RecordTooLong,
    Rule::UnclosedQuote,
    Rule::NulByte,
    Rule::MixedCsvVersions,
    Rule::UnknownCsvVersion,
    Rule::CsvVersionDoesNotFitName,
    Rule::EmptyFile,
];

/// The most other places that a finding names.
const MOST_RELATED: usize = 8;

/// What one file says, with what is needed to name a place in it.
struct Part<'f, F> {
    label: &'f str,
    facts: &'f F,
    names: &'f ItemNames,
    /// Every record could be read.
    whole: bool,
    /// A record stands there twice: nothing is counted.
    repeats: bool,
}

impl<F> Part<'_, F> {
    fn place(&self, spot: Spot, person: Person) -> Place {
        Place { file: Some(self.label.to_owned()), ..self.names.place_of(spot, person) }
    }
}

/// The files of a usage slip.
struct Unit<'f> {
    plan: Part<'f, PlanFacts>,
    slip: Option<Part<'f, SlipFacts>>,
    supplement: Option<Part<'f, SupplementFacts>>,
    /// Whether the name of 第6表 has the recipient of the unit, and the service types.
    addressed: (bool, bool),
    way: Way,
}

/// Judges the files of a send unit; says whether it is a usage slip at all.
pub(super) fn check(files: &[&FileOutcome], way: Way, findings: &mut Findings) -> bool {
    let Some(unit) = Unit::of(files, way) else {
        for file in files {
            release(file, findings);
        }
        return false;
    };
    if unit.slip.is_none() {
        for file in files {
            release(file, findings);
        }
    }
    let joined = unit.join(findings);
    unit.addressed_type(findings);
    if let Some(slip) = &unit.slip {
        unit.compare_people(slip, findings);
        if joined {
            unit.count(slip, findings);
        }
    }
    true
}

/// Makes the findings of a file that waited for its send unit, where it has none.
pub(super) fn release(file: &FileOutcome, findings: &mut Findings) {
    if let Some(facts) = &file.facts.slip {
        let whole = facts.whole;
        let (label, names) = (&file.label, &facts.names);
        loose(&Part { label, facts, names, whole, repeats: false }, None, findings);
    }
}

/// Users of 第7表 without 全合計, in a file where others have nothing but sums: rows of the one stand
/// under the number of the other. Users with nothing but sums who are not in 第6表 either have a
/// finding for that; where there are enough of them, it explains those without 全合計.
fn loose(slip: &Part<'_, SlipFacts>, plan: Option<&PlanFacts>, findings: &mut Findings) {
    let facts = slip.facts;
    let known = |loose: &&Loose| plan.is_none_or(|plan| plan.people.contains_key(&loose.person));
    let strangers = facts.lone.iter().filter(|lone| !known(lone)).count();
    let lacking = facts.lacking.iter().filter(known);
    let explained = strangers > 0 && strangers >= lacking.clone().count();
    let related: Vec<Place> =
        facts.lone.iter().filter(known).map(|lone| slip.place(lone.number, lone.person)).collect();
    for loose in lacking {
        let cause = explained.then_some(Rule::PersonWithoutUsageSlip.info().severity);
        findings.follow(Rule::TotalMissing, loose.limit, cause, || {
            let draft = Draft::place(slip.place(loose.number, loose.person));
            related.iter().take(MOST_RELATED).cloned().fold(draft, Draft::related)
        });
    }
    for lone in facts.lone.iter().filter(known) {
        let cause = facts.lacking.first().map(|lacking| lacking.limit);
        findings.follow(Rule::SubtotalWithoutRows, Severity::Error, cause, || {
            Draft::place(slip.place(lone.code_spot, lone.person))
                .with("code", String::from_utf8_lossy(&lone.code))
        });
    }
}

fn part<'f, F>(
    files: &[&'f FileOutcome],
    kind: FileKind,
    facts: impl Fn(&'f FileOutcome) -> Option<(&'f F, &'f ItemNames, bool)>,
) -> Option<Part<'f, F>> {
    let mut of_kind = files.iter().filter(|file| file.kind == Some(kind));
    let file = of_kind.next()?;
    let (facts, names, whole) = facts(file)?;
    let torn = TORN.iter().any(|rule| file.findings.has(*rule));
    let repeats = file.findings.has(Rule::DuplicateRecord);
    of_kind.next().is_none().then_some(Part {
        repeats,
        label: &file.label,
        facts,
        names,
        whole: whole && !torn,
    })
}

impl<'f> Unit<'f> {
    fn of(files: &[&'f FileOutcome], way: Way) -> Option<Self> {
        let plan = part(files, FileKind::Upplan, |file| {
            file.facts.plan.as_ref().map(|facts| (facts, &facts.names, facts.whole))
        })?;
        let slip = part(files, FileKind::Upsikyu, |file| {
            file.facts.slip.as_ref().map(|facts| (facts, &facts.names, facts.whole))
        });
        let supplement = part(files, FileKind::Uphosoku, |file| {
            file.facts.supplement.as_ref().map(|facts| (facts, &facts.names, facts.whole))
        });
        let file = files.iter().find(|file| file.kind == Some(FileKind::Upplan))?;
        let name = file.name.as_ref()?;
        let addressed = (name.recipient == way.recipient, name.service_types == way.service_types);
        Some(Self { plan, slip, supplement, addressed, way })
    }

    /// Whether every user is in every file. A wrong number in one file makes two users differ: one is
    /// there too many, and one is missing. Only the one too many gets a finding.
    fn join(&self, findings: &mut Findings) -> bool {
        let plan = &self.plan;
        if let Some(slip) = &self.slip {
            loose(slip, Some(plan.facts).filter(|_| plan.whole), findings);
        }
        let known = insured(plan.facts.people.keys());
        let mut spare_slip = 0;
        let mut spare_supplement = 0;
        if let Some(slip) = self.slip.as_ref().filter(|_| plan.whole) {
            let people = slip.facts.people.iter().map(|(person, row)| (*person, row.first));
            let strays = strays_of(people, plan.facts);
            spare_slip = strays.len();
            for (person, whose) in &strays {
                let reported = slip.facts.people.get(person).and_then(|row| row.reported);
                let spot = spot(*person, *whose, &known);
                stray(slip, *person, spot, (FileKind::Upsikyu, reported), findings);
            }
        }
        if let Some(supplement) = self.supplement.as_ref().filter(|_| plan.whole) {
            let people = supplement.facts.people.iter().map(|(person, row)| (*person, row.first));
            let strays = strays_of(people, plan.facts);
            spare_supplement = strays.len();
            for (person, whose) in &strays {
                let spot = spot(*person, *whose, &known);
                stray(supplement, *person, spot, (FileKind::Uphosoku, None), findings);
            }
        }
        let strays = spare_slip + spare_supplement;
        let incomplete = self.incomplete(spare_slip, spare_supplement, findings);
        self.unrelated(&incomplete, findings);
        strays + incomplete.len() == 0
    }

    /// Users of 第6表 that another file lacks. As many as that file has too many are left out: they
    /// stand there under a wrong number.
    fn incomplete(
        &self,
        mut spare_slip: usize,
        mut spare_supplement: usize,
        findings: &mut Findings,
    ) -> HashSet<Person> {
        let slip = self.slip.as_ref().filter(|part| part.whole);
        let supplement = self.supplement.as_ref().filter(|part| part.whole);
        let mut elsewhere: HashSet<[u8; 10]> = HashSet::new();
        elsewhere.extend(slip.iter().flat_map(|part| insured(part.facts.people.keys())));
        elsewhere.extend(supplement.iter().flat_map(|part| insured(part.facts.people.keys())));
        if findings.tells_consequences() {
            (spare_slip, spare_supplement) = (0, 0);
        }
        let mut people: Vec<_> = self.plan.facts.people.iter().collect();
        // Which of them are left out must not depend on the order of records.
        people.sort_unstable_by_key(|(person, _)| **person);
        let mut lacking = Vec::new();
        for (person, known) in people {
            let mut missing = Vec::new();
            if slip.is_some_and(|part| !part.facts.people.contains_key(person))
                && !take(&mut spare_slip)
            {
                missing.push(FileKind::Upsikyu);
            }
            if supplement.is_some_and(|part| !part.facts.people.contains_key(person))
                && !take(&mut spare_supplement)
            {
                missing.push(FileKind::Uphosoku);
            }
            if !missing.is_empty() {
                lacking.push((person, known, missing));
            }
        }
        lacking.sort_unstable_by_key(|(_, known, _)| known.first.insured.record);
        let incomplete = lacking.iter().map(|(person, ..)| **person).collect();
        for (person, known, missing) in lacking {
            // The insurer is to blame only where both files lack the two numbers together.
            let spot = if missing.len() > 1 {
                spot(*person, known.first, &elsewhere)
            } else {
                known.first.insured
            };
            findings.add(Rule::PersonIncomplete, || {
                let names: Vec<String> =
                    missing.iter().map(|kind| format!("{kind}「{}」", kind.name())).collect();
                let kinds: Vec<&str> = missing.iter().map(|kind| kind.prefix()).collect();
                Draft::place(self.plan.place(spot, *person)).with_both(
                    "missing",
                    &names.join("、"),
                    &kinds.join(", "),
                )
            });
        }
        incomplete
    }

    /// Users without a service of the recipient (I-05). A wrong number in a record takes the record
    /// away from its user, who then may seem to have no such service: as many users as have a wrong
    /// number are left out.
    fn unrelated(&self, incomplete: &HashSet<Person>, findings: &mut Findings) {
        // Another recipient in the name has a finding of its own.
        if !self.addressed.0 {
            return;
        }
        let mut unrelated: Vec<_> = self.plan.facts.unrelated.iter().collect();
        unrelated.retain(|(person, _)| !incomplete.contains(person));
        unrelated.sort_unstable_by_key(|(person, _)| *person);
        let explained = if findings.tells_consequences() { 0 } else { incomplete.len() };
        let mut told = unrelated.split_off(unrelated.len().min(explained));
        told.sort_unstable_by_key(|(_, spot)| spot.record);
        for (person, spot) in told {
            findings.add(Rule::UserUnrelatedToRecipient, || {
                Draft::place(self.plan.place(*spot, *person)).with("recipient", self.way.recipient)
            });
        }
    }

    /// The recipient has services in 第6表, and none of the type in the file name.
    fn addressed_type(&self, findings: &mut Findings) {
        let Some((_, wanted)) = self.way.service_types.filter(|_| self.addressed.1) else { return };
        let Some((person, spot)) = self.plan.facts.other_type.filter(|_| self.plan.whole) else {
            return;
        };
        findings.add(Rule::RecipientOfAnotherType, || {
            Draft::place(self.plan.place(spot, person))
                .with("type", wanted)
                .with("recipient", self.way.recipient)
        });
    }

    /// What each user has once in several files.
    fn compare_people(&self, slip: &Part<'_, SlipFacts>, findings: &mut Findings) {
        let mut people: Vec<(&Person, &SlipPerson)> =
            slip.facts.people.iter().filter(|(_, known)| !known.judged_bad).collect();
        people.sort_unstable_by_key(|(_, known)| known.first.insured.record);
        for (person, known) in people {
            let supplement = self.supplement.as_ref();
            let supplemented =
                supplement.and_then(|part| Some((part, part.facts.people.get(person)?)));
            if let (Some((part, other)), Some((within, spot))) = (supplemented, known.within)
                && let Some((limit, limit_spot)) = other.limit
                && limit > 0
                && within > limit
            {
                findings.add(Rule::MoreThanTheLimit, || {
                    Draft::place(slip.place(spot, *person))
                        .related(part.place(limit_spot, *person))
                        .with("got", within)
                        .with("limit", limit)
                });
            }
            let Some(planned) = self.plan.facts.people.get(person) else { continue };
            if !planned.torn && planned.over_thirty.is_some() != known.over_thirty {
                findings.add(Rule::OverThirtyDaysDiffer, || {
                    let in_slip = slip.place(known.first.insured, *person);
                    let in_plan = |spot| self.plan.place(spot, *person);
                    match planned.over_thirty {
                        Some(spot) => Draft::place(in_plan(spot)).related(in_slip),
                        None => Draft::place(in_slip).related(in_plan(planned.first.insured)),
                    }
                });
            }
            let mut days = Vec::new();
            days.extend(
                planned.days_before.map(|(days, spot)| (days, self.plan.place(spot, *person))),
            );
            days.extend(known.days_before.map(|(days, spot)| (days, slip.place(spot, *person))));
            days.extend(supplemented.and_then(|(part, other)| {
                other.days_before.map(|(days, spot)| (days, part.place(spot, *person)))
            }));
            stay_days(days, findings);
        }
    }
}

/// Users of another file that 第6表 does not have, in the order of records.
fn strays_of(
    people: impl Iterator<Item = (Person, Whose)>,
    plan: &PlanFacts,
) -> Vec<(Person, Whose)> {
    let mut strays: Vec<_> =
        people.filter(|(person, _)| !plan.people.contains_key(person)).collect();
    strays.sort_unstable_by_key(|(_, whose)| whose.insured.record);
    strays
}

/// 被保険者番号 by themselves.
fn insured<'p>(people: impl Iterator<Item = &'p Person>) -> HashSet<[u8; 10]> {
    people.filter_map(|person| person.insured().try_into().ok()).collect()
}

/// Which of the two numbers is wrong: the insurer's, where the other one is known.
fn spot(person: Person, whose: Whose, known: &HashSet<[u8; 10]>) -> Spot {
    if known.contains(person.insured()) { whose.insurer } else { whose.insured }
}

fn stray<F>(
    part: &Part<'_, F>,
    person: Person,
    spot: Spot,
    (kind, reported): (FileKind, Option<Severity>),
    findings: &mut Findings,
) {
    findings.follow(Rule::PersonWithoutUsageSlip, Severity::Error, reported, || {
        Draft::place(part.place(spot, person)).with("kind", kind)
    });
}

/// 前月までの短期入所利用日数 is the same wherever it stands.
fn stay_days(days: Vec<(i64, Place)>, findings: &mut Findings) {
    let mut days = days.into_iter();
    let Some((first, place)) = days.next() else { return };
    let rest: Vec<_> = days.collect();
    if rest.iter().all(|(other, _)| *other == first) {
        return;
    }
    // Of three, the one that two others contradict is wrong.
    let (got, expected, wrong, others) = match rest.as_slice() {
        [(a, a_place), (b, b_place)] if a == b => {
            (first, *a, place, vec![a_place.clone(), b_place.clone()])
        }
        [(a, a_place), (b, b_place)] if *a == first => {
            (*b, first, b_place.clone(), vec![place, a_place.clone()])
        }
        [(a, a_place), more @ ..] => {
            let mut others = vec![place];
            others.extend(more.iter().map(|(_, place)| place.clone()));
            (*a, first, a_place.clone(), others)
        }
        [] => return,
    };
    findings.add(Rule::StayDaysDiffer, || {
        let draft = Draft::place(wrong).with("got", got).with("expected", expected);
        others.into_iter().fold(draft, Draft::related)
    });
}

/// Takes one of a number of things, if there is one left.
const fn take(left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    true
}
