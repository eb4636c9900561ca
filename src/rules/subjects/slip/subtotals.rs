//! 第7表: subtotals, which stand for the rows of one office and service type (R-FLD-07, R-FLD-08).

use std::collections::HashSet;

use super::groups::{Group, GroupKey};
use super::row::{Bad, Column, Form, Row};
use super::sums::{Fault, MOST_PARTS, PersonRows};

use Column as C;

/// What the subtotals of all groups came to, before anything of it is told.
#[derive(Default)]
struct Found {
    /// Of each group or site that lacks its subtotal, the last row.
    missing: Vec<usize>,
    /// Subtotals that have no rows to add up.
    orphans: Vec<usize>,
    /// Subtotals that are not the sum of their rows.
    differing: Vec<Fault>,
}

impl PersonRows<'_> {
    /// Judges the subtotals: whether they stand where they must, and, where the rows can be added up
    /// (`sums`), whether they are the sums of their rows.
    ///
    /// First every group is looked at by itself, in three questions:
    ///
    /// 1. Does it lack the subtotal that several rows must have ([`Self::lacks_subtotal`])?
    /// 2. Which of its subtotals have no rows ([`Self::orphans`])?
    /// 3. Which of the others add up to something else ([`Self::differing`])? Of a group with a row
    ///    whose 給付管理単位数 cannot be read, nobody knows.
    ///
    /// Only then is it told, because a subtotal with the wrong form, type or office shows twice: as
    /// the subtotal that one group lacks and as one of another group that has no rows. Each group
    /// that lacks one takes the likeliest of those without rows ([`Self::take_meant`]), and both are
    /// one finding. What is left without rows, and what differs, are findings of their own.
    pub(super) fn subtotals(&mut self, sums: bool) {
        let mut found = Found::default();
        for (key, group) in &self.groups {
            found.missing.extend(self.lacks_subtotal(*key, group, sums));
            found.orphans.extend(self.orphans(group));
            if !group.unclear && !group.has_no_details() {
                self.differing(*key, group, &mut found);
            }
        }
        let Found { missing, mut orphans, differing } = found;
        self.lacking = !missing.is_empty();
        for last in missing {
            let instead = self.take_meant(last, &mut orphans);
            self.faults.push(Fault::NoSubtotal { last, instead });
        }
        if sums {
            for row in orphans {
                self.tell_orphan(row);
            }
            for fault in differing {
                self.tell_differing(fault);
            }
        }
    }

    /// The last of several rows of one site that have no subtotal within 区分支給限度.
    fn lacks_subtotal(&self, key: GroupKey, group: &Group, sums: bool) -> Option<usize> {
        if !group.within_sums.is_empty() {
            return None;
        }
        let last = self.rows_of_one_site(&self.distinct(&group.within, sums))?;
        (!self.is_added_up_elsewhere(key)).then_some(last)
    }

    /// Whether another office has a subtotal over all offices, if somebody reads 種類別 like that.
    fn is_added_up_elsewhere(&self, key: GroupKey) -> bool {
        let all = self.sum(&self.of_kind(key.1), C::Amount).value;
        let others = self.groups.iter().filter(|(other, _)| other.1 == key.1 && **other != key);
        let mut sums = others.flat_map(|(_, other)| &other.within_sums);
        sums.any(|sum| self.row(*sum).and_then(|row| row.number(C::Amount)) == Some(all))
    }

    /// The subtotals of a group that have no rows of their part: all where the group has no rows.
    fn orphans(&self, group: &Group) -> Vec<usize> {
        if group.unclear {
            let thirty = group.over_thirty.is_empty();
            return if thirty { group.over_thirty_sums.clone() } else { Vec::new() };
        }
        if group.has_no_details() {
            return group.sums();
        }
        let mut orphans = Vec::new();
        if group.outside.is_empty() && !group.within.iter().any(|row| self.is_free(*row)) {
            orphans.extend(&group.outside_sums);
        }
        if group.over_thirty.is_empty() {
            orphans.extend(&group.over_thirty_sums);
        }
        orphans
    }

    /// Adds up the rows of a group for each of its subtotals, in every reading that the source
    /// leaves open.
    fn differing(&self, key: GroupKey, group: &Group, found: &mut Found) {
        for sum in &group.within_sums {
            self.within_subtotal(*sum, key, group, found);
        }
        for sum in &group.outside_sums {
            let readings = [group.outside.clone(), group.details()];
            found.differing.extend(self.subtotal(*sum, &readings));
        }
        if !group.over_thirty.is_empty() {
            for sum in &group.over_thirty_sums {
                let reading = std::slice::from_ref(&group.over_thirty);
                found.differing.extend(self.subtotal(*sum, reading));
            }
        }
    }

    /// A subtotal within 区分支給限度: for its site, or for all sites where it is the only one.
    fn within_subtotal(&self, sum: usize, key: GroupKey, group: &Group, found: &mut Found) {
        let of_kind = self.of_kind(key.1);
        let with_kind =
            |readings: &[Vec<usize>]| [readings, std::slice::from_ref(&of_kind)].concat();
        let own = group.of_site(self.rows, self.site(sum));
        if group.within_sums.len() > 1 {
            found.differing.extend(self.subtotal(sum, &with_kind(&own)));
            return;
        }
        let Some(fault) = self.subtotal(sum, &with_kind(&group.readings())) else { return };
        if self.subtotal(sum, &own).is_some() {
            found.differing.push(fault);
            return;
        }
        // It is right for its own site, and another site has several rows and no subtotal.
        let elsewhere = |row: &usize| self.site(*row) != self.site(sum);
        let others: Vec<usize> = group.within.iter().copied().filter(elsewhere).collect();
        found.missing.extend(self.rows_of_one_site(&others));
    }

    /// Tells of a subtotal that has no rows.
    fn tell_orphan(&mut self, row: usize) {
        let kind = self.row(row).map(Row::kind);
        // With 給付管理単位数 it is the form that is wrong and not the office.
        let misnamed = self.is_outside_managed(row);
        let of_type =
            |group: &&Row| !misnamed && group.form == Form::Detail && Some(group.kind()) == kind;
        let elsewhere = self.rows.iter().copied().any(|row| of_type(&row));
        self.faults.push(Fault::NothingToAddUp { row, elsewhere });
    }

    /// Tells of a subtotal that is not the sum of its rows. Whether it or a row is wrong, nothing
    /// follows from either.
    fn tell_differing(&mut self, fault: Fault) {
        if let Fault::SumDiffers { row, column, culprit, .. } = &fault {
            let index = culprit.map_or(*row, |(row, _)| row);
            for index in [index, *row] {
                if let Some(bad) = self.bad.get_mut(index) {
                    *bad |= Bad::of(&[*column, C::Amount, C::Managed]);
                }
            }
        }
        self.faults.push(fault);
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
}
