//! Identifiers of a fixed number of half-width characters.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A token had another length or a character outside its alphabet.
///
/// Says what was expected, never what was found: the text may come from a file name that somebody
/// typed a person's name into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {length} characters of {alphabet}")]
pub struct ParseTokenError {
    /// The number of characters that the token must have.
    pub length: usize,
    /// The allowed characters, as the class of a regular expression.
    pub alphabet: &'static str,
}

macro_rules! fixed_ascii {
    ($(#[$doc:meta])* $name:ident, $length:literal, $alphabet:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Takes exactly the characters of the token.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParseTokenError> {
                let allowed: fn(u8) -> bool = $allowed;
                match <[u8; $length]>::try_from(bytes) {
                    Ok(token) if token.iter().copied().all(allowed) => Ok(Self(token)),
                    _ => Err(ParseTokenError { length: $length, alphabet: $alphabet }),
                }
            }

            /// The token as text.
            pub fn as_str(&self) -> &str {
                // Only ASCII was let in, so this never takes the default.
                std::str::from_utf8(&self.0).unwrap_or_default()
            }

            /// The token as bytes; the same in ASCII, MS932 and UTF-8.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseTokenError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::from_bytes(text.as_bytes())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

fixed_ascii!(
    /// 事業所番号: 10 places.
    ///
    /// Letters occur in the numbers of 総合事業 offices (`spec/README.md` A-08).
    OfficeNumber,
    10,
    "[0-9A-Z]",
    |byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()
);

fixed_ascii!(
    /// サービス種類コード: the first 2 places of a service code, such as `11` or `A6`
    /// (`spec/service_types.csv`).
    ServiceType,
    2,
    "[0-9A-Z]",
    |byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()
);

fixed_ascii!(
    /// ファイル連番: the 14 digits (`YYYYMMDDHHMMSS`) at the end of a file name that tie a send
    /// unit together and order its import (R-FN-04, R-SET-01, R-ORD-01).
    ///
    /// Only the form is checked here; whether it names a real moment is a rule.
    FileSerial,
    14,
    "[0-9]",
    |byte| byte.is_ascii_digit()
);

impl FileSerial {
    /// The one that names this moment as a clock on the wall shows it.
    pub fn at(moment: Timestamp) -> Option<Self> {
        Self::of(moment.to_zoned(TimeZone::system()).datetime())
    }

    /// The one that names this moment.
    pub fn of(moment: DateTime) -> Option<Self> {
        moment.strftime("%Y%m%d%H%M%S").to_string().parse().ok()
    }

    /// The one of a second later; none where this one names no moment.
    pub fn next(self) -> Option<Self> {
        Self::of(self.moment()?.checked_add(SignedDuration::from_secs(1)).ok()?)
    }

    /// The date and time that it names; none where there is no such moment.
    pub fn moment(self) -> Option<DateTime> {
        let number = |range: std::ops::Range<usize>| {
            let digits = self.as_bytes().get(range).unwrap_or_default();
            digits.iter().fold(0_i16, |value, digit| value * 10 + i16::from(digit - b'0'))
        };
        let small = |range| i8::try_from(number(range)).ok();
        let date = Date::new(number(0..4), small(4..6)?, small(6..8)?).ok()?;
        let time = Time::new(small(8..10)?, small(10..12)?, small(12..14)?, 0).ok()?;
        Some(date.to_datetime(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_follow_each_other_like_moments() {
        let next = |text: &str| {
            let serial: FileSerial = text.parse().expect("14 digits");
            serial.next().map(|next| next.to_string())
        };
        assert_eq!(next("20260326101500").as_deref(), Some("20260326101501"));
        assert_eq!(next("20261231235959").as_deref(), Some("20270101000000"));
        assert_eq!(next("99991231235959"), None);
        assert_eq!(next("20260230000000"), None, "no moment at all");
        assert_eq!(next("20260326101599"), None);
    }

    #[test]
    fn takes_only_its_alphabet_and_length() {
        assert!("1370000018".parse::<OfficeNumber>().is_ok());
        assert!("13A0000018".parse::<OfficeNumber>().is_ok());
        for bad in ["", "137000001", "13700000180", "13a0000018", "137000001８", "../../../.."] {
            assert!(bad.parse::<OfficeNumber>().is_err(), "{bad}");
        }
        assert!("A6".parse::<ServiceType>().is_ok());
        assert!("2026032610150".parse::<FileSerial>().is_err());
    }

    #[test]
    fn a_serial_is_a_moment() {
        let moment = |text: &str| text.parse::<FileSerial>().expect("14 digits").moment();
        let real = moment("20240229235959").expect("a leap day");
        assert_eq!(real.to_string(), "2024-02-29T23:59:59");
        assert_eq!(FileSerial::of(real).expect("one").as_str(), "20240229235959");
        for bad in ["20230229000000", "20261301000000", "20260101240000", "20260101006000"] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }

    #[test]
    fn orders_serials_by_time() {
        let early: FileSerial = "20260326101500".parse().expect("valid");
        let late: FileSerial = "20260401000000".parse().expect("valid");
        assert!(early < late);
    }
}
