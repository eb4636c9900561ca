//! Sealing what goes to partners, and opening what came sealed.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::cards;
use super::context::{Context, blocking};
use crate::certs::{self, SEALING_FOLDER};
use crate::link::{Endpoint, PackageForm, PutReply, SendError};
use crate::package::card::SealingKey;
use crate::package::open_again;
use crate::package::sealed::{SealError, Sealed, SealedFault, open_sealed, seal};
use crate::store::OutgoingRow;
use crate::types::code::RefusalCode;
use crate::types::{Hashed, OfficeNumber};

/// A partner that refuses sealed packages gets them open until then.
const REFUSALS: [RefusalCode; 5] = [
    RefusalCode::SEAL_UNKNOWN_KEY,
    RefusalCode::SEAL_BROKEN,
    RefusalCode::SEAL_MISMATCH,
    RefusalCode::NOT_SEALED,
    RefusalCode::UNSUPPORTED_MEDIA_TYPE,
];

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
    let put = |package: Hashed, form| context.client.put_message(endpoint, row.id, package, form);
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
