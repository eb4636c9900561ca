//! How a node is reached: over TLS, or in a simulation.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::inbound::Inbound;
use super::network::Network;
#[cfg(test)]
use super::simulated::{self, Wire};
use crate::link::{Grants, Server, Tls};

/// Where a node will listen.
pub(super) enum Bound {
    /// Nowhere: nobody connects to this node.
    Nowhere,
    Port(TcpListener),
    #[cfg(test)]
    Simulated(Arc<dyn Wire>),
}

/// What listens.
pub(super) enum Listener {
    /// Nothing does.
    Nothing,
    Tls(Box<Server<Inbound>>),
    #[cfg(test)]
    Simulated(simulated::Listener),
}

impl Bound {
    pub(super) async fn bind(network: &Network, address: Option<SocketAddr>) -> io::Result<Self> {
        match network {
            Network::Tls => match address {
                Some(address) => TcpListener::bind(address).await.map(Self::Port),
                None => Ok(Self::Nowhere),
            },
            #[cfg(test)]
            Network::Simulated(wire) => Ok(Self::Simulated(Arc::clone(wire))),
        }
    }

    pub(super) fn listen(
        self,
        tls: Arc<Tls>,
        service: Arc<Inbound>,
        grants: Arc<Grants>,
    ) -> io::Result<Listener> {
        match self {
            Self::Nowhere => Ok(Listener::Nothing),
            Self::Port(listener) => Server::granting(listener, tls, service, grants)
                .map(|server| Listener::Tls(Box::new(server))),
            #[cfg(test)]
            Self::Simulated(wire) => {
                let listener = simulated::Listener::new(wire, tls, service, grants);
                Ok(Listener::Simulated(listener))
            }
        }
    }
}

impl Listener {
    /// Where partners reach it, if anybody does.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Nothing => None,
            Self::Tls(server) => Some(server.address()),
            #[cfg(test)]
            Self::Simulated(_) => Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        }
    }

    /// Serves until `shutdown` is ready and what was in flight then has been answered.
    pub(super) async fn run(self, shutdown: impl Future<Output = ()>) {
        match self {
            Self::Nothing => shutdown.await,
            Self::Tls(server) => _ = server.run(shutdown).await,
            #[cfg(test)]
            Self::Simulated(listener) => listener.run(shutdown).await,
        }
    }
}
