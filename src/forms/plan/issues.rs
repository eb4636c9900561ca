//! The rows of 第2表 in the order of their numbers, beside those of another version.

use crate::forms::align::align;
use crate::forms::entry::{Entry, Pair};
use crate::forms::row::Row;
use crate::spec::KnownItem;

/// One row of the table.
#[derive(Debug)]
pub(super) struct Line<'r, 's> {
    pub(super) entry: Entry<'r, 's>,
    /// Which 課題 it belongs to, and which 援助目標 of it: counted, not the numbers in the file, so
    /// that rows without a number stand alone.
    pub(super) issue: usize,
    pub(super) goal: usize,
}

impl Line<'_, '_> {
    /// The place of an item for the list of changes: the numbers as far as it depends on them.
    pub(super) fn label(&self, item: KnownItem) -> String {
        let parts: &[(&str, KnownItem)] = match item {
            KnownItem::Issue => &[("課題", KnownItem::IssueNumber)],
            KnownItem::LongGoal
            | KnownItem::LongPeriod
            | KnownItem::ShortGoal
            | KnownItem::ShortPeriod => {
                &[("課題", KnownItem::IssueNumber), ("目標", KnownItem::GoalNumber)]
            }
            _ => &[
                ("課題", KnownItem::IssueNumber),
                ("目標", KnownItem::GoalNumber),
                ("援助内容", KnownItem::HelpNumber),
            ],
        };
        let words = parts.iter().map(|(word, item)| format!("{word}{}", self.entry.look(*item)));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Rows with the same number, which is absent for a row without one.
struct Group<'r, 's> {
    number: Option<u32>,
    rows: Vec<&'r Row<'s>>,
}

impl Group<'_, '_> {
    /// The first text of an item.
    fn text(&self, item: KnownItem) -> &str {
        self.rows.iter().map(|row| row.look(item)).find(|text| !text.is_empty()).unwrap_or_default()
    }
}

/// The rows as they are drawn: 課題, 援助目標 and 援助内容 each in the order of their numbers; what
/// only the other version has, behind what it belongs to.
pub(super) fn lines<'r, 's>(
    now: &'r [Row<'s>],
    was: &'r [Row<'s>],
    compared: bool,
) -> Vec<Line<'r, 's>> {
    let [now, was] = [now, was].map(|rows| groups(rows.iter(), KnownItem::IssueNumber));
    let issues = align_groups(&now, &was, &[KnownItem::Issue]);
    let mut lines = Vec::new();
    let mut goals = 0;
    for (issue, (now, was)) in issues.into_iter().enumerate() {
        let rows = |group: Option<&Group<'r, 's>>| {
            let rows = group.map_or(&[][..], |group| &group.rows);
            groups(rows.iter().copied(), KnownItem::GoalNumber)
        };
        let (now, was) = (rows(now), rows(was));
        for (now, was) in align_groups(&now, &was, &[KnownItem::ShortGoal, KnownItem::LongGoal]) {
            goals += 1;
            let rows = |group: Option<&Group<'r, 's>>| {
                let rows = group.map_or(&[][..], |group| &group.rows);
                groups(rows.iter().copied(), KnownItem::HelpNumber)
            };
            let (now, was) = (rows(now), rows(was));
            let key = [KnownItem::ServiceContent, KnownItem::ServiceKind];
            for (now, was) in align_groups(&now, &was, &key) {
                // Several rows of one number stay several rows.
                let rows = |group: Option<&Group<'r, 's>>| {
                    group.map_or_else(Vec::new, |group| group.rows.clone())
                };
                let (now, was) = (rows(now), rows(was));
                for place in 0..now.len().max(was.len()) {
                    let row = |rows: &[&'r Row<'s>]| rows.get(place).copied();
                    let entry = Pair::new(row(&now), row(&was), compared);
                    lines.push(Line { entry, issue, goal: goals });
                }
            }
        }
    }
    lines
}

/// The rows by a number, ascending; those without one at the end, each by itself.
fn groups<'r, 's: 'r>(
    rows: impl Iterator<Item = &'r Row<'s>>,
    number: KnownItem,
) -> Vec<Group<'r, 's>> {
    let mut numbered: Vec<_> =
        rows.map(|row| (row.look(number).trim().parse::<u32>().ok(), row)).collect();
    numbered.sort_by_key(|(number, _)| number.unwrap_or(u32::MAX));
    let mut groups: Vec<Group<'r, 's>> = Vec::new();
    for (number, row) in numbered {
        match groups.last_mut().filter(|last| number.is_some() && last.number == number) {
            Some(last) => last.rows.push(row),
            None => groups.push(Group { number, rows: vec![row] }),
        }
    }
    groups
}

type Key = (Option<u32>, Vec<String>);

/// Pairs groups of the same number and texts, then of the same texts, then of the same number.
fn align_groups<'g, 'r, 's>(
    now: &'g [Group<'r, 's>],
    was: &'g [Group<'r, 's>],
    texts: &[KnownItem],
) -> Vec<(Option<&'g Group<'r, 's>>, Option<&'g Group<'r, 's>>)> {
    let words = |group: &Group<'r, 's>| {
        texts.iter().map(|item| group.text(*item).to_owned()).collect::<Vec<_>>()
    };
    let both = |group: &Group<'r, 's>| -> Option<Key> { Some((group.number, words(group))) };
    let text = |group: &Group<'r, 's>| -> Option<Key> {
        let words = words(group);
        words.iter().any(|text| !text.is_empty()).then_some((None, words))
    };
    let number = |group: &Group<'r, 's>| -> Option<Key> { Some((Some(group.number?), Vec::new())) };
    if was.is_empty() {
        return now.iter().map(|group| (Some(group), None)).collect();
    }
    align(now, was, &[&both, &text, &number])
}
