//! 第7表: what its rows are, and their numbers as they are printed.

use crate::forms::entry::Entry;
use crate::forms::pen::Pen;
use crate::forms::piece::{Piece, grouped};
use crate::forms::row::Row;
use crate::spec::KnownItem;

/// What a row is, told by its サービスコード.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A service.
    Detail,
    /// The sum of a service type inside 区分支給限度.
    Within,
    /// The sum of what does not count against it.
    Outside,
    /// The sum from the 31st day of a stay on.
    OverThirty,
    /// 全合計
    Total,
}

/// The columns of numbers behind サービスコード, in the order of printing.
pub(super) const NUMBERS: [KnownItem; 17] = [
    KnownItem::Units,
    KnownItem::DiscountRate,
    KnownItem::Discounted,
    KnownItem::RowCount,
    KnownItem::Amount,
    KnownItem::Managed,
    KnownItem::TypeOver,
    KnownItem::TypeWithin,
    KnownItem::AreaOver,
    KnownItem::AreaWithin,
    KnownItem::Price,
    KnownItem::Cost,
    KnownItem::BenefitRate,
    KnownItem::Claim,
    KnownItem::FixedShare,
    KnownItem::Share,
    KnownItem::FullShare,
];

impl Kind {
    pub(super) fn of(row: &Row<'_>) -> Self {
        let code = row.look(KnownItem::ServiceCode);
        if code == "999999" {
            return Self::Total;
        }
        match code.get(2..) {
            Some("AAAA") => Self::Within,
            Some("EEEE") => Self::Outside,
            Some("ZZZZ") => Self::OverThirty,
            _ => Self::Detail,
        }
    }

    /// Whether the row adds others up.
    pub(super) const fn is_sum(self) -> bool {
        !matches!(self, Self::Detail)
    }
}

/// A service that does not count against 区分支給限度: nothing is managed, and it costs something.
pub(super) fn is_outside(row: &Row<'_>) -> bool {
    let is_empty = |item| row.look(item).is_empty();
    is_empty(KnownItem::Managed) && is_empty(KnownItem::AreaWithin) && !is_empty(KnownItem::Cost)
}

/// A number of a row as it is printed.
pub(super) fn number_of(
    pen: &mut Pen<'_, '_>,
    entry: Entry<'_, '_>,
    item: KnownItem,
    kind: Kind,
    aside: bool,
) -> Piece {
    pen.shown(&[entry], item, |_, text| {
        // 0 fills the place on sums, where these columns mean nothing.
        let filler = kind.is_sum() && matches!(item, KnownItem::Units | KnownItem::RowCount);
        match item {
            _ if text.is_empty() || (filler && text.bytes().all(|byte| byte == b'0')) => {
                String::new()
            }
            KnownItem::Price | KnownItem::DiscountRate | KnownItem::BenefitRate => text.to_owned(),
            _ if aside => format!("({})", grouped(text)),
            _ => grouped(text),
        }
    })
}
