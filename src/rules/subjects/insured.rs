//! 利用者補足情報: 種類別支給限度額, 認定, and what goes into the send unit (R-FLD-16, I-14).

use crate::spec::{KnownItem, Layout};
use crate::types::{FileKind, MonthPart, ServiceMonth};

use super::declared::{Declared, New, Scope};
use super::facts::{SupplementFacts, SupplementPerson};
use super::person::{ItemNames, PersonItems, Spot, number};
use super::{Context, Facts, Findings, Judged, Rule, Subject};

/// 区分支給限度基準額 of each 要介護状態区分, since October 2019.
const LIMITS: [(&[u8], i64); 8] = [
    (b"06", 5_032),
    (b"12", 5_032),
    (b"13", 10_531),
    (b"21", 16_765),
    (b"22", 19_705),
    (b"23", 27_048),
    (b"24", 30_938),
    (b"25", 36_217),
];

/// 短期入所療養介護, which is to be written as 22 (UPHOSOKU.20).
const MEDICAL_STAYS: [&[u8]; 5] = [b"23", b"2A", b"25", b"26", b"2B"];

struct Insured {
    person: PersonItems,
    month: usize,
    born: usize,
    certified: usize,
    start: usize,
    end: usize,
    state: usize,
    changed: usize,
    level: usize,
    previous_level: usize,
    limit: usize,
    over_sum: usize,
    days_before: usize,
    days_total: usize,
    slots: Vec<Slot>,
    /// By its name, the file goes with a usage slip.
    with_slip: bool,
    facts: SupplementFacts,
}

/// The items of one of the nine slots.
struct Slot {
    kind: usize,
    limit: usize,
    sum: usize,
    over: usize,
}

/// The nine slots, in their order.
const SLOTS: [[KnownItem; 4]; 9] = [
    [KnownItem::LimitType1, KnownItem::TypeLimit1, KnownItem::TypeSum1, KnownItem::TypeOver1],
    [KnownItem::LimitType2, KnownItem::TypeLimit2, KnownItem::TypeSum2, KnownItem::TypeOver2],
    [KnownItem::LimitType3, KnownItem::TypeLimit3, KnownItem::TypeSum3, KnownItem::TypeOver3],
    [KnownItem::LimitType4, KnownItem::TypeLimit4, KnownItem::TypeSum4, KnownItem::TypeOver4],
    [KnownItem::LimitType5, KnownItem::TypeLimit5, KnownItem::TypeSum5, KnownItem::TypeOver5],
    [KnownItem::LimitType6, KnownItem::TypeLimit6, KnownItem::TypeSum6, KnownItem::TypeOver6],
    [KnownItem::LimitType7, KnownItem::TypeLimit7, KnownItem::TypeSum7, KnownItem::TypeOver7],
    [KnownItem::LimitType8, KnownItem::TypeLimit8, KnownItem::TypeSum8, KnownItem::TypeOver8],
    [KnownItem::LimitType9, KnownItem::TypeLimit9, KnownItem::TypeSum9, KnownItem::TypeOver9],
];

impl Slot {
    fn of(layout: &Layout, items: [KnownItem; 4]) -> Self {
        let [kind, limit, sum, over] = items.map(|item| layout.place(item));
        Self { kind, limit, sum, over }
    }
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(
        &[FileKind::Uphosoku],
        &[
            Rule::LimitSlotsOutOfOrder,
            Rule::LimitSlotIncomplete,
            Rule::LimitSlotTypeRepeated,
            Rule::LimitSlotShortStay,
            Rule::LimitSlotOverDiffers,
            Rule::LimitSlotsSumDiffers,
            Rule::PeriodReversed,
            Rule::TooYoung,
            Rule::CertifiedWithoutCareLevel,
            Rule::HalfACareLevelChange,
            Rule::DaysGoBackwards,
            Rule::UnusualLimit,
            Rule::PeriodMissesMonth,
        ],
    )],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    Box::new(Insured {
        person: PersonItems::of(layout),
        month: layout.place(KnownItem::ServiceMonth),
        born: layout.place(KnownItem::Born),
        certified: layout.place(KnownItem::CertifiedOn),
        start: layout.place(KnownItem::LimitFrom),
        end: layout.place(KnownItem::LimitUntil),
        state: layout.place(KnownItem::CertificationState),
        changed: layout.place(KnownItem::LevelChangedOn),
        level: layout.place(KnownItem::CareLevel),
        previous_level: layout.place(KnownItem::PreviousLevel),
        limit: layout.place(KnownItem::Limit),
        over_sum: layout.place(KnownItem::OverSum),
        days_before: layout.place(KnownItem::CareDaysBefore),
        days_total: layout.place(KnownItem::CareDaysTotal),
        slots: SLOTS.iter().map(|items| Slot::of(layout, *items)).collect(),
        with_slip: context
            .name
            .and_then(|name| name.month)
            .is_some_and(|month| month != MonthPart::Zero),
        facts: SupplementFacts {
            names: ItemNames::of(layout),
            whole: true,
            ..SupplementFacts::default()
        },
    })
}

impl Subject for Insured {
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        self.check_slots(record, findings);
        self.check_dates(record, findings);
        self.check_level(record, findings);
        let days = (read(record, self.days_before), read(record, self.days_total));
        let backwards = matches!(days, (Some(before), Some(total)) if total < before);
        if backwards {
            findings.add(Rule::DaysGoBackwards, || {
                record.at(self.days_total).related(record.at(self.days_before).place)
            });
        }
        self.keep(record, backwards);
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        facts.supplement = Some(self.facts);
    }
}

fn read(record: &Judged<'_>, place: usize) -> Option<i64> {
    record.good(place).and_then(number)
}

fn filled(record: &Judged<'_>, place: usize) -> bool {
    record.good(place).is_none_or(|value| !value.is_empty())
}

impl Insured {
    fn check_slots(&self, record: &Judged<'_>, findings: &mut Findings) {
        let mut gap = None;
        let mut sum = 0;
        let mut used = 0;
        let mut sound = true;
        for (index, slot) in self.slots.iter().enumerate() {
            let places = [slot.kind, slot.limit, slot.sum, slot.over];
            // Some products write 0 into slots that are not in use.
            let in_use = filled(record, slot.kind)
                || places.iter().skip(1).any(|place| read(record, *place).is_some_and(|n| n != 0));
            if !in_use {
                gap.get_or_insert(slot.kind);
                continue;
            }
            if let Some(gap) = gap {
                findings.add(Rule::LimitSlotsOutOfOrder, || {
                    record.at(slot.kind).related(record.at(gap).place).with("slot", index + 1)
                });
                return;
            }
            used += 1;
            sound &= self.check_slot(record, index, slot, findings);
            sum += read(record, slot.over).unwrap_or(0);
        }
        if let Some(total) = read(record, self.over_sum)
            && used > 0
            && sound
            && total != sum
        {
            findings.add(Rule::LimitSlotsSumDiffers, || {
                let mut draft = record.at(self.over_sum).with("got", total).with("expected", sum);
                for slot in self.slots.iter().take(used) {
                    draft = draft.related(record.at(slot.over).place);
                }
                draft
            });
        }
    }

    /// Says whether nothing was found.
    fn check_slot(
        &self,
        record: &Judged<'_>,
        index: usize,
        slot: &Slot,
        findings: &mut Findings,
    ) -> bool {
        // An item that is bad by itself explains whatever does not fit it.
        let places = [slot.kind, slot.limit, slot.sum, slot.over];
        if places.into_iter().any(|place| record.good(place).is_none()) {
            return false;
        }
        let lacking = [slot.kind, slot.limit].into_iter().find(|place| !filled(record, *place));
        if let Some(place) = lacking {
            findings.add(Rule::LimitSlotIncomplete, || record.at(place).with("slot", index + 1));
            return false;
        }
        let kind = record.good(slot.kind).unwrap_or_default();
        let before = self.slots.iter().take(index);
        let same = before.map(|slot| slot.kind).find(|other| record.good(*other) == Some(kind));
        if let Some(same) = same.filter(|_| !kind.is_empty()) {
            findings.add(Rule::LimitSlotTypeRepeated, || {
                record.at(slot.kind).related(record.at(same).place)
            });
            return false;
        }
        if MEDICAL_STAYS.contains(&kind) {
            findings.add(Rule::LimitSlotShortStay, || record.at(slot.kind));
            return false;
        }
        let numbers = (read(record, slot.limit), read(record, slot.sum), read(record, slot.over));
        if let (Some(limit), Some(sum), Some(over)) = numbers
            && over != (sum - limit).max(0)
        {
            findings.add(Rule::LimitSlotOverDiffers, || {
                record
                    .at(slot.over)
                    .related(record.at(slot.limit).place)
                    .related(record.at(slot.sum).place)
                    .with("got", over)
                    .with("expected", (sum - limit).max(0))
            });
            return false;
        }
        true
    }

    fn check_dates(&self, record: &Judged<'_>, findings: &mut Findings) {
        let date = |place| record.good(place).filter(|date| !date.is_empty());
        let (start, end) = (date(self.start), date(self.end));
        if let (Some(from), Some(to)) = (start, end)
            && from > to
        {
            // Where 認定日 fits the end, the beginning is wrong.
            let end_fits = date(self.certified).is_some_and(|certified| certified <= to);
            let (place, other) =
                if end_fits { (self.start, self.end) } else { (self.end, self.start) };
            findings.add(Rule::PeriodReversed, || record.at(place).related(record.at(other).place));
            return;
        }
        if let Some(born) = date(self.born)
            && let Some(from) = start
            && years(born, from).is_some_and(|years| years < 40)
        {
            findings
                .add(Rule::TooYoung, || record.at(self.born).related(record.at(self.start).place));
        }
        let applied_for = record.good(self.state) == Some(b"1");
        let month = record.good(self.month).filter(|month| ServiceMonth::from_bytes(month).is_ok());
        let Some(month) = month.filter(|_| !applied_for) else { return };
        let of = |date: Option<&'_ [u8]>| date.and_then(|date| date.get(..6).map(<[u8]>::to_vec));
        let late = of(start).is_some_and(|from| from.as_slice() > month);
        let early = of(end).is_some_and(|to| to.as_slice() < month);
        if late || early {
            let place = if late { self.start } else { self.end };
            findings.add(Rule::PeriodMissesMonth, || {
                record.at(place).related(record.at(self.month).place)
            });
        }
    }

    fn check_level(&self, record: &Judged<'_>, findings: &mut Findings) {
        let level = record.good(self.level);
        if record.good(self.state) == Some(b"2") && level == Some(b"") {
            findings.add(Rule::CertifiedWithoutCareLevel, || {
                record.at(self.level).related(record.at(self.state).place)
            });
        }
        let (changed, previous) =
            (filled(record, self.changed), filled(record, self.previous_level));
        if changed != previous {
            let (place, other) = if changed {
                (self.previous_level, self.changed)
            } else {
                (self.changed, self.previous_level)
            };
            findings.add(Rule::HalfACareLevelChange, || {
                record.at(place).related(record.at(other).place)
            });
        }
        let usual = level
            .and_then(|level| LIMITS.iter().find(|(code, _)| *code == level))
            .map(|(_, limit)| *limit);
        // Of two levels within a month the higher limit counts.
        let unusual = |limit: i64| usual.is_some_and(|usual| limit != usual && limit != 0);
        if !changed && !previous && read(record, self.limit).is_some_and(unusual) {
            findings.add(Rule::UnusualLimit, || {
                record
                    .at(self.limit)
                    .related(record.at(self.level).place)
                    .with("expected", usual.unwrap_or_default())
            });
        }
    }

    /// The usual limit of the level before, where it changed within the month: of two levels the
    /// higher limit counts for the whole month.
    fn limit_before(&self, record: &Judged<'_>) -> i64 {
        let (changed, month) = (record.good(self.changed), record.good(self.month));
        let within = changed.zip(month).is_some_and(|(changed, month)| {
            changed.strip_prefix(month).is_some_and(|day| !day.is_empty() && day != b"01")
        });
        let previous = record.good(self.previous_level).filter(|_| within);
        let usual = LIMITS.iter().find(|(code, _)| Some(*code) == previous);
        usual.map_or(0, |(_, limit)| *limit)
    }

    /// For the send unit. Records that go with a plan have no month and no part in it.
    fn keep(&mut self, record: &Judged<'_>, backwards: bool) {
        if record.good(self.month) == Some(b"000000") {
            // Under the name of a usage slip it is one whose month is wrong.
            self.facts.whole &= !self.with_slip;
            return;
        }
        let Some(person) = self.person.read(record) else {
            self.facts.whole = false;
            return;
        };
        let kept = |place| read(record, place).map(|value| (value, Spot::of(record, place)));
        let (limit, before) = (kept(self.limit), self.limit_before(record));
        self.facts.people.entry(person).or_insert_with(|| SupplementPerson {
            first: self.person.spots(record),
            limit: limit.map(|(limit, spot)| (limit.max(before), spot)),
            days_before: kept(self.days_before).filter(|_| !backwards),
        });
    }
}

/// Full years between two dates that were found good.
fn years(from: &[u8], to: &[u8]) -> Option<i64> {
    let (from, to) = (number(from)?, number(to)?);
    Some((to - from).div_euclid(10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_full() {
        assert_eq!(years(b"19860402", b"20260401"), Some(39));
        assert_eq!(years(b"19860401", b"20260401"), Some(40));
    }
}
