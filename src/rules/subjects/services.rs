//! 実績 by user, office and service type, and the deletions of 第6表, for finding out what these
//! withdraw (R-REL-07, R-REL-08).

use std::collections::HashMap;

use crate::spec::KnownItem;
use crate::types::{Edition, FileKind};

use super::declared::{Declared, New, Scope};
use super::person::{ItemNames, Person, PersonItems, Spot};
use super::{Context, Facts, Findings, Judged, Places, Subject};

/// What a deletion of 第6表 names. Office and type are blank for 予定, which goes as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Service {
    pub(in crate::rules) person: Person,
    pub(in crate::rules) month: [u8; 6],
    pub(in crate::rules) office: [u8; 10],
    pub(in crate::rules) kind: [u8; 2],
}

impl Service {
    /// All services that are planned for a user in a month.
    pub(in crate::rules) const fn planned(person: Person, month: [u8; 6]) -> Self {
        Self { person, month, office: [b' '; 10], kind: [b' '; 2] }
    }
}

/// What a file leaves behind about its services.
#[derive(Debug)]
pub(in crate::rules) struct ServiceFacts {
    /// Each with the month of its first record.
    pub(in crate::rules) first: HashMap<Service, Spot>,
    pub(in crate::rules) names: ItemNames,
}

/// More than any office has; of the rest it is not said what a deletion withdraws.
const MOST: usize = 1 << 17;

struct Services {
    person: PersonItems,
    month: usize,
    /// サービス事業者コード, and サービスコード or サービス種類コード.
    service: Option<[usize; 2]>,
    last: Option<Service>,
    facts: ServiceFacts,
}

/// The findings are made when all files are known.
pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        // Of V3 only what deletions withdraw is known.
        Scope::of(&[FileKind::Upjsk], &[]).since(Edition::V4_1),
        Scope::of(&[FileKind::Dltjsk, FileKind::Dltplan], &[]),
    ],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let (month, service) = match layout.kind {
        FileKind::Upjsk => {
            (KnownItem::ServiceMonth, Some([KnownItem::ServiceOffice, KnownItem::ServiceCode]))
        }
        FileKind::Dltjsk => {
            (KnownItem::DeletedMonth, Some([KnownItem::ServiceOffice, KnownItem::ServiceType]))
        }
        _ => (KnownItem::DeletedMonth, None),
    };
    let place = |item| layout.place(item);
    Box::new(Services {
        person: PersonItems::of(layout),
        month: place(month),
        service: service.map(|items| items.map(place)),
        last: None,
        facts: ServiceFacts { first: HashMap::new(), names: ItemNames::of(layout) },
    })
}

impl Services {
    fn read(&self, record: &Judged<'_>) -> Option<Service> {
        let month = record.good(self.month)?.try_into().ok()?;
        let planned = Service::planned(self.person.read(record)?, month);
        let Some([office, code]) = self.service else { return Some(planned) };
        Some(Service {
            office: record.good(office)?.try_into().ok()?,
            kind: *record.good(code)?.first_chunk()?,
            ..planned
        })
    }
}

impl Subject for Services {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let Some(service) = self.read(record) else { return };
        if self.last != Some(service) {
            self.last = Some(service);
            let first = &mut self.facts.first;
            if first.len() < MOST || first.contains_key(&service) {
                first.entry(service).or_insert_with(|| Spot::of(record, self.month));
            }
        }
    }

    fn rests_on(&self) -> Option<Places> {
        let service = self.service.iter().flatten().copied();
        Some(service.chain([self.month]).collect::<Places>().with(self.person.places()))
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        facts.services = Some(self.facts);
    }
}
