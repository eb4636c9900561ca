//! What draws the cells of one form, and remembers what has to be told beside them.

use std::collections::{BTreeMap, HashSet};

use crate::rules::Finding;
use crate::spec::{Format, Item, KnownItem, Spec};
use crate::types::{FileKind, Personal};

use super::entry::Entry;
use super::form::Form;
use super::marks::Marks;
use super::options::Options;
use super::picture::Pictures;
use super::piece::{Choice, Choices, Piece, grouped};
use super::row::Row;
use super::wareki::{self, Reading, Style};
use crate::types::Honorific;

/// What all forms of a drawing share.
pub(super) struct Context<'c> {
    pub(super) spec: &'c Spec,
    pub(super) options: &'c Options<'c>,
    pub(super) marks: Marks<'c>,
    /// The pictures of the files that are drawn, and those of the other version.
    pub(super) pictures: [Pictures<'c>; 2],
}

/// Something that has no cell, or that a cell does not say.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// What it is; empty for a sentence.
    pub(super) name: String,
    pub(super) text: String,
    /// What the other version says, where it says something else.
    pub(super) was: Option<String>,
    /// Whether it says something to computers only.
    pub(super) technical: bool,
}

/// One cell that says something else than in the other version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What changed: the words on the form, with what of the rows tells which, such as 病名.
    pub label: Personal<String>,
    /// What stood there; empty where something was added.
    pub before: Personal<String>,
    /// What stands there; empty where something was removed.
    pub after: Personal<String>,
}

impl Note {
    /// On one line, as programs get it.
    pub(super) fn line(&self) -> String {
        let Self { name, text, .. } = self;
        if name.is_empty() { text.clone() } else { format!("{name}＝{text}") }
    }
}

impl Change {
    /// Whether something stood there and something else does.
    pub fn is_change(&self) -> bool {
        !self.before.reveal().is_empty() && !self.after.reveal().is_empty()
    }

    /// 変更, 追加 or 削除.
    pub fn kind(&self) -> &'static str {
        match (self.before.reveal().is_empty(), self.after.reveal().is_empty()) {
            (true, _) => "追加",
            (false, true) => "削除",
            (false, false) => "変更",
        }
    }
}

/// A choice that a form prints, with the codes that mean it.
pub(super) type Offer = (&'static str, &'static [&'static str]);

/// Draws the cells of one form.
pub(super) struct Pen<'p, 'c> {
    pub(super) context: &'p Context<'c>,
    pub(super) form: Form,
    /// Where on the form it draws, for the list of changes, such as 課題１.
    pub(super) at: String,
    pub(super) changes: Vec<Change>,
    pub(super) notes: Vec<Note>,
    /// The sentences in the notes.
    said: HashSet<String>,
    /// The findings that are marked, with their numbers on this form.
    numbers: BTreeMap<usize, usize>,
}

impl<'p, 'c> Pen<'p, 'c> {
    pub(super) fn new(context: &'p Context<'c>, form: Form) -> Self {
        Self {
            context,
            form,
            at: String::new(),
            changes: Vec::new(),
            notes: Vec::new(),
            said: HashSet::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// 様 or 殿.
    pub(super) const fn honorific(&self) -> &'static str {
        match self.context.options.choices.honorific {
            Honorific::Dono => "殿",
            Honorific::AsUsual if self.form.is_formal() => "殿",
            Honorific::Sama | Honorific::AsUsual => "様",
        }
    }

    /// The text of an item as it is.
    pub(super) fn text(&mut self, entry: Entry<'_, '_>, item: KnownItem) -> Piece {
        self.shown(&[entry], item, |_, text| text.to_owned())
    }

    /// The text of an item that several rows repeat: that of the first that has it.
    pub(super) fn merged(&mut self, entries: &[Entry<'_, '_>], item: KnownItem) -> Piece {
        self.shown(entries, item, |_, text| text.to_owned())
    }

    /// A date.
    pub(super) fn date(&mut self, entry: Entry<'_, '_>, item: KnownItem, style: Style) -> Piece {
        self.shown(&[entry], item, |pen, text| pen.in_era(item, text, style))
    }

    /// A date in words; what is none stays as it is and is told.
    pub(super) fn in_era(&mut self, item: KnownItem, text: &str, style: Style) -> String {
        match wareki::read(text, style) {
            Reading::Blank => String::new(),
            Reading::Written(date) => date,
            Reading::Odd => {
                self.sentence(format!("{}「{text}」は日付として読めません。", item.name()));
                text.to_owned()
            }
        }
    }

    /// A value in words of the program, such as the label of a code.
    pub(super) fn shown(
        &mut self,
        entries: &[Entry<'_, '_>],
        item: KnownItem,
        words: impl Fn(&mut Self, &str) -> String,
    ) -> Piece {
        let mut sides = [None, None];
        for entry in entries {
            for (row, side) in [entry.now, entry.was].into_iter().zip(&mut sides) {
                let text = row.map_or("", |row| row.show(item));
                if side.is_none() && !text.is_empty() {
                    *side = Some(text);
                }
            }
        }
        let [now, was] = sides.map(Option::unwrap_or_default);
        let now = words(self, now);
        let was = if entries.iter().any(|entry| entry.compared) {
            Some(words(self, was)).filter(|was| *was != now)
        } else {
            None
        };
        if let Some(was) = &was {
            self.changed(item.name(), was, &now);
        }
        let marks = self.marks(entries, item);
        Piece { now, was, blank: "", marks }
    }

    /// A line of choices, of which those are chosen whose codes the value is.
    pub(super) fn choices(
        &mut self,
        entry: Entry<'_, '_>,
        item: KnownItem,
        between: &'static str,
        offers: &[Offer],
    ) -> Choices {
        self.choices_of(entry, [item; 2], between, offers)
    }

    /// The same where the older version has it in another item.
    pub(super) fn choices_of(
        &mut self,
        entry: Entry<'_, '_>,
        [item, old_item]: [KnownItem; 2],
        between: &'static str,
        offers: &[Offer],
    ) -> Choices {
        let value = |row: Option<&Row<'_>>, item| row.map_or("", |row| row.show(item)).to_owned();
        let now = value(entry.now, item);
        let was = if entry.compared { value(entry.was, old_item) } else { now.clone() };
        let has = |value: &str, codes: &[&str]| codes.contains(&value);
        let choices = offers.iter().map(|(label, codes)| Choice {
            label,
            now: has(&now, codes),
            was: has(&was, codes),
        });
        let choices: Vec<Choice> = choices.collect();
        let label = |value: &str| {
            entry.any().and_then(|row| row.item(item)).and_then(|item| label(item, value))
        };
        let other = |value: &str| {
            let offered = value.is_empty() || offers.iter().any(|(_, codes)| has(value, codes));
            if offered { String::new() } else { label(value).unwrap_or_else(|| value.to_owned()) }
        };
        let (shown, before) = (other(&now), other(&was));
        if !shown.is_empty() {
            self.sentence(format!("{}「{shown}」は、この様式の選択肢にありません。", item.name()));
        }
        if now != was {
            let words = |value: &str| label(value).unwrap_or_else(|| value.to_owned());
            self.changed(item.name(), &words(&was), &words(&now));
        }
        let other =
            Piece { was: (before != shown).then_some(before), now: shown, ..Piece::default() };
        Choices { choices, between, other, marks: self.marks(&[entry], item) }
    }

    /// Notes that a cell changed.
    pub(super) fn changed(&mut self, name: &str, before: &str, after: &str) {
        let gap = if self.at.is_empty() { "" } else { " " };
        self.changes.push(Change {
            label: Personal::new(format!("{}{gap}{name}", self.at)),
            before: Personal::new(before.to_owned()),
            after: Personal::new(after.to_owned()),
        });
    }

    /// Adds a sentence to 付記, once.
    pub(super) fn sentence(&mut self, text: String) {
        if self.said.insert(text.clone()) {
            self.notes.push(Note { name: String::new(), text, was: None, technical: false });
        }
    }

    /// Adds something named to 付記, once.
    pub(super) fn note(&mut self, name: String, text: String, technical: bool) {
        let note = Note { name, text, was: None, technical };
        if self.said.insert(note.line()) {
            self.notes.push(note);
        }
    }

    /// The numbers of what was found about an item of some rows.
    pub(super) fn marks(&mut self, entries: &[Entry<'_, '_>], item: KnownItem) -> Vec<usize> {
        let mut numbers = Vec::new();
        for row in entries.iter().filter_map(|entry| entry.now) {
            let Some(own) = row.item(item) else { continue };
            for mark in self.context.marks.of(row) {
                if mark.item == Some(own.number) {
                    let number = self.number(mark.finding);
                    if !numbers.contains(&number) {
                        numbers.push(number);
                    }
                }
            }
        }
        numbers
    }

    fn number(&mut self, finding: usize) -> usize {
        let next = self.numbers.len() + 1;
        *self.numbers.entry(finding).or_insert(next)
    }

    /// Tells in 付記 what of some rows has no cell on this form, and lists what was found about
    /// them and is marked nowhere. The last that is done with a row.
    pub(super) fn rest(&mut self, entries: &[Entry<'_, '_>]) {
        let rows = || entries.iter().flat_map(|entry| [entry.now, entry.was]).flatten();
        for row in rows() {
            // Every sheet has them at its top.
            row.show(KnownItem::Insurer);
            row.show(KnownItem::Insured);
            row.tell();
        }
        type Told<'t> = (&'t Item, Vec<&'t str>, Vec<&'t str>);
        // By the kind of file, so that what two of them call the same is not mixed.
        let mut told: BTreeMap<(FileKind, u16), Told<'_>> = BTreeMap::new();
        let mut seen: HashSet<(FileKind, u16, bool, &str)> = HashSet::new();
        let kinds: BTreeMap<FileKind, &Row<'_>> = rows().map(|row| (row.kind(), row)).collect();
        let compared = entries.iter().any(|entry| entry.compared);
        for entry in entries {
            for (row, is_now) in [(entry.now, true), (entry.was, false)] {
                let Some(row) = row else { continue };
                for (item, text) in row.rest() {
                    let (_, now, was) = told
                        .entry((row.kind(), item.number))
                        .or_insert_with(|| (item, Vec::new(), Vec::new()));
                    let texts = if is_now { now } else { was };
                    // The same code in every row is told once.
                    if seen.insert((row.kind(), item.number, is_now, text)) {
                        texts.push(text);
                    }
                }
            }
            if let Some(row) = entry.now {
                for mark in self.context.marks.of(row) {
                    self.number(mark.finding);
                }
            }
        }
        for ((kind, _), (item, now, was)) in told {
            let [now, was] = [now, was].map(|texts| {
                let words: Vec<_> = texts.iter().map(|text| words(item, text)).collect();
                words.join("、")
            });
            let was = (compared && now != was).then_some(was);
            if let Some(was) = &was {
                self.changed(&item.name, was, &now);
            }
            // What the form has a cell for from another file is told with its own.
            let twice = kinds.iter().any(|(other, row)| *other != kind && row.has(&item.name));
            let name =
                if twice { format!("{}の{}", kind.name(), item.name) } else { item.name.clone() };
            self.notes.push(Note { name, text: now, was, technical: is_technical(item) });
        }
    }

    /// What was found, by the numbers on this form.
    pub(super) fn findings(&self) -> Vec<(usize, &'c Finding)> {
        let found = |(finding, number): (&usize, &usize)| {
            Some((*number, self.context.marks.finding(*finding)?))
        };
        let mut findings: Vec<_> = self.numbers.iter().filter_map(found).collect();
        findings.sort_by_key(|(number, _)| *number);
        findings
    }
}

/// The label of a code.
pub(super) fn label(item: &Item, value: &str) -> Option<String> {
    Some(item.codes.as_ref()?.find(value.as_bytes())?.label.clone())
}

/// A value without a cell, in words.
pub(super) fn words(item: &Item, value: &str) -> String {
    match item.format {
        Format::Date => match wareki::read(value, Style::Full) {
            Reading::Written(date) => date,
            Reading::Blank | Reading::Odd => value.to_owned(),
        },
        Format::Code => label(item, value).unwrap_or_else(|| value.to_owned()),
        Format::Integer => grouped(value),
        _ => value.to_owned(),
    }
}

/// Whether a value says something to computers only: keys and codes.
fn is_technical(item: &Item) -> bool {
    matches!(
        item.format,
        Format::OfficeNumber
            | Format::InsuredNumber
            | Format::Digits
            | Format::DateOrZero
            | Format::MonthOrZero
            | Format::ServiceType
            | Format::ServiceCode
    )
}
