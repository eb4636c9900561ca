//! 第6表, 予定 and 実績: what the items of one record say together.

use crate::spec::KnownItem;
use crate::types::{FileKind, MonthPart, ServiceMonth};

use super::declared::{Declared, New, Scope, any_name};
use super::person::number;
use super::{Context, Facts, Findings, Judged, Places, Rule, Severity, Subject};

/// Services that a person stays for: 短期入所 and 短期利用.
const STAYS: [&[u8; 2]; 15] = [
    b"21", b"22", b"23", b"2A", b"24", b"25", b"26", b"2B", b"27", b"28", b"38", b"39", b"68",
    b"69", b"79",
];

/// The longest service that ends on the next day. From a start at 9:30, an end at 8:30 is a slip
/// of the pen; from 22:00, an end at 6:00 is a night.
const LONGEST_NIGHT: u16 = 16 * 60;

/// Whether a service code belongs to 短期入所 or 短期利用: only these have a 31st day.
pub(super) fn is_stay(code: &[u8]) -> bool {
    code.get(..2).is_some_and(|kind| STAYS.iter().any(|stay| *stay == kind))
}

/// サービス利用日 against 対象年月 and the day of sending.
struct Day {
    month: usize,
    day: usize,
    both: Places,
    /// The month of the file name.
    month_in_name: Option<String>,
    /// The day of the file serial, for 実績.
    sent: Option<String>,
    /// A file of days that have not come is one mistake.
    future_reported: bool,
}

/// サービス開始時刻 and サービス終了時刻.
struct Times {
    start: usize,
    end: usize,
}

/// サービス回数 of 実績.
struct Count {
    count: usize,
}

/// 日割対象日 and ３０日超区分.
struct Marks {
    month: usize,
    bits: usize,
    code: usize,
    over_thirty: usize,
}

/// 第6表, 予定 and 実績.
const USAGE: &[FileKind] = &[FileKind::Upplan, FileKind::Upjsk];

// One subject for each group of items, as most records change only one of them.

pub(super) const DAY: Declared = Declared {
    scopes: &[
        Scope::of(USAGE, &[Rule::ServiceDayOutsideMonth]),
        Scope::of(&[FileKind::Upjsk], &[Rule::ActualsInTheFuture]).where_name(any_name),
    ],
    new: New::OfLayout(|context| Box::new(Day::new(context))),
};

pub(super) const TIMES: Declared = Declared {
    scopes: &[Scope::of(USAGE, &[Rule::EndNotAfterStart, Rule::OnlyOneTime])],
    new: New::OfLayout(|Context { layout, .. }| {
        Box::new(Times {
            start: layout.place(KnownItem::StartTime),
            end: layout.place(KnownItem::EndTime),
        })
    }),
};

pub(super) const MARKS: Declared = Declared {
    scopes: &[Scope::of(
        USAGE,
        &[Rule::DailyBitsBeyondMonth, Rule::DailyBitsWithoutDay, Rule::OverThirtyDaysElsewhere],
    )],
    new: New::OfLayout(|Context { layout, .. }| {
        Box::new(Marks {
            month: layout.place(KnownItem::ServiceMonth),
            bits: layout.place(KnownItem::DailyBits),
            code: layout.place(KnownItem::ServiceCode),
            over_thirty: layout.place(KnownItem::OverThirty),
        })
    }),
};

pub(super) const COUNT: Declared = Declared {
    scopes: &[Scope::of(&[FileKind::Upjsk], &[Rule::CountIsZero])],
    new: New::OfLayout(|Context { layout, .. }| {
        Box::new(Count { count: layout.place(KnownItem::ServiceCount) })
    }),
};

impl Day {
    fn new(context: &Context<'_>) -> Self {
        let (layout, name) = (context.layout, context.name);
        let month_in_name = match name.and_then(|name| name.month) {
            Some(MonthPart::Month(month)) => Some(month.to_string()),
            _ => None,
        };
        let sent = name
            .filter(|_| layout.kind.is_actual())
            .and_then(|name| name.serial.as_str().get(..8).map(str::to_owned));
        let month = layout.place(KnownItem::ServiceMonth);
        let day = layout.place(KnownItem::ServiceDay);
        let both = [month, day].into_iter().collect();
        Self { month, day, both, month_in_name, sent, future_reported: false }
    }
}

impl Subject for Day {
    /// A day of another month (I-02), or one after the file was written.
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let (Some(month), Some(day)) = (record.good(self.month), record.good(self.day)) else {
            return;
        };
        // Compared as arrays, which takes no call.
        let of_day = day.first_chunk::<6>();
        if of_day != <&[u8; 6]>::try_from(month).ok() {
            // Where the day fits the name, the month of the record is what is wrong.
            let month_is_wrong = self.month_in_name.as_ref().is_some_and(|name| {
                of_day.is_some_and(|of_day| name.as_bytes() == of_day.as_slice())
            });
            if !month_is_wrong {
                findings.add(Rule::ServiceDayOutsideMonth, || {
                    record
                        .at(self.day)
                        .related(record.at(self.month).place)
                        .with("month", String::from_utf8_lossy(month))
                });
            }
            return;
        }
        let future = self.sent.as_ref().is_some_and(|sent| day > sent.as_bytes());
        if future && !self.future_reported {
            self.future_reported = true;
            findings.add(Rule::ActualsInTheFuture, || record.at(self.day));
        }
    }

    fn rests_on(&self) -> Option<Places> {
        Some(self.both)
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}

impl Subject for Times {
    /// 9999 stands in both items or in none (R-FLD-05); a service ends after it began.
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let (Some(start), Some(end)) = (record.good(self.start), record.good(self.end)) else {
            return;
        };
        match (start == b"9999", end == b"9999") {
            (true, true) => {}
            (false, false) if start < end => {}
            (false, false) => {
                let night = (minutes(end) + 24 * 60).saturating_sub(minutes(start));
                let limit = if start == end || night <= LONGEST_NIGHT {
                    Severity::Info
                } else {
                    Severity::Warning
                };
                findings.add_at_most(Rule::EndNotAfterStart, limit, || {
                    record
                        .at(self.end)
                        .related(record.at(self.start).place)
                        .with("start", String::from_utf8_lossy(start))
                        .with("end", String::from_utf8_lossy(end))
                });
            }
            (start_is_none, _) => {
                let (place, other) =
                    if start_is_none { (self.end, self.start) } else { (self.start, self.end) };
                findings
                    .add(Rule::OnlyOneTime, || record.at(place).related(record.at(other).place));
            }
        }
    }

    fn rests_on(&self) -> Option<Places> {
        Some([self.start, self.end].into_iter().collect())
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}

impl Subject for Count {
    /// What was planned and not given has no record.
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        if record.good(self.count).and_then(number) == Some(0) {
            findings.add(Rule::CountIsZero, || record.at(self.count));
        }
    }

    fn rests_on(&self) -> Option<Places> {
        Some([self.count].into_iter().collect())
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}

impl Subject for Marks {
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        self.check_bits(record, findings);
        if record.good(self.over_thirty) == Some(b"1")
            && record.good(self.code).is_some_and(|code| !is_stay(code))
        {
            findings.add(Rule::OverThirtyDaysElsewhere, || {
                record.at(self.over_thirty).related(record.at(self.code).place)
            });
        }
    }

    fn rests_on(&self) -> Option<Places> {
        Some([self.month, self.bits, self.code, self.over_thirty].into_iter().collect())
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}

impl Marks {
    /// 日割対象日 names at least one day, and only days of the month (I-11, R-FLD-04).
    fn check_bits(&self, record: &Judged<'_>, findings: &mut Findings) {
        let Some(bits) = record.good(self.bits).filter(|bits| !bits.is_empty()) else { return };
        let limit = record.limit(self.bits);
        if !bits.contains(&b'1') {
            findings.add_at_most(Rule::DailyBitsWithoutDay, limit, || record.at(self.bits));
            return;
        }
        let month = record.good(self.month).and_then(|month| ServiceMonth::from_bytes(month).ok());
        let Some(days) = month.map(ServiceMonth::days) else { return };
        if bits.get(usize::from(days)..).is_some_and(|beyond| beyond.contains(&b'1')) {
            findings.add_at_most(Rule::DailyBitsBeyondMonth, limit, || {
                record.at(self.bits).related(record.at(self.month).place).with("days", days)
            });
        }
    }
}

/// Minutes since midnight of a time that was found good.
fn minutes(time: &[u8]) -> u16 {
    let digits = |pair: &[u8]| {
        pair.iter().fold(0, |value: u16, digit| value * 10 + u16::from(digit.wrapping_sub(b'0')))
    };
    let (hours, minutes) = time.split_at_checked(2).unwrap_or_default();
    digits(hours) * 60 + digits(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stays_have_a_31st_day() {
        assert!(is_stay(b"212111") && is_stay(b"2A1111") && is_stay(b"21"));
        assert!(!is_stay(b"111211") && !is_stay(b"2"));
    }

    #[test]
    fn times_are_minutes() {
        assert_eq!(minutes(b"0930"), 570);
        assert_eq!(minutes(b"2400"), 1440);
    }
}
