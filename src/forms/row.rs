//! One record, decoded, that knows which of its items were shown.

use std::cell::Cell;

use crate::record::{Record, ms932};
use crate::spec::{Format, Item, KnownItem, Layout};
use crate::types::FileKind;

/// A record of a known layout, with as many items as that has.
///
/// Whoever reads an item to draw it says so by doing so: what nobody read is told in 付記, so that
/// nothing that was sent vanishes because a form has no cell for it.
pub(super) struct Row<'s> {
    layout: &'s Layout,
    /// The texts of all items, one behind the other, and where each ends.
    text: String,
    ends: Box<[u32]>,
    /// Which of the files it is from.
    pub(super) file: usize,
    /// Its number in the file, from 1, as findings count them.
    pub(super) record: u64,
    /// The items that were read, one bit each.
    shown: Cell<u128>,
    /// Whether a form told what it has no cell for.
    told: Cell<bool>,
}

impl<'s> Row<'s> {
    pub(super) fn new(layout: &'s Layout, record: &Record<'_>, number: u64, file: usize) -> Self {
        let mut text = String::new();
        let mut ends = Vec::with_capacity(layout.items.len());
        for span in record.spans().iter().take(layout.items.len()) {
            let raw = record.raw(*span);
            let start = text.len();
            push_text(raw, &mut text);
            if span.is_escaped() {
                let plain = text.get(start..).unwrap_or_default().replace("\"\"", "\"");
                text.truncate(start);
                text.push_str(&plain);
            }
            // A record has at most 16 MiB, which decoded are at most three times as much.
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        let ends = ends.into_boxed_slice();
        Self {
            layout,
            text,
            ends,
            file,
            record: number,
            shown: Cell::new(0),
            told: Cell::new(false),
        }
    }

    pub(super) const fn kind(&self) -> FileKind {
        self.layout.kind
    }

    /// The item itself, where the layout has it.
    pub(super) fn item(&self, item: KnownItem) -> Option<&'s Item> {
        self.layout.items.get(self.layout.find(item)?)
    }

    /// The text of an item that is going to be shown; empty where the layout has no such item.
    pub(super) fn show(&self, item: KnownItem) -> &str {
        let Some(place) = self.layout.find(item) else { return "" };
        self.shown.set(self.shown.get() | 1 << place);
        self.at(place)
    }

    /// The text of an item that only decides something.
    pub(super) fn look(&self, item: KnownItem) -> &str {
        self.layout.find(item).map_or("", |place| self.at(place))
    }

    /// Takes as shown what another row, of the same person, says too and shows.
    pub(super) fn agree(&self, shown: &Row<'_>) {
        for (place, item) in self.layout.items.iter().enumerate() {
            let mut same = shown.layout.items.iter().enumerate();
            let same = same.find(|(_, other)| other.name == item.name).map(|(other, _)| other);
            let told = same.filter(|other| shown.shown.get() & 1 << other != 0);
            if told.is_some_and(|other| shown.at(other) == self.at(place)) {
                self.shown.set(self.shown.get() | 1 << place);
            }
        }
    }

    /// Whether another row's layout has an item of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.layout.items.iter().any(|item| item.name == name)
    }

    /// Whether some form has told of it.
    pub(super) const fn is_told(&self) -> bool {
        self.told.get()
    }

    /// Everything that is not shown is told now.
    pub(super) fn tell(&self) {
        self.told.set(true);
    }

    /// The items with a value that were not shown and are not in [`NEVER_SHOWN`].
    pub(super) fn rest(&self) -> impl Iterator<Item = (&'s Item, &str)> {
        let shown = self.shown.get();
        let items = self.layout.items.iter().enumerate();
        items.filter_map(move |(place, item)| {
            let text = self.at(place);
            let told = shown & 1 << place != 0 || is_nothing(item, text) || is_never_shown(item);
            (!told).then_some((item, text))
        })
    }

    fn at(&self, place: usize) -> &str {
        let end = |place: usize| self.ends.get(place).map(|end| *end as usize);
        let start = place.checked_sub(1).and_then(end).unwrap_or_default();
        self.text.get(start..end(place).unwrap_or(start)).unwrap_or_default()
    }
}

/// What no form and no note shows, because it says nothing to people: which edition a file has,
/// and what the standard does not use.
pub(super) const NEVER_SHOWN: [&str; 3] = [Layout::VERSION_ITEM, "識別子", "入力者コード"];

/// Whether a value says that there is none: zeros stand for the key that a file does not have.
fn is_nothing(item: &Item, text: &str) -> bool {
    let may_be_zero = matches!(item.format, Format::DateOrZero | Format::MonthOrZero);
    text.is_empty() || may_be_zero && text.bytes().all(|byte| byte == b'0')
}

fn is_never_shown(item: &Item) -> bool {
    item.format == Format::Unused || NEVER_SHOWN.contains(&item.name.as_str())
}

/// Appends the text of MS932; bytes that are no characters, such as 外字, as 〔F0 40〕.
pub(super) fn push_text(mut raw: &[u8], text: &mut String) {
    use std::fmt::Write as _;

    use ms932::Defect::{Control, Nul};

    loop {
        let worst = ms932::examine(raw).worst;
        let Some(found) = worst.filter(|found| !matches!(found.defect, Control | Nul)) else {
            // What control characters there are is made visible where text is written.
            text.push_str(&ms932::decode(raw).unwrap_or_default());
            return;
        };
        let (good, bad) = raw.split_at_checked(found.offset).unwrap_or((raw, &[]));
        text.push_str(&ms932::decode(good).unwrap_or_default());
        let (bad, after) = bad.split_at_checked(found.length).unwrap_or((bad, &[]));
        text.push('〔');
        for (place, byte) in bad.iter().enumerate() {
            let gap = if place > 0 { " " } else { "" };
            let _ = write!(text, "{gap}{byte:02X}");
        }
        text.push('〕');
        raw = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_characters_are_shown_as_such() {
        let mut text = String::new();
        push_text(b"\x8E\x8E\xF0\x40a\x82", &mut text);
        assert_eq!(text, "試〔F0 40〕a〔82〕");
        let mut many = String::new();
        push_text(&vec![0xFF; 200_000], &mut many);
        assert_eq!(many.chars().count(), 200_000 * 4);
    }
}
