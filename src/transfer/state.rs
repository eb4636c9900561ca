//! The states by name, without what a package in them carries: as the store keeps them and the
//! history tells them.

use serde::{Serialize, Serializer};

/// Which way a package goes, from our point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// We send it.
    Out,
    /// We receive it.
    In,
}

/// An enumeration whose names are stored and shown.
macro_rules! named {
    ($(#[$about:meta])* $type:ident { $($(#[$meaning:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type {
            $($(#[$meaning])* $variant,)+
        }

        impl $type {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name under which it is stored and shown to programs.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The one of this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }
        }
    };
}

named! {
    /// The states of [`Outgoing`](super::Outgoing).
    OutgoingState {
        /// Waits for its next attempt.
        Queued = "QUEUED",
        /// A relay keeps it for the recipient, which has not signed for it.
        Deposited = "DEPOSITED",
        /// The partner will never take it as it is; waits for a person.
        Refused = "REFUSED",
        /// Durable at the recipient.
        Consigned = "CONSIGNED",
        /// The recipient has it and cannot place its files.
        HeldByRecipient = "HELD_BY_RECIPIENT",
        /// In the recipient's import folder.
        HandedOver = "HANDED_OVER",
        /// Refused by the recipient.
        Rejected = "REJECTED",
        /// The recipient was asked to give it back, and has not answered.
        RecallAsked = "RECALL_ASKED",
        /// Taken back before it was placed.
        Recalled = "RECALLED",
        /// Given up.
        Expired = "EXPIRED",
        /// Replaced by another package.
        Superseded = "SUPERSEDED",
        /// Lies in the outbox until a person uploads it to the WEB service.
        ToUpload = "TO_UPLOAD",
        /// Lies in the outbox until a person sends it on paper.
        ToPrint = "TO_PRINT",
        /// Uploaded to the WEB service, as a person says.
        Uploaded = "UPLOADED",
        /// Sent on paper, as a person says.
        SentOnPaper = "SENT_ON_PAPER",
    }
}

named! {
    /// The states of [`Incoming`](super::Incoming).
    IncomingState {
        /// Durable here, not placed yet.
        Committed = "COMMITTED",
        /// Refused by us.
        Rejected = "REJECTED",
        /// Taken back by its sender before it was placed.
        Recalled = "RECALLED",
        /// In our import folder.
        Placed = "PLACED",
        /// In our import folder, and signed for.
        HandedOver = "HANDED_OVER",
        /// Waits for a person.
        Held = "HELD",
    }
}

named! {
    /// How it stands with a set of ours that was held before it became a package.
    HeldSet {
        /// Waits for a person.
        Held = "HELD",
        /// Needs nobody any more.
        Settled = "SETTLED",
    }
}

impl OutgoingState {
    /// Whether nothing more is done with the package. A consigned one is safe at the partner, whether
    /// or not its files come out of a hold folder there one day; a refused one is given up some day.
    pub const fn is_at_rest(self) -> bool {
        match self {
            Self::Queued
            | Self::Deposited
            | Self::RecallAsked
            | Self::Refused
            | Self::ToUpload
            | Self::ToPrint => false,
            Self::Consigned
            | Self::HeldByRecipient
            | Self::HandedOver
            | Self::Rejected
            | Self::Recalled
            | Self::Expired
            | Self::Superseded
            | Self::Uploaded
            | Self::SentOnPaper => true,
        }
    }

    /// Whether the recipient has signed that it has the package, and has not refused it since.
    pub const fn is_delivered(self) -> bool {
        matches!(self, Self::Consigned | Self::HeldByRecipient | Self::HandedOver)
    }

    /// Whether it lies in the outbox until a person hands it over.
    pub const fn is_in_outbox(self) -> bool {
        matches!(self, Self::ToUpload | Self::ToPrint)
    }

    /// Whether a person said that it was handed over, and nobody signed for it.
    pub const fn is_by_word(self) -> bool {
        matches!(self, Self::Uploaded | Self::SentOnPaper)
    }
}

impl IncomingState {
    /// Whether nothing more is done with the package, unless a person decides otherwise.
    pub const fn is_at_rest(self) -> bool {
        match self {
            Self::Committed | Self::Placed => false,
            Self::Rejected | Self::Recalled | Self::HandedOver | Self::Held => true,
        }
    }
}

/// Where a line of the history stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// A package that we send.
    Out(OutgoingState),
    /// A package that we receive.
    In(IncomingState),
    /// A set of ours that did not become a package.
    Set(HeldSet),
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Out, Self::In];

    /// `out` or `in`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

impl State {
    /// The name under which it is stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Out(state) => state.as_str(),
            Self::In(state) => state.as_str(),
            Self::Set(state) => state.as_str(),
        }
    }

    /// The state of this name, of what goes this way.
    pub fn named(direction: Direction, name: &str) -> Option<Self> {
        match direction {
            Direction::Out => OutgoingState::named(name)
                .map(Self::Out)
                .or_else(|| HeldSet::named(name).map(Self::Set)),
            Direction::In => IncomingState::named(name).map(Self::In),
        }
    }

    /// Which way it goes.
    pub const fn direction(self) -> Direction {
        match self {
            Self::Out(_) | Self::Set(_) => Direction::Out,
            Self::In(_) => Direction::In,
        }
    }
}

impl Serialize for Direction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        let out = OutgoingState::ALL.iter().copied().map(State::Out);
        let sets = HeldSet::ALL.iter().copied().map(State::Set);
        let states = out.chain(sets).chain(IncomingState::ALL.iter().copied().map(State::In));
        for state in states {
            assert_eq!(State::named(state.direction(), state.as_str()), Some(state));
        }
        assert_eq!(State::named(Direction::In, "QUEUED"), None, "a state of the other way");
        assert_eq!(State::named(Direction::Out, "LOST"), None);
        assert_eq!(Direction::named("in"), Some(Direction::In));
        assert_eq!(Direction::named("IN"), None);
    }
}
