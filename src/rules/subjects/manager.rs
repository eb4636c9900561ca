//! プラン担当業者コード, 更新業者コード: the 居宅 of the file name (R-FLD-17). 同意書受付業者 is none of
//! them: another office may have received the consent before.

use crate::spec::{KnownItem, Spec};
use crate::types::{MonthPart, OfficeNumber, ServiceType};

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

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    let name = context.name?;
    let actual = name.kind.is_actual();
    if let Some((from, to)) = name.service_types {
        let (manager, other) = if actual { (to, from) } else { (from, to) };
        // With commissioning the plan may be the 包括's or the 居宅's.
        let commissioned = manager.as_str() != Spec::HOME_CARE_MANAGEMENT
            || context.spec.is_care_management(other)
            || context.spec.is_preventive(other);
        if commissioned {
            return None;
        }
    }
    let wanted: &[KnownItem] = if actual {
        &[KnownItem::PlanningOffice]
    } else {
        &[KnownItem::PlanningOffice, KnownItem::UpdatingOffice]
    };
    let items: Vec<usize> = context.layout.places(wanted).collect();
    // 第6表, 第7表 and what goes with them; 居宅サービス計画 is judged as a whole.
    if items.is_empty() || !name.kind.has_month() || name.month == Some(MonthPart::Zero) {
        return None;
    }
    let code = context.layout.find(KnownItem::ServiceCode);
    Some(Box::new(Manager {
        all: items.iter().copied().chain(code).collect(),
        items,
        code,
        preventive: context.spec.preventive_types().collect(),
        manager: if actual { name.recipient } else { name.sender },
        strangers: Vec::new(),
    }))
}

impl Subject for Manager {
    fn rules(&self) -> &'static [Rule] {
        &[Rule::PlanOfAnotherManager]
    }

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
