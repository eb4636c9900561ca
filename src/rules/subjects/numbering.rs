//! 第2表 and 支援計画書 別表: the numbers that order their rows, and the texts that repeat under a
//! number (R-FLD-15, R-YOBO-05, I-08, I-32, I-33).

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::contents;
use super::declared::{Declared, New, Scope};
use super::keys;
use super::person::{ItemNames, Person, RecordKey, Spot};
use super::prints::Prints;
use super::{Context, Facts, Findings, Judged, Rule, Severity, Subject, Suspended};

/// What is numbered, from the outside in: 課題, 援助目標 or 支援計画, 援助内容 or 利用サービス.
struct Scheme {
    date: KnownItem,
    numbers: [KnownItem; 3],
    /// The texts that belong to each of the two outer numbers.
    texts: [&'static [KnownItem]; 2],
    /// The first and last items that need the second and third number; the third table always
    /// needs all.
    needing: Option<[(KnownItem, KnownItem); 2]>,
    /// Whether texts are left out on the following rows of their number (R-YOBO-05).
    left_out: bool,
}

const PLAN: Scheme = Scheme {
    date: KnownItem::PlanDate,
    numbers: [KnownItem::IssueNumber, KnownItem::GoalNumber, KnownItem::HelpNumber],
    texts: [
        &[KnownItem::Issue],
        &[KnownItem::LongGoal, KnownItem::ShortGoal, KnownItem::LongPeriod, KnownItem::ShortPeriod],
    ],
    needing: None,
    left_out: false,
};

const PREVENTION: Scheme = Scheme {
    date: KnownItem::PreventionPlanDate,
    numbers: [KnownItem::IssueNumber, KnownItem::SupportNumber, KnownItem::UseNumber],
    texts: [
        &[KnownItem::WholeIssue, KnownItem::Proposal, KnownItem::Intention, KnownItem::Goal],
        &[KnownItem::SupportPoint, KnownItem::InformalSupport, KnownItem::InsuredSupport],
    ],
    needing: Some([
        (KnownItem::SupportPoint, KnownItem::UsePeriod),
        (KnownItem::UseKind, KnownItem::UsePeriod),
    ]),
    left_out: true,
};

/// Where a layout has the items of a scheme.
struct Places {
    /// The parts of the key.
    key: [usize; 3],
    numbers: [usize; 3],
    texts: [Vec<usize>; 2],
    needing: Option<[RangeInclusive<usize>; 2]>,
}

/// 0 where there is none.
type Numbers = [u8; 3];

/// More plans than any office has; the rows of others are not held against each other: 250 MB of
/// memory.
const MOST_PLANS: usize = 1 << 17;

struct Numbering {
    places: Places,
    left_out: bool,
    names: ItemNames,
    prints: Prints,
    plans: HashMap<RecordKey, Plan>,
    overflow: bool,
}

/// The rows of one plan.
#[derive(Default)]
struct Plan {
    /// The last number of each row.
    rows: BTreeMap<Numbers, Spot>,
    /// What stands under an outer number (the second then is 0) or under two.
    groups: BTreeMap<[u8; 2], Group>,
    /// Something is wrong with the numbers already.
    spoiled: bool,
}

struct Group {
    number: Spot,
    text: Option<Spot>,
    /// The print of each text, by its place, with where it came first.
    texts: Vec<(usize, u64, Spot)>,
}

/// What both tables are held against.
const RULES: &[Rule] = &[
    Rule::NumberNotFrom1To99,
    Rule::DuplicateNumbers,
    Rule::NumbersNotContiguous,
    Rule::NumberWithoutText,
    Rule::RepeatedTextDiffers,
    Rule::RepeatedTextNotLeftOut,
];

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(
            &[FileKind::Up2kyo],
            &[
                Rule::NumberNotFrom1To99,
                Rule::DuplicateNumbers,
                Rule::NumbersNotContiguous,
                Rule::NumberWithoutText,
                Rule::RepeatedTextDiffers,
            ],
        ),
        Scope::of(&[FileKind::UpyoboSub], RULES),
    ],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let scheme = if layout.kind == FileKind::Up2kyo { PLAN } else { PREVENTION };
    Box::new(Numbering {
        places: Places {
            key: keys::places(layout, scheme.date),
            numbers: scheme.numbers.map(|item| layout.place(item)),
            texts: scheme.texts.map(|items| layout.places(items).collect()),
            needing: scheme
                .needing
                .map(|ranges| ranges.map(|range| contents::range_of(layout, range))),
        },
        left_out: scheme.left_out,
        names: ItemNames::of(layout),
        prints: Prints::new(),
        plans: HashMap::new(),
        overflow: false,
    })
}

impl Subject for Numbering {
    fn given_up(&self) -> &'static [Rule] {
        if self.overflow { RULES } else { &[] }
    }

    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let places = &self.places;
        let Some(key) = keys::key(record, places.key) else { return };
        if self.plans.len() >= MOST_PLANS && !self.plans.contains_key(&key) {
            self.overflow = true;
            return;
        }
        let plan = self.plans.entry(key).or_default();
        let Some(numbers) = places.numbers(record, plan, findings) else { return };
        let lowest = numbers.iter().rposition(|number| *number > 0).unwrap_or_default();
        let [first, second, third] = places.numbers;
        let here = [first, second, third].into_iter().nth(lowest).unwrap_or(first);
        let spot = Spot::of(record, here);
        let before = *plan.rows.entry(numbers).or_insert(spot);
        if before != spot {
            plan.spoiled = true;
            // Which of its numbers tell the rows of the sub-table apart, the source leaves open.
            let limit = if self.left_out { Severity::Warning } else { Severity::Error };
            findings.add_at_most(Rule::DuplicateNumbers, limit, || {
                let shown: Vec<String> =
                    numbers.iter().take(lowest + 1).map(ToString::to_string).collect();
                record
                    .at(here)
                    .related(self.names.place(before))
                    .with("numbers", shown.join("-"))
                    .with("first", before.record)
            });
            return;
        }
        let [issue, goal, _] = numbers;
        let outer = [([issue, 0], first), ([issue, goal], second)];
        for ((group, number), texts) in outer.into_iter().zip(&places.texts) {
            if group != [issue, 0] && goal == 0 {
                continue;
            }
            let known = plan.groups.contains_key(&group);
            let group = plan.groups.entry(group).or_insert_with(|| Group {
                number: Spot::of(record, number),
                text: texts.first().map(|place| Spot::of(record, *place)),
                texts: Vec::new(),
            });
            let odd = group.take(record, texts, self.prints, known && self.left_out);
            if let Some((rule, place, before)) = odd {
                plan.spoiled |= rule == Rule::RepeatedTextDiffers;
                findings.add(rule, || {
                    record
                        .at(place)
                        .related(self.names.place(before))
                        .with("number", record.name(number))
                });
                return;
            }
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        let plans = self.plans.iter().filter(|(_, plan)| !plan.spoiled);
        let odd = plans.filter_map(|(key, plan)| Some((Person::of_key(key), plan.oddity()?)));
        facts.suspended.extend(odd.map(|(person, (rule, spot, expected))| Suspended {
            rule,
            spot,
            person,
            expected,
        }));
    }
}

impl Places {
    /// The numbers of a row, where they can be relied on.
    fn numbers(
        &self,
        record: &Judged<'_>,
        plan: &mut Plan,
        findings: &mut Findings,
    ) -> Option<Numbers> {
        let mut numbers = [0; 3];
        for (level, (place, number)) in self.numbers.into_iter().zip(&mut numbers).enumerate() {
            let Some(value) = record.good(place) else {
                plan.spoiled = true;
                return None;
            };
            *number = value.iter().fold(0_u8, |number, digit| {
                number.saturating_mul(10).saturating_add(digit.saturating_sub(b'0'))
            });
            let needed = match (level, &self.needing) {
                (0, _) | (_, None) => true,
                (level, Some(needing)) => needing
                    .get(level - 1)
                    .is_some_and(|range| range.clone().any(|place| !record.is_empty(place))),
            };
            if *number == 0 && (needed || !value.is_empty()) {
                plan.spoiled = true;
                findings.add(Rule::NumberNotFrom1To99, || {
                    record.at(place).with("item", record.name(place))
                });
                return None;
            }
        }
        Some(numbers)
    }
}

impl Group {
    /// Takes the texts of a row; tells the first that contradicts an earlier row or should have
    /// been left out, with where it stood before.
    fn take(
        &mut self,
        record: &Judged<'_>,
        places: &[usize],
        prints: Prints,
        left_out: bool,
    ) -> Option<(Rule, usize, Spot)> {
        let mut repeated = None;
        for place in places {
            let Some(text) = record.good(*place).filter(|_| !record.is_empty(*place)) else {
                continue;
            };
            let print = prints.of(*place, text);
            let Some((_, known, before)) = self.texts.iter().find(|(known, ..)| known == place)
            else {
                self.texts.push((*place, print, Spot::of(record, *place)));
                continue;
            };
            if *known != print {
                return Some((Rule::RepeatedTextDiffers, *place, *before));
            }
            if left_out && repeated.is_none() {
                repeated = Some((Rule::RepeatedTextNotLeftOut, *place, *before));
            }
        }
        repeated
    }
}

impl Plan {
    /// The first gap in the numbers, or else the first 課題ＮＯ that stands for nothing.
    fn oddity(&self) -> Option<(Rule, Spot, u8)> {
        self.gap().or_else(|| {
            let blank =
                self.groups.iter().find(|([_, goal], group)| *goal == 0 && group.texts.is_empty());
            blank.and_then(|(_, group)| Some((Rule::NumberWithoutText, group.text?, 0)))
        })
    }

    fn gap(&self) -> Option<(Rule, Spot, u8)> {
        let gap = |spot: Spot, expected| Some((Rule::NumbersNotContiguous, spot, expected));
        let (mut issues, mut goals) = (0, 0);
        for ([issue, goal], group) in &self.groups {
            let (number, count) = if *goal == 0 {
                goals = 0;
                (*issue, &mut issues)
            } else {
                (*goal, &mut goals)
            };
            *count += 1;
            if number != *count {
                return gap(group.number, *count);
            }
            if *goal == 0 {
                continue;
            }
            let rows = self.rows.range([*issue, *goal, 1]..=[*issue, *goal, u8::MAX]);
            for (expected, ([.., number], spot)) in (1..).zip(rows) {
                if *number != expected {
                    return gap(*spot, expected);
                }
            }
        }
        None
    }
}
