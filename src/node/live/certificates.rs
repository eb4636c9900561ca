//! Takes up certificates and revocation lists whose files were replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::super::context::{Context, blocking};
use super::super::problems::Problems;
use super::super::proof::{self, Stamp};
use crate::types::code::{self, Area};
use crate::types::{Clock, Instant};

/// How often what could not be taken up is read again, whether its file looks new or not.
const RETRY: Duration = Duration::from_mins(1);

/// How often all is read again, whatever the files look like.
const INTERVAL: Duration = Duration::from_hours(1);

/// How often it is looked what stands of certificates.
const TELL: Duration = Duration::from_secs(5);

/// What was seen of the files.
pub(super) struct Certificates {
    /// When they were taken up.
    taken: Vec<Stamp>,
    /// At the last look.
    seen: Vec<Stamp>,
    read_at: Instant,
    told_at: Instant,
}

impl Certificates {
    pub(super) fn new(context: &Context) -> Self {
        tell_conditions(context);
        let taken = context.proof().read_of.clone();
        let now = Clock::running();
        Self { seen: taken.clone(), taken, read_at: now, told_at: now }
    }

    /// The proof of the context was read anew, with another configuration.
    pub(super) fn were_read(&mut self, context: &Context) {
        self.taken.clone_from(&context.proof().read_of);
        self.seen.clone_from(&self.taken);
        (self.read_at, self.told_at) = (Clock::running(), Clock::running());
        tell_conditions(context);
    }

    /// Reads what was replaced, or everything; says whether a file is just being replaced.
    pub(super) async fn look(&mut self, context: &Arc<Context>, at_once: bool) -> bool {
        let shared = Arc::clone(context);
        let found = blocking(move || proof::stamps(&shared.config())).await.unwrap_or_default();
        // Certificate and key are two files: they are read when neither changes any more.
        let is_new = found != self.taken;
        let settles = found != self.seen;
        let again = context.proof().has_faults() && self.read_at.elapsed() >= RETRY;
        if at_once || (is_new && !settles) || again || self.read_at.elapsed() >= INTERVAL {
            reload(context).await;
            self.taken.clone_from(&found);
            (self.read_at, self.told_at) = (Clock::running(), Clock::running());
        } else if self.told_at.elapsed() >= TELL {
            tell_conditions(context);
            self.told_at = Clock::running();
        }
        self.seen = found;
        settles && !at_once
    }
}

/// Reads certificates and revocation lists again. What cannot be used is told, and what was read
/// before stays.
async fn reload(context: &Arc<Context>) {
    let shared = Arc::clone(context);
    let reloaded = blocking(move || {
        let mut problems = Problems::default();
        let former = shared.proof();
        let opened = proof::open(&shared.config(), Some(&former), shared.now(), &mut problems);
        if let Some((proof, settings)) = opened {
            match shared.tls.reload(settings) {
                Ok(()) => {
                    let is_new = proof.tell_changes(&former);
                    shared.set_proof(proof);
                    if is_new {
                        shared.wake.begin_anew();
                    }
                    tracing::info!("certificates and revocation lists were read again");
                }
                Err(error) => tracing::error!(%error, "the TLS certificate cannot be used"),
            }
        }
        for problem in problems.0 {
            tracing::error!(code = problem.code, place = problem.place, "{}", problem.en);
        }
        tell_conditions(&shared);
    });
    reloaded.await.unwrap_or_default();
}

/// Tells what stands of certificates and lists, and takes back what does not any more.
fn tell_conditions(context: &Context) {
    let now = context.now();
    let mut standing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for told in context.proof().conditions(&context.config(), now).0 {
        standing.entry(told.code).or_default().insert(told.place.clone());
        context.notices.raise(told.code, told.place, (told.ja, told.en), now);
    }
    for code in code::of(Area::Certificates).map(|info| info.code) {
        context.notices.clear_others(code, "", standing.get(code).unwrap_or(&BTreeSet::new()));
    }
}
