//! Layouts of files: which items a record has.

use std::sync::Arc;

use crate::types::{Edition, FileKind, Severity};

use super::{CodeTable, Format, KnownItem};

/// The items of a record of one kind in one edition.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The edition.
    pub edition: Edition,
    /// The kind of file.
    pub kind: FileKind,
    /// The items; the one with number `n` stands at `n - 1`.
    /// Shared, because what is left of each of very many files may refer to them.
    pub items: Arc<[Item]>,
    /// Where the items stand that the code speaks of, by their numbers; [`NOWHERE`] for those that
    /// files of this kind do not have.
    places: [u8; KnownItem::ALL.len()],
}

/// No place of an item: there are at most [`Layout::MOST_ITEMS`].
const NOWHERE: u8 = u8::MAX;

/// One item (項目) of a record.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the tables")]
pub struct Item {
    /// 項目番号, from 1.
    pub number: u16,
    /// 項目名.
    pub name: String,
    /// The most characters; none for free text without a limit (R-CSV-11).
    pub length: Option<usize>,
    /// The most characters that are accepted on import, at least `length`.
    pub accept: Option<usize>,
    /// Whether exactly `length` characters are needed.
    pub fixed: bool,
    /// What an empty value is, where it is not allowed.
    pub empty: Option<Severity>,
    /// What the characters must look like.
    pub format: Format,
    /// Whether a leading minus is accepted with a notice (README A-23).
    pub minus: bool,
    /// The codes, for [`Format::Code`] and the special forms of [`Format::ServiceCode`].
    pub codes: Option<Arc<CodeTable>>,
    /// Codes of another table that are accepted with a warning (README A-25).
    pub also: Vec<String>,
    /// Whether a value belongs between double quotes (R-CSV-02).
    pub quoted: bool,
    /// Whether a value may stand between double quotes or not, and either is good (README A-18).
    pub quotes_optional: bool,
    /// The worst that a finding about the characters of this item can be; one about its length is
    /// an error all the same.
    pub limit: Severity,
    /// The worst that a finding about what the note of this item says can be.
    pub note_limit: Severity,
    /// Whether the value says something about a person.
    pub personal: bool,
}

impl Layout {
    /// No layout has more items.
    pub const MOST_ITEMS: usize = 128;

    /// The name of the first item of every record (R-CSV-09).
    pub const VERSION_ITEM: &'static str = "CSVバージョン";

    /// The item that says whom a record is about; every layout has it third.
    pub const INSURED_ITEM: &'static str = "被保険者番号";

    /// Its place in [`Layout::items`].
    pub const INSURED_PLACE: usize = 2;

    /// Looks up the items that the code speaks of; gives those that should be there and are not.
    pub(super) fn new(
        edition: Edition,
        kind: FileKind,
        items: Arc<[Item]>,
    ) -> (Self, Vec<KnownItem>) {
        let mut layout = Self { edition, kind, items, places: [NOWHERE; KnownItem::ALL.len()] };
        let mut missing = Vec::new();
        let of_kind = |known: &&KnownItem| known.is_in(edition, kind);
        for known in KnownItem::ALL.iter().filter(of_kind) {
            let same =
                layout.items.iter().enumerate().filter(|(_, item)| item.name == known.name());
            let place = same.map(|(place, _)| place).nth(known.nth());
            let place = place.and_then(|place| u8::try_from(place).ok());
            match (place, layout.places.get_mut(*known as usize)) {
                (Some(found), Some(place)) => *place = found,
                _ => missing.push(*known),
            }
        }
        (layout, missing)
    }

    /// The place in [`Layout::items`] of an item, where files of this kind have it in this edition.
    pub fn find(&self, item: KnownItem) -> Option<usize> {
        let place = self.places.get(item as usize).copied().filter(|place| *place != NOWHERE);
        place.map(usize::from)
    }

    /// The place in [`Layout::items`] of an item that every file of this kind has.
    ///
    /// # Panics
    ///
    /// Where [`KnownItem::is_in`] says otherwise of the edition and the kind. Tables without an item
    /// that has to be there do not load.
    #[expect(clippy::expect_used, reason = "loading the tables looked up every such item")]
    pub fn place(&self, item: KnownItem) -> usize {
        self.find(item).expect("an item of this kind of file")
    }

    /// The places of some items, without those that the layout does not have.
    pub fn places(&self, items: &[KnownItem]) -> impl Iterator<Item = usize> {
        items.iter().filter_map(|item| self.find(*item))
    }
}
