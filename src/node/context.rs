//! What all tasks of a node share.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::{Mutex, Notify, Semaphore};

use super::network::Client;
use super::notices::Notices;
use super::proof::Proof;
use super::quota::Quota;
use super::time_guard::TimeGuard;
use crate::config::Config;
use crate::link::{Endpoint, Tls};
use crate::package::Limits;
use crate::spec::Spec;
use crate::store::{Store, StoreError};
use crate::types::{Clock, Lang, OfficeNumber};
pub(super) use crate::work::stopped;
use crate::work::{self, watch};

/// One of our offices and one of its partners.
pub(super) type Pair = (OfficeNumber, OfficeNumber);

/// Programs of `attachments.scanner` that run at a time.
const SCANNING: usize = 2;

pub(super) struct Context {
    pub(super) config: Config,
    pub(super) spec: &'static Spec,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) tls: Arc<Tls>,
    proof: RwLock<Arc<Proof>>,
    pub(super) client: Client,
    pub(super) wake: Wake,
    /// Packages that are verified and judged at a time, the others in the order in which they came:
    /// more than the processors can do at once would only make all of them late.
    pub(super) judging: Semaphore,
    /// What partners have sent lately.
    pub(super) quota: Quota,
    /// What a person should know of.
    pub(super) notices: Notices,
    /// Whether the clock is believed.
    pub(super) time: TimeGuard,
    /// Programs that look at attachments at a time.
    pub(super) scanning: Semaphore,
    /// Held while an attachment gets its number: whoever asks for one packs before the next asks.
    pub(super) attaching: Mutex<()>,
    /// Held while an order is carried out: two about the same set would be in each other's way.
    pub(super) order: Mutex<()>,
    /// How somebody who asks enters the page, if there is one.
    pub(super) door: OnceLock<Door>,
}

/// Makes an address by which the account of this name enters the page, once and soon.
pub(super) type Door = Box<dyn Fn(&str) -> String + Send + Sync>;

/// How tasks tell each other that there is work in the store. A wake-up that nobody waits for is
/// kept for the next wait.
#[derive(Default)]
pub(super) struct Wake {
    /// A package is queued for the pair.
    pub(super) dispatch: BTreeMap<Pair, Notify>,
    /// A partner showed that it is there.
    pub(super) contact: BTreeMap<Pair, Notify>,
    /// What was in the way of the pair may be mended: everything that waits is due, but for what the
    /// partner named a time for.
    pub(super) mended: BTreeMap<Pair, Notify>,
    /// The partner of the pair does not know that we are there.
    pub(super) greet: BTreeMap<Pair, Notify>,
    /// A person wants what is due for the pair to be tried now.
    pub(super) retry: BTreeMap<Pair, Notify>,
    /// A package of the pair waits for its later receipts.
    pub(super) collect: BTreeMap<Pair, Notify>,
    /// A package for the office is committed.
    pub(super) placing: BTreeMap<OfficeNumber, Notify>,
    /// Attachments for the office are committed.
    pub(super) attachments: BTreeMap<OfficeNumber, Notify>,
    /// A receipt was issued.
    pub(super) issued: Issued,
    /// Certificates and revocation lists are to be read again.
    pub(super) reload: Notify,
}

/// Tells those who wait for receipts that one was issued.
pub(super) struct Issued(watch::Sender<u64>);

impl Default for Issued {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Issued {
    pub(super) fn announce(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// Subscribe before looking into the store, so that nothing is missed in between.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

impl Wake {
    pub(super) fn new(config: &Config) -> Self {
        let offices = || config.offices.iter().map(|office| office.number);
        let pairs = || {
            offices().flat_map(|office| config.peers.iter().map(move |peer| (office, peer.office)))
        };
        Self {
            dispatch: pairs().map(|pair| (pair, Notify::new())).collect(),
            contact: pairs().map(|pair| (pair, Notify::new())).collect(),
            mended: pairs().map(|pair| (pair, Notify::new())).collect(),
            greet: pairs().map(|pair| (pair, Notify::new())).collect(),
            retry: pairs().map(|pair| (pair, Notify::new())).collect(),
            collect: pairs().map(|pair| (pair, Notify::new())).collect(),
            placing: offices().map(|office| (office, Notify::new())).collect(),
            attachments: offices().map(|office| (office, Notify::new())).collect(),
            issued: Issued::default(),
            reload: Notify::new(),
        }
    }

    /// Our certificates, our network or our computer are not what they were: try whatever waits for
    /// whomever, and show everybody that we are there.
    pub(super) fn begin_anew(&self) {
        for notify in self.mended.values().chain(self.greet.values()) {
            notify.notify_one();
        }
    }

    /// A partner connected to us, so it can be reached: try what waits for it, and ask for its
    /// receipts.
    pub(super) fn in_contact(&self, partner: OfficeNumber) {
        let waiting = self.contact.iter().chain(&self.collect);
        for (_, notify) in waiting.filter(|(pair, _)| pair.1 == partner) {
            notify.notify_one();
        }
    }
}

/// Wakes the task that waits for `key`.
pub(super) fn wake<K: Ord>(waiting: &BTreeMap<K, Notify>, key: &K) {
    if let Some(notify) = waiting.get(key) {
        notify.notify_one();
    }
}

/// Waits until somebody wakes `key`; for ever where nobody can.
pub(super) async fn woken<K: Ord>(waiting: &BTreeMap<K, Notify>, key: &K) {
    match waiting.get(key) {
        Some(notify) => notify.notified().await,
        None => std::future::pending().await,
    }
}

impl Context {
    pub(super) fn new(
        config: Config,
        spec: &'static Spec,
        store: Store,
        (clock, time): (Clock, TimeGuard),
        (proof, tls): (Proof, Arc<Tls>),
        client: Client,
        wake: Wake,
    ) -> Self {
        let proof = RwLock::new(Arc::new(proof));
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let judging = Semaphore::new(2 * processors);
        let quota = Quota::new(config.limits.partner_rate);
        let notices = Notices::default();
        let door = OnceLock::new();
        Self {
            config,
            spec,
            store,
            clock,
            tls,
            proof,
            client,
            wake,
            judging,
            quota,
            notices,
            time,
            scanning: Semaphore::new(SCANNING),
            attaching: Mutex::new(()),
            order: Mutex::new(()),
            door,
        }
    }

    /// Who we are and whom we believe at the moment.
    pub(super) fn proof(&self) -> Arc<Proof> {
        Arc::clone(&self.proof.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes what was read anew the current proof.
    pub(super) fn set_proof(&self, proof: Proof) {
        *self.proof.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(proof);
    }

    /// Whether the clock of the machine is believed at the moment.
    pub(super) fn believes_clock(&self) -> bool {
        self.time.believes(self.now())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) const fn lang(&self) -> Lang {
        self.config.node.lang
    }

    /// Where a partner is reached.
    pub(super) fn endpoint(&self, partner: OfficeNumber) -> Option<Endpoint> {
        let peer = self.config.peer(partner)?;
        Some(Endpoint { url: peer.url.clone(), office: partner })
    }

    /// What a package may have at most.
    pub(super) fn package_limits(&self) -> Limits {
        super::Node::package_limits(&self.config)
    }
}

/// Tells in the log that the store keeps a task from its work. That it is gone is a standing
/// condition, told by the guard.
pub(super) fn log_store_fault(error: &StoreError, what: &'static str) {
    if matches!(error, StoreError::Gone) {
        tracing::debug!(code = error.code(), "{what}");
    } else {
        tracing::error!(code = error.code(), %error, "{what}");
    }
}

/// Runs a job that may block on a thread for it. A panic there is a fault of ours, told as `None`.
pub(super) async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    match work::blocking(job).await {
        Ok(value) => Some(value),
        Err(error) => {
            // The text of a panic may quote data.
            tracing::error!(panic = error.is_panic(), "work on a blocking thread did not end");
            None
        }
    }
}
