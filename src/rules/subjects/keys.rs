//! The keys of records (R-REL): one record per key, rows that say something new, and what the send
//! unit needs to join its files.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::types::FileKind;

use super::contents::is_without_content;
use super::person::{ItemNames, Key, Spot};
use super::{Context, Facts, Findings, Judged, Rule, Subject, no};

/// The lengths of the parts of a key.
pub(in crate::rules) const PARTS: [usize; 3] = [6, 10, 8];

/// What a file leaves behind about its keys.
#[derive(Debug)]
pub(in crate::rules) struct KeyFacts {
    /// Each key with its first record.
    pub(in crate::rules) records: HashMap<Key, Keyed>,
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
    kind: FileKind,
    places: [usize; 3],
    /// Whether a key comes once.
    unique: bool,
    /// The items of rows that are told apart by nothing but their contents.
    rows: &'static [(usize, usize)],
    repeated: &'static [usize],
    facts: KeyFacts,
    last: Option<Key>,
    seen: HashMap<u128, Spot>,
    hashers: [RandomState; 2],
}

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    let kind = context.layout.kind;
    let date = match kind {
        FileKind::Up1kyo => no(14),
        FileKind::Up2kyo | FileKind::Up3kyo => no(5),
        FileKind::Uphosoku
        | FileKind::Upkihon
        | FileKind::UpkihonSub1
        | FileKind::UpkihonSub2
        | FileKind::Upyobo
        | FileKind::UpyoboSub
        | FileKind::Dlt1kyo
        | FileKind::Dltkihon
        | FileKind::Dltyobo => no(4),
        FileKind::Upplan
        | FileKind::Upjsk
        | FileKind::Upsikyu
        | FileKind::Dltplan
        | FileKind::Dltjsk
        | FileKind::UpkihonImage => return None,
    };
    let unique = !is_part(kind);
    let rows: &[(usize, usize)] = match kind {
        FileKind::Up3kyo => &[(6, 13)],
        FileKind::UpkihonSub1 => &[(5, 7)],
        FileKind::UpkihonSub2 => &[(5, 11)],
        _ => &[],
    };
    let repeated: &[usize] = match kind {
        FileKind::Up1kyo => const { &[no(17), no(18), no(21)] },
        FileKind::Uphosoku => const { &[no(16), no(13), no(18)] },
        _ => &[],
    };
    Some(Box::new(Keys {
        kind,
        places: [no(2), no(3), date],
        unique,
        rows,
        repeated,
        facts: KeyFacts {
            records: HashMap::new(),
            complete: true,
            names: ItemNames::of(context.layout),
        },
        last: None,
        seen: HashMap::new(),
        hashers: [RandomState::new(), RandomState::new()],
    }))
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

/// The key of a record; nothing where a part cannot be relied on.
pub(super) fn key(record: &Judged<'_>, places: [usize; 3]) -> Option<Key> {
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
    fn key_with_month(&self, record: &Judged<'_>) -> Option<(Key, usize)> {
        let [insurer, insured, date] = self.places;
        let mut key = key(record, [insurer, insured, date])?;
        if self.kind == FileKind::Uphosoku && key.ends_with(b"00000000") {
            let month = record.good(no(63)).filter(|month| month.len() == 6)?;
            let (_, part) = key.split_last_chunk_mut::<8>()?;
            part.fill(b' ');
            part.first_chunk_mut::<6>()?.copy_from_slice(month);
            return Some((key, no(63)));
        }
        Some((key, date))
    }

    fn check_row(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        if self.rows.is_empty() || is_without_content(record, self.rows) {
            return;
        }
        let mut halves = self.hashers.iter().map(|state| {
            let mut hasher = state.build_hasher();
            for span in record.record.spans().iter().skip(1) {
                hasher.write(record.record.raw(*span));
                hasher.write_u8(0xFF);
            }
            u128::from(hasher.finish())
        });
        let (high, low) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
        let place = self.rows.first().map_or(0, |(first, _)| no(*first));
        let spot = Spot::of(record, place);
        let first = *self.seen.entry(high << 64 | low).or_insert(spot);
        if first != spot {
            findings.add(Rule::DuplicateRow, || {
                let draft = super::Draft::record(record.record, record.number);
                draft.related(self.facts.names.place(first)).with("first", first.record)
            });
        }
    }
}

impl Subject for Keys {
    fn rules(&self) -> &'static [Rule] {
        match (self.unique, self.rows) {
            (true, _) => &[Rule::DuplicateKey],
            (_, []) => &[],
            _ => &[Rule::DuplicateRow],
        }
    }

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
        let changes = self.kind == FileKind::Uphosoku && !record.record.item(no(17)).is_empty();
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
