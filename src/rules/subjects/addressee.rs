//! 第6表 予定: a service of the recipient is of the type that the file name gives it (R-FN-02).
//!
//! Only gathered here: where the name of this file has another type than those of the other files,
//! the send unit knows better.

use crate::spec::{KnownItem, Spec};
use crate::types::{FileKind, FileName, OfficeNumber, ServiceType};

use super::declared::{Declared, New, Scope};
use super::person::{Person, PersonItems, Spot};
use super::{Context, Facts, Findings, Judged, Places, Subject};

/// Services that an office gives under the number of another type: the short stays of
/// 小規模多機能型 and 看護小規模多機能型.
const UNDER: [(&str, &[u8]); 3] = [("73", b"68"), ("77", b"79"), ("75", b"69")];

struct Addressee {
    person: PersonItems,
    office: usize,
    code: usize,
    recipient: OfficeNumber,
    /// サービス種類コード of the recipient in the file name, which names of V4.1 have.
    wanted: Option<ServiceType>,
    found: bool,
    /// The first service of the recipient.
    first: Option<(Person, Spot)>,
}

/// The finding is made when the whole unit is known.
pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(&[FileKind::Upplan], &[]).where_name(to_an_exchanged_type)],
    new: New::OfName(new),
};

/// That the name has a type which is not exchanged is told already; care managers have none.
fn to_an_exchanged_type(spec: &Spec, name: &FileName) -> bool {
    let wanted = name.service_types.map(|(_, to)| to);
    let entry = wanted.and_then(|wanted| spec.service_type(wanted.as_bytes()));
    entry.is_some_and(|entry| entry.in_scope)
}

fn new(context: &Context<'_>, name: &FileName) -> Box<dyn Subject> {
    let layout = context.layout;
    Box::new(Addressee {
        person: PersonItems::of(layout),
        office: layout.place(KnownItem::ServiceOffice),
        code: layout.place(KnownItem::ServiceCode),
        recipient: name.recipient,
        wanted: name.service_types.map(|(_, to)| to),
        found: false,
        first: None,
    })
}

impl Subject for Addressee {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let Some(office) = record.good(self.office).filter(|_| !self.found) else { return };
        if office != self.recipient.as_bytes() {
            return;
        }
        // A code that cannot be read might be the one.
        let kind = record.good(self.code).and_then(|code| code.get(..2));
        let fits = |kind: &[u8], wanted: ServiceType| {
            kind == wanted.as_bytes() || UNDER.contains(&(wanted.as_str(), kind))
        };
        self.found = kind.zip(self.wanted).is_none_or(|(kind, wanted)| fits(kind, wanted));
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
