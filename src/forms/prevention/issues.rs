//! 介護予防サービス・支援計画書: 課題 with 支援計画 and 利用サービス.

use crate::forms::entry::Entry;
use crate::forms::measure;
use crate::forms::numbered::{Numbered, numbered};
use crate::forms::pen::Pen;
use crate::forms::piece::Piece;
use crate::forms::row::Row;
use crate::spec::KnownItem;

/// About so many half-width characters fit on a line of a column.
const COLUMN: usize = 16;

const ISSUE: [KnownItem; 4] =
    [KnownItem::WholeIssue, KnownItem::Proposal, KnownItem::Intention, KnownItem::Goal];

const SUPPORT: [KnownItem; 3] =
    [KnownItem::SupportPoint, KnownItem::InformalSupport, KnownItem::InsuredSupport];

const USE: [KnownItem; 3] = [KnownItem::UseKind, KnownItem::UsePlace, KnownItem::UsePeriod];

/// A 課題.
pub(super) struct Issue {
    pub(super) number: Piece,
    /// 総合的課題, 提案 and 意向.
    pub(super) texts: [Piece; 3],
    pub(super) goal: Piece,
    pub(super) supports: Vec<Support>,
    /// Over how many rows it stands.
    pub(super) span: usize,
}

/// A 支援計画.
pub(super) struct Support {
    pub(super) texts: [Piece; 3],
    pub(super) uses: Vec<[Piece; 3]>,
}

pub(super) fn lines<'r, 's>(
    now: &'r [Row<'s>],
    was: &'r [Row<'s>],
    compared: bool,
) -> Vec<Numbered<'r, 's>> {
    let levels = [
        (KnownItem::IssueNumber, &ISSUE[..1]),
        (KnownItem::SupportNumber, &SUPPORT[..]),
        (KnownItem::UseNumber, &USE[..2]),
    ];
    numbered(now, was, compared, levels)
}

pub(super) fn issues(pen: &mut Pen<'_, '_>, lines: &[Numbered<'_, '_>]) -> Vec<Issue> {
    let by_issue = lines.chunk_by(|line, next| line.outer == next.outer);
    let issues = by_issue.map(|lines| issue(pen, lines)).collect();
    pen.at.clear();
    issues
}

fn issue(pen: &mut Pen<'_, '_>, lines: &[Numbered<'_, '_>]) -> Issue {
    let look = |line: Option<&Numbered<'_, '_>>, item| {
        line.map_or(String::new(), |line| line.entry.look(item).to_owned())
    };
    let number = look(lines.first(), KnownItem::IssueNumber);
    pen.at = format!("課題{number}");
    let all = entries(lines);
    let shown_number = pen.every(&all, KnownItem::IssueNumber, |_, text| text.to_owned());
    let [issue, proposal, intention, goal] = ISSUE.map(|item| merged(pen, &all, item));
    let mut supports = Vec::new();
    number_in_order(lines, KnownItem::SupportNumber);
    for lines in lines.chunk_by(|line, next| line.inner == next.inner) {
        let support = look(lines.first(), KnownItem::SupportNumber);
        pen.at = format!("課題{number} 支援計画{support}");
        number_in_order(lines, KnownItem::UseNumber);
        let all = entries(lines);
        let texts = SUPPORT.map(|item| merged(pen, &all, item));
        let uses = lines.iter().map(|line| USE.map(|item| pen.text(line.entry, item))).collect();
        supports.push(Support { texts, uses });
    }
    Issue {
        number: shown_number,
        texts: [issue, proposal, intention],
        goal,
        supports,
        span: lines.len(),
    }
}

/// About how many lines they take.
pub(super) fn height(issues: &[Issue]) -> usize {
    let tallest = |pieces: &[Piece]| {
        let lines = pieces.iter().map(|piece| measure::lines(&piece.now, COLUMN));
        lines.max().unwrap_or_default()
    };
    let support = |support: &Support| {
        let uses: usize = support.uses.iter().map(|own| tallest(own)).sum();
        uses.max(tallest(&support.texts))
    };
    let issue = |issue: &Issue| {
        let supports: usize = issue.supports.iter().map(support).sum();
        supports.max(tallest(&issue.texts)).max(tallest(std::slice::from_ref(&issue.goal)))
    };
    issues.iter().map(issue).sum()
}

/// Numbers that only count what is drawn are not told.
fn number_in_order(lines: &[Numbered<'_, '_>], item: KnownItem) {
    let number = |line: &Numbered<'_, '_>| line.entry.look(item).parse::<usize>().ok();
    let of_use = item == KnownItem::UseNumber;
    let mut last = 0;
    for (place, line) in lines.iter().enumerate() {
        let begins = of_use
            || place.checked_sub(1).and_then(|before| lines.get(before)).map(|line| line.inner)
                != Some(line.inner);
        last += usize::from(begins);
        if number(line) == Some(last) {
            for row in [line.entry.now, line.entry.was].into_iter().flatten() {
                row.show(item);
            }
        }
    }
}

fn entries<'r, 's>(lines: &[Numbered<'r, 's>]) -> Vec<Entry<'r, 's>> {
    lines.iter().map(|line| line.entry).collect()
}

/// A text that stands once for several rows. Rows after the first leave it out or repeat it; what
/// they say otherwise stands there too.
fn merged(pen: &mut Pen<'_, '_>, entries: &[Entry<'_, '_>], item: KnownItem) -> Piece {
    let mut texts = entries.iter().map(|entry| entry.look(item)).filter(|text| !text.is_empty());
    if let Some(first) = texts.next()
        && texts.any(|text| text != first)
    {
        let at = pen.at.clone();
        pen.sentence(format!("{at}の{}が行によって異なるため、すべて描いています。", item.name()));
    }
    pen.every(entries, item, |_, text| text.to_owned())
}
