//! How far offices have collected the receipts about their packages.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::types::OfficeNumber;

/// The positions up to which offices said that they have their receipts. Nothing depends on them but
/// when receipts are cleared away, so they are noted then, and not while an office waits for its
/// answer. What a crash takes along is told again by the next question.
#[derive(Debug, Default)]
pub(super) struct Collected(Mutex<HashMap<OfficeNumber, Told>>);

#[derive(Debug, Clone, Copy, Default)]
struct Told {
    up_to: u64,
    noted: u64,
}

impl Collected {
    /// An office has its receipts up to here; never more offices than the relay knows tell that.
    pub(super) fn tell(&self, office: OfficeNumber, up_to: u64) {
        self.told().entry(office).or_default().up_to = up_to;
    }

    /// What is not noted yet.
    pub(super) fn due(&self) -> Vec<(OfficeNumber, u64)> {
        let told = self.told();
        let due = told.iter().filter(|(_, told)| told.up_to != told.noted);
        due.map(|(office, told)| (*office, told.up_to)).collect()
    }

    /// This is noted now.
    pub(super) fn noted(&self, these: &[(OfficeNumber, u64)]) {
        let mut told = self.told();
        for (office, up_to) in these {
            told.entry(*office).or_default().noted = *up_to;
        }
    }

    fn told(&self) -> MutexGuard<'_, HashMap<OfficeNumber, Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
