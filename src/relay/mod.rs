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
use store::{Quota, RelayStore, RelayStoreError};
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
    moved: watch::Receiver<bool>,
    serving: JoinHandle<()>,
    beside: Vec<JoinHandle<()>>,
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
        crate::disk::create_private_folders(folder)
            .map_err(failed(folder.display().to_string()))?;
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
        let server =
            Server::new(listener, Arc::clone(&tls), Arc::clone(&mailboxes), limits(config), folder)
                .map_err(failed(listen.to_string()))?;
        let address = server.address();
        let (stop, stopping) = watch::channel(false);
        let (tell_moved, moved) = watch::channel(false);
        let keeper = Keeper {
            mailboxes: Arc::clone(&mailboxes),
            tls,
            sources,
            settings: Box::new(settings),
            remember: config.remember,
            stopping: stopping.clone(),
            moved: tell_moved,
        };
        let mut beside = vec![work::spawn(keeper.run(told))];
        beside.extend(
            watched.map(|watched| {
                work::spawn(watch_page::serve(watched, mailboxes, stopping.clone()))
            }),
        );
        let mut shutdown = stopping;
        let serving = work::spawn(async move {
            server.run(async move { work::stopped(&mut shutdown).await }).await;
        });
        systemd::ready();
        Ok(Self { address, watched_at, stop, moved, serving, beside })
    }

    /// Where offices reach it.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where programs that watch it ask.
    pub const fn watched_at(&self) -> Option<SocketAddr> {
        self.watched_at
    }

    /// Waits until what its store has was moved elsewhere.
    pub async fn moved(&self) {
        let mut moved = self.moved.clone();
        if moved.wait_for(|moved| *moved).await.is_err() {
            // The keeper ended, as the relay stops.
            std::future::pending().await
        }
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
