//! 第6表: records of days, put together to the lines of the grid.

use std::collections::BTreeMap;

use crate::forms::entry::Entry;
use crate::forms::row::Row;
use crate::spec::KnownItem;

/// What records of one line have in common, in the order of printing: by time, then by office,
/// what is from the 31st day of a stay on last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'r> {
    timeless: bool,
    times: (&'r str, &'r str),
    office: &'r str,
    pub(super) is_over: bool,
    pub(super) code: &'r str,
    satellite: &'r str,
    /// TAISコード, 福祉用具届出コード and 明細判別コード.
    article: [&'r str; 3],
    /// Of rented articles only: reductions make it differ by day for other services.
    units: &'r str,
}

/// A service of the month.
#[derive(Default)]
pub(super) struct Line<'r, 's> {
    pub(super) plan: Vec<Entry<'r, 's>>,
    pub(super) actual: Vec<Entry<'r, 's>>,
}

/// 福祉用具貸与 and 介護予防福祉用具貸与
const RENTAL: [&str; 2] = ["17", "67"];

impl<'r> Key<'r> {
    fn of(row: &'r Row<'_>) -> Self {
        let look = |item| row.look(item);
        let times = (look(KnownItem::StartTime), look(KnownItem::EndTime));
        let code = look(KnownItem::ServiceCode);
        let mut key = Self {
            timeless: matches!(times.0, "" | "9999"),
            times,
            office: look(KnownItem::ServiceOffice),
            is_over: look(KnownItem::OverThirty) == "1",
            code,
            satellite: look(KnownItem::Satellite),
            article: [KnownItem::TaisCode, KnownItem::NotifiedCode, KnownItem::DetailNumber]
                .map(look),
            units: "",
        };
        if key.is_rental() {
            key.units = look(KnownItem::Units);
        }
        key
    }

    /// Whether articles are rented, whose names and codes are printed.
    pub(super) fn is_rental(&self) -> bool {
        RENTAL.iter().any(|kind| self.code.starts_with(kind))
    }
}

impl<'r, 's> Line<'r, 's> {
    /// Every record of it, the planned first.
    pub(super) fn all(&self) -> Vec<Entry<'r, 's>> {
        [self.plan.as_slice(), &self.actual].concat()
    }
}

/// The lines of the grid. An actual with another time or code than any plan is a line of its own.
pub(super) fn lines<'r, 's>(
    plan: &[Entry<'r, 's>],
    actual: &[Entry<'r, 's>],
) -> BTreeMap<Key<'r>, Line<'r, 's>> {
    let mut lines: BTreeMap<Key<'r>, Line<'r, 's>> = BTreeMap::new();
    for (entries, is_plan) in [(plan, true), (actual, false)] {
        for entry in entries {
            let Some(row) = entry.any() else { continue };
            let line = lines.entry(Key::of(row)).or_default();
            if is_plan { &mut line.plan } else { &mut line.actual }.push(*entry);
        }
    }
    lines
}
