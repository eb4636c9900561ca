//! How a node and its partners reach each other: over TLS, or in a simulation.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::inbound::Inbound;
#[cfg(test)]
use super::simulated::Wire;
use crate::link::{
    self, ClientLimits, Endpoint, Limits, PutReply, ReceiptPage, SendError, Server, Status, Tls,
};
use crate::types::{Hashed, MessageId, OfficeNumber};

/// How a node reaches others and is reached.
#[derive(Clone)]
pub(super) enum Network {
    Tls,
    #[cfg(test)]
    Simulated(Arc<dyn Wire>),
}

/// Where a node will listen.
pub(super) enum Place {
    Port(TcpListener),
    #[cfg(test)]
    Simulated(Arc<dyn Wire>),
}

/// What listens.
pub(super) enum Listener {
    Tls(Box<Server<Inbound>>),
    #[cfg(test)]
    Simulated(super::simulated::Listener),
}

/// What asks partners.
pub(super) enum Client {
    Tls(Box<link::Client>),
    #[cfg(test)]
    Simulated(Arc<dyn Wire>),
}

impl Network {
    pub(super) async fn bind(&self, address: SocketAddr) -> io::Result<Place> {
        match self {
            Self::Tls => TcpListener::bind(address).await.map(Place::Port),
            #[cfg(test)]
            Self::Simulated(wire) => Ok(Place::Simulated(Arc::clone(wire))),
        }
    }

    pub(super) fn client(&self, tls: Arc<Tls>, limits: ClientLimits) -> Client {
        match self {
            Self::Tls => Client::Tls(Box::new(link::Client::new(tls, limits))),
            #[cfg(test)]
            Self::Simulated(wire) => Client::Simulated(Arc::clone(wire)),
        }
    }
}

impl Place {
    pub(super) fn listen(
        self,
        tls: Arc<Tls>,
        service: Arc<Inbound>,
        limits: Limits,
        folder: &Path,
    ) -> io::Result<Listener> {
        match self {
            Self::Port(listener) => Server::new(listener, tls, service, limits, folder)
                .map(|server| Listener::Tls(Box::new(server))),
            #[cfg(test)]
            Self::Simulated(wire) => {
                let listener = super::simulated::Listener::new(wire, tls, service, limits, folder);
                Ok(Listener::Simulated(listener))
            }
        }
    }
}

impl Listener {
    pub(super) fn address(&self) -> SocketAddr {
        match self {
            Self::Tls(server) => server.address(),
            #[cfg(test)]
            Self::Simulated(_) => SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }

    /// Serves until `shutdown` is ready and what was in flight then has been answered.
    pub(super) async fn run(self, shutdown: impl Future<Output = ()>) {
        match self {
            Self::Tls(server) => _ = server.run(shutdown).await,
            #[cfg(test)]
            Self::Simulated(listener) => listener.run(shutdown).await,
        }
    }
}

impl Client {
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
