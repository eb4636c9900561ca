//! Invented people.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use crate::types::ServiceMonth;

use super::random::Random;
use super::words;
use super::{Purpose, check_digit};

/// How much care somebody needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CareLevel {
    /// 要介護状態区分 (C03).
    pub(super) code: &'static str,
    /// 区分支給限度基準額, units per month (告示, since October 2019).
    pub(super) limit: u32,
}

const CARE_LEVELS: &[CareLevel] = &[
    CareLevel { code: "21", limit: 16_765 },
    CareLevel { code: "22", limit: 19_705 },
    CareLevel { code: "23", limit: 27_048 },
    CareLevel { code: "24", limit: 30_938 },
    CareLevel { code: "25", limit: 36_217 },
];

const SUPPORT_LEVELS: &[CareLevel] =
    &[CareLevel { code: "12", limit: 5_032 }, CareLevel { code: "13", limit: 10_531 }];

/// 事業対象者 use 総合事業 alone.
const LOCAL_LEVELS: &[CareLevel] = &[
    CareLevel { code: "06", limit: 5_032 },
    CareLevel { code: "12", limit: 5_032 },
    CareLevel { code: "13", limit: 10_531 },
];

/// Where and when the people of a set live.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) seed: u64,
    /// The month that the set is about, or is made for.
    pub(super) month: ServiceMonth,
    /// The first day of that month.
    pub(super) first_day: Date,
    /// When the plans for the month were made: no later than the set is written.
    pub(super) planned: Date,
    /// Whether the people need 介護予防 rather than care.
    pub(super) preventive: bool,
    /// Whether only 総合事業 is used (介護予防ケアマネジメント).
    pub(super) only_local: bool,
    /// Whether some people live on 生活保護 alone and have a number with `H` (R-FLD-01). They have
    /// no insurer that pays a share, so sets with 第7表 leave them out.
    pub(super) welfare: bool,
    /// The first two digits of the office numbers: the prefecture.
    pub(super) prefecture: String,
}

/// One person, the same in every file of the set and in every set of the same seed and month.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// From 0.
    pub(super) index: u64,
    pub(super) insurer: String,
    pub(super) insured: String,
    pub(super) name: String,
    pub(super) kana: String,
    /// 1 man, 2 woman (C06).
    pub(super) sex: &'static str,
    pub(super) born: String,
    pub(super) postal: String,
    pub(super) address: String,
    pub(super) building: &'static str,
    pub(super) phone: String,
    pub(super) care: CareLevel,
    /// 認定日, and the period that the care level holds for.
    pub(super) decided: String,
    pub(super) from: String,
    pub(super) until: String,
    /// 給付率, per cent.
    pub(super) rate: u32,
    /// When the plan was made: the key of 第1〜3表, of 支援計画書 and of their deletions.
    pub(super) plan_date: String,
    pub(super) first_plan: String,
    /// 相談日: the key of 利用者基本情報.
    pub(super) consulted: String,
    pub(super) manager: &'static str,
}

impl World {
    /// The person with a number, from 0.
    pub(super) fn person(&self, index: u64) -> Person {
        let mut random = Random::new(self.seed, Purpose::Person as u64, index);
        let woman = !random.once_in(3);
        let (family, family_kana) = random.pick(words::FAMILY_NAMES);
        let [women, men] = words::GIVEN_NAMES;
        let (given, given_kana) = random.pick(if woman { women } else { men });
        let levels = match (self.preventive, self.only_local) {
            (false, _) => CARE_LEVELS,
            (true, false) => SUPPORT_LEVELS,
            (true, true) => LOCAL_LEVELS,
        };
        let born = self.before(self.first_day, random.between(66 * 365, 99 * 365));
        let start = self.months(self.first_day, -i64::from(random.below(12)));
        let length = random.pick(&[12, 24, 36]);
        let until = self.before(self.months(start, length), 1);
        let plan_date = self.before(self.planned, random.below(6));
        let first_plan = if random.once_in(4) {
            plan_date
        } else {
            self.before(plan_date, random.between(30, 900))
        };
        let welfare = self.welfare && index % 17 == 16;
        Person {
            index,
            insurer: self.insurer(random.below(3)),
            insured: if welfare {
                format!("H{:09}", 900_000_000 + index)
            } else {
                format!("{:010}", 900_000_000 + index)
            },
            name: format!("{family}　{given}"),
            kana: format!("{family_kana} {given_kana}"),
            sex: if woman { "2" } else { "1" },
            born: ymd(born),
            postal: format!("999-{:04}", random.below(10_000)),
            address: format!(
                "{}{}－{}－{}",
                random.pick(words::PLACES),
                wide(random.between(1, 30)),
                wide(random.between(1, 20)),
                wide(random.between(1, 9))
            ),
            building: random.pick(words::BUILDINGS),
            phone: format!("000-000-{:04}", random.below(10_000)),
            care: random.pick(levels),
            decided: ymd(self.before(start, random.between(15, 40))),
            from: ymd(start),
            until: ymd(until),
            rate: random.pick(&[90, 90, 90, 90, 80, 70]),
            plan_date: ymd(plan_date),
            first_plan: ymd(first_plan),
            consulted: ymd(self.before(plan_date, random.between(3, 20))),
            manager: random.pick(words::STAFF),
        }
    }

    /// 保険者番号: five digits that no municipality has, and their check digit.
    fn insurer(&self, which: u32) -> String {
        let digits = format!("{}99{}", self.prefecture, 7 + which);
        let check = check_digit(&digits);
        digits + &check
    }

    /// So many days earlier. Months are limited so that no date leaves the calendar.
    pub(super) fn before(&self, date: Date, days: u32) -> Date {
        self.add(date, -i64::from(days).days())
    }

    fn months(&self, date: Date, months: i64) -> Date {
        self.add(date, months.months())
    }

    fn add(&self, date: Date, span: Span) -> Date {
        date.checked_add(span).unwrap_or(self.first_day)
    }
}

/// YYYYMMDD.
pub(super) fn ymd(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// A number in full-width digits.
fn wide(number: u32) -> String {
    let widen = |digit: char| {
        digit.to_digit(10).and_then(|digit| char::from_u32(0xFF10 + digit)).unwrap_or(digit)
    };
    number.to_string().chars().map(widen).collect()
}
