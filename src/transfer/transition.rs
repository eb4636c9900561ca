//! A step from one state to the next.

use super::{Outgoing, OutgoingState};

/// What an event made of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition<S> {
    /// The state in which the event found the package.
    pub before: S,
    /// The state that it is in now.
    pub after: S,
}

impl<S: PartialEq> Transition<S> {
    /// Whether the event changed anything.
    pub fn changes(&self) -> bool {
        self.before != self.after
    }
}

impl Transition<Outgoing> {
    /// Whether the package was given up just now. An `Expiry` receipt of our own is then to be
    /// signed, so that the history can prove it.
    pub fn expires(&self) -> bool {
        self.changes() && self.after == Outgoing::Expired
    }

    /// Whether it led to an outcome that is to be shown in the folders: delivered, refused or given
    /// up. One that is delivered already is shown.
    pub fn is_outcome(&self) -> bool {
        let was_there = [OutgoingState::Consigned, OutgoingState::HeldByRecipient];
        self.changes()
            && match self.after.state() {
                OutgoingState::Queued | OutgoingState::Superseded => false,
                OutgoingState::Consigned
                | OutgoingState::HeldByRecipient
                | OutgoingState::HandedOver => !was_there.contains(&self.before.state()),
                OutgoingState::Rejected | OutgoingState::Expired => true,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_told_once() {
        use Outgoing::{Consigned, Expired, HandedOver, HeldByRecipient, Rejected, Superseded};
        let queued = Outgoing::packed(jiff::Timestamp::UNIX_EPOCH);
        let step = |before, after| Transition { before, after };
        for after in [Consigned, HeldByRecipient, HandedOver, Rejected, Expired] {
            assert!(step(queued, after).is_outcome(), "{after:?}");
            assert!(!step(after, after).is_outcome(), "{after:?}");
        }
        assert!(!step(queued, Superseded).is_outcome());
        assert!(!step(Consigned, HandedOver).is_outcome(), "it was delivered before");
        assert!(step(Expired, Consigned).is_outcome(), "it arrived after all");
        assert!(step(queued, Expired).expires());
        assert!(!step(Expired, Expired).expires(), "it was given up before");
        assert!(!step(queued, Rejected).expires());
    }
}
