//! Sends the queued packages of one office to one partner.
//!
//! Packages go out in their sequence, several at a time. When the partner cannot be reached, TLS
//! finds a fault with a certificate, or the partner refuses us whatever the package, the whole queue
//! pauses as long as the package that failed; afterwards one package goes ahead as a probe. A
//! partner that connects to us, as an office does when its PC comes up in the morning, ends the
//! pause at once, at most once a minute.
//!
//! When the partner is back, and when the node starts, every queued package is due whatever its
//! schedule says: those that failed more often than others must not come after them, because the
//! recipient waits only so long for a number that is missing. Only one that the partner, being back,
//! has just refused for its own sake keeps its time, and those for which the partner named a time
//! keep that, so that none comes earlier than it asked; whoever starts the node overrides it.
//!
//! A package that the partner will never take as it is leaves the queue and waits for a person.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::task::{JoinError, JoinSet};

use super::anew::{self, Anew};
use super::context::{Context, Pair, log_store_fault, stopped};
use super::expiry::{expire_due, sign_expiry};
use super::leave::{NotLeft, leave};
use super::notices;
use super::recalls::{CONTACT_PAUSE, Recalls};
use super::receipts::{NotTaken, Read, look_at_clock, read_first_receipt};
use super::refused::to_do_about_certificate;
use super::sealing;
use super::supervise::Beat;
use super::wake::{wake, woken};
use crate::config::Way;
use crate::link::{Endpoint, Problem, SendError};
use crate::package::{Manifest, ManifestFormat};
use crate::store::{NewReceipt, OutgoingRow, StoreError};
use crate::transfer::{Failure, Outgoing, OutgoingEvent, due_at};
use crate::types::code::{self, RefusalCode};
use crate::types::{Clock, Hashed, Instant, MessageId, PeerUrl};
use crate::work::{self, watch};

/// How long to wait while the clock is in doubt.
const CLOCK_PAUSE: Duration = Duration::from_secs(5);

/// How long a partner's own node is left alone that could not be reached, where there is a relay.
const DIRECT_PAUSE: Duration = Duration::from_mins(1);

/// How often it is looked for what is of no use at the relay.
const WITHDRAW: Duration = Duration::from_mins(1);

/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// How long to wait for the end of the task where the partner is not in the configuration any more.
const GONE_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// How long to leave a package alone that is being taken back.
const TAKEN_BACK_PAUSE: Duration = Duration::from_millis(50);

/// Looks at the queue again after this time whatever happens.
const LONGEST_SLEEP: Duration = Duration::from_mins(5);

/// What one attempt came to.
struct Attempt {
    id: MessageId,
    result: Result<Outgoing, StoreError>,
    /// What was in the way is in the way of every other package too.
    blocks: bool,
    /// The partner named the time of the next one.
    asked: bool,
    /// The partner's own node could not be reached, and the relay was tried.
    direct_failed: bool,
}

impl Attempt {
    /// One after which others go on as before.
    const fn ended(id: MessageId, result: Result<Outgoing, StoreError>) -> Self {
        Self { id, result, blocks: false, asked: false, direct_failed: false }
    }
}

struct Dispatcher {
    context: Arc<Context>,
    pair: Pair,
    in_flight: JoinSet<Attempt>,
    recalls: Recalls,
    sending: BTreeSet<MessageId>,
    /// Nothing is sent before this time.
    paused_until: Option<Timestamp>,
    /// The partner named that time, so that contact does not shorten it.
    pause_is_asked: bool,
    /// Nothing is known of the partner, or the last attempt failed: one package goes ahead.
    probing: bool,
    /// The package that went ahead.
    probe: Option<MessageId>,
    /// When contact last shortened a pause.
    contact_at: Option<Instant>,
    /// Every queued package becomes due, whatever its schedule says.
    hurry: bool,
    /// But for the package that went ahead and failed for its own sake.
    spared: Option<MessageId>,
    /// When the partner's own node could not be reached, where there is a relay.
    direct_failed: Option<Instant>,
    /// When it was last looked for what is of no use at the relay.
    withdrawn: Option<Instant>,
    /// When something that a relay keeps ends.
    deposit_end: Option<Timestamp>,
    /// And for those that the partner wants to come then, and not before.
    asked: BTreeMap<MessageId, Timestamp>,
}

pub(super) async fn run(
    context: Arc<Context>,
    pair: Pair,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let mut dispatcher = Dispatcher {
        context,
        pair,
        in_flight: JoinSet::new(),
        recalls: Recalls::default(),
        sending: BTreeSet::new(),
        paused_until: None,
        pause_is_asked: false,
        probing: true,
        probe: None,
        contact_at: None,
        // Whoever starts the node may just have mended what was in the way.
        hurry: true,
        spared: None,
        direct_failed: None,
        withdrawn: None,
        deposit_end: None,
        asked: BTreeMap::new(),
    };
    while !*stopping.borrow() {
        beat.works("reading the queue");
        let sleep = match dispatcher.launch().await {
            Ok(sleep) => {
                let now = dispatcher.context.now();
                let ends = [dispatcher.deposit_end, dispatcher.recalls.next_at()];
                let ends = ends.into_iter().flatten().filter(|end| *end > now);
                ends.fold(sleep, |sleep, end| sleep.min(until_then(end, now)))
            }
            Err(error) => {
                log_store_fault(&error, "the queue cannot be read");
                STORE_PAUSE
            }
        };
        let context = Arc::clone(&dispatcher.context);
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            Some(ended) = dispatcher.in_flight.join_next() => {
                beat.works("noting what was sent");
                if !dispatcher.take_note(ended).await {
                    break;
                }
                // Those that shared a transaction end together, and the queue is read once for all.
                while let Some(ended) = dispatcher.in_flight.try_join_next() {
                    if !dispatcher.take_note(ended).await {
                        break;
                    }
                }
            }
            () = dispatcher.recalls.one_ended() => {}
            // A partner may come for it before it is sent.
            () = woken(&context.wake.dispatch, &pair) => context.wake.queued.announce(),
            () = woken(&context.wake.contact, &pair) => dispatcher.in_contact(),
            () = woken(&context.wake.mended, &pair) => dispatcher.begin_anew(),
            () = woken(&context.wake.retry, &pair) => dispatcher.paused_until = None,
            () = tokio::time::sleep(sleep) => {}
        }
    }
    // What is in flight may still bring its receipt; the node cuts it off when time is over.
    while dispatcher.in_flight.join_next().await.is_some() {}
    dispatcher.recalls.all_ended().await;
}

impl Dispatcher {
    /// Starts what is due, as far as there is room, and says how long to sleep.
    async fn launch(&mut self) -> Result<Duration, StoreError> {
        let now = self.context.now();
        if !self.context.time.believes(now) {
            // A wrong clock would give up what waits.
            return Ok(CLOCK_PAUSE);
        }
        let way = {
            let config = self.context.config();
            config.peer(self.pair.1).map(|peer| config.way(peer))
        };
        let relay = match &way {
            Some(Way::Relay(relay) | Way::Direct { relay: Some(relay), .. }) => {
                Some(relay.to_string())
            }
            _ => None,
        };
        self.withdraw(relay, now).await?;
        self.recalls.ask(&self.context, self.pair).await?;
        if matches!(way, Some(Way::Collect | Way::None)) {
            // It comes for what waits, or nobody can do anything.
            self.settled();
            return Ok(LONGEST_SLEEP);
        }
        let paused_until = self.paused_until.map(|until| due_at(until, now));
        if let Some(until) = paused_until.filter(|until| *until > now) {
            return Ok(until_then(until, now));
        }
        let window = if self.probing { 1 } else { self.context.config().limits.in_flight };
        let room = usize::try_from(window).unwrap_or(1).saturating_sub(self.sending.len());
        if room == 0 {
            return Ok(LONGEST_SLEEP);
        }
        let (office, partner) = self.pair;
        if self.hurry {
            self.asked.retain(|_, then| *then > now);
            let but_for: Vec<_> = self.spared.iter().chain(self.asked.keys()).copied().collect();
            self.context.store.make_due(office, partner, &but_for, now).await?;
            (self.hurry, self.spared) = (false, None);
        }
        // Rows that are in flight are still queued in the store.
        let enough = u32::try_from(self.sending.len() + room).unwrap_or(u32::MAX);
        let queued = self.context.store.queued(office, partner, now, enough).await?;
        let fresh = queued.into_iter().filter(|row| !self.sending.contains(&row.id));
        let fresh: Vec<OutgoingRow> = fresh.take(room).collect();
        let full = fresh.len() == room;
        for row in fresh {
            self.sending.insert(row.id);
            self.asked.remove(&row.id);
            self.probe = self.probing.then_some(row.id);
            let id = row.id;
            let lately = self.direct_failed.is_some_and(|at| at.elapsed() < DIRECT_PAUSE);
            let attempt = attempt(Arc::clone(&self.context), row, lately);
            self.in_flight.spawn(work::task(guarded(Arc::clone(&self.context), id, attempt)));
        }
        if full {
            // The next one goes when an attempt ends, whenever it is due.
            return Ok(LONGEST_SLEEP);
        }
        let next = self.context.store.next_attempt(office, partner, now).await?;
        if next.is_none() && self.sending.is_empty() {
            // Nothing waits for the partner any more.
            self.settled();
        }
        Ok(next.map_or(LONGEST_SLEEP, |next| until_then(next, now)))
    }

    /// Nothing waits for an attempt any more.
    fn settled(&self) {
        for code in [code::PARTNER_UNREACHABLE, code::PARTNER_REFUSES, code::NO_SEALING_KEY] {
            self.context.notices.clear(code, &about(self.pair));
        }
    }

    /// Queues again what a relay keeps and the partner could not open, what it keeps no longer or may have
    /// lost, and what is at another relay than the one of today.
    async fn withdraw(&mut self, relay: Option<String>, now: Timestamp) -> Result<(), StoreError> {
        let ends = self.deposit_end.is_some_and(|end| end <= now);
        if !ends && self.withdrawn.is_some_and(|at| at.elapsed() < WITHDRAW) {
            return Ok(());
        }
        self.withdrawn = Some(Clock::running());
        if ends {
            expire_due(&self.context).await?;
        }
        let (office, partner) = self.pair;
        let key = sealing::key_of(&self.context, partner).await.map(|key| key.key_id);
        let count = self.context.store.withdraw((office, partner), relay, key, now).await?;
        if count > 0 {
            tracing::info!(%partner, count, "packages are left with the relay once more");
        }
        self.deposit_end = self.context.store.deposits_end(office, partner).await?;
        Ok(())
    }

    /// Notes how an attempt ended; `false` if it was cut off because the node stops.
    async fn take_note(&mut self, ended: Result<Attempt, JoinError>) -> bool {
        match ended {
            Ok(attempt) => self.ended(attempt).await,
            // Nothing is known of the attempt: the task is begun anew from the store.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_cut_off) => return false,
        }
        true
    }

    async fn ended(&mut self, attempt: Attempt) {
        self.sending.remove(&attempt.id);
        if !matches!(attempt.result, Ok(Outgoing::Queued { .. }) | Err(_)) {
            self.context.unsent.is_over(attempt.id);
        }
        if self.probe == Some(attempt.id) {
            self.probe = None;
            if !attempt.blocks && !self.hurry {
                (self.hurry, self.spared) = (true, Some(attempt.id));
            }
        }
        self.probing = attempt.blocks;
        if attempt.direct_failed {
            self.direct_failed = Some(Clock::running());
        }
        if self.paused_until.take().is_some() && !attempt.blocks {
            // The partner takes others, so what failed meanwhile is due too.
            self.hurry = true;
        }
        match attempt.result {
            Ok(Outgoing::Queued { next_at, .. }) => {
                if attempt.blocks {
                    (self.paused_until, self.pause_is_asked) = (Some(next_at), attempt.asked);
                }
                if attempt.asked {
                    self.asked.insert(attempt.id, next_at);
                }
            }
            Ok(Outgoing::Deposited) => self.withdrawn = None,
            Ok(Outgoing::Consigned) => wake(&self.context.wake.collect, &self.pair),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(code = error.code(), %error, id = %attempt.id,
                    "the outcome of an attempt could not be stored");
                tokio::time::sleep(STORE_PAUSE).await;
            }
        }
    }

    fn in_contact(&mut self) {
        let lately = self.contact_at.is_some_and(|at| at.elapsed() < CONTACT_PAUSE);
        if self.paused_until.is_some() && !self.pause_is_asked && !lately {
            self.contact_at = Some(Clock::running());
            self.begin_anew();
        }
        self.direct_failed = None;
        self.recalls.in_contact();
    }

    /// Ends the pause, unless the partner asked for it, and makes due what waits.
    const fn begin_anew(&mut self) {
        if !self.pause_is_asked {
            self.paused_until = None;
        }
        (self.hurry, self.spared, self.direct_failed) = (true, None, None);
        self.recalls.hurry();
    }
}

fn until_then(then: Timestamp, now: Timestamp) -> Duration {
    let wait = Duration::try_from(then.duration_since(now)).unwrap_or_default();
    wait.clamp(Duration::from_millis(1), LONGEST_SLEEP)
}

/// An attempt that panics is one that failed: its package waits, behind those that can be sent.
async fn guarded(
    context: Arc<Context>,
    id: MessageId,
    attempt: impl Future<Output = Attempt>,
) -> Attempt {
    match AssertUnwindSafe(attempt).catch_unwind().await {
        Ok(attempt) => attempt,
        Err(_told_by_the_hook) => {
            let event = OutgoingEvent::Failed(Failure::Refused);
            let (detail, now) = (code::INTERNAL.to_owned(), context.now());
            let result = context.store.outgoing_event(id, event, detail, None, now).await;
            Attempt::ended(id, result.map(|transition| transition.after))
        }
    }
}

/// Sends one package: to the partner's own node, unless that could not be reached `lately`, and where
/// it cannot be to the relay.
async fn attempt(context: Arc<Context>, row: OutgoingRow, lately: bool) -> Attempt {
    let id = row.id;
    if !context.unsent.begin(id) {
        // A person takes it back at this moment.
        tokio::time::sleep(TAKEN_BACK_PAUSE).await;
        return Attempt::ended(id, Ok(row.state));
    }
    // One whose time is over is put once more: its receipt may have been lost on the way.
    let package = match context.store.outgoing_package(id).await {
        Ok(package) => package,
        // What the disk has lost waits as if it was refused, behind those that can be sent.
        Err(error) if error.is_about_one_package() => {
            tracing::error!(%id, code = error.code(), %error, "a stored package cannot be read");
            let event = OutgoingEvent::Failed(Failure::Refused);
            let (detail, now) = (error.code().to_owned(), context.now());
            let result = context.store.outgoing_event(id, event, detail, None, now).await;
            return Attempt::ended(id, result.map(|transition| transition.after));
        }
        Err(error) => return Attempt::ended(id, Err(error)),
    };
    let relay = context.relay_of(row.partner).map(|relay| relay.url);
    let endpoint = context.endpoint(row.partner).filter(|_| relay.is_none() || !lately);
    if let (None, Some(relay)) = (&endpoint, &relay) {
        return leave_with(&context, &row, package, relay).await;
    }
    let Some(endpoint) = endpoint else {
        // It was taken out of the configuration a moment ago, and this task ends.
        let (state, now) = (row.state, context.now());
        let next_at = now.checked_add(GONE_PAUSE).unwrap_or(now);
        let result = Ok(match state {
            Outgoing::Queued { failures, .. } => Outgoing::Queued { failures, next_at },
            other => other,
        });
        return Attempt { blocks: true, ..Attempt::ended(id, result) };
    };
    let mut answer = match unread_there(&context, &row, &endpoint).await {
        Some(error) => Err(error),
        None => sealing::put(&context, &row, &endpoint, package.clone()).await,
    };
    if let (Err(error), Some(relay)) = (&answer, &relay)
        && error.is_unreached()
    {
        tracing::debug!(%id, code = error.code(), "the partner is not reached, the relay is");
        let left = leave_with(&context, &row, package, relay).await;
        return Attempt { direct_failed: true, ..left };
    }
    if let Err(error) = answer {
        answer = match made_anew(&context, &row, package, (error, None)).await {
            Some(error) => Err(error),
            None => return Attempt::ended(id, Ok(Outgoing::Superseded)),
        };
    }
    let asked = matches!(&answer, Err(SendError::Busy { retry_after: Some(_), .. }));
    let reached = answer.as_ref().err().is_none_or(SendError::is_refusal);
    let (event, detail, receipt, blocks) = match answer {
        Ok(reply) => match read_first_receipt(&context, &row, reply.receipt).await {
            Ok(Read { event, receipt, codes, .. }) => {
                look_at_clock(&context, &row, receipt.at);
                (event, codes, Some(receipt), false)
            }
            Err(NotTaken { code, is_passing }) => {
                if is_passing {
                    // Among the partner's receipts there may be one that is signed anew.
                    wake(&context.wake.greet, &(row.office, row.partner));
                }
                tracing::warn!(%id, partner = %row.partner, code,
                    "the partner's answer is no receipt for this package");
                (OutgoingEvent::Failed(Failure::Refused), code.to_owned(), None, false)
            }
        },
        Err(error) => failed(&context, &row, &error, None),
    };
    let over = [(reached, code::PARTNER_UNREACHABLE), (detail.is_empty(), code::PARTNER_REFUSES)];
    for (_, code) in over.into_iter().filter(|(is_over, _)| *is_over) {
        context.notices.clear(code, &about((row.office, row.partner)));
    }
    let result = noted(&context, &row, event, detail, receipt).await;
    Attempt { blocks, asked, ..Attempt::ended(id, result) }
}

/// Writes what came of an attempt.
async fn noted(
    context: &Arc<Context>,
    row: &OutgoingRow,
    event: OutgoingEvent,
    detail: String,
    receipt: Option<NewReceipt>,
) -> Result<Outgoing, StoreError> {
    let (id, now) = (row.id, context.now());
    let result = context.store.outgoing_event(id, event, detail, receipt, now).await;
    match result {
        Ok(transition) => {
            let state = transition.after;
            if transition.expires() {
                sign_expiry(context, row).await;
            }
            if matches!(state, Outgoing::Queued { .. }) {
                tracing::debug!(%id, partner = %row.partner, "a package waits for its next attempt");
            } else {
                tracing::info!(%id, partner = %row.partner, state = state.state().as_str(),
                    "an attempt ended");
            }
            Ok(state)
        }
        Err(error) => Err(error),
    }
}

/// Has another package take the place of one that was refused. Where it does not, why this one waits: for
/// what it was refused, or because it could not be asked what became of it.
async fn made_anew(
    context: &Arc<Context>,
    row: &OutgoingRow,
    package: Hashed,
    (error, relay): (SendError, Option<&PeerUrl>),
) -> Option<SendError> {
    match anew::made(context, row, package, (&error, relay)).await {
        Ok(Anew::Made) => None,
        Ok(Anew::Needless) => Some(error),
        // It is tried again as soon as one that could not be reached.
        Ok(Anew::Unknown(error)) => Some(error),
        Err(fault) => {
            log_store_fault(&fault, "a package cannot be made anew");
            Some(error)
        }
    }
}

/// Leaves a package with the relay, and writes what came of it.
async fn leave_with(
    context: &Arc<Context>,
    row: &OutgoingRow,
    package: Hashed,
    relay: &PeerUrl,
) -> Attempt {
    let (id, partner, about) = (row.id, row.partner, about((row.office, row.partner)));
    let mut fault = match leave(context, row, package.clone(), relay).await {
        Ok(deposit) => {
            let stored = context.store.deposited(id, deposit, context.now()).await;
            for code in [code::PARTNER_UNREACHABLE, code::PARTNER_REFUSES, code::NO_SEALING_KEY] {
                context.notices.clear(code, &about);
            }
            tracing::info!(%id, %partner, %relay, "the relay keeps a package");
            context.wake.deposited.announce();
            return Attempt::ended(id, stored.map(|transition| transition.after));
        }
        Err(fault) => fault,
    };
    if let NotLeft::Send(error) = fault {
        fault = match made_anew(context, row, package, (error, Some(relay))).await {
            Some(error) => NotLeft::Send(error),
            None => return Attempt::ended(id, Ok(Outgoing::Superseded)),
        };
    }
    let asked = matches!(&fault, NotLeft::Send(SendError::Busy { retry_after: Some(_), .. }));
    let (event, detail, receipt, blocks) = match &fault {
        NotLeft::NoKey => {
            let texts = (
                format!(
                    "相手 {partner} の封かん用の鍵が分からないため、中継サーバーに預けられません。相手から新しい事業所カードを受け取り、renkei partner add で登録してください。登録すると自動で送ります。"
                ),
                format!(
                    "no key of the partner {partner} is known to which packages could be sealed, so nothing is left with the relay; get its new card and register it (renkei partner add). They are sent by themselves then"
                ),
            );
            context.notices.raise(code::NO_SEALING_KEY, about, texts, context.now());
            let refused = OutgoingEvent::Failed(Failure::Refused);
            (refused, code::NO_SEALING_KEY.to_owned(), None, true)
        }
        NotLeft::Send(SendError::Refused { problem })
            if problem.code == RefusalCode::NOT_OUR_PACKAGE.code() =>
        {
            // It may come to know the partner any time.
            let texts = (
                format!(
                    "中継サーバー {relay} は、相手 {partner} をまだ知りません。相手がこの中継サーバーにつなぐと（または登録されると）、自動で送ります。続く場合は、相手と中継サーバーの管理者に確かめてください。"
                ),
                format!(
                    "the relay {relay} does not know the partner {partner} yet; packages go by themselves when the partner has connected there or is registered. If it goes on, ask the partner and the operator of the relay"
                ),
            );
            context.notices.raise(code::PARTNER_REFUSES, about, texts, context.now());
            let detail = format!("{}:{}", code::PEER_REFUSES, problem.code);
            let failed = Failure::Unreachable { retry_after: None };
            (OutgoingEvent::Failed(failed), detail, None, true)
        }
        NotLeft::Send(error) => failed(context, row, error, Some(relay)),
        NotLeft::Seal(code) | NotLeft::Acceptance(code) => {
            tracing::warn!(%id, %partner, %relay, code, "a package is not left with the relay");
            (OutgoingEvent::Failed(Failure::Refused), (*code).to_owned(), None, false)
        }
    };
    let result = noted(context, row, event, detail, receipt).await;
    Attempt { blocks, asked, ..Attempt::ended(id, result) }
}

/// What keeps attachments from a partner whose node does not read them: they are not even put to it,
/// and wait for a person as if it had refused them.
async fn unread_there(
    context: &Context,
    row: &OutgoingRow,
    endpoint: &Endpoint,
) -> Option<SendError> {
    if row.sequence < Manifest::FIRST_ATTACHMENT {
        return None;
    }
    match context.client.status(endpoint).await {
        Ok(status) if status.formats.iter().any(|one| one == ManifestFormat::ATTACHMENTS) => None,
        Ok(_) => Some(SendError::Refused { problem: Problem::of(RefusalCode::UNSUPPORTED_FORMAT) }),
        Err(error) => Some(error),
    }
}

/// What a failed attempt means, and whether it blocks the packages behind it.
fn failed(
    context: &Context,
    row: &OutgoingRow,
    error: &SendError,
    relay: Option<&PeerUrl>,
) -> (OutgoingEvent, String, Option<NewReceipt>, bool) {
    let retry_after = match error {
        SendError::Busy { retry_after, .. } => {
            retry_after.and_then(|wait| SignedDuration::try_from(wait).ok())
        }
        _ => None,
    };
    let is_for_good = error.is_for_good();
    let failure = if error.is_passing() {
        Failure::Unreachable { retry_after }
    } else if is_for_good {
        Failure::RefusedForGood
    } else {
        Failure::Refused
    };
    let detail = match error {
        SendError::Refused { problem } | SendError::Busy { problem, .. } => {
            format!("{}:{}", error.code(), problem.code)
        }
        _ => error.code().to_owned(),
    };
    if is_for_good {
        // The hold folder and its list tell people, one by one.
        tracing::warn!(id = %row.id, partner = %row.partner, code = detail,
            "the partner will never take a package as it is: it is not sent again by itself");
        return (OutgoingEvent::Failed(failure), detail, None, error.holds_up_others());
    }
    tracing::debug!(id = %row.id, partner = %row.partner, code = error.code(),
        "a package could not be sent; it is tried again");
    let (code, (ja, en)) = if error.is_refusal() {
        (code::PARTNER_REFUSES, ("が受け取りません", "refuses packages"))
    } else {
        (code::PARTNER_UNREACHABLE, ("につながりません", "cannot be reached"))
    };
    let partner = row.partner;
    let (ja, en) = match error {
        SendError::Tls { certificate: Some((sha256, why)), .. } if relay.is_none() => {
            let (ja, en) = to_do_about_certificate(why, "tls_certificates");
            (
                format!(
                    "相手の事業所 {partner} の接続先から届いた証明書（SHA-256 {sha256}）を受け付けていません（{why}）。{ja}直ると自動で送り直します。"
                ),
                format!(
                    "the certificate that answered for the partner {partner} (SHA-256 {sha256}) is not accepted ({why}); {en} It goes on by itself then"
                ),
            )
        }
        _ if let Some(relay) = relay => (
            format!(
                "中継サーバー {relay} {ja}（{detail}。相手 {partner} に送るもの）。自動で送り直しますが、続く場合は中継サーバーの管理者に確かめてください。"
            ),
            format!(
                "the relay {relay} {en} ({detail}; for the partner {partner}); it is tried again, but ask its operator if it goes on"
            ),
        ),
        _ => (
            format!(
                "相手の事業所 {partner} {ja}（{detail}）。自動で送り直しますが、続く場合は相手に確かめてください。"
            ),
            format!(
                "the partner {partner} {en} ({detail}); it is tried again, but ask there if it goes on"
            ),
        ),
    };
    // It is one or the other.
    let other = if code == code::PARTNER_REFUSES {
        code::PARTNER_UNREACHABLE
    } else {
        code::PARTNER_REFUSES
    };
    context.notices.clear(other, &about((row.office, partner)));
    context.notices.raise(code, about((row.office, partner)), (ja, en), context.now());
    (OutgoingEvent::Failed(failure), detail, None, error.holds_up_others())
}

/// The pair as notices name it.
fn about((office, partner): Pair) -> String {
    notices::of_pair(office, partner)
}
