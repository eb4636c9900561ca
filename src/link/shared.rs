//! What requests share: all of a server, and those of one connection.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::api::{Caller, Service};
use super::grants::Grants;
use super::guests::Guests;
use super::heads::Unreadable;
use super::problem::Refusal;
use super::quiet::Quiet;
use super::tls::{Tls, TlsState};
use crate::package::{TrustError, Usage};
use crate::types::{Clock, Instant, OfficeNumber};
use crate::work::watch;

/// What all requests of a server share.
pub(super) struct Shared<S> {
    pub(super) service: Arc<S>,
    pub(super) tls: Arc<Tls>,
    /// What partners are granted.
    pub(super) grants: Arc<Grants>,
    /// All other connections.
    pub(super) guests: Arc<Guests>,
    /// Keeps the log short when strangers are loud.
    pub(super) quiet: Quiet,
    /// Becomes true when the server stops.
    pub(super) stopping: watch::Receiver<bool>,
    /// When it began: what is done now and then for many connections is done at the same moments.
    pub(super) begun: Instant,
}

/// What the requests of one connection share.
pub(super) struct Link {
    pub(super) peer: Arc<Caller>,
    /// Whether the connection has its place among those of partners. Without one it ends with its
    /// first answer.
    pub(super) has_place: bool,
    pub(super) judged: Mutex<Judged>,
    pub(super) unread: AtomicBool,
    pub(super) requests: AtomicU64,
    pub(super) unreadable: Unreadable,
}

/// When, by which settings, and as whom the peer was found acceptable.
pub(super) struct Judged {
    pub(super) by: Arc<TlsState>,
    pub(super) at: Instant,
    pub(super) partner: Result<OfficeNumber, Refusal>,
}

impl Link {
    /// The partner that the peer speaks for, or why it gets nothing.
    pub(super) fn partner(&self) -> Result<OfficeNumber, Refusal> {
        self.judged().partner.clone()
    }

    /// From here on, an answer may go out before the body of its request was read.
    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// The body was read to its end.
    pub(super) fn all_read(&self) {
        self.unread.store(false, Ordering::Relaxed);
    }

    /// Why the request of this number is refused for its head, if it is.
    pub(super) fn unreadable(&self, number: u64) -> Option<Refusal> {
        let (refused, refusal) = self.unreadable.get()?;
        (*refused == number).then(|| refusal.clone())
    }

    fn judged(&self) -> MutexGuard<'_, Judged> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the peer is still acceptable; asks again after a change of settings and every
    /// `recheck`.
    pub(super) fn judge<S: Service>(&self, shared: &Shared<S>) -> Result<(), TrustError> {
        let current = shared.tls.state();
        {
            let judged = self.judged();
            let is_fresh = judged.at.elapsed() < shared.grants.limits().recheck;
            if (Arc::ptr_eq(&judged.by, &current) && is_fresh) || !self.has_place {
                return Ok(());
            }
        }
        let Caller { certificate, chain, .. } = &*self.peer;
        current.trust.accepts(certificate, chain, Usage::Tls, shared.tls.now())?;
        let partner = shared.service.admits(&self.peer);
        *self.judged() = Judged { by: current, at: Clock::running(), partner };
        Ok(())
    }
}
