//! How records end, and what counts as a line.

use memchr::memchr2_iter;

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
    /// Whether the last record had no line end; known after [`Reader::finish`](super::Reader::finish).
    pub missing_at_end: bool,
}

impl LineEnd {
    /// In bytes.
    #[inline]
    pub(super) const fn length(self) -> usize {
        match self {
            Self::CrLf => 2,
            Self::Lf | Self::Cr => 1,
        }
    }
}

impl LineEnds {
    #[inline]
    pub(super) fn count(&mut self, end: LineEnd, line: u64) {
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

/// CR LF, LF and CR alone each end a line.
pub(super) fn count_line_breaks(bytes: &[u8]) -> u64 {
    let breaks = memchr2_iter(b'\n', b'\r', bytes).filter(|place| {
        let after_cr = place.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r');
        !(after_cr && bytes.get(*place) == Some(&b'\n'))
    });
    breaks.fold(0, |count, _| count + 1)
}
