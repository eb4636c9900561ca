//! What encoding a whole file is in, told from its bytes as they pass.

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
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Start::Utf8Bom,
        [0xFF, 0xFE, ..]
        | [0xFE, 0xFF, ..]
        | [1..=0x7F, 0, 1..=0x7F, 0, ..]
        | [0, 1..=0x7F, 0, 1..=0x7F, ..] => Start::Utf16,
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
    /// Of these, hiragana and katakana.
    kana: u64,
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
                (0, lead @ (0x8E | 0xA1..=0xFE)) => {
                    self.pending = 1;
                    self.pairs += 1;
                    self.kana += u64::from(matches!(lead, 0xA4 | 0xA5));
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

    /// The encoding, if it is one of these. Pairs of half-width kana can look like EUC-JP; they are
    /// MS932 as long as MS932 explains all of it and few of them would be kana.
    pub(super) fn verdict(&self, ms932_explains_all: bool) -> Option<Foreign> {
        if self.broken || self.pending != 0 {
            return None;
        }
        let euc = self.pairs > 0 && (!ms932_explains_all || self.kana * 4 >= self.pairs);
        match (euc, self.escapes) {
            (true, _) => Some(Foreign::EucJp),
            (false, true) if self.pairs == 0 => Some(Foreign::Iso2022Jp),
            (false, _) => None,
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
    /// A character beyond ASCII was seen; of three bytes or more, as Japanese ones are.
    beyond_ascii: bool,
    japanese: bool,
}

impl Utf8 {
    pub(super) fn feed(&mut self, piece: &[u8]) {
        if self.broken || (self.pending.is_empty() && piece.is_ascii()) {
            return;
        }
        self.beyond_ascii = true;
        let mut rest = piece;
        while !self.pending.is_empty() {
            let Some((byte, after)) = rest.split_first() else { return };
            self.pending.push(*byte);
            rest = after;
            match std::str::from_utf8(&self.pending) {
                Ok(_) => {
                    self.japanese |= self.pending.len() > 2;
                    self.pending.clear();
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => {
                    self.broken = true;
                    return;
                }
            }
        }
        let valid = match std::str::from_utf8(rest) {
            Ok(_) => rest,
            Err(error) if error.error_len().is_some() => {
                self.broken = true;
                return;
            }
            Err(error) => {
                let (valid, pending) = rest.split_at(error.valid_up_to());
                self.pending.extend_from_slice(pending);
                valid
            }
        };
        self.japanese |= valid.iter().any(|byte| *byte >= 0xE0);
    }

    /// Whether the file is UTF-8 and not MS932. Two half-width kana can look like one UTF-8
    /// character of two bytes; such a file is MS932 as long as MS932 explains all of it.
    pub(super) fn verdict(&self, ms932_explains_all: bool) -> bool {
        let valid = !self.broken && self.pending.is_empty();
        valid && self.beyond_ascii && (self.japanese || !ms932_explains_all)
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
            assert!(utf8("202407,試験　花子\r\n".as_bytes(), piece).verdict(true));
            assert!(!utf8(b"202407,131011\r\n", piece).verdict(true));
            assert!(!utf8(b"\x8E\x8E\x8C\xB1", piece).verdict(false));
            assert!(!utf8(b"\xC3\xB1", piece).verdict(true), "two half-width kana");
            assert!(utf8("é".as_bytes(), piece).verdict(false));
            assert!(!utf8(b"\xE3\x81", piece).verdict(false), "cut");
        }
    }

    fn other(bytes: &[u8], ms932_explains_all: bool) -> Option<Foreign> {
        let verdict = |piece| {
            let mut other = OtherJis::default();
            bytes.chunks(piece).for_each(|piece| other.feed(piece));
            other.verdict(ms932_explains_all)
        };
        let whole = verdict(bytes.len());
        for piece in 1..8 {
            assert_eq!(verdict(piece), whole, "{bytes:?} cut into pieces of {piece}");
        }
        whole
    }

    #[test]
    fn tells_euc_and_jis_from_ms932() {
        let kana = b"202407,\"\xA4\xB5\xA4\xF3\"\r\n";
        assert_eq!(other(kana, true), Some(Foreign::EucJp), "さん");
        assert_eq!(other(b"\xB9\xE2\xB6\xB6", false), Some(Foreign::EucJp), "高橋");
        assert_eq!(other(b"\xB9\xE2\xB6\xB6", true), None, "two pairs of half-width kana");
        assert_eq!(other(b"\x82\xB3\x82\xF1", false), None, "さん in MS932");
        assert_eq!(other(b"\xBC\xB9\xDD \xCA\xC5\xBA", true), None, "half-width kana");
        assert_eq!(other(b"202407,131011", true), None);
        let jis = b"\x1B$B$5$s\x1B(B";
        assert_eq!(other(jis, false), Some(Foreign::Iso2022Jp));
        assert_eq!(other(b"a\x1Bb", false), None);
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
