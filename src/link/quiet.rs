//! Bounds the lines that others make us log: the first few of each address are told, and of the
//! rest their number, once in a while.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the number of lines that were not told is told.
pub(super) const PERIOD: Duration = Duration::from_mins(1);

/// Lines of one kind and address in a period.
const EACH: u64 = 5;

/// Lines of one kind in a period, whatever the addresses.
const ALL: u64 = 50;

/// What was heard in this period.
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<BTreeMap<&'static str, Heard>>);

#[derive(Debug, Default)]
struct Heard {
    told: u64,
    untold: u64,
    /// Lines of each address; bounded by the lines that are told.
    each: HashMap<IpAddr, u64>,
}

impl Quiet {
    /// Whether a line of this kind about this address is to be told; otherwise it is counted.
    pub(super) fn tells(&self, kind: &'static str, address: IpAddr) -> bool {
        let mut all = self.lock();
        let heard = all.entry(kind).or_default();
        let known = heard.each.get(&address).copied().unwrap_or_default();
        if heard.told >= ALL || known >= EACH {
            heard.untold += 1;
            return false;
        }
        heard.told += 1;
        heard.each.insert(address, known + 1);
        true
    }

    /// Ends a period: tells how many lines were not told.
    pub(super) fn sum_up(&self) {
        for (kind, more) in self.untold() {
            tracing::info!(kind, more, "further lines of this kind were not written");
        }
    }

    fn untold(&self) -> Vec<(&'static str, u64)> {
        let heard = std::mem::take(&mut *self.lock());
        let untold = heard.into_iter().map(|(kind, heard)| (kind, heard.untold));
        untold.filter(|(_, untold)| *untold > 0).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_few_lines_and_a_number() {
        let quiet = Quiet::default();
        let tells = |host: u8| quiet.tells("handshake", IpAddr::from([192, 0, 2, host]));
        let one = (0..1000).filter(|_| tells(1)).count();
        assert_eq!(one, 5);
        let many = (0..200).cycle().take(1000).filter(|host| tells(*host)).count();
        assert_eq!(many, 45);
        assert_eq!(quiet.untold(), [("handshake", 1950)]);
        assert!(tells(1) && quiet.untold().is_empty());
    }
}
