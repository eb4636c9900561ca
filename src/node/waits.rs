//! The node as a mailbox: what waits here for a partner until it comes for it.
//!
//! A partner that opens no port of its own is sent nothing. It asks what is queued for it, fetches it,
//! and puts its receipts, which are judged like all others.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};

use super::collect::take_one;
use super::context::Context;
use super::receipts::read_receipt;
use super::refusals::{COME_AGAIN, refuse_store};
use super::speaker::speaks_for;
use crate::link::{
    Caller, MailboxBody, MailboxItem, MailboxItemName, MailboxPage, MailboxQuery, PackageForm,
    Refusal,
};
use crate::package::ReceiptKind;
use crate::store::{OutgoingRow, PackagePieces, StoreError};
use crate::transfer::Outgoing;
use crate::types::Digest;
use crate::types::code::RefusalCode;

/// The most packages on a page: each is read from the disk for it.
const MOST: usize = 20;

/// What is queued for an office that asks.
pub(super) async fn list(
    context: &Arc<Context>,
    peer: &Caller,
    query: MailboxQuery,
) -> Result<MailboxPage, Refusal> {
    speaks_for(context, peer, query.office, context.now())?;
    context.wake.in_contact(query.office);
    let most = query.limit.min(MOST);
    let limit = u32::try_from(most).unwrap_or(u32::MAX).saturating_add(1);
    let mut queued = context.wake.queued.subscribe();
    loop {
        queued.borrow_and_update();
        let now = context.now();
        let found = context.store.waits_for(query.office, query.after, limit, now).await;
        let mut found = found.map_err(refuse_store)?;
        if !found.is_empty()
            || !matches!(query.patience.wait_for(queued.changed()).await, Some(Ok(())))
        {
            let more = found.len() > most;
            found.truncate(most);
            let items = found.into_iter().map(|waiting| MailboxItem {
                position: waiting.position,
                message_id: waiting.row.id,
                sender: waiting.row.office,
                size: waiting.size,
                sha256: waiting.row.package_sha256,
                // Nobody but the two of us is on the way.
                sealed: false,
                expires_at: waiting.row.expires_at,
                stored_at: waiting.created_at,
                recalled: waiting.recalled,
            });
            return Ok(MailboxPage::new(query.after, items.collect(), more));
        }
    }
}

/// The bytes of a package that waits.
pub(super) async fn fetch(
    context: &Arc<Context>,
    peer: &Caller,
    of: MailboxItemName,
) -> Result<MailboxBody, Refusal> {
    let row = row(context, peer, of).await?;
    let is_over = row.state.is_delivered() || row.state.is_final();
    let is_wanted_back = row.state == Outgoing::RecallAsked;
    if is_over || is_wanted_back || row.expires_at <= context.now() || !context.unsent.begin(of.id)
    {
        return Err(Refusal::plain(RefusalCode::GONE));
    }
    match context.store.outgoing_pieces(of.id).await {
        Ok(package) => Ok(body(package, row.package_sha256)),
        Err(StoreError::NoLongerKept) => Err(Refusal::plain(RefusalCode::GONE)),
        Err(error) => Err(refuse_store(error)),
    }
}

fn body(package: PackagePieces, sha256: Digest) -> MailboxBody {
    let (size, piece) = (package.size(), package.largest_piece());
    MailboxBody::in_pieces((size, piece), sha256, PackageForm::Plain, move |range| {
        let package = package.clone();
        stream::try_unfold(range, move |left| {
            let package = package.clone();
            async move {
                if left.is_empty() {
                    return Ok(None);
                }
                let piece = package.piece(left.start, left.end).await.map_err(refuse_store)?;
                let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                if length == 0 {
                    return Err(Refusal::internal("a package that is shorter than it was"));
                }
                Ok(Some((piece, left.start.saturating_add(length)..left.end)))
            }
        })
        .boxed()
    })
}

/// Takes a receipt for a package that was fetched.
pub(super) async fn put_receipt(
    context: &Arc<Context>,
    peer: &Caller,
    of: MailboxItemName,
    kind: ReceiptKind,
    receipt: Bytes,
) -> Result<bool, Refusal> {
    let row = row(context, peer, of).await?;
    let stored = context.store.outgoing_with_receipt(row.id, Digest::of(&receipt)).await;
    if stored.map_err(refuse_store)?.1 {
        return Ok(true);
    }
    let read = read_receipt(context, &row, receipt).await.map_err(|fault| {
        let log = format!("a receipt was not taken: {}", fault.code);
        if fault.is_passing {
            Refusal::new(RefusalCode::BUSY, log).retry_after(COME_AGAIN).of_this_package()
        } else {
            Refusal::new(RefusalCode::RECEIPT_MISMATCH, log)
        }
    })?;
    if read.receipt.kind != kind {
        return Err(Refusal::plain(RefusalCode::RECEIPT_MISMATCH));
    }
    if take_one(context, row, read).await.map_err(refuse_store)? {
        // From here on the store says that it has left: it has a receipt.
        context.unsent.is_over(of.id);
        Ok(false)
    } else {
        Err(Refusal::plain(RefusalCode::RECEIPT_MISMATCH))
    }
}

/// The request to have a package back that waits, or was fetched.
pub(super) async fn recall(
    context: &Arc<Context>,
    peer: &Caller,
    of: MailboxItemName,
) -> Result<Bytes, Refusal> {
    let row = row(context, peer, of).await?;
    let recall = context.store.recall(row.id).await.map_err(refuse_store)?;
    recall.map(|recall| recall.der).ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))
}

/// A package of ours for the office that asks.
async fn row(
    context: &Context,
    peer: &Caller,
    of: MailboxItemName,
) -> Result<OutgoingRow, Refusal> {
    speaks_for(context, peer, of.office, context.now())?;
    match context.store.outgoing(of.id).await {
        Ok(row) if row.partner == of.office && row.office == of.sender => Ok(row),
        Ok(_) | Err(StoreError::NotFound) => {
            Err(Refusal::plain(RefusalCode::NOT_FOUND).of_this_package())
        }
        Err(error) => Err(refuse_store(error)),
    }
}
