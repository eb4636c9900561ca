//! From files to rows; what cannot be read is told.

use std::collections::HashSet;

use crate::record::{Note, Reader, Record, Sink};
use crate::rules::SourceFile;
use crate::rules::layout::{self, is_end_mark, is_header, told_by_name};
use crate::spec::{Layout, Spec};
use crate::types::{Edition, FileKind, FileName, FileSerial, OfficeNumber};

use super::row::{Row, push_text};

/// The most records of all files together; a month of a large office has a tenth of them.
pub(super) const MOST_ROWS: usize = 200_000;

/// The most that is told of what could not be read.
const MOST_NOTES: usize = 100;

/// So many bytes of a record that is no row are shown.
const MOST_RAW: usize = 2_000;

/// What the files of one send unit share: a 連番 is unique only among those from one office to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UnitName {
    /// ファイル連番
    pub(super) serial: FileSerial,
    sender: OfficeNumber,
    recipient: OfficeNumber,
}

/// A file by its name, as far as the forms care.
#[derive(Debug)]
pub(super) struct File<'f> {
    /// As it was given.
    pub(super) label: &'f str,
    /// Its send unit.
    pub(super) unit: Option<UnitName>,
}

/// What stands in the files.
#[derive(Default)]
pub(super) struct Rows<'s, 'f> {
    pub(super) files: Vec<File<'f>>,
    pub(super) rows: Vec<Row<'s>>,
    pub(super) notes: Notes,
}

/// What is told of the files as a whole.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) texts: Vec<String>,
    more: usize,
}

impl Notes {
    pub(super) fn add(&mut self, text: impl FnOnce() -> String) {
        if self.texts.len() < MOST_NOTES {
            self.texts.push(text());
        } else {
            self.more += 1;
        }
    }

    /// All of them, the number of those that were not kept last.
    pub(super) fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.texts.push(format!("ほかに {} 件あります。", self.more));
        }
        self.texts
    }
}

/// Reads every file of records; pictures and files of other names have no rows.
pub(super) fn read<'s, 'f>(spec: &'s Spec, files: &[SourceFile<'f>]) -> Rows<'s, 'f> {
    let mut all = Rows::default();
    let mut names = HashSet::new();
    for file in files {
        let name = file.name.rsplit_once('/').map_or(file.name, |(_, name)| name);
        let parsed = FileName::parse(name).ok();
        let place = all.files.len();
        let unit = parsed.as_ref().map(|name| UnitName {
            serial: name.serial,
            sender: name.sender,
            recipient: name.recipient,
        });
        all.files.push(File { label: file.name, unit });
        if parsed.is_some_and(|name| !names.insert(name)) {
            // Everything in it would stand twice, and be added up twice.
            all.notes.add(|| {
                format!("{}: 同じ名前のファイルがほかにもあるため、読んでいません。", file.name)
            });
            continue;
        }
        let (Some(kind), by_name) = told_by_name(name) else {
            all.notes.add(|| {
                format!("{}: 標準仕様のファイル名ではないため、読んでいません。", file.name)
            });
            continue;
        };
        if kind.is_image() {
            continue;
        }
        let mut reading = Reading {
            spec,
            kind,
            by_name,
            label: file.name,
            file: place,
            headers: 0,
            layout: None,
            all: &mut all,
            left_out: 0,
        };
        let mut reader = Reader::default();
        reader.feed(file.bytes, &mut reading);
        reader.finish(&mut reading);
        let left_out = reading.left_out;
        if left_out > 0 {
            all.notes.add(|| {
                format!(
                    "{}: {left_out} 件のレコードは、全体で {MOST_ROWS} 件を超えるため描いていません。",
                    file.name
                )
            });
        }
    }
    all
}

/// One file being read.
struct Reading<'a, 's, 'f> {
    spec: &'s Spec,
    kind: FileKind,
    by_name: Option<Edition>,
    label: &'f str,
    file: usize,
    headers: u64,
    layout: Option<&'s Layout>,
    all: &'a mut Rows<'s, 'f>,
    left_out: usize,
}

impl<'s> Reading<'_, 's, '_> {
    /// The layout of the first record decides for all, as it does for the checks.
    fn layout(&mut self, record: &Record<'_>) -> Option<&'s Layout> {
        if self.layout.is_none() {
            let own = layout::layout(self.spec, self.kind, record.item(0), self.by_name);
            let counted = |layout: &&Layout| layout.items.len() == record.item_count;
            let any = || {
                Edition::ALL.into_iter().filter_map(|edition| self.spec.layout(edition, self.kind))
            };
            self.layout = own.filter(counted).or_else(|| any().find(counted)).or(own);
        }
        self.layout
    }

    fn unread(&mut self, line: u64, why: &str, raw: &[u8]) {
        let label = self.label;
        self.all.notes.add(|| {
            let mut text = format!("{label} {line} 行目: {why}");
            if !raw.is_empty() {
                let (shown, rest) = raw.split_at_checked(MOST_RAW).unwrap_or((raw, &[]));
                text.push_str(" 内容: ");
                push_text(shown, &mut text);
                if !rest.is_empty() {
                    text.push('…');
                }
            }
            text
        });
    }
}

impl Sink for Reading<'_, '_, '_> {
    fn record(&mut self, record: &Record<'_>) {
        if record.number == 1 && is_header(record) {
            self.headers = 1;
            return;
        }
        if is_end_mark(record) {
            return;
        }
        let Some(layout) = self.layout(record) else {
            let raw = joined(record);
            self.unread(record.line, "版を読み取れないため、描いていません。", &raw);
            return;
        };
        if record.item_count != layout.items.len() {
            let (got, expected) = (record.item_count, layout.items.len());
            let why = format!("項目の数が {expected} ではなく {got} のため、描いていません。");
            self.unread(record.line, &why, &joined(record));
            return;
        }
        if self.all.rows.len() >= MOST_ROWS {
            self.left_out += 1;
            return;
        }
        let number = record.number - self.headers;
        self.all.rows.push(Row::new(layout, record, number, self.file));
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::BlankLine { .. } => {}
            Note::TooLong { line, .. } => {
                self.unread(line, "レコードが長すぎるため、描いていません。", &[]);
            }
            Note::UnclosedQuote { line, .. } => {
                self.unread(line, "閉じる引用符がないため、この行から後を描いていません。", &[]);
            }
        }
    }
}

/// The beginning of a record with its delimiters, as far as it is shown.
fn joined(record: &Record<'_>) -> Vec<u8> {
    let mut raw = Vec::new();
    for span in record.spans() {
        if raw.len() > MOST_RAW {
            break;
        }
        if !raw.is_empty() {
            raw.push(b',');
        }
        let item = record.raw(*span);
        raw.extend_from_slice(item.get(..=MOST_RAW).unwrap_or(item));
    }
    raw
}
