//! The daemon: wires folders, store, link and proof together for one or more offices.
//!
//! ```text
//! outbound ─▶ store ─▶ dispatch ══ partner ══▶ inbound ─▶ store ─▶ placing
//!              ▲                                                      │
//!              └────────────── collect ◀══ receipts ══════════════════┘
//! ```
//!
//! One task per office looks after its drop folder (`outbound`) and its import folder
//! (`placing`), one per office and partner sends (`dispatch`, each package by an `attempt`) and
//! collects receipts (`collect`). They talk through the store: a task finds its work there when it
//! starts, and the others only wake it. `live` has them come and go with the configuration. So a crash
//! at any moment costs nothing but the time until the next start.
//!
//! # Errors
//!
//! [`StartProblems`] lists everything that keeps the node from starting. Once it runs, it
//! goes on until [`Node::stop`]: every fault is logged with its code and tried again. A task that
//! ends by a fault of the program is begun anew; where that does not help, [`Node::fault`] says so.

mod anew;
mod apart;
#[cfg(test)]
mod at_rest;
mod attempt;
pub mod backup;
pub mod cards;
mod check;
mod clock;
mod collect;
mod context;
mod conversion;
mod crew;
mod dispatch;
mod downloads;
mod errands;
mod expiry;
mod fetch;
mod folders;
mod grants;
mod guard;
mod handle;
mod health;
mod hold_copies;
mod housekeeping;
mod inbound;
mod index;
mod intake;
mod journal_head;
mod judge;
mod leave;
mod listener;
mod lists;
mod live;
mod month;
mod network;
mod note;
mod notices;
mod open_files;
mod opened;
mod opening;
mod orders;
mod outbound;
mod partners;
mod past;
mod pauses;
mod placing;
#[cfg(test)]
mod planted;
pub mod probe;
mod problems;
mod proof;
mod quota;
mod recalled;
mod recalls;
mod receipts;
mod refusals;
mod refused;
mod registered;
mod reissue;
mod relayed;
mod restored;
mod scanner;
mod sealing;
mod sealing_keys;
mod seals;
#[cfg(test)]
pub(crate) mod simulated;
mod speaker;
mod start;
mod supervise;
mod surroundings;
mod time_guard;
mod unsent;
mod waits;
mod wake;
mod words;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use check::{Checked, look_at_certificates};
pub use clock::local_time;
pub use handle::{Handle, Standing};
pub use health::{Health, TaskHealth};
pub use live::{Faults, Reading, Source};
pub use month::{MonthComparison, MonthReplaced, compare_month, replaced_actuals};
pub use notices::{Notice, pause_after};
pub use outbound::{NewAttachment, NotSent, SendOrder, SentSet, archive};
pub use problems::{StartProblem, StartProblems};
pub use proof::{
    AnswerError, Pins, Renewed, TLS_PLACE, open_trust, put_answer, renew_own, renewal_text,
    signing_place, unaware_of_next,
};
pub use start::Consent;
pub use supervise::Fault;
pub use words::{handed_already, way_in_words};

use crate::config::{Config, Draft};
use crate::package::Limits;
use crate::spec::Spec;
use crate::store::Store;
use crate::types::Clock;
use crate::work::systemd;
use context::{Context, stopped};
use crew::Crew;
use health::Watcher;
use live::Follower;
use network::Network;
use supervise::{Group, Supervisor};

/// How long the tasks may take to finish what is in flight.
const STOP_GRACE: Duration = Duration::from_secs(9);

/// How long the health file, the signed head of the journal and the record of the store may each take to say that the node has stopped.
const LAST_WORD: Duration = Duration::from_millis(300);

/// How often the server says that it goes on.
const SERVER_BEAT: Duration = Duration::from_secs(30);

/// Bytes of the manifest that describe one file, at the most.
const MANIFEST_ENTRY: usize = 320;

/// A running node.
pub struct Node {
    context: Arc<Context>,
    address: Option<SocketAddr>,
    supervisor: Supervisor,
    /// Those that are there as long as the node is.
    _tasks: Group,
    watcher: Arc<Watcher>,
    follower: Arc<Follower>,
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
        let supervisor = Supervisor::new();
        let tasks = supervisor.staff().group();
        let context = Arc::clone(&opened.context);
        let address = opened.server.address();

        tasks.once("server", |beat, mut stopping| async move {
            let serving = opened.server.run(async move { stopped(&mut stopping).await });
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
        tasks.once("store", |beat, mut stopping| async move {
            // It has no turns of its own: those who wait for it stand still if it does.
            beat.sleeps(Duration::MAX);
            tokio::select! {
                biased;
                () = store.writer_ended() => {}
                () = stopped(&mut stopping) => {}
            }
        });
        let mut crew = Crew::new(Arc::clone(&context), supervisor.staff(), opened.folders);
        let shared = Arc::clone(&context);
        tasks.keep("guard", move |beat, stopping| guard::run(Arc::clone(&shared), beat, stopping));
        crew.follow(&BTreeSet::new());
        let follower = Arc::new(Follower::new(Arc::clone(&context), crew));
        let shared = Arc::clone(&follower);
        tasks.keep("configuration", move |beat, stopping| {
            live::run(Arc::clone(&shared), beat, stopping)
        });
        let shared = (Arc::clone(&context), Arc::clone(&follower));
        tasks.keep("orders", move |beat, stopping| {
            orders::run(Arc::clone(&shared.0), Arc::clone(&shared.1), beat, stopping)
        });
        let shared = Arc::clone(&context);
        tasks.keep("housekeeping", move |beat, stopping| {
            housekeeping::run(Arc::clone(&shared), beat, stopping)
        });
        let shared = Arc::clone(&context);
        tasks.keep("cards", move |beat, stopping| cards::run(Arc::clone(&shared), beat, stopping));
        let shared = Arc::clone(&context);
        tasks.keep("backups", move |beat, stopping| {
            backup::run(Arc::clone(&shared), beat, stopping)
        });
        let shared = Arc::clone(&context);
        tasks.keep("lists", move |beat, stopping| lists::run(Arc::clone(&shared), beat, stopping));
        let shared = Arc::clone(&context);
        tasks.keep("index", move |beat, stopping| index::run(Arc::clone(&shared), beat, stopping));
        let watcher = Arc::new(Watcher::new(Arc::clone(&context), supervisor.board()));
        let shared = Arc::clone(&watcher);
        tasks.keep("watcher", move |beat, stopping| Arc::clone(&shared).run(beat, stopping));
        systemd::ready();
        let listens_on = address.map(tracing::field::display);
        let offices = context.config().offices.len();
        tracing::info!(address = listens_on, offices, "the node is running");
        Ok(Self { context, address, supervisor, _tasks: tasks, watcher, follower })
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

    /// Where partners connect to it, if they do.
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Its store, for looking into.
    pub fn store(&self) -> &Store {
        &self.context.store
    }

    /// A hold on it, for others in the process.
    pub fn handle(&self) -> Handle {
        let (follower, watcher) = (Arc::clone(&self.follower), Arc::clone(&self.watcher));
        Handle::new(Arc::clone(&self.context), follower, watcher)
    }

    /// Has the node follow the configuration that stands there: what changes is taken up within
    /// seconds, as far as that needs no restart.
    pub async fn follow(&self, source: Source) {
        self.follower.follow(source).await;
    }

    /// Reads configuration, certificates and revocation lists again, soon.
    pub fn reload(&self) {
        self.context.wake.reload.notify_one();
    }

    /// Waits until the node cannot go on: a task that it needs has ended for good. It should then
    /// be stopped and started anew.
    pub async fn fault(&self) -> Fault {
        self.supervisor.fault().await
    }

    /// Finishes what is in flight and stops, within ten seconds. What could not be finished is
    /// taken up at the next start.
    pub async fn stop(self) {
        systemd::stopping();
        if !self.supervisor.finish(STOP_GRACE).await {
            tracing::warn!("work in flight was cut off; it is taken up at the next start");
        }
        let watcher = self.watcher;
        let written = context::blocking(move || watcher.write(true));
        let _ = tokio::time::timeout(LAST_WORD, written).await;
        let mut head = journal_head::LastHead::default();
        if tokio::time::timeout(LAST_WORD, head.renew(&self.context)).await.is_err() {
            tracing::warn!("the journal was not signed at the end");
        }
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
