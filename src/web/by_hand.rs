//! What the page of a package says where a person hands it over.

use crate::node;
use crate::store::{JournalRow, Step};
use crate::transfer::{OutgoingState, State as PackageState};
use crate::types::{HandChannel, Lang};

/// A set that a person hands over.
pub(super) struct ByHand {
    pub(super) is_paper: bool,
    pub(super) channel: &'static str,
    /// It waits in the outbox.
    pub(super) waits: bool,
    /// It was handed over, as a person noted: what can still be done about it.
    pub(super) is_done: Option<&'static str>,
}

impl ByHand {
    /// What the steps tell of it.
    pub(super) fn of(
        journal: &[JournalRow],
        last: Option<PackageState>,
        lang: Lang,
    ) -> Option<Self> {
        let was = |state| {
            let step = Step::State(PackageState::Out(state));
            journal.iter().any(|row| row.step == step)
        };
        let channel = if was(OutgoingState::ToUpload) {
            HandChannel::Web
        } else if was(OutgoingState::ToPrint) {
            HandChannel::Paper
        } else {
            return None;
        };
        let Some(PackageState::Out(last)) = last else { return None };
        Some(Self {
            is_paper: channel == HandChannel::Paper,
            channel: channel.text(lang),
            waits: last.is_in_outbox(),
            is_done: last.is_by_word().then(|| node::handed_already(channel, lang)),
        })
    }
}
