//! What partners are granted, which may change while they are served.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use super::body::Room;
use super::limits::Limits;
use super::pool::Pool;

/// The limits of a server, and what there is only so much of.
#[derive(Debug)]
pub struct Grants {
    limits: RwLock<Limits>,
    /// Room for the bodies of requests.
    pub(super) room: Room,
    /// One for every package that arrives or is with the service.
    pub(super) packages: Arc<Pool>,
    /// Connections of partners.
    pub(super) places: Arc<Pool>,
}

impl Grants {
    /// Large packages arrive in `folder`.
    pub(super) fn new(limits: Limits, folder: &Path) -> Arc<Self> {
        let (all, share) = connections(&limits);
        Arc::new(Self {
            limits: RwLock::new(limits),
            room: Room::new(&limits, folder),
            packages: Pool::new(all, share),
            places: Pool::new(all, share),
        })
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
