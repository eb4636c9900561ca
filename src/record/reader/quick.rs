//! Quicker ways to a record than byte by byte: by the line before it, or as a line without anything
//! unusual. Each gives nothing where it does not fit, and the next is tried.

use memchr::memchr2;

use crate::record::line_end::LineEnd;
use crate::record::sink::Span;
use crate::record::work;

use super::state::{MOST_BYTES, MOST_ITEMS, State, Step};
use super::words::{HIGH, common_prefix, common_suffix, delimiter_bytes, delimiters, zero_bytes};

impl State {
    /// A record by what it shares with the one before, which was the line `before`.
    #[inline]
    pub(super) fn similar(&mut self, before: &[u8], end: LineEnd, bytes: &[u8]) -> Option<Step> {
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
            if self.spans.len() < MOST_ITEMS {
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
    pub(super) fn plain_line(&mut self, bytes: &[u8]) -> Option<Step> {
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
            if self.spans.len() < MOST_ITEMS {
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
}

/// The bytes up to the line end, which is CRLF or LF; nothing where they are too many or where a CR
/// comes first that no LF follows. Looks no further than the first of both: each byte of a file is
/// looked at a bounded number of times, whatever the file is made of.
pub(super) fn one_line(bytes: &[u8]) -> Option<(&[u8], LineEnd)> {
    let found = memchr2(b'\r', b'\n', bytes);
    work::look(found.map_or(bytes.len(), |length| length + 1));
    let (line, rest) = bytes.split_at_checked(found?)?;
    let end = match rest {
        [b'\n', ..] => LineEnd::Lf,
        [b'\r', b'\n', ..] => LineEnd::CrLf,
        _ => return None,
    };
    (line.len() <= MOST_BYTES).then_some((line, end))
}
