//! What partners are granted, which may change while they are served.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use super::answers::TIMEOUT_RETRY;
use super::body::Room;
use super::limits::Limits;
use super::pool::{Full, Held, Pool};
use super::problem::Refusal;
use crate::types::OfficeNumber;
use crate::types::code::RefusalCode;

/// The limits of a server, and what there is only so much of.
#[derive(Debug)]
pub struct Grants {
    limits: RwLock<Limits>,
    /// Room for the bodies of requests.
    pub(super) room: Room,
    /// One for every package, receipt, card or recall that arrives or is with the service.
    pub(super) packages: Arc<Pool>,
    /// Connections of partners.
    pub(super) places: Arc<Pool>,
}

impl Grants {
    /// Large packages arrive in `folder`.
    pub(crate) fn new(limits: Limits, folder: &Path) -> Arc<Self> {
        let (all, share) = connections(&limits);
        Arc::new(Self {
            limits: RwLock::new(limits),
            room: Room::new(&limits, folder),
            packages: Pool::new(all, share),
            places: Pool::new(all, share),
        })
    }

    /// A place for a request of a partner whose body is read and given to the service.
    ///
    /// # Errors
    ///
    /// `busy` where all are taken, `partner-share-exceeded` where the partner has its share.
    pub(super) fn place(&self, partner: OfficeNumber) -> Result<Held, Refusal> {
        let refusal = |full| match full {
            Full::All => Refusal::new(RefusalCode::BUSY, "too many requests are being worked on"),
            Full::Share => {
                let log = "too many requests of one partner are being worked on";
                Refusal::new(RefusalCode::PARTNER_SHARE_EXCEEDED, log)
            }
        };
        let place = self.packages.take(partner, 1);
        place.map_err(|full| refusal(full).retry_after(TIMEOUT_RETRY))
    }

    /// The limits of this moment.
    pub fn limits(&self) -> Limits {
        *self.limits.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Grants this from now on: to requests and connections that begin. What somebody has, it keeps.
    /// How many guests there may be stays as it is.
    pub fn set(&self, limits: Limits) {
        *self.limits.write().unwrap_or_else(PoisonError::into_inner) = limits;
        self.room.resize(&limits);
        let (all, share) = connections(&limits);
        self.packages.resize(all, share);
        self.places.resize(all, share);
    }
}

/// For all partners, and for each.
fn connections(limits: &Limits) -> (u64, u64) {
    let all = u64::try_from(limits.connections).unwrap_or(u64::MAX).max(1);
    (all, limits.connections_of_partner())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn limits(connections: usize, package_bytes: u64) -> Limits {
        let body_memory = 4 * package_bytes;
        Limits { connections, package_bytes, body_memory, partner_share: 100, ..Limits::default() }
    }

    #[tokio::test]
    async fn other_limits_hold_for_whoever_comes_next() {
        let partner = "1370000018".parse().expect("an office");
        let folder = tempfile::tempdir().expect("a folder");
        let grants = Grants::new(limits(1, MIB), folder.path());
        let first = grants.places.take(partner, 1).expect("a place");
        assert!(grants.places.take(partner, 1).is_err());
        grants.set(limits(2, 3 * MIB));
        assert_eq!(grants.limits(), limits(2, 3 * MIB));
        let second = grants.places.take(partner, 1).expect("another place");
        grants.set(limits(1, MIB));
        drop(second);
        assert!(grants.places.take(partner, 1).is_err(), "the first one stays");
        drop(first);
        assert!(grants.places.take(partner, 1).is_ok());
    }
}
