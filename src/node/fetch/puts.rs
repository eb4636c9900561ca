//! Puts our receipts where their packages were fetched.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::link::{MailboxItemName, SendError};
use crate::node::context::{Context, log_store_fault, stopped};
use crate::node::errands::{Errand, Source};
use crate::node::pauses::Pauses;
use crate::node::reissue;
use crate::node::supervise::Beat;
use crate::store::DueReceipt;
use crate::types::OfficeNumber;
use crate::types::code::RefusalScope;
use crate::work::watch;

/// Looks again after this time whatever happens.
const LONGEST_SLEEP: Duration = Duration::from_mins(5);

/// How long putting some receipts may well take.
const LONGEST: Duration = Duration::from_mins(10);

/// Receipts that are read from the store at once.
const AT_ONCE: u32 = 50;

pub(in crate::node) async fn run(
    context: Arc<Context>,
    (office, source): Errand,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let mut pauses = Pauses::default();
    let mut issued = context.wake.issued.subscribe();
    while !*stopping.borrow() {
        beat.works_for("putting receipts", LONGEST);
        issued.borrow_and_update();
        let sleep = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            put = put_due(&context, office, &source) => match put {
                Ok(true) => continue,
                Ok(false) => {
                    pauses.over();
                    LONGEST_SLEEP
                }
                Err(pause) => pause.max(pauses.next()),
            },
        };
        beat.sleeps(sleep);
        let waits = pauses.are_over();
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            // Where the other side is not reached, another receipt changes nothing.
            _ = issued.changed(), if waits => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Puts what is due; says whether there may be more. Of what failed, how long to wait at least. A
/// receipt that is not believed there at the moment holds up those about its package alone.
async fn put_due(
    context: &Arc<Context>,
    office: OfficeNumber,
    source: &Source,
) -> Result<bool, Duration> {
    let Some(endpoint) = source.endpoint(&context.config()) else { return Ok(false) };
    let due = context.store.due_receipts(source.name(), office, AT_ONCE).await;
    let due = due.map_err(|error| {
        log_store_fault(&error, "the receipts that are due cannot be read");
        Duration::ZERO
    })?;
    let is_some = !due.is_empty();
    let replaced = reissue::replaced(context, office, &due).await.map_err(|error| {
        log_store_fault(&error, "receipts cannot be signed anew");
        Duration::ZERO
    })?;
    let (mut stuck, mut pause) = (BTreeSet::new(), None);
    for receipt in due {
        let DueReceipt { sender, id, kind, position, .. } = receipt;
        if replaced.contains(&position) {
            // Those in its place come behind it.
            note(context, source, &receipt, false).await?;
            continue;
        }
        if stuck.contains(&(sender, id)) {
            continue;
        }
        let of = MailboxItemName { office, sender, id };
        let put = context.client.put_mailbox_receipt(&endpoint, of, kind, receipt.der.clone());
        match put.await {
            Ok(()) => {
                tracing::info!(%id, %sender, kind = kind.as_str(), "a receipt was put where its package was fetched");
                note(context, source, &receipt, kind.is_last()).await?;
            }
            // The package is not known there any more, or this receipt is not wanted: whoever sent it
            // asks us for it where it can.
            Err(error @ SendError::Refused { .. }) if !error.is_about_us() => {
                tracing::warn!(%id, %sender, code = error.code(), %error, "a receipt is not taken where its package was fetched");
                note(context, source, &receipt, kind.is_last()).await?;
            }
            Err(SendError::Busy { problem, retry_after })
                if problem.scope == Some(RefusalScope::Package) =>
            {
                stuck.insert((sender, id));
                pause = pause.max(Some(retry_after.unwrap_or_default()));
            }
            Err(SendError::Busy { retry_after, .. }) => {
                return Err(retry_after.unwrap_or_default());
            }
            Err(error) => {
                tracing::debug!(code = error.code(), %error, "receipts could not be put");
                return Err(Duration::ZERO);
            }
        }
    }
    pause.map_or(Ok(is_some), Err)
}

async fn note(
    context: &Context,
    source: &Source,
    receipt: &DueReceipt,
    done: bool,
) -> Result<(), Duration> {
    let noted = context.store.receipt_was_put(source.name(), receipt, done).await;
    noted.map_err(|error| {
        log_store_fault(&error, "that a receipt was put cannot be noted");
        Duration::ZERO
    })
}
