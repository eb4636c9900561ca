//! Receipts of ours that may not be believed any more, because the certificate that signed them has
//! ended or was replaced before they were collected. They are signed anew: the same statements,
//! beside the former ones.
//!
//! Each receipt names the one before it, so all of a package are signed anew that lead to its last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use memchr::memmem::Finder;

use super::context::{Context, blocking};
use super::proof::OwnFault;
use crate::package::{Receipt, ReceiptKind};
use crate::store::{DueReceipt, NewReceipt, StoreError, StoredReceipt};
use crate::types::{Digest, MessageId, OfficeNumber};

/// Receipts above this age are not signed anew when pages of receipts are asked for: nobody waits
/// for them any more.
const RECENT: SignedDuration = SignedDuration::from_hours(30 * 24);

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

/// The certificates that we sign with at the moment, to be found in receipts.
struct Current(Vec<Finder<'static>>);

impl Current {
    fn of(context: &Context, now: Timestamp) -> Self {
        let proof = context.proof();
        let leaves = proof.usable_signers(now).filter_map(|signer| signer.chain().first());
        Self(leaves.map(|leaf| Finder::new(leaf.as_ref()).into_owned()).collect())
    }

    /// Whether one of them has signed the receipt.
    fn signed(&self, der: &[u8]) -> bool {
        self.0.iter().any(|leaf| leaf.find(der).is_some())
    }
}

/// Signs anew what of `receipts`, issued to `partner`, another certificate has signed; says whether
/// there was any. What cannot be signed at the moment stays as it is.
pub(super) async fn renew_all(
    context: &Arc<Context>,
    partner: OfficeNumber,
    receipts: &[StoredReceipt],
) -> Result<bool, StoreError> {
    let now = context.now();
    let current = Current::of(context, now);
    let is_doubtful = |receipt: &&StoredReceipt| {
        now.duration_since(receipt.at) <= RECENT && !current.signed(&receipt.der)
    };
    let doubtful: BTreeSet<_> =
        receipts.iter().filter(is_doubtful).map(|it| (it.office, it.message_id)).collect();
    let mut any = false;
    for (office, id) in doubtful {
        match renew(context, (office, partner, id), |_| true).await {
            Ok(Renewed { is_new, .. }) => any |= is_new,
            Err(Fault::Store(error)) if !error.is_about_one_package() => return Err(error),
            Err(fault) => tracing::debug!(%id, %fault, "receipts cannot be signed anew"),
        }
    }
    Ok(any)
}

/// A receipt that says the same as `receipt` and whose certificate has not ended: itself, or one
/// that is signed anew.
pub(super) async fn lasting(
    context: &Arc<Context>,
    about: About,
    receipt: Bytes,
) -> Result<Bytes, Fault> {
    let now = context.now();
    if Current::of(context, now).signed(&receipt) {
        return Ok(receipt);
    }
    let (shared, der) = (Arc::clone(context), receipt.clone());
    let Some((stated, until)) = blocking(move || read(&shared, &der)).await.flatten() else {
        return Ok(receipt);
    };
    if now <= until {
        return Ok(receipt);
    }
    match renew(context, about, |link| link.until < now).await {
        Ok(Renewed { chain, .. }) => {
            let same = chain.iter().rev().find(|(kind, _)| *kind == stated.kind);
            Ok(same.map_or(receipt, |(_, der)| der.clone()))
        }
        // Another receipt of the package is in the way: this one is what there is.
        Err(Fault::Unreadable) => Ok(receipt),
        Err(Fault::Store(error)) if error.is_about_one_package() => Ok(receipt),
        Err(fault) => Err(fault),
    }
}

/// Signs anew what of `due`, receipts of `office`, a certificate signed that has ended. Gives the
/// positions of those in whose place others stand by now: they need not go out any more.
pub(super) async fn replaced(
    context: &Arc<Context>,
    office: OfficeNumber,
    due: &[DueReceipt],
) -> Result<BTreeSet<i64>, StoreError> {
    let now = context.now();
    let current = Current::of(context, now);
    let mut replaced = BTreeSet::new();
    let mut by_package: BTreeMap<_, Vec<&DueReceipt>> = BTreeMap::new();
    for receipt in due.iter().filter(|receipt| !current.signed(&receipt.der)) {
        by_package.entry((receipt.sender, receipt.id)).or_default().push(receipt);
    }
    for ((sender, id), receipts) in by_package {
        let (shared, ders) = (Arc::clone(context), receipts.iter().map(|it| it.der.clone()));
        let ders: Vec<_> = ders.collect();
        let has_ended = blocking(move || {
            ders.iter().any(|der| read(&shared, der).is_some_and(|(_, until)| until < now))
        });
        if has_ended.await != Some(true) {
            continue;
        }
        match renew(context, (office, sender, id), |link| link.until < now).await {
            Ok(Renewed { chain, .. }) if chain.iter().all(|(_, der)| current.signed(der)) => {
                replaced.extend(receipts.iter().map(|receipt| receipt.position));
            }
            Err(Fault::Store(error)) if !error.is_about_one_package() => return Err(error),
            Ok(_) => {}
            Err(fault) => tracing::debug!(%id, %fault, "receipts cannot be signed anew"),
        }
    }
    Ok(replaced)
}

/// What a receipt states, and until when its certificates hold.
fn read(context: &Context, der: &[u8]) -> Option<(Receipt, Timestamp)> {
    Receipt::stated(der, &context.package_limits()).ok()
}

/// The receipts that lead to the last one about a package, kind and bytes.
struct Renewed {
    chain: Vec<(ReceiptKind, Bytes)>,
    /// They were signed just now.
    is_new: bool,
}

impl Renewed {
    fn of(chain: Vec<Link>) -> Self {
        let chain = chain.into_iter().map(|link| (link.stated.kind, link.der)).collect();
        Self { chain, is_new: false }
    }
}

/// Signs the receipts anew that lead to the last one about a package, if one of them that no
/// certificate of today has signed is `unfit`.
async fn renew(
    context: &Arc<Context>,
    about: About,
    unfit: impl Fn(&Link) -> bool,
) -> Result<Renewed, Fault> {
    let (office, sender, id) = about;
    let now = context.now();
    let chain = stored(context, about).await?;
    let current = Current::of(context, now);
    let is_fit = chain.iter().all(|link| current.signed(&link.der) || !unfit(link));
    // A wrong clock would see ends that are none, and date what it signs wrongly.
    if is_fit || !context.time.believes(now) {
        return Ok(Renewed::of(chain));
    }
    let former = chain.last().ok_or(Fault::Unreadable)?.sha256;
    // A partner can ask for this: it waits in line with what is judged.
    let turn = context.judging.acquire().await;
    let proof = context.proof();
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
    drop(turn);
    let chain = signed.iter().map(|receipt| (receipt.kind, receipt.der.clone())).collect();
    if context.store.reissue(about, former, signed).await? {
        tracing::info!(%id, %sender, "receipts were signed anew");
        context.wake.issued.announce();
        return Ok(Renewed { chain, is_new: true });
    }
    // Something was issued meanwhile: what is stored now counts.
    Ok(Renewed::of(stored(context, about).await?))
}

/// A receipt of a package with what it says.
struct Link {
    stated: Receipt,
    until: Timestamp,
    sha256: Digest,
    der: Bytes,
}

/// The stored receipts that lead to the last one about a package, oldest first.
async fn stored(context: &Arc<Context>, (office, sender, id): About) -> Result<Vec<Link>, Fault> {
    let mut issued = context.store.issued_about(office, sender, id).await?;
    let shared = Arc::clone(context);
    let chain = blocking(move || {
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
    });
    chain.await.flatten().ok_or(Fault::Unreadable)
}
