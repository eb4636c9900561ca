//! Fetches what waits for our offices elsewhere, at relays and with partners that cannot come to us,
//! and says there what became of it.
//!
//! What was fetched goes the same way as what a partner puts. The list begins anew now and then, so
//! that nothing is passed over for good; what is here already is not fetched again, and what can never
//! be taken is told to a person once. Which receipts went where stands in the store.

mod puts;
mod take;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};

use super::context::{Context, log_store_fault, stopped};
use super::supervise::Beat;
use crate::config::{Config, Way};
use crate::link::{Endpoint, SendError};
use crate::types::code;
use crate::types::{Clock, Instant, OfficeNumber, PeerUrl};
use crate::work::watch;

pub(super) use puts::run as put_receipts;
use take::{Taken, take};

/// Waits after a question that failed, growing.
const PAUSES: [u64; 4] = [5, 15, 60, 300];

/// The list is begun anew after this time: something may have been put off, or queued again.
const BEGIN_ANEW: Duration = Duration::from_mins(5);

/// What could not be taken at the moment is looked at again after this time.
const LATER: Duration = Duration::from_secs(30);

/// A place that answers at once although there is nothing is asked no more often than this.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// How long a question with all that it brings may well take.
const LONGEST: Duration = Duration::from_mins(30);

/// Packages that are fetched at a time.
const AT_A_TIME: usize = 4;

/// Where packages wait for us.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// A relay, by its address.
    Relay(PeerUrl),
    /// The node of a partner.
    Partner(OfficeNumber),
}

impl Source {
    /// How it is reached at the moment, if it is.
    fn endpoint(&self, config: &Config) -> Option<Endpoint> {
        match self {
            Self::Relay(url) => {
                config.relay(url).map(|relay| Endpoint::of_relay(relay.url.clone()))
            }
            Self::Partner(partner) => {
                let url = config.peer(*partner)?.url.clone()?;
                Some(Endpoint::of_office(url, *partner))
            }
        }
    }

    /// The name by which the store knows it.
    fn name(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relay(url) => write!(f, "{url}"),
            Self::Partner(partner) => write!(f, "{partner}"),
        }
    }
}

/// One of our offices, and where something may wait for it.
pub(super) type Errand = (OfficeNumber, Source);

/// Where a configuration has us look: at every relay, and with every partner that we can reach if
/// nobody can reach us.
pub(super) fn errands(config: &Config) -> BTreeSet<Errand> {
    let relays = config.relays.iter().map(|relay| Source::Relay(relay.url.clone()));
    let reached = |peer: &&crate::config::Peer| {
        config.node.listen.is_none() && matches!(config.way(peer), Way::Direct { .. })
    };
    let partners = config.peers.iter().filter(reached);
    let partners = partners.map(|peer| Source::Partner(peer.office));
    let sources: Vec<_> = relays.chain(partners).collect();
    let of_office = |office: &crate::config::Office| {
        let number = office.number;
        sources.iter().cloned().map(move |source| (number, source)).collect::<Vec<_>>()
    };
    config.offices.iter().flat_map(of_office).collect()
}

struct Fetcher {
    context: Arc<Context>,
    office: OfficeNumber,
    source: Source,
    /// Behind this position is asked next.
    after: u64,
    /// When the list was begun.
    begun: Instant,
}

pub(super) async fn run(
    context: Arc<Context>,
    (office, source): Errand,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let about = format!("{} {office}", source.name());
    let mut fetcher =
        Fetcher { context: Arc::clone(&context), office, source, after: 0, begun: Clock::running() };
    let mut failures = 0_usize;
    while !*stopping.borrow() {
        beat.works_for("fetching packages", LONGEST);
        let sleep = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            asked = fetcher.ask() => match asked {
                Ok(sleep) => {
                    failures = 0;
                    sleep
                }
                Err(pause) => {
                    let place = failures.min(PAUSES.len() - 1);
                    failures += 1;
                    pause.max(Duration::from_secs(PAUSES.get(place).copied().unwrap_or(300)))
                }
            },
        };
        if sleep.is_zero() {
            continue;
        }
        let mut mended = context.wake.ways.subscribe();
        mended.borrow_and_update();
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            _ = mended.changed() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
    for code in [code::RELAY_UNREACHABLE, code::RELAY_REFUSES] {
        context.notices.clear(code, &about);
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
            (self.after, self.begun) = (0, Clock::running());
        }
        let wait = Duration::try_from(config.timing.receipt_wait).unwrap_or_default();
        let asked_at = Clock::running();
        let asked = context.client.mailbox(&endpoint, self.office, self.after, wait).await;
        let page = match asked {
            Ok(page) => {
                self.is_reached();
                page
            }
            Err(error) => return Err(self.failed(&error)),
        };
        let is_empty = page.items.is_empty();
        let taking = stream::iter(page.items).map(|item| {
            take(Arc::clone(context), self.office, self.source.clone(), endpoint.clone(), item)
        });
        let taken: Vec<_> = taking.buffered(AT_A_TIME).collect().await;
        let mut later = false;
        for taken in taken {
            match taken {
                Ok(Taken::Settled) => {}
                Ok(Taken::Later) => later = true,
                Err(error) => {
                    log_store_fault(&error, "what was fetched cannot be noted");
                    later = true;
                }
            }
        }
        if later {
            // It is still on the list then.
            self.after = 0;
            return Ok(LATER);
        }
        self.after = page.next;
        Ok(if is_empty { SHORTEST_WAIT.saturating_sub(asked_at.elapsed()) } else { Duration::ZERO })
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
        let office = self.office;
        let (told, other, ja, en) = if error.is_passing() {
            (
                code::RELAY_UNREACHABLE,
                code::RELAY_REFUSES,
                format!("中継サーバー {relay} につながりません（{code}）。自動でつなぎ直します。続く場合は、インターネットの接続と、中継サーバーの管理者に確かめてください。"),
                format!("the relay {relay} cannot be reached ({code}); it is tried again, but look at the line and ask its operator if it goes on"),
            )
        } else {
            (
                code::RELAY_REFUSES,
                code::RELAY_UNREACHABLE,
                format!("中継サーバー {relay} が事業所 {office} を受け付けません（{code}）。中継サーバーの管理者に、この事業所の登録（renkei relay approve）を頼み、[[relay]] の証明書の値を確かめてください。"),
                format!("the relay {relay} does not serve the office {office} ({code}); have its operator register the office (renkei relay approve), and check the certificates in [[relay]]"),
            )
        };
        self.context.notices.clear(other, &self.about());
        self.context.notices.raise(told, self.about(), (ja, en), self.context.now());
        pause
    }
}
