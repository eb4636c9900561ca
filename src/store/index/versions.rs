//! Which version of a plan each partner has.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rusqlite::{Connection, params};

use super::entry::ContentsState;
use super::id::EntryId;
use super::months::is_effective;
use super::person::{self, KnownPerson};
use crate::contents::{Document, PersonKey};
use crate::store::unit::Column;
use crate::store::{Store, StoreError};
use crate::transfer::OutgoingState;
use crate::types::{OfficeNumber, ServiceMonth};

/// The newest plan about a person that an office sent, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanVersions {
    /// Who.
    pub person: KnownPerson,
    /// Its 作成（変更）日.
    pub newest: Date,
    /// The package with the highest 連番 that holds it.
    pub package: EntryId,
    /// Every partner that has a plan about the person, or 予定 of the month that was asked for.
    pub holders: Vec<Holder>,
}

/// What a partner has of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The partner.
    pub partner: OfficeNumber,
    /// The 作成（変更）日 of the newest plan that was delivered and not withdrawn.
    pub has: Option<Date>,
    /// The 作成（変更）日 of the newest plan that is on its way.
    pub on_its_way: Option<Date>,
    /// The last package to the partner that is about the person: a plan, or 予定 of the month.
    pub last: Option<EntryId>,
}

impl PlanVersions {
    /// The partners that have an older one or none, and to whom the newest is not on its way.
    pub fn lacking(&self) -> impl Iterator<Item = &Holder> {
        self.holders.iter().filter(|holder| {
            holder.has.max(holder.on_its_way).is_none_or(|date| date < self.newest)
        })
    }
}

impl Store {
    /// The newest plan about each person that `office` sent, and who has it; `document` is
    /// [`Document::CarePlan`] or [`Document::SupportPlan`]. Partners that have 予定 of `month` about a
    /// person are told also where they never got a plan. In the order of kana.
    pub async fn plan_versions(
        &self,
        office: OfficeNumber,
        document: Document,
        month: ServiceMonth,
    ) -> Result<Vec<PlanVersions>, StoreError> {
        self.read(move |connection| {
            let steps = steps(connection, office, document)?;
            let planned = planned(connection, office, month)?;
            Ok(versions(&steps, &planned))
        })
        .await
    }

    /// Everybody whom a package is about, each with the newest day of a `document` in it, if it has
    /// one; nothing where that is not known of everybody in it.
    pub async fn plans_in(
        &self,
        entry: EntryId,
        document: Document,
    ) -> Result<Option<BTreeMap<PersonKey, Option<Date>>>, StoreError> {
        self.read(move |connection| {
            let is_known = connection
                .prepare_cached("SELECT 1 FROM entries WHERE id = ?1 AND contents = ?2")?
                .exists(params![entry.0, ContentsState::Read.as_str()])?;
            if !is_known {
                return Ok(None);
            }
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {}, max(iif(m.document = ?2 AND m.withdrawn = 0, m.date, 0))
                 FROM mentions AS m CROSS JOIN people AS p ON p.id = m.person
                 WHERE m.entry = ?1 GROUP BY p.id",
                person::COLUMNS
            ))?;
            let rows = statement.query_map(params![entry.0, document.as_str()], |row| {
                let day: i64 = row.get(4)?;
                Ok(person::read(row, 0)?.map(|person| (person.key, date(day))))
            })?;
            rows.map(|row| row?).collect::<Result<_, _>>().map(Some)
        })
        .await
    }
}

/// That a package brought or withdrew a plan.
struct Step {
    person: KnownPerson,
    partner: OfficeNumber,
    day: Date,
    withdrawn: bool,
    state: OutgoingState,
    entry: EntryId,
}

/// The plans that were sent, in the order of the 連番.
fn steps(
    connection: &Connection,
    office: OfficeNumber,
    document: Document,
) -> Result<Vec<Step>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {}, e.partner, m.date, m.withdrawn, e.state, e.id
         FROM mentions AS m INDEXED BY mentions_plans
             CROSS JOIN entries AS e ON e.id = m.entry CROSS JOIN people AS p ON p.id = m.person
         WHERE m.document = ?1 AND m.document IN ('care-plan', 'support-plan')
             AND e.direction = 'out' AND e.office = ?2 AND m.date > 0
         ORDER BY e.serial, e.id",
        person::COLUMNS
    ))?;
    let rows = statement.query_map(params![document.as_str(), Column(office)], |row| {
        let (day, withdrawn): (i64, bool) = (row.get(5)?, row.get(6)?);
        let partner = row.get::<_, Column<_>>(4)?.0;
        let (state, entry) = (row.get::<_, Column<_>>(7)?.0, EntryId(row.get(8)?));
        Ok(person::read(row, 0)?.and_then(|person| {
            let day = date(day).ok_or(StoreError::Damaged("day of a plan"))?;
            Ok(Step { person, partner, day, withdrawn, state, entry })
        }))
    })?;
    rows.map(|row| row?).collect()
}

fn date(stored: i64) -> Option<Date> {
    let year = i16::try_from(stored / 10_000).ok()?;
    let month = i8::try_from(stored / 100 % 100).ok()?;
    Date::new(year, month, i8::try_from(stored % 100).ok()?).ok()
}

/// Who has 予定 of a month about whom from us: of what arrived or still may, the newest says whether
/// there is one.
fn planned(
    connection: &Connection,
    office: OfficeNumber,
    month: ServiceMonth,
) -> Result<BTreeMap<(PersonKey, OfficeNumber), EntryId>, StoreError> {
    let date = i64::from(month.year()) * 100 + i64::from(month.month());
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {}, e.partner, m.withdrawn, e.id FROM entries AS e
             CROSS JOIN mentions AS m ON m.entry = e.id CROSS JOIN people AS p ON p.id = m.person
         WHERE e.direction = 'out' AND e.office = ?1 AND instr(e.months, ?2) > 0 AND {}
             AND m.document = '{}' AND m.date = ?3
         ORDER BY e.serial, e.id",
        person::COLUMNS,
        is_effective(),
        Document::Plan.as_str()
    ))?;
    let rows = statement.query_map(params![Column(office), month.to_string(), date], |row| {
        let (partner, withdrawn) = (row.get::<_, Column<_>>(4)?.0, row.get(5)?);
        let entry = EntryId(row.get(6)?);
        Ok(person::read(row, 0)?.map(|person| ((person.key, partner), (withdrawn, entry))))
    })?;
    let mut planned = BTreeMap::new();
    for row in rows {
        let (pair, (withdrawn, entry)): (_, (bool, _)) = row??;
        if withdrawn {
            planned.remove(&pair);
        } else {
            planned.insert(pair, entry);
        }
    }
    Ok(planned)
}

/// What partners have and what is on its way to them: the days of the plans.
#[derive(Default)]
struct Held {
    delivered: BTreeSet<Date>,
    underway: BTreeSet<Date>,
    last: Option<EntryId>,
}

fn versions(
    steps: &[Step],
    planned: &BTreeMap<(PersonKey, OfficeNumber), EntryId>,
) -> Vec<PlanVersions> {
    let mut people: BTreeMap<PersonKey, (KnownPerson, Option<(Date, EntryId)>)> = BTreeMap::new();
    let mut held: BTreeMap<PersonKey, BTreeMap<OfficeNumber, Held>> = BTreeMap::new();
    for step in steps {
        let key = step.person.key;
        let (_, newest) = people.entry(key).or_insert_with(|| (step.person.clone(), None));
        let partner = held.entry(key).or_default().entry(step.partner).or_default();
        partner.last = Some(step.entry);
        match (has(step.state), step.withdrawn) {
            (Some(true), false) => {
                partner.delivered.insert(step.day);
            }
            (Some(false), false) => {
                partner.underway.insert(step.day);
            }
            (Some(true), true) => {
                partner.delivered.remove(&step.day);
                partner.underway.remove(&step.day);
            }
            (Some(false) | None, _) => {}
        }
        // Also a package that did not arrive holds what can be sent again.
        if !step.withdrawn && newest.is_none_or(|(day, _)| day <= step.day) {
            *newest = Some((step.day, step.entry));
        }
    }
    for ((key, partner), entry) in planned {
        held.entry(*key).or_default().entry(*partner).or_default().last = Some(*entry);
    }
    let mut versions: Vec<_> = people
        .into_iter()
        .filter_map(|(key, (person, newest))| {
            let (newest, package) = newest?;
            let holders = held.remove(&key).unwrap_or_default().into_iter();
            let holders = holders.map(|(partner, held)| Holder {
                partner,
                has: held.delivered.last().copied(),
                on_its_way: held.underway.last().copied(),
                last: held.last,
            });
            let still = |holder: &Holder| {
                holder.has.is_some()
                    || holder.on_its_way.is_some()
                    || planned.contains_key(&(key, holder.partner))
            };
            let holders = holders.filter(still).collect();
            Some(PlanVersions { person, newest, package, holders })
        })
        .collect();
    versions.sort_by(|one, other| one.person.kana.reveal().cmp(other.person.kana.reveal()));
    versions
}

/// Whether the partner has a package; none where it never will.
const fn has(state: OutgoingState) -> Option<bool> {
    match state {
        OutgoingState::Queued
        | OutgoingState::Deposited
        | OutgoingState::ToUpload
        | OutgoingState::ToPrint => Some(false),
        // As far as a person says.
        OutgoingState::Uploaded | OutgoingState::SentOnPaper => Some(true),
        OutgoingState::Consigned | OutgoingState::HeldByRecipient | OutgoingState::HandedOver => {
            Some(true)
        }
        OutgoingState::Refused
        | OutgoingState::Rejected
        | OutgoingState::RecallAsked
        | OutgoingState::Recalled
        | OutgoingState::Expired
        | OutgoingState::Superseded => None,
    }
}
