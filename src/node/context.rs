//! What all tasks of a node share.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use super::errands::Source;
use super::folders::AllPlaces;
use super::network::Client;
use super::notices::Notices;
use super::proof::Proof;
use super::quota::Quota;
use super::seals::Seals;
use super::time_guard::TimeGuard;
use super::unsent::Unsent;
pub(super) use super::wake::Pair;
use super::wake::Wake;
use crate::config::Config;
use crate::link::{Endpoint, Grants, Tls};
use crate::package::Limits;
use crate::spec::Spec;
use crate::store::{Store, StoreError};
use crate::types::{Clock, Lang, OfficeNumber};
use crate::work;
pub(super) use crate::work::stopped;

/// Programs of `attachments.scanner` that run at a time.
const SCANNING: usize = 2;

pub(super) struct Context {
    config: RwLock<Arc<Config>>,
    pub(super) spec: &'static Spec,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) tls: Arc<Tls>,
    proof: RwLock<Arc<Proof>>,
    pub(super) client: Client,
    /// What partners are granted; what is fetched finds its room there too.
    pub(super) grants: Arc<Grants>,
    places: RwLock<Arc<AllPlaces>>,
    pub(super) wake: Wake,
    /// Packages that are verified and judged at a time, the others in the order in which they came:
    /// more than the processors can do at once would only make all of them late.
    pub(super) judging: Semaphore,
    /// What partners have sent lately.
    pub(super) quota: Quota<OfficeNumber>,
    /// What was fetched lately of which nobody knows who made it, by the place where it lay and the name
    /// that it had there.
    pub(super) unsigned: Quota<(Source, OfficeNumber)>,
    /// What a person should know of.
    pub(super) notices: Notices,
    /// What is known of seals.
    pub(super) seals: Seals,
    /// Whether the clock is believed.
    pub(super) time: TimeGuard,
    /// Of which packages nothing has left.
    pub(super) unsent: Unsent,
    /// Programs that look at attachments at a time.
    pub(super) scanning: Semaphore,
    /// Held while an order is carried out: two about the same set would be in each other's way.
    pub(super) order: Mutex<()>,
    /// Held while packages of an office are made: each takes the number after the last one.
    packing: std::sync::Mutex<BTreeMap<OfficeNumber, Arc<Mutex<()>>>>,
    /// Held while a backup is made or looked at, by whatever reads or writes it.
    pub(super) backing: Arc<Mutex<()>>,
    /// The file of the configuration that the node follows.
    pub(super) config_file: OnceLock<PathBuf>,
    /// How somebody who asks enters the page, if there is one.
    pub(super) door: OnceLock<Door>,
}

/// Makes an address by which the account of this name enters the page, once and soon.
pub(super) type Door = Box<dyn Fn(&str) -> String + Send + Sync>;

impl Context {
    pub(super) fn new(
        config: Config,
        spec: &'static Spec,
        store: Store,
        (clock, time, unsent): (Clock, TimeGuard, Unsent),
        (proof, tls): (Proof, Arc<Tls>),
        (client, grants, wake): (Client, Arc<Grants>, Wake),
    ) -> Self {
        let proof = RwLock::new(Arc::new(proof));
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let judging = Semaphore::new(2 * processors);
        let quota = Quota::new(config.limits.partner_rate);
        let unsigned = Quota::new(config.limits.partner_rate);
        let config = RwLock::new(Arc::new(config));
        let notices = Notices::default();
        let places = RwLock::default();
        let door = OnceLock::new();
        Self {
            config,
            spec,
            store,
            clock,
            tls,
            proof,
            client,
            grants,
            places,
            wake,
            judging,
            quota,
            unsigned,
            notices,
            seals: Seals::default(),
            time,
            unsent,
            scanning: Semaphore::new(SCANNING),
            order: Mutex::new(()),
            packing: std::sync::Mutex::default(),
            backing: Arc::default(),
            config_file: OnceLock::new(),
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

    /// The configuration of this moment. Work that looks at several parts of it takes it once.
    pub(super) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes another configuration the current one.
    pub(super) fn set_config(&self, config: Config) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }

    /// Where the folders of our offices are at the moment.
    pub(super) fn places(&self) -> Arc<AllPlaces> {
        Arc::clone(&self.places.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says where they are from now on.
    pub(super) fn set_places(&self, places: AllPlaces) {
        *self.places.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(places);
    }

    /// Whether the clock of the machine is believed at the moment.
    pub(super) fn believes_clock(&self) -> bool {
        self.time.believes(self.now())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn lang(&self) -> Lang {
        self.config().node.lang
    }

    /// Waits until nobody else makes packages of an office.
    pub(super) async fn packing(&self, office: OfficeNumber) -> OwnedMutexGuard<()> {
        let alone = {
            let mut packing = self.packing.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(packing.entry(office).or_default())
        };
        alone.lock_owned().await
    }

    /// Where a partner's node is reached, if it can be.
    pub(super) fn endpoint(&self, partner: OfficeNumber) -> Option<Endpoint> {
        let url = self.config().peer(partner)?.url.clone()?;
        Some(Endpoint::of_office(url, partner))
    }

    /// The relay through which a partner is reached, if both have one.
    pub(super) fn relay_of(&self, partner: OfficeNumber) -> Option<Endpoint> {
        let config = self.config();
        let relay = config.relay_of(config.peer(partner)?)?;
        Some(Endpoint::of_relay(relay.url.clone()))
    }

    /// What a package may have at most.
    pub(super) fn package_limits(&self) -> Limits {
        super::Node::package_limits(&self.config())
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
