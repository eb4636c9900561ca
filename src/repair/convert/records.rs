//! The records of one file in the layout of the other edition.

use crate::record::{Note, Reader, Record, Sink, Span, ms932};
use crate::rules::layout::{is_end_mark, is_header};
use crate::spec::{Format, Item, KnownItem, Layout, Spec};
use crate::types::{Edition, FileKind};

use super::{ConvertError, Gap, GapKind, Loss, LossKind, Named};

/// サービス種類 whose records need a code of the equipment in V4.1 (R-FLD-02).
const EQUIPMENT: [&[u8]; 2] = [b"17", b"67"];

/// What came of one file.
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) losses: Vec<Loss>,
    pub(super) gaps: Vec<Gap>,
}

/// Writes a file in the layout of the other edition; `label` is its new name.
pub(super) fn write(
    spec: &Spec,
    file: &Named<'_>,
    to: Edition,
    label: &str,
) -> Result<Written, ConvertError> {
    let unreadable = |record| ConvertError::Record { file: file.source.name.to_owned(), record };
    let layouts =
        spec.layout(file.name.edition(), file.name.kind).zip(spec.layout(to, file.name.kind));
    let (source, target) = layouts.ok_or_else(|| unreadable(1))?;
    let mut writer = Writer {
        spec,
        source,
        target,
        columns: columns(source, target),
        dropped: dropped(source, target),
        equipment: equipment(source, target),
        tallies: Vec::new(),
        gap: None,
        headers: 0,
        out: Vec::with_capacity(file.source.bytes.len()),
        unreadable: None,
    };
    read(file, &mut writer);
    if let Some(record) = writer.unreadable {
        return Err(unreadable(record));
    }
    let mut tallies = writer.tallies;
    tallies.sort_by_key(|tally| tally.item);
    let loss = |tally: Tally| Loss {
        kind: tally.kind,
        file: file.source.name.to_owned(),
        record: Some(tally.record),
        item: source.items.get(tally.item).map(|item| item.number),
        item_name: source.items.get(tally.item).map(|item| item.name.clone()),
        count: tally.count,
    };
    let gap = |(record, count)| Gap {
        kind: GapKind::MissingEquipmentCode,
        file: label.to_owned(),
        record: Some(record),
        count,
    };
    Ok(Written {
        bytes: writer.out,
        losses: tallies.into_iter().map(loss).collect(),
        gaps: writer.gap.into_iter().map(gap).collect(),
    })
}

/// The number of records; 0 for pictures.
pub(super) fn count(file: &Named<'_>) -> u64 {
    struct Count(u64);
    impl Sink for Count {
        fn record(&mut self, record: &Record<'_>) {
            let counts = !(is_end_mark(record) || record.number == 1 && is_header(record));
            self.0 += u64::from(counts);
        }
        fn note(&mut self, _: Note) {}
    }
    let mut count = Count(0);
    if !matches!(file.name.kind, FileKind::UpkihonImage) {
        read(file, &mut count);
    }
    count.0
}

fn read(file: &Named<'_>, sink: &mut impl Sink) {
    let mut reader = Reader::default();
    reader.feed(file.source.bytes, sink);
    reader.finish(sink);
}

/// For each item of the target the place of the one with the same name in the source. Where a
/// name stands several times, the first goes to the first, and so on.
fn columns(source: &Layout, target: &Layout) -> Vec<Option<usize>> {
    let places = |layout: &Layout, name: &str| -> Vec<usize> {
        let all = layout.items.iter().enumerate();
        all.filter(|(_, item)| item.name == name).map(|(place, _)| place).collect()
    };
    let column = |(place, item): (usize, &Item)| {
        let nth = places(target, &item.name).iter().position(|own| *own == place)?;
        places(source, &item.name).get(nth).copied()
    };
    target.items.iter().enumerate().map(column).collect()
}

/// The places of the source that no column takes.
fn dropped(source: &Layout, target: &Layout) -> Vec<usize> {
    let columns = columns(source, target);
    (0..source.items.len()).filter(|place| !columns.contains(&Some(*place))).collect()
}

/// The place of the service code, where the target wants a code of the equipment and the source
/// has none.
fn equipment(source: &Layout, target: &Layout) -> Option<usize> {
    let wanted = |layout: &Layout| layout.find(KnownItem::TaisCode).is_some();
    if wanted(target) && !wanted(source) { source.find(KnownItem::ServiceCode) } else { None }
}

/// How often an item was lost.
struct Tally {
    kind: LossKind,
    item: usize,
    record: u64,
    count: u64,
}

struct Writer<'s> {
    spec: &'s Spec,
    source: &'s Layout,
    target: &'s Layout,
    columns: Vec<Option<usize>>,
    dropped: Vec<usize>,
    equipment: Option<usize>,
    tallies: Vec<Tally>,
    /// The first record without a code of its equipment, and how many there are.
    gap: Option<(u64, u64)>,
    headers: u64,
    out: Vec<u8>,
    /// The first record that is none of the source's layout.
    unreadable: Option<u64>,
}

impl Writer<'_> {
    fn lost(&mut self, kind: LossKind, item: usize, record: u64) {
        let same = |tally: &&mut Tally| tally.kind == kind && tally.item == item;
        match self.tallies.iter_mut().find(same) {
            Some(tally) => tally.count += 1,
            None => self.tallies.push(Tally { kind, item, record, count: 1 }),
        }
    }

    /// Whether the record is one of the source's layout and edition.
    fn is_readable(&self, record: &Record<'_>) -> bool {
        let version = self.spec.version(record.item(0)).and_then(|version| version.edition);
        record.item_count == self.source.items.len()
            && version == Some(self.source.edition)
            && !record.spans().iter().any(|span| span.is_stray())
    }

    fn needs_equipment_code(&self, record: &Record<'_>) -> bool {
        let Some(place) = self.equipment else { return false };
        let code = record.item(place);
        let table = self.source.items.get(place).and_then(|item| item.codes.as_ref());
        let total = table.is_some_and(|table| table.find(code).is_some());
        !total && code.get(..2).is_some_and(|code| EQUIPMENT.contains(&code))
    }

    fn put(&mut self, raw: &[u8], span: Span) {
        if span.is_quoted() {
            self.out.push(b'"');
        }
        self.out.extend_from_slice(raw);
        if span.is_quoted() {
            self.out.push(b'"');
        }
    }
}

impl Sink for Writer<'_> {
    fn record(&mut self, record: &Record<'_>) {
        if record.number == 1 && is_header(record) {
            self.headers = 1;
            return;
        }
        if self.unreadable.is_some() || is_end_mark(record) {
            return;
        }
        let number = record.number - self.headers;
        if !self.is_readable(record) {
            self.unreadable = Some(number);
            return;
        }
        for place in 0..self.columns.len() {
            if place == 0 {
                self.out.extend_from_slice(self.target.edition.csv_version().as_bytes());
                continue;
            }
            self.out.push(b',');
            let from = self.columns.get(place).copied().flatten();
            let Some((from, span)) = from.and_then(|from| Some((from, *record.spans().get(from)?)))
            else {
                continue;
            };
            let raw = record.raw(span);
            let items = self.source.items.get(from).zip(self.target.items.get(place));
            let fitted = items.map_or(Ok(raw), |(source, target)| fit(raw, source, target));
            if fitted.is_err() {
                self.lost(LossKind::DoesNotFit, from, number);
            }
            self.put(fitted.unwrap_or(raw), span);
        }
        self.out.extend_from_slice(b"\r\n");
        let filled = |place: &usize| !record.item(*place).is_empty();
        let lost: Vec<usize> = self.dropped.iter().copied().filter(filled).collect();
        for place in lost {
            self.lost(LossKind::ItemNotInEdition, place, number);
        }
        if self.needs_equipment_code(record) {
            let (first, count) = self.gap.unwrap_or((number, 0));
            self.gap = Some((first, count + 1));
        }
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::BlankLine { .. } => {}
            Note::TooLong { record, .. } | Note::UnclosedQuote { record, .. } => {
                self.unreadable.get_or_insert(record.saturating_sub(self.headers));
            }
        }
    }
}

/// The value in an item that may be shorter in the target; leading zeros of a whole number go
/// where they are in the way.
fn fit<'r>(raw: &'r [u8], source: &Item, target: &Item) -> Result<&'r [u8], ()> {
    let Some(most) = target.length.filter(|most| source.length.is_some_and(|had| had > *most))
    else {
        return Ok(raw);
    };
    let number = target.format == Format::Integer && raw.iter().all(u8::is_ascii_digit);
    let mut value = raw;
    while ms932::examine(value).chars > most {
        match value {
            [b'0', rest @ ..] if number => value = rest,
            _ => return Err(()),
        }
    }
    Ok(value)
}
