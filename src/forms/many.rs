//! What several rows have in common, and pieces that a template asks for by their items.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display};

use askama::filters::HtmlSafe;

use crate::spec::KnownItem;

use super::entry::{Entry, Pair};
use super::pen::Pen;
use super::piece::Piece;
use super::row::Row;
use super::wareki::Style;

/// Rows that are drawn and rows of the other version, each by itself: for forms that put them
/// together by what they say.
pub(super) fn apart<'r, 's: 'r>(
    now: impl IntoIterator<Item = &'r Row<'s>>,
    was: impl IntoIterator<Item = &'r Row<'s>>,
    compared: bool,
) -> Vec<Entry<'r, 's>> {
    let now = now.into_iter().map(|row| Pair::new(Some(row), None, compared));
    now.chain(was.into_iter().map(|row| Pair::new(None, Some(row), compared))).collect()
}

impl Pen<'_, '_> {
    /// The text of an item that several rows have: each text once.
    pub(super) fn every(
        &mut self,
        entries: &[Entry<'_, '_>],
        item: KnownItem,
        words: impl Fn(&mut Self, &str) -> String,
    ) -> Piece {
        let mut seen = HashSet::new();
        let mut sides: [Vec<String>; 2] = [Vec::new(), Vec::new()];
        for entry in entries {
            for (place, row) in [entry.now, entry.was].into_iter().enumerate() {
                let text = row.map_or("", |row| row.show(item));
                if !text.is_empty() && seen.insert((place, text)) {
                    let words = words(self, text);
                    if let Some(side) = sides.get_mut(place).filter(|_| !words.is_empty()) {
                        side.push(words);
                    }
                }
            }
        }
        let [now, was] = sides.map(|texts| texts.join("／"));
        let compared = entries.iter().any(|entry| entry.compared);
        let was = Some(was).filter(|was| compared && *was != now);
        if let Some(was) = &was {
            self.changed(item.name(), was, &now);
        }
        let marks = self.marks(entries, item);
        Piece { now, was, blank: "", marks }
    }

    /// The texts of some items of a row, as they are.
    pub(super) fn texts(&mut self, entry: Entry<'_, '_>, items: &[KnownItem]) -> Texts {
        Texts(items.iter().map(|item| (*item, self.text(entry, *item))).collect())
    }

    /// The dates of some items of a row.
    pub(super) fn dates(&mut self, entry: Entry<'_, '_>, items: &[KnownItem]) -> Texts {
        let mut day = |item| self.date(entry, item, Style::Full).or("　　年　月　日");
        Texts(items.iter().map(|item| (*item, day(*item))).collect())
    }
}

/// Pieces by their items, for forms with very many cells. Every item that a template asks for has
/// to have been drawn; what was drawn and is asked for nowhere would vanish, which a test of every
/// item finds.
#[derive(Default)]
pub(super) struct Texts(HashMap<KnownItem, Piece>);

impl Texts {
    pub(super) fn at(&self, item: KnownItem) -> &Piece {
        const NONE: &Piece = &Piece { now: String::new(), was: None, blank: "", marks: Vec::new() };
        self.0.get(&item).unwrap_or(NONE)
    }
}

/// HTML that was put together by hand, out of pieces that escape themselves: the rows of long
/// tables, which as pieces would take many times as much memory.
#[derive(Default)]
pub(super) struct Markup(pub(super) String);

impl Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}
