//! サービス提供年月.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Lang;

/// A calendar month, written `YYYYMM`: サービス提供年月, 対象年月, 提供年月.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceMonth {
    year: u16,
    month: u8,
}

/// The text was not six digits that name a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a calendar month YYYYMM")]
pub struct ParseServiceMonthError;

impl ServiceMonth {
    /// A month from its parts; `year` 1 to 9999, `month` 1 to 12.
    pub const fn new(year: u16, month: u8) -> Option<Self> {
        if year >= 1 && year <= 9999 && month >= 1 && month <= 12 {
            Some(Self { year, month })
        } else {
            None
        }
    }

    /// Exactly six digits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParseServiceMonthError> {
        let [y1, y2, y3, y4, m1, m2] = bytes else { return Err(ParseServiceMonthError) };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u16, |value, byte| {
                byte.is_ascii_digit().then(|| value * 10 + u16::from(byte - b'0'))
            })
        };
        let year = number(&[*y1, *y2, *y3, *y4]).ok_or(ParseServiceMonthError)?;
        let month = number(&[*m1, *m2]).ok_or(ParseServiceMonthError)?;
        u8::try_from(month)
            .ok()
            .and_then(|month| Self::new(year, month))
            .ok_or(ParseServiceMonthError)
    }

    /// The year of the Gregorian calendar.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The month of a date; none before the year 1.
    pub fn of(date: jiff::civil::Date) -> Option<Self> {
        Self::new(u16::try_from(date.year()).ok()?, u8::try_from(date.month()).ok()?)
    }

    /// The month so many months later, or before where `by` is less than 0; itself where there is none.
    #[must_use]
    pub fn plus(self, by: i32) -> Self {
        let place = i64::from(self.year) * 12 + i64::from(self.month) - 1 + i64::from(by);
        let year = u16::try_from(place.div_euclid(12)).ok();
        let month = u8::try_from(place.rem_euclid(12) + 1).ok();
        year.zip(month).and_then(|(year, month)| Self::new(year, month)).unwrap_or(self)
    }

    /// As people write it: `2026年6月`, or `2026-06` in English.
    pub fn in_words(self, lang: Lang) -> String {
        let Self { year, month } = self;
        match lang {
            Lang::Ja => format!("{year:04}年{month}月"),
            Lang::En => format!("{year:04}-{month:02}"),
        }
    }

    /// Several of them, in the order in which they stand.
    pub fn all_in_words(months: &[Self], lang: Lang) -> String {
        let months: Vec<_> = months.iter().map(|month| month.in_words(lang)).collect();
        months.join(lang.pick("、", ", "))
    }

    /// The number of days, 28 to 31.
    pub const fn days(self) -> u8 {
        match self.month {
            2 if self.year.is_multiple_of(4)
                && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400)) =>
            {
                29
            }
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl fmt::Display for ServiceMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{:02}", self.year, self.month)
    }
}

impl FromStr for ServiceMonth {
    type Err = ParseServiceMonthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_bytes(text.as_bytes())
    }
}

impl Serialize for ServiceMonth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServiceMonth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_over_the_year() {
        let month = |year, month| ServiceMonth::new(year, month).expect("a month");
        assert_eq!(month(2026, 12).plus(1), month(2027, 1));
        assert_eq!(month(2026, 1).plus(-1), month(2025, 12));
        assert_eq!(month(2026, 5).plus(0), month(2026, 5));
        assert_eq!(month(1, 1).plus(-1), month(1, 1), "there is none before");
        assert_eq!(ServiceMonth::of(jiff::civil::date(2026, 4, 30)), Some(month(2026, 4)));
    }

    #[test]
    fn knows_the_calendar() {
        let days = |text: &str| text.parse::<ServiceMonth>().map(ServiceMonth::days);
        assert_eq!(days("202602"), Ok(28));
        assert_eq!(days("202402"), Ok(29));
        assert_eq!(days("210002"), Ok(28));
        assert_eq!(days("200002"), Ok(29));
        assert_eq!(days("202604"), Ok(30));
        for bad in ["", "202600", "202613", "000001", "20260", "2026041", "2026 4", "２０２６０４"]
        {
            assert!(bad.parse::<ServiceMonth>().is_err(), "{bad}");
        }
    }
}
