//! 第2表: every user has something to do with the recipient (R-OUT-04).

use std::collections::HashMap;

use crate::spec::KnownItem;
use crate::types::{FileKind, FileName, OfficeNumber};

use super::declared::{Declared, New, Scope, to_a_service_office};
use super::keys;
use super::person::{Person, RecordKey, Spot};
use super::{Context, Facts, Findings, Judged, Rule, Subject, Suspended};

struct Relevance {
    /// The parts of the key.
    key: [usize; 3],
    /// サービス内容, サービス種別, サービス事業所名: what a service has beside the number of its office.
    named: [usize; 3],
    /// 保険対象区分.
    insured: usize,
    /// サービス事業者コード.
    office: usize,
    recipient: OfficeNumber,
    /// Users whose plan names offices, but so far not the recipient, have a place to report: the
    /// first of these offices. Of a plan without any office number nothing can be said.
    users: HashMap<Person, Option<Spot>>,
    last: Option<RecordKey>,
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(&[FileKind::Up2kyo], &[Rule::UserUnrelatedToRecipient])
        .where_name(to_a_service_office)],
    new: New::OfName(new),
};

fn new(context: &Context<'_>, name: &FileName) -> Box<dyn Subject> {
    let layout = context.layout;
    let named = [KnownItem::ServiceContent, KnownItem::ServiceKind, KnownItem::ServiceOfficeName];
    Box::new(Relevance {
        key: keys::places(layout, KnownItem::PlanDate),
        named: named.map(|item| layout.place(item)),
        insured: layout.place(KnownItem::Coverage),
        office: layout.place(KnownItem::ServiceOffice),
        recipient: name.recipient,
        users: HashMap::new(),
        last: None,
    })
}

impl Subject for Relevance {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let Some(key) = keys::key(record, self.key) else { return };
        let related = match record.good(self.office) {
            // An office that cannot be read might be the recipient.
            None => true,
            Some([]) => {
                // A service without the number of its office might be the recipient's; family and
                // neighbours (N) and rows without any service are nobody's.
                let mut named = self.named.into_iter();
                named.any(|place| !record.is_empty(place))
                    && record.good(self.insured).is_none_or(|insured| insured != b"N")
            }
            Some(office) => office == self.recipient.as_bytes(),
        };
        if related && self.last == Some(key) {
            return;
        }
        if related {
            self.users.insert(Person::of_key(&key), None);
            self.last = Some(key);
        } else if record.good(self.office).is_some_and(|office| !office.is_empty()) {
            let users = self.users.entry(Person::of_key(&key));
            users.or_insert_with(|| Some(Spot::of(record, self.office)));
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        let rule = Rule::UserUnrelatedToRecipient;
        let strangers = self.users.into_iter().filter_map(|(person, spot)| Some((person, spot?)));
        facts.suspended.extend(strangers.map(|(person, spot)| Suspended {
            rule,
            spot,
            person,
            expected: 0,
        }));
    }
}
