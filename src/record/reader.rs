//! Records out of bytes that arrive in pieces.

mod quick;
mod state;
mod words;

use super::line_end::{LineEnd, LineEnds, count_line_breaks};
use super::sink::{Note, Sink};
use super::work;
use state::{MOST_BYTES, MOST_ITEMS, Phase, State, Step, offset};

/// Cuts bytes into records; see [the module](super) for what it promises.
#[derive(Debug, Default)]
pub struct Reader {
    /// The beginning of a record whose end was not fed yet.
    carry: Vec<u8>,
    state: State,
    ends: LineEnds,
}

impl Reader {
    /// The safety limit for one record, in bytes. The standard has none (README A-07).
    pub const MOST_BYTES: usize = MOST_BYTES;

    /// The items of a record that are kept; all are counted. The widest layout has 71.
    pub const MOST_ITEMS: usize = MOST_ITEMS;

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

#[cfg(test)]
mod tests;
