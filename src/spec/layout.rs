//! Layouts of files: which items a record has.

use std::sync::Arc;

use crate::types::{Edition, FileKind, Severity};

use super::{CodeTable, Format};

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
}

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

    /// The place in [`Layout::items`] of the first item with an official name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.items.iter().position(|item| item.name == name)
    }
}
