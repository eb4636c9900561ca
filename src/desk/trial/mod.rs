//! The first exchange of a new office, with itself: an invented set goes out under the keys of the
//! office, over mutual TLS, to a second node that is thrown away afterwards, and one comes back.
//!
//! Everything is that of a real exchange but the folders, the store and the other office, which lie
//! in a temporary folder: nothing reaches the folders or the history of the office itself.

mod error;
mod nodes;
mod sample;

use std::time::Duration;

use tokio::time::sleep;

use crate::config::Config;
use crate::node::{Consent, Node, StartProblems};
use crate::spec::Spec;
use crate::store::{HistoryFilter, HistoryRow, Store};
use crate::transfer::{Direction, HeldSet, OutgoingState, State};
use crate::types::{Clock, code};
use crate::work;

pub use error::{Exchanged, TrialError};
pub use nodes::free_addresses;

use nodes::Both;
use sample::Samples;

/// How often it is looked how far the sets are.
const LOOK: Duration = Duration::from_millis(100);

/// How long the exchange may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often the nodes are begun where another program takes a port meanwhile.
const ATTEMPTS: u32 = 3;

/// Exchanges a set with itself by the keys of a configuration, both ways where offices of its service
/// types do both.
///
/// # Errors
///
/// What was in the way.
pub async fn exchange(
    config: &Config,
    spec: &'static Spec,
    clock: &Clock,
) -> Result<Exchanged, TrialError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match once(config, spec, clock).await {
            Err(TrialError::Start(problems)) if attempt < ATTEMPTS && is_of_port(&problems) => {}
            done => return done,
        }
    }
}

fn is_of_port(problems: &StartProblems) -> bool {
    problems.0.iter().all(|problem| problem.code == code::CANNOT_LISTEN)
}

async fn once(
    config: &Config,
    spec: &'static Spec,
    clock: &Clock,
) -> Result<Exchanged, TrialError> {
    let (config, now) = (config.clone(), clock.now());
    let prepared = work::blocking(move || {
        let samples = sample::samples(&config, spec).ok_or(TrialError::NoSample)?;
        let both = nodes::prepare(&config, &samples, now)?;
        Ok::<_, TrialError>((samples, both))
    });
    let (samples, both) = prepared.await.map_err(std::io::Error::other)??;
    let Both { folder, own, other } = both;
    let start = |config: Config| Node::start(config, spec, clock.clone(), Consent::default());
    let first = start(own.clone()).await.map_err(TrialError::Start)?;
    let done = match start(other.clone()).await {
        Ok(second) => {
            let done = through(&samples, (&own, &first), (&other, &second)).await;
            second.stop().await;
            done
        }
        Err(problems) => Err(TrialError::Start(problems)),
    };
    first.stop().await;
    // What cannot be removed is in the way of nothing: it holds invented people only.
    let _ = work::blocking(move || folder.close()).await;
    done
}

async fn through(
    samples: &Samples,
    (own, first): (&Config, &Node),
    (other, second): (&Config, &Node),
) -> Result<Exchanged, TrialError> {
    for (config, files) in [(own, &samples.out), (other, &samples.back)] {
        let (config, files) = (config.clone(), files.clone());
        let dropped = work::blocking(move || nodes::drop_into(&config, &files));
        dropped.await.map_err(std::io::Error::other)??;
    }
    delivered(first.store(), samples.out.len()).await?;
    delivered(second.store(), samples.back.len()).await?;
    Ok(Exchanged { sent: samples.out.len(), received: samples.back.len() })
}

/// Waits until what an office sends has arrived, if it sends any files.
async fn delivered(store: &Store, files: usize) -> Result<(), TrialError> {
    if files == 0 {
        return Ok(());
    }
    let mut waited = Duration::ZERO;
    let mut last = String::new();
    let filter = HistoryFilter { limit: 10, ..HistoryFilter::default() };
    while waited < PATIENCE {
        for row in store.history(filter).await? {
            match fate(&row) {
                Some(true) => return Ok(()),
                Some(false) => return Err(TrialError::Refused(row.detail)),
                None if row.direction == Direction::Out => last = row.detail,
                None => {}
            }
        }
        sleep(LOOK).await;
        waited += LOOK;
    }
    Err(TrialError::Late(last))
}

/// Whether what was sent has arrived; nothing while that is open.
fn fate(row: &HistoryRow) -> Option<bool> {
    match row.state {
        State::Out(
            OutgoingState::HandedOver | OutgoingState::Uploaded | OutgoingState::SentOnPaper,
        ) => Some(true),
        State::Out(
            OutgoingState::Refused
            | OutgoingState::Rejected
            | OutgoingState::Recalled
            | OutgoingState::Expired,
        )
        | State::Set(HeldSet::Held) => Some(false),
        State::Out(
            OutgoingState::Queued
            | OutgoingState::Deposited
            | OutgoingState::Consigned
            | OutgoingState::HeldByRecipient
            | OutgoingState::RecallAsked
            | OutgoingState::Superseded
            | OutgoingState::ToUpload
            | OutgoingState::ToPrint,
        )
        | State::Set(_)
        | State::In(_) => None,
    }
}
