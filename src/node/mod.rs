//! The daemon: wires folders, store, link and proof together for one or more offices.
//!
//! ```text
//! outbound ─▶ store ─▶ dispatch ══ partner ══▶ inbound ─▶ store ─▶ placing
//!              ▲                                                      │
//!              └────────────── collect ◀══ receipts ══════════════════┘
//! ```
//!
//! One task per office looks after its drop folder (`outbound`) and its import folder
//! (`placing`), one per office and partner sends (`dispatch`) and collects receipts (`collect`).
//! They talk through the store: a task finds its work there when it starts, and the others only
//! wake it. So a crash at any moment costs nothing but the time until the next start.
//!
//! # Errors
//!
//! [`StartProblems`] lists everything that keeps the node from starting. Once it runs, nothing
//! stops it but [`Node::stop`]: every fault is logged with its code and tried again.

mod apart;
mod clock;
mod collect;
mod context;
mod conversion;
mod dispatch;
mod guard;
mod housekeeping;
mod inbound;
mod judge;
mod notices;
mod open_files;
mod orders;
mod outbound;
mod placing;
mod problems;
mod proof;
mod quota;
mod start;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

pub use clock::system_clock;
pub use notices::Notice;
pub use problems::{StartProblem, StartProblems};
pub use proof::open_trust;
pub use start::Consent;

use crate::config::Config;
use crate::link::Clock;
use crate::package::Limits;
use crate::spec::Spec;
use crate::store::Store;
use context::{Context, stopped};

/// How long the tasks may take to finish what is in flight.
const STOP_GRACE: Duration = Duration::from_secs(9);

/// Bytes of the manifest that describe one file, at the most.
const MANIFEST_ENTRY: usize = 320;

/// A running node.
pub struct Node {
    context: Arc<Context>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Node {
    /// Opens everything the configuration names, takes up what an earlier run left, and starts.
    ///
    /// # Errors
    ///
    /// Every problem that was found, not only the first.
    pub async fn start(
        config: Config,
        spec: &'static Spec,
        clock: Clock,
        consent: Consent,
    ) -> Result<Self, StartProblems> {
        let opened = start::open(config, spec, clock, consent).await?;
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let context = Arc::clone(&opened.context);
        let address = opened.server.address();

        let mut shutdown = stopping.clone();
        tasks.spawn(async move {
            opened.server.run(async move { stopped(&mut shutdown).await }).await;
        });
        let watched = opened.folders.iter().flat_map(start::OfficeFolders::watched).collect();
        tasks.spawn(guard::run(Arc::clone(&context), watched, stopping.clone()));
        for folders in opened.folders {
            let office = folders.office;
            let (drop, import) = folders.split();
            tasks.spawn(outbound::run(Arc::clone(&context), drop, stopping.clone()));
            tasks.spawn(placing::run(Arc::clone(&context), import, stopping.clone()));
            for peer in &context.config.peers {
                let pair = (office, peer.office);
                tasks.spawn(dispatch::run(Arc::clone(&context), pair, stopping.clone()));
                tasks.spawn(collect::run(Arc::clone(&context), pair, stopping.clone()));
            }
        }
        tasks.spawn(orders::run(Arc::clone(&context), stopping.clone()));
        tasks.spawn(housekeeping::run(Arc::clone(&context), stopping));
        tracing::info!(%address, offices = context.config.offices.len(), "the node is running");
        Ok(Self { context, address, stop, tasks })
    }

    /// Opens everything that the configuration names and lets go of it again: says whether a node
    /// would start. Nothing is sent or received.
    ///
    /// # Errors
    ///
    /// Every problem that was found.
    pub async fn check(
        config: Config,
        spec: &'static Spec,
        clock: Clock,
        consent: Consent,
    ) -> Result<(), StartProblems> {
        start::open(config, spec, clock, consent).await.map(|_| ())
    }

    /// What a package may have at most under a configuration.
    pub fn package_limits(config: &Config) -> Limits {
        let defaults = Limits::default();
        let files = usize::try_from(config.limits.unit_files).unwrap_or(usize::MAX);
        Limits {
            package_bytes: usize::try_from(config.limits.package_size).unwrap_or(usize::MAX),
            // What is allowed to be sent must also be allowed to be described.
            manifest_bytes: defaults.manifest_bytes.max(files.saturating_mul(MANIFEST_ENTRY)),
            files,
            ..defaults
        }
    }

    /// Where partners reach it.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its store, for looking into.
    pub fn store(&self) -> &Store {
        &self.context.store
    }

    /// Finishes what is in flight and stops, within ten seconds. What could not be finished is
    /// taken up at the next start.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let finish = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_GRACE, finish).await.is_err() {
            tracing::warn!("work in flight was cut off; it is taken up at the next start");
            self.tasks.shutdown().await;
        }
        let store = self.context.store.clone();
        if let Some(Err(error)) = context::blocking(move || store.keep_record(true)).await {
            tracing::warn!(code = error.code(), %error, "the record of the store was not renewed");
        }
        tracing::info!("the node has stopped");
    }
}
