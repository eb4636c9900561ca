//! 居宅サービス計画: whose plan it is, against the sender in the file name (I-36).

use crate::spec::KnownItem;
use crate::types::{FileKind, MonthPart, OfficeNumber};

use super::{Context, Facts, Findings, Judged, Place, Rule, Stranger, Subject};

struct Manager {
    sender: OfficeNumber,
    offices: Vec<usize>,
    /// What was seen already, by value and item.
    strangers: Vec<(Vec<u8>, usize, Place)>,
}

/// More strangers than anybody mixes; the rest of a hostile file is not remembered.
const MOST_STRANGERS: usize = 16;

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    let name = context.name?;
    let offices: &[KnownItem] = match name.kind {
        FileKind::Up1kyo => &[KnownItem::ManagerOffice, KnownItem::UpdatingOffice],
        FileKind::Up2kyo => &[KnownItem::UpdatingOffice],
        FileKind::Uphosoku if name.month == Some(MonthPart::Zero) => &[KnownItem::UpdatingOffice],
        _ => return None,
    };
    let offices = context.layout.places(offices).collect();
    Some(Box::new(Manager { sender: name.sender, offices, strangers: Vec::new() }))
}

impl Subject for Manager {
    /// The finding is made when the whole unit is known.
    fn rules(&self) -> &'static [Rule] {
        &[]
    }

    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        for place in &self.offices {
            let stranger = record
                .good(*place)
                .filter(|office| !office.is_empty() && *office != self.sender.as_bytes());
            let Some(office) = stranger else { continue };
            let known =
                self.strangers.iter().any(|(known, item, _)| known == office && item == place);
            if !known && self.strangers.len() < MOST_STRANGERS {
                self.strangers.push((office.to_vec(), *place, record.at(*place).place));
            }
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        let strangers = self.strangers.into_iter();
        facts.strangers.extend(strangers.map(|(office, _, place)| Stranger {
            rule: Rule::PlanOfAnotherOffice,
            office,
            wanted: self.sender,
            place,
        }));
    }
}
