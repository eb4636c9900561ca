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
//! [`StartProblems`] lists everything that keeps the node from starting. Once it runs, it
//! goes on until [`Node::stop`]: every fault is logged with its code and tried again. A task that
//! ends by a fault of the program is begun anew; where that does not help, [`Node::fault`] says so.

mod anew;
mod apart;
mod check;
mod clock;
mod collect;
mod context;
mod conversion;
mod dispatch;
mod expiry;
mod folders;
mod guard;
mod handle;
mod health;
mod housekeeping;
mod inbound;
mod index;
mod judge;
mod listener;
mod month;
mod network;
mod note;
mod notices;
mod open_files;
mod orders;
mod outbound;
mod partners;
mod placing;
#[cfg(test)]
mod planted;
mod problems;
mod proof;
mod quota;
mod receipts;
mod refusals;
mod refused;
mod reissue;
mod scanner;
#[cfg(test)]
pub(crate) mod simulated;
mod start;
mod supervise;
mod surroundings;
mod systemd;
mod time_guard;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use check::Checked;
pub use clock::local_time;
pub use handle::Handle;
pub use health::{Health, TaskHealth};
pub use month::{MonthComparison, compare_month};
pub use notices::Notice;
pub use outbound::NewAttachment;
pub use problems::{StartProblem, StartProblems};
pub use proof::{Pins, open_trust};
pub use start::Consent;
pub use supervise::Fault;

use crate::config::{Config, Draft};
use crate::package::Limits;
use crate::spec::Spec;
use crate::store::Store;
use crate::types::Clock;
use crate::work::watch;
use context::{Context, stopped};
use health::Watcher;
use network::Network;
use supervise::Supervisor;

/// How long the tasks may take to finish what is in flight.
const STOP_GRACE: Duration = Duration::from_secs(9);

/// How long the health file, and the record of the store, may take to say that the node has stopped.
const LAST_WORD: Duration = Duration::from_millis(300);

/// How often the server says that it goes on.
const SERVER_BEAT: Duration = Duration::from_secs(30);

/// Bytes of the manifest that describe one file, at the most.
const MANIFEST_ENTRY: usize = 320;

/// A running node.
pub struct Node {
    context: Arc<Context>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Supervisor,
    watcher: Arc<Watcher>,
    ends: Arc<orders::AllEnds>,
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
        Self::start_on(config, spec, (clock, Network::Tls), consent).await
    }

    async fn start_on(
        config: Config,
        spec: &'static Spec,
        surroundings: (Clock, Network),
        consent: Consent,
    ) -> Result<Self, StartProblems> {
        let opened = start::open(config, spec, surroundings, consent).await?;
        let (stop, stopping) = watch::channel(false);
        let mut tasks = Supervisor::new(stopping.clone());
        let context = Arc::clone(&opened.context);
        let address = opened.server.address();

        let mut shutdown = stopping.clone();
        tasks.once("server", |beat| async move {
            let serving = opened.server.run(async move { stopped(&mut shutdown).await });
            tokio::pin!(serving);
            loop {
                beat.sleeps(SERVER_BEAT);
                tokio::select! {
                    biased;
                    () = &mut serving => return,
                    () = tokio::time::sleep(SERVER_BEAT) => {}
                }
            }
        });
        let store = context.store.clone();
        let mut shutdown = stopping.clone();
        tasks.once("store", |beat| async move {
            // It has no turns of its own: those who wait for it stand still if it does.
            beat.sleeps(Duration::MAX);
            tokio::select! {
                biased;
                () = store.writer_ended() => {}
                () = stopped(&mut shutdown) => {}
            }
        });
        let watched: Vec<_> =
            opened.folders.iter().flat_map(folders::OfficeFolders::watched).collect();
        let shared = (Arc::clone(&context), watched, stopping.clone());
        tasks.keep("guard", move |beat| {
            guard::run(Arc::clone(&shared.0), shared.1.clone(), beat, shared.2.clone())
        });
        let ends = opened.folders.iter().map(|folders| (folders.office, folders.ends()));
        let ends: Arc<orders::AllEnds> = Arc::new(ends.collect());
        for folders in opened.folders {
            let office = folders.office;
            let (drop, import, outcome) = folders.split();
            let (drop, import, outcome) = (Arc::new(drop), Arc::new(import), Arc::new(outcome));
            let shared = (Arc::clone(&context), stopping.clone());
            let attached = Arc::clone(&drop);
            tasks.keep(format!("attachments out {office}"), move |beat| {
                let (context, folders) = (Arc::clone(&shared.0), Arc::clone(&attached));
                outbound::send_attachments(context, folders, beat, shared.1.clone())
            });
            let shared = (Arc::clone(&context), stopping.clone());
            let attached = Arc::clone(&import);
            tasks.keep(format!("attachments in {office}"), move |beat| {
                let (context, folders) = (Arc::clone(&shared.0), Arc::clone(&attached));
                placing::place_attachments(context, folders, beat, shared.1.clone())
            });
            let shared = (Arc::clone(&context), stopping.clone());
            tasks.keep(format!("outbound {office}"), move |beat| {
                outbound::run(Arc::clone(&shared.0), Arc::clone(&drop), beat, shared.1.clone())
            });
            let shared = (Arc::clone(&context), stopping.clone());
            tasks.keep(format!("outcomes {office}"), move |beat| {
                let outcome = Arc::clone(&outcome);
                outbound::show_outcomes(Arc::clone(&shared.0), outcome, beat, shared.1.clone())
            });
            let shared = (Arc::clone(&context), stopping.clone());
            tasks.keep(format!("placing {office}"), move |beat| {
                placing::run(Arc::clone(&shared.0), Arc::clone(&import), beat, shared.1.clone())
            });
            for peer in &context.config.peers {
                let pair = (office, peer.office);
                let shared = (Arc::clone(&context), stopping.clone());
                tasks.keep(format!("dispatch {office} {}", peer.office), move |beat| {
                    dispatch::run(Arc::clone(&shared.0), pair, beat, shared.1.clone())
                });
                let shared = (Arc::clone(&context), stopping.clone());
                tasks.keep(format!("collect {office} {}", peer.office), move |beat| {
                    collect::run(Arc::clone(&shared.0), pair, beat, shared.1.clone())
                });
            }
        }
        let shared = (Arc::clone(&context), Arc::clone(&ends), stopping.clone());
        tasks.keep("orders", move |beat| {
            orders::run(Arc::clone(&shared.0), Arc::clone(&shared.1), beat, shared.2.clone())
        });
        let shared = (Arc::clone(&context), stopping.clone());
        tasks.keep("housekeeping", move |beat| {
            housekeeping::run(Arc::clone(&shared.0), beat, shared.1.clone())
        });
        let shared = (Arc::clone(&context), stopping.clone());
        tasks.keep("index", move |beat| index::run(Arc::clone(&shared.0), beat, shared.1.clone()));
        let watcher = Arc::new(Watcher::new(Arc::clone(&context), tasks.board()));
        let shared = Arc::clone(&watcher);
        tasks.keep("watcher", move |beat| Arc::clone(&shared).run(beat, stopping.clone()));
        systemd::ready();
        tracing::info!(%address, offices = context.config.offices.len(), "the node is running");
        Ok(Self { context, address, stop, tasks, watcher, ends })
    }

    /// Says what a node would find by a configuration, as far as that could be read. Changes
    /// nothing, and can be asked while a node runs.
    pub async fn check(draft: Draft, spec: &'static Spec, clock: Clock) -> Checked {
        check::check(draft, spec, clock).await
    }

    /// Opens everything that the configuration names, as the operator consents, and lets go of it
    /// again. Nothing is sent or received.
    ///
    /// # Errors
    ///
    /// Every problem that was found.
    pub async fn accept(
        config: Config,
        spec: &'static Spec,
        clock: Clock,
        consent: Consent,
    ) -> Result<(), StartProblems> {
        start::open(config, spec, (clock, Network::Tls), consent).await.map(|_| ())
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

    /// A hold on it, for others in the process.
    pub fn handle(&self) -> Handle {
        Handle::new(Arc::clone(&self.context), Arc::clone(&self.ends), Arc::clone(&self.watcher))
    }

    /// Reads certificates and revocation lists again, soon.
    pub fn reload(&self) {
        self.context.wake.reload.notify_one();
    }

    /// Waits until the node cannot go on: a task that it needs has ended for good. It should then
    /// be stopped and started anew.
    pub async fn fault(&self) -> Fault {
        self.tasks.fault().await
    }

    /// Finishes what is in flight and stops, within ten seconds. What could not be finished is
    /// taken up at the next start.
    pub async fn stop(self) {
        systemd::stopping();
        self.stop.send_replace(true);
        if !self.tasks.finish(STOP_GRACE).await {
            tracing::warn!("work in flight was cut off; it is taken up at the next start");
        }
        let watcher = self.watcher;
        let written = context::blocking(move || watcher.write(true));
        let _ = tokio::time::timeout(LAST_WORD, written).await;
        let store = self.context.store.clone();
        let kept = context::blocking(move || store.keep_record(true));
        match tokio::time::timeout(LAST_WORD, kept).await {
            Ok(Some(Ok(()))) => {}
            Ok(Some(Err(error))) => {
                tracing::warn!(code = error.code(), %error,
                    "the record of the store was not renewed");
            }
            Ok(None) | Err(_) => tracing::warn!("the record of the store was not renewed"),
        }
        tracing::info!("the node has stopped");
    }
}
