//! 第7表: 全合計 of a person (R-FLD-07).

use super::groups::Sum;
use super::row::{Cell, Column, Form, Row};
use super::sums::{Fault, MOST_PARTS, PersonRows};

use Column as C;

/// The columns that subtotals and totals add up.
const SUMMED: [Column; 10] = [
    C::Amount,
    C::Managed,
    C::TypeOver,
    C::TypeWithin,
    C::AreaOver,
    C::AreaWithin,
    C::Cost,
    C::Claim,
    C::Share,
    C::FullShare,
];

/// Whether a row leaves out a group of numbers that are optional there, so that nothing can be added
/// up; elsewhere an empty cell is as good as 0.
fn lacks(row: &Row, column: Column) -> bool {
    let empty = |columns: &[Column]| columns.iter().all(|column| row.cell(*column) == Cell::Empty);
    match column {
        C::AreaWithin => {
            let outside = row.form != Form::Within && empty(&[C::Managed]);
            !outside && row.number(C::Managed) != Some(0) && empty(&[C::AreaOver, C::AreaWithin])
        }
        C::Cost | C::Claim | C::Share => {
            let thirty = row.over_thirty || row.form == Form::OverThirty;
            let free = thirty || row.number(C::Amount) == Some(0);
            !free && empty(&[C::Cost, C::Claim, C::Share])
        }
        _ => false,
    }
}

impl PersonRows<'_> {
    /// 全合計 is the sum of the rows, or of the subtotals where there are some.
    pub(super) fn total(&mut self) {
        let totals = self.totals();
        let [total] = totals.as_slice() else { return };
        // A subtotal with a code that is none is counted like a service.
        if self.rows.iter().any(|row| row.has_unknown_form()) {
            return;
        }
        let details = self.rows.iter().filter(|row| row.form == Form::Detail).count();
        if details == 0 {
            return;
        }
        let mut wrong: Vec<(Column, i64)> = Vec::new();
        for column in SUMMED {
            if self.lacking && !matches!(column, C::Amount | C::Managed) {
                continue;
            }
            let Some(value) = self.row(*total).and_then(|row| row.number(column)) else { continue };
            let doubtful = (0..self.rows.len()).any(|index| {
                self.bad.get(index).is_some_and(|bad| bad.contains(column))
                    || self.row(index).is_some_and(|row| row.cell(column) == Cell::Doubtful)
            });
            let bearers = self.bearers(column);
            let nowhere = bearers.len() > 1 && self.sum(&bearers, column).count == 0;
            let lacks = (nowhere
                && matches!(column, C::AreaWithin | C::Cost | C::Claim | C::Share))
                || bearers.iter().any(|row| self.row(*row).is_some_and(|row| lacks(row, column)));
            let readings = self.readings(column);
            if !doubtful && !lacks && !readings.contains(&value) {
                wrong.push((column, readings.first().copied().unwrap_or_default()));
            }
        }
        // Several wrong columns are one missing or surplus row.
        let most = if wrong.len() > 2 { 1 } else { 2 };
        for (column, expected) in wrong.into_iter().take(most) {
            let parts = self.leaves(column);
            let value = self.row(*total).and_then(|row| row.number(column)).unwrap_or_default();
            let culprit = self.empty_cell(0..self.rows.len(), column, value - expected);
            self.faults.push(Fault::SumDiffers {
                row: *total,
                column,
                expected,
                culprit,
                parts: parts.into_iter().take(MOST_PARTS).collect(),
            });
        }
    }

    /// What 全合計 may be: with and without what lies outside 区分支給限度, out of subtotals or
    /// out of rows. The first is the most usual one.
    fn readings(&self, column: Column) -> [i64; 6] {
        let mut readings = [0; 6];
        let [usual, within_only, no_thirty, plain, plain_within, plain_both] = &mut readings;
        for group in self.groups.values() {
            let [of_within, of_outside, of_thirty] =
                group.parts().map(|(sums, rows)| (self.sum(sums, column), self.sum(rows, column)));
            let or =
                |(sums, rows): (Sum, Sum)| if sums.count > 0 { sums.value } else { rows.value };
            let (within, outside, over_thirty) = (or(of_within), or(of_outside), or(of_thirty));
            let (rows_within, rows_outside) = (of_within.1.value, of_outside.1.value);
            // A subtotal that covers what lies outside too leaves nothing to add.
            let covered = of_within.0.count > 0
                && of_outside.0.count == 0
                && of_within.0.value == rows_within + rows_outside;
            *usual += within + if covered { 0 } else { outside } + over_thirty;
            *within_only += within;
            *no_thirty += within + if covered { 0 } else { outside };
            *plain += rows_within + rows_outside + of_thirty.1.value;
            *plain_within += rows_within;
            *plain_both += rows_within + rows_outside;
        }
        readings
    }

    /// The rows that have the numbers of a column for their service: subtotals, or else the rows.
    fn bearers(&self, column: Column) -> Vec<usize> {
        let mut bearers = Vec::new();
        for group in self.groups.values() {
            for (sums, rows) in group.parts() {
                let none = |rows| self.sum(rows, column).count == 0;
                let of_rows = sums.is_empty() || (none(sums) && !none(rows));
                bearers.extend(if of_rows { rows } else { sums });
            }
        }
        bearers
    }

    /// The rows that 全合計 adds up, as a reader of the form would.
    fn leaves(&self, column: Column) -> Vec<usize> {
        let mut leaves = Vec::new();
        for group in self.groups.values() {
            for (sums, rows) in group.parts() {
                leaves.extend(if self.sum(sums, column).count > 0 { sums } else { rows });
            }
        }
        leaves.sort_unstable();
        leaves
    }
}
