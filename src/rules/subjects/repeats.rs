//! Records that say the same twice.
//!
//! Records of one person mostly stand together; then only these are held against each other. When
//! a person comes back further down, all records of the file are.

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::declared::{Declared, New, Scope};
use super::person::{Person, PersonItems};
use super::prints::Prints;
use super::{Context, Draft, Facts, Findings, Judged, Place, Places, Rule, Subject};

/// Beyond these, records are not compared: 100 MB of memory.
const MOST_RECORDS: usize = 4_000_000;

/// What is needed to tell two visits, or two articles, apart.
const VISIT: &[KnownItem] = &[
    KnownItem::ServiceMonth,
    KnownItem::Units,
    KnownItem::ServiceDay,
    KnownItem::StartTime,
    KnownItem::EndTime,
    KnownItem::ServiceCode,
    KnownItem::TaisCode,
    KnownItem::NotifiedCode,
    KnownItem::ArticleName,
    KnownItem::DetailNumber,
    KnownItem::ServiceOffice,
    KnownItem::Satellite,
    KnownItem::OverThirty,
];

/// What says nothing about a row of 第7表.
const OF_THE_FILE: &[KnownItem] = &[KnownItem::WrittenOn, KnownItem::Marker];

struct Repeats {
    person: PersonItems,
    whose: Places,
    /// The items that make a record what it is.
    key: Places,
    fingerprints: Prints,
    /// By item, its fingerprint in the last record that had it, and the sum of all of them.
    prints: Vec<u64>,
    sum: u64,
    /// サービスコード of 第7表: of some rows there may be several.
    code: Option<usize>,
    seen: Vec<Printed>,
    /// Whom the last record was about.
    at_hand: Option<Person>,
    /// The runs of records that are each of one person.
    runs: Vec<Run>,
}

struct Run {
    person: Person,
    /// Where it begins in `seen`.
    start: u32,
    /// The number of its first record.
    record: u32,
}

#[derive(Debug, Clone, Copy)]
struct Printed {
    print: u64,
    offset: u64,
    line: u32,
    record: u32,
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(
        // 利用者補足情報 has one record per key, and `keys` says so.
        &[
            FileKind::Upplan,
            FileKind::Upjsk,
            FileKind::Upsikyu,
            FileKind::Dltplan,
            FileKind::Dltjsk,
        ],
        &[Rule::DuplicateRecord],
    )],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let all: Places = (0..layout.items.len()).collect();
    let key = match layout.kind {
        FileKind::Upplan | FileKind::Upjsk => layout.places(VISIT).collect(),
        FileKind::Upsikyu => all.without(layout.places(OF_THE_FILE).collect()),
        // Deletions have nothing else.
        _ => all,
    };
    let person = PersonItems::of(layout);
    Box::new(Repeats {
        person,
        whose: person.places(),
        key: key.with(person.places()),
        fingerprints: Prints::new(),
        prints: vec![0; layout.items.len()],
        sum: 0,
        code: (layout.kind == FileKind::Upsikyu).then(|| layout.place(KnownItem::ServiceCode)),
        seen: Vec::new(),
        at_hand: None,
        runs: Vec::new(),
    })
}

/// Rows of 第7表 that another rule is about, or of which two may be alike: two wheelchairs of one
/// kind, which 第7表 has no 明細判別コード to tell apart.
fn may_repeat(code: &[u8]) -> bool {
    let rented = code.starts_with(b"17") || code.starts_with(b"67");
    code == b"999999" || (rented && !matches!(code.get(2..), Some(b"AAAA" | b"EEEE" | b"ZZZZ")))
}

impl Repeats {
    /// Brings the fingerprint up to the record, of which mostly a day or a time is new.
    fn update(&mut self, record: &Judged<'_>) {
        if !record.are_repeated(self.whose) {
            self.at_hand = self.person.read(record);
        }
        let mut changed = self.key.without(record.checked.repeated);
        while let Some(place) = changed.pop() {
            // What is doubtful is never called repeated in the next record.
            let Some(part) = record.good(place) else { continue };
            let Some(known) = self.prints.get_mut(place) else { continue };
            let print = self.fingerprints.of(place, part);
            self.sum = self.sum.wrapping_sub(*known).wrapping_add(print);
            *known = print;
        }
    }
}

impl Subject for Repeats {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        if self.seen.len() >= MOST_RECORDS {
            return;
        }
        self.update(record);
        if record.are_doubtful(self.key) {
            return;
        }
        if let Some(code) = self.code
            && record.good(code).is_none_or(may_repeat)
        {
            return;
        }
        let Some(person) = self.at_hand else { return };
        let number = u32::try_from(record.number).unwrap_or(u32::MAX);
        if self.runs.last().is_none_or(|run| run.person != person) {
            let start = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
            self.runs.push(Run { person, start, record: number });
        }
        self.seen.push(Printed {
            print: self.sum,
            offset: record.record.offset,
            line: u32::try_from(record.record.line).unwrap_or(u32::MAX),
            record: number,
        });
    }

    fn end_file(mut self: Box<Self>, findings: &mut Findings, _: &mut Facts) {
        let mut repeats: Vec<(Printed, Printed)> = Vec::new();
        let mut prints = Vec::new();
        if comes_back(&self.runs) {
            find(&mut self.seen, &mut prints, &mut repeats);
        } else {
            let mut rest = self.seen.as_mut_slice();
            let mut end = rest.len();
            for Run { start, .. } in self.runs.iter().rev() {
                let start = usize::try_from(*start).unwrap_or(usize::MAX).min(end);
                let (before, run) = rest.split_at_mut(start);
                find(run, &mut prints, &mut repeats);
                rest = before;
                end = start;
            }
        }
        repeats.sort_unstable_by_key(|(second, _)| second.record);
        for (second, first) in repeats {
            findings.add(Rule::DuplicateRecord, || {
                Draft::place(place(second, &self.runs))
                    .related(place(first, &self.runs))
                    .with("first", first.record)
            });
        }
    }
}

/// Whether a person has several runs.
fn comes_back(runs: &[Run]) -> bool {
    let mut people: Vec<Person> = runs.iter().map(|run| run.person).collect();
    people.sort_unstable();
    people.windows(2).any(|pair| matches!(pair, [one, two] if one == two))
}

/// Finds every record that another one before it repeats.
fn find(seen: &mut [Printed], prints: &mut Vec<u64>, repeats: &mut Vec<(Printed, Printed)>) {
    // Nearly always there is none, which is sooner seen without their places.
    prints.clear();
    prints.extend(seen.iter().map(|seen| seen.print));
    prints.sort_unstable();
    if !prints.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return;
    }
    seen.sort_unstable_by_key(|seen| (seen.print, seen.record));
    for same in seen.chunk_by(|a, b| a.print == b.print) {
        if let [first, others @ ..] = same {
            repeats.extend(others.iter().map(|second| (*second, *first)));
        }
    }
}

fn place(seen: Printed, runs: &[Run]) -> Place {
    let run = runs.partition_point(|run| run.record <= seen.record).checked_sub(1);
    Place {
        line: Some(u64::from(seen.line)),
        record: Some(u64::from(seen.record)),
        person: run.and_then(|run| runs.get(run)).map(|run| run.person.masked()),
        offset: Some(seen.offset),
        ..Place::default()
    }
}
