//! Records with a wrong number of items: cut ones, and what they leave on the next lines; and files
//! of which every record has the same wrong number, which is one mistake of the software.

use crate::record::Record;

use super::collect::Findings;
use super::table::Rule;

/// What is known of the records so far.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// How many records have a wrong number of items; what one leaves on other lines is no record.
    wrong: u64,
    /// The number of items of the first of them.
    items: usize,
    /// Records are not alike: some are sound, or wrong in another way.
    unlike: bool,
    /// The last record has a wrong number of items: so many, with those of what it left on other
    /// lines.
    cut: Option<usize>,
}

impl Shape {
    /// A record has as many items as it must have.
    #[inline]
    pub(super) const fn sound(&mut self) {
        self.unlike = true;
        self.cut = None;
    }

    /// A record has a wrong number of items. Says whether it is only the rest of the one before, as
    /// where a line break stands in a text without quotes: that one lacks items, and this has not
    /// as many as a whole record.
    pub(super) fn miscounted(&mut self, record: &Record<'_>, expected: usize) -> bool {
        let begins = record
            .item(0)
            .get(..VERSION)
            .is_some_and(|version| version.iter().all(u8::is_ascii_digit));
        let lacking = self.cut.filter(|cut| *cut < expected && record.item_count < expected);
        if let Some(cut) = lacking.filter(|_| !begins) {
            self.unlike = true;
            // The item that the line break divides is counted on both lines.
            self.cut = Some(cut + record.item_count.saturating_sub(1));
            return true;
        }
        self.cut = Some(record.item_count);
        if self.wrong == 0 {
            self.items = record.item_count;
        }
        self.unlike |= self.items != record.item_count;
        self.wrong += 1;
        false
    }

    /// The file is at its end, with so many records.
    pub(super) fn fold(&self, records: u64, findings: &mut Findings) {
        if self.unlike || self.wrong != records || findings.count(Rule::WrongItemCount) < 2 {
            return;
        }
        let (mut ja, mut en) = (
            format!("このファイルの {} レコードはすべて同じ個数です。", self.wrong),
            format!(" So have all {} records of the file.", self.wrong),
        );
        if self.items == 1 {
            ja.push_str("項目の区切りが半角カンマ「,」か確かめてください。");
            en.push_str(" See whether half-width commas separate the items.");
        }
        findings.fold(Rule::WrongItemCount, &ja, &en);
    }
}

/// The length of CSVバージョン, which begins every record (R-CSV-09).
const VERSION: usize = 6;
