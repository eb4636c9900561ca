//! The relay: a third machine at which offices leave sealed packages for each other, and that cannot
//! read them (`spec/PROTOCOL.md`, section 12).
//!
//! | file | holds |
//! |---|---|
//! | `store` | what is kept, in SQLite or in PostgreSQL |
//! | `service` | what is answered: the mailbox routes of [`crate::link`] |
//! | `offices` | whom it knows, and by what |
//! | `rates`, `wakes`, `counts` | how much an office asks, who waits for what, what is counted |
//! | `keeper` | what goes on beside the requests |
//! | `watch_page` | `/healthz` and `/metrics` |
//!
//! An instance keeps nothing that another could not do without: what it knows is in the store, and
//! what it has in memory is there to be quick. It logs ids, office numbers, sizes and times.

mod counts;
mod keeper;
mod offices;
mod rates;
mod service;
pub mod store;
mod wakes;
mod watch_page;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::certs::{self, CertsError};
use crate::config::RelayConfig;
use crate::link::{Limits, Server, Tls, TlsError, TlsSettings, TlsVersions};
use crate::package::{self, SignerError};
use crate::types::Clock;
use crate::work::{self, systemd, watch};
use counts::Counts;
use keeper::Keeper;
use offices::{Offices, Sources};
use rates::Rates;
use service::{Mailboxes, Terms};
use store::{Hint, Quota, RelayStore, RelayStoreError};
use wakes::Wakes;

/// Hints for other instances that may wait; what does not fit is found by looking.
const HINTS: usize = 4096;

/// What keeps a relay from starting.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A file of certificates.
    #[error("{0}")]
    Certs(#[from] CertsError),
    /// The certificate or key that acceptances are signed with.
    #[error("the signing certificate cannot be used: {0}")]
    Signer(#[from] SignerError),
    /// The certificate or key for TLS.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// The store.
    #[error("{0}")]
    Store(#[from] RelayStoreError),
    /// An address that is taken, or a folder that cannot be made.
    #[error("{what}: {error}")]
    Io {
        /// What was to be done.
        what: String,
        /// Why it could not.
        error: io::Error,
    },
}

/// A relay that runs.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    watched_at: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    beside: Vec<JoinHandle<()>>,
}

/// A relay that nobody reaches yet.
struct Prepared<S> {
    mailboxes: Arc<Mailboxes<S>>,
    tls: Arc<Tls>,
    keeper: Keeper<S>,
    /// What the keeper is to tell other instances.
    told: mpsc::Receiver<Hint>,
    /// Ends the keeper, and what serves.
    stop: watch::Sender<bool>,
}

impl<S: RelayStore> Prepared<S> {
    async fn new(config: &RelayConfig, store: S, clock: Clock) -> Result<Self, RelayError> {
        let folder = &config.node.data;
        crate::disk::create_private_folders(folder)
            .map_err(|error| RelayError::Io { what: folder.display().to_string(), error })?;
        let sources = Sources::load(config)?;
        let identity = certs::load(&config.tls.identity)?;
        let signer = certs::load(&config.signing)?.signer()?;
        let allow_tls12 = config.tls.allow_tls12;
        let settings = move |offices: &Offices| TlsSettings {
            chain: identity.chain().to_vec(),
            key: identity.key(),
            trust: Arc::clone(&offices.trust),
            versions: if allow_tls12 {
                TlsVersions::Tls13AndHighSecurity12
            } else {
                TlsVersions::Tls13
            },
            strangers: true,
        };
        let store = Arc::new(store);
        let rows = store.positions().await?;
        let offices = Offices::load(&sources, &*store, &rows, None).await?;
        let tls = Tls::new(settings(&offices), clock.clone())?;
        let (tell, told) = mpsc::channel(HINTS);
        let mailboxes = Arc::new(Mailboxes {
            store,
            clock,
            terms: terms(config),
            offices: RwLock::new(Arc::new(offices)),
            signer,
            wakes: Wakes::new(tell),
            rates: Rates::new(config.limits.office_rate),
            counts: Counts::default(),
        });
        let (stop, stopping) = watch::channel(false);
        let keeper = Keeper {
            mailboxes: Arc::clone(&mailboxes),
            tls: Arc::clone(&tls),
            sources,
            settings: Box::new(settings),
            remember: config.remember,
            stopping,
        };
        Ok(Self { mailboxes, tls, keeper, told, stop })
    }
}

impl Relay {
    /// Starts a relay on a store that is open.
    pub async fn start<S: RelayStore>(
        config: &RelayConfig,
        store: S,
        clock: Clock,
    ) -> Result<Self, RelayError> {
        let folder = &config.node.data;
        let failed = |what: String| move |error| RelayError::Io { what, error };
        let prepared = Prepared::new(config, store, clock).await?;
        let Prepared { mailboxes, tls, keeper, told, stop } = prepared;
        let listen = config.listen;
        let listener = TcpListener::bind(listen).await.map_err(failed(listen.to_string()))?;
        let watched = match config.status {
            None => None,
            Some(address) => {
                let bound = TcpListener::bind(address).await;
                Some(bound.map_err(failed(address.to_string()))?)
            }
        };
        let watched_at = watched.as_ref().and_then(|watched| watched.local_addr().ok());
        let server = Server::new(listener, tls, Arc::clone(&mailboxes), limits(config), folder)
            .map_err(failed(listen.to_string()))?;
        let address = server.address();
        let mut shutdown = stop.subscribe();
        let mut beside = vec![work::spawn(keeper.run(told))];
        beside.extend(
            watched.map(|watched| {
                work::spawn(watch_page::serve(watched, mailboxes, shutdown.clone()))
            }),
        );
        let serving = work::spawn(async move {
            server.run(async move { work::stopped(&mut shutdown).await }).await;
        });
        systemd::ready();
        Ok(Self { address, watched_at, stop, serving, beside })
    }

    /// Where offices reach it.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where programs that watch it ask.
    pub const fn watched_at(&self) -> Option<SocketAddr> {
        self.watched_at
    }

    /// Stops: takes nothing new, and answers what is under way.
    pub async fn stop(self) {
        systemd::stopping();
        self.stop.send_replace(true);
        let _ = self.serving.await;
        for task in self.beside {
            let _ = task.await;
        }
    }
}

/// A relay in a simulation: the same, but for the network.
#[cfg(test)]
pub(crate) struct SimulatedRelay {
    /// What answers.
    pub(crate) station: crate::link::Station,
    stop: watch::Sender<bool>,
    keeping: JoinHandle<()>,
}

#[cfg(test)]
impl SimulatedRelay {
    pub(crate) async fn start<S: RelayStore>(
        config: &RelayConfig,
        store: S,
        clock: Clock,
    ) -> Result<Self, RelayError> {
        let Prepared { mailboxes, tls, keeper, told, stop } =
            Prepared::new(config, store, clock).await?;
        let (limits, folder) = (limits(config), &config.node.data);
        let station = crate::link::Station::new(tls, mailboxes, limits, folder, stop.subscribe());
        let keeping = work::spawn(keeper.run(told));
        Ok(Self { station, stop, keeping })
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        let _ = self.keeping.await;
    }
}

fn terms(config: &RelayConfig) -> Terms {
    let limits = &config.limits;
    Terms {
        package: package::Limits {
            package_bytes: usize::try_from(limits.package_size).unwrap_or(usize::MAX),
            ..package::Limits::default()
        },
        quota: Quota { bytes: limits.office_store, messages: limits.office_messages.into() },
        keep: limits.keep,
    }
}

/// What the link grants.
fn limits(config: &RelayConfig) -> Limits {
    let granted = &config.limits;
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let defaults = Limits::default();
    Limits {
        package_bytes: granted.package_size,
        body_memory: granted.body_memory,
        connections: number(granted.connections),
        partner_connections: Some(number(granted.office_connections)),
        // Offices that introduce themselves are guests too, and a balancer has one address for all.
        guests: defaults.guests.max(number(granted.connections) / 16),
        request_timeout: Duration::from_secs(30),
        ..defaults
    }
}
