//! 第2表 居宅サービス計画書（２）.

use std::ops::Range;

use askama::Template;

use crate::forms::entry::{Entry, Person, Sets};
use crate::forms::form::Form;
use crate::forms::measure;
use crate::forms::numbered;
use crate::forms::pen::{Context, Pen};
use crate::forms::piece::Piece;
use crate::forms::sheet::{DrawnForm, Head, sheet};
use crate::spec::KnownItem;
use crate::types::FileKind;

use super::issues::{Line, lines};

/// The height of a page below the head of the table, in tenths of a millimetre.
const PAGE: usize = 1_560;

/// A line of 8 points, and what a row has around its lines.
const LINE: usize = 40;
const AROUND: usize = 15;

/// So many columns of a text are repeated where it goes on on the next page.
const REPEATED: usize = 120;

/// The columns of the table and about how many half-width characters fit on a line of each.
const COLUMNS: [(KnownItem, usize); 11] = [
    (KnownItem::Issue, 27),
    (KnownItem::LongGoal, 20),
    (KnownItem::LongPeriod, 11),
    (KnownItem::ShortGoal, 20),
    (KnownItem::ShortPeriod, 11),
    (KnownItem::ServiceContent, 25),
    (KnownItem::Coverage, 3),
    (KnownItem::ServiceKind, 13),
    (KnownItem::ServiceOfficeName, 13),
    (KnownItem::Frequency, 7),
    (KnownItem::ServicePeriod, 11),
];

#[derive(Template)]
#[template(path = "forms/plan/second.html", config = "src/askama.toml")]
struct Second<'h> {
    form: Form,
    /// Stands in the head of the table, which every page repeats.
    head: &'h Head,
    blocks: Vec<Block>,
}

/// Rows that are kept on one page.
struct Block {
    /// Whether it begins one, because the rows above go on in it.
    new_page: bool,
    rows: Vec<TableRow>,
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
    for row in entries.iter().flat_map(|entry| [entry.now, entry.was]).flatten() {
        // They say in which order the rows stand and which belong together, which is seen.
        for number in [KnownItem::IssueNumber, KnownItem::GoalNumber, KnownItem::HelpNumber] {
            if numbered::number(row, number).is_some() {
                row.show(number);
            }
        }
    }
    pen.rest(&[&entries, told_here.as_slice()].concat());
    sheet(pen, person, None, &Second { form: Form::Second, head: &head, blocks })
}

fn blocks(pen: &mut Pen<'_, '_>, lines: &[Line<'_, '_>]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut used = 0;
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|line| line.issue == first.issue).count();
        let (issue, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = after;
        let runs = runs(pen, issue);
        let cuts = cuts(issue, &heights(issue, &runs), &mut used);
        blocks.extend(parts(issue.len(), &runs, &cuts));
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

/// About how high each row becomes; what a merged text needs beyond its rows goes to the last.
fn heights(issue: &[Line<'_, '_>], runs: &[Run]) -> Vec<usize> {
    let mut heights = vec![LINE + AROUND; issue.len()];
    let (single, several): (Vec<&Run>, Vec<&Run>) =
        runs.iter().partition(|run| run.rows.len() == 1);
    for run in single.into_iter().chain(several) {
        let width = COLUMNS.get(run.column).map_or(1, |(_, width)| *width);
        let was = run.piece.was.as_deref().map_or(0, |was| measure::lines(was, width));
        let gone = was > 0 && run.piece.now.is_empty();
        let now = if gone { 0 } else { measure::lines(&run.piece.now, width) };
        let needed = (now + was) * LINE + AROUND;
        let rows = heights.get_mut(run.rows.clone()).unwrap_or_default();
        let there: usize = rows.iter().sum();
        if let Some(last) = rows.last_mut() {
            *last += needed.saturating_sub(there);
        }
    }
    heights
}

/// Where the rows of a 課題 are cut, so that what is between two cuts fits on a page that has `used`
/// of its height already: between two 援助目標 where one is near, otherwise between two rows. The
/// first is 0, with whether that begins a page.
fn cuts(issue: &[Line<'_, '_>], heights: &[usize], used: &mut usize) -> Vec<(usize, bool)> {
    let mut cuts = vec![(0, false)];
    let mut goal = 0;
    for (row, (line, height)) in issue.iter().zip(heights).enumerate() {
        if issue.get(goal).is_some_and(|first| first.goal != line.goal) {
            goal = row;
        }
        if *used + height > PAGE && *used > 0 {
            let carried: usize = heights.get(goal..row).unwrap_or_default().iter().sum();
            let begun = cuts.last().map_or(0, |(row, _)| *row);
            // A whole 援助目標 is carried over unless that leaves much of a page empty.
            let cut = if goal >= begun && carried <= PAGE / 2 { goal } else { row };
            *used = heights.get(cut..row).unwrap_or_default().iter().sum();
            match cuts.last_mut().filter(|(row, _)| *row == cut) {
                Some((_, new_page)) => *new_page = true,
                None => cuts.push((cut, true)),
            }
        }
        *used += height;
    }
    cuts
}

/// The rows of a 課題 by the pages they stand on. A text whose rows go on is begun again.
fn parts(rows: usize, runs: &[Run], cuts: &[(usize, bool)]) -> Vec<Block> {
    let ends: Vec<usize> = cuts.iter().skip(1).map(|(row, _)| *row).chain([rows]).collect();
    let mut blocks: Vec<Block> = cuts
        .iter()
        .zip(&ends)
        .map(|((from, new_page), to)| Block {
            new_page: *new_page,
            rows: (*from..*to).map(|_| TableRow::default()).collect(),
        })
        .collect();
    // By column, so that the cells of a row come in their order.
    for run in runs {
        let mut part = ends.partition_point(|end| *end <= run.rows.start);
        let mut start = run.rows.start;
        while let (true, Some((from, _)), Some(end)) =
            (start < run.rows.end, cuts.get(part), ends.get(part))
        {
            let end = run.rows.end.min(*end);
            let continued = start > run.rows.start;
            let piece = if continued { again(&run.piece) } else { run.piece.clone() };
            let item = COLUMNS.get(run.column).map(|(item, _)| *item);
            let block = blocks.get_mut(part);
            if let Some(row) = block.and_then(|block| block.rows.get_mut(start - from)) {
                let is_mark = item == Some(KnownItem::Coverage);
                row.cells.push(TableCell { piece, span: end - start, continued, is_mark });
            }
            start = end;
            part += 1;
        }
    }
    blocks
}

/// The beginning of a text, for the page on which its rows go on.
fn again(piece: &Piece) -> Piece {
    let begun = |text: &str| {
        let mut begun = measure::beginning(text, REPEATED);
        if begun.len() < text.replace('\n', "").len() {
            begun.push('…');
        }
        begun
    };
    let was = piece.was.as_deref().map(begun);
    Piece { now: begun(&piece.now), was, ..Piece::default() }
}
