//! 第6表, 第7表 and 利用者補足情報 of one send unit: they are about the same people (R-REL-02) and
//! the same services (R-OUT-01, R-OUT-02).

use std::collections::{BTreeMap, HashMap};

use crate::types::{FileKind, Severity};

use super::collect::Findings;
use super::facts::{
    PlanFacts, PlanGroup, PlanKey, SlipFacts, SlipPerson, SlipRow, SupplementFacts,
};
use super::file::Outcome;
use super::finding::{Draft, Place};
use super::subjects::person::{ItemNames, Person, Spot};
use super::table::Rule;

/// The rules of this module.
pub(super) const RULES: &[Rule] = &[
    Rule::PersonWithoutUsageSlip,
    Rule::PersonIncomplete,
    Rule::ServicesDiffer,
    Rule::UnitsDiffer,
    Rule::OverThirtyDaysDiffer,
    Rule::MoreThanTheLimit,
    Rule::StayDaysDiffer,
];

/// Records of these files that could not be read may be the ones that seem to be missing.
const TORN: &[Rule] = &[
    Rule::WrongItemCount,
    Rule::StrayQuote,
    Rule::RecordTooLong,
    Rule::UnclosedQuote,
    Rule::MixedCsvVersions,
    Rule::EmptyFile,
];

/// Services that are counted by visits or days, so that 第6表 and 第7表 have the same number.
const COUNTED: [&[u8]; 18] = [
    b"11", b"12", b"13", b"14", b"15", b"16", b"21", b"22", b"23", b"2A", b"24", b"25", b"26",
    b"2B", b"62", b"72", b"74", b"78",
];

/// Office and code.
type Service = ([u8; 10], [u8; 6]);

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
    fn place(&self, spot: Spot) -> Place {
        Place { file: Some(self.label.to_owned()), ..self.names.place(spot) }
    }
}

/// The files of a usage slip.
struct Unit<'f> {
    plan: Part<'f, PlanFacts>,
    slip: Option<Part<'f, SlipFacts>>,
    supplement: Option<Part<'f, SupplementFacts>>,
    /// 介護予防 may have a simplified form of 第7表 (R-YOBO-03).
    preventive: bool,
}

/// Judges the files of a send unit; says whether it is a usage slip at all.
pub(super) fn check(files: &[&Outcome], preventive: bool, findings: &mut Findings) -> bool {
    let Some(unit) = Unit::of(files, preventive) else { return false };
    let joined = unit.join(findings);
    if let Some(slip) = &unit.slip {
        unit.compare_people(slip, findings);
        if joined {
            unit.count(slip, findings);
        }
    }
    true
}

fn part<'f, F>(
    files: &[&'f Outcome],
    kind: FileKind,
    facts: impl Fn(&'f Outcome) -> Option<(&'f F, &'f ItemNames, bool)>,
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
    fn of(files: &[&'f Outcome], preventive: bool) -> Option<Self> {
        let plan = part(files, FileKind::Upplan, |file| {
            file.facts.plan.as_ref().map(|facts| (facts, &facts.names, facts.whole))
        })?;
        let slip = part(files, FileKind::Upsikyu, |file| {
            file.facts.slip.as_ref().map(|facts| (facts, &facts.names, facts.whole))
        });
        let supplement = part(files, FileKind::Uphosoku, |file| {
            file.facts.supplement.as_ref().map(|facts| (facts, &facts.names, facts.whole))
        });
        Some(Self { plan, slip, supplement, preventive })
    }

    /// Whether every user is in every file. A number that is wrong in one file makes a user too
    /// many there and one too few: that is one finding, at the one too many.
    fn join(&self, findings: &mut Findings) -> bool {
        let plan = &self.plan;
        let mut strays = 0;
        let mut spare_slip = 0;
        let mut spare_supplement = 0;
        if let Some(slip) = self.slip.as_ref().filter(|_| plan.whole) {
            let people = slip.facts.people.iter().map(|(person, known)| (*person, known.first));
            let all = strays_of(people, plan.facts);
            spare_slip = all.len();
            let reported =
                |person: &Person| slip.facts.people.get(person).is_some_and(|p| p.reported);
            for (person, spot) in all.iter().filter(|(person, _)| !reported(person)) {
                stray(slip, *person, *spot, FileKind::Upsikyu, findings);
            }
            strays += spare_slip;
        }
        if let Some(supplement) = self.supplement.as_ref().filter(|_| plan.whole) {
            let people =
                supplement.facts.people.iter().map(|(person, known)| (*person, known.first));
            let all = strays_of(people, plan.facts);
            spare_supplement = all.len();
            for (person, spot) in &all {
                stray(supplement, *person, *spot, FileKind::Uphosoku, findings);
            }
            strays += spare_supplement;
        }
        let no_slip = |person: &Person| {
            let slip = self.slip.as_ref().filter(|slip| slip.whole);
            slip.is_some_and(|slip| !slip.facts.people.contains_key(person))
        };
        let no_supplement = |person: &Person| {
            let supplement = self.supplement.as_ref().filter(|part| part.whole);
            supplement.is_some_and(|part| !part.facts.people.contains_key(person))
        };
        let mut people: Vec<_> = plan.facts.people.iter().collect();
        people.sort_unstable_by_key(|(_, known)| known.first.record);
        let mut incomplete = 0;
        for (person, known) in people {
            let mut missing = Vec::new();
            if no_slip(person) && !take(&mut spare_slip) {
                missing.push(FileKind::Upsikyu);
            }
            if no_supplement(person) && !take(&mut spare_supplement) {
                missing.push(FileKind::Uphosoku);
            }
            if missing.is_empty() {
                continue;
            }
            incomplete += 1;
            if !known.unrelated {
                self.incomplete(*person, known.first, &missing, findings);
            }
        }
        strays + incomplete == 0
    }

    fn incomplete(
        &self,
        person: Person,
        spot: Spot,
        missing: &[FileKind],
        findings: &mut Findings,
    ) {
        let only_slip = missing == [FileKind::Upsikyu];
        let limit = if only_slip && self.preventive { Severity::Warning } else { Severity::Error };
        findings.add_at_most(Rule::PersonIncomplete, limit, || {
            let kinds: Vec<&str> = missing.iter().map(|kind| kind.prefix()).collect();
            Draft::place(self.plan.place(spot)).with("person", person.masked()).with_both(
                "missing",
                &kinds.join("、"),
                &kinds.join(", "),
            )
        });
    }

    /// What each user has once in several files.
    fn compare_people(&self, slip: &Part<'_, SlipFacts>, findings: &mut Findings) {
        let mut people: Vec<(&Person, &SlipPerson)> = slip.facts.people.iter().collect();
        people.sort_unstable_by_key(|(_, known)| known.first.record);
        for (person, known) in people {
            let supplement = self.supplement.as_ref();
            let supplemented =
                supplement.and_then(|part| Some((part, part.facts.people.get(person)?)));
            if let (Some((part, other)), Some((within, spot)), false) =
                (supplemented, known.within, known.judged_bad)
                && let Some((limit, limit_spot)) = other.limit
                && limit > 0
                && within > limit
            {
                findings.add(Rule::MoreThanTheLimit, || {
                    Draft::place(slip.place(spot))
                        .related(part.place(limit_spot))
                        .with("got", within)
                        .with("limit", limit)
                });
            }
            let Some(planned) = self.plan.facts.people.get(person) else { continue };
            if !planned.torn && planned.over_thirty.is_some() != known.over_thirty {
                findings.add(Rule::OverThirtyDaysDiffer, || {
                    let (place, other) = match planned.over_thirty {
                        Some(spot) => (self.plan.place(spot), slip.place(known.first)),
                        None => (slip.place(known.first), self.plan.place(planned.first)),
                    };
                    Draft::place(place).related(other).with("person", person.masked())
                });
            }
            let mut days = Vec::new();
            days.extend(planned.days_before.map(|(days, spot)| (days, self.plan.place(spot))));
            days.extend(known.days_before.map(|(days, spot)| (days, slip.place(spot))));
            let third = supplemented.and_then(|(part, other)| {
                other.days_before.map(|(days, spot)| (days, part.place(spot)))
            });
            days.extend(third);
            stay_days(*person, days, findings);
        }
    }

    /// How often each service stands in 第6表 and in 第7表, and with how many units.
    fn count(&self, slip: &Part<'_, SlipFacts>, findings: &mut Findings) {
        let Some(groups) = &self.plan.facts.groups else { return };
        if !self.plan.whole || !slip.whole || self.plan.repeats {
            return;
        }
        let mut planned: HashMap<Person, Vec<(&PlanKey, &PlanGroup)>> = HashMap::new();
        for (key, group) in groups {
            planned.entry(key.person).or_default().push((key, group));
        }
        let mut people: Vec<_> = planned.into_iter().collect();
        people.sort_unstable_by_key(|(person, _)| {
            self.plan.facts.people.get(person).map(|known| known.first.record)
        });
        for (person, mut groups) in people {
            let torn = self.plan.facts.people.get(&person).is_none_or(|known| known.torn);
            let Some(known) = slip.facts.people.get(&person) else { continue };
            if torn || known.judged_bad {
                continue;
            }
            groups.sort_unstable_by_key(|(_, group)| group.code_spot.record);
            if !self.count_person(slip, person, &groups, &known.rows, findings) {
                self.compare_units(slip, person, &groups, &known.rows, findings);
            }
        }
    }

    /// Says whether something was found; the first difference is enough.
    fn count_person(
        &self,
        slip: &Part<'_, SlipFacts>,
        person: Person,
        groups: &[(&PlanKey, &PlanGroup)],
        rows: &[SlipRow],
        findings: &mut Findings,
    ) -> bool {
        let mut planned: BTreeMap<Service, (i64, &PlanGroup)> = BTreeMap::new();
        for (key, group) in groups {
            planned.entry((key.office, key.code)).or_insert((0, group)).0 += group.count;
        }
        let mut billed: BTreeMap<Service, (Option<i64>, &SlipRow)> = BTreeMap::new();
        for row in rows {
            let entry = billed.entry((row.office, row.code)).or_insert((Some(0), row));
            entry.0 = entry.0.zip(row.count).map(|(sum, count)| sum + count);
        }
        let says = |draft: Draft, service: &Service, planned: i64, billed: i64| {
            draft
                .with("person", person.masked())
                .with("code", String::from_utf8_lossy(&service.1))
                .with("office", String::from_utf8_lossy(&service.0))
                .with("planned", planned)
                .with("billed", billed)
        };
        let only_planned = planned
            .iter()
            .filter(|(service, _)| is_base(service.1) && !billed.contains_key(*service))
            .min_by_key(|(_, (_, group))| group.code_spot.record);
        let only_billed = billed
            .iter()
            .filter(|(service, _)| is_base(service.1) && !planned.contains_key(*service))
            .min_by_key(|(_, (_, row))| row.code_spot.record);
        // One service under two names: a row of 第7表 stands for many of 第6表, so of several
        // records that all say the same, the row is wrong.
        let same_times = match (only_planned, only_billed) {
            (Some((_, (planned, _))), Some((_, (billed, _)))) => {
                *planned > 1 && Some(*planned) == *billed
            }
            _ => false,
        };
        let same_code = match (only_planned, only_billed) {
            (Some((planned, _)), Some((billed, _))) => planned.1 == billed.1,
            (Some((planned, _)), None) => billed.keys().any(|service| service.1 == planned.1),
            _ => false,
        };
        let in_plan = |group: &PlanGroup| {
            self.plan.place(if same_code { group.office_spot } else { group.code_spot })
        };
        let in_slip =
            |row: &SlipRow| slip.place(if same_code { row.office_spot } else { row.code_spot });
        if let Some((service, (count, group))) = only_planned.filter(|_| !same_times) {
            findings.add(Rule::ServicesDiffer, || {
                let draft = says(Draft::place(in_plan(group)), service, *count, 0);
                match only_billed {
                    Some((_, (_, row))) => draft.related(in_slip(row)),
                    None => draft,
                }
            });
            return true;
        }
        if let Some((service, (count, row))) = only_billed {
            findings.add(Rule::ServicesDiffer, || {
                let draft = says(Draft::place(in_slip(row)), service, 0, count.unwrap_or(0));
                match only_planned {
                    Some((_, (_, group))) => draft.related(in_plan(group)),
                    None => draft,
                }
            });
            return true;
        }
        for (service, (count, group)) in &planned {
            let Some((Some(times), row)) = billed.get(service) else { continue };
            // A monthly 加算 may stand on every day of 第6表 (R-FLD-13).
            let monthly = !is_base(service.1) && *times == 1;
            if is_counted(service.1) && count != times && !monthly {
                findings.add(Rule::ServicesDiffer, || {
                    says(Draft::place(slip.place(row.count_spot)), service, *count, *times)
                        .related(self.plan.place(group.code_spot))
                });
                return true;
            }
        }
        false
    }

    /// 第6表 has units after discount, 第7表 both.
    fn compare_units(
        &self,
        slip: &Part<'_, SlipFacts>,
        person: Person,
        groups: &[(&PlanKey, &PlanGroup)],
        rows: &[SlipRow],
        findings: &mut Findings,
    ) {
        for (key, group) in groups {
            if key.units <= 0 || !is_base(key.code) || !is_counted(key.code) {
                continue;
            }
            let mut same =
                rows.iter().filter(|row| row.office == key.office && row.code == key.code);
            let Some(first) = same.clone().next() else { continue };
            let fits = |row: &SlipRow| {
                let units = [row.units, row.full_units];
                units.contains(&Some(key.units))
                    || units.contains(&None)
                    || units.contains(&Some(0))
            };
            if !same.any(fits) {
                findings.add(Rule::UnitsDiffer, || {
                    Draft::place(self.plan.place(group.units_spot))
                        .related(slip.place(first.units_spot))
                        .with("person", person.masked())
                        .with("code", String::from_utf8_lossy(&key.code))
                        .with("got", key.units)
                        .with("expected", first.units.unwrap_or_default())
                });
                return;
            }
        }
    }
}

/// Whether a code is a service by itself and not a 加算, as far as its third character tells.
fn is_base(code: [u8; 6]) -> bool {
    let [a, b, third, ..] = code;
    is_counted(code) && (matches!(third, b'1' | b'2') || [a, b, third] == *b"117")
}

fn is_counted(code: [u8; 6]) -> bool {
    code.get(..2).is_some_and(|kind| COUNTED.contains(&kind))
}

/// Users of another file that 第6表 does not have, in the order of records.
fn strays_of(
    people: impl Iterator<Item = (Person, Spot)>,
    plan: &PlanFacts,
) -> Vec<(Person, Spot)> {
    let mut strays: Vec<_> =
        people.filter(|(person, _)| !plan.people.contains_key(person)).collect();
    strays.sort_unstable_by_key(|(_, spot)| spot.record);
    strays
}

fn stray<F>(
    part: &Part<'_, F>,
    person: Person,
    spot: Spot,
    kind: FileKind,
    findings: &mut Findings,
) {
    findings.add(Rule::PersonWithoutUsageSlip, || {
        Draft::place(part.place(spot)).with("person", person.masked()).with("kind", kind)
    });
}

/// 前月までの短期入所利用日数 is the same wherever it stands.
fn stay_days(person: Person, days: Vec<(i64, Place)>, findings: &mut Findings) {
    let mut days = days.into_iter();
    let Some((first, place)) = days.next() else { return };
    let rest: Vec<_> = days.collect();
    if rest.iter().all(|(other, _)| *other == first) {
        return;
    }
    // Of three, the one that two others contradict is wrong.
    let (wrong, others) = match rest.as_slice() {
        [(a, a_place), (b, b_place)] if a == b => (place, vec![a_place.clone(), b_place.clone()]),
        [(a, a_place), (_, b_place)] if *a == first => {
            (b_place.clone(), vec![place, a_place.clone()])
        }
        [(_, a_place), more @ ..] => {
            let mut others = vec![place];
            others.extend(more.iter().map(|(_, place)| place.clone()));
            (a_place.clone(), others)
        }
        [] => return,
    };
    findings.add(Rule::StayDaysDiffer, || {
        let draft = Draft::place(wrong).with("person", person.masked());
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
