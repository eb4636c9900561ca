//! What is known of seals: the keys of our offices, and those of partners.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::package::card::SealingKey;
use crate::package::sealed::{SEALED_FEATURE, SealingSecrets};
use crate::types::{Clock, Instant, OfficeNumber};

/// What a partner said that it takes is believed for so long; the exchange of cards asks more often.
const BELIEVED: Duration = Duration::from_hours(2);

/// The file of a card, and the key in it.
type KeyOfCard = (Option<PathBuf>, Option<SealingKey>);

/// What a node knows of seals.
#[derive(Default)]
pub(super) struct Seals {
    /// The keys of our offices.
    own: Mutex<BTreeMap<OfficeNumber, SealingSecrets>>,
    /// The key in the card of a partner, by the card's file.
    pub(super) cards: Mutex<BTreeMap<OfficeNumber, KeyOfCard>>,
    /// Whether a partner's own node takes sealed packages, and when it said so.
    takes: Mutex<BTreeMap<OfficeNumber, (bool, Instant)>>,
}

impl Seals {
    /// Notes what a partner's own node says in its status.
    pub(super) fn note(&self, partner: OfficeNumber, features: &[String]) {
        let takes = features.iter().any(|feature| feature == SEALED_FEATURE);
        self.takes_from_now(partner, takes);
    }

    pub(super) fn takes_from_now(&self, partner: OfficeNumber, takes: bool) {
        let mut known = self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(partner, (takes, Clock::running()));
    }

    pub(super) fn takes(&self, partner: OfficeNumber) -> Option<bool> {
        let known = self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&partner).filter(|(_, at)| at.elapsed() < BELIEVED).map(|(takes, _)| *takes)
    }

    pub(super) fn keys(&self, office: OfficeNumber) -> Option<SealingSecrets> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).get(&office).cloned()
    }

    pub(super) fn keep(&self, office: OfficeNumber, keys: SealingSecrets) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).insert(office, keys);
    }
}
