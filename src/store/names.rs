//! Names of states and receipts where they stand in the text of SQL. A partial index serves only a
//! state that stands there: not one that is a parameter.

use crate::package::ReceiptKind;
use crate::transfer::{HeldSet, IncomingState, OutgoingState};

pub(super) const QUEUED: &str = OutgoingState::Queued.as_str();
pub(super) const DEPOSITED: &str = OutgoingState::Deposited.as_str();
pub(super) const REFUSED: &str = OutgoingState::Refused.as_str();
pub(super) const CONSIGNED: &str = OutgoingState::Consigned.as_str();
pub(super) const HANDED_OVER: &str = OutgoingState::HandedOver.as_str();
pub(super) const RECALL_ASKED: &str = OutgoingState::RecallAsked.as_str();
pub(super) const EXPIRED: &str = OutgoingState::Expired.as_str();
pub(super) const SUPERSEDED: &str = OutgoingState::Superseded.as_str();

pub(super) const TO_UPLOAD: &str = OutgoingState::ToUpload.as_str();
pub(super) const TO_PRINT: &str = OutgoingState::ToPrint.as_str();
pub(super) const UPLOADED: &str = OutgoingState::Uploaded.as_str();
pub(super) const SENT_ON_PAPER: &str = OutgoingState::SentOnPaper.as_str();

pub(super) const COMMITTED: &str = IncomingState::Committed.as_str();
pub(super) const PLACED: &str = IncomingState::Placed.as_str();
/// Of a package that came in, as the one above it.
pub(super) const SIGNED_FOR: &str = IncomingState::HandedOver.as_str();
/// Of a package that came in; one of ours that was taken back is called the same.
pub(super) const RECALLED: &str = IncomingState::Recalled.as_str();
pub(super) const WITHHELD: &str = IncomingState::Held.as_str();

/// Of a set of ours.
pub(super) const HELD: &str = HeldSet::Held.as_str();
pub(super) const SETTLED: &str = HeldSet::Settled.as_str();

pub(super) const REJECTION: &str = ReceiptKind::Rejection.as_str();
/// We sign it about what we send; every other receipt of ours is about what we receive.
pub(super) const EXPIRY: &str = ReceiptKind::Expiry.as_str();
