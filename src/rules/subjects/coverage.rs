//! 第2表: 保険対象区分 of a row that has a service (README A-17).

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::declared::{Declared, New, Scope};
use super::{Context, Draft, Facts, Findings, Judged, Rule, Subject};

/// The first row without it, and how many there are.
struct Coverage {
    /// サービス内容 and サービス種別.
    service: [usize; 2],
    /// 保険対象区分.
    insured: usize,
    first: Option<Draft>,
    count: u64,
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(&[FileKind::Up2kyo], &[Rule::CoverageNotStated])],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let service = [KnownItem::ServiceContent, KnownItem::ServiceKind];
    Box::new(Coverage {
        service: service.map(|item| layout.place(item)),
        insured: layout.place(KnownItem::Coverage),
        first: None,
        count: 0,
    })
}

impl Subject for Coverage {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let service = self.service.iter().any(|place| !record.is_empty(*place));
        if service && record.good(self.insured).is_some() && record.is_empty(self.insured) {
            self.count += 1;
            self.first.get_or_insert_with(|| record.at(self.insured));
        }
    }

    fn end_file(self: Box<Self>, findings: &mut Findings, _: &mut Facts) {
        if let Some(first) = self.first {
            findings.add(Rule::CoverageNotStated, || first.with("count", self.count));
        }
    }
}
