//! The records of a file that the checks found good, to be written anew.

use crate::record::{Note, Reader, Record, Sink, Span};
use crate::rules::layout::{self, is_end_mark, is_header};
use crate::spec::{Layout, Spec};
use crate::types::FileName;

/// A record that is none of its layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record {record} is not as its layout says")]
pub struct Unreadable {
    /// Its number, from 1; 1 where there is no layout for the file.
    pub record: u64,
}

/// Hands out every record with the layout of the file. A header line, blank lines and the mark at the
/// end are none (README A-06).
pub(super) fn records<'s>(
    spec: &'s Spec,
    name: &FileName,
    bytes: &[u8],
    each: impl FnMut(&'s Layout, &Record<'_>) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let mut walk = Walk { spec, name, layout: None, each, failed: None };
    let mut reader = Reader::default();
    reader.feed(bytes, &mut walk);
    reader.finish(&mut walk);
    walk.failed.map_or(Ok(()), Err)
}

struct Walk<'s, 'n, F> {
    spec: &'s Spec,
    name: &'n FileName,
    layout: Option<&'s Layout>,
    each: F,
    failed: Option<Unreadable>,
}

impl<'s, F> Walk<'s, '_, F>
where
    F: FnMut(&'s Layout, &Record<'_>) -> Result<(), Unreadable>,
{
    fn look(&mut self, record: &Record<'_>) -> Result<(), Unreadable> {
        if is_end_mark(record) || record.number == 1 && is_header(record) {
            return Ok(());
        }
        let unreadable = Unreadable { record: record.number };
        let (spec, name) = (self.spec, self.name);
        let by_name = Some(name.edition());
        let of_first = || layout::layout(spec, name.kind, record.item(0), by_name);
        let layout = self.layout.or_else(of_first).ok_or(unreadable)?;
        self.layout = Some(layout);
        let is_whole = record.item_count == layout.items.len();
        if !is_whole || record.spans().iter().any(|span| span.is_stray()) {
            return Err(unreadable);
        }
        (self.each)(layout, record)
    }
}

impl<'s, F> Sink for Walk<'s, '_, F>
where
    F: FnMut(&'s Layout, &Record<'_>) -> Result<(), Unreadable>,
{
    fn record(&mut self, record: &Record<'_>) {
        if self.failed.is_none() {
            self.failed = self.look(record).err();
        }
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::BlankLine { .. } => {}
            Note::TooLong { record, .. } | Note::UnclosedQuote { record, .. } => {
                self.failed.get_or_insert(Unreadable { record });
            }
        }
    }
}

/// Writes an item as it stood there; `raw` is what stood between its quotes, if it had any.
pub(super) fn put(out: &mut Vec<u8>, raw: &[u8], span: Span) {
    if span.is_quoted() {
        out.push(b'"');
    }
    out.extend_from_slice(raw);
    if span.is_quoted() {
        out.push(b'"');
    }
}
