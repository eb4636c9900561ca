//! The relay: a third machine at which offices leave sealed packages for each other, and that cannot
//! read them (`spec/PROTOCOL.md`, section 12).
//!
//! | file | holds |
//! |---|---|
//! | `store` | what is kept, in SQLite or in PostgreSQL |
//! | `service` | what is answered: the mailbox routes of [`crate::link`] |
//! | `offices` | whom it knows, and by what |
//! | `rates`, `wakes`, `counts` | how much an office asks, who waits for what, what is counted |
//! | `settings`, `own` | what of the configuration is taken up while it runs; its own certificates |
//! | `error` | what keeps it from starting |
//! | `keeper` | what goes on beside the requests |
//! | `watch_page` | `/healthz` and `/metrics` |
//!
//! An instance keeps nothing that another could not do without: what it knows is in the store, and
//! what it has in memory is there to be quick. It logs ids, office numbers, sizes and times.

mod bodies;
mod counts;
mod error;
mod keeper;
mod offices;
mod own;
mod rates;
mod service;
mod settings;
pub mod store;
mod wakes;
mod watch_page;

use std::net::SocketAddr;
use std::sync::{Arc, RwLock};

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::config::RelayConfig;
use crate::link::{Grants, Server, Tls};
use crate::types::Clock;
use crate::work::{self, systemd, watch};
pub use error::RelayError;
pub use own::{OwnCertificates, Told};

use counts::Counts;
use keeper::{Change, Keeper};
use offices::Offices;
use rates::Rates;
use service::{INTRODUCTION, INTRODUCTIONS, Mailboxes};
use settings::Settings;
use store::{Hint, RelayStore};
use wakes::Wakes;

/// Hints for other instances that may wait; what does not fit is found by looking.
const HINTS: usize = 4096;

/// A relay that runs.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    watched_at: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    moved: watch::Receiver<bool>,
    change: mpsc::Sender<Change>,
    serving: JoinHandle<()>,
    beside: Vec<JoinHandle<()>>,
}

/// A relay that nobody reaches yet.
struct Prepared<S> {
    mailboxes: Arc<Mailboxes<S>>,
    tls: Arc<Tls>,
    settings: Settings,
    /// What is to be told to other instances.
    told: mpsc::Receiver<Hint>,
    /// Ends what goes on.
    stop: watch::Sender<bool>,
}

/// What goes on beside the requests.
struct Kept {
    keeping: JoinHandle<()>,
    /// Ends it, and what serves.
    stop: watch::Sender<bool>,
    moved: watch::Receiver<bool>,
    change: mpsc::Sender<Change>,
}

impl<S: RelayStore> Prepared<S> {
    async fn new(config: &RelayConfig, store: S, clock: Clock) -> Result<Self, RelayError> {
        let folder = &config.node.data;
        crate::disk::create_private_folders(folder)
            .map_err(|error| RelayError::Folder { folder: folder.clone(), error })?;
        let settings = Settings::load(config)?;
        let store = Arc::new(store);
        let rows = store.positions().await?;
        let offices = Offices::load(&settings.sources, &*store, &rows, None).await?;
        let tls = Tls::new(settings.tls(&offices), clock.clone())?;
        let (tell, told) = mpsc::channel(HINTS);
        let mailboxes = Arc::new(Mailboxes {
            store,
            clock,
            granted: RwLock::new(Arc::clone(&settings.granted)),
            offices: RwLock::new(Arc::new(offices)),
            own: RwLock::new(Arc::clone(&settings.own)),
            wakes: Wakes::new(tell),
            rates: Rates::new(settings.office_rate),
            introductions: Rates::each(INTRODUCTION, INTRODUCTIONS),
            counts: Counts::default(),
        });
        let (stop, _) = watch::channel(false);
        Ok(Self { mailboxes, tls, settings, told, stop })
    }

    /// Begins what goes on beside the requests. `grants` are those of what serves.
    fn keep(self, grants: Arc<Grants>) -> Kept {
        let Self { mailboxes, tls, settings, told, stop } = self;
        let (tell_moved, moved) = watch::channel(false);
        let (change, changes) = mpsc::channel(1);
        let stopping = stop.subscribe();
        let keeper = Keeper { mailboxes, tls, grants, settings, stopping, moved: tell_moved };
        let keeping = work::spawn(keeper.run(told, changes));
        Kept { keeping, stop, moved, change }
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
        let cannot = |section: &'static str, address: SocketAddr| {
            move |error| RelayError::Listen { section, address, error }
        };
        let prepared = Prepared::new(config, store, clock).await?;
        let listen = config.listen;
        let listener = TcpListener::bind(listen).await.map_err(cannot("node", listen))?;
        let watched = match config.status {
            None => None,
            Some(address) => {
                let bound = TcpListener::bind(address).await;
                Some(bound.map_err(cannot("status", address))?)
            }
        };
        let watched_at = watched.as_ref().and_then(|watched| watched.local_addr().ok());
        let Prepared { mailboxes, tls, settings, .. } = &prepared;
        let (tls, mailboxes) = (Arc::clone(tls), Arc::clone(mailboxes));
        let server = Server::new(listener, tls, Arc::clone(&mailboxes), settings.limits, folder)
            .map_err(cannot("node", listen))?;
        let address = server.address();
        let Kept { keeping, stop, moved, change } = prepared.keep(server.grants());
        let mut shutdown = stop.subscribe();
        let mut beside = vec![keeping];
        beside.extend(
            watched.map(|watched| {
                work::spawn(watch_page::serve(watched, mailboxes, shutdown.clone()))
            }),
        );
        let serving = work::spawn(async move {
            server.run(async move { work::stopped(&mut shutdown).await }).await;
        });
        systemd::ready();
        Ok(Self { address, watched_at, stop, moved, change, serving, beside })
    }

    /// Where offices reach it.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where programs that watch it ask.
    pub const fn watched_at(&self) -> Option<SocketAddr> {
        self.watched_at
    }

    /// Goes by another configuration from now on, as far as that is possible without a new start.
    ///
    /// # Errors
    ///
    /// A file that cannot be used, or the store; all stays as it was.
    pub async fn apply(&self, config: &RelayConfig) -> Result<(), RelayError> {
        let config = config.clone();
        let read = work::blocking(move || Settings::load(&config)).await;
        let settings = read.map_err(|_| RelayError::Stopping)??;
        let (answer, answered) = oneshot::channel();
        self.change.send((settings, answer)).await.map_err(|_| RelayError::Stopping)?;
        answered.await.map_err(|_| RelayError::Stopping)?
    }

    /// Waits until what its store has was moved elsewhere.
    pub async fn moved(&self) {
        let mut moved = self.moved.clone();
        if moved.wait_for(|moved| *moved).await.is_err() {
            // The keeper ended, as the relay stops.
            std::future::pending::<()>().await;
        }
    }

    /// Stops: takes nothing new, and answers what is under way.
    pub async fn stop(self) {
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
        let prepared = Prepared::new(config, store, clock).await?;
        let Prepared { mailboxes, tls, settings, stop, .. } = &prepared;
        let (tls, mailboxes) = (Arc::clone(tls), Arc::clone(mailboxes));
        let grants = Grants::new(settings.limits, &config.node.data);
        let granted = Arc::clone(&grants);
        let station = crate::link::Station::new(tls, mailboxes, granted, stop.subscribe());
        let Kept { keeping, stop, .. } = prepared.keep(grants);
        Ok(Self { station, stop, keeping })
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        let _ = self.keeping.await;
    }
}
