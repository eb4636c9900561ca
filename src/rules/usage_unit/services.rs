//! How often each service stands in 第6表 and in 第7表, and with how many units (R-OUT-01).

use std::collections::{BTreeMap, HashSet};

use crate::rules::collect::Findings;
use crate::rules::finding::{Draft, Place};
use crate::rules::subjects::facts::{PlanGroup, PlanKey, SlipFacts, SlipRow};
use crate::rules::subjects::person::{Person, Spot};
use crate::rules::table::Rule;

use super::{Part, Unit};

/// Services that are counted by visits or days, so that 第6表 and 第7表 have the same number.
const COUNTED: [&[u8]; 18] = [
    b"11", b"12", b"13", b"14", b"15", b"16", b"21", b"22", b"23", b"2A", b"24", b"25", b"26",
    b"2B", b"62", b"72", b"74", b"78",
];

/// Nobody has more services in a month; beyond them the time would grow with their square.
const MOST_SERVICES: usize = 500;

/// Office and code.
type Service = ([u8; 10], [u8; 6]);

impl Unit<'_> {
    /// How often each service stands in 第6表 and in 第7表, and with how many units.
    pub(super) fn count(&self, slip: &Part<'_, SlipFacts>, findings: &mut Findings) {
        let Some(groups) = &self.plan.facts.groups else { return };
        if !self.plan.whole || !slip.whole || self.plan.repeats {
            return;
        }
        let unrelated: HashSet<Person> =
            self.plan.facts.unrelated.iter().map(|(person, _)| *person).collect();
        let mut groups = groups.clone();
        groups.merge();
        let mut people: Vec<(Person, Vec<(&PlanKey, &PlanGroup)>)> = groups
            .as_slice()
            .chunk_by(|(one, _), (two, _)| one.person == two.person)
            .filter_map(|groups| {
                let (first, _) = groups.first()?;
                Some((first.person, groups.iter().map(|(key, group)| (key, group)).collect()))
            })
            .collect();
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
                self.compare_over_thirty(slip, person, &groups, &known.rows, findings);
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
                .or_insert_with(|| Planned::beginning_with(group))
                .add(key, group);
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
                    let draft = says(plan_place(planned.first, office), &service, planned.count, 0);
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
                            .related(plan_place(planned.first, false)),
                    }
                });
            }
        }
        true
    }

    /// As many days of a stay have ３０日超区分 in 第6表 as in 第7表. Where only one of them has it at
    /// all, that was told.
    fn compare_over_thirty(
        &self,
        slip: &Part<'_, SlipFacts>,
        person: Person,
        groups: &[(&PlanKey, &PlanGroup)],
        rows: &[SlipRow],
        findings: &mut Findings,
    ) {
        let Some(spot) = self.plan.facts.people.get(&person).and_then(|known| known.over_thirty)
        else {
            return;
        };
        for row in rows.iter().filter(|row| row.over_thirty && is_base(row.code)) {
            let planned = groups.iter().filter(|(key, _)| {
                key.over_thirty && (key.office, key.code) == (row.office, row.code)
            });
            let planned: i64 = planned.map(|(_, group)| group.count).sum();
            let same = rows.iter().filter(|other| {
                other.over_thirty && (other.office, other.code) == (row.office, row.code)
            });
            let billed: Option<i64> = same.map(|row| row.count).sum();
            if billed.is_some_and(|billed| billed != planned) {
                findings.add(Rule::OverThirtyDaysDiffer, || {
                    Draft::place(self.plan.place(spot, person))
                        .related(slip.place(row.count_spot, person))
                });
                return;
            }
        }
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
    /// Without the records of 0 units: of 共生型 only the first day of a month has some (R-FLD-11).
    charged: i64,
    groups: Vec<&'f PlanGroup>,
    /// Where it comes first: groups are in the order of records.
    first: &'f PlanGroup,
}

impl<'f> Planned<'f> {
    /// Nothing of it was added yet.
    const fn beginning_with(first: &'f PlanGroup) -> Self {
        Self { count: 0, charged: 0, groups: Vec::new(), first }
    }

    fn add(&mut self, key: &PlanKey, group: &'f PlanGroup) {
        self.count += group.count;
        if key.units != 0 {
            self.charged += group.count;
        }
        self.groups.push(group);
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
    only_planned.sort_by_key(|(_, planned)| planned.first.code_spot.record);
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
            let group = Some(planned.first);
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
        let counted = [planned.count, planned.charged].contains(&times);
        let differs = is_counted(service.1) && !counted && !monthly;
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
