//! What the first bytes say about the encoding of a text.

/// A Unicode encoding that the first bytes name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unicode {
    /// UTF-8.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
}

impl Unicode {
    /// The encoding that a byte order mark names, with the length of the mark; or UTF-16 without a
    /// mark, which ASCII with NUL between shows. Neither begins a text in MS932.
    pub const fn of(start: &[u8]) -> Option<(Self, usize)> {
        match start {
            [0xEF, 0xBB, 0xBF, ..] => Some((Self::Utf8, 3)),
            [0xFF, 0xFE, ..] => Some((Self::Utf16Le, 2)),
            [0xFE, 0xFF, ..] => Some((Self::Utf16Be, 2)),
            [1..=0x7F, 0, 1..=0x7F, 0, ..] => Some((Self::Utf16Le, 0)),
            [0, 1..=0x7F, 0, 1..=0x7F, ..] => Some((Self::Utf16Be, 0)),
            _ => None,
        }
    }
}
