//! 第2表: 保険対象区分 of a row that has a service (README A-17).

use crate::types::FileKind;

use super::{Context, Draft, Facts, Findings, Judged, Rule, Subject, no};

/// サービス内容 and サービス種別.
const SERVICE: [usize; 2] = [no(14), no(16)];
const INSURED: usize = no(15);

/// The first row without it, and how many there are.
#[derive(Default)]
struct Coverage {
    first: Option<Draft>,
    count: u64,
}

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    let plan = context.layout.kind == FileKind::Up2kyo;
    plan.then(|| -> Box<dyn Subject> { Box::new(Coverage::default()) })
}

impl Subject for Coverage {
    fn rules(&self) -> &'static [Rule] {
        &[Rule::CoverageNotStated]
    }

    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let service = SERVICE.iter().any(|place| !record.record.item(*place).is_empty());
        if service && record.good(INSURED) == Some(b"") {
            self.count += 1;
            self.first.get_or_insert_with(|| record.at(INSURED));
        }
    }

    fn end_file(self: Box<Self>, findings: &mut Findings, _: &mut Facts) {
        if let Some(first) = self.first {
            findings.add(Rule::CoverageNotStated, || first.with("count", self.count));
        }
    }
}
