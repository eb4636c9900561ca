//! What encoding a whole file is in, told from its bytes as they pass.

/// The first bytes of a file, before anything is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// EF BB BF.
    Utf8Bom,
    /// FE FF, FF FE, or ASCII with NUL between.
    Utf16,
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
        _ => Start::Plain,
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

    #[test]
    fn knows_the_marks() {
        assert_eq!(start(b"\xEF\xBB\xBF2"), Start::Utf8Bom);
        assert_eq!(start(b"\xFF\xFE2\0"), Start::Utf16);
        assert_eq!(start(b"\x002\x000"), Start::Utf16);
        assert_eq!(start(b"2\x000\x00"), Start::Utf16);
        for plain in [&b""[..], b"2", b"2024", b"\0\0\0\0", b"2\x0002"] {
            assert_eq!(start(plain), Start::Plain, "{plain:?}");
        }
    }
}
