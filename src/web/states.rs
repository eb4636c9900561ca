//! How states look: a shape and a colour beside the words.

use crate::transfer::{HeldSet, IncomingState, OutgoingState, State};

/// The shape and colour of a state: `good`, `busy`, `warn`, `bad` or `calm`.
pub(super) const fn tone(state: State) -> &'static str {
    match state {
        State::Out(OutgoingState::HandedOver)
        | State::In(IncomingState::Placed | IncomingState::HandedOver) => "good",
        State::Out(
            OutgoingState::Queued
            | OutgoingState::Deposited
            | OutgoingState::Consigned
            | OutgoingState::RecallAsked
            | OutgoingState::ToUpload
            | OutgoingState::ToPrint,
        )
        | State::In(IncomingState::Committed) => "busy",
        State::Out(OutgoingState::HeldByRecipient) => "warn",
        State::Out(OutgoingState::Refused | OutgoingState::Rejected | OutgoingState::Expired)
        | State::In(IncomingState::Rejected | IncomingState::Held)
        | State::Set(HeldSet::Held) => "bad",
        // Of what was handed over by hand a person says so, and nobody signed for it.
        State::Out(
            OutgoingState::Uploaded
            | OutgoingState::SentOnPaper
            | OutgoingState::Superseded
            | OutgoingState::Recalled,
        )
        | State::In(IncomingState::Recalled)
        | State::Set(HeldSet::Settled) => "calm",
    }
}
