//! What the files of one send unit have in common.

use crate::folder::ShownName;
use crate::types::{FileName, FileSerial, Lang, OfficeNumber};

use super::super::judge;

/// A unit of the drop folder; files whose names are not of the standard stand alone. In ascending
/// order of the 連番.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum UnitKey {
    Unit { serial: FileSerial, sender: OfficeNumber, recipient: OfficeNumber },
    Stranger { name: String },
}

/// Sender and recipient, among whose units the order of the 連番 counts.
pub(super) type Way = (OfficeNumber, OfficeNumber);

impl UnitKey {
    /// The unit that a file of this name belongs to.
    pub(super) fn of(name: &str) -> Self {
        match FileName::parse(name) {
            Ok(FileName { serial, sender, recipient, .. }) => {
                Self::Unit { serial, sender, recipient }
            }
            Err(_) => Self::Stranger { name: name.to_owned() },
        }
    }

    pub(super) const fn way(&self) -> Option<Way> {
        match self {
            Self::Unit { sender, recipient, .. } => Some((*sender, *recipient)),
            Self::Stranger { .. } => None,
        }
    }

    /// The unit for people and logs.
    pub(super) fn shown(&self, lang: Lang) -> String {
        match self {
            Self::Unit { serial, sender, recipient } => {
                judge::unit_name(*serial, *sender, *recipient)
            }
            Self::Stranger { name } => ShownName::of(name).text(lang),
        }
    }
}
