//! The states of a package on its way, and what each event makes of them.
//!
//! Pure: time comes in as an argument, effects go out as values. The node stores the new state
//! with its journal row in one transaction and performs the effects afterwards; after a crash it
//! derives them again from the stored states ([`Outgoing::pending`], [`Incoming::pending`]).
//!
//! Only a signed receipt moves a package forward; a connection or an HTTP status never does. A
//! pair of state and event that cannot happen changes nothing.

mod incoming;
mod outgoing;
mod retry;

pub use incoming::{Incoming, IncomingEffect, IncomingEvent};
pub use outgoing::{Failure, Outgoing, OutgoingEffect, OutgoingEvent, OutgoingReceipt};
pub use retry::{LONGEST_WAIT, due_at, retry_delay};

/// The text of a stored state is not one of ours: the store was written by something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown state {0:?} in the store")]
pub struct UnknownState(pub String);
