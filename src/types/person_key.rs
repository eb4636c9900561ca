//! Who somebody is, as the standard names people.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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
