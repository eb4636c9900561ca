//! What one partner may send in an hour, and how much that is not right one place may have us fetch.
//!
//! Each partner has an allowance of bytes that fills up again evenly. Every package is charged with
//! its size, and one that is refused for what is in it with much more: it cost us work and a row, and
//! a partner whose software is in order sends hardly any. A partner that has used its allowance up
//! is told to come later, until a twelfth of it is there again, so that it is told once and not with
//! every package. What is fetched is charged to its sender once its signature says who that is; what
//! nobody has signed is charged to the place where it lay, under the name that it had there: what comes
//! there in the names of others is not held up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::types::{Clock, Instant};

/// In this time an allowance fills up.
const HOUR: Duration = Duration::from_hours(1);

/// So many refused packages use an allowance up.
const REFUSED: u64 = 1024;

/// Allowances of whoever is named by a `K`.
#[derive(Debug)]
pub(super) struct Quota<K> {
    /// Bytes in an hour.
    rate: AtomicU64,
    allowances: Mutex<HashMap<K, Allowance>>,
}

#[derive(Debug)]
struct Allowance {
    left: u64,
    at: Instant,
    /// Used up, and not a twelfth there again.
    used_up: bool,
}

impl<K: Eq + Hash> Quota<K> {
    pub(super) fn new(rate: u64) -> Self {
        Self { rate: AtomicU64::new(rate), allowances: Mutex::default() }
    }

    /// From now on each has so much in an hour. Nobody has used up more of it than before.
    pub(super) fn set_rate(&self, rate: u64) {
        let mut allowances = self.allowances();
        let former = self.rate.swap(rate, Ordering::Relaxed);
        if former != rate {
            for allowance in allowances.values_mut() {
                let used = former.saturating_sub(allowance.left);
                allowance.left = rate.saturating_sub(used);
                allowance.used_up &= allowance.left < rate / 12;
            }
        }
    }

    fn rate(&self) -> u64 {
        self.rate.load(Ordering::Relaxed)
    }

    /// Whether a package may come, or how long to wait until one may.
    pub(super) fn allows(&self, of: K) -> Result<(), Duration> {
        let mut allowances = self.allowances();
        let allowance = self.allowance(&mut allowances, of);
        let enough = self.rate() / 12;
        if allowance.left >= enough {
            allowance.used_up = false;
        }
        if !allowance.used_up {
            return Ok(());
        }
        let missing = u128::from(enough.saturating_sub(allowance.left));
        let millis = missing * HOUR.as_millis() / u128::from(self.rate().max(1));
        Err(Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// A package of so many bytes came.
    pub(super) fn came(&self, of: K, bytes: usize) {
        self.charge(of, u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// A package was refused for what is in it.
    pub(super) fn refused(&self, of: K) {
        self.charge(of, self.rate() / REFUSED);
    }

    /// So many bytes came that are refused for what is in them.
    pub(super) fn came_in_vain(&self, of: K, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.charge(of, bytes.saturating_add(self.rate() / REFUSED));
    }

    fn charge(&self, of: K, bytes: u64) {
        let mut allowances = self.allowances();
        let allowance = self.allowance(&mut allowances, of);
        allowance.left = allowance.left.saturating_sub(bytes);
        allowance.used_up |= allowance.left == 0;
    }

    /// An allowance as it is now.
    fn allowance<'a>(&self, allowances: &'a mut HashMap<K, Allowance>, of: K) -> &'a mut Allowance {
        let now = Clock::running();
        let full = Allowance { left: self.rate(), at: now, used_up: false };
        let allowance = allowances.entry(of).or_insert(full);
        let passed = now.saturating_duration_since(allowance.at).min(HOUR).as_micros();
        let filled = u128::from(self.rate()) * passed / HOUR.as_micros();
        if filled > 0 {
            let filled = u64::try_from(filled).unwrap_or(u64::MAX);
            allowance.left = allowance.left.saturating_add(filled).min(self.rate());
            allowance.at = now;
        }
        allowance
    }

    fn allowances(&self) -> MutexGuard<'_, HashMap<K, Allowance>> {
        self.allowances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::OfficeNumber;

    fn office(number: &str) -> OfficeNumber {
        number.parse().expect("an office")
    }

    #[test]
    fn the_paper_has_the_number_of_the_program() {
        let paper = include_str!("../../spec/PROTOCOL.md");
        let told = format!("each refused package counts 1/{REFUSED} of it more");
        assert!(paper.contains(&told), "{told}");
    }

    #[test]
    fn an_allowance_that_is_used_up_comes_back_by_a_twelfth() {
        let (one, two) = (office("1370000018"), office("1370000026"));
        let quota = Quota::new(1 << 20);
        quota.came(one, 1 << 19);
        assert_eq!(quota.allows(one), Ok(()));
        quota.came(one, 1 << 20);
        let wait = quota.allows(one).expect_err("used up");
        assert!(wait > Duration::from_secs(290) && wait <= Duration::from_mins(5), "{wait:?}");
        quota.allowances().get_mut(&one).expect("known").at -= Duration::from_secs(5);
        let less = quota.allows(one).expect_err("a little is there again, and not enough");
        assert!(less < wait, "{less:?}");
        assert_eq!(quota.allows(two), Ok(()), "others have their own");
        quota.allowances().get_mut(&one).expect("known").left = (1 << 20) / 24;
        assert!(quota.allows(one).is_err(), "not yet");
        quota.allowances().get_mut(&one).expect("known").left = (1 << 20) / 12;
        assert_eq!(quota.allows(one), Ok(()));
    }

    #[test]
    fn another_rate_counts_from_now_on() {
        let one = office("1370000018");
        let quota = Quota::new(1 << 20);
        quota.came(one, 1 << 20);
        assert!(quota.allows(one).is_err());
        quota.set_rate(1 << 22);
        assert_eq!(quota.allows(one), Ok(()), "three quarters of it are left");
        quota.came(one, 3 << 20);
        assert!(quota.allows(one).is_err(), "what was used counts");
        quota.set_rate(1 << 20);
        assert!(quota.allows(one).is_err());
    }

    #[test]
    fn refused_packages_cost_more() {
        let one = office("1370000018");
        let quota = Quota::new(1 << 30);
        (0..REFUSED - 20).for_each(|_| quota.refused(one));
        assert_eq!(quota.allows(one), Ok(()));
        (0..40).for_each(|_| quota.refused(one));
        assert!(quota.allows(one).is_err());
    }
}
