//! 第7表: the bottom row, and the blocks below it.

use std::fmt::Write as _;

use crate::forms::entry::Entry;
use crate::forms::many::Markup;
use crate::forms::pen::Pen;
use crate::forms::piece::{Piece, grouped};
use crate::spec::KnownItem;

use super::rows::{Kind, NUMBERS, number_of};
use super::service::type_name;

/// Stands for no office: on 全合計, and in an item that says nothing.
pub(super) const NO_OFFICE: &str = "9999999999";

/// The rows of 全合計 with 区分支給限度基準額; a row without numbers where the file has none.
pub(super) fn total(
    pen: &mut Pen<'_, '_>,
    totals: &[Entry<'_, '_>],
    supplement: Entry<'_, '_>,
) -> Markup {
    "合計".clone_into(&mut pen.at);
    let limit = pen.shown(&[supplement], KnownItem::Limit, |_, text| grouped(text));
    let mut html = Markup::default();
    match totals {
        [] => {
            pen.sentence("全合計の行がないため、合計は空欄です。".to_owned());
            row(pen, &limit, None, &mut html);
        }
        totals => totals.iter().for_each(|entry| row(pen, &limit, Some(*entry), &mut html)),
    }
    pen.at.clear();
    html
}

fn row(pen: &mut Pen<'_, '_>, limit: &Piece, entry: Option<Entry<'_, '_>>, html: &mut Markup) {
    html.0.push_str(
        "<tr class=\"fm-s-total\"><th colspan=\"4\" scope=\"row\">区分支給限度基準額（単位）</th>",
    );
    for row in entry.into_iter().flat_map(|entry| [entry.now, entry.was]).flatten() {
        row.show(KnownItem::ServiceCode);
        if row.look(KnownItem::RowOffice) == NO_OFFICE {
            row.show(KnownItem::RowOffice);
        }
        if row.look(KnownItem::OverThirty) == "0" {
            row.show(KnownItem::OverThirty);
        }
    }
    for item in NUMBERS {
        let piece =
            entry.map(|entry| number_of(pen, entry, item, Kind::Total, false)).unwrap_or_default();
        // Columns that nothing is added up in are struck out.
        let struck = matches!(
            item,
            KnownItem::DiscountRate
                | KnownItem::Discounted
                | KnownItem::Price
                | KnownItem::BenefitRate
                | KnownItem::FixedShare
        );
        let class = if struck && piece.is_empty() { "fm-n fm-struck" } else { "fm-n" };
        let _ = match item {
            KnownItem::Units => write!(html.0, "<td class=\"{class}\">{limit}{piece}</td>"),
            KnownItem::RowCount => write!(html.0, "<th scope=\"row\">合計{piece}</th>"),
            _ => write!(html.0, "<td class=\"{class}\">{piece}</td>"),
        };
    }
    html.0.push_str("</tr>\n");
}

/// 要介護認定期間中の短期入所利用日数
pub(super) struct StayDays {
    pub(super) before: Piece,
    pub(super) planned: Piece,
    pub(super) total: Piece,
}

impl StayDays {
    const ITEMS: [KnownItem; 3] =
        [KnownItem::DaysBefore, KnownItem::DaysPlanned, KnownItem::DaysTotal];

    /// Of 全合計, or else of the first row that has them, or else of 利用者補足情報.
    pub(super) fn new(
        pen: &mut Pen<'_, '_>,
        entries: &[Entry<'_, '_>],
        totals: &[Entry<'_, '_>],
        supplement: Entry<'_, '_>,
    ) -> Self {
        let has =
            |entry: &&Entry<'_, '_>| Self::ITEMS.iter().any(|item| !entry.look(*item).is_empty());
        match totals.iter().find(has).or_else(|| entries.iter().find(has)) {
            Some(entry) => {
                let [before, planned, total] = Self::ITEMS.map(|item| pen.text(*entry, item));
                Self { before, planned, total }
            }
            None => Self {
                before: pen.text(supplement, KnownItem::CareDaysBefore),
                planned: Piece::default(),
                total: pen.text(supplement, KnownItem::CareDaysTotal),
            },
        }
    }
}

/// 種類別支給限度管理
pub(super) struct TypeLimits {
    /// Each row of the block has two service types.
    pub(super) rows: Vec<[Vec<Piece>; 2]>,
    pub(super) over: Piece,
}

impl TypeLimits {
    const SLOTS: [[KnownItem; 4]; 9] = [
        [KnownItem::LimitType1, KnownItem::TypeLimit1, KnownItem::TypeSum1, KnownItem::TypeOver1],
        [KnownItem::LimitType2, KnownItem::TypeLimit2, KnownItem::TypeSum2, KnownItem::TypeOver2],
        [KnownItem::LimitType3, KnownItem::TypeLimit3, KnownItem::TypeSum3, KnownItem::TypeOver3],
        [KnownItem::LimitType4, KnownItem::TypeLimit4, KnownItem::TypeSum4, KnownItem::TypeOver4],
        [KnownItem::LimitType5, KnownItem::TypeLimit5, KnownItem::TypeSum5, KnownItem::TypeOver5],
        [KnownItem::LimitType6, KnownItem::TypeLimit6, KnownItem::TypeSum6, KnownItem::TypeOver6],
        [KnownItem::LimitType7, KnownItem::TypeLimit7, KnownItem::TypeSum7, KnownItem::TypeOver7],
        [KnownItem::LimitType8, KnownItem::TypeLimit8, KnownItem::TypeSum8, KnownItem::TypeOver8],
        [KnownItem::LimitType9, KnownItem::TypeLimit9, KnownItem::TypeSum9, KnownItem::TypeOver9],
    ];

    pub(super) fn new(pen: &mut Pen<'_, '_>, supplement: Entry<'_, '_>) -> Self {
        let mut slots = Self::SLOTS.into_iter().map(|[kind, numbers @ ..]| {
            let kind =
                pen.shown(&[supplement], kind, |pen, code| match type_name(pen.context, code) {
                    "" => code.to_owned(),
                    name => name.to_owned(),
                });
            let numbers =
                numbers.map(|item| pen.shown(&[supplement], item, |_, text| grouped(text)));
            let mut slot = vec![kind];
            slot.extend(numbers);
            slot
        });
        let left: Vec<_> = slots.by_ref().take(5).collect();
        let right: Vec<_> = slots.collect();
        let right = right.into_iter().chain([Vec::new()]);
        let rows = left.into_iter().zip(right).map(|(left, right)| [left, right]).collect();
        Self { rows, over: pen.shown(&[supplement], KnownItem::OverSum, |_, text| grouped(text)) }
    }
}
