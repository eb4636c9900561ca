//! What the judgement of the send units of a set comes to.

use crate::types::{FileKind, FileSerial, OfficeNumber, ServiceMonth, ServiceType};

use super::collect::Findings;
use super::rule::RuleSet;
use super::table::Rule;

/// The judgement of all units of a set.
pub(super) struct Units {
    pub(super) summaries: Vec<Summary>,
    pub(super) findings: Findings,
    pub(super) run: RuleSet,
    /// Whether the files were held against a history.
    pub(super) has_history: bool,
}

/// A check over several files. What a report says of the rules about units, it says from here.
pub(super) struct UnitCheck {
    /// The files that are subject to it.
    pub(super) kinds: &'static [FileKind],
    /// The rules that it decides.
    pub(super) rules: &'static [Rule],
}

impl Units {
    /// A check was run.
    pub(super) fn ran(&mut self, check: &UnitCheck) {
        self.run.extend(&RuleSet::of(check.rules));
    }
}

/// What most of the names of a unit say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) sender: OfficeNumber,
    pub(super) recipient: OfficeNumber,
    pub(super) service_types: Option<(ServiceType, ServiceType)>,
}

/// Files with the same sender, recipient and 連番.
pub(super) struct Summary {
    /// The ids of the send units that the files make up, such as `K1`; none where they are none.
    pub(super) ids: Vec<String>,
    /// What these carry, in Japanese.
    pub(super) titles: Vec<String>,
    pub(super) serial: FileSerial,
    pub(super) sender: OfficeNumber,
    pub(super) recipient: OfficeNumber,
    /// Of the first file that has them.
    pub(super) service_types: Option<(ServiceType, ServiceType)>,
    /// The months in the names.
    pub(super) months: Vec<ServiceMonth>,
    /// The places of its files in the list of files.
    pub(super) files: Vec<usize>,
}
