//! The recipient's side.

use jiff::Timestamp;

use super::UnknownState;
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
    /// The handover receipt is signed and stored.
    HandoverSigned,
}

/// What the node has to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncomingEffect {
    /// Place the files, in their turn, not before this time.
    PlaceFrom(Timestamp),
    /// Sign and store the handover receipt.
    SignHandover,
}

impl Incoming {
    /// The state of a package that was just committed.
    pub const fn committed(now: Timestamp) -> Self {
        Self::Committed { failures: 0, next_at: now }
    }

    /// The state after `event`, and what follows from it.
    #[must_use]
    pub fn on(
        self,
        id: MessageId,
        event: &IncomingEvent,
        now: Timestamp,
    ) -> (Self, Option<IncomingEffect>) {
        let next = match (self, event) {
            (Self::Committed { .. }, IncomingEvent::FilesPlaced) => Self::Placed,
            (Self::Committed { .. }, IncomingEvent::Withheld) => Self::Held,
            (Self::Held, IncomingEvent::Released) => Self::committed(now),
            (Self::Held, IncomingEvent::Dismissed) => Self::Rejected,
            (Self::Committed { failures, .. }, IncomingEvent::PlacingFailed) => {
                let failures = failures.saturating_add(1);
                let next_at = now.checked_add(super::retry_delay(id, failures)).unwrap_or(now);
                Self::Committed { failures, next_at }
            }
            (Self::Placed, IncomingEvent::HandoverSigned) => Self::HandedOver,
            (
                Self::Committed { .. }
                | Self::Rejected
                | Self::Placed
                | Self::HandedOver
                | Self::Held,
                _,
            ) => self,
        };
        (next, if next == self { None } else { next.pending() })
    }

    /// What a package in this state waits for; also what the node takes up again at its start.
    pub const fn pending(self) -> Option<IncomingEffect> {
        match self {
            Self::Committed { next_at, .. } => Some(IncomingEffect::PlaceFrom(next_at)),
            Self::Placed => Some(IncomingEffect::SignHandover),
            Self::Rejected | Self::HandedOver | Self::Held => None,
        }
    }

    /// How the state is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Committed { .. } => "COMMITTED",
            Self::Rejected => "REJECTED",
            Self::Placed => "PLACED",
            Self::HandedOver => "HANDED_OVER",
            Self::Held => "HELD",
        }
    }

    /// The state from its stored parts.
    pub fn from_stored(
        text: &str,
        failures: u32,
        next_at: Timestamp,
    ) -> Result<Self, UnknownState> {
        match text {
            "COMMITTED" => Ok(Self::Committed { failures, next_at }),
            "REJECTED" => Ok(Self::Rejected),
            "PLACED" => Ok(Self::Placed),
            "HANDED_OVER" => Ok(Self::HandedOver),
            "HELD" => Ok(Self::Held),
            _ => Err(UnknownState(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1000).expect("in range")
    }

    fn states() -> [Incoming; 5] {
        [
            Incoming::committed(now()),
            Incoming::Rejected,
            Incoming::Placed,
            Incoming::HandedOver,
            Incoming::Held,
        ]
    }

    /// Every pair of state and event.
    #[test]
    fn table_of_all_transitions() {
        use IncomingEvent::{
            Dismissed, FilesPlaced, HandoverSigned, PlacingFailed, Released, Withheld,
        };
        let events = [FilesPlaced, PlacingFailed, Withheld, HandoverSigned, Released, Dismissed];
        let expected = [
            ["PLACED", "COMMITTED", "HELD", "COMMITTED", "COMMITTED", "COMMITTED"],
            ["REJECTED"; 6],
            ["PLACED", "PLACED", "PLACED", "HANDED_OVER", "PLACED", "PLACED"],
            ["HANDED_OVER"; 6],
            ["HELD", "HELD", "HELD", "HELD", "COMMITTED", "REJECTED"],
        ];
        let id = MessageId::new(now());
        for (state, row) in states().into_iter().zip(expected) {
            for (event, expected) in events.iter().zip(row) {
                let (next, effect) = state.on(id, event, now());
                assert_eq!(next.as_str(), expected, "{state:?} on {event:?}");
                assert_eq!(effect, if next == state { None } else { next.pending() });
            }
        }
    }

    #[test]
    fn placing_is_tried_again_later() {
        let id = MessageId::new(now());
        let (state, effect) =
            Incoming::committed(now()).on(id, &IncomingEvent::PlacingFailed, now());
        let Incoming::Committed { failures: 1, next_at } = state else { panic!("{state:?}") };
        assert!(next_at > now());
        assert_eq!(effect, Some(IncomingEffect::PlaceFrom(next_at)));
    }

    #[test]
    fn stored_text_comes_back() {
        for state in states() {
            assert_eq!(Incoming::from_stored(state.as_str(), 0, now()), Ok(state));
        }
        assert!(Incoming::from_stored("QUEUED", 0, now()).is_err());
    }
}
