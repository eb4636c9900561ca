//! Where packages may wait for our offices.

use std::collections::BTreeSet;
use std::fmt;

use crate::config::{Config, Office, Peer, Way};
use crate::link::Endpoint;
use crate::types::{OfficeNumber, PeerUrl};

/// Where packages wait for us.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Source {
    /// A relay, by its address.
    Relay(PeerUrl),
    /// The node of a partner.
    Partner(OfficeNumber),
}

impl Source {
    /// How it is reached at the moment, if it is.
    pub(super) fn endpoint(&self, config: &Config) -> Option<Endpoint> {
        match self {
            Self::Relay(url) => {
                config.relay(url).map(|relay| Endpoint::of_relay(relay.url.clone()))
            }
            Self::Partner(partner) => {
                let url = config.peer(*partner)?.url.clone()?;
                Some(Endpoint::of_office(url, *partner))
            }
        }
    }

    /// The name by which the store knows it.
    pub(super) fn name(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relay(url) => write!(f, "{url}"),
            Self::Partner(partner) => write!(f, "{partner}"),
        }
    }
}

/// One of our offices, and where something may wait for it.
pub(super) type Errand = (OfficeNumber, Source);

/// Where a configuration has us look: at every relay, and with every partner that we can reach if
/// nobody can reach us.
pub(super) fn errands(config: &Config) -> BTreeSet<Errand> {
    let relays = config.relays.iter().map(|relay| Source::Relay(relay.url.clone()));
    let reached = |peer: &&Peer| {
        config.node.listen.is_none() && matches!(config.way(peer), Way::Direct { .. })
    };
    let partners = config.peers.iter().filter(reached);
    let partners = partners.map(|peer| Source::Partner(peer.office));
    let sources: Vec<_> = relays.chain(partners).collect();
    let of_office = |office: &Office| {
        let number = office.number;
        sources.iter().cloned().map(move |source| (number, source)).collect::<Vec<_>>()
    };
    config.offices.iter().flat_map(of_office).collect()
}
