//! The keys of records (R-REL): one record per key, rows that say something new, and what the send
//! unit needs to join its files.

use std::collections::HashMap;

use crate::spec::{KnownItem, Layout};
use crate::types::FileKind;

use super::contents::{self, is_without_content};
use super::declared::{Declared, New, Scope};
use super::person::{ItemNames, RecordKey, Spot};
use super::prints::Prints;
use super::{Context, Facts, Findings, Judged, Places, Rule, Subject};

/// The lengths of the parts of a key.
pub(in crate::rules) const PARTS: [usize; 3] = [6, 10, 8];

/// What a file leaves behind about its keys.
#[derive(Debug)]
pub(in crate::rules) struct KeyFacts {
    /// Each key with its first record.
    pub(in crate::rules) records: HashMap<RecordKey, Keyed>,
    /// Whether every record could be read and had a readable key.
    pub(in crate::rules) complete: bool,
    /// For places.
    pub(in crate::rules) names: ItemNames,
}

/// The first record with a key.
#[derive(Debug)]
pub(in crate::rules) struct Keyed {
    /// Where the parts of the key stand.
    pub(in crate::rules) parts: [Spot; 3],
    /// Values that another file of the unit repeats.
    pub(in crate::rules) repeated: Vec<(Vec<u8>, Spot)>,
}

/// Findings that leave records unread: which keys a file has is then not known.
const BLOCKING: &[Rule] = &[
    Rule::WrongItemCount,
    Rule::StrayQuote,
    Rule::UnclosedQuote,
    Rule::RecordTooLong,
    Rule::MixedCsvVersions,
    Rule::CsvVersionDoesNotFitName,
    Rule::UnknownCsvVersion,
];

/// More keys than any office has plans; a file beyond that is not joined.
const MOST_KEYS: usize = 1 << 19;

struct Keys {
    places: [usize; 3],
    /// Whether a key comes once.
    unique: bool,
    /// The items of rows that are told apart by nothing but their contents.
    rows: Places,
    repeated: Vec<usize>,
    /// 対象年月 and 要介護状態変更日 of 利用者補足情報.
    supplement: Option<(usize, usize)>,
    facts: KeyFacts,
    last: Option<RecordKey>,
    /// By the print of a row, where it stood first.
    seen: HashMap<u64, Spot>,
    prints: Prints,
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(
            &[
                FileKind::Up1kyo,
                FileKind::Uphosoku,
                FileKind::Upkihon,
                FileKind::Upyobo,
                FileKind::Dlt1kyo,
                FileKind::Dltkihon,
                FileKind::Dltyobo,
            ],
            &[Rule::DuplicateKey],
        ),
        Scope::of(
            &[FileKind::Up3kyo, FileKind::UpkihonSub1, FileKind::UpkihonSub2],
            &[Rule::DuplicateRow],
        ),
        // Their rows have numbers, which another subject judges.
        Scope::of(&[FileKind::Up2kyo, FileKind::UpyoboSub], &[]),
    ],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let kind = layout.kind;
    let date = match kind {
        FileKind::Upkihon | FileKind::UpkihonSub1 | FileKind::UpkihonSub2 | FileKind::Dltkihon => {
            KnownItem::ConsultedOn
        }
        FileKind::Upyobo | FileKind::UpyoboSub | FileKind::Dltyobo => KnownItem::PreventionPlanDate,
        _ => KnownItem::PlanDate,
    };
    let unique = !is_part(kind);
    let rows = match kind {
        FileKind::Up3kyo => Some(contents::WEEKLY),
        FileKind::UpkihonSub1 => Some(contents::DAILY),
        FileKind::UpkihonSub2 => Some(contents::ILLNESS),
        _ => None,
    };
    let repeated: &[KnownItem] = match kind {
        FileKind::Up1kyo | FileKind::Uphosoku => {
            &[KnownItem::CertificationState, KnownItem::CertifiedOn, KnownItem::CareLevel]
        }
        _ => &[],
    };
    let supplement = (kind == FileKind::Uphosoku)
        .then(|| (layout.place(KnownItem::ServiceMonth), layout.place(KnownItem::LevelChangedOn)));
    Box::new(Keys {
        places: places(layout, date),
        unique,
        rows: rows.into_iter().flat_map(|range| contents::range_of(layout, range)).collect(),
        repeated: layout.places(repeated).collect(),
        supplement,
        facts: KeyFacts { records: HashMap::new(), complete: true, names: ItemNames::of(layout) },
        last: None,
        seen: HashMap::new(),
        prints: Prints::new(),
    })
}

/// Whether a file holds many records per key, under a parent of its own kind.
const fn is_part(kind: FileKind) -> bool {
    matches!(
        kind,
        FileKind::Up2kyo
            | FileKind::Up3kyo
            | FileKind::UpkihonSub1
            | FileKind::UpkihonSub2
            | FileKind::UpyoboSub
    )
}

/// Where the parts of a key stand.
pub(super) fn places(layout: &Layout, date: KnownItem) -> [usize; 3] {
    [KnownItem::Insurer, KnownItem::Insured, date].map(|item| layout.place(item))
}

/// The key of a record; nothing where a part cannot be relied on.
pub(super) fn key(record: &Judged<'_>, places: [usize; 3]) -> Option<RecordKey> {
    let mut key = [b' '; 24];
    let mut rest = key.as_mut_slice();
    for (place, length) in places.into_iter().zip(PARTS) {
        let value = record.good(place)?;
        let (part, after) = rest.split_at_mut_checked(length)?;
        if value.len() != length {
            return None;
        }
        part.copy_from_slice(value);
        rest = after;
    }
    Some(key)
}

impl Keys {
    /// The key, and where its last part stands: 利用者補足情報 of a usage slip has a month in the
    /// place of the date.
    fn key_with_month(&self, record: &Judged<'_>) -> Option<(RecordKey, usize)> {
        let [insurer, insured, date] = self.places;
        let mut key = key(record, [insurer, insured, date])?;
        if let Some((month_place, _)) = self.supplement
            && key.ends_with(b"00000000")
        {
            let month = record.good(month_place).filter(|month| month.len() == 6)?;
            let (_, part) = key.split_last_chunk_mut::<8>()?;
            part.fill(b' ');
            part.first_chunk_mut::<6>()?.copy_from_slice(month);
            return Some((key, month_place));
        }
        Some((key, date))
    }

    fn check_row(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let mut rows = self.rows;
        let Some(place) = rows.pop() else { return };
        if is_without_content(record, self.rows) {
            return;
        }
        let mut print = self.prints.begin();
        for span in record.record.spans().iter().skip(1) {
            print.add(record.record.raw(*span));
        }
        let spot = Spot::of(record, place);
        let first = *self.seen.entry(print.finish()).or_insert(spot);
        if first != spot {
            findings.add(Rule::DuplicateRow, || {
                let draft = super::Draft::record(record.record, record.number);
                draft.related(self.facts.names.place(first)).with("first", first.record)
            });
        }
    }
}

impl Subject for Keys {
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        self.check_row(record, findings);
        let Some((key, date)) = self.key_with_month(record) else {
            self.facts.complete = false;
            return;
        };
        if !self.unique && self.last == Some(key) {
            return;
        }
        self.last = Some(key);
        if let Some(first) = self.facts.records.get(&key) {
            if self.unique {
                let [_, _, first] = first.parts;
                findings.add(Rule::DuplicateKey, || {
                    record
                        .at(date)
                        .related(self.facts.names.place(first))
                        .with("first", first.record)
                });
            }
            return;
        }
        if self.facts.records.len() >= MOST_KEYS {
            self.facts.complete = false;
            return;
        }
        // A level that changes in the course of the plan differs from the plan's rightly.
        let changes = self.supplement.is_some_and(|(_, changed_on)| !record.is_empty(changed_on));
        let repeated = self.repeated.iter().filter(|_| !changes).map(|place| {
            (record.good(*place).unwrap_or_default().to_vec(), Spot::of(record, *place))
        });
        let [insurer, insured, _] = self.places;
        let keyed = Keyed {
            parts: [insurer, insured, date].map(|place| Spot::of(record, place)),
            repeated: repeated.collect(),
        };
        self.facts.records.insert(key, keyed);
    }

    fn end_file(mut self: Box<Self>, findings: &mut Findings, facts: &mut Facts) {
        let all = self.facts.records.len();
        // What goes with a usage slip is joined by its month and not here.
        self.facts.records.retain(|key, _| !key.ends_with(b"  "));
        let blocked = BLOCKING.iter().any(|rule| findings.has(*rule));
        self.facts.complete &= !blocked && self.facts.records.len() == all;
        facts.keys = Some(self.facts);
    }
}
