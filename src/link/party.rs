//! Whom we ask.

use crate::types::{OfficeNumber, PeerUrl};

/// Where a node or a relay is reached, and whom its certificate must speak for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Where it listens.
    pub url: PeerUrl,
    /// Whom we mean to reach there.
    pub party: Party,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Party {
    /// The node of an office.
    Office(OfficeNumber),
    /// The relay that is known by this address.
    Relay(PeerUrl),
}

impl Endpoint {
    /// The node of a partner.
    pub const fn of_office(url: PeerUrl, office: OfficeNumber) -> Self {
        Self { url, party: Party::Office(office) }
    }

    /// A relay.
    pub fn of_relay(url: PeerUrl) -> Self {
        Self { party: Party::Relay(url.clone()), url }
    }
}
