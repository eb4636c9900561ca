//! The receipts that say that files are in the import folder.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;

use super::super::context::{Context, blocking};
use super::super::start::ImportFolders;
use super::{AT_A_TIME, Fault, forget};
use crate::package::{Package, Receipt, ReceiptKind, open};
use crate::store::{IncomingRow, NewReceipt, StoreError};
use crate::transfer::IncomingEvent;
use crate::types::{Digest, Hashed};

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
            Err(Fault::Package(code)) => {
                tracing::error!(id = %row.id, code, "the handover receipt could not be signed");
            }
            Err(Fault::Folder(_) | Fault::Internal) => {}
        }
    }
    let store = |(row, receipt): (IncomingRow, NewReceipt)| async move {
        let (event, detail) = (IncomingEvent::HandoverSigned, String::new());
        let (sender, id) = (row.sender, row.id);
        let stored =
            context.store.incoming_event(sender, id, event, detail, Some(receipt), now).await;
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

/// The signed handover receipt of a package.
async fn handover(
    context: Arc<Context>,
    row: IncomingRow,
    package: Option<Package>,
    now: Timestamp,
) -> (IncomingRow, Result<NewReceipt, Fault>) {
    let signed = receipt(&context, &row, package, now).await;
    (row, signed)
}

async fn receipt(
    context: &Arc<Context>,
    row: &IncomingRow,
    package: Option<Package>,
    now: Timestamp,
) -> Result<NewReceipt, Fault> {
    let consignment = context.store.first_receipt(row.sender, row.id).await?;
    let stored = match package {
        Some(_) => Hashed::from(Bytes::new()),
        None => context.store.incoming_package(row.sender, row.id).await?,
    };
    let limits = context.package_limits();
    let (shared, office) = (Arc::clone(context), row.office);
    blocking(move || {
        let package = match package {
            Some(package) => package,
            None => open(stored, &limits).map_err(|fault| Fault::Package(fault.code()))?,
        };
        let receipt = Receipt::about(&package, ReceiptKind::ContentHandover, now)
            .after(Some(Digest::of(&consignment)));
        let signed = shared.proof().sign(office, &receipt, now);
        signed.map_err(|_| Fault::Package("signing-failed"))
    })
    .await
    .unwrap_or(Err(Fault::Internal))
}
