//! The JSON that is signed, read so strictly that every reader reads the same in it
//! (`spec/PROTOCOL.md`, section 3).

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The largest whole number that every reader of JSON keeps exactly (RFC 8259, section 6).
pub(super) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// How deep a document may be nested; it is the first level itself.
const MAX_DEPTH: u8 = 64;

/// The years of times, as they are written: what the clocks of most languages hold in any zone.
const YEARS: std::ops::RangeInclusive<u16> = 1970..=9998;

/// A document. What its type passes over has to be in order too: each member once, texts of whole
/// characters, numbers that are numbers elsewhere.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let mut whole = serde_json::Deserializer::from_slice(bytes);
    let checked = InOrder { levels: MAX_DEPTH }.deserialize(&mut whole);
    checked.and_then(|()| whole.end()).map_err(|error| Fault::of(&error, String::new()))?;
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(bytes))
        .map_err(|error| Fault::of(error.inner(), member(&error)))
}

/// Where a document is not what it should be. What was found there is not repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Counted from 1.
    pub(super) line: usize,
    /// Counted from 1.
    pub(super) column: usize,
    /// The member of the type that is wrong or missing, as `files[0].size`; empty where there is none
    /// to be named.
    pub(super) member: String,
}

impl Fault {
    fn of(error: &serde_json::Error, member: String) -> Self {
        Self { line: error.line(), column: error.column(), member }
    }
}

/// The member that the type knows and that is wrong. The names are ours: in what is passed over no
/// type finds anything wrong.
fn member(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let path = error.path().to_string();
    let text = error.inner().to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match (path.as_str(), missing) {
        (".", None) => String::new(),
        (".", Some((missing, _))) => missing.to_owned(),
        (_, None) => path,
        (_, Some((missing, _))) => format!("{path}.{missing}"),
    }
}

/// Any value, in which every member stands once.
#[derive(Clone, Copy)]
struct InOrder {
    /// How many levels there may be.
    levels: u8,
}

impl InOrder {
    fn inside<E: de::Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1);
        levels.map(|levels| Self { levels }).ok_or_else(|| E::custom("nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for InOrder {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for InOrder {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        let mut names = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(name) {
                return Err(de::Error::custom("a member stands twice"));
            }
            members.next_value_seed(inside)?;
        }
        Ok(())
    }
}

/// A member that may be absent: `null` is no absence.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A time of RFC 3339, in no other form.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_time(&text).ok_or_else(|| de::Error::custom("expected a time of RFC 3339"))
}

fn parse_time(text: &str) -> Option<Timestamp> {
    const FORM: &[u8] = b"9999-99-99T99:99:59";
    let (date, rest) = text.as_bytes().split_at_checked(FORM.len())?;
    let fits = |(form, byte): (&u8, &u8)| match form {
        b'9' => byte.is_ascii_digit(),
        b'5' => (b'0'..=b'5').contains(byte),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        other => byte == other,
    };
    let in_form = FORM.iter().zip(date).all(fits);
    let year: u16 = text.get(..4)?.parse().ok()?;
    let zone = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            fraction.get(digits..).filter(|_| (1..=9).contains(&digits))?
        }
        _ => rest,
    };
    let in_zone = matches!(
        zone,
        [b'Z' | b'z']
            | [b'+' | b'-', b'0'..=b'1', b'0'..=b'9', b':', b'0'..=b'5', b'0'..=b'9']
            | [b'+' | b'-', b'2', b'0'..=b'3', b':', b'0'..=b'5', b'0'..=b'9']
    );
    if in_form && in_zone && YEARS.contains(&year) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        let at = |text| parse_time(text).map(|at| at.to_string());
        assert_eq!(at("2026-04-01t09:00:00.50+09:00").as_deref(), Some("2026-04-01T00:00:00.5Z"));
        assert_eq!(at("2026-04-01 00:00:00z").as_deref(), Some("2026-04-01T00:00:00Z"));
        assert!(at("1970-01-01T00:00:00+23:59").is_some() && at("9998-12-31T23:59:59Z").is_some());
        for bad in [
            "2026-04-01T00:00Z",
            "2026-04-01T00:00:00",
            "20260401T000000Z",
            "2026-04-01T00:00:00+09",
            "2026-04-01T00:00:00+0900",
            "2026-04-01T00:00:00+24:00",
            "2026-04-01T00:00:00+09:60",
            "2026-04-01T00:00:00+09:00:30",
            "2026-04-01T00:00:00,5Z",
            "2026-04-01T00:00:00.Z",
            "2026-04-01T00:00:00.1234567890Z",
            "2026-04-01T00:00:60Z",
            "2026-04-01T24:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-04-01T00:00:00Z[UTC]",
            "1969-12-31T23:59:59Z",
            "9999-01-01T00:00:00Z",
            "+002026-04-01T00:00:00Z",
            "２０２６-04-01T00:00:00Z",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_passed_over_has_to_be_in_order() {
        let fault = |text: &[u8]| read::<serde::de::IgnoredAny>(text).err();
        let nested = |levels: usize| [b"[".repeat(levels), b"]".repeat(levels)].concat();
        assert_eq!(fault(&nested(64)), None);
        for bad in [
            &nested(65)[..],
            &nested(200_000),
            br#"{"x":{"a":1,"\u0061":2}}"#,
            br#"["\ud800"]"#,
            br#"{"\ud800":1}"#,
            b"[1e999]",
            b"[NaN]",
            b"[\"\xff\"]",
            b"[] []",
        ] {
            assert!(fault(bad).is_some(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
