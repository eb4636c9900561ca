//! The record at hand, read byte by byte: the way that understands everything.

use memchr::{memchr, memchr2};

use crate::record::line_end::{LineEnd, count_line_breaks};
use crate::record::sink::{Note, Record, Sink, Span};
use crate::record::work;

/// See [`Reader::MOST_BYTES`](super::Reader::MOST_BYTES).
pub(super) const MOST_BYTES: usize = 16 << 20;

/// See [`Reader::MOST_ITEMS`](super::Reader::MOST_ITEMS).
pub(super) const MOST_ITEMS: usize = 256;

/// What is known of the record at hand. All places are relative to its first byte.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// The next byte to look at.
    pub(super) cursor: usize,
    /// The first byte of the item at hand.
    pub(super) start: usize,
    pub(super) flags: u8,
    pub(super) spans: Vec<Span>,
    pub(super) item_count: usize,
    /// See [`Record::changed`].
    pub(super) changed: u128,
    /// The item that was edited last, from the record before to this one.
    pub(super) edited: usize,
    /// The last items of the record before, while those of the next are found.
    pub(super) old: Vec<Span>,
    /// Line breaks inside quoted items.
    pub(super) breaks: u64,
    /// The record turned out too long: find its end, keep nothing.
    pub(super) skipping: bool,
    /// Finished records and lines, and the bytes before the record.
    pub(super) records: u64,
    pub(super) lines: u64,
    pub(super) offset: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    #[default]
    ItemStart,
    Plain,
    Quoted,
    AfterQuote,
    AfterCr,
}

/// What became of the bytes at hand.
pub(super) enum Step {
    /// The record goes on after them.
    More,
    /// The record ends after so many bytes, line end included.
    Done(usize, LineEnd),
}

impl State {
    /// Goes on from the cursor to the end of the record, or of the bytes.
    #[inline]
    pub(super) fn step(&mut self, bytes: &[u8]) -> Step {
        if self.cursor == 0 && !self.skipping {
            self.changed = u128::MAX;
            self.spans.clear();
            self.item_count = 0;
            // Nothing but its end, of which a damaged file may have millions.
            let blank = match bytes {
                [b'\n', ..] => Some((1, LineEnd::Lf)),
                [b'\r', b'\n', ..] => Some((2, LineEnd::CrLf)),
                [b'\r', _, ..] => Some((1, LineEnd::Cr)),
                _ => None,
            };
            if let Some((length, end)) = blank {
                self.start = 0;
                self.flags = 0;
                self.push(0);
                return Step::Done(length, end);
            }
            if let Some(step) = self.plain_line(bytes) {
                return step;
            }
            self.spans.clear();
            self.item_count = 0;
        }
        loop {
            match self.phase {
                Phase::ItemStart => {
                    self.flags = 0;
                    self.start = self.cursor;
                    match bytes.get(self.cursor) {
                        None => return Step::More,
                        Some(b'"') => {
                            self.cursor += 1;
                            self.start = self.cursor;
                            self.flags = Span::QUOTED;
                            self.phase = Phase::Quoted;
                        }
                        Some(_) => self.phase = Phase::Plain,
                    }
                }
                Phase::Plain => {
                    let rest = bytes.get(self.cursor..).unwrap_or_default();
                    let delimiter = |byte: &u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
                    let found = rest.iter().position(delimiter);
                    work::look(found.map_or(rest.len(), |length| length + 1));
                    let Some(length) = found else {
                        self.cursor = bytes.len();
                        return Step::More;
                    };
                    self.cursor += length;
                    match rest.get(length) {
                        Some(b',') => {
                            self.push(self.cursor);
                            self.cursor += 1;
                            self.phase = Phase::ItemStart;
                        }
                        Some(b'\n') => {
                            self.push(self.cursor);
                            return Step::Done(self.cursor + 1, LineEnd::Lf);
                        }
                        Some(b'\r') => {
                            self.push(self.cursor);
                            self.cursor += 1;
                            self.phase = Phase::AfterCr;
                        }
                        // A double quote: the item goes on behind it.
                        _ => {
                            self.flags |= Span::STRAY;
                            self.cursor += 1;
                        }
                    }
                }
                Phase::Quoted => {
                    let rest = bytes.get(self.cursor..).unwrap_or_default();
                    let found = memchr(b'"', rest);
                    work::look(found.map_or(rest.len(), |length| length + 1));
                    if let Some(length) = found {
                        self.cursor += length + 1;
                        self.phase = Phase::AfterQuote;
                    } else {
                        self.cursor = bytes.len();
                        return Step::More;
                    }
                }
                Phase::AfterQuote => match bytes.get(self.cursor) {
                    None => return Step::More,
                    Some(b',') => {
                        self.close(bytes);
                        self.cursor += 1;
                        self.phase = Phase::ItemStart;
                    }
                    Some(b'"') => {
                        self.flags |= Span::ESCAPED;
                        self.cursor += 1;
                        self.phase = Phase::Quoted;
                    }
                    Some(b'\r') => {
                        self.close(bytes);
                        self.cursor += 1;
                        self.phase = Phase::AfterCr;
                    }
                    Some(b'\n') => {
                        self.close(bytes);
                        return Step::Done(self.cursor + 1, LineEnd::Lf);
                    }
                    Some(_) => {
                        // Text after the closing quote: the item goes on to the next delimiter.
                        self.count_breaks(bytes, self.cursor);
                        self.flags = (self.flags & !Span::QUOTED) | Span::STRAY;
                        self.start = self.start.saturating_sub(1);
                        self.phase = Phase::Plain;
                    }
                },
                Phase::AfterCr => {
                    return match bytes.get(self.cursor) {
                        None => Step::More,
                        Some(b'\n') => Step::Done(self.cursor + 1, LineEnd::CrLf),
                        Some(_) => Step::Done(self.cursor, LineEnd::Cr),
                    };
                }
            }
        }
    }

    /// Ends a quoted item before the quote that the cursor stands behind.
    fn close(&mut self, bytes: &[u8]) {
        let end = self.cursor.saturating_sub(1);
        self.count_breaks(bytes, end);
        self.push(end);
    }

    pub(super) fn count_breaks(&mut self, bytes: &[u8], end: usize) {
        let content = bytes.get(self.start..end).unwrap_or_default();
        work::look(content.len());
        if memchr2(b'\n', b'\r', content).is_some() {
            self.breaks += count_line_breaks(content);
        }
    }

    #[inline]
    pub(super) fn push(&mut self, end: usize) {
        self.item_count += 1;
        if self.spans.len() < MOST_ITEMS && !self.skipping {
            // Both fit: a record at hand is at most MOST_BYTES and one part long.
            let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
            let (start, end) = (place(self.start), place(end));
            self.spans.push(Span { start, end, flags: self.flags });
        }
    }

    /// The record is too long: says so once.
    pub(super) fn give_up(&mut self, sink: &mut impl Sink) {
        if !self.skipping {
            self.skipping = true;
            sink.note(Note::TooLong {
                line: self.lines + 1,
                offset: self.offset,
                record: self.records + 1,
            });
        }
    }

    /// Hands the record out and gets ready for the next.
    #[inline]
    pub(super) fn deliver(&mut self, bytes: &[u8], sink: &mut impl Sink) {
        let (line, offset) = (self.lines + 1, self.offset);
        let blank = self.item_count == 1
            && self.spans.first().is_some_and(|span| span.is_empty() && !span.is_quoted());
        if blank {
            sink.note(Note::BlankLine { line, offset });
        } else {
            self.records += 1;
            if !self.skipping {
                sink.record(&Record {
                    bytes,
                    spans: &self.spans,
                    changed: self.changed,
                    one_line: self.breaks == 0,
                    item_count: self.item_count,
                    line,
                    number: self.records,
                    offset,
                });
            }
        }
        self.lines += self.breaks + 1;
        self.breaks = 0;
        self.cursor = 0;
        self.skipping = false;
        self.phase = Phase::ItemStart;
    }
}

pub(super) fn offset(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
