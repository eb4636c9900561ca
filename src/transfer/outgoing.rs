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
    /// proves less than any receipt. Final.
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
        matches!(self, Self::Consigned | Self::HeldByRecipient | Self::HandedOver)
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
mod tests {
    use super::*;

    const EXPIRES: i64 = 7 * 24 * 3600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    fn states() -> [Outgoing; 11] {
        [
            Outgoing::packed(at(0)),
            Outgoing::Deposited,
            Outgoing::Refused,
            Outgoing::Consigned,
            Outgoing::HeldByRecipient,
            Outgoing::HandedOver,
            Outgoing::Rejected,
            Outgoing::Expired,
            Outgoing::Superseded,
            Outgoing::RecallAsked,
            Outgoing::Recalled,
        ]
    }

    /// Every pair of state and event, before and after the expiry.
    #[test]
    fn table_of_all_transitions() {
        use OutgoingEvent::{Failed, Receipt, Resend, Superseded, Tick, Withdrawn};
        use OutgoingReceipt::{Consignment, Handover, HandoverFailure, Rejection};
        use OutgoingState::{
            Consigned, Deposited as Kept, Expired, HandedOver, HeldByRecipient as Held, Queued,
            Refused, Rejected,
        };
        const REPLACED: OutgoingState = OutgoingState::Superseded;
        const ASKED: OutgoingState = OutgoingState::RecallAsked;
        let events = [
            Failed(Failure::Unreachable { retry_after: None }),
            Failed(Failure::Refused),
            Failed(Failure::RefusedForGood),
            Receipt(Consignment),
            Receipt(HandoverFailure),
            Receipt(Handover),
            Receipt(Rejection),
            Tick,
            Resend,
            Superseded,
            OutgoingEvent::Deposited,
            Withdrawn,
        ];
        #[rustfmt::skip]
        let expected = [
            // unreachable, refused, for good, consignment, handover failure, handover, rejection,
            // tick, resend, superseded, deposited, withdrawn; and the same when expired
            [Queued, Queued, Refused, Consigned, Held, HandedOver, Rejected,
             Queued, Queued, REPLACED, Kept, Queued,
             Expired, Expired, Expired, Consigned, Held, HandedOver, Rejected,
             Expired, Queued, REPLACED, Kept, Queued],
            [Kept, Kept, Kept, Consigned, Held, HandedOver, Rejected,
             Kept, Queued, Kept, Kept, Queued,
             Kept, Kept, Kept, Consigned, Held, HandedOver, Rejected,
             Expired, Kept, Kept, Kept, Kept],
            [Refused, Refused, Refused, Consigned, Held, HandedOver, Rejected,
             Refused, Queued, REPLACED, Refused, Refused,
             Refused, Refused, Refused, Consigned, Held, HandedOver, Rejected,
             Expired, Refused, REPLACED, Refused, Refused],
            [Consigned, Consigned, Consigned, Consigned, Held, HandedOver, Rejected,
             Consigned, Consigned, Consigned, Consigned, Consigned,
             Consigned, Consigned, Consigned, Consigned, Held, HandedOver, Rejected,
             Consigned, Consigned, Consigned, Consigned, Consigned],
            [Held, Held, Held, Held, Held, HandedOver, Rejected, Held, Queued, Held, Held, Held,
             Held, Held, Held, Held, Held, HandedOver, Rejected, Held, Held, Held, Held, Held],
            [HandedOver; 24],
            [Rejected; 24],
            [Expired, Expired, Expired, Consigned, Held, HandedOver, Rejected,
             Expired, Expired, Expired, Expired, Expired,
             Expired, Expired, Expired, Consigned, Held, HandedOver, Rejected,
             Expired, Expired, Expired, Expired, Expired],
            [REPLACED; 24],
            [ASKED, ASKED, ASKED, ASKED, ASKED, HandedOver, Rejected,
             ASKED, ASKED, ASKED, ASKED, ASKED,
             ASKED, ASKED, ASKED, ASKED, ASKED, HandedOver, Rejected,
             ASKED, ASKED, ASKED, ASKED, ASKED],
            [OutgoingState::Recalled; 24],
        ];
        let id = MessageId::new(at(0));
        for (state, row) in states().into_iter().zip(expected) {
            let times = [at(100), at(EXPIRES)];
            let cells = times.iter().flat_map(|now| events.iter().map(move |event| (now, event)));
            for ((now, event), expected) in cells.zip(row) {
                let Transition { before, after } = state.on(id, at(EXPIRES), event, *now);
                let told = (before, after.state());
                assert_eq!(told, (state, expected), "{state:?} on {event:?} at {now}");
            }
        }
    }

    #[test]
    fn what_is_wanted_back_waits_for_the_word_of_the_recipient() {
        use OutgoingEvent::{RecallAsked, RecallFailed, TakenBack};
        let id = MessageId::new(at(0));
        let on = |state: Outgoing, event, now| state.on(id, at(EXPIRES), &event, at(now)).after;
        for state in states() {
            let may_be_there = [
                OutgoingState::Queued,
                OutgoingState::Deposited,
                OutgoingState::Consigned,
                OutgoingState::HeldByRecipient,
            ];
            let asked =
                if may_be_there.contains(&state.state()) { Outgoing::RecallAsked } else { state };
            assert_eq!(on(state, RecallAsked, 5), asked, "{state:?}");
            let is_here = matches!(state, Outgoing::Queued { .. });
            let taken_back = if is_here { Outgoing::Recalled } else { state };
            assert_eq!(on(state, TakenBack, 5), taken_back, "{state:?}");
        }
        for channel in HandChannel::ALL {
            let waits = Outgoing::ByHand(channel);
            let back = waits.on(id, at(EXPIRES), &TakenBack, at(5));
            assert!(back.after == Outgoing::Recalled && back.is_outcome(), "it leaves the outbox");
            assert_eq!(
                on(Outgoing::HandedByPerson(channel), TakenBack, 5).state(),
                channel_done(channel)
            );
        }
        let asked = Outgoing::RecallAsked;
        let recalled = OutgoingEvent::Receipt(OutgoingReceipt::Recall);
        assert_eq!(on(asked, recalled, 5), Outgoing::Recalled);
        assert_eq!(on(asked, recalled, EXPIRES + 5), Outgoing::Recalled);
        let failed = |last| RecallFailed(last);
        assert_eq!(on(asked, failed(None), 5), Outgoing::Refused);
        assert_eq!(on(asked, failed(None), EXPIRES), Outgoing::Expired);
        let consigned = failed(Some(OutgoingReceipt::Consignment));
        assert_eq!(on(asked, consigned, EXPIRES), Outgoing::Consigned);
        let held = failed(Some(OutgoingReceipt::HandoverFailure));
        assert_eq!(on(asked, held, 5), Outgoing::HeldByRecipient);
        assert_eq!(on(Outgoing::Consigned, failed(None), 5), Outgoing::Consigned);
    }

    const fn channel_done(channel: HandChannel) -> OutgoingState {
        Outgoing::HandedByPerson(channel).state()
    }

    /// What a person hands over waits for that person's word alone, however long it takes.
    #[test]
    fn only_a_person_moves_what_is_handed_over_by_one() {
        let id = MessageId::new(at(0));
        let failed = OutgoingEvent::Failed(Failure::Unreachable { retry_after: None });
        let others = [
            failed,
            OutgoingEvent::Receipt(OutgoingReceipt::Handover),
            OutgoingEvent::Receipt(OutgoingReceipt::Rejection),
            OutgoingEvent::Tick,
            OutgoingEvent::Resend,
        ];
        for channel in HandChannel::ALL {
            let (waits, done) = (Outgoing::ByHand(channel), Outgoing::HandedByPerson(channel));
            for now in [at(5), at(10 * EXPIRES)] {
                let on = |state: Outgoing, event| state.on(id, at(EXPIRES), &event, now);
                for event in others {
                    assert_eq!(on(waits, event).after, waits, "{event:?}");
                    assert_eq!(on(done, event).after, done, "{event:?}");
                }
                assert!(on(waits, OutgoingEvent::Handed).is_outcome());
                assert_eq!(on(waits, OutgoingEvent::Handed).after, done);
                assert!(!on(done, OutgoingEvent::Handed).changes(), "said twice");
                assert!(on(waits, OutgoingEvent::Superseded).is_outcome(), "it leaves the outbox");
                assert!(!on(done, OutgoingEvent::Superseded).changes());
            }
            assert!(!done.is_delivered(), "nobody signed for it");
            for state in [waits, done] {
                assert_eq!(Outgoing::in_state(state.state(), 0, at(0)), state);
            }
        }
        for state in states() {
            assert!(!state.on(id, at(EXPIRES), &OutgoingEvent::Handed, at(5)).changes());
        }
    }

    #[test]
    fn backs_off_and_obeys_the_partner() {
        let id = MessageId::new(at(0));
        let fail = |state: Outgoing, failure| {
            state.on(id, at(EXPIRES), &OutgoingEvent::Failed(failure), at(0)).after
        };
        let next_at = |state| match state {
            Outgoing::Queued { next_at, .. } => next_at.as_second(),
            other => panic!("{other:?}"),
        };
        let first = fail(Outgoing::packed(at(0)), Failure::Unreachable { retry_after: None });
        assert!((15..=17).contains(&next_at(first)));
        let asked = Failure::Unreachable { retry_after: Some(SignedDuration::from_secs(90)) };
        assert!((90..=99).contains(&next_at(fail(Outgoing::packed(at(0)), asked))));
        let asked = Failure::Unreachable { retry_after: Some(SignedDuration::from_secs(2)) };
        assert_eq!(next_at(fail(Outgoing::packed(at(0)), asked)), 2, "not by the schedule");
        let refused = fail(Outgoing::packed(at(0)), Failure::Refused);
        assert!((60..=66).contains(&next_at(refused)));
        let tenth = Outgoing::Queued { failures: 9, next_at: at(0) };
        assert!(next_at(fail(tenth, Failure::Refused)) >= 3600);
    }

    #[test]
    fn a_receipt_of_an_unknown_kind_moves_nothing() {
        let id = MessageId::new(at(0));
        let event = OutgoingEvent::Receipt(OutgoingReceipt::Other);
        for (state, now) in states().into_iter().flat_map(|one| [(one, 5), (one, EXPIRES + 1)]) {
            assert_eq!(state.on(id, at(EXPIRES), &event, at(now)).after, state);
        }
    }

    #[test]
    fn an_attempt_never_waits_past_the_expiry() {
        let id = MessageId::new(at(0));
        let state = Outgoing::packed(at(0));
        let failed = state.on(id, at(10), &OutgoingEvent::Failed(Failure::Refused), at(5));
        assert_eq!(failed.after, Outgoing::Queued { failures: 1, next_at: at(10) });
    }

    #[test]
    fn what_is_sent_again_begins_its_schedule_anew() {
        let id = MessageId::new(at(0));
        let queued = Outgoing::Queued { failures: 9, next_at: at(0) };
        let event = OutgoingEvent::Failed(Failure::RefusedForGood);
        let refused = queued.on(id, at(EXPIRES), &event, at(5)).after;
        assert_eq!(refused, Outgoing::Refused);
        let again = refused.on(id, at(EXPIRES), &OutgoingEvent::Resend, at(7)).after;
        assert_eq!(again, Outgoing::Queued { failures: 0, next_at: at(7) });
    }

    #[test]
    fn an_outcome_is_told_once() {
        use Outgoing::{
            Consigned, Expired, HandedOver, HeldByRecipient, Refused, Rejected, Superseded,
        };
        let queued = Outgoing::packed(at(0));
        let step = |before, after| Transition { before, after };
        for after in [Refused, Consigned, HeldByRecipient, HandedOver, Rejected, Expired] {
            assert!(step(queued, after).is_outcome(), "{after:?}");
            assert!(!step(after, after).is_outcome(), "{after:?}");
        }
        assert!(!step(queued, Superseded).is_outcome());
        assert!(!step(Consigned, HandedOver).is_outcome(), "it was delivered before");
        assert!(step(Expired, Consigned).is_outcome(), "it arrived after all");
        assert!(step(Refused, Consigned).is_outcome() && step(Refused, Rejected).is_outcome());
        assert!(!step(Refused, Expired).is_outcome(), "it was told when it was refused");
        assert!(!step(Refused, queued).is_outcome());
        assert!(step(queued, Expired).expires() && step(Refused, Expired).expires());
        assert!(!step(Expired, Expired).expires(), "it was given up before");
        assert!(!step(queued, Rejected).expires());
    }

    #[test]
    fn stored_parts_come_back() {
        for state in states() {
            let (failures, next_at) = state.planned().unwrap_or((7, at(9)));
            assert_eq!(Outgoing::in_state(state.state(), failures, next_at), state);
        }
    }
}
