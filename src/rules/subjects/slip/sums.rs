//! 第7表: the rows of one person, and what adds up to what (R-FLD-07, R-FLD-08).

use std::collections::BTreeMap;

use super::equations::{self, Around};
use super::groups::{self, Group, GroupKey, Sum};
use super::row::{Bad, Cell, Column, Form, Row};

use Column as C;

/// What is wrong with the rows of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// A row contradicts itself.
    Row(usize, equations::Failure),
    /// A second 全合計.
    SecondTotal { second: usize, first: usize },
    /// A type with several rows has no subtotal: the last of these rows, and the sum that seems to
    /// have been meant as the subtotal.
    NoSubtotal { last: usize, instead: Option<usize> },
    /// A subtotal of what lies outside 区分支給限度 has 給付管理単位数.
    OutsideManaged { row: usize },
    /// A subtotal of rows that are not there; whether the type is there at another office.
    NothingToAddUp { row: usize, elsewhere: bool },
    /// A subtotal or total is not the sum of its rows.
    SumDiffers {
        row: usize,
        column: Column,
        expected: i64,
        /// The row that disagrees, where one explains the difference, and what it would have to be.
        culprit: Option<(usize, i64)>,
        /// A few of the rows that are added up.
        parts: Vec<usize>,
    },
}

impl Fault {
    /// Whether it is about what some rows add up to, and not about one that must be there.
    pub(super) const fn is_of_sums(&self) -> bool {
        matches!(self, Self::NothingToAddUp { .. } | Self::SumDiffers { .. })
    }
}

/// The most rows that a finding names.
pub(super) const MOST_PARTS: usize = 8;

/// Nobody has more rows in a month; beyond them the time would grow with their square.
pub(super) const MOST_ROWS_OF_A_PERSON: usize = 500;

/// Judges the rows of one person.
///
/// The plan: rows by office and service type ([`groups`]); what each service says by itself; whether
/// subtotals are there and right ([`PersonRows::subtotals`]); what each subtotal says by itself; 全合計
/// over all of it ([`PersonRows::total`]); and what must not be there twice or at all. A row that an
/// earlier step found wrong, or doubtful, is left out of the later ones.
///
/// Without `sums` nothing is added up, and if all rows are `present` only the subtotals that must be
/// there are looked for. The row of a sum says nothing without the rows that it adds up, so with too
/// many of them it is left out.
pub(super) fn check(rows: &[&Row], sums: bool, present: bool) -> Vec<Fault> {
    let mut person = PersonRows {
        rows,
        bad: vec![Bad::default(); rows.len()],
        groups: groups::groups(rows),
        faults: Vec::new(),
        lacking: false,
    };
    person.details();
    if sums || present {
        person.subtotals(sums);
    }
    if rows.len() <= MOST_ROWS_OF_A_PERSON {
        person.sum_rows();
    }
    if sums {
        person.total();
    }
    person.totals_are_one();
    person.outside_managed();
    person.faults
}

pub(super) struct PersonRows<'r> {
    pub(super) rows: &'r [&'r Row],
    pub(super) bad: Vec<Bad>,
    pub(super) groups: BTreeMap<GroupKey, Group>,
    pub(super) faults: Vec<Fault>,
    /// A subtotal is missing, and with it what only subtotals have.
    pub(super) lacking: bool,
}

impl PersonRows<'_> {
    pub(super) fn row(&self, index: usize) -> Option<&Row> {
        self.rows.get(index).copied()
    }

    fn details(&mut self) {
        for index in 0..self.rows.len() {
            if self.row(index).is_some_and(|row| row.form == Form::Detail) {
                self.equations(
                    index,
                    &Around { subtotal: self.has_subtotal(index), ..Around::default() },
                );
            }
        }
    }

    /// Whether a subtotal stands for the row, so that limits and money need not stand in it.
    fn has_subtotal(&self, index: usize) -> bool {
        let of = |row: &Row| Some((row.office, row.kind().try_into().ok()?));
        let group = self.row(index).and_then(of).and_then(|key| self.groups.get(&key));
        group.is_some_and(|group| !group.within_sums.is_empty())
    }

    fn equations(&mut self, index: usize, around: &Around) {
        let (Some(row), Some(bad)) = (self.rows.get(index), self.bad.get_mut(index)) else {
            return;
        };
        let failures = equations::check(row, around, bad);
        self.faults.extend(failures.into_iter().map(|failure| Fault::Row(index, failure)));
    }

    pub(super) fn totals(&self) -> Vec<usize> {
        let total = |(index, row): (usize, &&Row)| (row.form == Form::Total).then_some(index);
        self.rows.iter().enumerate().filter_map(total).collect()
    }

    fn totals_are_one(&mut self) {
        if let [first, others @ ..] = self.totals().as_slice() {
            let seconds =
                others.iter().map(|second| Fault::SecondTotal { second: *second, first: *first });
            self.faults.extend(seconds);
        }
    }

    pub(super) fn sum(&self, rows: &[usize], column: Column) -> Sum {
        let mut sum = Sum::default();
        for index in rows {
            let Some(row) = self.row(*index) else { continue };
            sum.doubtful |= self.bad.get(*index).is_some_and(|bad| bad.contains(column));
            match row.cell(column) {
                Cell::Empty => {}
                Cell::Doubtful => sum.doubtful = true,
                Cell::Number(value) => {
                    sum.value += value;
                    sum.count += 1;
                }
            }
        }
        sum
    }

    /// What each subtotal says by itself.
    fn sum_rows(&mut self) {
        let keys: Vec<_> = self.groups.keys().copied().collect();
        for key in keys {
            let Some(group) = self.groups.get(&key) else { continue };
            let (sums, around) = (group.sums(), self.around(group));
            for index in sums {
                self.equations(index, &around);
            }
        }
    }

    /// The numbers of a group that the equations of its subtotals may need.
    fn around(&self, group: &Group) -> Around {
        let numbers = |rows: &[usize], column| -> Vec<i64> {
            rows.iter().filter_map(|row| self.row(*row)?.number(column)).collect()
        };
        let mut outside = vec![self.sum(&group.outside, C::Amount).value];
        outside.extend(numbers(&group.outside_sums, C::Amount));
        outside.retain(|units| *units != 0);
        let [within, both, _] = group.readings();
        let parts = vec![
            numbers(&within, C::Amount),
            numbers(&within, C::Managed),
            numbers(&both, C::Amount),
            numbers(&group.outside, C::Amount),
        ];
        Around { outside, parts, subtotal: false }
    }
}
