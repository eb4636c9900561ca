//! The rows of 第2表 in the order of their numbers, beside those of another version.

use crate::forms::entry::Entry;
use crate::forms::numbered::{Numbered, numbered};
use crate::forms::row::Row;
use crate::spec::KnownItem;

/// One row of the table.
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

/// The rows as they are drawn: 課題, 援助目標 and 援助内容 each in the order of their numbers.
pub(super) fn lines<'r, 's>(
    now: &'r [Row<'s>],
    was: &'r [Row<'s>],
    compared: bool,
) -> Vec<Line<'r, 's>> {
    let levels = [
        (KnownItem::IssueNumber, &[KnownItem::Issue][..]),
        (KnownItem::GoalNumber, &[KnownItem::ShortGoal, KnownItem::LongGoal]),
        (KnownItem::HelpNumber, &[KnownItem::ServiceContent, KnownItem::ServiceKind]),
    ];
    let rows = numbered(now, was, compared, levels);
    let line = |row: Numbered<'r, 's>| Line { entry: row.entry, issue: row.outer, goal: row.inner };
    rows.into_iter().map(line).collect()
}
