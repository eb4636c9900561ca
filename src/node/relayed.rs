//! Collects the receipts that recipients put at a relay for packages of ours.
//!
//! The relay's word counts for nothing: each receipt is judged by its signature like one that comes
//! from the partner itself.

use std::sync::Arc;
use std::time::Duration;

use super::collect::take_all;
use super::context::{Context, log_store_fault, stopped};
use super::pauses::Pauses;
use super::supervise::Beat;
use crate::link::Endpoint;
use crate::store::StoreError;
use crate::types::{Clock, Instant, OfficeNumber, PeerUrl};
use crate::work::watch;

/// Even when nothing is known to wait, look again after this time.
const LONGEST_SLEEP: Duration = Duration::from_mins(10);

/// A relay that has nothing to tell and does not wait is asked no more often than this.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// How long a question with its answer may well take.
const LONGEST_QUESTION: Duration = Duration::from_mins(10);

/// When receipts that could not be believed are asked for again, and whatever the relay has: it may
/// have lost its place, or told a wrong one.
const ASK_AGAIN: Duration = Duration::from_mins(30);

struct Collector {
    context: Arc<Context>,
    office: OfficeNumber,
    relay: PeerUrl,
    /// Set while the relay's receipts are looked at from the beginning, or beyond what the store is to
    /// remember.
    ahead: Option<u64>,
    /// Some of them are to be asked for again.
    kept_back: bool,
    /// When all were last asked for.
    begun: Instant,
}

pub(super) async fn run(
    context: Arc<Context>,
    (office, relay): (OfficeNumber, PeerUrl),
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let begun = Clock::running();
    let mut deposited = context.wake.deposited.subscribe();
    let mut collector =
        // A relay may have told a place that was never right.
        Collector { context: Arc::clone(&context), office, relay, ahead: Some(0), kept_back: false, begun };
    let mut pauses = Pauses::default();
    while !*stopping.borrow() {
        beat.works_for("asking a relay for receipts", LONGEST_QUESTION);
        deposited.borrow_and_update();
        let sleep = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            asked = collector.ask() => if let Ok(sleep) = asked {
                pauses.over();
                sleep
            } else {
                pauses.next()
            },
        };
        if sleep.is_zero() {
            continue;
        }
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            _ = deposited.changed() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

impl Collector {
    /// One question; says how long to wait before the next.
    async fn ask(&mut self) -> Result<Duration, ()> {
        let context = &self.context;
        let failed = |error: StoreError| log_store_fault(&error, "what a relay has cannot be told");
        let (office, relay) = (self.office, &self.relay);
        let config = context.config();
        let Some(relay) = config.relay(relay).map(|relay| relay.url.clone()) else {
            return Ok(LONGEST_SLEEP);
        };
        if !context.store.awaits_relayed(office, &relay).await.map_err(failed)? {
            return Ok(LONGEST_SLEEP);
        }
        if self.begun.elapsed() >= ASK_AGAIN {
            (self.ahead, self.kept_back, self.begun) = (Some(0), false, Clock::running());
        }
        let after = match self.ahead {
            Some(ahead) => ahead,
            None => context.store.relay_cursor(office, &relay).await.map_err(failed)?,
        };
        let wait = Duration::try_from(config.timing.receipt_wait).unwrap_or_default();
        let asked_at = Clock::running();
        let endpoint = Endpoint::of_relay(relay.clone());
        let page = context.client.receipts(&endpoint, office, after, wait).await;
        // That the relay is not reached is told by those who fetch there.
        let page = page.map_err(|error| {
            tracing::debug!(%relay, code = error.code(), "receipts could not be collected");
        })?;
        let is_empty = page.receipts.is_empty();
        let all_taken = take_all(context, page.receipts).await.map_err(failed)?;
        self.kept_back |= !all_taken;
        if self.kept_back || (self.ahead.is_some() && !is_empty) {
            // What cannot be believed now is asked for again later.
            self.ahead = Some(page.next);
        } else if self.ahead.take().is_some() || page.next > after {
            context.store.set_relay_cursor(office, &relay, page.next).await.map_err(failed)?;
        }
        Ok(if is_empty { SHORTEST_WAIT.saturating_sub(asked_at.elapsed()) } else { Duration::ZERO })
    }
}
