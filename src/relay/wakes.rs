//! Who waits for something to come, and is told when it may have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::store::Hint;
use crate::types::OfficeNumber;
use crate::work::watch;

/// Those who wait, by the office that they wait for: never more than the relay knows.
#[derive(Debug)]
pub(super) struct Wakes {
    waiting: Mutex<HashMap<OfficeNumber, watch::Sender<()>>>,
    /// What other instances are told.
    told: mpsc::Sender<Hint>,
}

impl Wakes {
    pub(super) fn new(told: mpsc::Sender<Hint>) -> Arc<Self> {
        Arc::new(Self { waiting: Mutex::default(), told })
    }

    /// Waits for an office from here on.
    pub(super) fn listen(&self, office: OfficeNumber) -> watch::Receiver<()> {
        self.waiting().entry(office).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Something may have come for an office; those of this instance are told.
    pub(super) fn wake(&self, office: OfficeNumber) {
        if let Some(sender) = self.waiting().get(&office) {
            sender.send_replace(());
        }
    }

    /// The same, and other instances are told too. Where too much is to be told, they find it by
    /// looking.
    pub(super) fn came(&self, office: OfficeNumber) {
        self.wake(office);
        let _ = self.told.try_send(Hint::Something(office));
    }

    /// Other instances are told that offices changed.
    pub(super) fn offices_changed(&self) {
        let _ = self.told.try_send(Hint::Offices);
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<OfficeNumber, watch::Sender<()>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
