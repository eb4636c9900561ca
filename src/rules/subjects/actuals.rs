//! 実績: of the sending office and its service type (I-06, README A-10).

use crate::spec::{KnownItem, Spec};
use crate::types::{FileKind, FileName, OfficeNumber, ServiceType};

use super::declared::{Declared, New, Scope};
use super::{Context, Facts, Findings, Judged, Places, Rule, Subject};

const ACTUALS: &[FileKind] = &[FileKind::Upjsk, FileKind::Dltjsk];

struct Actuals {
    sender: OfficeNumber,
    sender_type: Option<ServiceType>,
    /// サービス事業者コード and 更新業者コード.
    offices: Vec<usize>,
    /// サービスコード or サービス種類コード.
    code: usize,
    /// What was reported already: a whole file of another office is one mistake.
    reported: Vec<Vec<u8>>,
}

/// More strangers than anybody mixes; the rest of a hostile file is not reported one by one.
const MOST_STRANGERS: usize = 16;

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(ACTUALS, &[Rule::ActualsOfAnotherOffice]).where_name(of_the_sender),
        Scope::of(ACTUALS, &[Rule::ActualsOfAnotherType])
            .where_name(|spec, name| of_the_sender(spec, name) && name.service_types.is_some()),
    ],
    new: New::OfName(new),
};

/// A commissioned 居宅 passes on the actuals of others (R-JSK-06).
fn of_the_sender(spec: &Spec, name: &FileName) -> bool {
    !name.service_types.is_some_and(|(from, _)| spec.is_care_management(from))
}

fn new(context: &Context<'_>, name: &FileName) -> Box<dyn Subject> {
    let layout = context.layout;
    let offices = [KnownItem::ServiceOffice, KnownItem::UpdatingOffice];
    let deletion = layout.kind.is_deletion();
    let code = if deletion { KnownItem::ServiceType } else { KnownItem::ServiceCode };
    Box::new(Actuals {
        sender: name.sender,
        sender_type: name.service_types.map(|(from, _)| from),
        offices: layout.places(&offices).collect(),
        code: layout.place(code),
        reported: Vec::new(),
    })
}

impl Actuals {
    fn is_new(&mut self, value: &[u8]) -> bool {
        let room = self.reported.len() < MOST_STRANGERS;
        if !room || self.reported.iter().any(|reported| reported == value) {
            return false;
        }
        self.reported.push(value.to_vec());
        true
    }
}

impl Subject for Actuals {
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let sender = self.sender;
        let stranger = self.offices.iter().find_map(|place| {
            let office = record.good(*place).filter(|office| !office.is_empty())?;
            (office != sender.as_bytes()).then_some((*place, office))
        });
        if let Some((place, office)) = stranger
            && self.is_new(office)
        {
            findings.add(Rule::ActualsOfAnotherOffice, || record.at(place).with("sender", sender));
        }
        let Some(sender_type) = self.sender_type else { return };
        let code = record.good(self.code).and_then(|code| code.get(..2));
        if let Some(code) = code.filter(|code| *code != sender_type.as_bytes())
            && self.is_new(code)
        {
            findings.add(Rule::ActualsOfAnotherType, || {
                record.at(self.code).with("sender_type", sender_type)
            });
        }
    }

    fn rests_on(&self) -> Option<Places> {
        Some(self.offices.iter().copied().chain([self.code]).collect())
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}
