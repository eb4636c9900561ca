//! How it goes: the offices, the partners, what a person should know of, and what happens.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::super::state::Shared;
use super::caller::Caller;
use super::parts::{Params, ok};
use super::problem::Refused;
use crate::config::Peer;
use crate::desk::held;
use crate::node::Notice;
use crate::store::{Change, HeldFilter, StateCount, Status as StoreStatus, Waiting};
use crate::transfer::Direction;
use crate::types::{Clock, Edition, OfficeNumber, ServiceType};
use crate::work::stopped;

/// What is held is counted up to here; more are told as so many.
const HELD: u32 = 1_000;

/// The longest that a request waits for a change, in seconds.
const LONGEST_WAIT: u64 = 25;

/// How often it is looked whether something has changed.
const LOOK: Duration = Duration::from_millis(500);

/// Changes of one answer.
const CHANGES: u32 = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    office: Option<OfficeNumber>,
}

#[derive(Serialize)]
struct Status {
    version: &'static str,
    now: Timestamp,
    /// Whether the node goes on.
    running: bool,
    offices: Vec<Office>,
    counts: Vec<StateCount>,
    waiting: Vec<Waiting>,
    held: usize,
    notices: usize,
}

#[derive(Serialize)]
struct Office {
    office: OfficeNumber,
    name: Option<String>,
    service_types: Vec<ServiceType>,
}

pub(super) async fn status(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(asked): Params<Asked>,
) -> Result<Response, Refused> {
    let only = caller.sees(asked.office)?;
    let is_wanted = |office| only.is_none_or(|only| only == office);
    let (store, config) = (shared.node.store(), shared.node.config());
    let StoreStatus { mut counts, mut waiting } = store.status().await?;
    counts.retain(|count| is_wanted(count.office));
    waiting.retain(|pair| is_wanted(pair.office));
    let filter = HeldFilter { office: only, ..HeldFilter::newest(HELD) };
    let held = held::count(store, &config, filter).await?;
    let offices = config.offices.iter().filter(|it| is_wanted(it.number));
    ok(&Status {
        version: env!("CARGO_PKG_VERSION"),
        now: shared.node.now(),
        running: shared.node.health().standing_still().next().is_none(),
        offices: offices
            .map(|office| Office {
                office: office.number,
                name: office.name.clone(),
                service_types: office.service_types.clone(),
            })
            .collect(),
        counts,
        waiting,
        held,
        notices: standing(&shared, only).len(),
    })
}

#[derive(Serialize)]
struct Partners {
    partners: Vec<Partner>,
}

/// One partner.
#[derive(Serialize)]
struct Partner {
    office: OfficeNumber,
    name: Option<String>,
    service_types: Vec<ServiceType>,
    edition: Option<Edition>,
    sent: u64,
    received: u64,
    last_change: Option<Timestamp>,
    /// What waits for it.
    waiting: u64,
    /// Why it waits: a code, and behind a colon the partner's own; empty where nothing failed.
    reason: String,
    next_attempt: Option<Timestamp>,
}

pub(super) async fn partners(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(asked): Params<Asked>,
) -> Result<Response, Refused> {
    let only = caller.sees(asked.office)?;
    let is_wanted = |office| only.is_none_or(|only| only == office);
    let mut status = shared.node.store().status().await?;
    status.counts.retain(|count| is_wanted(count.office));
    status.waiting.retain(|pair| is_wanted(pair.office));
    let config = shared.node.config();
    let partners = config.peers.iter().map(|peer| partner(peer, &status));
    ok(&Partners { partners: partners.collect() })
}

fn partner(peer: &Peer, status: &StoreStatus) -> Partner {
    let counts = || status.counts.iter().filter(|count| count.partner == peer.office);
    let number = |wanted: Direction| {
        counts().filter(|count| count.direction == wanted).map(|count| count.count).sum()
    };
    let pairs = || status.waiting.iter().filter(|pair| pair.partner == peer.office);
    let failing = pairs().find(|pair| !pair.reason.is_empty());
    Partner {
        office: peer.office,
        name: peer.name.clone(),
        service_types: peer.service_types.clone(),
        edition: peer.edition,
        sent: number(Direction::Out),
        received: number(Direction::In),
        last_change: counts().map(|count| count.changed_at).max(),
        waiting: pairs().map(|pair| pair.count).sum(),
        reason: failing.map(|pair| pair.reason.clone()).unwrap_or_default(),
        next_attempt: pairs().map(|pair| pair.next_at).min(),
    }
}

#[derive(Serialize)]
struct Notices {
    notices: Vec<Notice>,
}

pub(super) async fn notices(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(asked): Params<Asked>,
) -> Result<Response, Refused> {
    let only = caller.sees(asked.office)?;
    ok(&Notices { notices: standing(&shared, only) })
}

/// What a person should know of: of the node, and of one office alone if it is asked for.
fn standing(shared: &Shared, only: Option<OfficeNumber>) -> Vec<Notice> {
    let (mut notices, _) = shared.node.notices();
    if let Some(only) = only {
        let config = shared.node.config();
        let ours = || config.offices.iter().map(|office| office.number);
        notices.retain(|notice| {
            let is_about = |office: OfficeNumber| notice.about.contains(office.as_str());
            is_about(only) || !ours().any(is_about)
        });
    }
    notices
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct After {
    office: Option<OfficeNumber>,
    after: Option<u32>,
    wait: u64,
}

#[derive(Serialize)]
struct Feed {
    changes: Vec<Change>,
    next: i64,
}

/// What has happened since a place. Where nothing has, the answer waits for it.
pub(super) async fn changes(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(After { office, after, wait }): Params<After>,
) -> Result<Response, Refused> {
    let office = caller.sees(office)?;
    if wait > LONGEST_WAIT {
        return Err(Refused::malformed("Expected wait to be 0 to 25 seconds."));
    }
    let (begun, wait) = (Clock::running(), Duration::from_secs(wait));
    let mut stopping = shared.stopping.clone();
    loop {
        let place = after.map(i64::from);
        let found = shared.node.store().changes(place, office, CHANGES).await?;
        if after.is_none() || !found.changes.is_empty() || begun.elapsed() >= wait {
            return ok(&Feed { changes: found.changes, next: found.next });
        }
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => return Err(Refused::busy()),
            () = sleep(LOOK) => {}
        }
    }
}
