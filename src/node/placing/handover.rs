//! The receipts that say that files are in the import folder.

use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;

use super::super::context::{Context, blocking};
use super::super::folders::ImportFolders;
use super::{AT_A_TIME, Fault, forget, withheld};
use crate::package::{Package, Receipt, ReceiptKind, open_again};
use crate::store::{IncomingNote, IncomingRow, NewReceipt, StoreError};
use crate::transfer::IncomingEvent;

/// Signs and stores the handover receipts of placed packages, which are read again where the caller
/// has them not. Only a fault of the store is returned; after every other one it is tried again
/// later.
pub(super) async fn sign(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    placed: Vec<(IncomingRow, Option<Package>)>,
) -> Result<(), StoreError> {
    let now = context.now();
    let handover = |(row, package)| handover(Arc::clone(context), row, package, now);
    let signed: Vec<_> = stream::iter(placed).map(handover).buffered(AT_A_TIME).collect().await;
    let (mut receipts, mut broken) = (Vec::new(), None);
    for (row, receipt) in signed {
        match receipt {
            Ok(receipt) => receipts.push((row, receipt)),
            Err(Fault::Store(error)) => broken = Some(error),
            Err(Fault::Package(code) | Fault::Unreadable(code)) => {
                tracing::error!(id = %row.id, code, "the handover receipt could not be signed");
            }
            Err(Fault::Folder(_) | Fault::Internal) => {}
        }
    }
    let store = |(row, receipt): (IncomingRow, Option<NewReceipt>)| async move {
        let note = IncomingNote { receipt, ..IncomingNote::default() };
        let (sender, id, event) = (row.sender, row.id, IncomingEvent::HandoverSigned);
        let stored = context.store.incoming_event(sender, id, event, note, now).await;
        stored.map(|_| row)
    };
    // At the same time, so that they share a transaction.
    let mut done = Vec::new();
    for stored in join_all(receipts.into_iter().map(store)).await {
        match stored {
            Ok(row) => {
                tracing::info!(id = %row.id, sender = %row.sender, office = %row.office,
                    "handed over");
                done.push(row.id);
            }
            Err(error) => broken = Some(error),
        }
    }
    if !done.is_empty() {
        context.wake.issued.announce();
    }
    forget(folders, done).await;
    broken.map_or(Ok(()), Err)
}

/// The signed handover receipt of a package; none of one whose sender is not told.
async fn handover(
    context: Arc<Context>,
    row: IncomingRow,
    package: Option<Package>,
    now: Timestamp,
) -> (IncomingRow, Result<Option<NewReceipt>, Fault>) {
    let package = match package {
        Some(package) => Some(package),
        None => stored(&context, &row).await,
    };
    let kind = ReceiptKind::ContentHandover;
    let receipt = match &package {
        Some(package) => Receipt::about(package, kind, now),
        // The files are in the import folder, whatever became of the package since.
        None => Receipt::of(&row.reference(), kind, now),
    };
    let signed = withheld::signed(&context, &row, receipt, now).await;
    (row, signed)
}

/// The package as it lies in the store, if it can be read.
async fn stored(context: &Arc<Context>, row: &IncomingRow) -> Option<Package> {
    let stored = context.store.incoming_package(row.sender, row.id).await.ok()?;
    let limits = context.package_limits();
    blocking(move || open_again(stored, &limits).ok()).await.flatten()
}
