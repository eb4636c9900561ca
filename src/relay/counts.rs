//! What a relay counts, for those who watch it: numbers alone.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::store::{CleanedUp, Totals};

/// What happened since the start.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) accepted: AtomicU64,
    pub(super) accepted_bytes: AtomicU64,
    pub(super) repeated: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) fetched: AtomicU64,
    pub(super) receipts: AtomicU64,
    pub(super) cards: AtomicU64,
    pub(super) expired: AtomicU64,
    pub(super) store_faults: AtomicU64,
}

impl Counts {
    pub(super) fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn cleaned_up(&self, done: &CleanedUp) {
        Self::add(&self.expired, done.expired);
    }

    /// In the form of Prometheus.
    pub(super) fn text(&self, totals: Option<&Totals>, end: Timestamp) -> String {
        let mut text = String::new();
        let mut tell = |name: &str, kind: &str, help: &str, value: u64| {
            // Writing into a String cannot fail.
            let _ = write!(
                text,
                "# HELP renkei_relay_{name} {help}\n# TYPE renkei_relay_{name} {kind}\nrenkei_relay_{name} {value}\n"
            );
        };
        let mut count = |name: &str, help: &str, counter: &AtomicU64| {
            tell(name, "counter", help, counter.load(Ordering::Relaxed));
        };
        count("accepted_total", "Packages that were taken.", &self.accepted);
        count("accepted_bytes_total", "Their sealed bytes.", &self.accepted_bytes);
        count("repeated_total", "Packages that had been taken before.", &self.repeated);
        count("refused_total", "Packages and receipts that were refused.", &self.refused);
        count("fetched_total", "Packages that somebody began to fetch.", &self.fetched);
        count("receipts_total", "Receipts that recipients put.", &self.receipts);
        count("cards_total", "Cards that were taken.", &self.cards);
        count("expired_total", "Packages that nobody took in time.", &self.expired);
        count("store_faults_total", "Times that the store failed.", &self.store_faults);
        if let Some(totals) = totals {
            tell("offices", "gauge", "Offices that are known.", totals.offices);
            tell("candidates", "gauge", "Cards that wait for the operator.", totals.candidates);
            tell("waiting", "gauge", "Packages that wait.", totals.waiting);
            tell("waiting_bytes", "gauge", "Their sealed bytes.", totals.bytes);
            let help = "Bytes of receipts, recalls and acceptances that are kept.";
            tell("beside_bytes", "gauge", help, totals.beside);
        }
        let help = "When the first of the relay's own certificates ends, in Unix time.";
        let end = u64::try_from(end.as_second()).unwrap_or_default();
        tell("certificate_end_timestamp_seconds", "gauge", help, end);
        tell("up", "gauge", "Whether the store answers.", u64::from(totals.is_some()));
        text
    }
}
