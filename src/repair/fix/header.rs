//! Lines that hold no record: the header, the end-of-file mark, nothing visible at all.

use crate::record::{Note, Reader, Record, Sink};
use crate::repair::change::Reason;
use crate::repair::characters::Characters;
use crate::rules::layout::{END_MARK, is_header};

/// A header line and one record are shorter than this.
const ENOUGH: usize = 1 << 20;

/// The number of the record that is a header line and can go: the first of all, it names items,
/// and the one after it does not.
pub(super) fn find(text: &[u8], characters: Characters<'_>) -> Option<u64> {
    let mut first = First { characters, header: None, next_is_data: None, begun: false };
    let mut reader = Reader::default();
    reader.feed(text.get(..ENOUGH).unwrap_or(text), &mut first);
    reader.finish(&mut first);
    first.header.filter(|_| first.next_is_data == Some(true))
}

/// Why a record of one item is none: it is the end-of-file mark, or nothing once the invisible
/// characters are gone.
pub(super) fn void(record: &Record<'_>, characters: Characters<'_>) -> Option<Reason> {
    let [only] = record.spans() else { return None };
    let raw = record.raw(*only);
    if raw.len() > 256 || only.is_quoted() && raw.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut certain = true;
    characters.clean(raw, &mut bytes, &mut |event| certain &= event.kind.is_done());
    match bytes.as_slice() {
        END_MARK if certain => Some(Reason::EndMark),
        [] if certain && !only.is_quoted() => Some(Reason::BlankLine),
        _ => None,
    }
}

struct First<'g> {
    characters: Characters<'g>,
    header: Option<u64>,
    next_is_data: Option<bool>,
    begun: bool,
}

impl Sink for First<'_> {
    fn record(&mut self, record: &Record<'_>) {
        if self.next_is_data.is_some() || void(record, self.characters).is_some() {
            return;
        }
        if self.begun {
            self.next_is_data = Some(record.item(0).iter().any(u8::is_ascii_digit));
        } else {
            self.begun = true;
            self.header = is_header(record).then_some(record.number);
        }
    }

    fn note(&mut self, _: Note) {}
}
