//! 対象年月: one per file (R-UNIT-02), the one of the file name (I-01).

use crate::spec::KnownItem;
use crate::types::{FileKind, MonthPart};

use super::declared::{Declared, New, Scope};
use super::{Context, Draft, Facts, Findings, Judged, Places, Rule, Subject};

/// The months of a file, each with where it was first seen.
struct Months {
    place: usize,
    /// As the file name writes it.
    name: Option<String>,
    /// Whether the file holds one month only (R-UNIT-02).
    one_per_file: bool,
    last: Vec<u8>,
    seen: Vec<(Vec<u8>, Draft)>,
}

/// More months than anybody mixes; the rest of a hostile file is not remembered.
const MOST_MONTHS: usize = 24;

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(&[FileKind::Uphosoku], &[Rule::MonthDiffersFromName]),
        // 利用者補足情報 goes with plans of any month; of all others a file is of one month.
        Scope::of(
            &[
                FileKind::Upplan,
                FileKind::Upjsk,
                FileKind::Upsikyu,
                FileKind::Dltplan,
                FileKind::Dltjsk,
            ],
            &[Rule::MonthDiffersFromName, Rule::SeveralServiceMonths],
        ),
    ],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let kind = context.layout.kind;
    let place = context.layout.place(if kind.is_deletion() {
        KnownItem::DeletedMonth
    } else {
        KnownItem::ServiceMonth
    });
    let name = context.name.and_then(|name| name.month).map(|month| match month {
        MonthPart::Zero => "000000".to_owned(),
        MonthPart::Month(month) => month.to_string(),
    });
    let one_per_file = kind != FileKind::Uphosoku;
    Box::new(Months { place, name, one_per_file, last: Vec::new(), seen: Vec::new() })
}

impl Subject for Months {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let Some(month) = record.good(self.place) else { return };
        if month == self.last || month.is_empty() {
            return;
        }
        self.last = month.to_vec();
        let known = self.seen.iter().any(|(seen, _)| seen == month);
        if !known && self.seen.len() < MOST_MONTHS {
            self.seen.push((month.to_vec(), record.at(self.place)));
        }
    }

    fn rests_on(&self) -> Option<Places> {
        Some([self.place].into_iter().collect())
    }

    fn end_file(mut self: Box<Self>, findings: &mut Findings, facts: &mut Facts) {
        if let [(month, _)] = self.seen.as_slice() {
            facts.month = month.as_slice().try_into().ok();
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let wanted = self.name.as_deref().map(str::as_bytes);
        let fits = |month: &[u8]| wanted.is_none_or(|wanted| wanted == month);
        if self.one_per_file && self.seen.len() > 1 {
            let months: Vec<String> = self.seen.iter().map(|(month, _)| text(month)).collect();
            let months = months.join(", ");
            // The one to keep is the month of the name, or else the first.
            let keep = self.seen.iter().position(|(month, _)| wanted == Some(month.as_slice()));
            let (_, kept) = self.seen.swap_remove(keep.unwrap_or(0));
            let first = self.seen.into_iter().min_by_key(|(_, draft)| draft.place.record);
            if let Some((_, draft)) = first {
                findings.add(Rule::SeveralServiceMonths, || {
                    draft.related(kept.place).with("months", months)
                });
            }
        } else if let Some(name) = self.name.as_ref() {
            let stranger = self.seen.into_iter().find(|(month, _)| !fits(month));
            if let Some((month, draft)) = stranger {
                findings.add(Rule::MonthDiffersFromName, || {
                    draft.with("name", name).with("contents", text(&month))
                });
            }
        }
    }
}
