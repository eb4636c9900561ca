//! Connections that have not shown yet that they come from a partner.
//!
//! Anybody can open a connection; only a partner can finish a handshake that we accept. Until then
//! a connection is a guest in a small room of its own, so that guests never take the places of
//! partners. A newcomer always gets in: when the room is full, a guest of the address that has the
//! most of them is closed, a silent one before one that talks, an old one before a new one. A
//! partner alone at its address is therefore never put out while anybody has more guests than it,
//! and at an address full of silent guests it is the last that is put out.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

use crate::types::one_site;

/// The room of the guests.
#[derive(Debug)]
pub(super) struct Guests {
    most: usize,
    most_of_address: usize,
    room: Mutex<Room>,
}

#[derive(Debug, Default)]
struct Room {
    next: u64,
    /// By the order in which they came.
    guests: BTreeMap<u64, Guest>,
}

#[derive(Debug)]
struct Guest {
    site: IpAddr,
    talks: bool,
    task: Option<AbortHandle>,
}

/// A guest's place in the room; given up when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    guests: Arc<Guests>,
    number: u64,
}

impl Guests {
    /// A room for so many guests, and so many of each address.
    pub(super) fn new(most: usize, most_of_address: usize) -> Arc<Self> {
        let room = Mutex::default();
        Arc::new(Self { most: most.max(1), most_of_address: most_of_address.max(1), room })
    }

    /// Lets a newcomer in; somebody else may have to go for it. Returns whether somebody had to.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> (Place, bool) {
        let site = one_site(address);
        let mut room = self.room();
        let here = room.guests.values().filter(|guest| guest.site == site).count();
        let leaver = if here >= self.most_of_address {
            room.first_to_go(site)
        } else if room.guests.len() >= self.most {
            room.fullest_site().and_then(|site| room.first_to_go(site))
        } else {
            None
        };
        let put_out = leaver.and_then(|number| room.guests.remove(&number));
        if let Some(task) = put_out.as_ref().and_then(|guest| guest.task.as_ref()) {
            task.abort();
        }
        let number = room.next;
        room.next += 1;
        room.guests.insert(number, Guest { site, talks: false, task: None });
        (Place { guests: Arc::clone(self), number }, put_out.is_some())
    }

    /// Remembers the task that serves a guest, unless the guest has gone already.
    pub(super) fn serve(&self, number: u64, task: AbortHandle) {
        if let Some(guest) = self.room().guests.get_mut(&number) {
            guest.task = Some(task);
        }
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    fn fullest_site(&self) -> Option<IpAddr> {
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for guest in self.guests.values() {
            *counts.entry(guest.site).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(site, _)| site)
    }

    fn first_to_go(&self, site: IpAddr) -> Option<u64> {
        let mut here = self.guests.iter().filter(|(_, guest)| guest.site == site);
        let oldest = here.clone().next();
        here.find(|(_, guest)| !guest.talks).or(oldest).map(|(number, _)| *number)
    }
}

impl Place {
    /// What [`Guests::serve`] knows the guest by.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The guest has sent something.
    pub(super) fn talks(&self) {
        if let Some(guest) = self.guests.room().guests.get_mut(&self.number) {
            guest.talks = true;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.guests.room().guests.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Crowd(Arc<Guests>, Vec<Place>);

    impl Crowd {
        fn enter(&mut self, address: &str) -> u64 {
            let (place, _) = self.0.enter(address.parse().expect("an address"));
            let number = place.number();
            self.1.push(place);
            number
        }

        fn inside(&self) -> Vec<u64> {
            self.0.room().guests.keys().copied().collect()
        }
    }

    #[test]
    fn the_oldest_silent_one_of_a_full_address_goes_first() {
        let mut crowd = Crowd(Guests::new(8, 3), Vec::new());
        let first = crowd.enter("192.0.2.1");
        let second = crowd.enter("::ffff:192.0.2.1");
        let third = crowd.enter("192.0.2.1");
        let other = crowd.enter("192.0.2.2");
        crowd.1[0].talks();
        let fourth = crowd.enter("192.0.2.1");
        assert_eq!(crowd.inside(), [first, third, other, fourth], "{second} went");
        crowd.1[2].talks();
        crowd.1[4].talks();
        let fifth = crowd.enter("192.0.2.1");
        assert_eq!(crowd.inside(), [third, other, fourth, fifth], "all talk: the oldest");
        crowd.1.clear();
        assert!(crowd.inside().is_empty());
    }

    #[test]
    fn one_alone_at_its_address_stays_while_others_come_in_crowds() {
        let mut crowd = Crowd(Guests::new(8, 4), Vec::new());
        let partner = crowd.enter("192.0.2.1");
        for _ in 0..200 {
            for address in ["198.51.100.1", "198.51.100.2", "2001:db8::1", "2001:db8::2"] {
                crowd.enter(address);
            }
        }
        assert_eq!(crowd.inside().len(), 8);
        assert!(crowd.inside().contains(&partner));
        let late = crowd.enter("192.0.2.3");
        assert!(crowd.inside().contains(&late) && crowd.inside().contains(&partner));
    }
}
