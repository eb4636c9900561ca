//! MS932 (Windows-31J), the encoding of the files (R-ENC-01), class by class.
//!
//! A decoder's opinion is not enough: `encoding_rs` follows the WHATWG, whose Shift_JIS decodes the
//! user-defined characters F040 to F9FC silently to private-use characters, and whose encoder
//! replaces what it cannot write. Both are forbidden here (R-ENC-02), so classes are looked up.

use std::sync::LazyLock;

use encoding_rs::SHIFT_JIS;

use super::work;

/// What is wrong with a byte or a pair of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Defect {
    /// 外字: a user-defined character, F040 to F9FC. No two systems agree on its meaning.
    UserDefined,
    /// Bytes to which MS932 assigns no character.
    Undefined,
    /// The first byte of a character whose second byte is missing or cannot be one.
    Cut,
    /// The byte 00.
    Nul,
    /// Another control character; CR and LF are none here, they may stand in free text.
    Control,
}

/// A defect and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The class.
    pub defect: Defect,
    /// Offset of its first byte in the examined bytes.
    pub offset: usize,
    /// Its length in bytes, 1 or 2.
    pub length: usize,
}

/// What [`examine`] saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Examined {
    /// The number of characters.
    pub chars: usize,
    /// The first defect that no character can come of, or else the first control character.
    pub worst: Option<Found>,
}

/// Looks at every character once, to the first defect that no character can come of.
pub fn examine(bytes: &[u8]) -> Examined {
    let examined = look_at(bytes);
    let end = examined.worst.filter(|found| found.defect != Defect::Control);
    work::look(end.map_or(bytes.len(), |found| found.offset + found.length));
    examined
}

fn look_at(bytes: &[u8]) -> Examined {
    let pairs = &*PAIRS;
    let mut rest = bytes;
    let mut chars = 0;
    let mut control: Option<Found> = None;
    loop {
        let found =
            |defect, length| Some(Found { defect, offset: bytes.len() - rest.len(), length });
        let (defect, after) = match rest {
            [] => return Examined { chars, worst: control },
            [byte, after @ ..] if is_plain(*byte) => {
                chars += 1;
                rest = after;
                continue;
            }
            [lead, trail, after @ ..] if is_lead(*lead) && pairs.assigned(*lead, *trail) => {
                chars += 1;
                rest = after;
                continue;
            }
            [lead, trail, ..] if is_lead(*lead) && is_trail(*trail) => {
                let user = (0xF0..=0xF9).contains(lead);
                let defect = if user { Defect::UserDefined } else { Defect::Undefined };
                return Examined { chars, worst: found(defect, 2) };
            }
            [lead, ..] if is_lead(*lead) => {
                return Examined { chars, worst: found(Defect::Cut, 1) };
            }
            [0, after @ ..] => (found(Defect::Nul, 1), after),
            [0x01..=0x1F | 0x7F, after @ ..] => (found(Defect::Control, 1), after),
            _ => return Examined { chars, worst: found(Defect::Undefined, 1) },
        };
        let nul = defect.is_some_and(|found| found.defect == Defect::Nul);
        if control.is_none_or(|known| nul && known.defect == Defect::Control) {
            control = defect;
        }
        chars += 1;
        rest = after;
    }
}

/// The text, where every byte is part of a character; user-defined characters are none.
pub fn decode(bytes: &[u8]) -> Option<String> {
    let undecodable = examine(bytes).worst.is_some_and(|found| {
        matches!(found.defect, Defect::UserDefined | Defect::Undefined | Defect::Cut)
    });
    if undecodable {
        return None;
    }
    SHIFT_JIS
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
}

/// What is shown instead of bytes that are no character (下駄記号).
const GETA: char = '〓';

/// The text for people to read, whatever the bytes are: what is no character, and user-defined
/// characters, of which no two systems agree, are shown as `〓`.
pub fn decode_shown(bytes: &[u8]) -> String {
    let (text, _) = SHIFT_JIS.decode_without_bom_handling(bytes);
    let is_none = |c: char| c == '\u{FFFD}' || ('\u{E000}'..='\u{F8FF}').contains(&c);
    text.chars().map(|c| if is_none(c) { GETA } else { c }).collect()
}

/// The bytes of a text, or the first character that MS932 does not have.
pub fn encode(text: &str) -> Result<Vec<u8>, char> {
    let mut encoder = SHIFT_JIS.new_encoder();
    let room = encoder.max_buffer_length_from_utf8_without_replacement(text.len());
    let mut bytes = Vec::with_capacity(room.unwrap_or(text.len()));
    match encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true).0 {
        encoding_rs::EncoderResult::InputEmpty => Ok(bytes),
        encoding_rs::EncoderResult::Unmappable(character) => Err(character),
        // Cannot happen: the room above is enough for every text of this length.
        encoding_rs::EncoderResult::OutputFull => Err('\u{FFFD}'),
    }
}

/// One byte that is a character: ASCII without controls, half-width kana, and the line breaks
/// that free text may hold (R-CSV-03, R-CSV-08).
const fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7E | 0xA1..=0xDF | b'\r' | b'\n')
}

const fn is_lead(byte: u8) -> bool {
    matches!(byte, 0x81..=0x9F | 0xE0..=0xFC)
}

const fn is_trail(byte: u8) -> bool {
    matches!(byte, 0x40..=0x7E | 0x80..=0xFC)
}

/// Which pairs of bytes are characters: one bit per second byte, 32 bytes per first byte.
struct Pairs([[u64; 4]; 256]);

static PAIRS: LazyLock<Pairs> = LazyLock::new(Pairs::new);

impl Pairs {
    /// Asks the WHATWG index, which is that of Windows-31J: JIS X 0208, NEC row 13, the IBM
    /// extensions as NEC selected them (ED, EE) and as IBM placed them (FA to FC).
    fn new() -> Self {
        let mut rows = [[0_u64; 4]; 256];
        for (lead, row) in (0_u8..=255).zip(&mut rows) {
            if !is_lead(lead) || (0xF0..=0xF9).contains(&lead) {
                continue;
            }
            for trail in (0_u8..=255).filter(|trail| is_trail(*trail)) {
                let pair = [lead, trail];
                let text = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&pair);
                let one = text.is_some_and(|text| text.chars().count() == 1);
                if let (true, Some(word)) = (one, row.get_mut(usize::from(trail >> 6))) {
                    *word |= 1 << (trail & 63);
                }
            }
        }
        Self(rows)
    }

    #[expect(clippy::indexing_slicing, reason = "a byte is below 256, its two high bits below 4")]
    fn assigned(&self, lead: u8, trail: u8) -> bool {
        self.0[usize::from(lead)][usize::from(trail >> 6)] & (1 << (trail & 63)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(bytes: &[u8]) -> Option<(Defect, usize, usize)> {
        examine(bytes).worst.map(|found| (found.defect, found.offset, found.length))
    }

    #[test]
    fn knows_the_classes() {
        for good in [
            &b"A\\~"[..],
            &[0xB1, 0xDF],             // half-width kana
            &[0x83, 0x5C, 0x94, 0x5C], // second byte 5C
            &[0x83, 0x7C],             // second byte 7C
            &[0x87, 0x40],             // NEC row 13
            &[0xED, 0x40, 0xEE, 0xFC], // NEC-selected IBM extensions
            &[0xFA, 0x40, 0xFC, 0x4B], // IBM extensions
            b"\r\n",
        ] {
            assert_eq!(worst(good), None, "{good:02X?}");
        }
        assert_eq!(worst(&[0xF0, 0x40]), Some((Defect::UserDefined, 0, 2)));
        assert_eq!(worst(&[b'a', 0xF9, 0xFC]), Some((Defect::UserDefined, 1, 2)));
        assert_eq!(worst(&[0x81, 0xAD]), Some((Defect::Undefined, 0, 2)));
        assert_eq!(worst(&[0xFC, 0x4C]), Some((Defect::Undefined, 0, 2)));
        for single in [0x80, 0xA0, 0xFD, 0xFE, 0xFF] {
            assert_eq!(worst(&[b'a', b'b', single]), Some((Defect::Undefined, 2, 1)));
        }
        assert_eq!(worst(&[0x82, 0xA0, 0x82]), Some((Defect::Cut, 2, 1)));
        assert_eq!(worst(&[0x82, b' ']), Some((Defect::Cut, 0, 1)));
        assert_eq!(worst(b"a\x00b"), Some((Defect::Nul, 1, 1)));
        assert_eq!(worst(b"a\tb"), Some((Defect::Control, 1, 1)));
        assert_eq!(worst(b"\t\x00"), Some((Defect::Nul, 1, 1)));
        assert_eq!(worst(b"\t\x80"), Some((Defect::Undefined, 1, 1)));
    }

    #[test]
    fn agrees_with_the_decoder_on_every_pair() {
        for lead in 0_u8..=255 {
            for trail in 0_u8..=255 {
                let bytes = [lead, trail];
                let theirs = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes);
                let private =
                    |text: &str| text.chars().any(|c| ('\u{E000}'..='\u{F8FF}').contains(&c));
                let theirs = theirs.filter(|text| !private(text) && !text.contains('\u{80}'));
                assert_eq!(decode(&bytes).as_deref(), theirs.as_deref(), "{bytes:02X?}");
            }
        }
    }

    #[test]
    fn counts_characters() {
        assert_eq!(examine(&encode("髙﨑ｱ①a").expect("in MS932")).chars, 5);
    }

    #[test]
    fn refuses_what_ms932_does_not_have() {
        assert_eq!(encode("a𠮷"), Err('𠮷'));
        assert_eq!(encode("\u{E000}"), Err('\u{E000}'));
        assert_eq!(decode(&[0xF0, 0x40]), None);
        let text = "髙﨑　ﾖｼｺ～①㈱";
        assert_eq!(decode(&encode(text).expect("in MS932")).as_deref(), Some(text));
    }
}
