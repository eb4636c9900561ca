//! 第7表: the rows of one person, and what adds up to what (R-FLD-07, R-FLD-08).

use std::collections::{BTreeMap, HashSet};

use super::equations::{self, Around};
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
    unclear: bool,
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
    fn readings(&self) -> [Vec<usize>; 3] {
        let both = [&*self.within, &self.outside].concat();
        let all = [&*both, &self.over_thirty].concat();
        [self.within.clone(), both, all]
    }

    /// The same of one site.
    fn of_site(&self, rows: &[&Row], site: Option<[u8; 2]>) -> [Vec<usize>; 3] {
        let same = |index: &usize| rows.get(*index).map(|row| row.satellite) == site;
        self.readings().map(|reading| reading.into_iter().filter(same).collect())
    }
}

/// Nobody has more rows in a month; beyond them the time would grow with their square.
pub(super) const MOST_ROWS_OF_A_PERSON: usize = 500;

/// Judges the rows of one person. Without `sums` only what each row says by itself, and if all rows
/// are `present` whether there are subtotals; the row of a sum says nothing without the rows that it
/// adds up, so with too many of them it is left out.
pub(super) fn check(rows: &[&Row], sums: bool, present: bool) -> Vec<Fault> {
    let mut person = PersonRows {
        rows,
        bad: vec![Bad::default(); rows.len()],
        groups: BTreeMap::new(),
        faults: Vec::new(),
        lacking: false,
    };
    person.group();
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
    pub(super) groups: BTreeMap<([u8; 10], [u8; 2]), Group>,
    pub(super) faults: Vec<Fault>,
    /// A subtotal is missing, and with it what only subtotals have.
    pub(super) lacking: bool,
}

/// What a column of some rows comes to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) value: i64,
    /// How many rows have a number there.
    pub(super) count: usize,
    /// A row is in doubt.
    doubtful: bool,
}

impl PersonRows<'_> {
    pub(super) fn row(&self, index: usize) -> Option<&Row> {
        self.rows.get(index).copied()
    }

    fn group(&mut self) {
        for (index, row) in self.rows.iter().enumerate() {
            if row.form == Form::Total {
                continue;
            }
            let kind = row.kind().try_into().unwrap_or_default();
            let group = self.groups.entry((row.office, kind)).or_default();
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

    /// Subtotals: there where they must be, and the sums of their rows if these can be added up.
    fn subtotals(&mut self, sums: bool) {
        let keys: Vec<_> = self.groups.keys().copied().collect();
        let mut orphans = Vec::new();
        let mut missing = Vec::new();
        let mut differ = Vec::new();
        for key in &keys {
            let Some(group) = self.groups.get(key) else { continue };
            let details = [&*group.within, &group.outside, &group.over_thirty].concat();
            let of_kind: Vec<usize> = self.of_kind(key.1);
            if group.within_sums.is_empty() {
                let several = self.rows_of_one_site(&self.distinct(&group.within, sums));
                let elsewhere = keys
                    .iter()
                    .filter(|other| other.1 == key.1 && *other != key)
                    .filter_map(|other| self.groups.get(other))
                    .flat_map(|other| &other.within_sums)
                    .any(|sum| {
                        // A subtotal over all offices, if somebody reads 種類別 like that.
                        self.row(*sum).and_then(|row| row.number(C::Amount))
                            == Some(self.sum(&of_kind, C::Amount).value)
                    });
                if let (Some(last), false) = (several, elsewhere) {
                    missing.push(last);
                }
            }
            let outside_or_unclear = group.unclear || !group.outside.is_empty();
            if details.is_empty() && !group.unclear {
                orphans.extend(
                    group
                        .within_sums
                        .iter()
                        .chain(&group.outside_sums)
                        .chain(&group.over_thirty_sums),
                );
                continue;
            }
            if !outside_or_unclear && !group.within.iter().any(|row| self.is_free(*row)) {
                orphans.extend(&group.outside_sums);
            }
            if group.over_thirty.is_empty() {
                orphans.extend(&group.over_thirty_sums);
            }
            if group.unclear {
                continue;
            }
            for sum in &group.within_sums {
                let own = group.of_site(self.rows, self.site(*sum));
                let all = group.readings();
                let several = group.within_sums.len() > 1;
                // A subtotal is for its site, or for all sites where it is the only one.
                let mut readings = if several { own.to_vec() } else { all.to_vec() };
                readings.push(of_kind.clone());
                if !several && self.subtotal(*sum, &readings).is_some() {
                    let of_own = self.subtotal(*sum, &own).is_none();
                    let others: Vec<usize> = group
                        .within
                        .iter()
                        .copied()
                        .filter(|row| self.site(*row) != self.site(*sum))
                        .collect();
                    if let (true, Some(last)) = (of_own, self.rows_of_one_site(&others)) {
                        missing.push(last);
                        continue;
                    }
                    if of_own {
                        continue;
                    }
                }
                differ.extend(self.subtotal(*sum, &readings));
            }
            for sum in &group.outside_sums {
                differ.extend(self.subtotal(*sum, &[group.outside.clone(), details.clone()]));
            }
            for sum in &group.over_thirty_sums {
                if !group.over_thirty.is_empty() {
                    differ.extend(self.subtotal(*sum, std::slice::from_ref(&group.over_thirty)));
                }
            }
        }
        // A subtotal with the wrong form, type or office leaves its own rows without one.
        self.lacking = !missing.is_empty();
        for last in missing {
            let instead = self.take_meant(last, &mut orphans);
            self.faults.push(Fault::NoSubtotal { last, instead });
        }
        if !sums {
            return;
        }
        for row in orphans {
            let kind = self.row(row).map(Row::kind);
            // With 給付管理単位数 it is the form that is wrong and not the office.
            let misnamed = self.is_outside_managed(row);
            let of_type = |group: &&Row| {
                !misnamed && group.form == Form::Detail && Some(group.kind()) == kind
            };
            let elsewhere = self.rows.iter().copied().any(|row| of_type(&row));
            self.faults.push(Fault::NothingToAddUp { row, elsewhere });
        }
        for fault in differ {
            if let Fault::SumDiffers { row, column, culprit, .. } = &fault {
                let index = culprit.map_or(*row, |(row, _)| row);
                // Whether the sum or a part is wrong, nothing follows from either.
                for index in [index, *row] {
                    if let Some(bad) = self.bad.get_mut(index) {
                        *bad |= Bad::of(&[*column, C::Amount, C::Managed]);
                    }
                }
            }
            self.faults.push(fault);
        }
    }

    /// Takes the subtotal of nothing that seems to be meant for the type and office of a row.
    fn take_meant(&self, row: usize, orphans: &mut Vec<usize>) -> Option<usize> {
        let row = self.row(row)?;
        let place = |fits: &dyn Fn(&Row) -> bool| {
            orphans.iter().position(|sum| self.row(*sum).is_some_and(fits))
        };
        let place = place(&|sum| sum.kind() == row.kind() && sum.office == row.office)
            .or_else(|| place(&|sum| sum.kind() == row.kind()))
            .or_else(|| place(&|sum| sum.office == row.office))?;
        Some(orphans.swap_remove(place))
    }

    /// Rows without those that stand there twice, where these were told; articles of equipment may.
    fn distinct(&self, rows: &[usize], all: bool) -> Vec<usize> {
        let mut seen = HashSet::new();
        let new = |index: &usize| {
            let Some(row) = self.row(*index) else { return false };
            seen.insert(row.print) || all || matches!(row.kind(), b"17" | b"67")
        };
        rows.iter().copied().filter(new).collect()
    }

    /// Whether a row is of the kind that EEEE may add up though it has 給付管理単位数: the source
    /// leaves that open for some services (R-FLD-10).
    fn is_free(&self, index: usize) -> bool {
        self.row(index).is_some_and(|row| row.number(C::Managed) != row.number(C::Amount))
    }

    /// The details of a service type over all offices.
    fn of_kind(&self, kind: [u8; 2]) -> Vec<usize> {
        let groups = self.groups.iter().filter(|(key, _)| key.1 == kind);
        groups.flat_map(|(_, group)| group.within.iter().chain(&group.outside)).copied().collect()
    }

    /// サテライト枝番 of a row.
    fn site(&self, index: usize) -> Option<[u8; 2]> {
        self.row(index).map(|row| row.satellite)
    }

    /// The last row of a site that has several, if there is such a site.
    fn rows_of_one_site(&self, rows: &[usize]) -> Option<usize> {
        let of_site =
            |last: usize| rows.iter().filter(move |row| self.site(**row) == self.site(last));
        rows.iter().copied().rev().find(|last| of_site(*last).count() > 1)
    }

    /// Whether a subtotal is the sum of its rows, in any of several readings.
    fn subtotal(&self, index: usize, readings: &[Vec<usize>]) -> Option<Fault> {
        for column in [C::Amount, C::Managed] {
            let Some(value) = self.row(index).and_then(|row| row.number(column)) else { continue };
            let mut sums = readings.iter().map(|rows| self.sum(rows, column));
            if sums.any(|sum| sum.doubtful || sum.count == 0 || sum.value == value) {
                continue;
            }
            let parts = readings.iter().find(|rows| !rows.is_empty())?;
            let expected = self.sum(parts, column).value;
            let culprit = self.culprit(index, parts, column, value - expected);
            return Some(Fault::SumDiffers {
                row: index,
                column,
                expected,
                culprit,
                parts: parts.iter().copied().take(MOST_PARTS).collect(),
            });
        }
        None
    }

    /// The one row whose 給付管理単位数 and サービス単位 differ by just what the sum is off.
    fn culprit(
        &self,
        sum: usize,
        parts: &[usize],
        column: Column,
        off: i64,
    ) -> Option<(usize, i64)> {
        if let Some(empty) = self.empty_cell(parts.iter().copied(), column, off) {
            return Some(empty);
        }
        let other = if column == C::Amount { C::Managed } else { C::Amount };
        let row = self.row(sum)?;
        if row.number(column) != row.number(other) {
            return None;
        }
        let wrong = |index: &usize| {
            let row = self.row(*index)?;
            let (value, right) = (row.number(column)?, row.number(other)?);
            (right - value == off).then_some((*index, right))
        };
        let mut wrong = parts.iter().filter_map(wrong);
        wrong.next().filter(|_| wrong.next().is_none())
    }

    fn sum_rows(&mut self) {
        let keys: Vec<_> = self.groups.keys().copied().collect();
        for key in keys {
            let Some(group) = self.groups.get(&key) else { continue };
            let mut outside: Vec<i64> = vec![self.sum(&group.outside, C::Amount).value];
            let sums = [&*group.within_sums, &group.outside_sums, &group.over_thirty_sums].concat();
            outside.extend(
                group
                    .outside_sums
                    .iter()
                    .filter_map(|index| self.row(*index).and_then(|row| row.number(C::Amount))),
            );
            outside.retain(|units| *units != 0);
            let numbers = |rows: &[usize], column| -> Vec<i64> {
                rows.iter().filter_map(|row| self.row(*row)?.number(column)).collect()
            };
            let [within, both, _] = group.readings();
            let parts = vec![
                numbers(&within, C::Amount),
                numbers(&within, C::Managed),
                numbers(&both, C::Amount),
                numbers(&group.outside, C::Amount),
            ];
            let around = Around { outside, parts, subtotal: false };
            for index in sums {
                self.equations(index, &around);
            }
        }
    }
}
