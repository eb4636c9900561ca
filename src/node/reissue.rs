//! Receipts of ours that nobody believes any more, because the certificate that signed them ended
//! before they were collected. They are signed anew: the same statements, beside the former ones.
//!
//! Each receipt names the one before it, so all of a package are signed anew that lead to its last.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use memchr::memmem;

use super::context::{Context, blocking};
use super::proof::{OwnFault, Proof};
use crate::package::Receipt;
use crate::store::{NewReceipt, StoreError, StoredReceipt};
use crate::types::{Digest, MessageId, OfficeNumber};

/// Why a receipt cannot be signed anew.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// Nobody of ours can sign at the moment.
    #[error(transparent)]
    Own(#[from] OwnFault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the stored receipts of a package cannot be read")]
    Unreadable,
}

/// A package that we received: our office, its sender, its id.
type About = (OfficeNumber, OfficeNumber, MessageId);

/// Signs anew what of `receipts`, issued to `partner`, has ended; says whether there was any. What
/// cannot be signed at the moment stays as it is.
pub(super) async fn renew_all(
    context: &Arc<Context>,
    partner: OfficeNumber,
    receipts: &[StoredReceipt],
) -> Result<bool, StoreError> {
    let (now, proof) = (context.now(), context.proof());
    let doubtful: Vec<Bytes> = receipts
        .iter()
        .filter(|receipt| !is_current(&proof, &receipt.der, now))
        .map(|receipt| receipt.der.clone())
        .collect();
    if doubtful.is_empty() {
        return Ok(false);
    }
    let shared = Arc::clone(context);
    let ended = blocking(move || {
        let read = doubtful.iter().filter_map(|der| read(&shared, der));
        let ended = read.filter(|(_, until)| *until < now);
        ended.map(|(it, _)| (it.recipient.office, it.message_id)).collect::<BTreeSet<_>>()
    });
    let mut any = false;
    for (office, id) in ended.await.unwrap_or_default() {
        match renew(context, (office, partner, id)).await {
            Ok((_, is_new)) => any |= is_new,
            Err(Fault::Store(error)) => return Err(error),
            Err(fault) => tracing::debug!(%id, %fault, "a receipt cannot be signed anew"),
        }
    }
    Ok(any)
}

/// A receipt that says the same as `receipt` and that is believed now: itself, or one signed anew.
pub(super) async fn believed(
    context: &Arc<Context>,
    about: About,
    receipt: Bytes,
) -> Result<Bytes, Fault> {
    let now = context.now();
    if is_current(&context.proof(), &receipt, now) {
        return Ok(receipt);
    }
    let (shared, der) = (Arc::clone(context), receipt.clone());
    let (stated, until) =
        blocking(move || read(&shared, &der)).await.flatten().ok_or(Fault::Unreadable)?;
    if now <= until {
        return Ok(receipt);
    }
    let (chain, _) = renew(context, about).await?;
    let same = chain.iter().rev().find(|(kind, _)| kind == stated.kind.as_str());
    same.or(chain.last()).map(|(_, der)| der.clone()).ok_or(Fault::Unreadable)
}

/// Whether a certificate that we sign with today has signed it.
fn is_current(proof: &Proof, der: &[u8], now: Timestamp) -> bool {
    let mut usable = proof.usable_signers(now);
    let certificate = |signer: &crate::package::Signer| signer.chain().first().cloned();
    usable.any(|own| certificate(own).is_some_and(|own| memmem::find(der, &own).is_some()))
}

/// What a receipt states, and until when its certificates hold.
fn read(context: &Context, der: &[u8]) -> Option<(Receipt, Timestamp)> {
    Receipt::stated(der, &context.package_limits()).ok()
}

/// The receipts that lead to the last one about a package, kind and bytes, believed as of now; and
/// whether they were signed for that.
async fn renew(
    context: &Arc<Context>,
    about: About,
) -> Result<(Vec<(String, Bytes)>, bool), Fault> {
    let (office, sender, id) = about;
    let issued = context.store.issued_about(office, sender, id).await?;
    let chain = leading_to_last(context, issued).await.ok_or(Fault::Unreadable)?;
    let last = chain.last().ok_or(Fault::Unreadable)?;
    let (now, proof) = (context.now(), context.proof());
    if is_current(&proof, &last.der, now) || now <= last.until {
        return Ok((chain.into_iter().map(|link| (link.kind(), link.der)).collect(), false));
    }
    let former = last.sha256;
    let signed = blocking(move || {
        let mut previous = None;
        let mut signed: Vec<NewReceipt> = Vec::new();
        for link in chain {
            let receipt = proof.sign(office, &link.stated.after(previous), now)?;
            previous = Some(Digest::of(&receipt.der));
            signed.push(receipt);
        }
        Ok::<_, OwnFault>(signed)
    });
    let signed = signed.await.ok_or(Fault::Unreadable)??;
    let chain = signed.iter().map(|receipt| (receipt.kind.clone(), receipt.der.clone())).collect();
    if context.store.reissue(about, former, signed).await? {
        tracing::info!(%id, %sender, "receipts whose certificate has ended were signed anew");
        context.wake.issued.announce();
        return Ok((chain, true));
    }
    // Somebody else was faster: what is stored now counts.
    let issued = context.store.issued_about(office, sender, id).await?;
    let chain = leading_to_last(context, issued).await.ok_or(Fault::Unreadable)?;
    Ok((chain.into_iter().map(|link| (link.kind(), link.der)).collect(), false))
}

/// A receipt of a package with what it says.
struct Link {
    stated: Receipt,
    until: Timestamp,
    sha256: Digest,
    der: Bytes,
}

impl Link {
    fn kind(&self) -> String {
        self.stated.kind.as_str().to_owned()
    }
}

/// Of the receipts of a package, oldest first, those that lead to the last one.
async fn leading_to_last(
    context: &Arc<Context>,
    mut issued: Vec<StoredReceipt>,
) -> Option<Vec<Link>> {
    let shared = Arc::clone(context);
    blocking(move || {
        let mut chain = Vec::new();
        let mut next = issued.pop();
        while let Some(StoredReceipt { sha256, der, .. }) = next {
            let (stated, until) = read(&shared, &der)?;
            let previous = stated.previous;
            chain.push(Link { stated, until, sha256, der });
            // Only those before it, so that it ends.
            let place = issued.iter().rposition(|other| Some(other.sha256) == previous);
            next = place.and_then(|place| {
                issued.truncate(place + 1);
                issued.pop()
            });
        }
        chain.reverse();
        Some(chain)
    })
    .await
    .flatten()
}
