//! Who has a plan and who has actuals in a service month, and what is still missing before the claim.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::id::EntryId;
use super::person::{self, KnownPerson};
use crate::contents::{Document, PersonKey};
use crate::store::unit::Column;
use crate::store::{Store, StoreError};
use crate::transfer::{Direction, IncomingState, OutgoingState};
use crate::types::{FileSerial, MessageId, OfficeNumber, ServiceMonth};

/// A package that brought something about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brought {
    /// Which way.
    pub direction: Direction,
    /// The package.
    pub entry: EntryId,
}

/// How it stands with one person and one partner in a service month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthLine {
    /// Who.
    pub person: KnownPerson,
    /// The other office.
    pub partner: OfficeNumber,
    /// 予定 of this month, the newest that was not withdrawn.
    pub plan: Option<Brought>,
    /// 実績 of this month, the newest that was not withdrawn.
    pub actual: Option<Brought>,
    /// Which way the 予定 of the month before went, if there was one at its end.
    pub planned_before: Option<Direction>,
}

/// What is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Missing {
    /// The partner has our 予定 and has not sent 実績.
    ActualToCome,
    /// We have the partner's 予定 and have not sent 実績.
    ActualToSend,
    /// The partner sent 予定 of the month before, and none of this one.
    PlanToCome,
    /// We sent 予定 of the month before, and none of this one.
    PlanToSend,
}

impl MonthLine {
    /// What is not there yet. Who had 予定 the month before is expected to have it again, until 実績
    /// or a withdrawal says otherwise; who moved away or went into hospital stays listed, as only a
    /// person knows.
    pub fn missing(&self) -> Option<Missing> {
        match (self.plan, self.actual, self.planned_before) {
            (Some(plan), None, _) => Some(match plan.direction {
                Direction::Out => Missing::ActualToCome,
                Direction::In => Missing::ActualToSend,
            }),
            (None, _, Some(Direction::Out)) => Some(Missing::PlanToSend),
            (None, _, Some(Direction::In)) => Some(Missing::PlanToCome),
            (Some(_), Some(_), _) | (None, _, None) => None,
        }
    }
}

/// A package with 予定 or 実績 of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthPackage {
    /// Its entry.
    pub entry: EntryId,
    /// Which way it went.
    pub direction: Direction,
    /// The other office.
    pub partner: OfficeNumber,
    /// Its id.
    pub id: MessageId,
    /// Its 連番, by which the packages of a pair follow each other (R-ORD-01).
    pub serial: FileSerial,
}

/// Packages in these states brought nothing to the other side.
const IDLE: [&str; 8] = [
    OutgoingState::Refused.as_str(),
    OutgoingState::Rejected.as_str(),
    OutgoingState::RecallAsked.as_str(),
    OutgoingState::Recalled.as_str(),
    OutgoingState::Expired.as_str(),
    OutgoingState::Superseded.as_str(),
    IncomingState::Rejected.as_str(),
    IncomingState::Recalled.as_str(),
];

/// That the package `e` reached its recipient or still may.
pub(super) fn is_effective() -> String {
    format!("e.message_id IS NOT NULL AND e.state NOT IN ('{}')", IDLE.join("', '"))
}

impl Store {
    /// Everybody about whom there is 予定 or 実績 of `month` between `office` and its partners, or
    /// was 予定 of the month before. In the order of partners and kana.
    pub async fn month(
        &self,
        office: OfficeNumber,
        month: ServiceMonth,
    ) -> Result<Vec<MonthLine>, StoreError> {
        self.read(move |connection| {
            let this = steps(connection, office, month)?;
            let before = match before(month) {
                Some(before) => steps(connection, office, before)?,
                None => Vec::new(),
            };
            let mut people = BTreeMap::new();
            let this = state(&this, &mut people);
            let before = state(&before, &mut people);
            Ok(lines(&this, &before, &people))
        })
        .await
    }

    /// The packages with 予定, 実績 or their withdrawal of `month` between `office` and `partner` that
    /// reached their recipient or still may, in the order of their 連番; the last `limit` of them.
    pub async fn month_packages(
        &self,
        (office, partner): (OfficeNumber, OfficeNumber),
        month: ServiceMonth,
        limit: u32,
    ) -> Result<Vec<MonthPackage>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT e.id, e.direction, e.partner, e.message_id, e.serial
                 FROM entries AS e INDEXED BY entries_partner
                 WHERE e.partner = ?1 AND e.office = ?2 AND instr(e.months, ?3) > 0 AND {}
                 ORDER BY e.serial DESC, e.id DESC LIMIT ?4",
                is_effective()
            ))?;
            let pair = params![Column(partner), Column(office), month.to_string(), limit];
            let rows = statement.query_map(pair, |row| {
                Ok(MonthPackage {
                    entry: EntryId(row.get(0)?),
                    direction: row.get::<_, Column<_>>(1)?.0,
                    partner: row.get::<_, Column<_>>(2)?.0,
                    id: row.get::<_, Column<_>>(3)?.0,
                    serial: row.get::<_, Column<_>>(4)?.0,
                })
            })?;
            let mut packages = rows.collect::<Result<Vec<_>, _>>()?;
            packages.reverse();
            Ok(packages)
        })
        .await
    }
}

/// The month before; none before the year 1.
fn before(month: ServiceMonth) -> Option<ServiceMonth> {
    match month.month() {
        1 => ServiceMonth::new(month.year().checked_sub(1)?, 12),
        number => ServiceMonth::new(month.year(), number - 1),
    }
}

/// That a package brought or withdrew something.
struct Step {
    person: KnownPerson,
    partner: OfficeNumber,
    document: Document,
    withdrawn: bool,
    brought: Brought,
}

/// What happened about a month, in the order of the 連番.
fn steps(
    connection: &Connection,
    office: OfficeNumber,
    month: ServiceMonth,
) -> Result<Vec<Step>, StoreError> {
    let date = i64::from(month.year()) * 100 + i64::from(month.month());
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {}, e.partner, m.document, m.withdrawn, e.direction, e.id
         FROM entries AS e CROSS JOIN mentions AS m ON m.entry = e.id
             CROSS JOIN people AS p ON p.id = m.person
         WHERE e.office = ?1 AND instr(e.months, ?2) > 0 AND {}
             AND m.document IN ('{}', '{}') AND m.date = ?3
         ORDER BY e.serial, e.id",
        person::COLUMNS,
        is_effective(),
        Document::Plan.as_str(),
        Document::Actual.as_str(),
    ))?;
    let rows = statement.query_map(params![Column(office), month.to_string(), date], |row| {
        let document: String = row.get(5)?;
        let (partner, withdrawn) = (row.get::<_, Column<_>>(4)?.0, row.get(6)?);
        let brought =
            Brought { direction: row.get::<_, Column<_>>(7)?.0, entry: EntryId(row.get(8)?) };
        Ok(person::read(row, 0)?.and_then(|person| {
            let document = Document::named(&document);
            let document = document.ok_or(StoreError::Damaged("name of a document"))?;
            Ok(Step { person, partner, document, withdrawn, brought })
        }))
    })?;
    rows.map(|row| row?).collect()
}

type Pair = (OfficeNumber, PersonKey);

/// What of each is there after all steps: 予定 and 実績.
type State = BTreeMap<Pair, [Option<Brought>; 2]>;

fn state(steps: &[Step], people: &mut BTreeMap<PersonKey, KnownPerson>) -> State {
    let mut state = State::new();
    for step in steps {
        people.entry(step.person.key).or_insert_with(|| step.person.clone());
        let [plan, actual] = state.entry((step.partner, step.person.key)).or_default();
        let place = if step.document == Document::Plan { plan } else { actual };
        *place = (!step.withdrawn).then_some(step.brought);
    }
    join_other_insurers(&mut state);
    state
}

/// A service office may write another 保険者番号 than the plan has (R-FLD-14): 実績 without 予定 belong
/// to 予定 without 実績 of the same 被保険者番号, where there is one of each.
fn join_other_insurers(state: &mut State) {
    let mut alike: BTreeMap<(OfficeNumber, String), [Vec<Pair>; 2]> = BTreeMap::new();
    for (pair, there) in &*state {
        let [plans, actuals] = alike.entry((pair.0, pair.1.insured().to_owned())).or_default();
        match there {
            [Some(_), None] => plans.push(*pair),
            [None, Some(_)] => actuals.push(*pair),
            [None, None] | [Some(_), Some(_)] => {}
        }
    }
    for [plans, actuals] in alike.into_values() {
        if let ([plan], [actual]) = (&plans[..], &actuals[..])
            && let Some([_, moved]) = state.remove(actual)
            && let Some([_, place]) = state.get_mut(plan)
        {
            *place = moved;
        }
    }
}

fn lines(
    this: &State,
    before: &State,
    people: &BTreeMap<PersonKey, KnownPerson>,
) -> Vec<MonthLine> {
    let planned_before = |pair: &Pair| {
        let [plan, _] = before.get(pair)?;
        plan.map(|plan| plan.direction)
    };
    let pairs: BTreeSet<&Pair> = this.keys().chain(before.keys()).collect();
    let mut lines: Vec<_> = pairs
        .into_iter()
        .filter_map(|pair| {
            let [plan, actual] = this.get(pair).copied().unwrap_or_default();
            let planned_before = planned_before(pair);
            let person = people.get(&pair.1)?.clone();
            let line = MonthLine { person, partner: pair.0, plan, actual, planned_before };
            let is_there = plan.is_some() || actual.is_some() || planned_before.is_some();
            is_there.then_some(line)
        })
        .collect();
    lines.sort_by(|one, other| {
        let order = |line: &MonthLine| (line.partner, line.person.kana.reveal().clone());
        order(one).cmp(&order(other))
    });
    lines
}
