//! Gives up packages whose time is over, and signs that it did.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::context::{Context, blocking, log_store_fault};
use crate::package::{Receipt, ReceiptKind};
use crate::store::{OutgoingRow, Store, StoreError};
use crate::transfer::OutgoingEvent;
use crate::types::MessageId;
use crate::types::code::{self, Area};

/// How long after its time a package may still be put.
const OVERDUE: SignedDuration = SignedDuration::from_hours(1);

/// Gives up the packages whose time has been over for a while: nobody looks for them, because their
/// partner, or our office, is no longer in the configuration, or the pair pauses for longer. Until
/// then each is put once more, but for those that the partner refused for good.
pub(super) async fn expire_overdue(context: &Arc<Context>) {
    let now = context.now();
    let queued = now.checked_sub(OVERDUE).unwrap_or(Timestamp::MIN);
    let overdue = match context.store.overdue(queued, now).await {
        Ok(overdue) => overdue,
        Err(error) => {
            log_store_fault(&error, "the queue cannot be read");
            return;
        }
    };
    for row in overdue {
        if let Err(error) = expire(context, &row).await {
            tracing::error!(id = %row.id, code = error.code(), %error, "a package stays queued");
        }
    }
}

/// Gives up asking for packages back where nobody answered in time.
pub(super) async fn end_recalls(context: &Arc<Context>) {
    let now = context.now();
    if let Err(error) = context.store.forget_numbers(now).await {
        log_store_fault(&error, "what is asked back cannot be written");
    }
    let overdue = match context.store.overdue_recalls(now).await {
        Ok(overdue) => overdue,
        Err(error) => {
            log_store_fault(&error, "what is asked back cannot be read");
            return;
        }
    };
    for row in overdue {
        match context.store.recall_failed(row.id, code::RECALL_UNANSWERED, now).await {
            Ok(transition) => {
                tracing::warn!(id = %row.id, partner = %row.partner, "a recall was not answered");
                if transition.expires() {
                    sign_expiry(context, &row).await;
                }
            }
            Err(error) => {
                tracing::error!(id = %row.id, code = error.code(), %error, "it is asked back still");
            }
        }
    }
}

/// Gives up at once what a relay keeps beyond its time.
pub(super) async fn expire_due(context: &Arc<Context>) -> Result<(), StoreError> {
    for row in context.store.overdue(Timestamp::MIN, context.now()).await? {
        expire(context, &row).await?;
    }
    Ok(())
}

/// Gives a package up whose time is over.
async fn expire(context: &Arc<Context>, row: &OutgoingRow) -> Result<(), StoreError> {
    let event = OutgoingEvent::Tick;
    let reason = last_reason(&context.store, row.id).await;
    let detail = reason.map_or_else(|| code::EXPIRED.to_owned(), |(reason, _)| reason);
    let transition =
        context.store.outgoing_event(row.id, event, detail, None, context.now()).await?;
    if transition.expires() {
        context.unsent.is_over(row.id);
        tracing::warn!(id = %row.id, partner = %row.partner, "no receipt came in time");
        sign_expiry(context, row).await;
    }
    Ok(())
}

/// What kept the last attempts to send a package from success, and since when it did.
pub(super) async fn last_reason(store: &Store, id: MessageId) -> Option<(String, Timestamp)> {
    let steps = store.evidence(id).await.ok()?.journal;
    let mut reasons = steps.iter().rev().filter(|step| {
        !step.detail.is_empty()
            && code::find(&step.detail).is_some_and(|info| info.is_in(Area::Waiting))
    });
    let last = reasons.next()?;
    let since = reasons.take_while(|step| step.detail == last.detail).last().unwrap_or(last);
    Some((last.detail.clone(), since.at))
}

/// Signs that we gave up. Without it nothing is lost but a line of proof, so a fault is only told.
pub(super) async fn sign_expiry(context: &Arc<Context>, row: &OutgoingRow) {
    let Ok(bytes) = context.store.outgoing_package(row.id).await else { return };
    let now = context.now();
    let limits = context.package_limits();
    let (shared, office) = (Arc::clone(context), row.office);
    let signed = blocking(move || {
        let package = crate::package::open(bytes, &limits).ok()?;
        let receipt = Receipt::about(&package, ReceiptKind::Expiry, now);
        shared.proof().sign(office, &receipt, now).ok()
    })
    .await
    .flatten();
    let stored = match signed {
        Some(receipt) => context.store.add_own_receipt(row.id, receipt).await.is_ok(),
        None => false,
    };
    if !stored {
        tracing::error!(id = %row.id, "the expiry could not be signed");
    }
}
