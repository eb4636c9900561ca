//! 第6表 予定: a service of the recipient is of the type that the file name gives it (R-FN-02).
//!
//! Only gathered here: where the name of this file has another type than those of the other files,
//! the send unit knows better.

use crate::spec::KnownItem;
use crate::types::{FileKind, OfficeNumber, ServiceType};

use super::person::{Person, PersonItems, Spot};
use super::{Context, Facts, Findings, Judged, Places, Rule, Subject};

/// Services that an office gives under the number of another type: the short stays of
/// 小規模多機能型 and 看護小規模多機能型.
const UNDER: [(&str, &[u8]); 3] = [("73", b"68"), ("77", b"79"), ("75", b"69")];

struct Addressee {
    person: PersonItems,
    office: usize,
    code: usize,
    recipient: OfficeNumber,
    /// サービス種類コード of the recipient in the file name.
    wanted: ServiceType,
    found: bool,
    /// The first service of the recipient.
    first: Option<(Person, Spot)>,
}

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    let name = context.name.filter(|name| name.kind == FileKind::Upplan)?;
    let (_, wanted) = name.service_types?;
    // That the name has a type which is not exchanged is told already; care managers have none.
    context.spec.service_type(wanted.as_bytes()).filter(|entry| entry.in_scope)?;
    let layout = context.layout;
    Some(Box::new(Addressee {
        person: PersonItems::of(layout),
        office: layout.place(KnownItem::ServiceOffice),
        code: layout.place(KnownItem::ServiceCode),
        recipient: name.recipient,
        wanted,
        found: false,
        first: None,
    }))
}

impl Subject for Addressee {
    /// The finding is made when the whole unit is known.
    fn rules(&self) -> &'static [Rule] {
        &[]
    }

    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let Some(office) = record.good(self.office).filter(|_| !self.found) else { return };
        if office != self.recipient.as_bytes() {
            return;
        }
        // A code that cannot be read might be the one.
        let kind = record.good(self.code).and_then(|code| code.get(..2));
        let under = |kind: &[u8]| UNDER.contains(&(self.wanted.as_str(), kind));
        self.found = kind.is_none_or(|kind| kind == self.wanted.as_bytes() || under(kind));
        if self.first.is_none()
            && let Some(person) = self.person.read(record)
        {
            self.first = Some((person, Spot::of(record, self.code)));
        }
    }

    fn rests_on(&self) -> Option<Places> {
        let places = [self.office, self.code];
        Some(if self.found { Places::default() } else { places.into_iter().collect() })
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        if let Some(plan) = &mut facts.plan {
            plan.other_type = self.first.filter(|_| !self.found);
        }
    }
}
