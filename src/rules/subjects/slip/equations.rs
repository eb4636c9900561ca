//! 第7表: what the numbers of one row say together.
//!
//! The source gives no formula; these are the ones of the printed form. Where it leaves room, for
//! example for reductions that do not count against 区分支給限度, every reading is accepted. One
//! wrong number breaks several equations: the first that fails says which number disagrees with
//! the others and leaves it out of all that follow.

use super::row::{Bad, Column, Form, Row};

use Column as C;

/// An equation that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) equation: Equation,
    /// The column that disagrees with the others, as far as can be told.
    pub(super) at: Column,
    /// The other columns of the equation.
    pub(super) with: &'static [Column],
    /// What would be right there; absent where several numbers would.
    pub(super) expected: Option<i64>,
    /// Whether there may be a reason that the file does not show.
    pub(super) doubtful: bool,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Equation {
    /// 単位数 × 回数 = サービス単位
    Product,
    /// 単位数 × 割引後率 = 割引後単位数
    Discount,
    /// 種類支給限度基準 超 + 内
    TypeLimit,
    /// 区分支給限度基準 超 + 内
    AreaLimit,
    /// 単位数 × 単価 = 費用総額
    Cost,
    /// 給付率 is a percentage
    BenefitRate,
    /// 費用総額 × 給付率 = 請求額
    Claim,
    /// 費用総額 − 請求額 = 利用者負担
    Share,
    /// 超過分 × 単価 = 全額負担分
    FullShare,
    /// 前月まで + 当月 = 累積
    Days,
}

/// Services with a monthly amount, where 回数 may be the number of visits.
const MONTHLY: [&[u8]; 17] = [
    b"17", b"67", b"73", b"75", b"76", b"77", b"71", b"66", b"A1", b"A2", b"A3", b"A4", b"A5",
    b"A6", b"A7", b"A8", b"63",
];

/// Services whose 給付管理単位数 may be more than what is charged (R-FLD-10).
const MANAGED_OTHERWISE: [&[u8]; 5] = [b"15", b"16", b"73", b"75", b"77"];

/// Services with a fixed price instead of units.
const FIXED_PRICE: [&[u8]; 2] = [b"A4", b"A8"];

/// What a column usually holds, by the other columns of the row.
pub(super) fn usual(row: &Row, column: Column) -> Option<i64> {
    let number = |column| row.number(column);
    match column {
        C::Amount => Some(number(C::Units)? * number(C::Count)?),
        C::Managed => number(C::Amount),
        C::AreaWithin => Some(number(C::Managed)? - number(C::AreaOver).unwrap_or(0)),
        C::Cost => Some(number(C::AreaWithin)?.checked_mul(number(C::Price)?)? / 100),
        C::Claim => Some(number(C::Cost)?.checked_mul(number(C::BenefitRate)?)? / 100),
        C::Share => Some(number(C::Cost)? - number(C::Claim)?),
        _ => None,
    }
}

/// What other rows say about a row.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// Of a subtotal: units of the same service that do not count against 区分支給限度.
    pub(super) outside: Vec<i64>,
    /// Of a subtotal: the units of its rows, in several readings. Some software rounds the money of
    /// each row and adds that up.
    pub(super) parts: Vec<Vec<i64>>,
    /// Of a service: it has a subtotal.
    pub(super) subtotal: bool,
}

impl Around {
    /// Whether money is what the units of the rows come to one by one.
    fn adds_up(&self, money: i64, of_units: impl Fn(i64) -> i64) -> bool {
        self.parts.iter().any(|parts| {
            parts.len() > 1 && parts.iter().map(|units| of_units(*units)).sum::<i64>() == money
        })
    }
}

/// The equations of a row; `bad` grows by the columns that a failure leaves in doubt.
pub(super) fn check(row: &Row, around: &Around, bad: &mut Bad) -> Vec<Failure> {
    let mut failures = Vec::new();
    days(row, *bad, &mut failures);
    if row.form == Form::Total {
        return failures;
    }
    if row.form == Form::Detail {
        product(row, bad, &mut failures);
    }
    limits(row, around, bad, &mut failures);
    cost(row, around, bad, &mut failures);
    claim(row, around, bad, &mut failures);
    full_share(row, bad, &mut failures);
    failures
}

/// The number in a column, unless it is in doubt.
fn read(row: &Row, bad: Bad, column: Column) -> Option<i64> {
    if bad.contains(column) { None } else { row.number(column) }
}

fn is(row: &Row, kinds: &[&[u8]]) -> bool {
    kinds.contains(&row.kind())
}

fn product(row: &Row, bad: &mut Bad, failures: &mut Vec<Failure>) {
    let full = read(row, *bad, C::Units);
    let discounted = read(row, *bad, C::Discounted);
    if let (Some(units), Some(rate @ 1..=100), Some(discounted)) =
        (full, read(row, *bad, C::DiscountRate), discounted)
        && (discounted * 100 - units * rate).abs() >= 100
    {
        *bad |= Bad::of(&[C::Units, C::Discounted, C::DiscountRate]);
        failures.push(Failure {
            equation: Equation::Discount,
            at: C::Discounted,
            with: &[C::Units, C::DiscountRate],
            expected: Some(units * rate / 100),
            doubtful: false,
        });
        return;
    }
    let units = discounted.or(full).filter(|units| *units != 0);
    let numbers = (units, read(row, *bad, C::Count), read(row, *bad, C::Amount));
    let (Some(units), Some(count), Some(amount)) = numbers else { return };
    let fixed = is(row, &FIXED_PRICE) || row.number(C::FixedShare).is_some();
    if fixed || units * count == amount {
        return;
    }
    // 加算 have other third characters than the services that they are added to.
    let third = row.code.get(2).copied().unwrap_or_default();
    let base = matches!(third, b'1' | b'2') || row.code.starts_with(b"117");
    if amount == units && (!base || is(row, &MONTHLY)) {
        return;
    }
    let managed = read(row, *bad, C::Managed).filter(|managed| *managed != 0);
    let (at, with, expected): (_, &'static [Column], _) = match managed {
        Some(managed) if managed == amount => {
            if amount % units == 0 {
                (C::Count, &[C::Units, C::Amount], Some(amount / units))
            } else if count != 0 && amount % count == 0 && discounted.is_none() {
                (C::Units, &[C::Count, C::Amount], Some(amount / count))
            } else {
                (C::Amount, &[C::Units, C::Count], Some(units * count))
            }
        }
        _ => (C::Amount, &[C::Units, C::Count], Some(units * count)),
    };
    *bad |= Bad::of(&[C::Units, C::Count, C::Amount]);
    failures.push(Failure {
        equation: Equation::Product,
        at,
        with,
        expected,
        // 率加減算: the unit count cannot always be told from one row.
        doubtful: matches!(third, b'6' | b'8' | b'9') && !base && count != 1,
    });
}

fn limits(row: &Row, around: &Around, bad: &mut Bad, failures: &mut Vec<Failure>) {
    let amount = read(row, *bad, C::Amount);
    let managed = read(row, *bad, C::Managed);
    let number = |bad: Bad, column| read(row, bad, column);
    // Some software writes 0 where nothing is managed, or where the subtotal has the numbers.
    let zeros = |over, within| number(*bad, over) == Some(0) && number(*bad, within) == Some(0);
    let no_type = zeros(C::TypeOver, C::TypeWithin);
    if around.subtotal && zeros(C::AreaOver, C::AreaWithin) {
        return;
    }
    if let (Some(over), Some(within), Some(managed)) =
        (number(*bad, C::TypeOver), number(*bad, C::TypeWithin), managed.or(amount))
        && over + within != managed
        && !no_type
    {
        *bad |= Bad::of(&[C::TypeOver, C::TypeWithin]);
        failures.push(Failure {
            equation: Equation::TypeLimit,
            at: C::TypeWithin,
            with: &[C::TypeOver, C::Managed],
            expected: Some(managed - over),
            doubtful: false,
        });
        return;
    }
    let of_type = number(*bad, C::TypeWithin).filter(|_| !no_type);
    let base = of_type.or(managed).or(amount);
    let (Some(over), Some(within), Some(base)) =
        (number(*bad, C::AreaOver), number(*bad, C::AreaWithin), base)
    else {
        return;
    };
    let sum = over + within;
    if sum == base || (is(row, &MANAGED_OTHERWISE) && amount == Some(sum)) {
        return;
    }
    let (at, with, expected): (_, &'static [Column], _) =
        if amount == Some(sum) && managed.is_some() && managed != amount {
            (C::Managed, &[C::AreaOver, C::AreaWithin], Some(sum))
        } else if over != 0 && within == base {
            (C::AreaOver, &[C::AreaWithin, C::Managed], Some(0))
        } else {
            (C::AreaWithin, &[C::AreaOver, C::Managed], Some(base - over))
        };
    *bad |= Bad::of(&[C::Managed, C::AreaOver, C::AreaWithin]);
    failures.push(Failure { equation: Equation::AreaLimit, at, with, expected, doubtful: false });
}

/// Every number of units that the cost may be for.
fn charged(row: &Row, outside: &[i64]) -> Vec<i64> {
    // Numbers in doubt are candidates too: what makes the equation hold is right.
    let number = |column| row.number(column);
    let over = number(C::AreaOver).unwrap_or(0);
    let type_over = number(C::TypeOver).unwrap_or(0);
    let mut units: Vec<i64> = [C::AreaWithin, C::TypeWithin, C::Managed, C::Amount]
        .into_iter()
        .filter_map(number)
        .flat_map(|units| [units, units - over, units - over - type_over])
        .collect();
    if let (Some(one), Some(count)) = (number(C::Discounted).or(number(C::Units)), number(C::Count))
    {
        units.push(one * count);
    }
    let inside = units.clone();
    for more in outside {
        units.extend(inside.iter().map(|units| units + more));
    }
    units
}

fn cost(row: &Row, around: &Around, bad: &mut Bad, failures: &mut Vec<Failure>) {
    let (Some(price), Some(cost)) = (read(row, *bad, C::Price), read(row, *bad, C::Cost)) else {
        return;
    };
    // The only number of units is in doubt.
    if row.number(C::AreaWithin).is_none() && bad.contains(C::Amount) {
        return;
    }
    if around.adds_up(cost, |units| units * price / 100) {
        return;
    }
    let units = charged(row, &around.outside);
    let holds = |units: &i64| units * price / 100 == cost;
    let uninsured = cost == 0 && (row.over_thirty || row.form == Form::OverThirty);
    if units.is_empty() || uninsured || is(row, &FIXED_PRICE) || units.iter().any(holds) {
        return;
    }
    let (rate, claim, share) =
        (row.number(C::BenefitRate), row.number(C::Claim), row.number(C::Share));
    let cost_is_claimed = match (rate, claim, share) {
        (Some(rate), Some(claim), Some(share)) => {
            claim + share == cost && cost * rate / 100 == claim
        }
        _ => false,
    };
    let (at, with, expected): (_, &'static [Column], _) = if cost_is_claimed {
        (C::Price, &[C::AreaWithin, C::Cost], None)
    } else {
        *bad |= Bad::of(&[C::Cost]);
        let expected = units.first().map(|units| units * price / 100);
        (C::Cost, &[C::AreaWithin, C::Price], expected)
    };
    *bad |= Bad::of(&[C::Price]);
    failures.push(Failure { equation: Equation::Cost, at, with, expected, doubtful: false });
}

fn claim(row: &Row, around: &Around, bad: &mut Bad, failures: &mut Vec<Failure>) {
    if row.number(C::FixedShare).is_some() {
        return;
    }
    let rate = read(row, *bad, C::BenefitRate);
    if rate.is_some_and(|rate| !(0..=100).contains(&rate)) {
        failures.push(Failure {
            equation: Equation::BenefitRate,
            at: C::BenefitRate,
            with: &[],
            expected: None,
            doubtful: false,
        });
        return;
    }
    let (Some(cost), Some(claim)) = (read(row, *bad, C::Cost), read(row, *bad, C::Claim)) else {
        return;
    };
    let share = read(row, *bad, C::Share);
    let price = read(row, *bad, C::Price);
    // Rounded row by row the claim is a little less, and the share takes what is left.
    let by_row = |rate: i64| {
        let of = |price: i64| around.adds_up(claim, |units| units * price / 100 * rate / 100);
        share.is_none_or(|share| share == cost - claim) && price.is_some_and(of)
    };
    if let Some(rate) = rate
        && cost * rate / 100 != claim
        && !by_row(rate)
    {
        let (at, with, expected): (_, &'static [Column], _) = if share == Some(cost - claim) {
            (C::BenefitRate, &[C::Cost, C::Claim], None)
        } else {
            *bad |= Bad::of(&[C::Claim]);
            (C::Claim, &[C::Cost, C::BenefitRate], Some(cost * rate / 100))
        };
        failures.push(Failure { equation: Equation::Claim, at, with, expected, doubtful: false });
        return;
    }
    if let Some(share) = share
        && share != cost - claim
    {
        *bad |= Bad::of(&[C::Share]);
        failures.push(Failure {
            equation: Equation::Share,
            at: C::Share,
            with: &[C::Cost, C::Claim],
            expected: Some(cost - claim),
            // 公費 may pay the share.
            doubtful: share == 0,
        });
    }
}

fn full_share(row: &Row, bad: &mut Bad, failures: &mut Vec<Failure>) {
    let Some(full) = read(row, *bad, C::FullShare) else { return };
    let in_doubt = [C::AreaOver, C::TypeOver, C::Price, C::Cost, C::AreaWithin];
    if in_doubt.into_iter().any(|column| bad.contains(column)) || is(row, &FIXED_PRICE) {
        return;
    }
    let number = |column| row.number(column);
    let over = number(C::AreaOver).unwrap_or(0) + number(C::TypeOver).unwrap_or(0);
    if row.over_thirty || matches!(row.form, Form::OverThirty | Form::Outside) {
        return;
    }
    let mut allowed = vec![0];
    if over > 0 {
        let Some(price) = number(C::Price) else { return };
        let within = number(C::AreaWithin).unwrap_or(0);
        let rest = (over + within) * price / 100 - number(C::Cost).unwrap_or(0);
        allowed = vec![over * price / 100, (over * price + 99) / 100, rest];
    }
    if !allowed.contains(&full) {
        *bad |= Bad::of(&[C::FullShare]);
        failures.push(Failure {
            equation: Equation::FullShare,
            at: C::FullShare,
            with: &[C::AreaOver, C::Price],
            expected: allowed.first().copied(),
            doubtful: false,
        });
    }
}

fn days(row: &Row, bad: Bad, failures: &mut Vec<Failure>) {
    let number = |column| read(row, bad, column);
    if let (Some(before), Some(planned), Some(total)) =
        (number(C::DaysBefore), number(C::DaysPlanned), number(C::DaysTotal))
        && before + planned != total
    {
        failures.push(Failure {
            equation: Equation::Days,
            at: C::DaysTotal,
            with: &[C::DaysBefore, C::DaysPlanned],
            expected: Some(before + planned),
            doubtful: false,
        });
    }
}
