//! What one partner may send in an hour.
//!
//! Each partner has an allowance of bytes that fills up again evenly. Every package is charged with
//! its size, and one that is refused for what is in it with much more: it cost us work and a row, and
//! a partner whose software is in order sends hardly any. A partner that has used its allowance up
//! is told to come later, until a twelfth of it is there again, so that it is told once and not with
//! every package.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::types::{Clock, Instant, OfficeNumber};

/// In this time an allowance fills up.
const HOUR: Duration = Duration::from_hours(1);

/// So many refused packages use an allowance up.
const REFUSED: u64 = 1024;

#[derive(Debug)]
pub(super) struct Quota {
    /// Bytes in an hour.
    rate: AtomicU64,
    partners: Mutex<HashMap<OfficeNumber, Allowance>>,
}

#[derive(Debug)]
struct Allowance {
    left: u64,
    at: Instant,
    /// Used up, and not a twelfth there again.
    used_up: bool,
}

impl Quota {
    pub(super) fn new(rate: u64) -> Self {
        Self { rate: AtomicU64::new(rate), partners: Mutex::default() }
    }

    /// From now on partners may send so much in an hour. Nobody has used up more of it than before.
    pub(super) fn set_rate(&self, rate: u64) {
        let mut partners = self.partners();
        let former = self.rate.swap(rate, Ordering::Relaxed);
        if former != rate {
            for allowance in partners.values_mut() {
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
    pub(super) fn allows(&self, partner: OfficeNumber) -> Result<(), Duration> {
        let mut partners = self.partners();
        let allowance = self.allowance(&mut partners, partner);
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
    pub(super) fn came(&self, partner: OfficeNumber, bytes: usize) {
        self.charge(partner, u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// A package was refused for what is in it.
    pub(super) fn refused(&self, partner: OfficeNumber) {
        self.charge(partner, self.rate() / REFUSED);
    }

    fn charge(&self, partner: OfficeNumber, bytes: u64) {
        let mut partners = self.partners();
        let allowance = self.allowance(&mut partners, partner);
        allowance.left = allowance.left.saturating_sub(bytes);
        allowance.used_up |= allowance.left == 0;
    }

    /// A partner's allowance as it is now.
    fn allowance<'a>(
        &self,
        partners: &'a mut HashMap<OfficeNumber, Allowance>,
        partner: OfficeNumber,
    ) -> &'a mut Allowance {
        let now = Clock::running();
        let full = Allowance { left: self.rate(), at: now, used_up: false };
        let allowance = partners.entry(partner).or_insert(full);
        let passed = now.saturating_duration_since(allowance.at).min(HOUR).as_micros();
        let filled = u128::from(self.rate()) * passed / HOUR.as_micros();
        if filled > 0 {
            let filled = u64::try_from(filled).unwrap_or(u64::MAX);
            allowance.left = allowance.left.saturating_add(filled).min(self.rate());
            allowance.at = now;
        }
        allowance
    }

    fn partners(&self) -> MutexGuard<'_, HashMap<OfficeNumber, Allowance>> {
        self.partners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_has_the_number_of_the_program() {
        let paper = include_str!("../../spec/PROTOCOL.md");
        let told = format!("each refused package counts 1/{REFUSED} of it more");
        assert!(paper.contains(&told), "{told}");
    }

    #[test]
    fn an_allowance_that_is_used_up_comes_back_by_a_twelfth() {
        let (one, two) = ("1370000018", "1370000026");
        let [one, two] = [one, two].map(|number| number.parse().expect("an office"));
        let quota = Quota::new(1 << 20);
        quota.came(one, 1 << 19);
        assert_eq!(quota.allows(one), Ok(()));
        quota.came(one, 1 << 20);
        let wait = quota.allows(one).expect_err("used up");
        assert!(wait > Duration::from_secs(290) && wait <= Duration::from_mins(5), "{wait:?}");
        quota.partners().get_mut(&one).expect("known").at -= Duration::from_secs(5);
        let less = quota.allows(one).expect_err("a little is there again, and not enough");
        assert!(less < wait, "{less:?}");
        assert_eq!(quota.allows(two), Ok(()), "others have their own");
        quota.partners().get_mut(&one).expect("known").left = (1 << 20) / 24;
        assert!(quota.allows(one).is_err(), "not yet");
        quota.partners().get_mut(&one).expect("known").left = (1 << 20) / 12;
        assert_eq!(quota.allows(one), Ok(()));
    }

    #[test]
    fn another_rate_counts_from_now_on() {
        let one = "1370000018".parse().expect("an office");
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
        let one = "1370000018".parse().expect("an office");
        let quota = Quota::new(1 << 30);
        (0..REFUSED - 20).for_each(|_| quota.refused(one));
        assert_eq!(quota.allows(one), Ok(()));
        (0..40).for_each(|_| quota.refused(one));
        assert!(quota.allows(one).is_err());
    }
}
