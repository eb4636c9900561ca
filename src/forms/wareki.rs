//! Dates as forms print them: in Japanese eras.

use jiff::civil::{Date, date};

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// 令和8年11月29日
    Full,
    /// 令和8年11月, out of a month or a date.
    Month,
}

/// What the characters of a date come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// Nothing, zeros, or a day so far away that it means "without an end".
    Blank,
    /// As it is printed.
    Written(String),
    /// No date.
    Odd,
}

/// The eras, the latest first: the first day and the name.
const ERAS: [(Date, &str); 5] = [
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 1, 25), "明治"),
];

/// From this year on a date says that there is no end.
const NO_END: i16 = 9999;

/// The name of the era, and the year in it as it is printed: 元 for the first.
pub(super) fn era(day: Date) -> Option<(&'static str, String)> {
    let (first, name) = ERAS.iter().find(|(first, ..)| *first <= day)?;
    let year = day.year() - first.year() + 1;
    Some((name, if year == 1 { "元".to_owned() } else { year.to_string() }))
}

/// The day that eight digits name, or the first day of the month that six digits name.
pub(super) fn day(text: &str) -> Option<Date> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let part = |from, to| number(from, to).and_then(|number| i8::try_from(number).ok());
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let last = match text.len() {
        8 if digits => part(6, 8)?,
        6 if digits => 1,
        _ => return None,
    };
    Date::new(number(0, 4)?, part(4, 6)?, last).ok()
}

/// How a date or month of a file is printed.
pub(super) fn read(text: &str, style: Style) -> Reading {
    if text.bytes().all(|byte| byte == b'0') {
        return Reading::Blank;
    }
    let Some(day) = day(text) else { return Reading::Odd };
    if day.year() >= NO_END {
        return Reading::Blank;
    }
    let Some((name, year)) = era(day) else { return Reading::Odd };
    let month = day.month();
    Reading::Written(match style {
        Style::Full if text.len() == 8 => format!("{name}{year}年{month}月{}日", day.day()),
        Style::Full | Style::Month => format!("{name}{year}年{month}月"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(text: &str) -> String {
        match read(text, Style::Full) {
            Reading::Written(text) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn eras_begin_on_their_first_day() {
        assert_eq!(full("20190430"), "平成31年4月30日");
        assert_eq!(full("20190501"), "令和元年5月1日");
        assert_eq!(full("19890107"), "昭和64年1月7日");
        assert_eq!(full("19890108"), "平成元年1月8日");
        assert_eq!(full("19261224"), "大正15年12月24日");
        assert_eq!(full("19261225"), "昭和元年12月25日");
        assert_eq!(full("19120729"), "明治45年7月29日");
        assert_eq!(full("19120730"), "大正元年7月30日");
        assert_eq!(full("20261129"), "令和8年11月29日");
    }

    #[test]
    fn months_have_no_day() {
        let month = |text| read(text, Style::Month);
        assert_eq!(month("202611"), Reading::Written("令和8年11月".to_owned()));
        assert_eq!(month("20261130"), Reading::Written("令和8年11月".to_owned()));
        assert_eq!(month("201905"), Reading::Written("令和元年5月".to_owned()));
        assert_eq!(month("000000"), Reading::Blank);
    }

    #[test]
    fn what_is_no_date_is_blank_or_odd() {
        for blank in ["", "00000000", "000000", "99991231"] {
            assert_eq!(read(blank, Style::Full), Reading::Blank, "{blank}");
        }
        for odd in [
            "20260231",
            "2026023",
            "２０２６０３０１",
            "20261301",
            "18000101",
            "abcd0101",
            "-2260101",
        ] {
            assert_eq!(read(odd, Style::Full), Reading::Odd, "{odd}");
        }
    }
}
