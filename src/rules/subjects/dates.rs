//! Dates of one record in their order: periods, first and later dates, birth (I-14, I-30).

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::declared::{Declared, New, Scope};
use super::{Context, Facts, Findings, Judged, Rule, Subject};

/// The item that may not be later than another, and the rule that it breaks then.
struct Order {
    earlier: usize,
    later: usize,
    rule: Rule,
    /// Whether the finding stands at the later date: the end of a period.
    at_end: bool,
}

struct Dates {
    orders: Vec<Order>,
    /// A period that another subject judges.
    judged_elsewhere: Option<(usize, usize)>,
    /// The birth date, and the dates or months of which one tells when it was written down.
    birth: Option<(usize, Vec<usize>)>,
}

/// Nobody grows older than this.
const MOST_YEARS: u32 = 120;

/// What the dates of a kind of file have to say.
struct Scheme {
    orders: &'static [(KnownItem, KnownItem, Rule)],
    judged_elsewhere: Option<(KnownItem, KnownItem)>,
    birth: Option<(KnownItem, &'static [KnownItem])>,
}

const PLAN: Scheme = Scheme {
    orders: &[
        (KnownItem::CertifiedFrom, KnownItem::CertifiedUntil, Rule::CertificationReversed),
        (KnownItem::CertifiedOn, KnownItem::CertifiedUntil, Rule::CertifiedAfterItsEnd),
        (KnownItem::FirstPlanDate, KnownItem::PlanDate, Rule::FirstDateTooLate),
    ],
    judged_elsewhere: None,
    birth: None,
};

const SUPPLEMENT: Scheme = Scheme {
    orders: &[(KnownItem::CertifiedOn, KnownItem::LimitUntil, Rule::CertifiedAfterItsEnd)],
    // Its period is judged with what else 利用者補足情報 says.
    judged_elsewhere: Some((KnownItem::LimitFrom, KnownItem::LimitUntil)),
    birth: Some((KnownItem::Born, &[KnownItem::PlanDate, KnownItem::ServiceMonth])),
};

const BASIC_INFO: Scheme = Scheme {
    orders: &[
        (KnownItem::CertificationFrom, KnownItem::CertifiedUntil, Rule::CertificationReversed),
        (KnownItem::LastConsultedOn, KnownItem::ConsultedOn, Rule::FirstDateTooLate),
    ],
    judged_elsewhere: None,
    birth: Some((KnownItem::Born, &[KnownItem::ConsultedOn])),
};

const PREVENTION: Scheme = Scheme {
    orders: &[
        (KnownItem::CertifiedFrom, KnownItem::CertifiedUntil, Rule::CertificationReversed),
        (KnownItem::PreventionCertifiedOn, KnownItem::CertifiedUntil, Rule::CertifiedAfterItsEnd),
        (KnownItem::FirstPreventionPlan, KnownItem::PreventionPlanDate, Rule::FirstDateTooLate),
    ],
    judged_elsewhere: None,
    birth: None,
};

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(
            &[FileKind::Up1kyo, FileKind::Upyobo],
            &[Rule::CertificationReversed, Rule::CertifiedAfterItsEnd, Rule::FirstDateTooLate],
        ),
        Scope::of(&[FileKind::Uphosoku], &[Rule::CertifiedAfterItsEnd, Rule::ImplausibleBirthDate]),
        Scope::of(
            &[FileKind::Upkihon],
            &[Rule::CertificationReversed, Rule::FirstDateTooLate, Rule::ImplausibleBirthDate],
        ),
    ],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let scheme = match layout.kind {
        FileKind::Up1kyo => PLAN,
        FileKind::Uphosoku => SUPPLEMENT,
        FileKind::Upkihon => BASIC_INFO,
        _ => PREVENTION,
    };
    let order = |(earlier, later, rule): &(KnownItem, KnownItem, Rule)| Order {
        earlier: layout.place(*earlier),
        later: layout.place(*later),
        rule: *rule,
        at_end: *rule == Rule::CertificationReversed,
    };
    let period = |(from, until)| (layout.place(from), layout.place(until));
    let birth = |(born, known_by)| (layout.place(born), layout.places(known_by).collect());
    Box::new(Dates {
        orders: scheme.orders.iter().map(order).collect(),
        judged_elsewhere: scheme.judged_elsewhere.map(period),
        birth: scheme.birth.map(birth),
    })
}

impl Dates {
    fn check_birth(&self, record: &Judged<'_>, findings: &mut Findings) {
        let Some((birth_place, known_by)) = &self.birth else { return };
        let birth_place = *birth_place;
        let birth = dated(record, birth_place);
        let written = known_by.iter().find_map(|place| {
            let known = dated(record, *place)?;
            Some((*place, known))
        });
        let (Some(birth), Some((place, written))) = (birth, written) else { return };
        // An age is judged against the period, where there is one.
        let has_period = self.judged_elsewhere.and_then(|(from, _)| dated(record, from)).is_some();
        if (birth > written && !has_period) || birth + MOST_YEARS * 10_000 < written {
            findings.add(Rule::ImplausibleBirthDate, || {
                record.at(birth_place).related(record.at(place).place)
            });
        }
    }
}

impl Subject for Dates {
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let elsewhere =
            self.judged_elsewhere.map(|(from, to)| (dated(record, from), dated(record, to)));
        let mut reversed = matches!(elsewhere, Some((Some(from), Some(to))) if from > to);
        for Order { earlier, later, rule, at_end } in &self.orders {
            let dates = dated(record, *earlier).zip(dated(record, *later));
            // A period that runs backwards has an end of which nothing can be concluded.
            let doubtful = reversed && *rule == Rule::CertifiedAfterItsEnd;
            if dates.is_none_or(|(earlier, later)| earlier <= later) || doubtful {
                continue;
            }
            reversed |= *rule == Rule::CertificationReversed;
            let (here, there) = if *at_end { (*later, *earlier) } else { (*earlier, *later) };
            findings.add(*rule, || {
                let other = String::from_utf8_lossy(record.record.item(there));
                record
                    .at(here)
                    .related(record.at(there).place)
                    .with("here", record.name(here))
                    .with("there", record.name(there))
                    .with("expected", other)
            });
        }
        self.check_birth(record, findings);
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}

/// The date at a place, where it can be relied on.
fn dated(record: &Judged<'_>, place: usize) -> Option<u32> {
    record.good(place).and_then(date)
}

/// A date that was checked, as a number that orders like it; a month counts as its end.
/// Nothing where it is empty or all zeros.
fn date(value: &[u8]) -> Option<u32> {
    let number = value.iter().try_fold(0_u32, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })?;
    match (number, value.len()) {
        (0, _) => None,
        (_, 6) => Some(number * 100 + 99),
        (_, 8) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_months_are_ordered_together() {
        assert_eq!(date(b"20260401"), Some(20_260_401));
        assert!(date(b"202604") > date(b"20260430"));
        assert!(date(b"202604") < date(b"20260501"));
        for nothing in [&b""[..], b"00000000", b"000000", b"2026", b"2026040x"] {
            assert_eq!(date(nothing), None);
        }
    }
}
