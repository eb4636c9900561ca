//! 第6表 予定: who is there, and how often each service, for the other files of the send unit.

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::declared::{Declared, New, Scope};
use super::facts::{PlanFacts, PlanGroup, PlanGroups, PlanKey, PlanPerson};
use super::people::{Merge as _, Runs};
use super::person::{ItemNames, Person, PersonItems, Spot, number};
use super::usage::is_stay;
use super::{Context, Facts, Findings, Judged, Places, Subject};

/// More than any region plans; beyond these nothing is counted.
const MOST_GROUPS: usize = 400_000;

/// Users beyond these are not joined.
const MOST_PEOPLE: usize = 1_000_000;

/// The services of one person take turns from record to record.
const AT_HAND: usize = 16;

struct Planned {
    person: PersonItems,
    code: usize,
    office: usize,
    units: usize,
    count: usize,
    over_thirty: usize,
    days_before: usize,
    facts: PlanFacts,
    people: Runs<PlanPerson>,
    groups: PlanGroups,
    overflow: bool,
    last: Option<Person>,
    at_hand: [Option<(PlanKey, PlanGroup)>; AT_HAND],
    /// All items that are read here.
    all: Places,
    /// The group of the last record, where another record with the same items adds one to it and
    /// nothing else.
    open: Option<usize>,
}

pub(super) const SUBJECT: Declared =
    Declared { scopes: &[Scope::of(&[FileKind::Upplan], &[])], new: New::OfLayout(new) };

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let names = ItemNames::of(layout);
    let person = PersonItems::of(layout);
    let code = layout.place(KnownItem::ServiceCode);
    let office = layout.place(KnownItem::ServiceOffice);
    let units = layout.place(KnownItem::Units);
    let count = layout.place(KnownItem::ServiceCount);
    let over_thirty = layout.place(KnownItem::OverThirty);
    let days_before = layout.place(KnownItem::StayDaysBefore);
    let all = [code, office, units, count, over_thirty, days_before].into_iter().collect();
    Box::new(Planned {
        person,
        code,
        office,
        units,
        count,
        over_thirty,
        days_before,
        all: person.places().with(all),
        open: None,
        facts: PlanFacts { names, whole: true, ..PlanFacts::default() },
        people: Runs::new(),
        groups: PlanGroups::default(),
        overflow: false,
        last: None,
        at_hand: [None; AT_HAND],
    })
}

impl Subject for Planned {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        self.open = None;
        let Some(person) = self.person.read(record) else {
            self.facts.whole = false;
            return;
        };
        let counted = self.count(record, person).is_some();
        let stay = record.good(self.code).is_some_and(is_stay);
        let over_thirty = stay && record.good(self.over_thirty) == Some(b"1");
        if self.last == Some(person) && counted && !stay {
            return;
        }
        self.last = Some(person);
        let days_before = stay.then(|| {
            let days = record.good(self.days_before).and_then(number)?;
            Some((days, Spot::of(record, self.days_before)))
        });
        let said = PlanPerson {
            first: self.person.spots(record),
            over_thirty: over_thirty.then(|| Spot::of(record, self.over_thirty)),
            days_before: days_before.flatten(),
            torn: !counted,
        };
        if let Some(known) = self.people.at_hand(person) {
            known.merge(said);
        } else if self.people.len() < MOST_PEOPLE {
            self.people.push(person, said);
        } else {
            self.facts.whole = false;
        }
    }

    fn rests_on(&self) -> Option<Places> {
        self.open.map(|_| self.all)
    }

    /// They add one each to the group at hand.
    fn pass(&mut self, records: u64) {
        let open = self.open.and_then(|open| self.at_hand.get_mut(open));
        if let Some(Some((_, group))) = open {
            group.count += i64::try_from(records).unwrap_or(i64::MAX);
        }
    }

    fn end_file(mut self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        for slot in 0..AT_HAND {
            self.put_away(slot);
        }
        if !self.overflow {
            self.facts.groups = Some(self.groups);
        }
        facts.plan = Some(PlanFacts { people: self.people.finish(), ..self.facts });
    }
}

impl Planned {
    fn count(&mut self, record: &Judged<'_>, person: Person) -> Option<()> {
        let code: [u8; 6] = record.good(self.code)?.try_into().ok()?;
        let office: [u8; 10] = record.good(self.office)?.try_into().ok()?;
        let units = number(record.good(self.units)?)?;
        let count = number(record.good(self.count)?)?;
        let over_thirty = is_stay(&code) && record.good(self.over_thirty) == Some(b"1");
        let key = PlanKey { person, office, code, units, over_thirty };
        let odd_count = (count != 1).then(|| (count, Spot::of(record, self.count)));
        let slot = code.iter().chain(office.get(6..).unwrap_or_default());
        let slot = slot.fold(0_usize, |slot, byte| slot * 5 + usize::from(*byte)) % AT_HAND;
        if let Some(Some((same, group))) = self.at_hand.get_mut(slot)
            && *same == key
        {
            group.count += count;
            group.odd_count = odd_count.or(group.odd_count);
            self.open = odd_count.is_none().then_some(slot);
            return Some(());
        }
        self.put_away(slot);
        if let Some(place) = self.at_hand.get_mut(slot) {
            let group = PlanGroup {
                count,
                units_spot: Spot::of(record, self.units),
                code_spot: Spot::of(record, self.code),
                office_spot: Spot::of(record, self.office),
                odd_count,
            };
            *place = Some((key, group));
            self.open = odd_count.is_none().then_some(slot);
        }
        Some(())
    }

    /// Moves what is at hand to the others of its key.
    fn put_away(&mut self, slot: usize) {
        let Some((key, group)) = self.at_hand.get_mut(slot).and_then(Option::take) else { return };
        if self.groups.len() >= MOST_GROUPS && !self.overflow {
            self.groups.merge();
            // Merging again and again for little room would take forever.
            self.overflow = self.groups.len() > MOST_GROUPS / 4 * 3;
        }
        if !self.overflow {
            self.groups.add(key, group);
        }
    }
}
