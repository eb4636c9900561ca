//! 第6表 予定: every user has something to do with the recipient (I-05, R-OUT-04).

use std::collections::HashMap;

use crate::types::{FileKind, OfficeNumber};

use super::person::{Person, PersonItems};
use super::{Context, Draft, Facts, Findings, Judged, Rule, Subject};

struct Recipient {
    person: PersonItems,
    office: usize,
    wanted: OfficeNumber,
    item: (u16, String),
    /// Users without a service of the recipient so far have a place to report.
    users: HashMap<Person, Option<First>>,
    last: Option<Person>,
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
        person: PersonItems::of(context.layout)?,
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
        // The same user with the same office again adds nothing.
        if self.person.is_repeated(record) && record.is_repeated(self.office) {
            return;
        }
        let Some(user) = self.person.read(record) else { return };
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

    fn end_file(self: Box<Self>, findings: &mut Findings, facts: &mut Facts) {
        let unrelated = self.users.iter().filter_map(|(user, first)| Some((*user, (*first)?)));
        let mut strangers: Vec<(Person, First)> = unrelated.collect();
        strangers.sort_by_key(|(_, first)| first.record);
        for (user, first) in strangers {
            if let Some(known) = facts.plan.as_mut().and_then(|plan| plan.people.get_mut(&user)) {
                known.unrelated = true;
            }
            findings.add(Rule::UserUnrelatedToRecipient, || {
                let mut draft = Draft::line(first.line, Some(first.offset));
                draft.place.record = Some(first.record);
                draft.place.person = Some(user.masked());
                draft.place.item = Some(self.item.0);
                draft.place.item_name = Some(self.item.1.clone());
                draft.with("recipient", self.wanted)
            });
        }
    }
}
