//! 利用者補足情報: goes with the plan or with the usage slip, never both (I-12).

use crate::spec::KnownItem;
use crate::types::{FileKind, MonthPart};

use super::declared::{Declared, New, Scope};
use super::{Context, Facts, Findings, Judged, Rule, Subject};

struct Supplement {
    plan_date: usize,
    month: usize,
    /// Whether the file name carries `000000`; absent where the name is unknown.
    zero_in_name: Option<bool>,
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(&[FileKind::Uphosoku], &[Rule::SupplementBelongsNowhere])],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let month = context.name.and_then(|name| name.month);
    Box::new(Supplement {
        plan_date: context.layout.place(KnownItem::PlanDate),
        month: context.layout.place(KnownItem::ServiceMonth),
        zero_in_name: month.map(|month| month == MonthPart::Zero),
    })
}

impl Subject for Supplement {
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let (Some(date), Some(month)) = (record.good(self.plan_date), record.good(self.month))
        else {
            return;
        };
        let (no_date, no_month) = (date == b"00000000", month == b"000000");
        // A month that contradicts the name is that finding and no other.
        let contradicts_name = self.zero_in_name.is_some_and(|zero| zero != no_month);
        if no_date == no_month && !contradicts_name {
            findings.add(Rule::SupplementBelongsNowhere, || {
                record.at(self.plan_date).related(record.at(self.month).place)
            });
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}
