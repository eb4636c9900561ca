//! How tasks tell each other that there is work in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

use crate::config::Config;
use crate::types::OfficeNumber;
use crate::work::watch;

/// One of our offices and one of its partners.
pub(super) type Pair = (OfficeNumber, OfficeNumber);

/// What tasks are woken by. A wake-up that nobody waits for is kept for the next wait.
#[derive(Default)]
pub(super) struct Wake {
    /// A package is queued for the pair.
    pub(super) dispatch: Bells<Pair>,
    /// A partner showed that it is there.
    pub(super) contact: Bells<Pair>,
    /// What was in the way of the pair may be mended: everything that waits is due, but for what the
    /// partner named a time for.
    pub(super) mended: Bells<Pair>,
    /// The partner of the pair does not know that we are there.
    pub(super) greet: Bells<Pair>,
    /// A person wants what is due for the pair to be tried now.
    pub(super) retry: Bells<Pair>,
    /// A package of the pair waits for its later receipts.
    pub(super) collect: Bells<Pair>,
    /// A package for the office is committed.
    pub(super) placing: Bells<OfficeNumber>,
    /// Attachments for the office are committed.
    pub(super) attachments: Bells<OfficeNumber>,
    /// A receipt was issued.
    pub(super) issued: Issued,
    /// A package is queued for a partner that comes for it.
    pub(super) queued: Issued,
    /// A relay took a package over.
    pub(super) deposited: Issued,
    /// Ways to others may be mended.
    pub(super) ways: Issued,
    /// The configuration, certificates and revocation lists are to be read again.
    pub(super) reload: Notify,
    /// A person wants a backup now.
    pub(super) backup: Notify,
}

/// One bell for each task of a kind.
pub(super) struct Bells<K>(RwLock<BTreeMap<K, Arc<Notify>>>);

impl<K> Default for Bells<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Ord + Copy> Bells<K> {
    /// Keeps the bells of these tasks, makes those that are missing and takes all others away.
    fn keep(&self, keys: &BTreeSet<K>) {
        let mut bells = self.0.write().unwrap_or_else(PoisonError::into_inner);
        bells.retain(|key, _| keys.contains(key));
        for key in keys {
            bells.entry(*key).or_default();
        }
    }

    /// Wakes all tasks.
    pub(super) fn ring_all(&self) {
        self.ring_those(|_| true);
    }

    fn ring_those(&self, is_meant: impl Fn(&K) -> bool) {
        let bells = self.0.read().unwrap_or_else(PoisonError::into_inner);
        bells.iter().filter(|(key, _)| is_meant(key)).for_each(|(_, bell)| bell.notify_one());
    }

    fn of(&self, key: &K) -> Option<Arc<Notify>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}

/// Tells all who wait for something of a kind that there is one more.
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
        let wake = Self::default();
        wake.follow(config);
        wake
    }

    /// Has bells for the offices and partners of a configuration, and for no others.
    pub(super) fn follow(&self, config: &Config) {
        let offices: BTreeSet<_> = config.offices.iter().map(|office| office.number).collect();
        let pairs = pairs(config);
        for bells in
            [&self.dispatch, &self.contact, &self.mended, &self.greet, &self.retry, &self.collect]
        {
            bells.keep(&pairs);
        }
        self.placing.keep(&offices);
        self.attachments.keep(&offices);
    }

    /// Our certificates, our network or our computer are not what they were: try whatever waits for
    /// whomever, and show everybody that we are there.
    pub(super) fn begin_anew(&self) {
        self.mended.ring_all();
        self.greet.ring_all();
        self.ways.announce();
    }

    /// The same with some partners: what we know of them is not what it was.
    pub(super) fn begin_anew_with(&self, partners: &BTreeSet<OfficeNumber>) {
        for bells in [&self.mended, &self.greet] {
            bells.ring_those(|pair| partners.contains(&pair.1));
        }
    }

    /// A partner connected to us, so it can be reached: try what waits for it, and ask for its
    /// receipts.
    pub(super) fn in_contact(&self, partner: OfficeNumber) {
        for bells in [&self.contact, &self.collect] {
            bells.ring_those(|pair| pair.1 == partner);
        }
    }
}

/// Each of our offices with each partner.
pub(super) fn pairs(config: &Config) -> BTreeSet<Pair> {
    let offices = config.offices.iter().map(|office| office.number);
    let of_office = |office| config.peers.iter().map(move |peer| (office, peer.office));
    offices.flat_map(of_office).collect()
}

/// Wakes the task that waits for `key`.
pub(super) fn wake<K: Ord + Copy>(waiting: &Bells<K>, key: &K) {
    if let Some(bell) = waiting.of(key) {
        bell.notify_one();
    }
}

/// Waits until somebody wakes `key`; for ever where nobody can.
pub(super) async fn woken<K: Ord + Copy>(waiting: &Bells<K>, key: &K) {
    match waiting.of(key) {
        Some(bell) => bell.notified().await,
        None => std::future::pending().await,
    }
}
