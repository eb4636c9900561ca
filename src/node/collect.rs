//! Collects the receipts that a partner issues after it took a package.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::context::{Context, Pair, stopped, woken};
use super::dispatch::read_receipt;
use crate::link::{ReceiptEntry, SendError};
use crate::store::StoreError;

/// Waits after a question that failed, growing.
const PAUSES: [u64; 4] = [5, 15, 60, 300];

/// Even when no package is known to wait, look again after this time.
const LONGEST_SLEEP: Duration = Duration::from_mins(10);

pub(super) async fn run(context: Arc<Context>, pair: Pair, mut stopping: watch::Receiver<bool>) {
    let mut failures = 0_usize;
    while !*stopping.borrow() {
        let sleep = tokio::select! {
            () = stopped(&mut stopping) => break,
            asked = ask(&context, pair) => match asked {
                Ok(true) => {
                    failures = 0;
                    Duration::ZERO
                }
                Ok(false) => LONGEST_SLEEP,
                Err(code) => {
                    let place = failures.min(PAUSES.len() - 1);
                    failures += 1;
                    tracing::debug!(partner = %pair.1, code, "receipts could not be collected");
                    Duration::from_secs(PAUSES.get(place).copied().unwrap_or(300))
                }
            },
        };
        if sleep.is_zero() {
            continue;
        }
        tokio::select! {
            () = stopped(&mut stopping) => break,
            () = woken(&context.wake.collect, &pair) => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// One question; `false` means that nothing is waited for.
async fn ask(context: &Arc<Context>, (office, partner): Pair) -> Result<bool, &'static str> {
    let code = |error: StoreError| error.code();
    if !context.store.awaits_receipts(office, partner).await.map_err(code)? {
        return Ok(false);
    }
    let after = context.store.receipt_cursor(office, partner).await.map_err(code)?;
    let endpoint = context.endpoint(partner).ok_or("unknown-partner")?;
    let wait = Duration::try_from(context.config.timing.receipt_wait).unwrap_or_default();
    let page = context
        .client
        .receipts(&endpoint, office, after, wait)
        .await
        .map_err(|error: SendError| error.code())?;
    for entry in page.receipts {
        take(context, entry).await.map_err(code)?;
    }
    if page.next > after {
        context.store.set_receipt_cursor(office, partner, page.next).await.map_err(code)?;
    }
    Ok(true)
}

/// Takes one receipt. One that proves nothing for us is told and passed over, so that it cannot
/// stand in the way of those behind it.
async fn take(context: &Arc<Context>, entry: ReceiptEntry) -> Result<(), StoreError> {
    let id = entry.message_id;
    let row = match context.store.outgoing(id).await {
        Ok(row) => row,
        Err(StoreError::NotFound) => return Ok(()),
        Err(error) => return Err(error),
    };
    match read_receipt(context, &row, entry.receipt).await {
        Ok((event, receipt)) => {
            let now = context.now();
            let (state, _) =
                context.store.outgoing_event(id, event, String::new(), Some(receipt), now).await?;
            tracing::info!(%id, partner = %row.partner, state = state.as_str(),
                "receipt collected");
        }
        Err(code) => {
            tracing::warn!(%id, partner = %row.partner, code, "a receipt was passed over");
        }
    }
    Ok(())
}
