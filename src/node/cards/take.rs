//! Cards that partners hand us, and those that we hand them.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::book::{NoWay, OwnWays, alone, partner, peer_of, put};
use super::own::{kept, own_card};
use crate::config::Way;
use crate::link::Refusal;
use crate::node::context::{Context, blocking};
use crate::node::sealing_keys::look_after_keys;
use crate::node::words::way_in_words;
use crate::package::card::{CardFault, SignedCard};
use crate::types::code::RefusalCode;
use crate::types::{Lang, OfficeNumber, code, io_text};

/// How a node says that it has the routes of cards.
pub(in crate::node) const CARD_FEATURE: &str = "card";

/// Why a card was not taken.
#[derive(Debug, thiserror::Error)]
pub(in crate::node) enum TakeError {
    /// It is not one to be taken.
    #[error(transparent)]
    Fault(#[from] CardFault),
    /// It would leave no way to the partner.
    #[error(transparent)]
    NoWay(#[from] NoWay),
    /// It cannot be written.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl TakeError {
    /// With what a partner is refused that handed us the card.
    pub(in crate::node) fn refusal(self) -> Refusal {
        let code = match &self {
            Self::Fault(fault) => fault.refusal(),
            Self::NoWay(_) => RefusalCode::BAD_CARD,
            Self::Disk(error) if error.kind() == io::ErrorKind::StorageFull => {
                RefusalCode::STORAGE_FULL
            }
            Self::Disk(_) => RefusalCode::INTERNAL,
        };
        Refusal::new(code, self.to_string())
    }
}

/// The card of an office of ours, for a partner that asks: the last one that was made.
pub(in crate::node) async fn hand_out(
    context: &Arc<Context>,
    office: OfficeNumber,
) -> Option<SignedCard> {
    match last(context, office).await {
        Some(card) => Some(card),
        None => make(context, office).await,
    }
}

/// The last card of an office of ours that was made, by whomever.
pub(super) async fn last(context: &Arc<Context>, office: OfficeNumber) -> Option<SignedCard> {
    let shared = Arc::clone(context);
    blocking(move || kept(&shared.config(), office, shared.now())).await?
}

/// The card of an office of ours, as it is now.
pub(super) async fn make(context: &Arc<Context>, office: OfficeNumber) -> Option<SignedCard> {
    look_after_keys(context, office).await;
    let shared = Arc::clone(context);
    let made = blocking(move || {
        let config = shared.config();
        config.office(office)?;
        Some(own_card(&config, office, shared.now()))
    });
    let about = format!("office {office} card");
    match made.await?? {
        Ok(card) => {
            context.notices.clear(code::OWN_CARD_NOT_MADE, &about);
            Some(card)
        }
        Err(error) => {
            let texts = (error.text(Lang::Ja), error.text(Lang::En));
            context.notices.raise(code::OWN_CARD_NOT_MADE, about, texts, context.now());
            None
        }
    }
}

/// Looks at a card that somebody who speaks for `office` handed us, and takes it in the place of the
/// one that is registered, if it is a newer one of the trusted hand. `false` if there is nothing to be
/// done: it is the one that is registered, or the partner was registered without a card.
pub(in crate::node) async fn take(
    context: &Arc<Context>,
    office: OfficeNumber,
    bytes: Bytes,
) -> Result<bool, TakeError> {
    let shared = Arc::clone(context);
    let taken = blocking(move || take_now(&shared, office, &bytes)).await;
    let taken = taken.unwrap_or_else(|| Err(io::Error::other("a panic").into()));
    tell(context, office, &taken).await;
    taken.map(|taken| taken.is_some())
}

/// A card that was taken.
struct Taken {
    serial: u64,
    way: Way,
}

fn take_now(
    context: &Context,
    office: OfficeNumber,
    bytes: &[u8],
) -> Result<Option<Taken>, TakeError> {
    let config = context.config();
    let home = &config.home;
    let new = SignedCard::open(bytes)?;
    if partner(home, office).is_none() {
        return Ok(None);
    }
    let _alone = alone(home)?;
    let Some(held) = partner(home, office) else { return Ok(None) };
    let Some(card) = &held.card else { return Ok(None) };
    match new.replaces(card, &context.proof().trust, context.now()) {
        Err(CardFault::Same) => return Ok(None),
        judged => judged?,
    }
    let peer = peer_of(&new, Some(&held), OwnWays::of(&config))?;
    put(home, &peer, Some(&new))?;
    Ok(Some(Taken { serial: new.card().serial, way: config.way(&peer) }))
}

/// Tells people what became of a card.
async fn tell(context: &Context, office: OfficeNumber, taken: &Result<Option<Taken>, TakeError>) {
    let about = format!("partner {office} card");
    let now = context.now();
    let raise = |code, ja: String, en: String| {
        context.notices.raise(code, about.clone(), (ja, en), now);
    };
    match taken {
        Ok(None) => {}
        Ok(Some(Taken { serial, way })) => {
            let [way, reached] = [Lang::Ja, Lang::En].map(|lang| way_in_words(way, lang));
            for code in [code::CARD_NOT_TRUSTED, code::CARD_NOT_WRITTEN] {
                context.notices.clear(code, &about);
            }
            raise(
                code::CARD_REPLACED,
                format!(
                    "相手 {office} の新しい事業所カード（通番 {serial}、届け方 {way}）に入れ替えました。登録済みの鍵で署名されています。対応は不要です。"
                ),
                format!(
                    "a newer card of the partner {office} (serial {serial}, {reached}) took the place of the former one; it is signed with the registered key, and nothing has to be done"
                ),
            );
            let detail = format!("{}:{serial}", code::CARD_REPLACED);
            let offices = context.config();
            let offices = offices.offices.iter();
            let notes = offices.map(|own| (own.number, Some(office), detail.clone())).collect();
            if let Err(error) = context.store.note_changes(notes, now).await {
                tracing::error!(code = error.code(), %error, "a card is not in the history");
            }
        }
        Err(TakeError::Fault(fault)) => {
            tracing::warn!(partner = %office, code = fault.code(), %fault, "a card was refused");
            if matches!(fault, CardFault::NotTrusted { .. } | CardFault::OtherOffice { .. }) {
                raise(
                    code::CARD_NOT_TRUSTED,
                    format!(
                        "相手 {office} から、登録済みの署名証明書で署名されていない事業所カードが届いたため、使っていません。相手に電話で確かめてください。"
                    ),
                    format!(
                        "the partner {office} handed a card that is not signed with a registered certificate; it is not used. Ring the partner up."
                    ),
                );
            }
        }
        Err(TakeError::NoWay(fault)) => {
            tracing::warn!(partner = %office, %fault, "a card was refused");
        }
        Err(TakeError::Disk(error)) => {
            let [ja, en] = [Lang::Ja, Lang::En];
            raise(
                code::CARD_NOT_WRITTEN,
                format!(
                    "相手 {office} の新しい事業所カードを partners フォルダーに保存できません: {}。",
                    io_text(error, ja)
                ),
                format!(
                    "a newer card of the partner {office} cannot be written to the folder partners: {}",
                    io_text(error, en)
                ),
            );
        }
    }
}
