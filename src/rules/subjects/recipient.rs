//! 第6表 予定: every user has something to do with the recipient (I-05, R-OUT-04).

use std::collections::HashMap;

use crate::rules::finding::person;
use crate::types::{FileKind, OfficeNumber};

use super::{Context, Draft, Facts, Findings, Judged, Rule, Subject};

/// 保険者番号 and 被保険者番号: who a record is about.
type User = [u8; 16];

struct Recipient {
    insurer: usize,
    insured: usize,
    office: usize,
    wanted: OfficeNumber,
    item: (u16, String),
    /// Users without a service of the recipient so far have a place to report.
    users: HashMap<User, Option<First>>,
    last: Option<User>,
}

/// Where a user comes first. There may be a million users: it is small.
#[derive(Clone, Copy)]
struct First {
    line: u64,
    record: u64,
    offset: u64,
}

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    let name = context.name?;
    // Between care managers (包括 and 受託居宅) the whole plan is shared.
    let manager = name.service_types.is_some_and(|(_, to)| context.spec.is_care_management(to));
    if name.kind != FileKind::Upplan || manager {
        return None;
    }
    let office = context.layout.position("サービス事業者コード")?;
    let item = context.layout.items.get(office)?;
    Some(Box::new(Recipient {
        item: (item.number, item.name.clone()),
        insurer: context.layout.position("保険者番号")?,
        insured: context.layout.position("被保険者番号")?,
        office,
        wanted: name.recipient,
        users: HashMap::new(),
        last: None,
    }))
}

impl Subject for Recipient {
    fn rules(&self) -> &'static [Rule] {
        &[Rule::UserUnrelatedToRecipient]
    }

    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let good = (record.good(self.insurer), record.good(self.insured));
        let (Some(insurer), Some(insured)) = good else { return };
        let mut user = [0; 16];
        if insurer.len() + insured.len() != user.len() {
            return;
        }
        for (place, byte) in user.iter_mut().zip(insurer.iter().chain(insured)) {
            *place = *byte;
        }
        // An office that cannot be read might be the recipient.
        let related =
            record.good(self.office).is_none_or(|office| office == self.wanted.as_bytes());
        if related && self.last == Some(user) {
            return;
        }
        let first = self.users.entry(user).or_insert_with(|| {
            let span = record.record.spans().get(self.office).copied().unwrap_or_default();
            Some(First {
                line: record.record.line_of(span),
                record: record.number,
                offset: record.record.offset_of(span),
            })
        });
        if related {
            *first = None;
            self.last = Some(user);
        }
    }

    fn end_file(self: Box<Self>, findings: &mut Findings, _: &mut Facts) {
        let mut strangers: Vec<(User, First)> =
            self.users.into_iter().filter_map(|(user, first)| Some((user, first?))).collect();
        strangers.sort_by_key(|(_, first)| first.record);
        for (user, first) in strangers {
            findings.add(Rule::UserUnrelatedToRecipient, || {
                let mut draft = Draft::line(first.line, Some(first.offset));
                draft.place.record = Some(first.record);
                draft.place.person = user.get(6..).and_then(person);
                draft.place.item = Some(self.item.0);
                draft.place.item_name = Some(self.item.1.clone());
                draft.with("recipient", self.wanted)
            });
        }
    }
}
