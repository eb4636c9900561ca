//! Rows that are numbered on three levels, beside those of another version: 課題, 援助目標 and 援助内容
//! of 第2表, 課題, 支援計画 and 利用サービス of 介護予防サービス・支援計画書.

use super::align::align;
use super::entry::{Entry, Pair};
use super::row::Row;
use crate::spec::KnownItem;

/// A row and where it belongs: counted, not the numbers in the file, so that rows without a number
/// stand alone.
pub(super) struct Numbered<'r, 's> {
    pub(super) entry: Entry<'r, 's>,
    pub(super) outer: usize,
    pub(super) inner: usize,
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

/// A level of numbers: the item of the number, and what tells what is the same in two versions.
pub(super) type Level<'l> = (KnownItem, &'l [KnownItem]);

/// The rows as they are drawn, each level in the order of its numbers; what only the other version
/// has, behind what it belongs to.
pub(super) fn numbered<'r, 's>(
    now: &'r [Row<'s>],
    was: &'r [Row<'s>],
    compared: bool,
    [outer, inner, last]: [Level<'_>; 3],
) -> Vec<Numbered<'r, 's>> {
    let [now, was] = [now, was].map(|rows| groups(rows.iter(), outer.0));
    let issues = align_groups(&now, &was, outer.1);
    let mut lines = Vec::new();
    let mut goals = 0;
    for (issue, (now, was)) in issues.into_iter().enumerate() {
        let rows = |group: Option<&Group<'r, 's>>| {
            let rows = group.map_or(&[][..], |group| &group.rows);
            groups(rows.iter().copied(), inner.0)
        };
        let (now, was) = (rows(now), rows(was));
        for (now, was) in align_groups(&now, &was, inner.1) {
            goals += 1;
            let rows = |group: Option<&Group<'r, 's>>| {
                let rows = group.map_or(&[][..], |group| &group.rows);
                groups(rows.iter().copied(), last.0)
            };
            let (now, was) = (rows(now), rows(was));
            for (now, was) in align_groups(&now, &was, last.1) {
                // Several rows of one number stay several rows.
                let rows = |group: Option<&Group<'r, 's>>| {
                    group.map_or_else(Vec::new, |group| group.rows.clone())
                };
                let (now, was) = (rows(now), rows(was));
                for place in 0..now.len().max(was.len()) {
                    let row = |rows: &[&'r Row<'s>]| rows.get(place).copied();
                    let entry = Pair::new(row(&now), row(&was), compared);
                    lines.push(Numbered { entry, outer: issue, inner: goals });
                }
            }
        }
    }
    lines
}

/// A number that orders rows. It is seen by where a row stands; what is no number is not.
pub(super) fn number(row: &Row<'_>, item: KnownItem) -> Option<u32> {
    row.look(item).trim().parse().ok()
}

/// The rows by a number, ascending; those without one at the end, each by itself.
fn groups<'r, 's: 'r>(
    rows: impl Iterator<Item = &'r Row<'s>>,
    number: KnownItem,
) -> Vec<Group<'r, 's>> {
    let mut numbered: Vec<_> = rows.map(|row| (self::number(row, number), row)).collect();
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
    if was.is_empty() {
        return now.iter().map(|group| (Some(group), None)).collect();
    }
    align(now, was, 3, |group, level| -> Option<Key> {
        match level {
            0 => Some((group.number, words(group))),
            1 => Some((None, words(group)))
                .filter(|(_, words)| words.iter().any(|text| !text.is_empty())),
            _ => Some((Some(group.number?), Vec::new())),
        }
    })
}
