//! 第7表: which cell of which row explains that a sum differs, and cells that a form must not have.

use std::collections::BTreeSet;

use super::equations;
use super::row::{Cell, Column, Form};
use super::sums::{Fault, PersonRows};

use Column as C;

impl PersonRows<'_> {
    /// Whether a subtotal of what lies outside 区分支給限度 has 給付管理単位数.
    pub(super) fn is_outside_managed(&self, index: usize) -> bool {
        self.row(index).is_some_and(|row| {
            matches!(row.form, Form::Outside | Form::OverThirty)
                && row.number(C::Managed).is_some_and(|units| units != 0)
        })
    }

    /// Such subtotals, unless they are told to have no rows.
    pub(super) fn outside_managed(&mut self) {
        let told = |fault: &Fault| match fault {
            Fault::NothingToAddUp { row, .. } => Some(*row),
            Fault::NoSubtotal { instead, .. } => *instead,
            _ => None,
        };
        let told: BTreeSet<usize> = self.faults.iter().filter_map(told).collect();
        for index in 0..self.rows.len() {
            if self.is_outside_managed(index) && !told.contains(&index) {
                self.faults.push(Fault::OutsideManaged { row: index });
            }
        }
    }

    /// The one row whose empty cell would hold just what a sum is off.
    pub(super) fn empty_cell(
        &self,
        rows: impl Iterator<Item = usize>,
        column: Column,
        off: i64,
    ) -> Option<(usize, i64)> {
        let mut empty = rows.filter(|index| {
            self.row(*index).is_some_and(|row| {
                row.form != Form::Total
                    && row.cell(column) == Cell::Empty
                    && equations::usual(row, column) == Some(off)
            })
        });
        let only = empty.next().filter(|_| off != 0 && empty.next().is_none())?;
        Some((only, off))
    }
}
