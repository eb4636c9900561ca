//! Records out of bytes that arrive in pieces.

use memchr::{memchr, memchr2, memchr2_iter};

use super::work;

/// Where an item stands in its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    start: u32,
    end: u32,
    flags: u8,
}

impl Span {
    const QUOTED: u8 = 1;
    const ESCAPED: u8 = 2;
    const STRAY: u8 = 4;

    /// Whether the item stood between double quotes; they are not part of the span.
    pub const fn is_quoted(self) -> bool {
        self.flags & Self::QUOTED != 0
    }

    /// Whether the item holds doubled double quotes (R-CSV-04).
    pub const fn is_escaped(self) -> bool {
        self.flags & Self::ESCAPED != 0
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
    const fn outer(self) -> usize {
        self.start as usize - self.is_quoted() as usize
    }

    /// Its bytes, out of those of its record.
    fn of(self, record: &[u8]) -> &[u8] {
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
    bytes: &'r [u8],
    spans: &'r [Span],
    /// One bit per item that may differ from the one at its place in the record before.
    changed: u128,
    /// Whether it is on one line.
    one_line: bool,
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
    pub fn raw(&self, span: Span) -> &'r [u8] {
        span.of(self.bytes)
    }

    /// The bytes of the item at a place from 0; empty where there is none.
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

/// How a record ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineEnd {
    /// 0D 0A
    CrLf,
    /// 0A
    Lf,
    /// 0D alone
    Cr,
}

/// How many records ended how, with the line of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineEnds {
    /// Records that ended in CR LF.
    pub crlf: u64,
    /// Records that ended in LF.
    pub lf: u64,
    /// Records that ended in CR alone.
    pub cr: u64,
    /// The first line that ended in LF.
    pub first_lf: Option<u64>,
    /// The first line that ended in CR alone.
    pub first_cr: Option<u64>,
    /// Whether the last record had no line end; known after [`Reader::finish`].
    pub missing_at_end: bool,
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
    /// A record is longer than [`Reader::MOST_BYTES`]; it is skipped.
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

/// Cuts bytes into records; see [the module](super) for what it promises.
#[derive(Debug, Default)]
pub struct Reader {
    /// The beginning of a record whose end was not fed yet.
    carry: Vec<u8>,
    state: State,
    ends: LineEnds,
}

/// What is known of the record at hand. All places are relative to its first byte.
#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// The next byte to look at.
    cursor: usize,
    /// The first byte of the item at hand.
    start: usize,
    flags: u8,
    spans: Vec<Span>,
    item_count: usize,
    /// See [`Record::changed`].
    changed: u128,
    /// The item that was edited last, from the record before to this one.
    edited: usize,
    /// The last items of the record before, while those of the next are found.
    old: Vec<Span>,
    /// Line breaks inside quoted items.
    breaks: u64,
    /// The record turned out too long: find its end, keep nothing.
    skipping: bool,
    /// Finished records and lines, and the bytes before the record.
    records: u64,
    lines: u64,
    offset: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    ItemStart,
    Plain,
    Quoted,
    AfterQuote,
    AfterCr,
}

/// What became of the bytes at hand.
enum Step {
    /// The record goes on after them.
    More,
    /// The record ends after so many bytes, line end included.
    Done(usize, LineEnd),
}

impl Reader {
    /// The safety limit for one record, in bytes. The standard has none (README A-07).
    pub const MOST_BYTES: usize = 16 << 20;

    /// The items of a record that are kept; all are counted. The widest layout has 71.
    pub const MOST_ITEMS: usize = 256;

    /// Pieces are looked at in parts of this size, which bounds memory and offsets.
    const PART: usize = 1 << 20;

    /// What is appended to an unfinished record at a time, to find its end without copying more.
    const TOP_UP: usize = 4 << 10;

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, piece: &[u8], sink: &mut impl Sink) {
        for part in piece.chunks(Self::PART) {
            self.feed_part(part, sink);
        }
    }

    fn feed_part(&mut self, part: &[u8], sink: &mut impl Sink) {
        let mut rest = part;
        while !self.carry.is_empty() && !rest.is_empty() {
            let (top, after) = rest.split_at(rest.len().min(Self::TOP_UP));
            let mut carry = std::mem::take(&mut self.carry);
            let old = carry.len();
            work::look(top.len());
            carry.extend_from_slice(top);
            let used = self.scan(&carry, sink);
            if let Some(inside) = used.checked_sub(old) {
                // The record that begins here lies wholly in the part.
                rest = rest.get(inside..).unwrap_or_default();
                carry.clear();
            } else {
                // What is left moves to the front.
                work::look(if used > 0 { carry.len() - used } else { 0 });
                carry.drain(..used);
                rest = after;
            }
            self.carry = carry;
        }
        if !rest.is_empty() {
            let used = self.scan(rest, sink);
            work::look(rest.len() - used);
            self.carry.extend_from_slice(rest.get(used..).unwrap_or_default());
        }
    }

    /// The file is at its end.
    pub fn finish(&mut self, sink: &mut impl Sink) {
        let carry = std::mem::take(&mut self.carry);
        let state = &mut self.state;
        let unfinished = state.cursor > 0 || state.skipping;
        if !unfinished {
            return;
        }
        match state.phase {
            Phase::AfterCr => {
                self.ends.count(LineEnd::Cr, state.lines + state.breaks + 1);
                state.deliver(&carry, sink);
                return;
            }
            Phase::Quoted => {
                self.ends.missing_at_end = true;
                if !state.skipping {
                    let before = carry.get(..state.start).unwrap_or_default();
                    sink.note(Note::UnclosedQuote {
                        line: state.lines + 1 + count_line_breaks(before),
                        offset: state.offset + offset(state.start.saturating_sub(1)),
                        record: state.records + 1,
                        item: state.item_count + 1,
                    });
                }
                return;
            }
            Phase::ItemStart => {
                state.start = state.cursor;
                state.push(state.cursor);
            }
            Phase::Plain => state.push(state.cursor),
            Phase::AfterQuote => state.push(state.cursor.saturating_sub(1)),
        }
        self.ends.missing_at_end = true;
        state.deliver(&carry, sink);
    }

    /// How the records ended so far.
    pub const fn line_ends(&self) -> LineEnds {
        self.ends
    }

    /// Delivers every record that ends in `bytes`; returns where the first that does not begins.
    fn scan(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let mut begin = 0;
        // The record before, without its line end, where it is one line and still at hand.
        let mut before: Option<(&[u8], LineEnd)> = None;
        loop {
            let rest = bytes.get(begin..).unwrap_or_default();
            let similar = before.and_then(|(line, end)| self.state.similar(line, end, rest));
            match similar.unwrap_or_else(|| self.state.step(rest)) {
                Step::Done(length, end) => {
                    if length > Self::MOST_BYTES {
                        self.state.give_up(sink);
                    }
                    let one_line = self.state.breaks == 0 && !self.state.skipping;
                    let line = rest.get(..length.saturating_sub(end.length()));
                    // Nothing is like an empty line but another one, which is read at once anyhow.
                    let line = line.filter(|line| one_line && !line.is_empty());
                    before = line.map(|line| (line, end));
                    self.ends.count(end, self.state.lines + self.state.breaks + 1);
                    self.state.deliver(rest, sink);
                    self.state.offset += offset(length);
                    begin += length;
                }
                Step::More if self.state.skipping || rest.len() > Self::MOST_BYTES => {
                    self.state.give_up(sink);
                    // Everything up to here can be forgotten; the phase is all that matters.
                    if matches!(self.state.phase, Phase::Quoted | Phase::AfterQuote) {
                        self.state.count_breaks(rest, rest.len());
                    }
                    self.state.offset += offset(rest.len());
                    self.state.cursor = 0;
                    self.state.start = 0;
                    return bytes.len();
                }
                Step::More => return begin,
            }
        }
    }
}

impl LineEnd {
    /// In bytes.
    const fn length(self) -> usize {
        match self {
            Self::CrLf => 2,
            Self::Lf | Self::Cr => 1,
        }
    }
}

impl LineEnds {
    fn count(&mut self, end: LineEnd, line: u64) {
        match end {
            LineEnd::CrLf => self.crlf += 1,
            LineEnd::Lf => {
                self.lf += 1;
                self.first_lf.get_or_insert(line);
            }
            LineEnd::Cr => {
                self.cr += 1;
                self.first_cr.get_or_insert(line);
            }
        }
    }
}

impl State {
    /// Goes on from the cursor to the end of the record, or of the bytes.
    #[inline]
    fn step(&mut self, bytes: &[u8]) -> Step {
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

    /// A record by what it shares with the one before, which was the line `before`.
    #[inline]
    fn similar(&mut self, before: &[u8], end: LineEnd, bytes: &[u8]) -> Option<Step> {
        if self.item_count > 128 {
            return None;
        }
        self.alike(before, end, bytes).or_else(|| self.edited(before, bytes))
    }

    /// The quickest way: a line as long as the one before, with its delimiters at the same places.
    /// Then the items are at the same places too, whatever the line before was like, and only
    /// which of them changed has to be found. Gives nothing where the line is another.
    #[inline]
    fn alike(&mut self, before: &[u8], end: LineEnd, bytes: &[u8]) -> Option<Step> {
        work::look(before.len());
        let (line, after) = bytes.split_at_checked(before.len())?;
        let ends_alike = match end {
            LineEnd::CrLf => matches!(after, [b'\r', b'\n', ..]),
            LineEnd::Lf => matches!(after, [b'\n', ..]),
            // A CR alone ends a line only where no LF follows, which is left to the other ways.
            LineEnd::Cr => false,
        };
        if !ends_alike {
            return None;
        }
        let mut changed = 0;
        let (old_words, old_tail) = before.as_chunks::<8>();
        let (new_words, new_tail) = line.as_chunks::<8>();
        for (place, (old, new)) in old_words.iter().zip(new_words).enumerate() {
            if old != new {
                changed |= self.changed_items(place * 8, *old, *new)?;
            }
        }
        if old_tail != new_tail {
            let word = |tail: &[u8]| {
                let mut word = [0; 8];
                word.iter_mut().zip(tail).for_each(|(byte, tail)| *byte = *tail);
                word
            };
            changed |= self.changed_items(old_words.len() * 8, word(old_tail), word(new_tail))?;
        }
        self.changed = changed;
        Some(Step::Done(before.len() + end.length(), end))
    }

    /// The place of the first item that ends behind a byte; mostly that of the last such byte.
    fn item_at(&mut self, byte: usize) -> usize {
        let ends = |place: usize| self.spans.get(place).map(|span| span.end as usize);
        let before = self.edited.checked_sub(1).and_then(ends);
        let fits = ends(self.edited).is_some_and(|end| end > byte);
        if !fits || before.is_some_and(|before| before > byte) {
            self.edited = self.spans.partition_point(|span| span.end as usize <= byte);
        }
        self.edited
    }

    /// The next quickest way: a line that begins and ends as the one before. Only the items
    /// between are looked for; those behind them have moved as much as the line became longer.
    #[inline]
    fn edited(&mut self, before: &[u8], bytes: &[u8]) -> Option<Step> {
        let (line, end) = one_line(bytes)?;
        work::look(before.len().min(line.len()));
        let head = common_prefix(before, line);
        let (old_rest, new_rest) = (before.get(head..)?, line.get(head..)?);
        let tail = before.len() - common_suffix(old_rest, new_rest);
        // The first item whose end is not in the head, the first that begins behind a comma of
        // the tail, and where they are.
        let first = self.spans.partition_point(|span| span.outer() <= head).checked_sub(1)?;
        let last = self.spans.partition_point(|span| span.outer() <= tail);
        let from = self.spans.get(first)?.outer();
        let moved = |place: usize| (place + line.len()).checked_sub(before.len());
        let until = match self.spans.get(last) {
            Some(span) => moved(span.outer().checked_sub(1)?)?,
            None => line.len(),
        };
        self.old.clear();
        self.old.extend_from_slice(self.spans.get(first..)?);
        self.spans.truncate(first);
        self.item_count = first;
        self.items_between(line, from, until)?;
        self.changed = u128::MAX;
        if self.item_count == last {
            let news = self.spans.get(first..)?.iter();
            let places = news.zip(&self.old).zip(first..);
            let differ = places
                .filter(|((new, old), _)| new.flags != old.flags || new.of(line) != old.of(before));
            self.changed = differ.fold(0, |changed, (_, place)| changed | 1 << place);
        }
        for span in self.old.get(last - first..)? {
            let place = |place: u32| u32::try_from(moved(place as usize)?).ok();
            let (start, end) = (place(span.start)?, place(span.end)?);
            self.item_count += 1;
            if self.spans.len() < Reader::MOST_ITEMS {
                self.spans.push(Span { start, end, ..*span });
            }
        }
        Some(Step::Done(line.len() + end.length(), end))
    }

    /// The items that eight bytes at `place` change; nothing where they move a delimiter.
    fn changed_items(&mut self, place: usize, old: [u8; 8], new: [u8; 8]) -> Option<u128> {
        let (old, new) = (u64::from_le_bytes(old), u64::from_le_bytes(new));
        // The highest bit of each byte that differs.
        let mut differ = !zero_bytes(old ^ new) & HIGH;
        if (delimiter_bytes(old) | delimiter_bytes(new)) & differ != 0 {
            return None;
        }
        let mut changed = 0;
        while differ != 0 {
            let at = place + differ.trailing_zeros() as usize / 8;
            let item = self.item_at(at);
            changed |= 1_u128.checked_shl(u32::try_from(item).ok()?)?;
            // No need to look at the other bytes of the same item.
            let end = self.spans.get(item)?.end as usize;
            let rest = u32::try_from(end.saturating_sub(place)).ok()?.checked_mul(8)?;
            differ &= u64::MAX.checked_shl(rest).unwrap_or(0);
        }
        Some(changed)
    }

    /// The way of nearly all other records: one line, quotes only around whole items. Gives nothing
    /// where there is anything else, and the record is read again byte by byte.
    #[inline]
    fn plain_line(&mut self, bytes: &[u8]) -> Option<Step> {
        let (line, end) = one_line(bytes)?;
        self.items_between(line, 0, line.len())?;
        Some(Step::Done(line.len() + end.length(), end))
    }

    /// Adds the items of a part of a line that begins and ends with an item.
    #[inline]
    fn items_between(&mut self, line: &[u8], from: usize, until: usize) -> Option<()> {
        let (mut start, mut flags, mut inside, mut closed) = (from, 0, false, 0);
        let mut close = |start: usize, flags: u8, end: usize, closed: usize| {
            let (start, end) = if flags & Span::QUOTED == 0 {
                (start, end)
            } else if closed + 1 == end {
                (start + 1, closed)
            } else {
                // Text after the closing quote.
                return None;
            };
            self.item_count += 1;
            if self.spans.len() < Reader::MOST_ITEMS {
                let (start, end) = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
                self.spans.push(Span { start, end, flags });
            }
            Some(())
        };
        work::look(until.saturating_sub(from));
        let (blocks, rest) = line.get(from..until)?.as_chunks::<64>();
        let mut last = [0; 64];
        for (place, byte) in last.iter_mut().zip(rest) {
            *place = *byte;
        }
        for (index, block) in blocks.iter().chain(std::iter::once(&last)).enumerate() {
            let mut mask = delimiters(block);
            while mask != 0 {
                let place = from + index * 64 + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                if line.get(place) == Some(&b',') {
                    if !inside {
                        close(start, flags, place, closed)?;
                        start = place + 1;
                        flags = 0;
                    }
                } else if inside {
                    inside = false;
                    closed = place;
                } else if place == start {
                    inside = true;
                    flags = Span::QUOTED;
                } else {
                    return None;
                }
            }
        }
        if inside {
            return None;
        }
        close(start, flags, until, closed)
    }

    /// Ends a quoted item before the quote that the cursor stands behind.
    fn close(&mut self, bytes: &[u8]) {
        let end = self.cursor.saturating_sub(1);
        self.count_breaks(bytes, end);
        self.push(end);
    }

    fn count_breaks(&mut self, bytes: &[u8], end: usize) {
        let content = bytes.get(self.start..end).unwrap_or_default();
        work::look(content.len());
        if memchr2(b'\n', b'\r', content).is_some() {
            self.breaks += count_line_breaks(content);
        }
    }

    #[inline]
    fn push(&mut self, end: usize) {
        self.item_count += 1;
        if self.spans.len() < Reader::MOST_ITEMS && !self.skipping {
            // Both fit: a record at hand is at most MOST_BYTES and one part long.
            let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
            let (start, end) = (place(self.start), place(end));
            self.spans.push(Span { start, end, flags: self.flags });
        }
    }

    /// The record is too long: says so once.
    fn give_up(&mut self, sink: &mut impl Sink) {
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
    fn deliver(&mut self, bytes: &[u8], sink: &mut impl Sink) {
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

/// The bytes up to the line end, which is CRLF or LF; nothing where they are too many or where a CR
/// comes first that no LF follows. Looks no further than the first of both: each byte of a file is
/// looked at a bounded number of times, whatever the file is made of.
fn one_line(bytes: &[u8]) -> Option<(&[u8], LineEnd)> {
    let found = memchr2(b'\r', b'\n', bytes);
    work::look(found.map_or(bytes.len(), |length| length + 1));
    let (line, rest) = bytes.split_at_checked(found?)?;
    let end = match rest {
        [b'\n', ..] => LineEnd::Lf,
        [b'\r', b'\n', ..] => LineEnd::CrLf,
        _ => return None,
    };
    (line.len() <= Reader::MOST_BYTES).then_some((line, end))
}

/// With how many bytes both begin.
fn common_prefix(one: &[u8], two: &[u8]) -> usize {
    let ((ones, _), (twos, _)) = (one.as_chunks::<8>(), two.as_chunks::<8>());
    let words = ones.iter().zip(twos).take_while(|(one, two)| one == two).count() * 8;
    let rest = one.iter().zip(two).skip(words);
    words + rest.take_while(|(one, two)| one == two).count()
}

/// With how many bytes both end.
fn common_suffix(one: &[u8], two: &[u8]) -> usize {
    let ((_, ones), (_, twos)) = (one.as_rchunks::<8>(), two.as_rchunks::<8>());
    let pairs = ones.iter().rev().zip(twos.iter().rev());
    let words = pairs.take_while(|(one, two)| one == two).count() * 8;
    let rest = one.iter().rev().zip(two.iter().rev()).skip(words);
    words + rest.take_while(|(one, two)| one == two).count()
}

/// One bit for each of the 64 bytes that is a comma or a double quote, the first byte lowest.
///
/// Eight bytes at a time, without a branch that could be guessed wrong; which of the bytes it was
/// is seen when the bit is looked at.
#[inline]
fn delimiters(block: &[u8; 64]) -> u64 {
    let (words, _) = block.as_chunks::<8>();
    words.iter().enumerate().fold(0, |mask, (place, bytes)| {
        let word = u64::from_le_bytes(*bytes);
        let marks = (equal_bytes(word, b',') | equal_bytes(word, b'"')) >> 7;
        // Gathers the lowest bits of the eight bytes into one byte.
        mask | (marks.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (place * 8)
    })
}

/// The highest bit of each byte of a word.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The highest bit of each byte that is zero.
const fn zero_bytes(word: u64) -> u64 {
    !(((word & !HIGH) + !HIGH) | word | !HIGH)
}

/// The highest bit of each byte that is equal to another.
const fn equal_bytes(word: u64, byte: u8) -> u64 {
    zero_bytes(word ^ u64::from_le_bytes([byte; 8]))
}

/// The highest bit of each byte that separates items or records.
const fn delimiter_bytes(word: u64) -> u64 {
    equal_bytes(word, b',')
        | equal_bytes(word, b'"')
        | equal_bytes(word, b'\r')
        | equal_bytes(word, b'\n')
}

/// CR LF, LF and CR alone each end a line.
fn count_line_breaks(bytes: &[u8]) -> u64 {
    let breaks = memchr2_iter(b'\n', b'\r', bytes).filter(|place| {
        let after_cr = place.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r');
        !(after_cr && bytes.get(*place) == Some(&b'\n'))
    });
    breaks.fold(0, |count, _| count + 1)
}

fn offset(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
