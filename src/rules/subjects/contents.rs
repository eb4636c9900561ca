//! What one item makes another need or not need, and rows that say nothing (I-31, I-34, I-41).

use std::ops::RangeInclusive;

use crate::spec::{KnownItem, Layout};
use crate::types::FileKind;

use super::declared::{Declared, New, Scope};
use super::{Context, Draft, Facts, Findings, Judged, Places, Rule, Subject};

/// A code, the value of it that asks for a content, and the content.
struct Pair<P> {
    code: P,
    asks: &'static [u8],
    content: P,
    /// Whether the standard wants the content to be there then.
    wanted: bool,
}

const fn pair(code: KnownItem, asks: &'static [u8], content: KnownItem) -> Pair<KnownItem> {
    Pair { code, asks, content, wanted: true }
}

/// A content that only makes sense with the value but may be missing.
const fn only(code: KnownItem, asks: &'static [u8], content: KnownItem) -> Pair<KnownItem> {
    Pair { wanted: false, ..pair(code, asks, content) }
}

struct Contents {
    pairs: Vec<Pair<usize>>,
    /// The items of which one at least is filled.
    filled: Places,
    /// What only 介護予防サービス・支援計画書 has.
    prevention: Option<Prevention>,
}

/// 基本チェックリスト, and the issues with their backgrounds.
struct Prevention {
    checklist: [usize; 6],
    issues: [(usize, usize); 4],
}

/// What is held against each other in a kind of file, and the first and last of the items of which
/// one at least is filled; some ranges.
struct Scheme {
    pairs: &'static [Pair<KnownItem>],
    filled: &'static [(KnownItem, KnownItem)],
}

/// The questions that 基本チェックリスト asks about each subject of UPYOBO.43 to 48.
const QUESTIONS: [u8; 6] = [5, 2, 3, 2, 3, 5];

const CHECKLIST: [KnownItem; 6] = [
    KnownItem::ChecklistMoving,
    KnownItem::ChecklistFood,
    KnownItem::ChecklistMouth,
    KnownItem::ChecklistOuting,
    KnownItem::ChecklistMemory,
    KnownItem::ChecklistMood,
];

const ISSUES: [(KnownItem, KnownItem); 4] = [
    (KnownItem::MovingIssue, KnownItem::MovingReason),
    (KnownItem::HomeIssue, KnownItem::HomeReason),
    (KnownItem::SocialIssue, KnownItem::SocialReason),
    (KnownItem::HealthIssue, KnownItem::HealthReason),
];

/// The rows of these are told apart by nothing but their contents.
pub(super) const WEEKLY: (KnownItem, KnownItem) =
    (KnownItem::WeeklyService, KnownItem::OtherService);
pub(super) const DAILY: (KnownItem, KnownItem) = (KnownItem::TimeOfDay, KnownItem::LifeOfCarers);
pub(super) const ILLNESS: (KnownItem, KnownItem) = (KnownItem::IllnessDate, KnownItem::Treatment);

fn scheme(kind: FileKind) -> Scheme {
    const HOUSEWORK: &[Pair<KnownItem>] =
        &[pair(KnownItem::HouseworkReason, b"3", KnownItem::OtherReason)];
    const CONSULTATION: &[Pair<KnownItem>] = &[
        pair(KnownItem::ConsultedHow, b"03", KnownItem::ConsultedOtherwise),
        pair(KnownItem::Situation, b"02", KnownItem::SituationNote),
        only(KnownItem::Consultations, b"02", KnownItem::LastConsultedOn),
    ];
    const COURSE: &[Pair<KnownItem>] =
        &[only(KnownItem::IllnessCourse, b"01", KnownItem::Treatment)];
    const PLAN_ROW: &[(KnownItem, KnownItem)] = &[
        (KnownItem::Issue, KnownItem::Issue),
        (KnownItem::LongGoal, KnownItem::ShortPeriod),
        (KnownItem::ServiceContent, KnownItem::ServiceContent),
        (KnownItem::ServiceKind, KnownItem::ServicePeriod),
    ];
    const SUPPORT_ROW: &[(KnownItem, KnownItem)] = &[
        (KnownItem::WholeIssue, KnownItem::Goal),
        (KnownItem::SupportPoint, KnownItem::InsuredSupport),
        (KnownItem::UseKind, KnownItem::UsePeriod),
    ];
    let (pairs, filled): (&[Pair<KnownItem>], &[_]) = match kind {
        FileKind::Up1kyo => (HOUSEWORK, &[]),
        FileKind::Upkihon => (CONSULTATION, &[]),
        FileKind::Up2kyo => (&[], PLAN_ROW),
        FileKind::Up3kyo => (&[], &[WEEKLY]),
        FileKind::UpkihonSub1 => (&[], &[DAILY]),
        FileKind::UpkihonSub2 => (COURSE, &[ILLNESS]),
        FileKind::UpyoboSub => (&[], SUPPORT_ROW),
        _ => (&[], &[]),
    };
    Scheme { pairs, filled }
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(&[FileKind::Up1kyo, FileKind::Upkihon], &[Rule::ContentMissing]),
        Scope::of(
            &[FileKind::Up1kyo, FileKind::Upkihon, FileKind::UpkihonSub2],
            &[Rule::ContentNotAskedFor],
        ),
        Scope::of(
            &[
                FileKind::Up2kyo,
                FileKind::Up3kyo,
                FileKind::UpkihonSub1,
                FileKind::UpkihonSub2,
                FileKind::UpyoboSub,
            ],
            &[Rule::RecordWithoutContent],
        ),
        Scope::of(
            &[FileKind::Upyobo],
            &[Rule::ChecklistCountTooHigh, Rule::IssueWithoutBackground],
        ),
    ],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let scheme = scheme(layout.kind);
    let place = |item| layout.place(item);
    let pair = |pair: &Pair<KnownItem>| Pair {
        code: place(pair.code),
        asks: pair.asks,
        content: place(pair.content),
        wanted: pair.wanted,
    };
    let prevention = (layout.kind == FileKind::Upyobo).then(|| Prevention {
        checklist: CHECKLIST.map(place),
        issues: ISSUES.map(|(issue, background)| (place(issue), place(background))),
    });
    let filled = scheme.filled.iter().flat_map(|range| range_of(layout, *range));
    Box::new(Contents {
        pairs: scheme.pairs.iter().map(pair).collect(),
        filled: filled.collect(),
        prevention,
    })
}

/// The places from one item to another.
pub(super) fn range_of(
    layout: &Layout,
    (first, last): (KnownItem, KnownItem),
) -> RangeInclusive<usize> {
    layout.place(first)..=layout.place(last)
}

impl Subject for Contents {
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        if is_without_content(record, self.filled) {
            findings
                .add(Rule::RecordWithoutContent, || Draft::record(record.record, record.number));
        }
        for pair in &self.pairs {
            let (Some(code), Some(_)) = (record.good(pair.code), record.good(pair.content)) else {
                continue;
            };
            let rule = match (code == pair.asks, record.is_empty(pair.content)) {
                (true, true) if pair.wanted => Rule::ContentMissing,
                (false, false) => Rule::ContentNotAskedFor,
                _ => continue,
            };
            findings.add(rule, || {
                record
                    .at(pair.content)
                    .related(record.at(pair.code).place)
                    .with("code", record.name(pair.code))
                    .with("asks", String::from_utf8_lossy(pair.asks))
            });
        }
        if let Some(prevention) = &self.prevention {
            prevention.check(record, findings);
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}

/// Whether all of some items are empty; none of nothing is.
pub(super) fn is_without_content(record: &Judged<'_>, places: Places) -> bool {
    let mut rest = places;
    while let Some(place) = rest.pop() {
        if !record.is_empty(place) {
            return false;
        }
    }
    places != Places::default()
}

impl Prevention {
    fn check(&self, record: &Judged<'_>, findings: &mut Findings) {
        for (place, most) in self.checklist.into_iter().zip(QUESTIONS) {
            let count = record.good(place).and_then(|value| match value {
                [digit @ b'0'..=b'9'] => Some(digit - b'0'),
                _ => None,
            });
            if count.is_some_and(|count| count > most) {
                findings.add(Rule::ChecklistCountTooHigh, || record.at(place).with("most", most));
            }
        }
        for (issue, background) in self.issues {
            let is_told = record.good(background).is_none() || !record.is_empty(background);
            if record.good(issue) == Some(b"1") && !is_told {
                findings.add(Rule::IssueWithoutBackground, || {
                    record.at(background).related(record.at(issue).place)
                });
            }
        }
    }
}
