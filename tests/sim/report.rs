//! What many runs come to.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::invariants::Violation;
use super::world::{self, Outcome, lock};

/// The sum of many runs.
#[derive(Default)]
pub(super) struct Tally {
    seeds: u64,
    passed: Duration,
    counts: BTreeMap<&'static str, u64>,
    pub(super) violations: Vec<(u64, Violation)>,
}

impl Tally {
    /// Runs so many seeds from `first` on.
    pub(super) fn of_seeds(first: u64, count: u64, threads: u64) -> Self {
        let (next, sum) = (AtomicU64::new(first), Mutex::new(Self::default()));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= first + count {
                            return;
                        }
                        let outcome = world::run(seed, None);
                        lock(&sum).add(seed, &outcome);
                    }
                });
            }
        });
        sum.into_inner().expect("no panic")
    }

    pub(super) fn add(&mut self, seed: u64, outcome: &Outcome) {
        self.seeds += 1;
        self.passed += outcome.passed;
        for (what, count) in &outcome.counts {
            *self.counts.entry(what).or_default() += count;
        }
        for violation in &outcome.violations {
            eprintln!(
                "seed {seed}: {violation}\n    RENKEI_SIM_SEED={seed} \
                 cargo test --lib sim::replay -- --ignored --nocapture"
            );
            self.violations.push((seed, violation.clone()));
        }
    }

    pub(super) fn expect_no_violation(&self) {
        assert!(self.violations.is_empty(), "{} violations", self.violations.len());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.passed.as_secs() as f64 / 86_400.0;
        let mut line =
            |what: &str, count: &dyn fmt::Display| writeln!(f, "| {what:24} | {count:>12} |");
        line("seeds", &self.seeds)?;
        line("simulated days", &format!("{days:.1}"))?;
        for (what, count) in &self.counts {
            line(what, count)?;
        }
        line("violations", &self.violations.len())
    }
}
