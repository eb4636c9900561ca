//! Holds 実績 against 予定.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{Code, Satellite, Use};
use super::state::{Known, Ledger};
use crate::contents::PersonKey;
use crate::types::{OfficeNumber, Personal, ServiceMonth};

/// 予定 against 実績 of one service office in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The service month.
    pub month: ServiceMonth,
    /// The service office whose services are compared.
    pub office: OfficeNumber,
    /// Everybody with a service of the office, in the order of the numbers.
    pub people: Vec<PersonMonth>,
    /// Whether there were more records than are looked at.
    pub is_cut: bool,
}

/// One person in the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonMonth {
    /// Who.
    pub key: PersonKey,
    /// 利用者氏名, where a file tells it.
    pub name: Option<Personal<String>>,
    /// Whether there is 予定 with a service of the office.
    pub has_plan: bool,
    /// Whether there are 実績 of the office.
    pub has_actuals: bool,
    /// Service by service.
    pub lines: Vec<Line>,
}

/// One service of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// サービスコード.
    pub code: String,
    /// サテライト枝番; empty of an office without.
    pub satellite: String,
    /// The days on which it was planned or done.
    pub days: Vec<DayOutcome>,
    /// What 第7表 says of it, where it has rows with this code.
    pub slip: Option<Slip>,
    /// 単位数 times サービス回数 of all 実績; none where one of them has 単位数 0.
    pub done_units: Option<i64>,
}

/// What the rows of 第7表 with a service code say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slip {
    /// 回数／日数.
    pub count: i64,
    /// サービス単位金額.
    pub units: i64,
}

/// Times on a day, with how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// `HHMM`, 9999 for a service without a time.
    pub start: u16,
    /// The same.
    pub end: u16,
    /// サービス回数.
    pub count: u32,
}

/// One day of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayOutcome {
    /// 1 to 31.
    pub day: u8,
    /// What was planned.
    pub planned: Vec<Slot>,
    /// What was done.
    pub done: Vec<Slot>,
    /// How often it was planned and not done.
    pub missing: u32,
    /// How often it was done and not planned.
    pub extra: u32,
    /// How often it was done at another time than planned.
    pub other_time: u32,
}

impl DayOutcome {
    /// Whether what was done is what was planned.
    pub const fn agrees(&self) -> bool {
        self.missing == 0 && self.extra == 0 && self.other_time == 0
    }
}

impl Line {
    /// How often it was planned.
    pub fn planned(&self) -> u32 {
        self.days.iter().flat_map(|day| &day.planned).fold(0, |sum, slot| sum + slot.count)
    }

    /// How often it was done.
    pub fn done(&self) -> u32 {
        self.days.iter().flat_map(|day| &day.done).fold(0, |sum, slot| sum + slot.count)
    }

    /// The units of 実績 less those of 第7表, where both are given.
    pub fn units_beyond_slip(&self) -> Option<i64> {
        Some(self.done_units? - self.slip?.units)
    }

    /// Whether every day agrees.
    pub fn agrees(&self) -> bool {
        self.days.iter().all(DayOutcome::agrees)
    }
}

impl PersonMonth {
    /// Whether there is nothing to look at.
    pub fn agrees(&self) -> bool {
        self.has_plan == self.has_actuals && self.lines.iter().all(Line::agrees)
    }
}

impl Comparison {
    /// Compares what is left of a month, for the services of `office`.
    pub fn of(ledger: Ledger<'_>, office: OfficeNumber) -> Self {
        let (month, mut people, is_cut) = ledger.into_parts();
        for known in people.values_mut() {
            known.plan.retain(|used| used.office == office);
            known.slip.retain(|row| row.office == office);
            known.actuals.retain(|(of, _), _| *of == office);
        }
        join_other_insurers(&mut people);
        let people = people
            .into_iter()
            .filter(|(_, known)| !known.plan.is_empty() || !known.actuals.is_empty())
            .map(|(key, known)| person(key, known))
            .collect();
        Self { month, office, people, is_cut }
    }
}

/// A service office may write another 保険者番号 than the plan has (R-FLD-14): 実績 without 予定 belong
/// to 予定 without 実績 of the same 被保険者番号, where there is one of each.
fn join_other_insurers(people: &mut BTreeMap<PersonKey, Known>) {
    let mut alike: BTreeMap<String, [Vec<PersonKey>; 2]> = BTreeMap::new();
    for (key, known) in &*people {
        let [plans, actuals] = alike.entry(key.insured().to_owned()).or_default();
        match (known.plan.is_empty(), known.actuals.is_empty()) {
            (false, true) => plans.push(*key),
            (true, false) => actuals.push(*key),
            (true, true) | (false, false) => {}
        }
    }
    for [plans, actuals] in alike.into_values() {
        if let ([plan], [actual]) = (&plans[..], &actuals[..])
            && let Some(moved) = people.remove(actual)
            && let Some(known) = people.get_mut(plan)
        {
            known.actuals = moved.actuals;
        }
    }
}

/// By what services are compared.
type Service = (Code, Satellite);

fn person(key: PersonKey, known: Known) -> PersonMonth {
    let (has_plan, has_actuals) = (!known.plan.is_empty(), !known.actuals.is_empty());
    let by_service = |uses: Vec<Use>| {
        let mut sorted: BTreeMap<Service, Vec<Use>> = BTreeMap::new();
        for used in uses {
            sorted.entry((used.code, used.satellite)).or_default().push(used);
        }
        sorted
    };
    let mut slips: BTreeMap<Service, Slip> = BTreeMap::new();
    for row in known.slip {
        let slip = slips.entry((row.code, row.satellite)).or_insert(Slip { count: 0, units: 0 });
        slip.count += row.count;
        slip.units += row.units;
    }
    let mut plan = by_service(known.plan);
    let mut actuals = by_service(known.actuals.into_values().flatten().collect());
    let services: BTreeSet<Service> =
        plan.keys().chain(actuals.keys()).chain(slips.keys()).copied().collect();
    let lines = services.into_iter().map(|service| {
        let planned = plan.remove(&service).unwrap_or_default();
        let done = actuals.remove(&service).unwrap_or_default();
        line(service, &planned, &done, slips.get(&service).copied())
    });
    PersonMonth { key, name: known.name, has_plan, has_actuals, lines: lines.collect() }
}

fn line((code, satellite): Service, planned: &[Use], done: &[Use], slip: Option<Slip>) -> Line {
    let days: BTreeSet<u8> = planned.iter().chain(done).map(|used| used.day).collect();
    let days = days.into_iter().map(|day| {
        let of_day = |uses: &[Use]| slots(uses.iter().filter(|used| used.day == day));
        outcome(day, of_day(planned), of_day(done))
    });
    let is_known = done.iter().all(|used| used.units != 0);
    let units = done.iter().fold(0, |sum, used| sum + used.units * i64::from(used.count));
    Line {
        code: code.as_str().to_owned(),
        satellite: satellite.as_str().to_owned(),
        days: days.collect(),
        slip,
        done_units: is_known.then_some(units),
    }
}

/// Uses of one day by their times.
fn slots<'u>(uses: impl Iterator<Item = &'u Use>) -> Vec<Slot> {
    let mut times: BTreeMap<(u16, u16), u32> = BTreeMap::new();
    for used in uses {
        *times.entry((used.start, used.end)).or_default() += u32::from(used.count);
    }
    times.into_iter().map(|((start, end), count)| Slot { start, end, count }).collect()
}

fn outcome(day: u8, planned: Vec<Slot>, done: Vec<Slot>) -> DayOutcome {
    let at_the_time = |slots: &[Slot], slot: &Slot| {
        let same = |other: &&Slot| (other.start, other.end) == (slot.start, slot.end);
        slots.iter().find(same).map_or(0, |other| other.count)
    };
    let left = |of: &[Slot], others: &[Slot]| {
        of.iter().fold(0, |sum, slot| sum + slot.count.saturating_sub(at_the_time(others, slot)))
    };
    let (not_done, not_planned): (u32, u32) = (left(&planned, &done), left(&done, &planned));
    let other_time = not_done.min(not_planned);
    DayOutcome {
        day,
        missing: not_done - other_time,
        extra: not_planned - other_time,
        other_time,
        planned,
        done,
    }
}
