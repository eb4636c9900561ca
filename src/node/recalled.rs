//! Packages that partners ask back: given back as long as none of their files was shown to the care
//! software.
//!
//! The answer is a receipt like any other: the rejection that says so, or what was decided before. A
//! package that never came is given back too, so that it is never placed when it comes.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::context::{Context, blocking, log_store_fault};
use super::hold_copies;
use super::placing::forget;
use super::refusals::{COME_AGAIN, cannot_sign, refuse, refuse_store};
use super::refused::tell_refused_certificate;
use super::speaker::speaks_for;
use super::wake::wake;
use crate::link::{Caller, RecallReply, Refusal};
use crate::package::{
    CLOCK_TOLERANCE, PackageFault, PackageRef, Recall, Receipt, ReceiptFinding, ReceiptKind, Usage,
    open_again,
};
use crate::store::{CameRecall, Content, RecallAnswer, StoreError};
use crate::types::code::{self, RefusalCode};
use crate::types::{Digest, Hashed, Lang, MessageId, OfficeNumber};

/// How often a rejection is signed anew because another receipt came first.
const ATTEMPTS: u32 = 4;

/// A partner asks for a package over a connection of its own.
pub(super) async fn put(
    context: &Arc<Context>,
    peer: &Caller,
    partner: OfficeNumber,
    id: MessageId,
    der: Bytes,
) -> Result<RecallReply, Refusal> {
    context.store.check().map_err(refuse_store)?;
    context.quota.came(partner, der.len());
    let stated = stated(der.clone()).await?;
    if stated.message_id != id {
        let expected = "the id of the path in message_id of the recall";
        return Err(Refusal::plain(RefusalCode::ID_MISMATCH).expecting(expected, None));
    }
    speaks_for(context, peer, stated.sender.office, context.now())?;
    let never_came =
        !context.store.has_incoming(stated.sender.office, id).await.map_err(refuse_store)?;
    if never_came {
        // Whoever asks for what never was gets tired of it.
        context.quota.refused(partner);
    }
    decide(context, der).await
}

/// A request that was fetched for `office`, where the package stood under these names. Nobody vouches for
/// it but its signature.
pub(super) async fn fetched(
    context: &Arc<Context>,
    (sender, office): (OfficeNumber, OfficeNumber),
    id: MessageId,
    der: Bytes,
) -> Result<RecallReply, Refusal> {
    let stated = stated(der.clone()).await?;
    let named = (stated.sender.office, stated.recipient.office, stated.message_id);
    if named != (sender, office, id) {
        return Err(Refusal::plain(RefusalCode::ID_MISMATCH));
    }
    decide(context, der).await
}

async fn stated(der: Bytes) -> Result<Recall, Refusal> {
    let stated = blocking(move || Recall::stated(&der)).await;
    let stated = stated.ok_or_else(|| Refusal::internal("a panic while a recall was read"))?;
    stated.map_err(|fault| refuse(&fault))
}

/// Verifies a request and decides about it.
async fn decide(context: &Arc<Context>, der: Bytes) -> Result<RecallReply, Refusal> {
    let now = context.now();
    if !context.time.believes(now) {
        // What ends, and what is dated, would be wrong.
        return Err(Refusal::plain(RefusalCode::CLOCK_IN_DOUBT).retry_after(COME_AGAIN));
    }
    let recall = verified(context, der.clone(), now).await?;
    let about = recall.reference();
    let PackageRef { message_id: id, sender, recipient: office, .. } = about;
    let config = context.config();
    if config.office(office).is_none() {
        return Err(refuse(&PackageFault::NotOurs { recipient: office }));
    }
    if config.peer(sender).is_none() {
        let log = format!("{sender} is not among the configured peers");
        return Err(Refusal::new(RefusalCode::NOT_A_PARTNER, log));
    }
    if recall.at > now.checked_add(CLOCK_TOLERANCE).unwrap_or(now) {
        return Err(Refusal::plain(RefusalCode::CLOCK_AHEAD));
    }
    if recall.expires_at <= now {
        return Err(Refusal::plain(RefusalCode::PACKAGE_EXPIRED));
    }
    context.wake.in_contact(sender);
    for _ in 0..ATTEMPTS {
        let package = here(context, sender, id).await?;
        let previous = match context.store.last_receipt(sender, id).await {
            Ok((_, digest)) => Some(digest),
            Err(StoreError::NotFound) => None,
            Err(error) => return Err(refuse_store(error)),
        };
        let came = signed(context, (&recall, &der), previous, package, now).await?;
        let rejection = came.rejection.der.clone();
        match context.store.recall_came(came, now).await.map_err(refuse_store)? {
            RecallAnswer::GivenBack => {
                tracing::info!(%id, %sender, %office, "a package was given back");
                given_back(context, (office, id)).await;
                return Ok(RecallReply::Decided(rejection));
            }
            RecallAnswer::Decided(receipt) => return Ok(RecallReply::Decided(receipt)),
            RecallAnswer::UnderWay => {
                tracing::info!(%id, %sender, "a package that is being placed is asked back");
                return Ok(RecallReply::UnderWay);
            }
            RecallAnswer::OtherPackage => return Err(Refusal::plain(RefusalCode::ID_TAKEN)),
            RecallAnswer::Stale => {}
            RecallAnswer::TooMany => {
                let log = format!("{sender} has asked for too many packages that never came");
                let refusal = Refusal::new(RefusalCode::PARTNER_STORE_FULL, log);
                return Err(refusal.retry_after(COME_AGAIN));
            }
        }
    }
    let log = "other receipts are issued about the package";
    Err(Refusal::new(RefusalCode::BUSY, log).retry_after(COME_AGAIN).of_this_package())
}

/// The request, if its sender has signed it.
async fn verified(context: &Arc<Context>, der: Bytes, now: Timestamp) -> Result<Recall, Refusal> {
    let trust = Arc::clone(&context.proof().trust);
    let opened = blocking(move || {
        let sender = Recall::stated(&der)?.sender;
        Ok(Recall::open(&der, &trust, now).map_err(|fault| (fault, sender)))
    });
    let opened = opened.await.ok_or_else(|| Refusal::internal("a panic in a recall"))?;
    let opened = opened.map_err(|fault: PackageFault| refuse(&fault))?;
    opened.map(|(recall, _)| recall).map_err(|(fault, sender)| {
        if let (PackageFault::Trust(error), Some(sha256)) = (&fault, sender.certificate) {
            let code = error.code();
            tell_refused_certificate(context, sender.office, sha256, Usage::Signing, code);
        }
        refuse(&fault)
    })
}

/// The bytes of a package that came. One whose bytes are lost is given back all the same.
async fn here(
    context: &Context,
    sender: OfficeNumber,
    id: MessageId,
) -> Result<Option<Hashed>, Refusal> {
    match context.store.incoming_package(sender, id).await {
        Ok(package) => Ok(Some(package)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) if error.is_about_one_package() => Ok(None),
        Err(error) => Err(refuse_store(error)),
    }
}

/// The request with the rejection that grants it.
async fn signed(
    context: &Arc<Context>,
    (recall, der): (&Recall, &Bytes),
    previous: Option<Digest>,
    package: Option<Hashed>,
    now: Timestamp,
) -> Result<CameRecall, Refusal> {
    let about = recall.reference();
    let text = code::meaning(code::RECALLED, Lang::En).unwrap_or_default();
    let finding = ReceiptFinding::of_fault(code::RECALLED, None, text);
    let receipt = Receipt::of(&about, ReceiptKind::Rejection, now).with_findings([finding]);
    let (shared, limits) = (Arc::clone(context), context.package_limits());
    let signed = blocking(move || {
        let rejection = shared.proof().sign(about.recipient, &receipt.after(previous), now)?;
        let package = package.and_then(|package| open_again(package, &limits).ok());
        let proof = package.map(|package| Content::Proof {
            manifest: package.manifest_bytes().clone(),
            signature: package.signature().clone(),
        });
        Ok((rejection, proof))
    });
    let signed = signed.await.ok_or_else(|| Refusal::internal("a panic while signing"))?;
    let (rejection, proof) = signed.map_err(cannot_sign)?;
    let (sequence, expires_at, der) = (recall.sequence, recall.expires_at, der.clone());
    Ok(CameRecall { about, sequence, expires_at, der, rejection, previous, proof })
}

/// Tidies up behind a package that was given back.
async fn given_back(context: &Arc<Context>, (office, id): (OfficeNumber, MessageId)) {
    context.wake.issued.announce();
    if let Err(error) = hold_copies::remove_recalled(context).await {
        log_store_fault(&error, "copies stay in the hold folder");
    }
    let places = context.places();
    if let Some(places) = places.get(&office) {
        forget(&places.import, vec![id]).await;
    }
    // What came behind it may have waited for it.
    wake(&context.wake.placing, &office);
}

#[cfg(test)]
mod tests {
    use super::super::at_rest::AtRest;
    use super::*;
    use crate::store::IncomingNote;
    use crate::transfer::IncomingEvent;

    /// What was fetched from a mailbox while the package is placed: its receipt is the answer.
    #[tokio::test]
    async fn what_is_being_placed_is_answered_by_the_receipt_that_comes() {
        let node = AtRest::new().await;
        let (store, now) = (&node.context.store, node.context.now());
        let id = node.came().await;
        let der = node.request(id, 24);
        let of = (node.partner, node.office);
        let ask = || fetched(&node.context, of, id, der.clone());
        let begun = store.begin_placing(vec![(node.partner, id)]).await.expect("written");
        assert_eq!(begun.len(), 1);
        assert!(matches!(ask().await, Ok(RecallReply::UnderWay)));
        let (event, note) = (IncomingEvent::FilesPlaced, IncomingNote::default());
        store.incoming_event(node.partner, id, event, note, now).await.expect("placed");
        assert!(matches!(ask().await, Ok(RecallReply::UnderWay)));
        let about = store.incoming(node.partner, id).await.expect("read").reference();
        let handover = Receipt::of(&about, ReceiptKind::ContentHandover, now);
        let handover = node.context.proof().sign(node.office, &handover, now).expect("signed");
        let (event, der) = (IncomingEvent::HandoverSigned, handover.der.clone());
        let note = IncomingNote { receipt: Some(handover), ..IncomingNote::default() };
        store.incoming_event(node.partner, id, event, note, now).await.expect("signed for");
        let answer = ask().await;
        assert!(matches!(answer, Ok(RecallReply::Decided(receipt)) if receipt == der));
    }

    #[tokio::test]
    async fn a_request_whose_time_is_over_changes_nothing() {
        let node = AtRest::new().await;
        let id = node.held().await;
        let of = (node.partner, node.office);
        let refused = fetched(&node.context, of, id, node.request(id, -1)).await.err();
        let code = refused.expect("refused").code.code();
        assert_eq!(code, RefusalCode::PACKAGE_EXPIRED.code());
        let granted = fetched(&node.context, of, id, node.request(id, 1)).await;
        assert!(matches!(granted, Ok(RecallReply::Decided(_))));
        assert!(node.context.store.was_recalled(node.partner, id).await.expect("read"));
    }
}
