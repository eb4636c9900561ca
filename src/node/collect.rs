//! Collects the receipts that a partner issues after it took a package.
//!
//! How far they were collected is remembered in the store. A receipt whose certificate is not
//! believed at the moment, because a new one is not registered yet or a revocation list is too old,
//! holds up none of those behind it, but is asked for again until the time of its package is over.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;

use super::context::{Context, Pair, stopped};
use super::pauses::Pauses;
use super::receipts::{Read, look_at_clock, read_receipt};
use super::supervise::Beat;
use super::wake::woken;
use crate::link::{ReceiptEntry, SendError};
use crate::store::{OutgoingRow, StoreError};
use crate::transfer::{Outgoing, OutgoingEvent, OutgoingReceipt, Transition};
use crate::types::{Clock, Digest, Instant, code};
use crate::work::watch;

/// Even when no package is known to wait, look again after this time.
const LONGEST_SLEEP: Duration = Duration::from_mins(10);

/// A partner that has nothing to tell and does not wait is asked no more often than this.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// How long a question with its answer may well take.
const LONGEST_QUESTION: Duration = Duration::from_mins(10);

/// When receipts that could not be believed are asked for again.
const ASK_AGAIN: Duration = Duration::from_mins(30);

/// A partner that took a package whose receipt was lost until we gave it up is asked for it no more
/// often than this.
const GIVEN_UP_PAUSE: Duration = Duration::from_hours(1);

/// Receipts that are verified at a time.
const AT_A_TIME: usize = 8;

struct Collector {
    context: Arc<Context>,
    pair: Pair,
    /// Set while a receipt is kept back that the store is not to pass over.
    ahead: Option<Ahead>,
    /// Nothing was asked yet, or not since we came back: the first question is a greeting too. It
    /// shows the partner that we are there, and brings receipts that came too late for packages that
    /// were given up.
    greeting: bool,
    /// When it was last asked about packages that were given up.
    given_up_asked: Option<Instant>,
}

/// How far receipts were looked at, beyond what the store remembers.
struct Ahead {
    position: u64,
    since: Instant,
}

pub(super) async fn run(
    context: Arc<Context>,
    pair: Pair,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let mut collector = Collector {
        context: Arc::clone(&context),
        pair,
        ahead: None,
        greeting: true,
        given_up_asked: None,
    };
    let mut pauses = Pauses::default();
    while !*stopping.borrow() {
        beat.works_for("asking for receipts", LONGEST_QUESTION);
        let sleep = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            asked = collector.ask() => match asked {
                Ok(sleep) => {
                    pauses.over();
                    sleep
                }
                Err(code) => {
                    tracing::debug!(partner = %pair.1, code, "receipts could not be collected");
                    pauses.next()
                }
            },
        };
        if sleep.is_zero() {
            continue;
        }
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = woken(&context.wake.collect, &pair) => {}
            () = woken(&context.wake.greet, &pair) => collector.begin_anew(),
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

impl Collector {
    /// Greets again, and asks again for receipts that could not be believed.
    fn begin_anew(&mut self) {
        self.greeting = true;
        self.ahead = None;
    }

    /// One question; says how long to wait before the next.
    async fn ask(&mut self) -> Result<Duration, &'static str> {
        let (office, partner) = self.pair;
        let context = &self.context;
        let code = |error: StoreError| error.code();
        let awaits = context.store.awaits_receipts(office, partner).await.map_err(code)?;
        // A partner that is away greets us when it comes, so one attempt is enough.
        if !std::mem::take(&mut self.greeting) && !awaits {
            let lately = self.given_up_asked.is_some_and(|at| at.elapsed() < GIVEN_UP_PAUSE);
            if lately || !context.store.has_given_up(office, partner).await.map_err(code)? {
                return Ok(LONGEST_SLEEP);
            }
            self.given_up_asked = Some(Clock::running());
        }
        self.ahead.take_if(|ahead| ahead.since.elapsed() >= ASK_AGAIN);
        let after = match &self.ahead {
            Some(ahead) => ahead.position,
            None => context.store.receipt_cursor(office, partner).await.map_err(code)?,
        };
        // One that comes to us, or to a relay, leaves its receipts there.
        let Some(endpoint) = context.endpoint(partner) else { return Ok(LONGEST_SLEEP) };
        let wait = Duration::try_from(context.config().timing.receipt_wait).unwrap_or_default();
        let wait = if awaits { wait } else { Duration::ZERO };
        let asked_at = Clock::running();
        let page = context
            .client
            .receipts(&endpoint, office, after, wait)
            .await
            .map_err(|error: SendError| error.code())?;
        let is_empty = page.receipts.is_empty();
        let all_taken = take_all(context, page.receipts).await.map_err(code)?;
        if !all_taken && self.ahead.is_none() {
            self.ahead = Some(Ahead { position: after, since: Clock::running() });
        }
        match &mut self.ahead {
            Some(ahead) => ahead.position = page.next,
            None if page.next > after => {
                context.store.set_receipt_cursor(office, partner, page.next).await.map_err(code)?;
            }
            None => {}
        }
        Ok(if is_empty { SHORTEST_WAIT.saturating_sub(asked_at.elapsed()) } else { Duration::ZERO })
    }
}

/// A receipt that was looked at.
enum Looked {
    /// To be stored.
    Good(Box<OutgoingRow>, Read),
    /// It proves nothing for us.
    PassedOver,
    /// It is to be asked for again.
    Again(Digest),
}

/// Takes the receipts of a page; `false` if some of them are to be asked for again. They are verified
/// at the same time, and stored in their order, so that they share a transaction. One that names a
/// receipt before it that never came is passed over: with it the proof would not hold.
pub(super) async fn take_all(
    context: &Arc<Context>,
    receipts: Vec<ReceiptEntry>,
) -> Result<bool, StoreError> {
    let now = context.now();
    let look = |entry| look_at(Arc::clone(context), entry, now);
    let looked: Vec<_> = stream::iter(receipts).map(look).buffered(AT_A_TIME).collect().await;
    let mut good: Vec<(Box<OutgoingRow>, Read)> = Vec::new();
    let mut again = Vec::new();
    for looked in looked {
        match looked? {
            Looked::Good(row, read) => {
                let came = match read.previous {
                    None => true,
                    Some(previous) if again.contains(&previous) => {
                        again.push(read.sha256);
                        continue;
                    }
                    Some(previous) => {
                        let of_page = |(other, before): &(Box<OutgoingRow>, Read)| {
                            other.id == row.id && before.sha256 == previous
                        };
                        good.iter().any(of_page)
                            || context
                                .store
                                .has_come((row.office, row.partner), row.id, previous)
                                .await?
                    }
                };
                if read.may_follow(came) {
                    look_at_clock(context, &row, read.receipt.at);
                    good.push((row, read));
                } else {
                    let code = code::RECEIPT_OUT_OF_CHAIN;
                    tracing::warn!(id = %row.id, partner = %row.partner, code,
                        "a receipt was passed over");
                }
            }
            Looked::PassedOver => {}
            Looked::Again(digest) => again.push(digest),
        }
    }
    let store = async |(row, read)| store(context, row, read, now).await;
    join_all(good.into_iter().map(store)).await.into_iter().collect::<Result<(), _>>()?;
    Ok(again.is_empty())
}

/// Takes one receipt that was read; `false` if the one before it, which it names, never came.
pub(super) async fn take_one(
    context: &Arc<Context>,
    row: OutgoingRow,
    read: Read,
) -> Result<bool, StoreError> {
    let came = match read.previous {
        None => true,
        Some(previous) => {
            context.store.has_come((row.office, row.partner), row.id, previous).await?
        }
    };
    if read.may_follow(came) {
        look_at_clock(context, &row, read.receipt.at);
        store(context, Box::new(row), read, context.now()).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Stores a receipt with the step that it proves.
async fn store(
    context: &Context,
    row: Box<OutgoingRow>,
    Read { event, receipt, codes, .. }: Read,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = row.id;
    let elsewhere = [OutgoingReceipt::Rejection, OutgoingReceipt::Other];
    let is_there = !elsewhere.map(OutgoingEvent::Receipt).contains(&event);
    let stored = context.store.outgoing_event(id, event, codes, Some(receipt), now).await;
    stored.map(|Transition { after, .. }| {
        if after == Outgoing::Superseded && is_there {
            tell_twice(context, &row);
        }
        tracing::info!(%id, partner = %row.partner, state = after.state().as_str(),
            "receipt collected");
    })
}

/// A partner has a package, and the one that was sent in its place as well.
fn tell_twice(context: &Context, row: &OutgoingRow) {
    let (partner, serial, id) = (row.partner, &row.serial, row.id);
    context.notices.raise(
        code::SUPERSEDED_ARRIVED,
        format!("partner {partner} package {id}"),
        (
            format!("相手 {partner} は、送り直す前のもの（連番 {serial}）も受け取っていました。二重に取り込まれていないか、相手に確かめてください。"),
            format!("the partner {partner} has the former one of a package that was made anew as well (連番 {serial}); ask there whether it was imported twice"),
        ),
        context.now(),
    );
}

/// Looks at one receipt. One that proves nothing for us is told and passed over, so that it cannot
/// stand in the way of those behind it.
async fn look_at(
    context: Arc<Context>,
    entry: ReceiptEntry,
    now: Timestamp,
) -> Result<Looked, StoreError> {
    let id = entry.message_id;
    let digest = Digest::of(&entry.receipt);
    let (row, is_stored) = match context.store.outgoing_with_receipt(id, digest).await {
        Ok(found) => found,
        Err(StoreError::NotFound) => return Ok(Looked::PassedOver),
        Err(error) => return Err(error),
    };
    // What it says was taken note of when it was stored.
    if is_stored {
        return Ok(Looked::PassedOver);
    }
    match read_receipt(&context, &row, entry.receipt).await {
        Ok(read) => Ok(Looked::Good(Box::new(row), read)),
        Err(fault) => {
            let given_up = matches!(row.state, Outgoing::Refused | Outgoing::Expired);
            let again =
                fault.is_passing && !row.state.is_final() && (given_up || now < row.expires_at);
            let code = fault.code;
            tracing::warn!(%id, partner = %row.partner, code, again, "a receipt was passed over");
            Ok(if again { Looked::Again(digest) } else { Looked::PassedOver })
        }
    }
}
