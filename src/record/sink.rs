//! What a reader hands out: records with their items, and notes about what is no record.

use std::borrow::Cow;

use super::line_end::count_line_breaks;
use super::work;

/// Where an item stands in its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) flags: u8,
}

impl Span {
    pub(super) const QUOTED: u8 = 1;
    pub(super) const ESCAPED: u8 = 2;
    pub(super) const STRAY: u8 = 4;

    /// Whether the item stood between double quotes; they are not part of the span.
    pub const fn is_quoted(self) -> bool {
        self.flags & Self::QUOTED != 0
    }

    /// Whether the item holds doubled double quotes (R-CSV-04).
    pub const fn is_escaped(self) -> bool {
        self.flags & Self::ESCAPED != 0
    }

    /// The value of an item whose bytes are `raw`: doubled quotes made single.
    pub fn unescaped(self, raw: &[u8]) -> Cow<'_, [u8]> {
        if !self.is_escaped() {
            return Cow::Borrowed(raw);
        }
        let mut bytes = Vec::with_capacity(raw.len());
        let mut rest = raw.iter();
        while let Some(byte) = rest.next() {
            bytes.push(*byte);
            if *byte == b'"' {
                rest.next();
            }
        }
        Cow::Owned(bytes)
    }

    /// Whether a double quote stood where none may: inside an unquoted item, or followed by text.
    pub const fn is_stray(self) -> bool {
        self.flags & Self::STRAY != 0
    }

    /// Whether nothing is between the delimiters.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Offset of the first byte in the record.
    pub const fn start(self) -> usize {
        self.start as usize
    }

    /// Offset of the first byte, the opening quote included.
    #[inline]
    pub(super) const fn outer(self) -> usize {
        self.start as usize - self.is_quoted() as usize
    }

    /// Its bytes, out of those of its record.
    #[inline]
    pub(super) fn of(self, record: &[u8]) -> &[u8] {
        record.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The number of bytes.
    pub const fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// One record. It borrows from the reader or from the piece that was fed.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    /// From the first byte of the first item to before the line end; longer when the piece is.
    pub(super) bytes: &'r [u8],
    pub(super) spans: &'r [Span],
    /// One bit per item that may differ from the one at its place in the record before.
    pub(super) changed: u128,
    /// Whether it is on one line.
    pub(super) one_line: bool,
    /// How many items there are; more than [`Record::spans`] where only the first were kept.
    pub item_count: usize,
    /// The physical line on which the record begins, from 1.
    pub line: u64,
    /// The number of the record, from 1; blank lines are none.
    pub number: u64,
    /// Offset of the record in all bytes that were fed.
    pub offset: u64,
}

impl<'r> Record<'r> {
    /// The items that were kept.
    pub const fn spans(&self) -> &'r [Span] {
        self.spans
    }

    /// The bytes of an item, without the quotes around it; doubled quotes are left doubled.
    #[inline]
    pub fn raw(&self, span: Span) -> &'r [u8] {
        span.of(self.bytes)
    }

    /// The bytes of the item at a place from 0; empty where there is none.
    #[inline]
    pub fn item(&self, place: usize) -> &'r [u8] {
        self.spans.get(place).map_or(&[], |span| self.raw(*span))
    }

    /// The items that may differ from those at their places in the record before, one bit each:
    /// all of them where that is not known.
    ///
    /// Nine records of ten say what the one before said but for a day or a code, and what was
    /// found good need not be looked at again. The record before is the one with the number before
    /// this one.
    pub const fn changed(&self) -> u128 {
        self.changed
    }

    /// The physical line on which an item begins.
    pub fn line_of(&self, span: Span) -> u64 {
        if self.one_line {
            return self.line;
        }
        work::look(span.start());
        self.line + count_line_breaks(self.bytes.get(..span.start()).unwrap_or_default())
    }

    /// Offset of an item in all bytes that were fed.
    pub fn offset_of(&self, span: Span) -> u64 {
        self.offset + u64::from(span.start)
    }
}

/// Something about the form of the file that is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// A line with nothing on it.
    BlankLine {
        /// Its number, from 1.
        line: u64,
        /// Its offset in bytes.
        offset: u64,
    },
    /// A record is longer than [`Reader::MOST_BYTES`](super::Reader::MOST_BYTES); it is skipped.
    TooLong {
        /// The line on which it begins.
        line: u64,
        /// Its offset in bytes.
        offset: u64,
        /// Its number.
        record: u64,
    },
    /// The file ended inside a quoted item.
    UnclosedQuote {
        /// The line on which the item begins.
        line: u64,
        /// Offset of the quote in bytes.
        offset: u64,
        /// The record.
        record: u64,
        /// The item, from 1.
        item: usize,
    },
}

/// What takes the records.
pub trait Sink {
    /// The next record.
    fn record(&mut self, record: &Record<'_>);
    /// Something that is no record.
    fn note(&mut self, note: Note);
}
