//! Takes up certificates and revocation lists whose files were replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::super::context::{Context, blocking};
use super::super::problems::Problems;
use super::super::network;
use super::super::proof::{self, Stamp, TLS_PLACE};
use crate::types::code::{self, Area};
use crate::types::{Clock, Instant, Lang};

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
    /// Whether it was looked for renewals since the start.
    is_begun: bool,
    /// Why what was read last is not in use.
    refused: Problems,
}

impl Certificates {
    pub(super) fn new(context: &Context) -> Self {
        let refused = Problems::default();
        tell_conditions(context, &refused);
        let taken = context.proof().read_of.clone();
        let now = Clock::running();
        Self { seen: taken.clone(), taken, read_at: now, told_at: now, is_begun: false, refused }
    }

    /// The proof of the context was read anew, with another configuration.
    pub(super) fn were_read(&mut self, context: &Context) {
        self.taken.clone_from(&context.proof().read_of);
        self.seen.clone_from(&self.taken);
        (self.read_at, self.told_at) = (Clock::running(), Clock::running());
        self.refused = Problems::default();
        tell_conditions(context, &self.refused);
    }

    /// Reads what was replaced, or everything; says whether a file is just being replaced.
    pub(super) async fn look(&mut self, context: &Arc<Context>, at_once: bool) -> bool {
        let shared = Arc::clone(context);
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let looked = blocking(move || {
            let config = shared.config();
            let is_due = is_first && proof::is_due(&config, shared.now());
            (proof::stamps(&config), is_due)
        });
        let (found, is_due) = looked.await.unwrap_or_default();
        // Certificate and key are two files: they are read when neither changes any more.
        let is_new = found != self.taken;
        let settles = found != self.seen;
        let has_faults = context.proof().has_faults() || !self.refused.0.is_empty();
        let again = has_faults && self.read_at.elapsed() >= RETRY;
        if at_once || is_due || (is_new && !settles) || again || self.read_at.elapsed() >= INTERVAL
        {
            self.refused = reload(context).await;
            self.taken.clone_from(&found);
            (self.read_at, self.told_at) = (Clock::running(), Clock::running());
        } else if self.told_at.elapsed() >= TELL {
            tell_conditions(context, &self.refused);
            self.told_at = Clock::running();
        }
        self.seen = found;
        settles && !at_once
    }
}

/// Reads certificates and revocation lists again. What cannot be used is told, and what was read
/// before stays; returned is why, where it is not told with what was read.
async fn reload(context: &Arc<Context>) -> Problems {
    let shared = Arc::clone(context);
    let reloaded = blocking(move || {
        let (mut problems, mut refused) = (Problems::default(), Problems::default());
        let (former, config) = (shared.proof(), shared.config());
        // Nothing is begun or ended by a clock that may be wrong.
        let unrenewed = if shared.believes_clock() {
            proof::renew_in_time(&config, &former, shared.now())
        } else {
            Problems::default()
        };
        match network::proxy_of(&config) {
            Ok(proxy) => shared.client.set_proxy(proxy),
            Err(error) => refused.add(
                code::CERTIFICATE_UNUSABLE,
                network::PROXY_PLACE,
                error.text(Lang::Ja),
                error.to_string(),
            ),
        }
        let opened = proof::open(&config, Some(&former), shared.now(), &mut problems);
        if let Some((mut proof, settings)) = opened {
            proof.add_faults(unrenewed);
            match shared.tls.reload(settings) {
                Ok(()) => {
                    let is_new = proof.tell_changes(&former);
                    shared.set_proof(proof);
                    if is_new {
                        shared.wake.begin_anew();
                    }
                    tracing::info!("certificates and revocation lists were read again");
                }
                Err(error) => {
                    let ja = format!(
                        "TLS の証明書を使えません: {error}。これまでの証明書を使い続けます。"
                    );
                    let en = format!(
                        "the TLS certificate cannot be used: {error}; the one before stays in use"
                    );
                    refused.add(code::CERTIFICATE_UNUSABLE, TLS_PLACE, ja, en);
                }
            }
        }
        for problem in problems.0 {
            tracing::error!(code = problem.code, place = problem.place, "{}", problem.en);
        }
        tell_conditions(&shared, &refused);
        refused
    });
    reloaded.await.unwrap_or_default()
}

/// Tells what stands of certificates and lists, and takes back what does not any more.
fn tell_conditions(context: &Context, refused: &Problems) {
    let now = context.now();
    let mut standing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let conditions = context.proof().conditions(&context.config(), now).0;
    for told in conditions.into_iter().chain(refused.0.iter().cloned()) {
        standing.entry(told.code).or_default().insert(told.place.clone());
        context.notices.raise(told.code, told.place, (told.ja, told.en), now);
    }
    for code in code::of(Area::Certificates).map(|info| info.code) {
        context.notices.clear_others(code, "", standing.get(code).unwrap_or(&BTreeSet::new()));
    }
}
