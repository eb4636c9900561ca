//! 第2表 居宅サービス計画書（２）.

use std::ops::Range;

use askama::Template;

use crate::forms::entry::{Entry, Person, Sets};
use crate::forms::form::Form;
use crate::forms::measure;
use crate::forms::pen::{Context, Pen};
use crate::forms::piece::Piece;
use crate::forms::sheet::{DrawnForm, Head, sheet};
use crate::spec::KnownItem;
use crate::types::FileKind;

use super::issues::{Line, lines};

/// About so many lines of 8 points fit on a page below the head of the table.
const PAGE: usize = 38;

/// So many columns of a text are repeated where it goes on on the next page.
const REPEATED: usize = 120;

/// The columns of the table and about how many half-width characters fit on a line of each.
const COLUMNS: [(KnownItem, usize); 11] = [
    (KnownItem::Issue, 30),
    (KnownItem::LongGoal, 20),
    (KnownItem::LongPeriod, 11),
    (KnownItem::ShortGoal, 20),
    (KnownItem::ShortPeriod, 11),
    (KnownItem::ServiceContent, 28),
    (KnownItem::Coverage, 3),
    (KnownItem::ServiceKind, 13),
    (KnownItem::ServiceOfficeName, 13),
    (KnownItem::Frequency, 7),
    (KnownItem::ServicePeriod, 7),
];

#[derive(Template)]
#[template(path = "forms/plan/second.html", config = "src/askama.toml")]
struct Second {
    /// Each is kept on one page.
    blocks: Vec<Vec<TableRow>>,
}

#[derive(Default)]
struct TableRow {
    cells: Vec<TableCell>,
}

struct TableCell {
    piece: Piece,
    span: usize,
    /// Whether it goes on from the page before.
    continued: bool,
    is_mark: bool,
}

/// The rows over which one text stands.
struct Run {
    column: usize,
    rows: Range<usize>,
    piece: Piece,
}

pub(super) fn draw(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    told_here: Option<Entry<'_, '_>>,
) -> DrawnForm {
    let mut pen = Pen::new(context, Form::Second);
    let supplement = sets.only(FileKind::Uphosoku);
    let first = sets.only(FileKind::Up2kyo);
    let head = Head::new(&mut pen, person, supplement, first, KnownItem::SecondWrittenOn);
    let (now, was) = sets.rows(FileKind::Up2kyo);
    let lines = lines(now, was, sets.compared);
    let blocks = blocks(&mut pen, &lines);
    let entries: Vec<_> = lines.iter().map(|line| line.entry).collect();
    super::hide_printed_date(&entries, KnownItem::SecondWrittenOn);
    pen.rest(&[&entries, told_here.as_slice()].concat());
    sheet(pen, person, Some(&head), &Second { blocks })
}

fn blocks(pen: &mut Pen<'_, '_>, lines: &[Line<'_, '_>]) -> Vec<Vec<TableRow>> {
    let mut blocks = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|line| line.issue == first.issue).count();
        let (issue, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = after;
        let runs = runs(pen, issue);
        blocks.extend(pages(issue, &runs));
    }
    blocks
}

/// The texts of the rows of one 課題, each over the rows that share it.
fn runs(pen: &mut Pen<'_, '_>, issue: &[Line<'_, '_>]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut long_starts = Vec::new();
    for (column, (item, _)) in COLUMNS.iter().enumerate() {
        let starts = match item {
            KnownItem::Issue => starts(pen, issue, *item, |_, _| false),
            KnownItem::LongGoal => {
                // Further goals without a long-term goal of their own serve the one above.
                long_starts = starts(pen, issue, *item, |at, text| at.goal && !text.is_empty());
                long_starts.clone()
            }
            KnownItem::LongPeriod => {
                starts(pen, issue, *item, |at, _| long_starts.binary_search(&at.row).is_ok())
            }
            KnownItem::ShortGoal | KnownItem::ShortPeriod => {
                starts(pen, issue, *item, |at, _| at.goal)
            }
            _ => (0..issue.len()).collect(),
        };
        let ends = starts.iter().skip(1).copied().chain([issue.len()]);
        for (start, end) in starts.iter().copied().zip(ends) {
            let entries: Vec<Entry<'_, '_>> =
                issue.iter().take(end).skip(start).map(|line| line.entry).collect();
            pen.at = issue.get(start).map(|line| line.label(*item)).unwrap_or_default();
            let piece = match item {
                KnownItem::Coverage => coverage(pen, &entries),
                _ => pen.merged(&entries, *item),
            };
            runs.push(Run { column, rows: start..end, piece });
        }
    }
    pen.at.clear();
    runs
}

/// A row of a 課題, as far as merging goes.
struct At {
    row: usize,
    /// Whether another 援助目標 begins here.
    goal: bool,
}

/// The rows where another text begins: the first, those where it `must`, and those that say
/// something else than the rows above, which is told.
fn starts(
    pen: &mut Pen<'_, '_>,
    issue: &[Line<'_, '_>],
    item: KnownItem,
    must: impl Fn(&At, &str) -> bool,
) -> Vec<usize> {
    let mut starts = Vec::new();
    let (mut current, mut goal) = ("", None);
    for (row, line) in issue.iter().enumerate() {
        let text = line.entry.look(item);
        let at = At { row, goal: goal.is_some_and(|goal| goal != line.goal) };
        let required = row == 0 || must(&at, text);
        let differs = !text.is_empty() && !current.is_empty() && text != current;
        // Further goals may have a time of their own for the long-term goal above.
        let may_differ = at.goal && item == KnownItem::LongPeriod;
        if differs && !required && !may_differ {
            let label = line.label(item);
            pen.sentence(format!(
                "{label}の{}が行によって異なるため、まとめずに描いています。",
                item.name()
            ));
        }
        if required || differs {
            starts.push(row);
            current = text;
        } else if current.is_empty() {
            current = text;
        }
        goal = Some(line.goal);
    }
    starts
}

/// ※１: ○ for what the insurance covers.
fn coverage(pen: &mut Pen<'_, '_>, entries: &[Entry<'_, '_>]) -> Piece {
    pen.shown(entries, KnownItem::Coverage, |pen, value| match value {
        "Y" => "○".to_owned(),
        "" | "N" => String::new(),
        other => {
            pen.sentence(format!("保険対象区分「{other}」は、この様式の選択肢にありません。"));
            other.to_owned()
        }
    })
}

/// The rows of a 課題, cut where a page would be too short. What goes on is begun again.
fn pages(issue: &[Line<'_, '_>], runs: &[Run]) -> Vec<Vec<TableRow>> {
    let mut heights = vec![1_usize; issue.len()];
    for run in runs.iter().filter(|run| run.rows.len() == 1) {
        let width = COLUMNS.get(run.column).map_or(1, |(_, width)| *width);
        if let Some(height) = heights.get_mut(run.rows.start) {
            let was = run.piece.was.as_deref().map_or(0, |was| measure::lines(was, width));
            *height = (*height).max(measure::lines(&run.piece.now, width) + was);
        }
    }
    let mut cuts = vec![0];
    let mut used = 0;
    for (row, height) in heights.iter().enumerate() {
        if row > 0 && used + height > PAGE {
            // Between two goals rather than inside one, where that is near.
            let begun = cuts.last().copied().unwrap_or_default();
            let goal = |row: usize| issue.get(row).map(|line| line.goal);
            let between = (begun + 1..=row).rev().find(|row| goal(*row) != goal(row - 1));
            let cut = between.filter(|cut| row - cut <= (row - begun) / 2).unwrap_or(row);
            cuts.push(cut);
            used = heights.get(cut..row).unwrap_or_default().iter().sum();
        }
        used += height;
    }
    cuts.push(issue.len());
    let mut pages: Vec<Vec<TableRow>> = cuts
        .windows(2)
        .map(|cut| match cut {
            [from, to] => (*from..*to).map(|_| TableRow::default()).collect(),
            _ => Vec::new(),
        })
        .collect();
    // By column, so that the cells of a row come in their order.
    for run in runs {
        let mut part = cuts.partition_point(|cut| *cut <= run.rows.start).saturating_sub(1);
        let mut start = run.rows.start;
        while start < run.rows.end {
            let (from, to) = match cuts.get(part..).unwrap_or_default() {
                [from, to, ..] => (*from, *to),
                _ => break,
            };
            let end = run.rows.end.min(to);
            let continued = start > run.rows.start;
            let piece = if continued { again(&run.piece) } else { run.piece.clone() };
            let is_mark =
                COLUMNS.get(run.column).is_some_and(|(item, _)| *item == KnownItem::Coverage);
            let row = pages.get_mut(part).and_then(|page| page.get_mut(start - from));
            if let Some(row) = row {
                row.cells.push(TableCell { piece, span: end - start, continued, is_mark });
            }
            start = end;
            part += 1;
        }
    }
    pages
}

/// The beginning of a text, for the page on which its rows go on.
fn again(piece: &Piece) -> Piece {
    let mut text = measure::beginning(&piece.now, REPEATED);
    if text.len() < piece.now.replace('\n', "").len() {
        text.push('…');
    }
    Piece::plain(text)
}
