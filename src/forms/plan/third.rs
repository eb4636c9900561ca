//! 第3表 週間サービス計画表.

use std::collections::HashMap;

use askama::Template;

use crate::forms::align::align;
use crate::forms::entry::{Entry, Pair, Person, Sets};
use crate::forms::form::Form;
use crate::forms::measure;
use crate::forms::pen::{Context, Pen};
use crate::forms::piece::Piece;
use crate::forms::row::Row;
use crate::forms::sheet::{DrawnForm, Head, sheet};
use crate::spec::KnownItem;
use crate::types::FileKind;

use super::grid::{ACTIVITIES, Area, DAY, Grid, WEEKDAYS};
use super::week::{self, Place, Segment};

/// A line of 7 points, in tenths of a millimetre as everything here; a minute is one.
const LINE: u32 = 29;

/// About so many hundredths of a millimetre are half a character of 7 points.
const COLUMN: u32 = 124;

/// So many lines of activities fit under each other.
const ACTIVITY_LINE: u32 = 30;

/// The pale colours on a screen.
const SHADES: usize = 8;

#[derive(Template)]
#[template(path = "forms/plan/third.html", config = "src/askama.toml")]
struct Third {
    grid: Grid,
    blocks: Vec<Block>,
    activities: Vec<Activity>,
    others: Vec<Piece>,
    /// What has no room or no place on the grid.
    listed: Vec<Listed>,
}

/// A service on the grid.
struct Block {
    place: Area,
    shade: usize,
    piece: Piece,
    /// With whether they stand on a line of their own.
    times: Option<(bool, Piece)>,
    /// The number under which the whole text is listed.
    number: Option<usize>,
    state: &'static str,
}

/// An activity beside the grid.
struct Activity {
    place: Area,
    piece: Piece,
    times: Piece,
}

struct Listed {
    number: Option<usize>,
    when: Piece,
    piece: Piece,
}

/// A weekly service before it has a place.
struct Weekly<'r, 's> {
    entry: Entry<'r, 's>,
    piece: Piece,
    times: Piece,
}

pub(super) fn draw(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    told_here: Option<Entry<'_, '_>>,
) -> DrawnForm {
    let mut pen = Pen::new(context, Form::Third);
    let supplement = sets.only(FileKind::Uphosoku);
    let first = sets.only(FileKind::Up3kyo);
    let head = Head::new(&mut pen, person, supplement, first, KnownItem::ThirdWrittenOn);
    let (now, was) = sets.rows(FileKind::Up3kyo);
    let mut listed = Vec::new();
    let blocks = weekly(&mut pen, (now, was), sets.compared, &mut listed);
    let activities = activities(&mut pen, (now, was), sets.compared, &mut listed);
    let others = others(&mut pen, (now, was), sets.compared);
    let entries: Vec<Entry<'_, '_>> = now
        .iter()
        .map(|row| Pair::new(Some(row), None, sets.compared))
        .chain(was.iter().map(|row| Pair::new(None, Some(row), sets.compared)))
        .collect();
    super::hide_printed_date(&entries, KnownItem::ThirdWrittenOn);
    pen.rest(&[&entries, told_here.as_slice()].concat());
    let grid = Grid::new(context.options.choices.day_start);
    let form = Third { grid, blocks, activities, others, listed };
    sheet(pen, person, Some(&head), &form)
}

type Sides<'r, 's> = (&'r [Row<'s>], &'r [Row<'s>]);

/// The rows that have any of some items, beside their counterparts by some of their items.
fn entries<'r, 's>(
    (now, was): Sides<'r, 's>,
    compared: bool,
    items: &[KnownItem],
    likenesses: &[&[KnownItem]],
) -> Vec<Entry<'r, 's>> {
    let has = |row: &&'r Row<'s>| items.iter().any(|item| !row.look(*item).is_empty());
    let [now, was] = [now, was].map(|rows| rows.iter().filter(has).collect::<Vec<_>>());
    let pairs = align(&now, &was, likenesses.len(), |row, level| {
        let items = likenesses.get(level)?;
        let texts: Vec<String> = items.iter().map(|item| row.look(*item).to_owned()).collect();
        texts.iter().any(|text| !text.is_empty()).then_some(texts)
    });
    pairs.into_iter().map(|(now, was)| Pair::new(now.copied(), was.copied(), compared)).collect()
}

/// From when to when; a point in time where both are the same.
fn times(pen: &mut Pen<'_, '_>, entry: Entry<'_, '_>, start: KnownItem, end: KnownItem) -> Piece {
    let words = |row: &Row<'_>| {
        let (from, to) = (row.show(start), row.show(end));
        match (from.is_empty(), to.is_empty()) {
            (true, true) => String::new(),
            (false, true) => format!("{}～", week::clock(from)),
            (true, false) => format!("～{}", week::clock(to)),
            (false, false) if from == to => week::clock(from),
            (false, false) => format!("{}～{}", week::clock(from), week::clock(to)),
        }
    };
    let now = entry.now.map(words).unwrap_or_default();
    let was = entry.was.map(words).unwrap_or_default();
    let was = (entry.compared && now != was).then_some(was);
    if let (Some(was), Some(_), Some(_)) = (&was, entry.now, entry.was) {
        pen.changed("時間", was, &now);
    }
    let mut marks = pen.marks(&[entry], start);
    marks.extend(
        pen.marks(&[entry], end)
            .into_iter()
            .filter(|mark| !marks.contains(mark))
            .collect::<Vec<_>>(),
    );
    Piece { now, was, blank: "", marks }
}

fn weekday(row: &Row<'_>) -> Option<u32> {
    let number: u32 = row.look(KnownItem::Weekday).parse().ok()?;
    number.checked_sub(1).filter(|day| *day < 7)
}

fn weekly(
    pen: &mut Pen<'_, '_>,
    sides: Sides<'_, '_>,
    compared: bool,
    listed: &mut Vec<Listed>,
) -> Vec<Block> {
    use KnownItem::{Weekday, WeeklyEnd, WeeklyService, WeeklyStart};

    let axis = pen.context.options.choices.day_start;
    let items = [WeeklyService, Weekday, WeeklyStart, WeeklyEnd];
    let likenesses: [&[KnownItem]; 4] = [
        &items,
        &[Weekday, WeeklyStart, WeeklyService],
        &[Weekday, WeeklyService],
        &[Weekday, WeeklyStart, WeeklyEnd],
    ];
    let mut all: Vec<Weekly<'_, '_>> = Vec::new();
    let mut segments: Vec<Segment> = Vec::new();
    // Of each segment the service that it shows.
    let mut owners: Vec<usize> = Vec::new();
    for entry in entries(sides, compared, &items, &likenesses) {
        let Some(row) = entry.any() else { continue };
        let day = weekday(row);
        pen.at = day_name(day, row);
        let times = times(pen, entry, WeeklyStart, WeeklyEnd);
        let name = std::mem::take(&mut pen.at);
        pen.at = format!(
            "{name} {}",
            if times.now.is_empty() {
                times.was.as_deref().unwrap_or_default()
            } else {
                &times.now
            }
        );
        let mut piece = pen.text(entry, WeeklyService);
        for mark in pen.marks(&[entry], Weekday).into_iter().chain(times.marks.iter().copied()) {
            if !piece.marks.contains(&mark) {
                piece.marks.push(mark);
            }
        }
        for row in [entry.now, entry.was].into_iter().flatten() {
            row.show(Weekday);
        }
        let span = week::minutes(row.look(WeeklyStart)).zip(week::minutes(row.look(WeeklyEnd)));
        if let (Some(day), Some((start, end))) = (day, span) {
            if end < start && entry.now.is_some() {
                let at = &pen.at;
                pen.sentence(format!("{at} は翌日にまたがるものとして描いています。"));
            }
            let own = week::segments(day, start, end, axis);
            owners.extend(own.iter().map(|_| all.len()));
            segments.extend(own);
        } else {
            let when = when(&name, &times);
            listed.push(Listed { number: None, when, piece: piece.clone() });
        }
        all.push(Weekly { entry, piece, times });
    }
    pen.at.clear();
    blocks(&all, &owners, week::places(&segments), listed)
}

/// The weekday, or what stands in its place.
fn day_name(day: Option<u32>, row: &Row<'_>) -> String {
    let name = day.and_then(|day| WEEKDAYS.get(usize::try_from(day).ok()?));
    match (name, row.look(KnownItem::Weekday)) {
        (Some(name), _) => format!("{name}曜日"),
        (None, "") => "曜日の記載なし".to_owned(),
        (None, odd) => format!("曜日「{odd}」"),
    }
}

fn when(at: &str, times: &Piece) -> Piece {
    let with = |time: &str| format!("{at} {time}").trim().to_owned();
    match times.was.as_deref() {
        None => Piece::plain(with(&times.now)),
        // Of what is new there was no day either, and of what is gone there is none.
        Some(was) => {
            let side = |time: &str| if time.is_empty() { String::new() } else { with(time) };
            Piece { now: side(&times.now), was: Some(side(was)), ..Piece::default() }
        }
    }
}

fn blocks(
    all: &[Weekly<'_, '_>],
    owners: &[usize],
    places: Vec<Option<Place>>,
    listed: &mut Vec<Listed>,
) -> Vec<Block> {
    let mut shades: HashMap<&str, usize> = HashMap::new();
    // The number of a service whose text has no room; boxes of one service share it.
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut next_number = 1;
    let mut blocks = Vec::new();
    for (owner, place) in owners.iter().zip(places) {
        let Some(Weekly { entry, piece, times }) = all.get(*owner) else { continue };
        let Some(row) = entry.any() else { continue };
        let mut number = || {
            *numbers.entry(*owner).or_insert_with(|| {
                let number = next_number;
                next_number += 1;
                let when = when(&day_name(weekday(row), row), times);
                listed.push(Listed { number: Some(number), when, piece: piece.clone() });
                number
            })
        };
        let Some(Place { segment, lane, lanes }) = place else {
            number();
            continue;
        };
        let (width, height) = (DAY / lanes, segment.length);
        let service = row.look(KnownItem::WeeklyService);
        let next = shades.len() % SHADES;
        let shade = *shades.entry(service).or_insert(next);
        let room = Room { columns: width.saturating_sub(10) * 10 / COLUMN, lines: height / LINE };
        let (piece, shown_times, number) = match room.fit(piece, times) {
            Fit::Both => (piece.clone(), Some((true, times.clone())), None),
            Fit::OneLine => (piece.clone(), Some((false, times.clone())), None),
            Fit::Cut => {
                let number = number();
                let mut cut = piece.clone();
                cut.now = room.cut(&cut.now);
                cut.was = cut.was.as_deref().map(|was| room.cut(was));
                (cut, None, Some(number))
            }
        };
        let state = match (entry.compared, entry.now, entry.was) {
            (true, Some(_), None) => " fm-new",
            (true, None, Some(_)) => " fm-gone",
            _ => "",
        };
        blocks.push(Block {
            place: Area::in_day(segment.day, (lane * width, width), segment.top, height),
            shade,
            piece,
            times: shown_times,
            number,
            state,
        });
    }
    blocks
}

/// How much text a box holds.
struct Room {
    columns: u32,
    lines: u32,
}

enum Fit {
    /// The text, and below it the times.
    Both,
    /// Both on one line.
    OneLine,
    /// Not that: it has a number under which both are listed, as no box tells its times by its place
    /// alone where it had to be made longer or moved.
    Cut,
}

impl Room {
    fn lines_of(&self, piece: &Piece) -> u32 {
        let columns = usize::try_from(self.columns).unwrap_or(0);
        // What is new has a word before it, and what is marked a sign behind it.
        let marks = "▲1".repeat(piece.marks.len());
        let now =
            if piece.was.is_some() { format!("［新］{}", piece.now) } else { piece.now.clone() };
        let both = format!("{}{now}{marks}", piece.was.as_deref().unwrap_or_default());
        u32::try_from(measure::lines(&both, columns)).unwrap_or(u32::MAX)
    }

    fn fit(&self, piece: &Piece, times: &Piece) -> Fit {
        let text = self.lines_of(piece);
        if text.saturating_add(self.lines_of(times)) <= self.lines {
            Fit::Both
        } else if text == 1 && self.fits_one_line(piece, times) {
            Fit::OneLine
        } else {
            Fit::Cut
        }
    }

    fn fits_one_line(&self, piece: &Piece, times: &Piece) -> bool {
        let plain =
            [piece, times].iter().all(|piece| piece.was.is_none() && piece.marks.is_empty());
        let columns = measure::columns(&piece.now) + 1 + measure::columns(&times.now);
        plain && u32::try_from(columns).is_ok_and(|columns| columns <= self.columns)
    }

    fn cut(&self, text: &str) -> String {
        // The number takes about four columns.
        let room = (self.columns * self.lines.max(1)).saturating_sub(6);
        let begun = measure::beginning(text, usize::try_from(room).unwrap_or(0));
        if begun.len() < text.len() { format!("{begun}…") } else { begun }
    }
}

fn activities(
    pen: &mut Pen<'_, '_>,
    sides: Sides<'_, '_>,
    compared: bool,
    listed: &mut Vec<Listed>,
) -> Vec<Activity> {
    use KnownItem::{Activity as Doing, ActivityEnd, ActivityStart};

    let axis = pen.context.options.choices.day_start;
    let items = [Doing, ActivityStart, ActivityEnd];
    let likenesses: [&[KnownItem]; 3] = [&items, &[Doing], &[ActivityStart, ActivityEnd]];
    Doing.name().clone_into(&mut pen.at);
    let mut timed = Vec::new();
    for entry in entries(sides, compared, &items, &likenesses) {
        let Some(row) = entry.any() else { continue };
        let times = times(pen, entry, ActivityStart, ActivityEnd);
        let piece = pen.text(entry, Doing);
        match week::minutes(row.look(ActivityStart)) {
            Some(start) => {
                let top = (start.min(week::DAY - 1) + week::DAY - axis.minute()) % week::DAY;
                timed.push((top, piece, times));
            }
            None => listed.push(Listed { number: None, when: when(&pen.at, &times), piece }),
        }
    }
    pen.at.clear();
    timed.sort_by_key(|(top, ..)| *top);
    let room = Room { columns: (ACTIVITIES - 30) * 10 / COLUMN, lines: 4 };
    let mut free = 0;
    let mut activities = Vec::new();
    for (top, piece, times) in timed {
        let both = Piece {
            now: format!("{} {}", times.now, piece.now),
            was: piece.was.as_ref().or(times.was.as_ref()).map(|_| {
                let old = |piece: &Piece| piece.was.clone().unwrap_or_else(|| piece.now.clone());
                format!("{} {}", old(&times), old(&piece))
            }),
            marks: piece.marks.iter().chain(&times.marks).copied().collect(),
            blank: "",
        };
        let lines = room.lines_of(&both);
        let height = lines.saturating_mul(ACTIVITY_LINE);
        // Pushed down by what stands above it, but never out of the form.
        let top = top.max(free).min(week::DAY.saturating_sub(height));
        if lines > room.lines || top < free {
            listed.push(Listed {
                number: None,
                when: when(KnownItem::Activity.name(), &times),
                piece,
            });
            continue;
        }
        free = top + height;
        activities.push(Activity { place: Area::activity(top, height), piece, times });
    }
    activities
}

fn others(pen: &mut Pen<'_, '_>, sides: Sides<'_, '_>, compared: bool) -> Vec<Piece> {
    let item = KnownItem::OtherService;
    let entries = entries(sides, compared, &[item], &[&[item]]);
    entries.into_iter().map(|entry| pen.text(entry, item)).collect()
}
