//! Every state and every event of a package that we send.

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
            assert_eq!(on(done, OutgoingEvent::NotHanded).after, waits, "said by mistake");
            assert!(!on(waits, OutgoingEvent::NotHanded).changes());
            assert!(on(waits, OutgoingEvent::Superseded).is_outcome(), "it leaves the outbox");
            assert!(!on(done, OutgoingEvent::Superseded).changes());
        }
        assert!(!done.is_delivered(), "nobody signed for it");
        for state in [waits, done] {
            assert_eq!(Outgoing::in_state(state.state(), 0, at(0)), state);
        }
    }
    for state in states() {
        for event in [OutgoingEvent::Handed, OutgoingEvent::NotHanded] {
            assert!(!state.on(id, at(EXPIRES), &event, at(5)).changes());
        }
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
