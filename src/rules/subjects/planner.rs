//! 居宅サービス計画: whose plan it is, against the sender in the file name (I-36).

use crate::spec::KnownItem;
use crate::types::{FileKind, FileName, MonthPart, OfficeNumber};

use super::declared::{Declared, New, Scope, any_name};
use super::{Context, Facts, Findings, Judged, Place, Rule, Stranger, Subject};

struct Planner {
    sender: OfficeNumber,
    offices: Vec<usize>,
    /// What was seen already, by value and item.
    strangers: Vec<(Vec<u8>, usize, Place)>,
}

/// More strangers than anybody mixes; the rest of a hostile file is not remembered.
const MOST_STRANGERS: usize = 16;

/// The finding is made when the whole unit is known.
pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(&[FileKind::Up1kyo, FileKind::Up2kyo], &[]).where_name(any_name),
        Scope::of(&[FileKind::Uphosoku], &[])
            .where_name(|_, name| name.month == Some(MonthPart::Zero)),
    ],
    new: New::OfName(new),
};

fn new(context: &Context<'_>, name: &FileName) -> Box<dyn Subject> {
    let offices: &[KnownItem] = match name.kind {
        FileKind::Up1kyo => &[KnownItem::ManagerOffice, KnownItem::UpdatingOffice],
        _ => &[KnownItem::UpdatingOffice],
    };
    let offices = context.layout.places(offices).collect();
    Box::new(Planner { sender: name.sender, offices, strangers: Vec::new() })
}

impl Subject for Planner {
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
