//! 第7表: the rows of one person by office and service type, and what a column of them comes to.

use std::collections::BTreeMap;

use super::row::{Cell, Column, Form, Row};

use Column as C;

/// サービス事業所番号 and サービス種類.
pub(super) type GroupKey = ([u8; 10], [u8; 2]);

/// The rows of one office and service type.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Within 区分支給限度.
    pub(super) within: Vec<usize>,
    /// Outside of it.
    pub(super) outside: Vec<usize>,
    /// From the 31st day of a stay.
    pub(super) over_thirty: Vec<usize>,
    /// Whether a row falls into the first or second list cannot be told.
    pub(super) unclear: bool,
    pub(super) within_sums: Vec<usize>,
    pub(super) outside_sums: Vec<usize>,
    pub(super) over_thirty_sums: Vec<usize>,
}

impl Group {
    /// The subtotals and the rows that they add up, part by part.
    pub(super) const fn parts(&self) -> [(&Vec<usize>, &Vec<usize>); 3] {
        [
            (&self.within_sums, &self.within),
            (&self.outside_sums, &self.outside),
            (&self.over_thirty_sums, &self.over_thirty),
        ]
    }

    /// The rows that a subtotal may add up: without and with what lies outside 区分支給限度.
    pub(super) fn readings(&self) -> [Vec<usize>; 3] {
        let both = [&*self.within, &self.outside].concat();
        let all = [&*both, &self.over_thirty].concat();
        [self.within.clone(), both, all]
    }

    /// The same of one site.
    pub(super) fn of_site(&self, rows: &[&Row], site: Option<[u8; 2]>) -> [Vec<usize>; 3] {
        let same = |index: &usize| rows.get(*index).map(|row| row.satellite) == site;
        self.readings().map(|reading| reading.into_iter().filter(same).collect())
    }

    /// All rows that are no sums.
    pub(super) fn details(&self) -> Vec<usize> {
        [&*self.within, &self.outside, &self.over_thirty].concat()
    }

    /// Whether there is no row but sums.
    pub(super) const fn has_no_details(&self) -> bool {
        self.within.is_empty() && self.outside.is_empty() && self.over_thirty.is_empty()
    }

    /// All subtotals.
    pub(super) fn sums(&self) -> Vec<usize> {
        [&*self.within_sums, &self.outside_sums, &self.over_thirty_sums].concat()
    }
}

/// Puts the rows of a person into groups, all but 全合計.
pub(super) fn groups(rows: &[&Row]) -> BTreeMap<GroupKey, Group> {
    let mut groups: BTreeMap<GroupKey, Group> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        if row.form == Form::Total {
            continue;
        }
        let kind = row.kind().try_into().unwrap_or_default();
        let group = groups.entry((row.office, kind)).or_default();
        match row.form {
            Form::Detail if row.over_thirty => group.over_thirty.push(index),
            Form::Detail => match row.cell(C::Managed) {
                Cell::Empty | Cell::Number(0) => group.outside.push(index),
                Cell::Number(_) => group.within.push(index),
                Cell::Doubtful => group.unclear = true,
            },
            Form::Within => group.within_sums.push(index),
            Form::Outside => group.outside_sums.push(index),
            Form::OverThirty => group.over_thirty_sums.push(index),
            Form::Total => {}
        }
    }
    groups
}

/// What a column of some rows comes to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) value: i64,
    /// How many rows have a number there.
    pub(super) count: usize,
    /// A row is in doubt.
    pub(super) doubtful: bool,
}
