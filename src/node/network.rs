//! How a node reaches its partners: over TLS, or in a simulation.

use std::sync::Arc;
use std::time::Duration;

#[cfg(test)]
use super::simulated::Wire;
use crate::link::{self, ClientLimits, Endpoint, PutReply, ReceiptPage, SendError, Status, Tls};
use crate::types::{Hashed, MessageId, OfficeNumber};

/// How a node reaches others and is reached.
#[derive(Clone)]
pub(super) enum Network {
    Tls,
    #[cfg(test)]
    Simulated(Arc<dyn Wire>),
}

/// What asks partners.
pub(super) enum Client {
    Tls(Box<link::Client>),
    #[cfg(test)]
    Simulated(Arc<dyn Wire>),
}

impl Network {
    pub(super) fn client(&self, tls: Arc<Tls>, limits: ClientLimits) -> Client {
        match self {
            Self::Tls => Client::Tls(Box::new(link::Client::new(tls, limits))),
            #[cfg(test)]
            Self::Simulated(wire) => Client::Simulated(Arc::clone(wire)),
        }
    }
}

impl Client {
    /// Goes by other limits from now on.
    pub(super) fn set_limits(&self, limits: ClientLimits) {
        match self {
            Self::Tls(client) => client.set_limits(limits),
            #[cfg(test)]
            Self::Simulated(_) => {}
        }
    }

    /// Puts a package; see [`link::Client::put_message`].
    pub(super) async fn put_message(
        &self,
        to: &Endpoint,
        id: MessageId,
        package: Hashed,
    ) -> Result<PutReply, SendError> {
        match self {
            Self::Tls(client) => client.put_message(to, id, package).await,
            #[cfg(test)]
            Self::Simulated(wire) => wire.put_message(to.office, id, package).await,
        }
    }

    /// Collects receipts; see [`link::Client::receipts`].
    pub(super) async fn receipts(
        &self,
        from: &Endpoint,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> Result<ReceiptPage, SendError> {
        match self {
            Self::Tls(client) => client.receipts(from, own, after, wait).await,
            #[cfg(test)]
            Self::Simulated(wire) => wire.receipts(from.office, own, after, wait).await,
        }
    }

    /// Asks who is there; see [`link::Client::status`].
    pub(super) async fn status(&self, of: &Endpoint) -> Result<Status, SendError> {
        match self {
            Self::Tls(client) => client.status(of).await,
            #[cfg(test)]
            Self::Simulated(wire) => wire.status(of.office).await,
        }
    }
}
