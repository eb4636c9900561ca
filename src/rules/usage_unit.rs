//! 第6表, 第7表 and 利用者補足情報 of one send unit: they are about the same people (R-REL-02) and
//! the same services (R-OUT-01, R-OUT-02).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::types::{FileKind, OfficeNumber, Severity};

use super::collect::Findings;
use super::facts::{
    PlanFacts, PlanGroup, PlanKey, SlipFacts, SlipPerson, SlipRow, SupplementFacts,
};
use super::file::Outcome;
use super::finding::{Draft, Place};
use super::subjects::person::{ItemNames, Person, Spot, Whose};
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

/// Nobody has more services in a month; beyond them the time would grow with their square.
const MOST_SERVICES: usize = 500;

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
    fn place(&self, spot: Spot, person: Person) -> Place {
        Place { file: Some(self.label.to_owned()), ..self.names.place_of(spot, person) }
    }
}

/// The files of a usage slip.
struct Unit<'f> {
    plan: Part<'f, PlanFacts>,
    slip: Option<Part<'f, SlipFacts>>,
    supplement: Option<Part<'f, SupplementFacts>>,
    recipient: OfficeNumber,
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
        let file = files.iter().find(|file| file.kind == Some(FileKind::Upplan))?;
        let recipient = file.name.as_ref()?.recipient;
        Some(Self { plan, slip, supplement, recipient, preventive })
    }

    /// Whether every user is in every file. A number that is wrong in one file makes a user too
    /// many there and one too few: that is one finding, at the one too many.
    fn join(&self, findings: &mut Findings) -> bool {
        let plan = &self.plan;
        let known = insured(plan.facts.people.keys());
        let mut spare_slip = 0;
        let mut spare_supplement = 0;
        if let Some(slip) = self.slip.as_ref().filter(|_| plan.whole) {
            let people = slip.facts.people.iter().map(|(person, row)| (*person, row.first));
            let strays = strays_of(people, plan.facts);
            spare_slip = strays.len();
            let reported =
                |person: &Person| slip.facts.people.get(person).is_some_and(|row| row.reported);
            for (person, whose) in strays.iter().filter(|(person, _)| !reported(person)) {
                stray(slip, *person, spot(*person, *whose, &known), FileKind::Upsikyu, findings);
            }
        }
        if let Some(supplement) = self.supplement.as_ref().filter(|_| plan.whole) {
            let people = supplement.facts.people.iter().map(|(person, row)| (*person, row.first));
            let strays = strays_of(people, plan.facts);
            spare_supplement = strays.len();
            for (person, whose) in &strays {
                let spot = spot(*person, *whose, &known);
                stray(supplement, *person, spot, FileKind::Uphosoku, findings);
            }
        }
        let strays = spare_slip + spare_supplement;
        let incomplete = self.incomplete(spare_slip, spare_supplement, findings);
        self.unrelated(&incomplete, findings);
        strays + incomplete.len() == 0
    }

    /// Users of 第6表 that another file lacks, those aside that stand there under another number.
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
        let mut people: Vec<_> = self.plan.facts.people.iter().collect();
        people.sort_unstable_by_key(|(_, known)| known.first.insured.record);
        let mut incomplete = HashSet::new();
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
            if missing.is_empty() {
                continue;
            }
            incomplete.insert(*person);
            let only_slip = missing == [FileKind::Upsikyu];
            let limit =
                if only_slip && self.preventive { Severity::Warning } else { Severity::Error };
            // The insurer is to blame only where both files lack the two numbers together.
            let spot = if missing.len() > 1 {
                spot(*person, known.first, &elsewhere)
            } else {
                known.first.insured
            };
            findings.add_at_most(Rule::PersonIncomplete, limit, || {
                let kinds: Vec<&str> = missing.iter().map(|kind| kind.prefix()).collect();
                Draft::place(self.plan.place(spot, *person)).with_both(
                    "missing",
                    &kinds.join("、"),
                    &kinds.join(", "),
                )
            });
        }
        incomplete
    }

    /// Users without a service of the recipient (I-05). One whose number is wrong in a record takes
    /// that record from somebody else, who then may seem to be such a user.
    fn unrelated(&self, incomplete: &HashSet<Person>, findings: &mut Findings) {
        let mut explained = incomplete.len();
        for (person, spot) in &self.plan.facts.unrelated {
            if incomplete.contains(person) || take(&mut explained) {
                continue;
            }
            findings.add(Rule::UserUnrelatedToRecipient, || {
                Draft::place(self.plan.place(*spot, *person)).with("recipient", self.recipient)
            });
        }
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

    /// How often each service stands in 第6表 and in 第7表, and with how many units.
    fn count(&self, slip: &Part<'_, SlipFacts>, findings: &mut Findings) {
        let Some(groups) = &self.plan.facts.groups else { return };
        if !self.plan.whole || !slip.whole || self.plan.repeats {
            return;
        }
        let unrelated: HashSet<Person> =
            self.plan.facts.unrelated.iter().map(|(person, _)| *person).collect();
        let mut planned: HashMap<Person, Vec<(&PlanKey, &PlanGroup)>> = HashMap::new();
        for (key, group) in groups {
            planned.entry(key.person).or_default().push((key, group));
        }
        let mut people: Vec<_> = planned.into_iter().collect();
        people.sort_unstable_by_key(|(person, _)| {
            self.plan.facts.people.get(person).map(|known| known.first.insured.record)
        });
        for (person, mut groups) in people {
            let torn = self.plan.facts.people.get(&person).is_none_or(|known| known.torn)
                || unrelated.contains(&person);
            let Some(known) = slip.facts.people.get(&person) else { continue };
            if torn || known.judged_bad || groups.len().max(known.rows.len()) > MOST_SERVICES {
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
        let mut planned: BTreeMap<Service, Planned<'_>> = BTreeMap::new();
        for (key, group) in groups {
            planned
                .entry((key.office, key.code))
                .or_insert(Planned { count: 0, groups: Vec::new() })
                .add(group);
        }
        let mut billed: BTreeMap<Service, Billed<'_>> = BTreeMap::new();
        for row in rows {
            let entry =
                billed.entry((row.office, row.code)).or_insert(Billed { count: Some(0), row });
            entry.count = entry.count.zip(row.count).map(|(sum, count)| sum + count);
        }
        let says = |place: Place, service: &Service, planned: i64, billed: i64| {
            Draft::place(place)
                .with("code", String::from_utf8_lossy(&service.1))
                .with("office", String::from_utf8_lossy(&service.0))
                .with("planned", planned)
                .with("billed", billed)
        };
        let Some(difference) = first_difference(&planned, &billed) else { return false };
        let plan_place = |group: &PlanGroup, office: bool| {
            let spot = if office { group.office_spot } else { group.code_spot };
            self.plan.place(spot, person)
        };
        let slip_place = |row: &SlipRow, office: bool| {
            slip.place(if office { row.office_spot } else { row.code_spot }, person)
        };
        match difference {
            Difference::OnlyPlanned { service, planned, office, other } => {
                findings.add(Rule::ServicesDiffer, || {
                    let draft =
                        says(plan_place(planned.first(), office), &service, planned.count, 0);
                    other
                        .into_iter()
                        .fold(draft, |draft, row| draft.related(slip_place(row, office)))
                });
            }
            Difference::OnlyBilled { service, billed, office, other } => {
                findings.add(Rule::ServicesDiffer, || {
                    let count = billed.count.unwrap_or_default();
                    let draft = says(slip_place(billed.row, office), &service, 0, count);
                    other
                        .into_iter()
                        .fold(draft, |draft, group| draft.related(plan_place(group, office)))
                });
            }
            Difference::Count { service, planned, billed, times } => {
                findings.add(Rule::ServicesDiffer, || {
                    let in_slip = slip.place(billed.row.count_spot, person);
                    match planned.odd_count(times) {
                        Some(spot) => {
                            let place = self.plan.place(spot, person);
                            says(place, &service, planned.count, times).related(in_slip)
                        }
                        None => says(in_slip, &service, planned.count, times)
                            .related(plan_place(planned.first(), false)),
                    }
                });
            }
        }
        true
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
            let rented = is_rented(key.code);
            if key.units <= 0 || !(is_base(key.code) || rented) {
                continue;
            }
            let mut same =
                rows.iter().filter(|row| row.office == key.office && row.code == key.code);
            let Some(first) = same.clone().next() else { continue };
            let fits = |row: &SlipRow| {
                let units = [row.units, row.full_units];
                // Rented for half a month, an article may stand with the full units in one place.
                let half =
                    |units: i64| rented && (units == key.units * 2 || units * 2 == key.units);
                units.contains(&Some(key.units))
                    || units.contains(&None)
                    || units.contains(&Some(0))
                    || units.into_iter().flatten().any(half)
            };
            if !same.any(fits) {
                findings.add(Rule::UnitsDiffer, || {
                    Draft::place(self.plan.place(group.units_spot, person))
                        .related(slip.place(first.units_spot, person))
                        .with("code", String::from_utf8_lossy(&key.code))
                        .with("got", key.units)
                        .with("expected", first.units.unwrap_or_default())
                });
                return;
            }
        }
    }
}

/// A service of 第6表 with all its numbers of units.
struct Planned<'f> {
    count: i64,
    groups: Vec<&'f PlanGroup>,
}

impl<'f> Planned<'f> {
    fn add(&mut self, group: &'f PlanGroup) {
        self.count += group.count;
        self.groups.push(group);
    }

    /// Where it comes first: groups are in the order of records.
    fn first(&self) -> &'f PlanGroup {
        static NONE: PlanGroup = PlanGroup::NONE;
        self.groups.first().copied().unwrap_or(&NONE)
    }

    /// サービス回数 of one record, where once would make the count right.
    fn odd_count(&self, times: i64) -> Option<Spot> {
        let odd = self.groups.iter().find_map(|group| group.odd_count);
        odd.filter(|(count, _)| self.count - count + 1 == times).map(|(_, spot)| spot)
    }
}

/// A service of 第7表 in all its rows.
struct Billed<'f> {
    count: Option<i64>,
    row: &'f SlipRow,
}

/// What 第6表 and 第7表 disagree about.
enum Difference<'a> {
    /// `office` where the office and not the code is what differs; `other` is what it may be there.
    OnlyPlanned {
        service: Service,
        planned: &'a Planned<'a>,
        office: bool,
        other: Option<&'a SlipRow>,
    },
    OnlyBilled {
        service: Service,
        billed: &'a Billed<'a>,
        office: bool,
        other: Option<&'a PlanGroup>,
    },
    Count {
        service: Service,
        planned: &'a Planned<'a>,
        billed: &'a Billed<'a>,
        times: i64,
    },
}

fn first_difference<'a>(
    planned: &'a BTreeMap<Service, Planned<'a>>,
    billed: &'a BTreeMap<Service, Billed<'a>>,
) -> Option<Difference<'a>> {
    let mut only_planned: Vec<_> =
        planned.iter().filter(|(service, _)| !billed.contains_key(*service)).collect();
    only_planned.sort_by_key(|(_, planned)| planned.first().code_spot.record);
    let mut only_billed: Vec<_> =
        billed.iter().filter(|(service, _)| !planned.contains_key(*service)).collect();
    only_billed.sort_by_key(|(_, billed)| billed.row.code_spot.record);
    let is_present = |code: [u8; 6]| is_base(code) || is_rented(code);
    let one_side = |service: &Service, other: &Service| {
        (service.0 == other.0) != (service.1 == other.1) && is_present(service.1)
    };
    // One service under two codes or two offices.
    for (service, planned) in &only_planned {
        let other = only_billed
            .iter()
            .find(|(other, _)| one_side(service, other) || one_side(other, service));
        let Some((other, billed)) = other else { continue };
        let office = service.0 != other.0;
        // A row of 第7表 stands for many records of 第6表: of several that say the same, the row is
        // wrong.
        return Some(if planned.count > 1 && Some(planned.count) == billed.count {
            let group = Some(planned.first());
            Difference::OnlyBilled { service: **other, billed, office, other: group }
        } else {
            let row = Some(billed.row);
            Difference::OnlyPlanned { service: **service, planned, office, other: row }
        });
    }
    // Some records of a service under another code or office.
    for (service, billed) in billed {
        let Some((all, times)) = planned.get(service).zip(billed.count) else { continue };
        let moved = only_planned.iter().find(|(other, some)| {
            is_counted(service.1) && one_side(service, other) && all.count + some.count == times
        });
        if let Some((other, planned)) = moved {
            return Some(Difference::OnlyPlanned {
                service: **other,
                planned,
                office: service.0 != other.0,
                other: Some(billed.row),
            });
        }
    }
    if let Some((service, planned)) =
        only_planned.into_iter().find(|(service, _)| is_present(service.1))
    {
        let office = billed.keys().any(|other| other.1 == service.1);
        return Some(Difference::OnlyPlanned { service: *service, planned, office, other: None });
    }
    if let Some((service, billed)) =
        only_billed.into_iter().find(|(service, _)| is_present(service.1))
    {
        let office = planned.keys().any(|other| other.1 == service.1);
        return Some(Difference::OnlyBilled { service: *service, billed, office, other: None });
    }
    planned.iter().find_map(|(service, planned)| {
        let billed = billed.get(service)?;
        let times = billed.count?;
        // A monthly 加算 may stand on every day of 第6表 (R-FLD-13).
        let monthly = !is_base(service.1) && times == 1;
        let differs = is_counted(service.1) && planned.count != times && !monthly;
        differs.then_some(Difference::Count { service: *service, planned, billed, times })
    })
}

/// Whether a code is a service by itself and not a 加算, as far as its third character tells.
fn is_base(code: [u8; 6]) -> bool {
    let [a, b, third, ..] = code;
    is_counted(code) && (matches!(third, b'1' | b'2') || [a, b, third] == *b"117")
}

fn is_counted(code: [u8; 6]) -> bool {
    code.get(..2).is_some_and(|kind| COUNTED.contains(&kind))
}

/// 福祉用具貸与 itself.
fn is_rented(code: [u8; 6]) -> bool {
    code.starts_with(b"171") || code.starts_with(b"671")
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
    kind: FileKind,
    findings: &mut Findings,
) {
    findings.add(Rule::PersonWithoutUsageSlip, || {
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
    findings
        .add(Rule::StayDaysDiffer, || others.into_iter().fold(Draft::place(wrong), Draft::related));
}

/// Takes one of a number of things, if there is one left.
const fn take(left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    true
}
