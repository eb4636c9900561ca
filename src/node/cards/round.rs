//! Hands our cards to the partners, and asks for theirs.
//!
//! A partner that has the routes of cards says so in its status. It is handed our card once for each
//! serial, so that it learns of a new address although it could not ask at the old one, and asked for
//! its own every hour.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};

use super::take::{CARD_FEATURE, TakeError, last, make, take};
use crate::config::Config;
use crate::link::{Endpoint, SendError};
use crate::node::context::{Context, Pair, blocking, stopped};
use crate::node::registered::note;
use crate::node::supervise::Beat;
use crate::package::card::SignedCard;
use crate::types::{Clock, Instant, OfficeNumber, PeerUrl, code};
use crate::work::{self, watch};

/// How often to look whether anything is to be done.
const LOOK: Duration = Duration::from_secs(5);

/// How long a partner that could not be asked is left alone.
const AGAIN: Duration = Duration::from_secs(20);

/// How old a card of ours may be before it is seen whether it would be another one now.
const FRESH: Duration = Duration::from_secs(10);

/// How often a partner is asked for its card, and handed one of ours that it does not take: its trust or
/// its clock may be mended meanwhile.
const ASK: Duration = Duration::from_hours(1);

/// How long a card that a command made is kept, though the node would say something else: it was made
/// by a configuration that the node takes up in a moment, and a person hands it to a partner as it is.
const OF_A_COMMAND: Duration = Duration::from_mins(1);

/// How long it is told that a card was replaced.
const TOLD: Duration = Duration::from_hours(24);

/// How many partners are asked at the same time.
const AT_A_TIME: usize = 8;

/// How long a whole round may well take.
const LONGEST_ROUND: Duration = Duration::from_mins(30);

/// What is known of one of our offices and one of its partners.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    /// The serial that the partner was handed.
    handed: u64,
    /// When it was handed one that it did not take, and which.
    refused: Option<(u64, Instant)>,
    /// The serial that it said it has registered.
    registered: Option<u64>,
    /// When it was looked whether it has taken up what it was handed.
    looked: Option<Instant>,
    /// When it was asked last.
    asked: Option<Instant>,
    /// It could not be asked, and when that was.
    failed: Option<Instant>,
}

impl Known {
    /// Whether there is no need to hand the partner this card now.
    fn is_settled(&self, serial: u64) -> bool {
        let is_refused = |(refused, at): (u64, Instant)| refused == serial && at.elapsed() < ASK;
        self.handed == serial || self.refused.is_some_and(is_refused)
    }

    /// Whether the partner was handed this card and still has another one: it takes it up in a moment.
    fn is_awaited(&self, serial: u64) -> bool {
        self.handed == serial && self.registered.is_some_and(|registered| registered != serial)
    }
}

pub(in crate::node) async fn run(
    context: Arc<Context>,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    if !context.client.has_cards() {
        beat.sleeps(Duration::MAX);
        stopped(&mut stopping).await;
        return;
    }
    let mut known: BTreeMap<Pair, Known> = BTreeMap::new();
    let mut own = Own::new();
    let mut at_relays = AtRelays::new();
    loop {
        beat.works_for("exchanging cards", LONGEST_ROUND);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => return,
            () = round(&context, &mut own, &mut known, &mut at_relays) => {}
        }
        context.notices.clear_unmet(code::CARD_REPLACED, TOLD);
        beat.sleeps(work::pause(LOOK));
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => return,
            () = tokio::time::sleep(work::pause(LOOK)) => {}
        }
    }
}

/// Our cards.
type Own = BTreeMap<OfficeNumber, Looked>;

/// A card of ours, as it was when it was looked at.
struct Looked {
    at: Instant,
    card: Option<SignedCard>,
    /// The serial that this node made or found right.
    right: Option<u64>,
    /// The serial of a later one that a command made, and when it was seen first.
    other: Option<(u64, Instant)>,
}

/// The card of an office of ours as it is now. To make it anew takes the key, which may be behind a
/// password.
async fn look(context: &Arc<Context>, office: OfficeNumber, before: Option<&Looked>) -> Looked {
    let at = Clock::running();
    let right = before.and_then(|before| before.right);
    if let Some(right) = right
        && let Some(card) = last(context, office).await.filter(|card| card.card().serial > right)
    {
        let serial = card.card().serial;
        let seen = before.and_then(|before| before.other).filter(|(other, _)| *other == serial);
        let (_, since) = seen.unwrap_or((serial, at));
        if since.elapsed() < OF_A_COMMAND {
            return Looked {
                at,
                card: Some(card),
                right: Some(right),
                other: Some((serial, since)),
            };
        }
    }
    let card = make(context, office).await;
    let right = card.as_ref().map(|card| card.card().serial).or(right);
    Looked { at, card, right, other: None }
}

async fn round(
    context: &Arc<Context>,
    cards: &mut Own,
    known: &mut BTreeMap<Pair, Known>,
    at_relays: &mut AtRelays,
) {
    let config = context.config();
    let offices: Vec<_> = config.offices.iter().map(|office| office.number).collect();
    let partners: Vec<_> = config.peers.iter().map(|peer| peer.office).collect();
    for office in offices {
        let before = cards.get(&office);
        if before.is_none_or(|before| before.at.elapsed() >= FRESH) {
            let looked = look(context, office, before).await;
            cards.insert(office, looked);
        }
        let Some(Looked { card: Some(own), .. }) = cards.get(&office) else { continue };
        hand_to_relays(context, &config, own, at_relays).await;
        let due = partners.iter().filter_map(|partner| {
            let known = known.get(&(office, *partner)).copied().unwrap_or_default();
            let serial = own.card().serial;
            let rests = [known.failed, known.looked.filter(|_| known.is_awaited(serial))];
            let rests = rests.into_iter().flatten().any(|at| at.elapsed() < AGAIN);
            let settled = known.is_settled(serial)
                && !known.is_awaited(serial)
                && known.asked.is_some_and(|at| at.elapsed() < ASK);
            (!rests && !settled).then_some((*partner, known))
        });
        let asked = stream::iter(due.collect::<Vec<_>>()).map(async |(partner, mut known)| {
            known.failed = None;
            // What its own node does not say, the relay may.
            let (direct, relay) = (context.endpoint(partner), context.relay_of(partner));
            let mut asked = Ok(());
            if let Some(endpoint) = &direct {
                asked = exchange(context, (endpoint, partner), own, &mut known).await;
            }
            if let Some(relay) = relay.filter(|_| direct.is_none() || asked.is_err()) {
                known.handed = own.card().serial;
                asked = ask(context, (&relay, partner), &mut known).await;
            }
            if let Err(error) = asked {
                tracing::debug!(%partner, code = error.code(), "no cards were exchanged");
                known.failed = Some(Clock::running());
            }
            (partner, known)
        });
        let asked: Vec<_> = asked.buffer_unordered(AT_A_TIME).collect().await;
        let serial = own.card().serial;
        let have = asked.iter().filter(|(_, known)| known.registered == Some(serial));
        let have: Vec<_> = have.map(|(partner, _)| *partner).collect();
        if !have.is_empty() {
            write_down(context, own.clone(), have).await;
        }
        known.extend(asked.into_iter().map(|(partner, known)| ((office, partner), known)));
    }
}

/// Writes down which partners have a card of ours.
async fn write_down(context: &Arc<Context>, card: SignedCard, partners: Vec<OfficeNumber>) {
    let shared = Arc::clone(context);
    let noted = blocking(move || note(&shared.config(), &card, &partners)).await;
    if let Some(Err(error)) = noted {
        // It is found out again in an hour, and when the node starts.
        tracing::warn!(%error, "which partners have our card could not be written down");
    }
}

/// Which card of ours each relay has, or when it was last tried in vain.
type AtRelays = BTreeMap<(OfficeNumber, PeerUrl), Result<u64, Instant>>;

/// Puts a card of ours where others ask for it.
async fn hand_to_relays(
    context: &Arc<Context>,
    config: &Config,
    own: &SignedCard,
    at_relays: &mut AtRelays,
) {
    let (office, serial) = (own.card().office, own.card().serial);
    for relay in &config.relays {
        let place = (office, relay.url.clone());
        let settled = match at_relays.get(&place) {
            Some(Ok(handed)) => *handed == serial,
            Some(Err(at)) => at.elapsed() < AGAIN,
            None => false,
        };
        if settled {
            continue;
        }
        let endpoint = Endpoint::of_relay(relay.url.clone());
        let put = context.client.put_card(&endpoint, office, own.bytes().to_vec().into()).await;
        let put = put.map(|()| serial).map_err(|error| {
            tracing::debug!(relay = %relay.url, code = error.code(), "the relay has not our card");
            Clock::running()
        });
        at_relays.insert(place, put);
    }
    at_relays.retain(|(_, url), _| config.relay(url).is_some());
}

/// Hands a partner our card and asks for its own.
async fn exchange(
    context: &Arc<Context>,
    (endpoint, partner): (&Endpoint, OfficeNumber),
    own: &SignedCard,
    known: &mut Known,
) -> Result<(), SendError> {
    let serial = own.card().serial;
    let status = context.client.status(endpoint).await?;
    context.seals.note(partner, &status.features);
    known.registered = status.your_cards.get(&own.card().office).copied();
    known.looked = Some(Clock::running());
    if !status.features.iter().any(|feature| feature == CARD_FEATURE) {
        (known.handed, known.asked) = (serial, Some(Clock::running()));
        return Ok(());
    }
    if !known.is_settled(serial) {
        match context
            .client
            .put_card(endpoint, own.card().office, own.bytes().to_vec().into())
            .await
        {
            Ok(()) => {
                tracing::info!(%partner, serial, "the partner has our card");
                known.handed = serial;
            }
            Err(SendError::Refused { problem }) => {
                tracing::warn!(%partner, serial, %problem, "the partner does not take our card");
                known.refused = Some((serial, Clock::running()));
            }
            Err(error) => return Err(error),
        }
    }
    ask(context, (endpoint, partner), known).await
}

/// Asks for the card of a partner.
async fn ask(
    context: &Arc<Context>,
    (endpoint, partner): (&Endpoint, OfficeNumber),
    known: &mut Known,
) -> Result<(), SendError> {
    if let Some(card) = context.client.card(endpoint, partner).await? {
        match take(context, partner, card).await {
            Ok(_) | Err(TakeError::Fault(_) | TakeError::NoWay(_)) => {}
            Err(TakeError::Disk(_)) => {
                known.failed = Some(Clock::running());
                return Ok(());
            }
        }
    }
    known.asked = Some(Clock::running());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_a_partner_does_not_take_is_handed_again_later() {
        let now = Clock::running();
        let known = Known { handed: 6, refused: Some((7, now)), ..Known::default() };
        assert!(known.is_settled(6) && known.is_settled(7));
        assert!(!known.is_settled(8), "another one at once");
        let long_ago = now.checked_sub(ASK).map(|at| (7, at));
        let known = Known { refused: long_ago, ..known };
        assert_eq!(known.is_settled(7), long_ago.is_none());
    }
}
