//! The recipient's side.

use jiff::Timestamp;

use super::retry::retry_delay;
use super::{IncomingState, Transition};
use crate::types::MessageId;

/// The state of a package that we receive.
///
/// A package enters the store in one transaction together with the receipt that answers it, so
/// the first stored state is either of the first two. Fetched and verified are moments in memory:
/// a crash there leaves nothing, and the sender repeats itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming {
    /// Durable here, the consignment receipt is signed; the files wait for their turn.
    Committed {
        /// Attempts to place the files that failed so far.
        failures: u32,
        /// When to try next.
        next_at: Timestamp,
    },
    /// Refused with a signed rejection. Final.
    Rejected,
    /// Its sender took it back before it was placed; the rejection that says so is signed. Final.
    Recalled,
    /// The files are in the import folder; the handover receipt is still to be signed.
    Placed,
    /// The handover receipt is signed and waits to be collected. Final.
    HandedOver,
    /// The files cannot be placed, because a different file of the same name lies in the import
    /// folder or the stored package is damaged. Nothing happens until a person decides.
    Held,
}

/// What happens to an incoming package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncomingEvent {
    /// All files are in the import folder, durably.
    FilesPlaced,
    /// The import folder could not be written; nothing is lost, try again.
    PlacingFailed,
    /// It cannot be placed as things are: a person decides.
    Withheld,
    /// Whatever was in the way is gone, a person says, or the sender sent the very package again:
    /// to be placed anew.
    Released,
    /// A person does not want it: the rejection is signed and stored.
    Dismissed,
    /// Its sender wants it back, and none of its files was shown: the rejection is signed and stored.
    Recalled,
    /// The handover receipt is signed and stored.
    HandoverSigned,
}

impl Incoming {
    /// The state of a package that was just committed.
    pub const fn committed(now: Timestamp) -> Self {
        Self::Committed { failures: 0, next_at: now }
    }

    /// What `event` makes of the package.
    #[must_use]
    pub fn on(self, id: MessageId, event: &IncomingEvent, now: Timestamp) -> Transition<Self> {
        let after = match (self, event) {
            (Self::Committed { .. }, IncomingEvent::FilesPlaced) => Self::Placed,
            (Self::Committed { .. }, IncomingEvent::Withheld) => Self::Held,
            (Self::Held, IncomingEvent::Released) => Self::committed(now),
            (Self::Held, IncomingEvent::Dismissed) => Self::Rejected,
            (Self::Committed { .. } | Self::Held, IncomingEvent::Recalled) => Self::Recalled,
            (Self::Committed { failures, .. }, IncomingEvent::PlacingFailed) => {
                let failures = failures.saturating_add(1);
                let next_at = now.checked_add(retry_delay(id, failures)).unwrap_or(now);
                Self::Committed { failures, next_at }
            }
            (Self::Placed, IncomingEvent::HandoverSigned) => Self::HandedOver,
            (
                Self::Committed { .. }
                | Self::Rejected
                | Self::Recalled
                | Self::Placed
                | Self::HandedOver
                | Self::Held,
                _,
            ) => self,
        };
        Transition { before: self, after }
    }

    /// The state without what a package in it carries.
    pub const fn state(self) -> IncomingState {
        match self {
            Self::Committed { .. } => IncomingState::Committed,
            Self::Rejected => IncomingState::Rejected,
            Self::Recalled => IncomingState::Recalled,
            Self::Placed => IncomingState::Placed,
            Self::HandedOver => IncomingState::HandedOver,
            Self::Held => IncomingState::Held,
        }
    }

    /// A package in `state`; one that waits failed so often and is to be placed then.
    pub const fn in_state(state: IncomingState, failures: u32, next_at: Timestamp) -> Self {
        match state {
            IncomingState::Committed => Self::Committed { failures, next_at },
            IncomingState::Rejected => Self::Rejected,
            IncomingState::Recalled => Self::Recalled,
            IncomingState::Placed => Self::Placed,
            IncomingState::HandedOver => Self::HandedOver,
            IncomingState::Held => Self::Held,
        }
    }

    /// How often placing it failed and when it is tried next, if it waits for that.
    pub const fn planned(self) -> Option<(u32, Timestamp)> {
        match self {
            Self::Committed { failures, next_at } => Some((failures, next_at)),
            Self::Rejected | Self::Recalled | Self::Placed | Self::HandedOver | Self::Held => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1000).expect("in range")
    }

    fn states() -> [Incoming; 6] {
        [
            Incoming::committed(now()),
            Incoming::Rejected,
            Incoming::Recalled,
            Incoming::Placed,
            Incoming::HandedOver,
            Incoming::Held,
        ]
    }

    /// Every pair of state and event.
    #[test]
    fn table_of_all_transitions() {
        use IncomingEvent::{
            Dismissed, FilesPlaced, HandoverSigned, PlacingFailed, Recalled, Released, Withheld,
        };
        use IncomingState::{Committed, HandedOver, Held, Placed, Rejected};
        const BACK: IncomingState = IncomingState::Recalled;
        let events =
            [FilesPlaced, PlacingFailed, Withheld, HandoverSigned, Released, Dismissed, Recalled];
        let expected = [
            [Placed, Committed, Held, Committed, Committed, Committed, BACK],
            [Rejected; 7],
            [BACK; 7],
            [Placed, Placed, Placed, HandedOver, Placed, Placed, Placed],
            [HandedOver; 7],
            [Held, Held, Held, Held, Committed, Rejected, BACK],
        ];
        let id = MessageId::new(now());
        for (state, row) in states().into_iter().zip(expected) {
            for (event, expected) in events.iter().zip(row) {
                let Transition { before, after } = state.on(id, event, now());
                assert_eq!((before, after.state()), (state, expected), "{state:?} on {event:?}");
            }
        }
    }

    #[test]
    fn placing_is_tried_again_later() {
        let id = MessageId::new(now());
        let failed = Incoming::committed(now()).on(id, &IncomingEvent::PlacingFailed, now());
        let Incoming::Committed { failures: 1, next_at } = failed.after else {
            panic!("{failed:?}")
        };
        assert!(next_at > now());
    }

    #[test]
    fn stored_parts_come_back() {
        for state in states() {
            let (failures, next_at) = state.planned().unwrap_or((7, now()));
            assert_eq!(Incoming::in_state(state.state(), failures, next_at), state);
        }
    }
}
