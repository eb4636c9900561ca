//! Fetches what waits for our offices elsewhere, at relays and with partners that cannot come to us,
//! and says there what became of it.
//!
//! What was fetched goes the same way as what a partner puts. The list begins anew now and then, so
//! that nothing is passed over for good; what is here already is not fetched again, and what can never
//! be taken is told to a person once. Which receipts went where stands in the store.

mod puts;
mod take;
mod told;

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};

use super::context::{Context, log_store_fault, stopped};
use super::errands::{Errand, Source};
use super::pauses::Pauses;
use super::supervise::Beat;
use crate::link::SendError;
use crate::types::code;
use crate::types::{Clock, Instant, OfficeNumber};
use crate::work::watch;

pub(super) use puts::run as put_receipts;
use take::{Taken, Taker};
use told::Told;

/// The list is begun anew after this time: something may have been put off, or queued again.
const BEGIN_ANEW: Duration = Duration::from_mins(5);

/// What could not be taken at the moment is looked at again after this time.
const LATER: Duration = Duration::from_secs(30);

/// A place that answers at once although there is nothing is asked no more often than this.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// A relay that does not know us yet is asked at least so often: its operator may be about to approve.
const APPROVAL: Duration = Duration::from_mins(1);

/// How long a question with all that it brings may well take.
const LONGEST: Duration = Duration::from_mins(30);

/// How long it is told that something cannot be taken: the sender sends another one in its place.
const TOLD: Duration = Duration::from_hours(72);

/// How long it is told that something is left alone, without being met with again.
const PAUSED: Duration = Duration::from_mins(30);

/// Packages that are fetched at a time.
const AT_A_TIME: usize = 4;

/// Of so many packages that are here already the receipts are put where they wait, each time the list is
/// begun.
const ANEW: u32 = 200;

/// How the last question went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Answered,
    Failed,
    /// A relay was not reached.
    Unreached,
    /// A relay does not know us.
    Unknown,
}

struct Fetcher {
    context: Arc<Context>,
    office: OfficeNumber,
    source: Source,
    /// Of so many packages that are here already the receipts may still be put there.
    anew: u32,
    /// Behind this position is asked next.
    after: u64,
    /// Something on this list could not be taken at the moment.
    later: bool,
    last: Last,
    /// When the list was begun.
    begun: Instant,
}

pub(super) async fn run(
    context: Arc<Context>,
    (office, source): Errand,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let mut fetcher = Fetcher {
        context: Arc::clone(&context),
        office,
        source,
        anew: ANEW,
        after: 0,
        later: false,
        last: Last::Answered,
        begun: Clock::running(),
    };
    let mut pauses = Pauses::default();
    let mut mended = context.wake.ways.subscribe();
    let mut deposited = context.wake.deposited.subscribe();
    while !*stopping.borrow() {
        beat.works_for("fetching packages", LONGEST);
        mended.borrow_and_update();
        deposited.borrow_and_update();
        let sleep = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            asked = fetcher.ask() => match asked {
                Ok(sleep) => {
                    pauses.over();
                    sleep
                }
                Err(pause) if fetcher.last == Last::Unknown => pause.max(pauses.next().min(APPROVAL)),
                Err(pause) => pause.max(pauses.next()),
            },
        };
        if sleep.is_zero() {
            continue;
        }
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            _ = mended.changed() => {}
            // A relay took a package over: it may be this one, which can be reached again then.
            _ = deposited.changed(), if fetcher.last == Last::Unreached => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
    for code in [code::RELAY_UNREACHABLE, code::RELAY_REFUSES] {
        context.notices.clear(code, &fetcher.about());
    }
}

impl Fetcher {
    /// One question, and all that it brings; says how long to wait before the next one. Of a question
    /// that failed, how long at least.
    async fn ask(&mut self) -> Result<Duration, Duration> {
        let context = &self.context;
        let config = context.config();
        let Some(endpoint) = self.source.endpoint(&config) else { return Ok(BEGIN_ANEW) };
        if self.begun.elapsed() >= BEGIN_ANEW {
            (self.after, self.later, self.begun) = (0, false, Clock::running());
            self.anew = ANEW;
            context.notices.clear_unmet(code::MAILBOX_UNREADABLE, TOLD);
            context.notices.clear_unmet(code::MAILBOX_PAUSED, PAUSED);
        }
        let wait = Duration::try_from(config.timing.receipt_wait).unwrap_or_default();
        // What was put off is not on what is still to come; and what could not be reached is told of
        // until it answers.
        let wait = if self.later || self.last != Last::Answered { Duration::ZERO } else { wait };
        let asked_at = Clock::running();
        let asked = context.client.mailbox(&endpoint, self.office, self.after, wait).await;
        let page = match asked {
            Ok(page) => {
                self.is_reached();
                page
            }
            Err(error) => {
                self.last = match (&self.source, &error) {
                    (Source::Relay(_), error) if error.is_unreached() => Last::Unreached,
                    (Source::Relay(_), SendError::Refused { problem })
                        if problem.code == code::NOT_A_PARTNER =>
                    {
                        Last::Unknown
                    }
                    _ => Last::Failed,
                };
                return Err(self.failed(&error));
            }
        };
        self.last = Last::Answered;
        let is_empty = page.items.is_empty();
        let taker = Taker {
            context: Arc::clone(context),
            office: self.office,
            source: self.source.clone(),
            endpoint,
            anew: self.anew.into(),
        };
        let taking = stream::iter(page.items).map(|item| taker.take(item));
        let taken: Vec<_> = taking.buffered(AT_A_TIME).collect().await;
        self.anew = taker.anew.into_inner();
        let mut came = false;
        for taken in taken {
            match taken {
                Ok(Taken::Came) => came = true,
                Ok(Taken::Settled) => {}
                Ok(Taken::Later) => self.later = true,
                Err(error) => {
                    log_store_fault(&error, "what was fetched cannot be noted");
                    self.later = true;
                }
            }
        }
        self.after = page.next;
        if came {
            return Ok(Duration::ZERO);
        }
        let rest = SHORTEST_WAIT.saturating_sub(asked_at.elapsed());
        if !is_empty {
            // Whoever lists for ever what there is nothing to be done with is asked no faster.
            return Ok(rest);
        }
        if std::mem::take(&mut self.later) {
            // It is still on the list then; meanwhile nothing behind it had to wait.
            self.after = 0;
            return Ok(LATER);
        }
        Ok(rest)
    }

    fn about(&self) -> String {
        format!("{} {}", self.source.name(), self.office)
    }

    fn is_reached(&self) {
        for code in [code::RELAY_UNREACHABLE, code::RELAY_REFUSES] {
            self.context.notices.clear(code, &self.about());
        }
    }

    /// Tells of a question that failed, and says how long to leave the other side alone. That a partner
    /// cannot be reached, whose computer may be off, is told where something waits for it.
    fn failed(&self, error: &SendError) -> Duration {
        let code = match error {
            SendError::Refused { problem } | SendError::Busy { problem, .. } => {
                format!("{}:{}", error.code(), problem.code)
            }
            _ => error.code().to_owned(),
        };
        tracing::debug!(source = self.source.name(), code, %error, "nothing could be fetched");
        let pause = match error {
            SendError::Busy { retry_after: Some(wait), .. } => *wait,
            // A node that has no mailboxes yet.
            SendError::Refused { problem } if problem.code == code::NOT_FOUND => BEGIN_ANEW,
            _ => Duration::ZERO,
        };
        let Source::Relay(relay) = &self.source else { return pause };
        let Told { told, over, texts } = told::of_failure(relay, self.office, &code, error);
        self.context.notices.clear(over, &self.about());
        self.context.notices.raise(told, self.about(), texts, self.context.now());
        pause
    }
}
