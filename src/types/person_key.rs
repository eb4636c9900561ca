//! Who somebody is, as the standard names people.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::digest::Digest;

/// Who somebody is: 保険者番号 and 被保険者番号, which are part of every key (R-REL).
///
/// `Debug` shows neither.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonKey {
    insurer: [u8; 6],
    insured: [u8; 10],
}

impl PersonKey {
    /// From the bytes of both items. A 保険者番号 that lost its zeros at the head gets them back
    /// (README A-23); a 被保険者番号 is ten digits, or `H` and nine (R-FLD-01).
    pub fn parse(insurer: &[u8], insured: &[u8]) -> Option<Self> {
        let is_number = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
        let mut padded = [b'0'; 6];
        let missing = padded.len().checked_sub(insurer.len())?;
        if insurer.is_empty() || !is_number(insurer) {
            return None;
        }
        padded.get_mut(missing..)?.copy_from_slice(insurer);
        let insured = <[u8; 10]>::try_from(insured).ok()?;
        let digits = insured.strip_prefix(b"H").unwrap_or(&insured);
        is_number(digits).then_some(Self { insurer: padded, insured })
    }

    /// 保険者番号: six digits.
    pub fn insurer(&self) -> &str {
        // Only ASCII was let in, so this never takes the default; the same below.
        std::str::from_utf8(&self.insurer).unwrap_or_default()
    }

    /// 被保険者番号.
    pub fn insured(&self) -> &str {
        std::str::from_utf8(&self.insured).unwrap_or_default()
    }
}

/// What is remembered of 生年月日 and 性別 of somebody: 12 bits, by which it is seen that they are not
/// the same as before, and not what they are: ten days of birth in a century share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct BirthPrint(u16);

impl BirthPrint {
    const BITS: u32 = 12;

    /// The first bits of the SHA-256 over 被保険者番号, 生年月日 and 性別 as they stand in a file, a
    /// blank between each two; none where one of the latter does not stand there.
    pub fn of(insured: &[u8], born: &[u8], sex: &[u8]) -> Option<Self> {
        let is_there = |item: &[u8], length: usize| {
            item.len() == length
                && item.iter().all(u8::is_ascii_digit)
                && item.iter().any(|digit| *digit != b'0')
        };
        if !is_there(born, 8) || !is_there(sex, 1) {
            return None;
        }
        let digest = Digest::of(&[insured, born, sex].join(&b' '));
        let first = digest.as_raw().first_chunk().copied().map(u16::from_be_bytes)?;
        Some(Self(first >> (u16::BITS - Self::BITS)))
    }

    /// The bits as a number.
    pub const fn bits(self) -> u16 {
        self.0
    }
}

/// More than 12 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a number of 12 bits")]
pub struct BirthPrintError;

impl TryFrom<u16> for BirthPrint {
    type Error = BirthPrintError;

    fn try_from(bits: u16) -> Result<Self, BirthPrintError> {
        if bits >> Self::BITS == 0 { Ok(Self(bits)) } else { Err(BirthPrintError) }
    }
}

impl From<BirthPrint> for u16 {
    fn from(print: BirthPrint) -> Self {
        print.0
    }
}

/// The numbers as they stand in documents of ours.
#[derive(Serialize, Deserialize)]
struct Written<'k> {
    insurer: std::borrow::Cow<'k, str>,
    insured: std::borrow::Cow<'k, str>,
}

impl Serialize for PersonKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { insurer: self.insurer().into(), insured: self.insured().into() }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PersonKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        Self::parse(written.insurer.as_bytes(), written.insured.as_bytes())
            .ok_or_else(|| de::Error::custom("expected 保険者番号 and 被保険者番号"))
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_tells_that_a_birth_changed_and_not_what_it_was() {
        let of = |born: &[u8], sex: &[u8]| BirthPrint::of(b"0000900011", born, sex);
        let print = of(b"19400101", b"1").expect("there");
        assert_eq!(of(b"19400101", b"1"), Some(print));
        assert!(of(b"19400101", b"2") != Some(print) && of(b"19400102", b"1") != Some(print));
        for (born, sex) in
            [(&b""[..], &b"1"[..]), (b"00000000", b"1"), (b"19400101", b""), (b"1940010x", b"1")]
        {
            assert_eq!(of(born, sex), None);
        }
        assert!(BirthPrint::try_from(4095).is_ok() && BirthPrint::try_from(4096).is_err());
        // Of the days of a century, each print stands for several.
        let mut same = 0;
        for day in 0..36_500_u32 {
            let born = format!("{:08}", 19_000_101 + day);
            same += u32::from(of(born.as_bytes(), b"1") == Some(print));
        }
        assert!((3..30).contains(&same), "{same}");
    }

    #[test]
    fn numbers_are_taken_as_the_standard_has_them() {
        let key = PersonKey::parse(b"131016", b"0000900011").expect("a person");
        assert_eq!((key.insurer(), key.insured()), ("131016", "0000900011"));
        assert_eq!(format!("{key:?}"), "[personal]");
        let short = PersonKey::parse(b"11016", b"H000000012").expect("a person");
        assert_eq!(short.insurer(), "011016");
        let bad: [(&[u8], &[u8]); 7] = [
            (b"", b"0000900011"),
            (b"1310160", b"0000900011"),
            (b"13101x", b"0000900011"),
            (b"131016", b"000090001"),
            (b"131016", b"h000000012"),
            (b"131016", b"00009 0011"),
            (b"131016", "００００９".as_bytes()),
        ];
        for (insurer, insured) in bad {
            assert_eq!(PersonKey::parse(insurer, insured), None);
        }
    }
}
