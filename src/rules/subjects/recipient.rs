//! 第6表 予定: every user has something to do with the recipient (I-05, R-OUT-04).
//!
//! Only gathered here: where the number of a user is wrong in one record, the user seems to have
//! nothing to do with the recipient, and the send unit knows better.

use crate::spec::KnownItem;
use crate::types::{FileKind, FileName, OfficeNumber};

use super::declared::{Declared, New, Scope, to_a_service_office};
use super::people::{Merge, Runs};
use super::person::{PersonItems, Spot};
use super::{Context, Facts, Findings, Judged, Places, Rule, Subject};

struct Recipient {
    person: PersonItems,
    office: usize,
    wanted: OfficeNumber,
    users: Runs<Services>,
}

/// The services of a user.
enum Services {
    /// None of the recipient so far; where the first of another office is.
    OfOthers(Spot),
    /// One of the recipient at least.
    OfRecipient,
}

impl Merge for Services {
    fn merge(&mut self, later: Self) {
        if matches!(later, Self::OfRecipient) {
            *self = later;
        }
    }
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(&[FileKind::Upplan], &[Rule::UserUnrelatedToRecipient])
        .where_name(to_a_service_office)],
    new: New::OfName(new),
};

fn new(context: &Context<'_>, name: &FileName) -> Box<dyn Subject> {
    Box::new(Recipient {
        person: PersonItems::of(context.layout),
        office: context.layout.place(KnownItem::ServiceOffice),
        wanted: name.recipient,
        users: Runs::new(),
    })
}

impl Subject for Recipient {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let Some(user) = self.person.read(record) else { return };
        // An office that cannot be read might be the recipient.
        let related =
            record.good(self.office).is_none_or(|office| office == self.wanted.as_bytes());
        let said = if related {
            Services::OfRecipient
        } else {
            Services::OfOthers(Spot::of(record, self.office))
        };
        match self.users.at_hand(user) {
            Some(known) => known.merge(said),
            None => self.users.push(user, said),
        }
    }

    fn rests_on(&self) -> Option<Places> {
        Some(self.person.places().with([self.office].into_iter().collect()))
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        let Some(plan) = &mut facts.plan else { return };
        let unrelated = |(user, services)| match services {
            Services::OfOthers(spot) => Some((user, spot)),
            Services::OfRecipient => None,
        };
        let users = self.users.finish().into_entries();
        plan.unrelated = users.into_iter().filter_map(unrelated).collect();
        plan.unrelated.sort_unstable_by_key(|(_, spot)| spot.record);
    }
}
