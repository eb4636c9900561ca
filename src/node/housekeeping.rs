//! What has to be looked after now and then: the time of keeping, the dates of certificates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::clock::local_time;
use super::context::{Context, blocking, stopped};
use super::expiry;
use super::problems::Problems;
use super::proof;
use super::supervise::Beat;
use super::surroundings::{Moment, Network};
use super::systemd;
use crate::types::code::{self, Area};
use crate::types::{Clock, Instant};
use crate::work::{self, watch};

/// How often to look whether a file of certificates was replaced.
const WATCH: Duration = Duration::from_secs(5);

/// How often what could not be taken up is read again, whether its file looks new or not.
const RETRY: Duration = Duration::from_mins(1);

/// How often to look after everything else.
const INTERVAL: Duration = Duration::from_hours(1);

/// Partners are greeted no more often than this, however often the network changes.
const GREETING_PAUSE: Duration = Duration::from_mins(1);

/// A stranger who did not come for so long is not told of any more.
const STRANGERS: Duration = Duration::from_hours(24);

/// That files were placed as they came, because no copies could be made, is told for so long.
const PLACED_WHOLE: Duration = Duration::from_hours(24);

/// How long a partner may take to say what time it is.
const LONGEST_ANSWER: Duration = Duration::from_secs(3);

/// Clocks that differ by no more than this agree.
const AGREEMENT: SignedDuration = SignedDuration::from_mins(15);

/// How long it may well take to remove old packages.
const LONGEST_PURGE: Duration = Duration::from_mins(10);

pub(super) async fn run(context: Arc<Context>, beat: Beat, mut stopping: watch::Receiver<bool>) {
    tell_conditions(&context);
    let mut taken = context.proof().read_of.clone();
    let mut seen = taken.clone();
    let (mut read_at, mut kept_at) = (Clock::running(), Clock::running());
    let (mut network, mut believed) = (Network::now(), true);
    let (mut wants_to_greet, mut greeted_at) = (false, None::<Instant>);
    loop {
        // Not at the start: the clock of a PC may be wrong until the network has set it.
        beat.sleeps(work::pause(WATCH));
        let asleep = Moment(context.now(), Clock::running());
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = context.wake.reload.notified() => {
                beat.works("reading certificates");
                systemd::reloading();
                taken = stamps(&context).await;
                reload(&context).await;
                read_at = Clock::running();
                systemd::ready();
                continue;
            }
            () = tokio::time::sleep(work::pause(WATCH)) => {}
        }
        let (awake, found) = (Moment(context.now(), Clock::running()), Network::now());
        let is_back =
            asleep.slept_until(awake, work::pause(WATCH)) || found.is_news_after(&network);
        network = found;
        beat.works("looking at the clock");
        let is_believed = look_at_clock(&context).await;
        // As long as the clock is in doubt partners are asked to come again later.
        wants_to_greet |= is_back || !believed;
        let may_greet = greeted_at.is_none_or(|at| at.elapsed() >= GREETING_PAUSE);
        if wants_to_greet && is_believed && may_greet {
            tracing::info!(
                "the computer slept, or its network or clock changed: partners are greeted"
            );
            context.wake.begin_anew();
            (wants_to_greet, greeted_at) = (false, Some(Clock::running()));
        }
        believed = is_believed;
        beat.works("reading certificates");
        let found = stamps(&context).await;
        // Certificate and key are two files: they are read when neither changes any more.
        let replaced = found != taken && found == seen;
        let again = context.proof().has_faults() && read_at.elapsed() >= RETRY;
        if replaced || again || read_at.elapsed() >= INTERVAL {
            reload(&context).await;
            read_at = Clock::running();
            taken.clone_from(&found);
        } else {
            tell_conditions(&context);
        }
        seen = found;
        context.notices.clear_unmet(code::STRANGER_CERTIFICATE_REFUSED, STRANGERS);
        context.notices.clear_unmet(code::PLACED_WHOLE, PLACED_WHOLE);
        if kept_at.elapsed() >= INTERVAL && context.believes_clock() {
            beat.works_for("removing old packages", LONGEST_PURGE);
            purge(&context).await;
            expiry::expire_overdue(&context).await;
            kept_at = Clock::running();
        }
    }
}

/// Tells of a clock that is in doubt, and asks partners what time it is; says whether it is believed.
async fn look_at_clock(context: &Arc<Context>) -> bool {
    const LEAPT: (&str, &str) = (code::CLOCK_IN_DOUBT, "node");
    if context.believes_clock() {
        context.notices.clear(LEAPT.0, LEAPT.1);
        return true;
    }
    let now = context.now();
    let (clock, expected) = (local_time(now), local_time(context.time.expected()));
    let ja = format!(
        "パソコンの時計が {clock} を示していますが、{expected} ごろのはずです。時計が確かめられるまで、送信・期限切れの処理・古いパッケージの削除を止めています。パソコンの日付と時刻を直してください。"
    );
    let en = format!(
        "the clock shows {clock}, but it should be about {expected}; sending, expiry and removal pause until the clock is known to be right: set date and time of the computer"
    );
    context.notices.raise(LEAPT.0, LEAPT.1, (ja, en), now);
    for peer in &context.config.peers {
        let Some(endpoint) = context.endpoint(peer.office) else { continue };
        let Ok(Ok(status)) =
            tokio::time::timeout(LONGEST_ANSWER, context.client.status(&endpoint)).await
        else {
            continue;
        };
        let now = context.now();
        if status.time.duration_since(now).abs() <= AGREEMENT {
            tracing::info!(partner = %peer.office, "a partner's clock confirms ours");
            context.time.confirm(now);
            context.notices.clear(LEAPT.0, LEAPT.1);
            return true;
        }
    }
    false
}

async fn stamps(context: &Arc<Context>) -> Vec<proof::Stamp> {
    let shared = Arc::clone(context);
    blocking(move || proof::stamps(&shared.config)).await.unwrap_or_default()
}

async fn purge(context: &Context) {
    let now = context.now();
    let keep = &context.config.retention;
    let before = |kept: SignedDuration| now.checked_sub(kept).unwrap_or(jiff::Timestamp::MIN);
    match context.store.purge(before(keep.packages), before(keep.records)).await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "packages past their time of keeping were removed"),
        Err(error) => tracing::error!(code = error.code(), %error, "nothing could be removed"),
    }
}

/// Reads certificates and revocation lists again. What cannot be used is told, and what was read
/// before stays.
pub(super) async fn reload(context: &Arc<Context>) {
    let shared = Arc::clone(context);
    let reloaded = blocking(move || {
        let mut problems = Problems::default();
        let former = shared.proof();
        let opened = proof::open(&shared.config, Some(&former), shared.now(), &mut problems);
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
    for told in context.proof().conditions(&context.config, now).0 {
        standing.entry(told.code).or_default().insert(told.place.clone());
        context.notices.raise(told.code, told.place, (told.ja, told.en), now);
    }
    for code in code::of(Area::Certificates).map(|info| info.code) {
        context.notices.clear_others(code, "", standing.get(code).unwrap_or(&BTreeSet::new()));
    }
}
