//! What others in the process ask of a node that runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::backup;
use super::context::Context;
use super::health::{Health, Watcher};
use super::live::Follower;
use super::notices::Notice;
use super::orders::{carry_out, internal};
use super::outbound::{self, NewAttachment, NotSent, SendOrder, SentSet, send};
use crate::config::Config;
use crate::control::{Answer, Request};
use crate::spec::Spec;
use crate::store::Store;
use crate::types::{Clock, Digest};
use crate::work;

/// How a node stands: another one whenever a step was made, or another condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The last step; none also where the store cannot tell.
    step: Option<Timestamp>,
    conditions: Digest,
}

/// A hold on a node that runs: what it knows, and what a person may order it to do.
#[derive(Clone)]
pub struct Handle {
    context: Arc<Context>,
    follower: Arc<Follower>,
    watcher: Arc<Watcher>,
}

impl Handle {
    pub(super) const fn new(
        context: Arc<Context>,
        follower: Arc<Follower>,
        watcher: Arc<Watcher>,
    ) -> Self {
        Self { context, follower, watcher }
    }

    /// Its configuration as it is at the moment.
    pub fn config(&self) -> Arc<Config> {
        self.context.config()
    }

    /// The main file of that, if it follows one.
    pub fn config_file(&self) -> Option<PathBuf> {
        self.follower.file().map(Path::to_owned)
    }

    /// The tables of the standard that it works with.
    pub fn spec(&self) -> &'static Spec {
        self.context.spec
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        &self.context.store
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.context.clock
    }

    /// The time by its clock.
    pub fn now(&self) -> Timestamp {
        self.context.now()
    }

    /// How it does at the moment.
    pub fn health(&self) -> Health {
        self.watcher.health(false)
    }

    /// The conditions that a person should know of, and how many more there are.
    pub fn notices(&self) -> (Vec<Notice>, u64) {
        self.context.notices.standing()
    }

    /// How it stands, to see by it whether something has changed.
    pub async fn state(&self) -> Standing {
        let step = self.context.store.latest_step().await.ok().flatten();
        Standing { step, conditions: self.context.notices.digest() }
    }

    /// Carries out what `by` orders, and notes it in the journal as a command is noted. It is carried
    /// out to its end also where nobody waits for the answer any more.
    pub async fn order(&self, request: Request, by: String) -> Answer {
        let (context, follower) = (Arc::clone(&self.context), Arc::clone(&self.follower));
        let carried_out =
            work::spawn(async move { carry_out(&context, &follower, &request, &by).await });
        carried_out.await.unwrap_or_else(|_| internal())
    }

    /// Checks, signs and queues a set that a program hands over. It is done to its end also where nobody
    /// waits for the answer any more.
    pub async fn send(&self, order: SendOrder) -> Result<SentSet, NotSent> {
        let context = Arc::clone(&self.context);
        let sent = work::spawn(async move { send(&context, order).await });
        sent.await.unwrap_or(Err(NotSent::Internal))
    }

    /// Judges an attachment that a person wants to send, has it scanned, and makes it a package.
    pub async fn attach(&self, new: NewAttachment) -> Answer {
        let context = Arc::clone(&self.context);
        let attached = work::spawn(async move { outbound::attach_new(&context, new).await });
        attached.await.unwrap_or_else(|_| internal())
    }

    /// Has a backup made now. Where one is being made or looked at, that comes first.
    pub fn back_up(&self) {
        self.context.wake.backup.notify_one();
    }

    /// Whether a backup is being made or looked at.
    pub fn is_backing_up(&self) -> bool {
        self.context.backing.try_lock().is_err()
    }

    /// Reads a backup of the folder for backups from its beginning to its end, and keeps what came of
    /// it; says whether it could. It goes on also where nobody waits any more.
    pub async fn look_at_backup(&self, name: String) -> bool {
        let context = Arc::clone(&self.context);
        work::spawn(async move { backup::look_at(&context, name).await }).await.unwrap_or(false)
    }

    /// Says how a person enters the page: `door` makes an address for the account of a name. The
    /// first one stays.
    pub fn set_door(&self, door: impl Fn(&str) -> String + Send + Sync + 'static) {
        let _ = self.context.door.set(Box::new(door));
    }

    /// Notes a standing condition that a person should know of; the texts are Japanese and English.
    pub fn raise(&self, code: &'static str, about: &str, ja: String, en: String) {
        self.context.notices.raise(code, about, (ja, en), self.now());
    }

    /// The condition is over.
    pub fn clear(&self, code: &'static str, about: &str) {
        self.context.notices.clear(code, about);
    }
}
