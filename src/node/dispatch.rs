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
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::{JoinError, JoinSet};

use super::attempt::{Asking, Attempt, about, attempt, guarded};
use super::clock::local_time;
use super::context::{Context, Pair, log_store_fault, stopped};
use super::expiry::expire_due;
use super::recalls::{CONTACT_PAUSE, Recalls};
use super::sealing;
use super::supervise::Beat;
use super::wake::{wake, woken};
use crate::config::Way;
use crate::store::{OutgoingRow, StoreError, Unanswered};
use crate::transfer::{Outgoing, due_at};
use crate::types::code;
use crate::types::{Clock, Instant, MessageId};
use crate::work::{self, watch};

/// How long to wait while the clock is in doubt.
const CLOCK_PAUSE: Duration = Duration::from_secs(5);

/// How long a partner's own node is left alone that could not be reached, where there is a relay.
const DIRECT_PAUSE: Duration = Duration::from_mins(1);

/// How often it is looked for what is of no use at the relay.
const WITHDRAW: Duration = Duration::from_mins(1);

/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Looks at the queue again after this time whatever happens.
const LONGEST_SLEEP: Duration = Duration::from_mins(5);

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
    /// When something will have waited for too long at a relay, or here for a partner that comes.
    silent_at: Option<Timestamp>,
    /// And for those that the partner wants to come then, and not before.
    asked: BTreeMap<MessageId, Timestamp>,
}

pub(super) async fn run(
    context: Arc<Context>,
    pair: Pair,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let mut dispatcher = Dispatcher::new(context, pair);
    while !*stopping.borrow() {
        beat.works("reading the queue");
        let sleep = match dispatcher.launch().await {
            Ok(sleep) => {
                let now = dispatcher.context.now();
                let Dispatcher { deposit_end, silent_at, recalls, .. } = &dispatcher;
                let ends = [*deposit_end, *silent_at, recalls.next_at()];
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
    fn new(context: Arc<Context>, pair: Pair) -> Self {
        Self {
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
            silent_at: None,
            asked: BTreeMap::new(),
        }
    }

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
        let comes = matches!(way, Some(Way::Collect));
        self.withdraw(relay, comes, now).await?;
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
    /// lost, and what is at another relay than the one of today; and tells what nobody answers there, or
    /// where the partner `comes` for it here.
    async fn withdraw(
        &mut self,
        relay: Option<String>,
        comes: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let ends = is_due(self.deposit_end);
        if !ends
            && !is_due(self.silent_at)
            && self.withdrawn.is_some_and(|at| at.elapsed() < WITHDRAW)
        {
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
        let unanswered = self.context.store.unanswered(self.pair, comes, now).await?;
        // Once it is told, how many there are is looked up in the usual rhythm.
        self.silent_at = unanswered.next.filter(|_| unanswered.count == 0);
        self.tell_silence(unanswered, comes, now);
        Ok(())
    }

    /// Tells that nobody answers what lies ready for the recipient, who may have fetched it and be unable
    /// to open it: no receipt can say so, as nobody has signed what did not open, and a relay that
    /// breaks bytes would get a rejection of a package that is right.
    fn tell_silence(&self, unanswered: Unanswered, comes: bool, now: Timestamp) {
        let (notices, about, partner) = (&self.context.notices, about(self.pair), self.pair.1);
        let Unanswered { count, since: Some(since), .. } = unanswered else {
            notices.clear(code::PARTNER_SILENT, &about);
            return;
        };
        let since = local_time(since);
        let (at_ja, at_en) = if comes {
            ("が取りに来るもの", "it comes for")
        } else {
            ("あてに中継サーバーに預けたもの", "a relay keeps")
        };
        let ja = format!(
            "相手 {partner} {at_ja} {count} 件（最初は {since}）に、受領証が届きません。相手に電話して、renkei が動いているか、届いたものを受け取れないという表示（mailbox-unreadable）が出ていないかを確かめてください。受け取れないと表示されていれば、介護ソフトからもう一度出力して送ってください。"
        );
        let en = format!(
            "no receipt comes for {count} packages for the partner {partner} that {at_en} (the first since {since}); ring it up: does its node run, and does it say that something cannot be taken (mailbox-unreadable)? If it does, export them once more"
        );
        notices.raise(code::PARTNER_SILENT, about, (ja, en), now);
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
        let was_probe = self.probe.take_if(|probe| *probe == attempt.id).is_some();
        if attempt.asking == Asking::LeftOut {
            return;
        }
        if was_probe && !attempt.blocks && !self.hurry {
            (self.hurry, self.spared) = (true, Some(attempt.id));
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

#[cfg(test)]
mod tests {
    use super::super::at_rest::AtRest;
    use super::*;

    /// What is not sent because somebody takes it back says nothing of the partner.
    #[tokio::test]
    async fn one_that_is_taken_back_is_no_probe() {
        let node = AtRest::new().await;
        let context = Arc::clone(&node.context);
        let id = node.packed(1).await;
        let row = context.store.outgoing(id).await.expect("read");
        let mut dispatcher = Dispatcher::new(Arc::clone(&context), (node.office, node.partner));
        dispatcher.probe = Some(id);
        dispatcher.sending.insert(id);
        let pause = Some(context.now() + jiff::SignedDuration::from_hours(1));
        dispatcher.paused_until = pause;
        assert!(context.unsent.claim(id));
        let attempt = attempt(Arc::clone(&context), row, false).await;
        dispatcher.ended(attempt).await;
        assert!(dispatcher.probing && dispatcher.probe.is_none());
        assert_eq!(dispatcher.paused_until, pause);
        assert!(dispatcher.sending.is_empty());
    }
}
