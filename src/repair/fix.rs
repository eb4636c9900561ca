//! Mending one file.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::{LineEnds, Note, Reader, Record, Sink, Span};
use crate::rules::{self, Level, Options, Place, Rule, SourceFile};
use crate::spec::{Glyphs, Item, Layout, Spec};
use crate::types::{Edition, FileKind, Personal, Severity};

use super::change::{Change, Changes, Reason};
use super::characters::{Before, Characters, Event};
use super::layout::{self, is_end_mark, is_header};
use super::source::{Encoding, Offsets, Source};

/// What the office approved.
#[derive(Debug, Clone, Copy, Default)]
pub struct FixOptions<'g> {
    /// The office's own list; [`unusable`](super::unusable) must have nothing to say about it.
    pub office: Option<&'g Glyphs>,
    /// Whether the similar characters of the shipped list are approved too.
    pub approve_shipped: bool,
}

/// What came of one file.
#[derive(Clone, Serialize)]
pub struct Fixed {
    /// The name as given.
    pub name: String,
    /// The kind, where the name tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FileKind>,
    /// What the file was encoded in; absent for pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The corrected copy, which is the file itself where nothing was to be done; absent where a
    /// place has no candidate or nobody approved it.
    #[serde(skip)]
    pub bytes: Option<Vec<u8>>,
    /// The changes.
    #[serde(skip)]
    pub changes: Changes,
    /// The errors that the copy still has; those between files are not looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remaining: Vec<Remaining>,
}

/// Errors of one rule that a copy still has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remaining {
    /// The rule.
    pub rule: Rule,
    /// How many.
    pub count: u64,
    /// What the first finding says, in Japanese.
    pub message_ja: String,
    /// What the first finding says, in English.
    pub message_en: String,
}

impl std::fmt::Debug for Fixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fixed")
            .field("name", &self.name)
            .field("length", &self.bytes.as_ref().map(Vec::len))
            .field("changes", &self.changes.counts)
            .finish_non_exhaustive()
    }
}

/// Mends a file; `name` is its bare name, which tells the layout where the records do not.
pub fn fix(spec: &Spec, name: &str, bytes: &[u8], options: &FixOptions<'_>) -> Fixed {
    let (kind, by_name) = layout::told_by_name(name);
    let mut fixed = Fixed {
        name: name.to_owned(),
        kind,
        encoding: None,
        bytes: None,
        changes: Changes::default(),
        remaining: Vec::new(),
    };
    if kind.is_some_and(FileKind::is_image) {
        fixed.bytes = Some(bytes.to_vec());
        return fixed;
    }
    let source = match Source::read(bytes) {
        Ok(source) => source,
        Err(error) => {
            let offset = u64::try_from(error.offset).ok();
            fixed.encoding = Some(error.encoding);
            fixed.changes.blocked(Reason::Undecodable, Place { offset, ..at_file(name) });
            return fixed;
        }
    };
    fixed.encoding = Some(source.encoding);
    let mut fixer = Fixer::new(spec, (name, kind, by_name), &source, options);
    if source.mark > 0 {
        fixer.changes.form(Reason::ByteOrderMark, 1, || at_file(name));
    }
    let same_bytes = source.text.is_ascii() && !source.encoding.is_wide();
    if source.encoding != Encoding::Ms932 && !same_bytes {
        fixer.changes.form(Reason::Encoding, 1, || at_file(name));
    }
    let mut reader = Reader::default();
    reader.feed(&source.text, &mut fixer);
    reader.finish(&mut fixer);
    let (mut changes, out) = fixer.finish(reader.line_ends());
    changes.sort();
    if changes.writable() {
        let copy = if changes.counts.total() == 0 { bytes.to_vec() } else { out };
        fixed.remaining = remaining(spec, name, &copy);
        fixed.bytes = Some(copy);
    }
    fixed.changes = changes;
    fixed
}

/// The errors of a file by itself.
fn remaining(spec: &Spec, name: &str, bytes: &[u8]) -> Vec<Remaining> {
    let report = rules::check(spec, &[SourceFile { name, bytes }], &Options::default());
    let mut found: BTreeMap<Rule, Remaining> = BTreeMap::new();
    for finding in report.findings {
        let rule = finding.rule;
        if finding.severity != Severity::Error || rule.info().level == Level::L6 {
            continue;
        }
        let remaining = found.entry(rule).or_insert_with(|| Remaining {
            rule,
            count: 0,
            message_ja: finding.message_ja,
            message_en: finding.message_en,
        });
        remaining.count += 1;
    }
    for omitted in &report.omitted {
        if let Some(remaining) = found.get_mut(&omitted.rule) {
            remaining.count += omitted.count;
        }
    }
    found.into_values().collect()
}

fn at_file(name: &str) -> Place {
    Place { file: Some(name.to_owned()), ..Place::default() }
}

/// Whether the first record of a file is a header line that can go: it names items, and the
/// record after it does not.
fn begins_with_header(text: &[u8]) -> bool {
    /// A header line and one record are shorter than this.
    const ENOUGH: usize = 1 << 20;
    #[derive(Default)]
    struct First {
        header: bool,
        next_is_data: bool,
    }
    impl Sink for First {
        fn record(&mut self, record: &Record<'_>) {
            match record.number {
                1 => self.header = is_header(record),
                2 => self.next_is_data = record.item(0).iter().any(u8::is_ascii_digit),
                _ => {}
            }
        }
        fn note(&mut self, _: Note) {}
    }
    let mut first = First::default();
    let mut reader = Reader::default();
    reader.feed(text.get(..ENOUGH).unwrap_or(text), &mut first);
    reader.finish(&mut first);
    first.header && first.next_is_data
}

/// An item, in MS932.
struct Cell {
    bytes: Vec<u8>,
    span: Span,
    /// What was removed stood before a double quote, which must not come to open the item.
    bares_quote: bool,
}

struct Fixer<'s> {
    spec: &'s Spec,
    name: &'s str,
    kind: Option<FileKind>,
    by_name: Option<Edition>,
    characters: Characters<'s>,
    offsets: Offsets<'s>,
    header: bool,
    /// The layout, once the first record was seen.
    layout: Option<Option<&'s Layout>>,
    cells: Vec<Cell>,
    out: Vec<u8>,
    changes: Changes,
    /// The last record was left out, so its missing line end does not matter.
    last_left_out: bool,
}

impl<'s> Fixer<'s> {
    fn new(
        spec: &'s Spec,
        (name, kind, by_name): (&'s str, Option<FileKind>, Option<Edition>),
        source: &'s Source<'_>,
        options: &FixOptions<'s>,
    ) -> Self {
        Self {
            spec,
            name,
            kind,
            by_name,
            characters: Characters {
                shipped: spec.glyphs(),
                office: options.office,
                approved: options.approve_shipped,
                unicode: source.encoding != Encoding::Ms932,
            },
            offsets: source.offsets(),
            header: begins_with_header(&source.text),
            layout: None,
            cells: Vec::new(),
            out: Vec::with_capacity(source.text.len() + 2),
            changes: Changes::default(),
            last_left_out: false,
        }
    }

    fn finish(mut self, ends: LineEnds) -> (Changes, Vec<u8>) {
        let wrong = ends.lf + ends.cr;
        let name = self.name;
        if wrong > 0 {
            let line = match (ends.first_lf, ends.first_cr) {
                (Some(lf), Some(cr)) => Some(lf.min(cr)),
                (lf, cr) => lf.or(cr),
            };
            self.changes.form(Reason::LineEnds, wrong, || Place { line, ..at_file(name) });
        }
        if ends.missing_at_end && !self.last_left_out {
            self.changes.form(Reason::FinalLineEnd, 1, || at_file(name));
        }
        (self.changes, self.out)
    }

    fn place(&mut self, record: &Record<'_>) -> Place {
        let offset = usize::try_from(record.offset).unwrap_or(usize::MAX);
        Place {
            line: Some(record.line),
            record: Some(self.number(record)),
            offset: Some(self.offsets.of(offset)),
            ..at_file(self.name)
        }
    }

    fn number(&self, record: &Record<'_>) -> u64 {
        record.number - u64::from(self.header)
    }

    fn leave_out(&mut self, record: &Record<'_>, reason: Reason) {
        let place = self.place(record);
        self.changes.form(reason, 1, || place);
        self.last_left_out = true;
    }

    /// Fills the cells, and tells of every character that is not simply copied.
    fn clean(&mut self, record: &Record<'_>) {
        self.cells.clear();
        let number = self.number(record);
        for (place, span) in record.spans().iter().enumerate() {
            let raw = record.raw(*span);
            let mut bytes = Vec::with_capacity(raw.len());
            let begin = usize::try_from(record.offset_of(*span)).unwrap_or(usize::MAX);
            let (changes, offsets) = (&mut self.changes, &mut self.offsets);
            let layout = self.layout.flatten();
            let name = self.name;
            self.characters.clean(raw, &mut bytes, &mut |event| {
                changes.add(event.reason, event.kind, || {
                    let from = offsets.of(begin + event.offset);
                    let to = offsets.of(begin + event.offset + event.length);
                    let item = layout.and_then(|layout| layout.items.get(place));
                    let place = Place {
                        line: Some(record.line_of(*span)),
                        record: Some(number),
                        item: u16::try_from(place + 1).ok(),
                        item_name: item.map(|item| item.name.clone()),
                        offset: Some(from),
                        length: Some(to.saturating_sub(from)),
                        ..at_file(name)
                    };
                    change(&event, place)
                });
            });
            let quote = Some(&b'"');
            let bares_quote = bytes.first() == quote && raw.first() != quote;
            self.cells.push(Cell { bytes, span: *span, bares_quote });
        }
    }

    /// Writes a cell, between quotes or not, as the layout wants it.
    fn write(&mut self, place: usize, item: Option<&Item>) -> Option<Reason> {
        let Some(cell) = self.cells.get(place) else { return None };
        let (bytes, span) = (cell.bytes.as_slice(), cell.span);
        let out = &mut self.out;
        if cell.bares_quote && (span.is_stray() || !span.is_quoted()) {
            put_doubled(out, bytes);
            return Some(Reason::QuotesDoubled);
        }
        let Some(item) = item else {
            put(out, bytes, span.is_quoted() && !span.is_stray());
            return None;
        };
        if span.is_stray() {
            let value = if item.quoted { stray_value(bytes) } else { None };
            let Some(value) = value else {
                put(out, bytes, false);
                return None;
            };
            put_doubled(out, value);
            return Some(Reason::QuotesDoubled);
        }
        let needed = bytes.iter().any(|byte| b",\"\r\n".contains(byte));
        match (span.is_quoted(), item.quoted) {
            (true, false) if !needed => {
                put(out, bytes, false);
                Some(Reason::QuotesRemoved)
            }
            (false, true) if !bytes.is_empty() => {
                put(out, bytes, true);
                Some(Reason::QuotesAdded)
            }
            (quoted, _) => {
                put(out, bytes, quoted);
                None
            }
        }
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8], quoted: bool) {
    if quoted {
        out.push(b'"');
    }
    out.extend_from_slice(bytes);
    if quoted {
        out.push(b'"');
    }
}

/// Writes a value between quotes; those inside it are doubled.
fn put_doubled(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    for byte in value {
        out.push(*byte);
        if *byte == b'"' {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

/// What an item with stray quotes means: text with quotes that were not doubled. None where that
/// is not certain.
fn stray_value(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'"', inner @ .., b'"'] => {
            let doubled = inner.windows(2).any(|pair| pair == b"\"\"");
            (!doubled).then_some(inner)
        }
        [b'"', ..] => None,
        _ => Some(bytes),
    }
}

fn change(event: &Event<'_>, place: Place) -> Change {
    let before = match event.before {
        Before::Text(text) => text.to_owned(),
        Before::Bytes(bytes) => {
            bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
        }
    };
    Change {
        kind: event.kind,
        reason: event.reason,
        place,
        count: 1,
        before: Some(Personal::new(before)),
        after: event.after.map(|after| Personal::new(after.to_owned())),
        source: event.source.to_owned(),
    }
}

impl Sink for Fixer<'_> {
    fn record(&mut self, record: &Record<'_>) {
        if self.header && record.number == 1 {
            self.leave_out(record, Reason::HeaderLine);
            return;
        }
        if is_end_mark(record) {
            self.leave_out(record, Reason::EndMark);
            return;
        }
        if record.item_count > record.spans().len() {
            let place = self.place(record);
            self.changes.blocked(Reason::TooManyItems, place);
            self.last_left_out = true;
            return;
        }
        if self.layout.is_none() {
            let mut version = Vec::new();
            self.characters.clean(record.item(0), &mut version, &mut |_| {});
            let layout =
                self.kind.and_then(|kind| layout::layout(self.spec, kind, &version, self.by_name));
            self.layout = Some(layout);
        }
        self.clean(record);
        if let [only] = self.cells.as_slice()
            && only.bytes.is_empty()
            && !only.span.is_quoted()
        {
            self.leave_out(record, Reason::BlankLine);
            return;
        }
        let layout = self.layout.flatten();
        if let Some(layout) = layout {
            let expected = layout.items.len();
            let rest = self.cells.get(expected..).unwrap_or_default();
            if !rest.is_empty() && rest.iter().all(|cell| cell.bytes.is_empty()) {
                self.cells.truncate(expected);
                let place = self.place(record);
                self.changes.form(Reason::TrailingItems, 1, || place);
            }
        }
        let items = layout.filter(|layout| layout.items.len() == self.cells.len());
        for place in 0..self.cells.len() {
            if place > 0 {
                self.out.push(b',');
            }
            let item = items.and_then(|layout| layout.items.get(place));
            let (Some(reason), Some(item)) = (self.write(place, item), item) else { continue };
            let mut at = self.place(record);
            let span = record.spans().get(place).copied().unwrap_or_default();
            let begin = usize::try_from(record.offset_of(span)).unwrap_or(usize::MAX);
            at.line = Some(record.line_of(span));
            at.offset = Some(self.offsets.of(begin));
            at.item = Some(item.number);
            at.item_name = Some(item.name.clone());
            self.changes.form(reason, 1, || at);
        }
        self.out.extend_from_slice(b"\r\n");
        self.last_left_out = false;
    }

    fn note(&mut self, note: Note) {
        let offsets = &mut self.offsets;
        let mut at = |offset: u64| Some(offsets.of(usize::try_from(offset).unwrap_or(usize::MAX)));
        let mut place = at_file(self.name);
        match note {
            Note::BlankLine { line, offset } => {
                place.line = Some(line);
                place.offset = at(offset);
                self.changes.form(Reason::BlankLine, 1, || place);
                self.last_left_out = true;
            }
            Note::TooLong { line, offset, record } => {
                place.line = Some(line);
                place.offset = at(offset);
                place.record = Some(record - u64::from(self.header));
                self.changes.blocked(Reason::RecordTooLong, place);
            }
            Note::UnclosedQuote { line, offset, record, item } => {
                place.line = Some(line);
                place.offset = at(offset);
                place.record = Some(record.saturating_sub(u64::from(self.header)));
                place.item = u16::try_from(item).ok();
                self.changes.blocked(Reason::UnclosedQuote, place);
                self.last_left_out = true;
            }
        }
    }
}

#[cfg(test)]
mod tests;
