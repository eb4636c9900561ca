//! Seals: the keys of our offices, what is known of those of partners, and opening what came sealed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::cards;
use super::context::{Context, blocking, log_store_fault};
use crate::certs::{self, CertsError, SEALING_FOLDER};
use crate::link::{Endpoint, PackageForm, PutReply, SendError};
use crate::package::card::SealingKey;
use crate::package::open_again;
use crate::package::sealed::{
    SEALED_FEATURE, SealError, Sealed, SealedFault, SealingSecrets, open_sealed, seal,
};
use crate::store::OutgoingRow;
use crate::types::code::{self, RefusalCode};
use crate::types::{Clock, Hashed, Instant, OfficeNumber};

/// What a partner said that it takes is believed for so long; the exchange of cards asks more often.
const BELIEVED: Duration = Duration::from_hours(2);

/// A partner that refuses sealed packages gets them open until then.
const REFUSALS: [RefusalCode; 5] = [
    RefusalCode::SEAL_UNKNOWN_KEY,
    RefusalCode::SEAL_BROKEN,
    RefusalCode::SEAL_MISMATCH,
    RefusalCode::NOT_SEALED,
    RefusalCode::UNSUPPORTED_MEDIA_TYPE,
];

/// What a node knows of seals.
#[derive(Default)]
pub(super) struct Seals {
    /// The keys of our offices.
    own: Mutex<BTreeMap<OfficeNumber, SealingSecrets>>,
    /// The key in the card of a partner, by the card's file.
    cards: Mutex<BTreeMap<OfficeNumber, (Option<PathBuf>, Option<SealingKey>)>>,
    /// Whether a partner's own node takes sealed packages, and when it said so.
    takes: Mutex<BTreeMap<OfficeNumber, (bool, Instant)>>,
}

impl Seals {
    /// Notes what a partner's own node says in its status.
    pub(super) fn note(&self, partner: OfficeNumber, features: &[String]) {
        let takes = features.iter().any(|feature| feature == SEALED_FEATURE);
        self.takes_from_now(partner, takes);
    }

    fn takes_from_now(&self, partner: OfficeNumber, takes: bool) {
        let mut known = self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(partner, (takes, Clock::running()));
    }

    fn takes(&self, partner: OfficeNumber) -> Option<bool> {
        let known = self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&partner).filter(|(_, at)| at.elapsed() < BELIEVED).map(|(takes, _)| *takes)
    }

    fn keys(&self, office: OfficeNumber) -> Option<SealingSecrets> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).get(&office).cloned()
    }

    fn keep(&self, office: OfficeNumber, keys: SealingSecrets) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).insert(office, keys);
    }
}

/// What there is to tell of the keys of an office.
struct Looked {
    keys: SealingSecrets,
    /// The key that was made just now.
    made: Option<String>,
    /// How many went.
    removed: usize,
}

fn look_at(context: &Context, office: OfficeNumber, now: Timestamp) -> Result<Looked, CertsError> {
    let folder = context.config().node.data.join(SEALING_FOLDER);
    // By a clock that runs ahead, keys would go that are needed.
    let believed = context.time.believes(now);
    let removed = if believed { certs::remove_ended(&folder, office, now)? } else { 0 };
    let before = certs::sealing_keys(&folder, office)?;
    let keys = certs::sealing_keys_in_time(&folder, office, now)?;
    let made = keys.iter().find(|key| before.find(key.key_id()).is_none());
    let made = made.map(|key| key.key_id().to_owned());
    Ok(Looked { keys, made, removed })
}

/// Makes a new key for an office of ours where it is time for that, and removes those to which
/// nothing can come any more. Both is told in log and history.
pub(super) async fn look_after_keys(context: &Arc<Context>, office: OfficeNumber) {
    let now = context.now();
    let shared = Arc::clone(context);
    let Looked { keys, made, removed } =
        match blocking(move || look_at(&shared, office, now)).await {
            Some(Ok(looked)) => looked,
            Some(Err(error)) => {
                tracing::warn!(%office, %error, "the sealing keys cannot be looked after");
                return;
            }
            None => return,
        };
    context.seals.keep(office, keys);
    let mut notes = Vec::new();
    if let Some(key_id) = made {
        tracing::info!(%office, key_id, "a new sealing key was made");
        notes.push((office, None, format!("{}:{key_id}", code::SEALING_KEY_MADE)));
    }
    if removed > 0 {
        tracing::info!(%office, removed, "sealing keys that nobody needs any more were removed");
        notes.push((office, None, code::SEALING_KEY_REMOVED.to_owned()));
    }
    if !notes.is_empty()
        && let Err(error) = context.store.note_changes(notes, now).await
    {
        log_store_fault(&error, "a sealing key is not in the history");
    }
}

/// The package that is sealed in what came for an office of ours; that its clear header is true of
/// it. May block.
pub(super) fn opened(context: &Context, sealed: &Sealed) -> Result<Hashed, SealedFault> {
    let header = sealed.header();
    let office = header.recipient;
    let package = match context.seals.keys(office).map(|keys| open_sealed(sealed, &keys)) {
        None | Some(Err(SealedFault::UnknownKey)) => {
            // A command may just have made it with a card.
            context.config().office(office).ok_or(SealedFault::UnknownKey)?;
            let folder = context.config().node.data.join(SEALING_FOLDER);
            let keys = certs::sealing_keys(&folder, office).map_err(|error| {
                tracing::warn!(%office, %error, "the sealing keys cannot be read");
                SealedFault::UnknownKey
            })?;
            open_sealed(sealed, &keys)?
        }
        Some(opened) => opened?,
    };
    // What is wrong with the package itself is told by those who take it.
    if let Ok(inside) = open_again(package.clone(), &context.package_limits()) {
        header.check_is_of(inside.manifest())?;
    }
    Ok(package)
}

/// The key to which packages for a partner are sealed now, as its card says.
pub(super) async fn key_of(context: &Arc<Context>, partner: OfficeNumber) -> Option<SealingKey> {
    let path = context.config().peer(partner)?.card.clone();
    let held = {
        let cards = context.seals.cards.lock().unwrap_or_else(PoisonError::into_inner);
        cards.get(&partner).filter(|(of, _)| *of == path).map(|(_, key)| key.clone())
    };
    let key = match held {
        Some(key) => key,
        None => read_key(context, partner).await,
    };
    let now = context.now();
    key.filter(|key| key.valid_until > now)
}

/// The same from the disk, where a newer card may have come.
async fn read_key(context: &Arc<Context>, partner: OfficeNumber) -> Option<SealingKey> {
    let config = context.config();
    let path = config.peer(partner)?.card.clone();
    let home = config.home.clone();
    let held = blocking(move || cards::partner(&home, partner)).await?;
    let key = held.and_then(|held| held.card?.card().sealing.clone());
    let mut cards = context.seals.cards.lock().unwrap_or_else(PoisonError::into_inner);
    cards.insert(partner, (path, key.clone()));
    key
}

/// A package of ours as it leaves to its recipient alone.
pub(super) async fn sealed_to(
    context: &Arc<Context>,
    package: Hashed,
    key: SealingKey,
    now: Timestamp,
) -> Option<Result<Hashed, SealError>> {
    let limits = context.package_limits();
    blocking(move || seal(&open_again(package, &limits)?, &key, now)).await
}

/// Puts a package to a partner's own node: sealed where that is possible, open under TLS where not.
pub(super) async fn put(
    context: &Arc<Context>,
    row: &OutgoingRow,
    endpoint: &Endpoint,
    package: Hashed,
) -> Result<PutReply, SendError> {
    let put = |package: Hashed, form| {
        context.client.put_message(endpoint, row.id, package, form)
    };
    let mut key = key_of(context, row.partner).await;
    let mut is_first = true;
    while let Some(to) = key.take() {
        if !takes_sealed(context, row.partner, endpoint).await? {
            break;
        }
        let key_id = to.key_id.clone();
        let sealed = match sealed_to(context, package.clone(), to, context.now()).await {
            Some(Ok(sealed)) => sealed,
            Some(Err(fault)) => {
                tracing::debug!(id = %row.id, %fault, "a package is sent without a seal");
                break;
            }
            None => break,
        };
        let answer = put(sealed, PackageForm::Sealed).await;
        let Err(SendError::Refused { problem }) = &answer else { return answer };
        let Some(refusal) = REFUSALS.into_iter().find(|one| one.code() == problem.code) else {
            return answer;
        };
        let code = refusal.code();
        tracing::info!(id = %row.id, partner = %row.partner, code, "a sealed package is not taken");
        if refusal == RefusalCode::UNSUPPORTED_MEDIA_TYPE {
            context.seals.takes_from_now(row.partner, false);
        }
        if refusal == RefusalCode::SEAL_UNKNOWN_KEY && std::mem::take(&mut is_first) {
            key = newer_key(context, row.partner, endpoint).await?;
            key = key.filter(|newer| newer.key_id != key_id);
        }
    }
    put(package, PackageForm::Plain).await
}

/// Whether a partner's own node takes sealed packages.
async fn takes_sealed(
    context: &Context,
    partner: OfficeNumber,
    endpoint: &Endpoint,
) -> Result<bool, SendError> {
    if let Some(takes) = context.seals.takes(partner) {
        return Ok(takes);
    }
    let status = context.client.status(endpoint).await?;
    context.seals.note(partner, &status.features);
    Ok(context.seals.takes(partner).unwrap_or_default())
}

/// The key of the card that a partner has now.
async fn newer_key(
    context: &Arc<Context>,
    partner: OfficeNumber,
    endpoint: &Endpoint,
) -> Result<Option<SealingKey>, SendError> {
    if let Some(card) = context.client.card(endpoint, partner).await?
        && let Err(error) = cards::take(context, partner, card).await
    {
        tracing::debug!(%partner, %error, "the partner's card was not taken");
    }
    let now = context.now();
    Ok(read_key(context, partner).await.filter(|key| key.valid_until > now))
}
