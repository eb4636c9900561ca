//! Where things lie in the week of 第3表.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::types::DayStart;

/// The minutes of a day.
pub(super) const DAY: u32 = 24 * 60;

/// The minutes of a week, from Monday 0:00.
const WEEK: u32 = 7 * DAY;

/// The shortest box that holds a line of text, in minutes.
pub(super) const SHORTEST: u32 = 30;

/// So many boxes lie beside each other at the most; what comes on top is listed.
pub(super) const MOST_LANES: u32 = 6;

impl DayStart {
    /// The minute of the day at the top of the axis.
    pub(super) const fn minute(self) -> u32 {
        match self {
            Self::Midnight => 0,
            Self::Four => 4 * 60,
        }
    }
}

/// Four digits as minutes of a day, 0 to 1440.
pub(super) fn minutes(text: &str) -> Option<u32> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (hours, minutes) = digits.then(|| text.split_at_checked(2))??;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= DAY).then_some(all)
}

/// Four digits as a time of day, such as 9:30; other text as it is.
pub(super) fn clock(text: &str) -> String {
    match (minutes(text), text.split_at_checked(2)) {
        (Some(all), Some((_, minutes))) => format!("{}:{minutes}", all / 60),
        _ => text.to_owned(),
    }
}

/// A piece of the axis of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// 0 for Monday.
    pub(super) day: u32,
    /// In minutes below the top of the axis.
    pub(super) top: u32,
    pub(super) length: u32,
}

/// Where a span from one time of a day to another lies; one that ends before it begins goes on in
/// the next day.
pub(super) fn segments(day: u32, start: u32, end: u32, axis: DayStart) -> Vec<Segment> {
    let length = if end < start { end + DAY - start } else { end - start };
    // 24:00 is 0:00 of the next day; on the axis it is the end of this one where nothing follows.
    let start = if length == 0 { start.min(DAY - 1) } else { start };
    let from = (day * DAY + start + WEEK - axis.minute()) % WEEK;
    let mut segments = Vec::with_capacity(2);
    let (mut from, mut left) = (from, length);
    loop {
        let top = from % DAY;
        let length = left.min(DAY - top);
        segments.push(Segment { day: from / DAY % 7, top, length });
        left -= length;
        from = (from + length) % WEEK;
        if left == 0 {
            return segments;
        }
    }
}

/// A box as it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: Segment,
    /// Which of the lanes that share the day at that time, and how many there are.
    pub(super) lane: u32,
    pub(super) lanes: u32,
}

/// Gives every segment a lane, so that none covers another; what finds none gets no place.
///
/// A segment shorter than a line of text is made as long as one.
pub(super) fn places(segments: &[Segment]) -> Vec<Option<Place>> {
    let mut places = vec![None; segments.len()];
    for day in 0..7 {
        let mut order: Vec<(usize, Segment)> = segments
            .iter()
            .enumerate()
            .filter(|(_, segment)| segment.day == day)
            .map(|(at, segment)| {
                let length = segment.length.max(SHORTEST);
                let top = segment.top.min(DAY - length);
                (at, Segment { day, top, length })
            })
            .collect();
        order.sort_by_key(|(at, segment)| (segment.top, Reverse(segment.length), *at));
        let mut cluster: Vec<(usize, Segment, u32)> = Vec::new();
        let mut until = 0;
        // The lanes in use by their ends, and those that are free again.
        let mut busy: BinaryHeap<Reverse<(u32, u32)>> = BinaryHeap::new();
        let mut free: BinaryHeap<Reverse<u32>> = BinaryHeap::new();
        let mut lanes = 0;
        for (at, segment) in order {
            if segment.top >= until {
                close(&mut cluster, lanes, &mut places);
                busy.clear();
                free.clear();
                lanes = 0;
            }
            while let Some(Reverse((_, lane))) =
                busy.peek().copied().filter(|Reverse((end, _))| *end <= segment.top)
            {
                busy.pop();
                free.push(Reverse(lane));
            }
            let lane = match free.pop() {
                Some(Reverse(lane)) => lane,
                None if lanes < MOST_LANES => {
                    lanes += 1;
                    lanes - 1
                }
                None => continue,
            };
            let end = segment.top + segment.length;
            busy.push(Reverse((end, lane)));
            until = until.max(end);
            cluster.push((at, segment, lane));
        }
        close(&mut cluster, lanes, &mut places);
    }
    places
}

/// Everything that overlaps is known: it shares the width of the day.
fn close(cluster: &mut Vec<(usize, Segment, u32)>, lanes: u32, places: &mut [Option<Place>]) {
    for (at, segment, lane) in cluster.drain(..) {
        if let Some(place) = places.get_mut(at) {
            *place = Some(Place { segment, lane, lanes });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(day: u32, top: u32, length: u32) -> Segment {
        Segment { day, top, length }
    }

    #[test]
    fn times_are_four_digits_up_to_2400() {
        let known = ["0000", "0930", "2400"].map(minutes);
        assert_eq!(known, [Some(0), Some(570), Some(1440)]);
        for odd in ["", "930", "2401", "1260", "9999", "09:30", "０９３０", "+930"] {
            assert_eq!(minutes(odd), None, "{odd}");
        }
        assert_eq!(
            (clock("0930"), clock("2400"), clock("x")),
            ("9:30".into(), "24:00".into(), "x".into())
        );
    }

    #[test]
    fn days_begin_where_the_axis_does() {
        let at_midnight = |day, start, end| segments(day, start, end, DayStart::Midnight);
        assert_eq!(at_midnight(0, 600, 660), [segment(0, 600, 60)]);
        assert_eq!(at_midnight(6, 1320, 120), [segment(6, 1320, 120), segment(0, 0, 120)]);
        assert_eq!(at_midnight(2, 1290, 1290), [segment(2, 1290, 0)]);
        assert_eq!(at_midnight(2, 1440, 1440), [segment(2, 1439, 0)]);
        assert_eq!(at_midnight(2, 0, 1440), [segment(2, 0, 1440)]);
        let at_four = |day, start, end| segments(day, start, end, DayStart::Four);
        assert_eq!(at_four(0, 600, 660), [segment(0, 360, 60)]);
        assert_eq!(at_four(0, 60, 120), [segment(6, 1260, 60)], "the night before");
        assert_eq!(at_four(1, 180, 300), [segment(0, 1380, 60), segment(1, 0, 60)]);
    }

    #[test]
    fn what_overlaps_shares_the_day() {
        let all = [
            segment(0, 540, 60),
            segment(0, 570, 60),
            segment(0, 600, 60),
            segment(0, 700, 10),
            segment(1, 540, 60),
            segment(0, 1435, 5),
        ];
        let places: Vec<_> = places(&all)
            .into_iter()
            .map(|place| place.map(|place| (place.segment.top, place.lane, place.lanes)))
            .collect();
        let expected =
            [(540, 0, 2), (570, 1, 2), (600, 0, 2), (700, 0, 1), (540, 0, 1), (1410, 0, 1)];
        assert_eq!(places, expected.map(Some));
    }

    #[test]
    fn a_day_has_so_many_lanes_and_no_more() {
        let all = vec![segment(3, 600, 60); 100_000];
        let places = places(&all);
        assert_eq!(places.iter().flatten().count(), MOST_LANES as usize);
        assert!(places.iter().flatten().all(|place| place.lanes == MOST_LANES));
    }
}
