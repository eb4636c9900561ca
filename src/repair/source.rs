//! What a file is encoded in, and where its characters stood.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::record::{Unicode, ms932, work};

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// MS932, as the standard wants it.
    Ms932,
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

impl Encoding {
    /// The stable word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ms932 => "ms932",
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }

    /// Whether code units have two bytes.
    pub(super) const fn is_wide(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The text of a file, ready to be cut into records.
pub(super) struct Source<'b> {
    pub(super) encoding: Encoding,
    /// The length of the byte order mark in the file.
    pub(super) mark: usize,
    /// MS932 as it is, or UTF-8; without the byte order mark.
    pub(super) text: Cow<'b, [u8]>,
}

/// The bytes are not what their beginning says they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undecodable {
    pub(super) encoding: Encoding,
    /// The first such byte.
    pub(super) offset: usize,
}

impl<'b> Source<'b> {
    /// Tells the encoding as the checks tell it: by the mark, by NUL between ASCII, or because the
    /// whole is UTF-8 and MS932 does not explain it better.
    pub(super) fn read(bytes: &'b [u8]) -> Result<Self, Undecodable> {
        let marked = Unicode::of(bytes);
        let rest = |mark| bytes.get(mark..).unwrap_or_default();
        match marked {
            Some((Unicode::Utf8, mark)) => utf8(rest(mark), mark),
            Some((Unicode::Utf16Le, mark)) => utf16(Encoding::Utf16Le, rest(mark), mark),
            Some((Unicode::Utf16Be, mark)) => utf16(Encoding::Utf16Be, rest(mark), mark),
            None if is_utf8(bytes) => utf8(bytes, 0),
            None => Ok(Self { encoding: Encoding::Ms932, mark: 0, text: Cow::Borrowed(bytes) }),
        }
    }

    pub(super) fn offsets(&self) -> Offsets<'_> {
        Offsets { encoding: self.encoding, mark: self.mark, text: &self.text, cursor: 0, units: 0 }
    }
}

/// Half-width kana and some kanji can look like UTF-8; what MS932 explains is MS932, and read as
/// anything else it would be another text.
fn is_utf8(bytes: &[u8]) -> bool {
    !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() && ms932::decode(bytes).is_none()
}

fn utf8(text: &[u8], mark: usize) -> Result<Source<'_>, Undecodable> {
    let encoding = Encoding::Utf8;
    match std::str::from_utf8(text) {
        Ok(_) => Ok(Source { encoding, mark, text: Cow::Borrowed(text) }),
        Err(error) => Err(Undecodable { encoding, offset: mark + error.valid_up_to() }),
    }
}

fn utf16(encoding: Encoding, bytes: &[u8], mark: usize) -> Result<Source<'_>, Undecodable> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| match encoding {
        Encoding::Utf16Be => u16::from_be_bytes(*pair),
        Encoding::Utf16Le | Encoding::Ms932 | Encoding::Utf8 => u16::from_le_bytes(*pair),
    });
    let mut text = String::with_capacity(bytes.len());
    let mut place = mark;
    for character in char::decode_utf16(units) {
        let Ok(character) = character else { return Err(Undecodable { encoding, offset: place }) };
        place += character.len_utf16() * 2;
        text.push(character);
    }
    if !rest.is_empty() {
        return Err(Undecodable { encoding, offset: place });
    }
    Ok(Source { encoding, mark, text: Cow::Owned(text.into_bytes()) })
}

/// Turns places in the text into places in the file. Asked for places that lie near each other, as
/// those of one record do, it walks only from one to the next.
pub(super) struct Offsets<'s> {
    encoding: Encoding,
    mark: usize,
    text: &'s [u8],
    cursor: usize,
    units: usize,
}

impl Offsets<'_> {
    /// The offset in the file of a place in the text.
    pub(super) fn of(&mut self, place: usize) -> u64 {
        if !self.encoding.is_wide() {
            return number(self.mark + place);
        }
        let place = place.min(self.text.len());
        if place >= self.cursor {
            self.units += self.count(self.cursor, place);
        } else {
            self.units -= self.count(place, self.cursor);
        }
        self.cursor = place;
        number(self.mark + self.units * 2)
    }

    /// The number of UTF-16 code units between two places of the text.
    fn count(&self, from: usize, to: usize) -> usize {
        let between = self.text.get(from..to).unwrap_or_default();
        work::look(between.len());
        let units = |byte: &u8| match byte {
            0x80..=0xBF => 0,
            0xF0..=0xFF => 2,
            _ => 1,
        };
        between.iter().map(units).sum()
    }
}

fn number(offset: usize) -> u64 {
    u64::try_from(offset).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(bytes: &[u8]) -> Encoding {
        Source::read(bytes).unwrap_or_else(|error| panic!("{error:?}")).encoding
    }

    #[test]
    fn tells_encodings_apart() {
        assert_eq!(encoding(b"202407,1"), Encoding::Ms932);
        assert_eq!(encoding(b"\x8E\x8E\x8C\xB1"), Encoding::Ms932);
        assert_eq!(encoding(b"\xC3\xB1"), Encoding::Ms932);
        assert_eq!(encoding("試験".as_bytes()), Encoding::Utf8);
        assert_eq!(encoding("é\u{80}".as_bytes()), Encoding::Utf8);
        assert_eq!(encoding(b"\xEF\xBB\xBF1"), Encoding::Utf8);
        assert_eq!(encoding(b"\xFF\xFE1\0"), Encoding::Utf16Le);
        assert_eq!(encoding(b"\x002\x000"), Encoding::Utf16Be);
    }

    #[test]
    fn says_where_it_does_not_decode() {
        let offset = |bytes| Source::read(bytes).map(|_| ()).map_err(|error| error.offset);
        assert_eq!(offset(b"\xEF\xBB\xBF12\x81"), Err(5));
        assert_eq!(offset(b"\xFF\xFE1\0\x00\xD8"), Err(4));
        assert_eq!(offset(b"\xFF\xFE1\x002"), Err(4));
    }

    #[test]
    fn places_are_those_of_the_file() {
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend("a𠮷橋b".encode_utf16().flat_map(u16::to_le_bytes));
        let source = Source::read(&bytes).expect("UTF-16");
        let mut offsets = source.offsets();
        let places = [0, 1, 5, 8, 5, 1, 9].map(|place| offsets.of(place));
        assert_eq!(places, [2, 4, 8, 10, 8, 4, 12]);
    }
}
