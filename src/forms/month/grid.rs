//! 第6表: the grid of days.

use std::fmt::Write as _;

use jiff::civil::{Date, Weekday};

use crate::forms::entry::Entry;
use crate::forms::many::Markup;
use crate::forms::pen::Pen;
use crate::forms::piece::Piece;
use crate::forms::wareki;
use crate::spec::KnownItem;

use super::lines::{Key, Line};
use super::service::{described, hide_over_thirty, service};

/// Every month has as many columns.
const DAYS: usize = 31;

/// A column of the grid, as its head shows it.
pub(super) struct Day {
    pub(super) number: usize,
    pub(super) weekday: &'static str,
    /// The class of the column: days past the month's end, and those of the weekend.
    pub(super) class: &'static str,
}

/// The columns of a month. Where it cannot be read there are 31 days and no weekdays.
pub(super) fn days(month: &str) -> Vec<Day> {
    let first = wareki::day(month);
    let length = first.map_or(DAYS, |first| usize::try_from(first.days_in_month()).unwrap_or(DAYS));
    let mut weekday = first.map(Date::weekday);
    let mut days = Vec::new();
    for number in 1..=DAYS {
        let (word, class) = match weekday.filter(|_| number <= length) {
            _ if number > length => ("", "fm-past"),
            None => ("", ""),
            Some(Weekday::Sunday) => ("日", "fm-sunday"),
            Some(Weekday::Saturday) => ("土", "fm-saturday"),
            Some(Weekday::Monday) => ("月", ""),
            Some(Weekday::Tuesday) => ("火", ""),
            Some(Weekday::Wednesday) => ("水", ""),
            Some(Weekday::Thursday) => ("木", ""),
            Some(Weekday::Friday) => ("金", ""),
        };
        days.push(Day { number, weekday: word, class });
        weekday = weekday.map(Weekday::next);
    }
    days
}

/// How often something takes place on each day; nothing where no record says so.
struct Counts([Option<u64>; DAYS]);

impl Counts {
    fn total(&self) -> u64 {
        self.0.iter().flatten().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// The two rows of a line of the grid.
pub(super) fn write(
    pen: &mut Pen<'_, '_>,
    (month, days): (&str, &[Day]),
    key: &Key<'_>,
    line: &Line<'_, '_>,
    html: &mut Markup,
) {
    let all = line.all();
    let name = described(pen.context, key.code);
    pen.at.clone_from(&name);
    let start = pen.every(&all, KnownItem::StartTime, |pen, text| {
        let time = time(pen, text);
        if time.is_empty() { time } else { format!("{time} から") }
    });
    let end = pen.every(&all, KnownItem::EndTime, time);
    hide_over_thirty(&all);
    let service = service(pen, &all, key.is_over);
    let article = if key.is_rental() { article(pen, &all) } else { String::new() };
    let office = pen.every(&all, KnownItem::ServiceOfficeName, |_, text| text.to_owned());
    let out = &mut html.0;
    let _ = write!(
        out,
        "<tbody class=\"fm-u-line\"><tr><td rowspan=\"2\">{start}<br>{end}</td>\
         <td rowspan=\"2\">{service}{article}</td><td rowspan=\"2\">{office}</td>"
    );
    side(pen, (month, days), (&name, "予定"), &line.plan, html);
    html.0.push_str("</tr><tr>");
    side(pen, (month, days), (&name, "実績"), &line.actual, html);
    html.0.push_str("</tr></tbody>\n");
    notes(pen, &name, &all);
    pen.at.clear();
}

/// A time of day; 9999 says that there is none.
fn time(_: &mut Pen<'_, '_>, text: &str) -> String {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_at_checked(2) {
        _ if text == "9999" => String::new(),
        Some((hour, minute)) if digits => format!("{hour}:{minute}"),
        _ => text.to_owned(),
    }
}

/// Which article is rented, on a line of its own.
fn article(pen: &mut Pen<'_, '_>, entries: &[Entry<'_, '_>]) -> String {
    let items = [KnownItem::ArticleName, KnownItem::TaisCode, KnownItem::NotifiedCode];
    let pieces = items.map(|item| pen.every(entries, item, |_, text| text.to_owned()));
    let mut html = String::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        let _ = write!(html, "<span class=\"fm-small\">{piece}</span>");
    }
    html
}

/// The days of 予定 or 実績.
fn side(
    pen: &mut Pen<'_, '_>,
    (month, days): (&str, &[Day]),
    (name, word): (&str, &str),
    entries: &[Entry<'_, '_>],
    html: &mut Markup,
) {
    pen.at = format!("{name} {word}");
    let compared = entries.iter().any(|entry| entry.compared);
    let mut marks = vec![Vec::new(); DAYS];
    let now = counts(pen, month, name, entries, |pen, day, entry| {
        let own = [KnownItem::ServiceCount, KnownItem::ServiceDay]
            .into_iter()
            .flat_map(|item| pen.marks(&[*entry], item));
        if let Some(marks) = marks.get_mut(day) {
            marks.extend(own);
        }
    });
    let old: Vec<_> = entries
        .iter()
        .map(|entry| Entry::new(entry.was, None, entry.compared))
        .filter(|entry| entry.now.is_some())
        .collect();
    let was = counts(pen, month, name, &old, |_, _, _| {});
    let _ = write!(html.0, "<td class=\"fm-center\">{word}</td>");
    let shown = |count: &Option<u64>| count.map_or(String::new(), |count| count.to_string());
    for (((day, now), was), mut marks) in days.iter().zip(&now.0).zip(&was.0).zip(marks) {
        marks.dedup();
        let piece = beside(pen, &format!("{}日", day.number), shown(now), shown(was), compared);
        let class = match day.class {
            "fm-past" => " class=\"fm-past\"",
            _ => "",
        };
        let _ = write!(html.0, "<td{class}>{}</td>", Piece { marks, ..piece });
    }
    let total = |counts: &Counts| match counts.total() {
        0 => String::new(),
        total => total.to_string(),
    };
    let total = beside(pen, "合計回数", total(&now), total(&was), compared);
    let _ = write!(html.0, "<td>{total}</td>");
}

/// A value of both versions.
fn beside(pen: &mut Pen<'_, '_>, name: &str, now: String, was: String, compared: bool) -> Piece {
    let was = Some(was).filter(|was| compared && *was != now);
    if let Some(was) = &was {
        pen.changed(name, was, &now);
    }
    Piece { now, was, ..Piece::default() }
}

/// Adds up the records of each day; what lies on none is told.
fn counts<'e, 'r: 'e, 's: 'r>(
    pen: &mut Pen<'_, '_>,
    month: &str,
    name: &str,
    entries: &'e [Entry<'r, 's>],
    mut on: impl FnMut(&mut Pen<'_, '_>, usize, &'e Entry<'r, 's>),
) -> Counts {
    let mut counts = Counts([None; DAYS]);
    for entry in entries {
        let Some(row) = entry.now else { continue };
        let (date, text) = (row.show(KnownItem::ServiceDay), row.show(KnownItem::ServiceCount));
        let place = date
            .strip_prefix(month)
            .filter(|_| wareki::day(date).is_some())
            .and_then(|day| day.parse::<usize>().ok()?.checked_sub(1));
        let count = text.parse::<u32>().map(u64::from);
        match (place.and_then(|day| Some((day, counts.0.get_mut(day)?))), count) {
            (Some((day, sum)), Ok(count)) => {
                *sum = Some(sum.unwrap_or(0).saturating_add(count));
                on(pen, day, entry);
            }
            (place, _) => {
                let why = match place {
                    None => "対象年月の日ではないため",
                    Some(_) => "回数を読めないため",
                };
                pen.sentence(format!(
                    "{name}：サービス利用日「{date}」サービス回数「{text}」は、{why}表に描いていません。"
                ));
            }
        }
    }
    counts
}

/// What a line has no cells for.
fn notes(pen: &mut Pen<'_, '_>, name: &str, entries: &[Entry<'_, '_>]) {
    // The same name may stand on several lines.
    let times = |entry: &Entry<'_, '_>| {
        let start = entry.look(KnownItem::StartTime);
        if matches!(start, "" | "9999") {
            String::new()
        } else {
            format!(" {start}-{}", entry.look(KnownItem::EndTime))
        }
    };
    let line =
        entries.first().map_or_else(|| name.to_owned(), |first| format!("{name}{}", times(first)));
    let plain = |_: &mut Pen<'_, '_>, text: &str| text.to_owned();
    let units = pen.every(entries, KnownItem::Units, plain);
    note(pen, &line, "単位数", &units, true);
    let bits = pen.every(entries, KnownItem::DailyBits, |_, text| by_day(text));
    note(pen, &line, "日割", &bits, false);
    let satellite = pen.every(entries, KnownItem::Satellite, plain);
    note(pen, &line, KnownItem::Satellite.name(), &satellite, true);
    let detail = pen.every(entries, KnownItem::DetailNumber, plain);
    note(pen, &line, KnownItem::DetailNumber.name(), &detail, true);
}

fn note(pen: &mut Pen<'_, '_>, line: &str, name: &str, piece: &Piece, technical: bool) {
    if !piece.now.is_empty() {
        pen.note(format!("{line} {name}"), piece.now.clone(), technical);
    }
}

/// 日割対象日: the days that it marks, as ranges; anything else as it is.
fn by_day(bits: &str) -> String {
    if bits.len() != DAYS || !bits.bytes().all(|bit| matches!(bit, b'0' | b'1')) {
        return bits.to_owned();
    }
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for (place, _) in bits.bytes().enumerate().filter(|(_, bit)| *bit == b'1') {
        let day = place + 1;
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == day => *last = day,
            _ => ranges.push((day, day)),
        }
    }
    if ranges.is_empty() {
        return "対象日なし".to_owned();
    }
    let words = ranges.iter().map(|(first, last)| {
        if first == last { format!("{first}日") } else { format!("{first}～{last}日") }
    });
    words.collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_have_their_days_and_weekdays() {
        let june = days("202606");
        assert_eq!(june.len(), 31);
        let shown = |number: usize| june.get(number - 1).map(|day| (day.weekday, day.class));
        assert_eq!(shown(1), Some(("月", "")));
        assert_eq!(shown(7), Some(("日", "fm-sunday")));
        assert_eq!(shown(30), Some(("火", "")));
        assert_eq!(shown(31), Some(("", "fm-past")));
        let past = |month| days(month).iter().filter(|day| day.class == "fm-past").count();
        assert_eq!([past("202402"), past("202502"), past("202512"), past("x")], [2, 3, 0, 0]);
    }

    #[test]
    fn days_are_told_as_ranges() {
        assert_eq!(by_day(&format!("{}{}", "1".repeat(15), "0".repeat(16))), "1～15日");
        assert_eq!(by_day("1010000000000000000000000000011"), "1日、3日、30～31日");
        assert_eq!(by_day(&"0".repeat(31)), "対象日なし");
        assert_eq!(by_day("12"), "12");
    }
}
