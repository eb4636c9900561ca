//! Mending one file.

mod header;
mod numbers;
mod quotes;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::{LineEnds, Note, Reader, Record, Sink};
use crate::rules::{self, Level, Options, Place, Rule, SourceFile, layout};
use crate::spec::{Glyphs, Layout, Spec};
use crate::types::{Edition, FileKind, Personal, Severity};

use super::change::{Change, Changes, Reason};
use super::characters::{Before, Characters, Event};
use super::source::{Encoding, Offsets, Source};
use quotes::{Cell, Written};

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
        fixed.remaining = remaining(spec, name, bytes);
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
        fixer.changes.form((Reason::ByteOrderMark, None), 1, || at_file(name));
    }
    let same_bytes = source.text.is_ascii() && !source.encoding.is_wide();
    if source.encoding != Encoding::Ms932 && !same_bytes {
        fixer.changes.form((Reason::Encoding, None), 1, || at_file(name));
    }
    let mut reader = Reader::default();
    reader.feed(&source.text, &mut fixer);
    reader.finish(&mut fixer);
    let (mut changes, out) = fixer.finish(reader.line_ends());
    if changes.writable() {
        let copy = if changes.counts.total() == 0 { bytes.to_vec() } else { out };
        let copy = numbers::renumbered(spec, name, &copy, &mut changes).unwrap_or(copy);
        fixed.remaining = remaining(spec, name, &copy);
        fixed.bytes = Some(copy);
    }
    changes.sort();
    fixed.changes = changes;
    fixed
}

/// The errors of a file by itself.
fn remaining(spec: &Spec, name: &str, bytes: &[u8]) -> Vec<Remaining> {
    let report = rules::check(spec, &[SourceFile { name, bytes }], &Options::default());
    let mut found: BTreeMap<Rule, Remaining> = BTreeMap::new();
    for finding in report.findings {
        let (rule, count) = (finding.rule, finding.count());
        if finding.severity != Severity::Error || rule.info().level == Level::L6 {
            continue;
        }
        let remaining = found.entry(rule).or_insert_with(|| Remaining {
            rule,
            count: 0,
            message_ja: finding.message_ja,
            message_en: finding.message_en,
        });
        remaining.count += count;
    }
    for omitted in report.omitted.iter().filter(|omitted| omitted.severity == Severity::Error) {
        if let Some(remaining) = found.get_mut(&omitted.rule) {
            remaining.count += omitted.count;
        }
    }
    found.into_values().collect()
}

fn place(offsets: &mut Offsets<'_>, name: &str, record: &Record<'_>, number: u64) -> Place {
    let offset = usize::try_from(record.offset).unwrap_or(usize::MAX);
    Place {
        line: Some(record.line),
        record: Some(number),
        offset: Some(offsets.of(offset)),
        ..at_file(name)
    }
}

fn at_file(name: &str) -> Place {
    Place { file: Some(name.to_owned()), ..Place::default() }
}

struct Fixer<'s> {
    spec: &'s Spec,
    name: &'s str,
    kind: Option<FileKind>,
    by_name: Option<Edition>,
    characters: Characters<'s>,
    offsets: Offsets<'s>,
    /// The record that is a header line.
    header: Option<u64>,
    /// The first record was seen, which tells the layout.
    begun: bool,
    layout: Option<&'s Layout>,
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
        let characters = Characters {
            shipped: spec.glyphs(),
            office: options.office,
            approved: options.approve_shipped,
            unicode: source.encoding != Encoding::Ms932,
        };
        Self {
            spec,
            name,
            kind,
            by_name,
            characters,
            offsets: source.offsets(),
            header: header::find(&source.text, characters),
            begun: false,
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
            self.changes.form((Reason::LineEnds, None), wrong, || Place { line, ..at_file(name) });
        }
        if ends.missing_at_end && !self.last_left_out {
            self.changes.form((Reason::FinalLineEnd, None), 1, || at_file(name));
        }
        (self.changes, self.out)
    }

    fn place(&mut self, record: &Record<'_>) -> Place {
        let number = self.number(record.number);
        place(&mut self.offsets, self.name, record, number)
    }

    /// Counts a change of the form of a record; most are like one before, and have no place.
    fn form(&mut self, reason: Reason, record: &Record<'_>) {
        let number = self.number(record.number);
        let (offsets, name) = (&mut self.offsets, self.name);
        self.changes.form((reason, None), 1, || place(offsets, name, record, number));
    }

    /// The number of a record without the header line.
    fn number(&self, number: u64) -> u64 {
        number - u64::from(self.header.is_some_and(|header| header <= number))
    }

    fn leave_out(&mut self, record: &Record<'_>, reason: Reason) {
        self.form(reason, record);
        self.last_left_out = true;
    }

    /// Fills the cells, and tells of every character that is not simply copied.
    fn clean(&mut self, record: &Record<'_>) {
        self.cells.clear();
        let number = self.number(record.number);
        for (place, span) in record.spans().iter().enumerate() {
            let raw = record.raw(*span);
            let mut bytes = Vec::with_capacity(raw.len());
            let begin = usize::try_from(record.offset_of(*span)).unwrap_or(usize::MAX);
            let mut closed_up = false;
            let (changes, offsets) = (&mut self.changes, &mut self.offsets);
            let layout = self.layout;
            let name = self.name;
            self.characters.clean(raw, &mut bytes, &mut |event| {
                closed_up |= event.after == Some("");
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
            self.cells.push(Cell { bytes, span: *span, bares_quote, closed_up });
        }
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
        if self.header == Some(record.number) {
            self.leave_out(record, Reason::HeaderLine);
            return;
        }
        if let Some(reason) = header::void(record, self.characters) {
            self.leave_out(record, reason);
            return;
        }
        if record.item_count > record.spans().len() {
            let place = self.place(record);
            self.changes.blocked(Reason::TooManyItems, place);
            self.last_left_out = true;
            return;
        }
        if !self.begun {
            self.begun = true;
            let mut version = Vec::new();
            self.characters.clean(record.item(0), &mut version, &mut |_| {});
            let layout =
                self.kind.and_then(|kind| layout::layout(self.spec, kind, &version, self.by_name));
            self.layout = layout;
        }
        self.clean(record);
        let layout = self.layout;
        if let Some(layout) = layout {
            let expected = layout.items.len();
            let rest = self.cells.get(expected..).unwrap_or_default();
            if !rest.is_empty() && rest.iter().all(|cell| cell.bytes.is_empty()) {
                self.cells.truncate(expected);
                self.form(Reason::TrailingItems, record);
            }
        }
        let items = layout.filter(|layout| layout.items.len() == self.cells.len());
        for place in 0..self.cells.len() {
            if place > 0 {
                self.out.push(b',');
            }
            let item = items.and_then(|layout| layout.items.get(place));
            let Some(cell) = self.cells.get(place) else { continue };
            let written = quotes::write(&mut self.out, cell, item);
            if written == Written::Same {
                continue;
            }
            let item_number = u16::try_from(place + 1).ok();
            let record_number = self.number(record.number);
            let (offsets, name) = (&mut self.offsets, self.name);
            let mut at = || {
                let span = record.spans().get(place).copied().unwrap_or_default();
                let begin = usize::try_from(record.offset_of(span)).unwrap_or(usize::MAX);
                Place {
                    line: Some(record.line_of(span)),
                    record: Some(record_number),
                    item: item_number,
                    item_name: item.map(|item| item.name.clone()),
                    offset: Some(offsets.of(begin)),
                    ..at_file(name)
                }
            };
            match written {
                Written::Changed(reason) => self.changes.form((reason, item_number), 1, at),
                Written::Same | Written::Unclear => self.changes.blocked(Reason::StrayQuote, at()),
            }
        }
        self.out.extend_from_slice(b"\r\n");
        self.last_left_out = false;
    }

    fn note(&mut self, note: Note) {
        let number = match note {
            Note::BlankLine { .. } => 0,
            Note::TooLong { record, .. } | Note::UnclosedQuote { record, .. } => {
                self.number(record)
            }
        };
        let offsets = &mut self.offsets;
        let mut at = |offset: u64| Some(offsets.of(usize::try_from(offset).unwrap_or(usize::MAX)));
        if let Note::BlankLine { line, offset } = note {
            let name = self.name;
            self.changes.form((Reason::BlankLine, None), 1, || Place {
                line: Some(line),
                offset: at(offset),
                ..at_file(name)
            });
            self.last_left_out = true;
            return;
        }
        let mut place = at_file(self.name);
        match note {
            Note::BlankLine { .. } => {}
            Note::TooLong { line, offset, .. } => {
                place.line = Some(line);
                place.offset = at(offset);
                place.record = Some(number);
                self.changes.blocked(Reason::RecordTooLong, place);
            }
            Note::UnclosedQuote { line, offset, item, .. } => {
                place.line = Some(line);
                place.offset = at(offset);
                place.record = Some(number);
                place.item = u16::try_from(item).ok();
                self.changes.blocked(Reason::UnclosedQuote, place);
                self.last_left_out = true;
            }
        }
    }
}

#[cfg(test)]
mod tests;
