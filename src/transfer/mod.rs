//! The states of a package on its way, and what each event makes of them.
//!
//! Pure: time comes in as an argument, and what comes out is a [`Transition`]. The store runs the
//! machines inside its transaction and writes the new state with its journal row.
//!
//! Nothing else follows from a transition by itself. What there is to do stands in the store, and
//! the node asks for it: what is queued and due, which partner still owes a receipt, what is
//! committed and not placed, what is placed and not signed for. A crash loses nothing, because the
//! answers are the same afterwards. One thing is nobody's question: the `Expiry` receipt of a package
//! that was given up ([`Transition::expires`]) is signed by whoever gave it up.
//!
//! Only a signed receipt moves a package forward; a connection or an HTTP status never does. A
//! pair of state and event that cannot happen changes nothing.

mod incoming;
mod outgoing;
mod retry;
mod state;
mod transition;
mod words;

pub use incoming::{Incoming, IncomingEvent};
pub use outgoing::{Failure, Outgoing, OutgoingEvent, OutgoingReceipt};
pub use retry::{LONGEST_WAIT, due_at, retry_delay};
pub use state::{Direction, HeldSet, IncomingState, OutgoingState, State};
pub use transition::Transition;
pub use words::{receipt_about, receipt_in_words, said_in_words};
