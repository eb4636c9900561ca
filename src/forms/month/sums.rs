//! 第7表: whether the sums of the file are those of its rows. They are printed as they are; where
//! they differ, that is told. The checks judge each row; this is what a reader would add up.

use std::collections::HashMap;

use crate::forms::pen::Pen;
use crate::forms::piece::grouped;
use crate::forms::row::Row;
use crate::spec::KnownItem;

use super::rows::{Kind, is_outside};
use super::service::type_name;

/// What 全合計 adds up of services inside 区分支給限度.
const UNITS: [KnownItem; 6] = [
    KnownItem::Amount,
    KnownItem::Managed,
    KnownItem::TypeOver,
    KnownItem::TypeWithin,
    KnownItem::AreaOver,
    KnownItem::AreaWithin,
];

/// What it adds up of all services.
const MONEY: [KnownItem; 4] =
    [KnownItem::Cost, KnownItem::Claim, KnownItem::Share, KnownItem::FullShare];

/// No more of it is told of one form.
const MOST: usize = 20;

/// The rows of one service type of one office, and what they are to 区分支給限度.
type Group<'r> = (&'r str, &'r str, &'r str, Kind);

/// The rows that one sum adds up.
#[derive(Default)]
struct Part<'r, 's> {
    details: Vec<&'r Row<'s>>,
    sums: Vec<&'r Row<'s>>,
}

impl<'r, 's> Part<'r, 's> {
    /// What counts for 全合計: the sum where there is one.
    fn counted(&self) -> &[&'r Row<'s>] {
        if self.sums.is_empty() { &self.details } else { &self.sums }
    }
}

pub(super) fn warn(pen: &mut Pen<'_, '_>, rows: &[Row<'_>]) {
    let mut parts: HashMap<Group<'_>, Part<'_, '_>> = HashMap::new();
    let mut order = Vec::new();
    let mut totals = Vec::new();
    for row in rows {
        let kind = Kind::of(row);
        let class = match kind {
            Kind::Total => {
                totals.push(row);
                continue;
            }
            Kind::Detail if row.look(KnownItem::OverThirty) == "1" => Kind::OverThirty,
            Kind::Detail if is_outside(row) => Kind::Outside,
            Kind::Detail => Kind::Within,
            sum => sum,
        };
        let code = row.look(KnownItem::ServiceCode);
        let (office, satellite) = (row.look(KnownItem::RowOffice), row.look(KnownItem::Satellite));
        let group = (office, satellite, code.get(..2).unwrap_or(code), class);
        let part = parts.entry(group).or_insert_with(|| {
            order.push(group);
            Part::default()
        });
        if kind.is_sum() { &mut part.sums } else { &mut part.details }.push(row);
    }
    let mut warnings = Vec::new();
    for group in &order {
        // A row without units of its own may belong to either sum of its type.
        let mixed = parts.contains_key(&(group.0, group.1, group.2, Kind::Outside));
        if let Some(part) = parts.get(group).filter(|_| !mixed)
            && let [sum] = part.sums.as_slice()
        {
            let name =
                format!("{} {}の小計", sum.look(KnownItem::ServiceOfficeName), named(pen, group));
            warnings.extend(differing(
                &name,
                sum,
                KnownItem::Amount,
                &[add(&part.details, KnownItem::Amount)],
            ));
        }
    }
    if let [total] = totals.as_slice() {
        let within: Vec<&Row<'_>> = of(&order, &parts, |class| class == Kind::Within);
        let all: Vec<&Row<'_>> = of(&order, &parts, |_| true);
        for item in UNITS {
            // Some software adds up the units of all services.
            let sums = [add(&within, item), add(&all, item)];
            warnings.extend(differing("全合計", total, item, &sums));
        }
        for item in MONEY {
            warnings.extend(differing("全合計", total, item, &[add(&all, item)]));
        }
    }
    let more = warnings.len().saturating_sub(MOST);
    warnings.into_iter().take(MOST).for_each(|warning| pen.sentence(warning));
    if more > 0 {
        pen.sentence(format!("行の合計と違う値が、ほかに {more} 件あります。"));
    }
}

fn named<'c>(pen: &Pen<'_, 'c>, (_, _, kind, _): &Group<'c>) -> &'c str {
    match type_name(pen.context, kind) {
        "" => kind,
        name => name,
    }
}

/// The rows that count for 全合計.
fn of<'r, 's>(
    order: &[Group<'r>],
    parts: &HashMap<Group<'r>, Part<'r, 's>>,
    is_wanted: impl Fn(Kind) -> bool,
) -> Vec<&'r Row<'s>> {
    let wanted = order.iter().filter(|(.., class)| is_wanted(*class));
    wanted.filter_map(|group| parts.get(group)).flat_map(Part::counted).copied().collect()
}

/// The sum of a column; none where no row has a number there, or where one cannot be read.
fn add(rows: &[&Row<'_>], item: KnownItem) -> Option<i64> {
    let mut sum = None;
    for text in rows.iter().map(|row| row.look(item)).filter(|text| !text.is_empty()) {
        sum = Some(sum.unwrap_or(0_i64).checked_add(text.parse().ok()?)?);
    }
    sum
}

/// What to tell of a sum that is none of those that may be meant.
fn differing(name: &str, row: &Row<'_>, item: KnownItem, sums: &[Option<i64>]) -> Option<String> {
    let text = row.look(item);
    let given = text.parse::<i64>().ok()?;
    let expected = (*sums.first()?)?;
    if sums.iter().flatten().any(|sum| *sum == given) {
        return None;
    }
    let (given, expected) = (grouped(text), grouped(&expected.to_string()));
    Some(format!("{name}の{}は {given} ですが、行を足すと {expected} です。", item.name()))
}
