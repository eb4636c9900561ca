//! Looks at what needs a person, and sends what is due.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::sleep;

use super::error::MailError;
use super::kept::Kept;
use super::letter::{Day, Letter, local};
use super::schedule::Memory;
use super::server::Server;
use crate::config;
use crate::desk::claim::claims;
use crate::desk::needs::{self, Needs};
use crate::desk::traffic;
use crate::node::Handle;
use crate::store::StoreError;
use crate::types::{Clock, Instant, Lang, code};
use crate::work::{self, watch as signal};

/// How often it is looked whether something has changed.
const LOOK: Duration = Duration::from_secs(2);

/// How often everything is looked at while much changes: it asks the store for more than a little.
const AGAIN: Duration = Duration::from_secs(5);

/// How often everything is looked at, whether anything seems to have changed or not.
const FULL: Duration = Duration::from_secs(30);

/// The pauses after mails that could not be sent; the last one repeats.
const PAUSES: [Duration; 4] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
];

/// Of how long the summary tells what was exchanged.
const DAY: SignedDuration = SignedDuration::from_hours(24);

struct Watcher {
    node: Handle,
    settings: config::Mail,
    lang: Lang,
    kept: Kept,
    memory: Memory,
    /// How many mails failed one after the other, and when the last of them did.
    failed: Option<(usize, Instant)>,
}

pub(super) async fn run(
    node: Handle,
    settings: config::Mail,
    mut stopping: signal::Receiver<bool>,
) {
    let kept = Kept::of(&node.config().node.data);
    let reading = kept.clone();
    let memory = work::blocking(move || reading.read()).await.unwrap_or_default();
    let lang = settings.lang.unwrap_or(node.config().node.lang);
    let mut watcher = Watcher { node, settings, lang, kept, memory, failed: None };
    let mut known = None;
    loop {
        let state = watcher.node.state().await;
        let is_due = known.is_none_or(|(at, known): (Instant, _)| {
            let pause = if known == state { FULL } else { AGAIN };
            at.elapsed() >= pause
        });
        if is_due {
            known = Some((Clock::running(), state));
            tokio::select! {
                biased;
                () = work::stopped(&mut stopping) => return,
                looked = watcher.look() => if let Err(error) = looked {
                    tracing::warn!(code = error.code(), %error, "no mails while the store cannot be asked");
                },
            }
        }
        tokio::select! {
            biased;
            () = work::stopped(&mut stopping) => return,
            () = sleep(LOOK) => {}
        }
    }
}

impl Watcher {
    async fn look(&mut self) -> Result<(), StoreError> {
        let mut needs = needs::find(&self.node, self.lang).await?;
        // Nobody is told by mail that there is no mail.
        needs.all.retain(|need| !need.key.starts_with(code::MAIL_NOT_SENT));
        let now = self.node.now();
        let to_tell = needs.all.iter().filter(|need| !need.is_of_the_day());
        let standing: BTreeSet<String> = to_tell.map(|need| need.key.clone()).collect();
        self.memory.observe(&standing, now);
        if self.is_waiting() {
            return Ok(());
        }
        if let Some(at) = self.settings.daily
            && let Some(date) = self.memory.summary_due(at, local(now))
        {
            let day = Day {
                date,
                traffic: traffic::since(&self.node, now.saturating_sub(DAY).unwrap_or(now)).await?,
                claims: claims(&self.node).await?,
                needs: Needs { all: needs.all.clone(), more_held: needs.more_held },
            };
            let letter = Letter::summary(&day, &self.node.config(), self.lang);
            if self.send(&letter).await {
                self.memory.summed_up(date, now);
                self.keep().await;
            }
        }
        if self.settings.conditions
            && let Some(about) = self.memory.due(self.settings.wait, now)
            && !self.is_waiting()
        {
            let letter = Letter::conditions(&about, &needs, &self.node.config(), self.lang);
            if self.send(&letter).await {
                self.memory.told(&about, now);
                self.keep().await;
            }
        }
        Ok(())
    }

    /// Whether the pause after a mail that could not be sent is not over yet.
    fn is_waiting(&self) -> bool {
        self.failed.is_some_and(|(times, at)| {
            let pause = PAUSES.get(times.saturating_sub(1)).or(PAUSES.last());
            pause.is_some_and(|pause| at.elapsed() < *pause)
        })
    }

    /// Whether the server has the mail, for some recipient at least.
    async fn send(&mut self, letter: &Letter) -> bool {
        let (settings, clock) = (self.settings.clone(), self.node.clock().clone());
        // The files are read anew each time, so that a password that was replaced is the one that is used.
        let opened = work::blocking(move || Server::open(&settings, clock)).await;
        let sent = match opened {
            Ok(Ok(server)) => server.send(letter, self.node.now()).await,
            Ok(Err(error)) => Err(error),
            Err(_) => Err(MailError::Letter),
        };
        match &sent {
            Ok(()) => {
                tracing::info!("a mail was sent");
                self.node.clear(code::MAIL_NOT_SENT, "mail");
            }
            Err(error) => {
                tracing::debug!(%error, "a mail was not sent");
                let (ja, en) = (error.text(Lang::Ja), error.text(Lang::En));
                self.node.raise(code::MAIL_NOT_SENT, "mail", ja, en);
            }
        }
        let has_it = matches!(sent, Ok(()) | Err(MailError::SomeRefused { .. }));
        let times = self.failed.map_or(0, |(times, _)| times);
        self.failed = (!has_it).then(|| (times.saturating_add(1), Clock::running()));
        has_it
    }

    async fn keep(&self) {
        let (kept, memory) = (self.kept.clone(), self.memory.clone());
        if let Ok(Err(error)) = work::blocking(move || kept.write(&memory)).await {
            tracing::warn!(%error, "what was told by mail cannot be kept");
        }
    }
}
