//! The sender's side.

use jiff::{SignedDuration, Timestamp};

use super::retry::{asked_delay, retry_delay};
use super::{OutgoingState, Transition};
use crate::types::{HandChannel, MessageId};

/// The state of a package that we send.
///
/// A send unit reaches the first state when its package is durable in the store (PACKED). What
/// comes before, seen, stable, checked, lives in the folders and is found again by looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outgoing {
    /// Waits for its next attempt.
    Queued {
        /// Attempts that failed so far.
        failures: u32,
        /// When to try next.
        next_at: Timestamp,
    },
    /// A relay signed that it keeps the package for the recipient (`RelayAcceptance`). It never counts as
    /// delivery: its time goes on, and the recipient's receipts are awaited.
    Deposited,
    /// The partner will never take the package as it is: it is not sent again until a person says so.
    /// A receipt that still comes is believed.
    Refused,
    /// The recipient signed that it holds the package durably (`ContentConsignment`).
    Consigned,
    /// The recipient signed that it has the package and cannot place its files
    /// (`ContentHandoverFailure`): a person there has to do something. Its last word is still to
    /// come.
    HeldByRecipient,
    /// The recipient signed that the files are in the import folder (`ContentHandover`). Final.
    HandedOver,
    /// The recipient signed that it refuses the package (`Rejection`). Final.
    Rejected,
    /// A person wants it back, and the recipient has not answered: it is not sent any more, and the
    /// recipient's receipts are awaited.
    RecallAsked,
    /// It was taken back before it was placed: the recipient signed so, or nothing of it was ever sent.
    /// Final.
    Recalled,
    /// No receipt came in time, or nobody sent again what was refused. A receipt that still comes is believed.
    Expired,
    /// It could not be delivered as it was, and another one with the same files has taken its place.
    /// Final.
    Superseded,
    /// The partner has no node: the files lie in the outbox until a person says that they were handed
    /// over. It has no end.
    ByHand(HandChannel),
    /// A person said that the files were handed over. The partner has signed for nothing, so that this
    /// proves less than any receipt. Final, unless a person says that it was a mistake.
    HandedByPerson(HandChannel),
}

/// What a receipt of the recipient says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutgoingReceipt {
    /// Durable at the recipient.
    Consignment,
    /// In the import folder.
    Handover,
    /// Not in the import folder until a person there has done something.
    HandoverFailure,
    /// Refused.
    Rejection,
    /// Refused because we asked for it back.
    Recall,
    /// Something that only a newer partner knows: kept as proof, and moves nothing.
    Other,
}

/// Why an attempt brought no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The partner was not reached or answered that it is busy: try again after `retry_after` where
    /// the partner named it, else by the schedule.
    Unreachable {
        /// The wait that the partner asked for.
        retry_after: Option<SignedDuration>,
    },
    /// The partner refused in a way that somebody has to mend: try again only now and then.
    Refused,
    /// The partner refused this very package in a way that no repetition mends.
    RefusedForGood,
}

impl Failure {
    /// How long to wait after so many failures, this one among them; nothing where it is of no use.
    fn wait(self, id: MessageId, failures: u32) -> Option<SignedDuration> {
        match self {
            Self::Unreachable { retry_after: Some(asked) } => {
                Some(asked_delay(id, failures, asked))
            }
            Self::Unreachable { retry_after: None } => Some(retry_delay(id, failures)),
            // Somebody has to mend something, which mostly takes a while.
            Self::Refused => Some(retry_delay(id, failures.saturating_add(1))),
            Self::RefusedForGood => None,
        }
    }
}

/// What happens to an outgoing package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutgoingEvent {
    /// An attempt failed.
    Failed(Failure),
    /// A verified receipt came in.
    Receipt(OutgoingReceipt),
    /// A relay took it over for the recipient.
    Deposited,
    /// The relay has it no more, or the recipient could not open what it has.
    Withdrawn,
    /// Time passed.
    Tick,
    /// A person asks for the package to be sent once more: the recipient lost its bytes, or what it
    /// refused the package for was mended.
    Resend,
    /// Another package takes its place.
    Superseded,
    /// A person says that the files were handed over.
    Handed,
    /// A person says that the files were not handed over after all.
    NotHanded,
    /// A person wants it back, of which the recipient may have something.
    RecallAsked,
    /// A person wants it back, and nothing of it was ever sent.
    TakenBack,
    /// The recipient was asked to give it back and never will answer: what it signed last, if anything.
    RecallFailed(Option<OutgoingReceipt>),
}

impl Outgoing {
    /// The state of a package that was just made durable.
    pub const fn packed(now: Timestamp) -> Self {
        Self::Queued { failures: 0, next_at: now }
    }

    /// What `event` makes of the package.
    #[must_use]
    pub fn on(
        self,
        id: MessageId,
        expires_at: Timestamp,
        event: &OutgoingEvent,
        now: Timestamp,
    ) -> Transition<Self> {
        let after = match (self, event) {
            // Of what was asked back, what is still to come decides.
            (Self::HeldByRecipient, OutgoingEvent::Receipt(OutgoingReceipt::Consignment))
            | (
                Self::RecallAsked,
                OutgoingEvent::Receipt(
                    OutgoingReceipt::Consignment | OutgoingReceipt::HandoverFailure,
                ),
            ) => self,
            (
                Self::Queued { .. }
                | Self::Deposited
                | Self::Refused
                | Self::Consigned
                | Self::HeldByRecipient
                | Self::RecallAsked
                | Self::Expired,
                OutgoingEvent::Receipt(receipt),
            ) => self.receipted(*receipt),
            (
                Self::Queued { .. } | Self::Deposited | Self::Consigned | Self::HeldByRecipient,
                OutgoingEvent::RecallAsked,
            ) => Self::RecallAsked,
            (Self::Queued { .. } | Self::ByHand(_), OutgoingEvent::TakenBack) => Self::Recalled,
            (Self::RecallAsked, OutgoingEvent::RecallFailed(Some(last))) => self.receipted(*last),
            (Self::RecallAsked, OutgoingEvent::RecallFailed(None)) if now < expires_at => {
                Self::Refused
            }
            (Self::RecallAsked, OutgoingEvent::RecallFailed(None)) => Self::Expired,
            (Self::HeldByRecipient | Self::Refused | Self::Deposited, OutgoingEvent::Resend)
            | (Self::Deposited, OutgoingEvent::Withdrawn)
                if now < expires_at =>
            {
                Self::packed(now)
            }
            (Self::Queued { .. }, OutgoingEvent::Deposited) => Self::Deposited,
            (Self::Queued { .. } | Self::Refused | Self::ByHand(_), OutgoingEvent::Superseded) => {
                Self::Superseded
            }
            (Self::ByHand(channel), OutgoingEvent::Handed) => Self::HandedByPerson(channel),
            (Self::HandedByPerson(channel), OutgoingEvent::NotHanded) => Self::ByHand(channel),
            (Self::Refused | Self::Deposited | Self::Queued { .. }, OutgoingEvent::Tick)
            | (Self::Queued { .. }, OutgoingEvent::Failed(_))
                if now >= expires_at =>
            {
                Self::Expired
            }
            (Self::Queued { failures, .. }, OutgoingEvent::Failed(failure)) => {
                let failures = failures.saturating_add(1);
                match failure.wait(id, failures) {
                    Some(wait) => {
                        let next_at = now.checked_add(wait).unwrap_or(expires_at).min(expires_at);
                        Self::Queued { failures, next_at }
                    }
                    None => Self::Refused,
                }
            }
            // Nothing else moves a package: what is final stays, and a failure after the
            // consignment only means that the partner repeated itself in vain.
            (
                Self::Queued { .. }
                | Self::Deposited
                | Self::Refused
                | Self::Consigned
                | Self::HeldByRecipient
                | Self::HandedOver
                | Self::Rejected
                | Self::RecallAsked
                | Self::Recalled
                | Self::Expired
                | Self::Superseded
                | Self::ByHand(_)
                | Self::HandedByPerson(_),
                _,
            ) => self,
        };
        Transition { before: self, after }
    }

    /// Whether the recipient has signed that it has the package, and has not refused it since.
    pub const fn is_delivered(self) -> bool {
        self.state().is_delivered()
    }

    /// Whether nothing that the recipient says changes it any more.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::HandedOver
                | Self::Rejected
                | Self::Recalled
                | Self::Superseded
                | Self::HandedByPerson(_)
        )
    }

    /// The state without what a package in it carries.
    pub const fn state(self) -> OutgoingState {
        match self {
            Self::Queued { .. } => OutgoingState::Queued,
            Self::Deposited => OutgoingState::Deposited,
            Self::Refused => OutgoingState::Refused,
            Self::Consigned => OutgoingState::Consigned,
            Self::HeldByRecipient => OutgoingState::HeldByRecipient,
            Self::HandedOver => OutgoingState::HandedOver,
            Self::Rejected => OutgoingState::Rejected,
            Self::RecallAsked => OutgoingState::RecallAsked,
            Self::Recalled => OutgoingState::Recalled,
            Self::Expired => OutgoingState::Expired,
            Self::Superseded => OutgoingState::Superseded,
            Self::ByHand(HandChannel::Web) => OutgoingState::ToUpload,
            Self::ByHand(HandChannel::Paper) => OutgoingState::ToPrint,
            Self::HandedByPerson(HandChannel::Web) => OutgoingState::Uploaded,
            Self::HandedByPerson(HandChannel::Paper) => OutgoingState::SentOnPaper,
        }
    }

    /// A package in `state`; one that is queued failed so often and is to be sent then.
    pub const fn in_state(state: OutgoingState, failures: u32, next_at: Timestamp) -> Self {
        match state {
            OutgoingState::Queued => Self::Queued { failures, next_at },
            OutgoingState::Deposited => Self::Deposited,
            OutgoingState::Refused => Self::Refused,
            OutgoingState::Consigned => Self::Consigned,
            OutgoingState::HeldByRecipient => Self::HeldByRecipient,
            OutgoingState::HandedOver => Self::HandedOver,
            OutgoingState::Rejected => Self::Rejected,
            OutgoingState::RecallAsked => Self::RecallAsked,
            OutgoingState::Recalled => Self::Recalled,
            OutgoingState::Expired => Self::Expired,
            OutgoingState::Superseded => Self::Superseded,
            OutgoingState::ToUpload => Self::ByHand(HandChannel::Web),
            OutgoingState::ToPrint => Self::ByHand(HandChannel::Paper),
            OutgoingState::Uploaded => Self::HandedByPerson(HandChannel::Web),
            OutgoingState::SentOnPaper => Self::HandedByPerson(HandChannel::Paper),
        }
    }

    /// How often sending it failed and when it is tried next, if it waits for that.
    pub const fn planned(self) -> Option<(u32, Timestamp)> {
        match self {
            Self::Queued { failures, next_at } => Some((failures, next_at)),
            Self::Deposited
            | Self::Refused
            | Self::Consigned
            | Self::HeldByRecipient
            | Self::HandedOver
            | Self::Rejected
            | Self::RecallAsked
            | Self::Recalled
            | Self::Expired
            | Self::Superseded
            | Self::ByHand(_)
            | Self::HandedByPerson(_) => None,
        }
    }

    const fn receipted(self, receipt: OutgoingReceipt) -> Self {
        match receipt {
            OutgoingReceipt::Consignment => Self::Consigned,
            OutgoingReceipt::Handover => Self::HandedOver,
            OutgoingReceipt::HandoverFailure => Self::HeldByRecipient,
            OutgoingReceipt::Rejection => Self::Rejected,
            OutgoingReceipt::Recall => Self::Recalled,
            OutgoingReceipt::Other => self,
        }
    }
}

impl Transition<Outgoing> {
    /// Whether the package was given up just now. An `Expiry` receipt of our own is then to be
    /// signed, so that the history can prove it.
    pub fn expires(&self) -> bool {
        self.changes() && self.after == Outgoing::Expired
    }

    /// Whether it led to an outcome that is to be shown in the folders: delivered, refused or given
    /// up. One that is delivered already is shown, and so is one that was refused before its time
    /// was over: a person may have settled it since. What was in the outbox leaves it.
    pub fn is_outcome(&self) -> bool {
        let was_there = [OutgoingState::Consigned, OutgoingState::HeldByRecipient];
        let was_in_outbox = matches!(self.before, Outgoing::ByHand(_));
        self.changes()
            && match self.after.state() {
                OutgoingState::Superseded | OutgoingState::Recalled => was_in_outbox,
                OutgoingState::Queued
                | OutgoingState::Deposited
                | OutgoingState::RecallAsked
                | OutgoingState::ToUpload
                | OutgoingState::ToPrint => false,
                OutgoingState::Consigned
                | OutgoingState::HeldByRecipient
                | OutgoingState::HandedOver => !was_there.contains(&self.before.state()),
                OutgoingState::Uploaded
                | OutgoingState::SentOnPaper
                | OutgoingState::Refused
                | OutgoingState::Rejected => true,
                OutgoingState::Expired => self.before != Outgoing::Refused,
            }
    }
}

#[cfg(test)]
mod tests;
