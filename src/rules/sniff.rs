//! What encoding a whole file is in, told from its bytes as they pass.

use crate::record::ms932::{self, Defect};
use crate::record::{Unicode, work};

/// The first bytes of a file, before anything is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// EF BB BF.
    Utf8Bom,
    /// FE FF, FF FE, or ASCII with NUL between.
    Utf16,
    /// Another kind of file under the name of a CSV.
    NotText(&'static str),
    /// Nothing that speaks against MS932.
    Plain,
}

/// The number of bytes that [`start`] wants to see.
pub(super) const START: usize = 4;

/// Judges the first bytes.
pub(super) const fn start(bytes: &[u8]) -> Start {
    match Unicode::of(bytes) {
        Some((Unicode::Utf8, _)) => return Start::Utf8Bom,
        Some((Unicode::Utf16Le | Unicode::Utf16Be, _)) => return Start::Utf16,
        None => {}
    }
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Start::NotText("ZIP、Excel（.xlsx）"),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Start::NotText("Excel（.xls）"),
        [b'%', b'P', b'D', b'F', ..] => Start::NotText("PDF"),
        [0xFF, 0xD8, 0xFF, ..] => Start::NotText("JPEG"),
        [0x89, b'P', b'N', b'G', ..] => Start::NotText("PNG"),
        _ => Start::Plain,
    }
}

/// An encoding that is not MS932.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    Utf8,
    EucJp,
    Iso2022Jp,
}

impl Foreign {
    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::EucJp => "EUC-JP",
            Self::Iso2022Jp => "ISO-2022-JP（JIS）",
        }
    }
}

/// Whether all bytes so far are one of the other encodings of JIS X 0208.
///
/// MS932 text is no EUC-JP almost always within its first few characters (hiragana begin with 82);
/// then nothing more is looked at.
#[derive(Debug, Default)]
pub(super) struct OtherJis {
    broken: bool,
    /// How many bytes of the last character are still to come.
    pending: u8,
    pairs: u64,
    /// ESC $ was seen.
    escapes: bool,
    /// The last byte was ESC.
    escape: bool,
}

impl OtherJis {
    pub(super) fn feed(&mut self, piece: &[u8]) {
        if self.broken {
            return;
        }
        work::look(piece.len());
        self.escapes = self.escapes
            || (self.escape && piece.first() == Some(&b'$'))
            || memchr::memchr_iter(0x1B, piece).any(|at| piece.get(at + 1) == Some(&b'$'));
        self.escape = piece.last().map_or(self.escape, |last| *last == 0x1B);
        if self.pending == 0 && piece.is_ascii() {
            return;
        }
        for byte in piece {
            match (self.pending, *byte) {
                (0, ..=0x7F) => {}
                (0, 0x8E | 0xA1..=0xFE) => {
                    self.pending = 1;
                    self.pairs += 1;
                }
                (0, 0x8F) => self.pending = 2,
                (1.., 0xA1..=0xFE) => self.pending -= 1,
                _ => {
                    self.broken = true;
                    return;
                }
            }
        }
    }

    /// Whether all bytes so far can be one of these.
    pub(super) const fn is_possible(&self) -> bool {
        !self.broken
    }

    /// The encoding, if it is one of these.
    pub(super) const fn verdict(&self) -> Option<Foreign> {
        if self.broken || self.pending != 0 {
            return None;
        }
        match (self.pairs, self.escapes) {
            (1.., _) => Some(Foreign::EucJp),
            (0, true) => Some(Foreign::Iso2022Jp),
            (0, false) => None,
        }
    }
}

/// Whether all bytes so far are UTF-8.
///
/// MS932 text is not, almost always within its first few characters; then nothing more is looked
/// at. Pure ASCII is both, so only a file with characters beyond it is ever called UTF-8.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    broken: bool,
    /// The beginning of a character whose end was not fed yet.
    pending: Vec<u8>,
    /// A character beyond ASCII was seen.
    beyond_ascii: bool,
}

impl Utf8 {
    pub(super) fn feed(&mut self, piece: &[u8]) {
        if self.broken || (self.pending.is_empty() && piece.is_ascii()) {
            return;
        }
        work::look(piece.len());
        self.beyond_ascii = true;
        let mut rest = piece;
        while !self.pending.is_empty() {
            let Some((byte, after)) = rest.split_first() else { return };
            self.pending.push(*byte);
            rest = after;
            match std::str::from_utf8(&self.pending) {
                Ok(_) => self.pending.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => {
                    self.broken = true;
                    return;
                }
            }
        }
        match std::str::from_utf8(rest) {
            Ok(_) => {}
            Err(error) if error.error_len().is_some() => self.broken = true,
            Err(error) => {
                let (_, pending) = rest.split_at(error.valid_up_to());
                self.pending.extend_from_slice(pending);
            }
        }
    }

    /// Whether all bytes so far can be UTF-8.
    pub(super) const fn is_possible(&self) -> bool {
        !self.broken
    }

    /// Whether the file is UTF-8 and more than ASCII.
    pub(super) const fn verdict(&self) -> bool {
        !self.broken && self.pending.is_empty() && self.beyond_ascii
    }
}

/// Whether MS932 explains all bytes so far.
///
/// Half-width kana and some kanji are bytes that other encodings have too. What MS932 explains is
/// MS932: to guess another encoding would turn names into other names. Only files that may be in
/// another encoding are looked at.
#[derive(Debug, Default)]
pub(super) struct Ms932 {
    broken: bool,
    /// The first byte of a character whose second was not fed yet.
    lead: Option<u8>,
}

impl Ms932 {
    pub(super) fn feed(&mut self, piece: &[u8]) {
        if self.broken || (self.lead.is_none() && piece.is_ascii()) {
            return;
        }
        let mut rest = piece;
        if let Some(lead) = self.lead.take()
            && let Some((trail, after)) = rest.split_first()
        {
            self.examine(&[lead, *trail]);
            rest = after;
        }
        if self.broken {
            return;
        }
        match ms932::examine(rest).worst {
            // The last byte may be half a character.
            Some(found) if found.defect == Defect::Cut && found.offset + 1 == rest.len() => {
                self.lead = rest.last().copied();
            }
            _ => self.examine(rest),
        }
    }

    /// A control character is none of Japanese, and says nothing about the encoding.
    fn examine(&mut self, bytes: &[u8]) {
        self.broken |= ms932::examine(bytes).worst.is_some_and(|found| {
            matches!(found.defect, Defect::UserDefined | Defect::Undefined | Defect::Cut)
        });
    }

    /// Whether it explains the whole file, which is at its end. The escape sequences of ISO-2022-JP
    /// are ASCII, and explained by nothing but themselves.
    pub(super) const fn explains(&self) -> bool {
        !self.broken && self.lead.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf8(bytes: &[u8], piece: usize) -> Utf8 {
        let mut utf8 = Utf8::default();
        bytes.chunks(piece).for_each(|piece| utf8.feed(piece));
        utf8
    }

    #[test]
    fn tells_utf8_from_ms932_however_it_is_cut() {
        for piece in 1..8 {
            assert!(utf8("202407,試験　花子\r\n".as_bytes(), piece).verdict());
            assert!(!utf8(b"202407,131011\r\n", piece).verdict());
            assert!(!utf8(b"\x8E\x8E\x8C\xB1", piece).verdict());
            assert!(utf8("é".as_bytes(), piece).verdict());
            assert!(!utf8(b"\xE3\x81", piece).verdict(), "cut");
        }
    }

    fn other(bytes: &[u8]) -> Option<Foreign> {
        let verdict = |piece| {
            let mut other = OtherJis::default();
            bytes.chunks(piece).for_each(|piece| other.feed(piece));
            other.verdict()
        };
        let whole = verdict(bytes.len());
        for piece in 1..8 {
            assert_eq!(verdict(piece), whole, "{bytes:?} cut into pieces of {piece}");
        }
        whole
    }

    #[test]
    fn tells_euc_and_jis_from_ms932() {
        assert_eq!(other(b"202407,\"\xA4\xB5\xA4\xF3\"\r\n"), Some(Foreign::EucJp), "さん");
        assert_eq!(other(b"\xB9\xE2\xB6\xB6"), Some(Foreign::EucJp), "高橋");
        assert_eq!(other(b"\x82\xB3\x82\xF1"), None, "さん in MS932");
        assert_eq!(other(b"\xBC\xB9\xDD \xCA\xC5\xBA"), None, "half-width kana");
        assert_eq!(other(b"202407,131011"), None);
        assert_eq!(other(b"\x1B$B$5$s\x1B(B"), Some(Foreign::Iso2022Jp));
        assert_eq!(other(b"a\x1Bb"), None);
    }

    #[test]
    fn ms932_explains_what_it_has_however_it_is_cut() {
        let explains = |bytes: &[u8], piece: usize| {
            let mut ms932 = Ms932::default();
            bytes.chunks(piece).for_each(|piece| ms932.feed(piece));
            ms932.explains()
        };
        for piece in 1..8 {
            assert!(explains(b"202407,\"\x8E\x8E\x8C\xB1\"\r\n", piece), "試験");
            assert!(explains(b"\xC3\xB1,\xB9\xB6\xB6\xB6\t", piece), "half-width kana and a tab");
            assert!(explains(b"\x83\x5C,\x95\x5C", piece), "ソ and 表");
            assert!(!explains("202407,試験　花子\r\n".as_bytes(), piece));
            assert!(!explains(b"\xB9\xE2\xB6\xB6\xF0\xA1", piece), "EUC-JP");
            assert!(!explains(b"\x83", piece), "cut");
        }
    }

    #[test]
    fn knows_the_marks() {
        assert_eq!(start(b"\xEF\xBB\xBF2"), Start::Utf8Bom);
        assert_eq!(start(b"\xFF\xFE2\0"), Start::Utf16);
        assert_eq!(start(b"\x002\x000"), Start::Utf16);
        assert_eq!(start(b"2\x000\x00"), Start::Utf16);
        for other in [&b"PK\x03\x04"[..], b"\xD0\xCF\x11\xE0", b"%PDF", b"\xFF\xD8\xFF\xE0"] {
            assert!(matches!(start(other), Start::NotText(_)), "{other:?}");
        }
        for plain in [&b""[..], b"2", b"2024", b"\0\0\0\0", b"2\x0002"] {
            assert_eq!(start(plain), Start::Plain, "{plain:?}");
        }
    }
}
