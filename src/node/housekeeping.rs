//! What has to be looked after now and then: the clock, the network, the time of keeping.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::clock::local_time;
use super::context::{Context, log_store_fault, stopped};
use super::expiry;
use super::hold_copies;
use super::journal_head::LastHead;
use super::restored;
use super::supervise::Beat;
use super::surroundings::{Moment, Network};
use crate::link::Endpoint;
use crate::types::{Clock, Instant, code};
use crate::work::{self, watch};

/// How often to look at clock and network.
const WATCH: Duration = Duration::from_secs(5);

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
    let mut kept_at = Clock::running();
    let (mut network, mut believed) = (Network::now(), true);
    let mut head = LastHead::default();
    let (mut wants_to_greet, mut greeted_at) = (false, None::<Instant>);
    beat.works("seeing whether the store was put back");
    restored::tell(&context).await;
    remove_recalled(&context).await;
    loop {
        // Not at the start: the clock of a PC may be wrong until the network has set it.
        beat.sleeps(work::pause(WATCH));
        let asleep = Moment(context.now(), Clock::running());
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
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
        context.notices.clear_unmet(code::STRANGER_CERTIFICATE_REFUSED, STRANGERS);
        context.notices.clear_unmet(code::PLACED_WHOLE, PLACED_WHOLE);
        if kept_at.elapsed() >= INTERVAL && context.believes_clock() {
            beat.works_for("removing old packages", LONGEST_PURGE);
            purge(&context).await;
            expiry::expire_overdue(&context).await;
            expiry::end_recalls(&context).await;
            remove_recalled(&context).await;
            head.renew(&context).await;
            restored::tell(&context).await;
            kept_at = Clock::running();
        }
    }
}

/// Tells of a clock that is in doubt, and asks partners and relays what time it is; says whether it is
/// believed.
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
    let config = context.config();
    let partners = config.peers.iter().filter_map(|peer| context.endpoint(peer.office));
    let relays = config.relays.iter().map(|relay| Endpoint::of_relay(relay.url.clone()));
    for endpoint in partners.chain(relays) {
        let Ok(Ok(status)) =
            tokio::time::timeout(LONGEST_ANSWER, context.client.status(&endpoint)).await
        else {
            continue;
        };
        let now = context.now();
        if status.time.duration_since(now).abs() <= AGREEMENT {
            tracing::info!(of = %endpoint.url, "another clock confirms ours");
            context.time.confirm(now);
            context.notices.clear(LEAPT.0, LEAPT.1);
            return true;
        }
    }
    false
}

/// Removes copies of what senders have back that could not be removed, or not before a crash.
async fn remove_recalled(context: &Context) {
    if let Err(error) = hold_copies::remove_recalled(context).await {
        log_store_fault(&error, "copies stay in the hold folder");
    }
}

async fn purge(context: &Context) {
    let now = context.now();
    let keep = context.config().retention;
    let before = |kept: SignedDuration| now.checked_sub(kept).unwrap_or(jiff::Timestamp::MIN);
    match context.store.purge(before(keep.packages), before(keep.records), now).await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "packages past their time of keeping were removed"),
        Err(error) => tracing::error!(code = error.code(), %error, "nothing could be removed"),
    }
}
