//! プラン担当業者コード, 更新業者コード: the 居宅 of the file name (R-FLD-17). 同意書受付業者 is none of
//! them: another office may have received the consent before.

use crate::spec::{KnownItem, Spec};
use crate::types::{FileKind, FileName, MonthPart, OfficeNumber, ServiceType};

use super::declared::{Declared, New, Scope};
use super::{Context, Facts, Findings, Judged, Place, Places, Rule, Stranger, Subject};

struct Manager {
    items: Vec<usize>,
    /// These and the service code.
    all: Places,
    /// サービスコード, where records have one.
    code: Option<usize>,
    preventive: Vec<ServiceType>,
    manager: OfficeNumber,
    /// What was seen already: a whole file of another office is one mistake.
    strangers: Vec<(Vec<u8>, Place)>,
}

/// More strangers than anybody mixes; the rest of a hostile file is not reported one by one.
const MOST_STRANGERS: usize = 16;

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(
        &[FileKind::Upplan, FileKind::Upjsk, FileKind::Upsikyu, FileKind::Uphosoku],
        &[Rule::PlanOfAnotherManager],
    )
    .where_name(of_one_manager)],
    new: New::OfName(new),
};

/// 第6表, 第7表 and what goes with them, 居宅サービス計画 being judged as a whole; and nothing that is
/// commissioned: there the plan may be the 包括's or the 居宅's.
fn of_one_manager(spec: &Spec, name: &FileName) -> bool {
    let commissioned = name.service_types.is_some_and(|(from, to)| {
        let (manager, other) = if name.kind.is_actual() { (to, from) } else { (from, to) };
        manager.as_str() != Spec::HOME_CARE_MANAGEMENT
            || spec.is_care_management(other)
            || spec.is_preventive(other)
    });
    !commissioned && name.month != Some(MonthPart::Zero)
}

fn new(context: &Context<'_>, name: &FileName) -> Box<dyn Subject> {
    let actual = name.kind.is_actual();
    let wanted: &[KnownItem] = if actual {
        &[KnownItem::PlanningOffice]
    } else {
        &[KnownItem::PlanningOffice, KnownItem::UpdatingOffice]
    };
    let items: Vec<usize> = context.layout.places(wanted).collect();
    let code = context.layout.find(KnownItem::ServiceCode);
    Box::new(Manager {
        all: items.iter().copied().chain(code).collect(),
        items,
        code,
        preventive: context.spec.preventive_types().collect(),
        manager: if actual { name.recipient } else { name.sender },
        strangers: Vec::new(),
    })
}

impl Subject for Manager {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let manager = self.manager.as_bytes();
        let stranger = self.items.iter().find_map(|place| {
            let office = record.good(*place)?;
            (office != manager && !office.is_empty()).then_some((*place, office))
        });
        let Some((place, office)) = stranger else { return };
        let kind = self.code.and_then(|code| record.good(code)).and_then(|code| code.get(..2));
        if kind.is_some_and(|kind| self.preventive.iter().any(|code| code.as_bytes() == kind)) {
            return;
        }
        let room = self.strangers.len() < MOST_STRANGERS;
        if room && !self.strangers.iter().any(|(known, _)| known == office) {
            self.strangers.push((office.to_vec(), record.at(place).place));
        }
    }

    fn rests_on(&self) -> Option<Places> {
        Some(self.all)
    }

    /// The finding is made when the whole unit is known: its files share the mistake.
    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        facts.strangers.extend(self.strangers.into_iter().map(|(office, place)| Stranger {
            rule: Rule::PlanOfAnotherManager,
            office,
            wanted: self.manager,
            place,
        }));
    }
}
