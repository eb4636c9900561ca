//! The empty sheet of 第3表: bands, hours and weekdays, measured in tenths of a millimetre.
//!
//! A minute is a tenth of a millimetre high, so a day 144 mm.

use std::fmt::{self, Display};

use askama::filters::HtmlSafe;

use crate::types::DayStart;

use super::week;

const BAND: u32 = 90;
const TIME: u32 = 120;
const HEAD: u32 = 70;

/// Where Monday begins.
const LEFT: u32 = BAND + TIME;

/// The width of a day.
pub(super) const DAY: u32 = 285;

/// Where the activities begin, and how wide they are.
const RIGHT: u32 = LEFT + 7 * DAY;
pub(super) const ACTIVITIES: u32 = 600;

const WIDTH: u32 = RIGHT + ACTIVITIES;
const HEIGHT: u32 = HEAD + week::DAY;

/// The names of the weekdays, from Monday.
pub(super) const WEEKDAYS: [&str; 7] = ["月", "火", "水", "木", "金", "土", "日"];

/// The bands of a day: the first minute and the name.
const BANDS: [(u32, &str); 7] = [
    (0, "深夜"),
    (4 * 60, "深夜"),
    (6 * 60, "早朝"),
    (8 * 60, "午前"),
    (12 * 60, "午後"),
    (18 * 60, "夜間"),
    (22 * 60, "深夜"),
];

/// A length, as SVG has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length(u32);

impl Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}mm", self.0 / 10, self.0 % 10)
    }
}

impl HtmlSafe for Length {}

/// Where something lies, as the attributes of an element of SVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Area {
    /// A box in a day; `top` is in minutes from the top of the axis.
    pub(super) const fn in_day(day: u32, (from, width): (u32, u32), top: u32, height: u32) -> Self {
        // A little room between boxes beside each other.
        let left = LEFT + day * DAY + from + 2;
        Self { left, top: HEAD + top, width: width.saturating_sub(4), height }
    }

    /// A box among the activities.
    pub(super) const fn activity(top: u32, height: u32) -> Self {
        Self { left: RIGHT + 4, top: HEAD + top, width: ACTIVITIES - 8, height }
    }
}

impl Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, width, height] = [self.left, self.top, self.width, self.height].map(Length);
        write!(f, "x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
    }
}

impl HtmlSafe for Area {}

/// A class and the ends of a line: x, x, y, y.
type Line = (&'static str, [Length; 4]);

/// A class, x, y, which end of the word is there, and the word.
type Word = (&'static str, Length, Length, &'static str, String);

/// What is printed on the empty sheet.
pub(super) struct Grid {
    pub(super) width: Length,
    pub(super) height: Length,
    pub(super) frame: Area,
    pub(super) fields: Vec<(&'static str, Area)>,
    pub(super) lines: Vec<Line>,
    pub(super) words: Vec<Word>,
}

impl Grid {
    pub(super) fn new(axis: DayStart) -> Self {
        let frame = Area { left: 0, top: 0, width: WIDTH, height: HEIGHT };
        let mut grid = Self {
            width: Length(WIDTH),
            height: Length(HEIGHT),
            frame,
            fields: vec![("fm-g-head", Area { height: HEAD, ..frame })],
            lines: Vec::new(),
            words: Vec::new(),
        };
        for (name, top, height) in bands(axis) {
            let top = HEAD + top;
            grid.fields.push(("fm-g-head", Area { left: 0, top, width: BAND, height }));
            grid.across("fm-g-thick", 0, WIDTH, top);
            grid.word("fm-g-word", BAND / 2, top + height / 2 + 10, "middle", name.to_owned());
        }
        for step in 0..12 {
            let (top, minute) = (HEAD + step * 120, (axis.minute() + step * 120) % week::DAY);
            grid.across("fm-g-thin", BAND, RIGHT, top);
            grid.across("fm-g-dotted", LEFT, RIGHT, top + 60);
            let hour = format!("{}:00", minute / 60);
            grid.word("fm-g-word", LEFT - 8, top + 30, "end", hour);
        }
        for (day, name) in (0..).zip(WEEKDAYS) {
            let left = LEFT + day * DAY;
            grid.down("fm-g-thin", left);
            grid.word("fm-g-day", left + DAY / 2, 48, "middle", name.to_owned());
        }
        grid.down("fm-g-thin", BAND);
        grid.down("fm-g-thick", RIGHT);
        let activities = "主な日常生活上の活動".to_owned();
        grid.word("fm-g-word", RIGHT + ACTIVITIES / 2, 46, "middle", activities);
        grid
    }

    fn across(&mut self, class: &'static str, from: u32, to: u32, y: u32) {
        self.lines.push((class, [from, to, y, y].map(Length)));
    }

    fn down(&mut self, class: &'static str, x: u32) {
        self.lines.push((class, [x, x, 0, HEIGHT].map(Length)));
    }

    fn word(&mut self, class: &'static str, x: u32, y: u32, anchor: &'static str, word: String) {
        self.words.push((class, Length(x), Length(y), anchor, word));
    }
}

/// The bands from the top of the axis: name, top and height.
fn bands(axis: DayStart) -> Vec<(&'static str, u32, u32)> {
    let start = axis.minute();
    let ends = BANDS.iter().skip(1).map(|(minute, _)| *minute).chain([week::DAY]);
    let spans = BANDS.iter().zip(ends).map(|((from, name), to)| (*from, *name, to));
    let (early, late): (Vec<_>, Vec<_>) = spans.partition(|(from, ..)| *from < start);
    let mut bands: Vec<(&'static str, u32, u32)> = Vec::new();
    for (from, name, to) in late.into_iter().chain(early) {
        match bands.last_mut().filter(|(last, ..)| *last == name) {
            Some((.., height)) => *height += to - from,
            None => bands.push((name, (from + week::DAY - start) % week::DAY, to - from)),
        }
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_fill_the_day_from_either_start() {
        let midnight = bands(DayStart::Midnight);
        assert_eq!(midnight.first(), Some(&("深夜", 0, 360)));
        assert_eq!(midnight.last(), Some(&("深夜", 1320, 120)));
        let four = bands(DayStart::Four);
        assert_eq!(four.first(), Some(&("深夜", 0, 120)));
        assert_eq!(four.last(), Some(&("深夜", 1080, 360)));
        for bands in [midnight, four] {
            assert_eq!(bands.iter().map(|(.., height)| height).sum::<u32>(), week::DAY);
        }
    }

    #[test]
    fn lengths_are_millimetres() {
        let area = Area::in_day(1, (0, DAY), 570, 60).to_string();
        assert_eq!(area, "x=\"49.7mm\" y=\"64.0mm\" width=\"28.1mm\" height=\"6.0mm\"");
        const { assert!(WIDTH <= 2810, "A4 with margins of 8 mm") };
    }
}
