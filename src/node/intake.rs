//! Takes a package, whoever brought it: it is opened, verified and judged, and committed together with the
//! receipt that answers it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::context::{Context, blocking};
use super::judge;
#[cfg(test)]
use super::planted;
use super::refusals::{COME_AGAIN, NotTaken, cannot_reissue, cannot_sign, refuse, refuse_store};
use super::refused::tell_refused_certificate;
use super::reissue;
use super::sealing;
use super::speaker::speaks_for;
use super::wake::wake;
use crate::link::{Caller, PackageForm, Refusal};
use crate::package::sealed::{Sealed, SealedFault};
use crate::package::{
    CLOCK_TOLERANCE, ManifestFault, Package, PackageFault, Receipt, ReceiptKind, Usage, open,
};
use crate::store::{CommitAnswer, Content, NewIncoming, NewReceipt};
use crate::transfer::Incoming;
#[cfg(test)]
use crate::types::Plant;
use crate::types::code::{self, RefusalCode};
use crate::types::{CameBy, Digest, Hashed, MessageId, OfficeNumber};

/// When a partner of which enough is kept is told to come again.
const STORE_AGAIN: Duration = Duration::from_mins(10);

/// A package that was answered with a receipt.
pub(super) enum Taken {
    New { receipt: Bytes, rejected: bool },
    Repeat(Bytes),
}

/// Whether a partner may send at the moment, by what it has sent lately; it is told where not.
pub(super) fn takes_from(context: &Context, partner: OfficeNumber) -> Result<(), Refusal> {
    let about = format!("partner {partner}");
    let Err(wait) = context.quota.allows(partner) else {
        context.notices.clear(code::PARTNER_RATE_EXCEEDED, &about);
        return Ok(());
    };
    let rate = context.config().limits.partner_rate;
    context.notices.raise(
        code::PARTNER_RATE_EXCEEDED,
        about,
        (
            format!("相手 {partner} が 1 時間に送れる量（limits.partner_rate、{rate} バイト）を超えて送ってきたため、しばらく受信を断っています。相手に連絡して、同じものを送り続けていないか確かめてください。"),
            format!("the partner {partner} sends more than limits.partner_rate ({rate} bytes in an hour) allows and is refused for a while; ask it whether its software sends the same again and again"),
        ),
        context.now(),
    );
    let log = "the partner has used up what it may send in an hour";
    Err(Refusal::new(RefusalCode::PARTNER_RATE_EXCEEDED, log).retry_after(wait))
}

/// Takes a package and commits it with the receipt that answers it.
pub(super) async fn take(
    context: &Arc<Context>,
    by: Bringer,
    id: MessageId,
    body: (Hashed, PackageForm),
) -> Result<Taken, NotTaken> {
    let now = context.now();
    let looked_at = {
        let _turn = context.judging.acquire().await;
        let context = Arc::clone(context);
        blocking(move || look_at(&context, &by, id, body, now)).await.ok_or_else(|| {
            Refusal::internal("a panic while a package was checked").of_this_package()
        })??
    };
    let (new, receipt) = match looked_at {
        LookedAt::New(new, receipt) => (new, receipt),
        LookedAt::Known { answer, package, sender, office } => {
            restore(context, sender, id, package, now).await?;
            let answer = match answer {
                CommitAnswer::Repeat(receipt) => {
                    let about = (office, sender, id);
                    let lasting = reissue::lasting(context, about, receipt).await;
                    CommitAnswer::Repeat(lasting.map_err(cannot_reissue)?)
                }
                answer => answer,
            };
            return answered(answer, None).map_err(NotTaken::from);
        }
    };
    let (sender, office, state) = (new.sender, new.office, new.state);
    #[cfg(test)]
    if Plant::PlaceBeforeCommit.is_there() {
        planted::place(context, &new).await;
    }
    #[cfg(test)]
    if Plant::ReceiptBeforeCommit.is_there() {
        planted::commit_later(context, *new, now);
        return Ok(Taken::New { receipt: receipt.der, rejected: state == Incoming::Rejected });
    }
    let answer = context.store.commit(*new, now).await.map_err(refuse_store)?;
    if answer == CommitAnswer::New {
        tracing::info!(%id, %sender, %office, state = state.state().as_str(), "received");
        context.wake.issued.announce();
        wake(&context.wake.placing, &office);
        wake(&context.wake.attachments, &office);
        let about = format!("partner {sender}");
        context.notices.clear(code::PARTNER_STORE_FULL, &about);
        context.notices.clear(code::PARTNER_CERTIFICATE_REFUSED, &about);
    }
    answered(answer, Some((receipt.der, state == Incoming::Rejected))).map_err(NotTaken::signed)
}

/// Who brought a package.
pub(super) enum Bringer {
    /// Its sender, over a connection of its own.
    Peer(Box<Caller>),
    /// We fetched it from a place where it stood under these names.
    Place { sender: OfficeNumber, office: OfficeNumber },
}

/// What was found out about a package before it is committed.
enum LookedAt {
    /// To be committed, with its receipt.
    New(Box<NewIncoming>, NewReceipt),
    /// Its id came before, from this sender, for this office.
    Known { answer: CommitAnswer, package: Hashed, sender: OfficeNumber, office: OfficeNumber },
}

/// A package that came before and that the disk has lost since is whole again with the very same
/// bytes.
async fn restore(
    context: &Context,
    sender: OfficeNumber,
    id: MessageId,
    package: Hashed,
    now: Timestamp,
) -> Result<(), Refusal> {
    if context.store.restore(sender, id, package, now).await.map_err(refuse_store)? {
        tracing::info!(%id, %sender, "a damaged package was sent again");
        context.wake.placing.ring_all();
    }
    Ok(())
}

fn hashed(package: &Package) -> Hashed {
    Hashed::known(package.bytes().clone(), package.sha256())
}

/// Verifies a package and, unless it is known, checks its files. May block.
fn look_at(
    context: &Context,
    by: &Bringer,
    id: MessageId,
    (body, form): (Hashed, PackageForm),
    now: Timestamp,
) -> Result<LookedAt, NotTaken> {
    let (body, sealed_sha256) = match form {
        PackageForm::Plain => (body, None),
        PackageForm::Sealed => {
            let sealed_sha256 = body.sha256();
            (unsealed(context, by, id, body, now)?, Some(sealed_sha256))
        }
    };
    let package = admit(context, by, id, body, now)?;
    let sender = package.manifest().sender.office;
    // The bytes that are here were verified when they came: whatever ended since, the sender may
    // have their receipt.
    match context.store.known(sender, id, package.sha256()).map_err(refuse_store)? {
        CommitAnswer::New => {}
        answer @ (CommitAnswer::Repeat(_) | CommitAnswer::Different) => {
            context.wake.in_contact(sender);
            let office = package.manifest().recipient.office;
            return Ok(LookedAt::Known { answer, package: hashed(&package), sender, office });
        }
    }
    let believed = context.time.believes(now);
    if !believed && !is_fresh(&package, now) {
        // A wrong clock would refuse for good what is right, and date receipts wrongly.
        return Err(Refusal::plain(RefusalCode::CLOCK_IN_DOUBT).retry_after(COME_AGAIN).into());
    }
    verify(context, &package, now)?;
    if !believed {
        // The sender made it just now, by its own clock.
        tracing::info!(partner = %sender, "a partner's package confirms our clock");
        context.time.confirm(now);
    }
    context.wake.in_contact(sender);
    let judged = || {
        package.check_time(now).map_err(|fault| refuse(&fault))?;
        has_room_for(context, sender, package.bytes().len())?;
        judged(context, &package, sealed_sha256, now)
    };
    let (new, receipt) = judged().map_err(NotTaken::signed)?;
    Ok(LookedAt::New(Box::new(new), receipt))
}

/// Whether another package of a sender may be kept. One that has nothing here may always send one,
/// so that a small share never keeps somebody out for good.
fn has_room_for(context: &Context, sender: OfficeNumber, bytes: usize) -> Result<(), Refusal> {
    let limits = context.config().limits;
    let share = match limits.store_size {
        0 => u64::MAX,
        size => (size / 100).saturating_mul(u64::from(limits.partner_share)),
    };
    let most = limits.partner_store.min(share);
    let kept = context.store.kept_of(sender);
    let wanted = kept.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    if kept == 0 || wanted <= most {
        return Ok(());
    }
    context.notices.raise(
        code::PARTNER_STORE_FULL,
        format!("partner {sender}"),
        (
            format!("相手 {sender} から受け取って保存しているパッケージが上限（{most} バイト。limits.partner_store、または limits.store_size と limits.partner_share）に達したため、この相手からの受信を断っています。相手に心当たりを確かめ、必要なら上限を大きくしてください。"),
            format!("the packages kept of the partner {sender} have reached their limit ({most} bytes: limits.partner_store, or limits.store_size with limits.partner_share), so nothing more is taken from it; ask the partner, and raise the limit if need be"),
        ),
        context.now(),
    );
    let log = format!("{kept} bytes of the partner {sender} are kept, the limit is {most}");
    Err(Refusal::new(RefusalCode::PARTNER_STORE_FULL, log).retry_after(STORE_AGAIN))
}

/// The package in a sealed one that somebody brings who may speak for the sender it names.
fn unsealed(
    context: &Context,
    by: &Bringer,
    id: MessageId,
    body: Hashed,
    now: Timestamp,
) -> Result<Hashed, Refusal> {
    let refuse_seal = |fault: SealedFault| Refusal::new(fault.refusal(), fault.to_string());
    let sealed = Sealed::read(body, &context.package_limits()).map_err(refuse_seal)?;
    let header = sealed.header();
    if header.message_id != id {
        let expected = "the id of the path in message_id of the header";
        return Err(Refusal::plain(RefusalCode::ID_MISMATCH).expecting(expected, None));
    }
    match by {
        Bringer::Peer(peer) => speaks_for(context, peer, header.sender, now)?,
        Bringer::Place { sender, office } => {
            if (*sender, *office) != (header.sender, header.recipient) {
                let expected = "the sender and the recipient of the list in the header";
                return Err(Refusal::plain(RefusalCode::ID_MISMATCH).expecting(expected, None));
            }
        }
    }
    let recipient = header.recipient;
    if context.config().office(recipient).is_none() {
        return Err(refuse(&PackageFault::NotOurs { recipient }));
    }
    sealing::opened(context, &sealed).map_err(refuse_seal)
}

/// Everything that can be said of a package without the store and without its signature: it is
/// whole, brought by somebody who may speak for its sender, and for one of our offices.
fn admit(
    context: &Context,
    by: &Bringer,
    id: MessageId,
    body: Hashed,
    now: Timestamp,
) -> Result<Package, Refusal> {
    let package = open(body, &context.package_limits()).map_err(|fault| refuse(&fault))?;
    let manifest = package.manifest();
    if manifest.is_downloaded() {
        // Of the store of an office alone: nobody has signed for it.
        return Err(refuse(&PackageFault::Manifest(ManifestFault::Format)));
    }
    if manifest.message_id != id {
        let expected = "the id of the path in message_id of the manifest";
        return Err(Refusal::plain(RefusalCode::ID_MISMATCH).expecting(expected, None));
    }
    let config = context.config();
    let offices: Vec<OfficeNumber> = config.offices.iter().map(|office| office.number).collect();
    package.check_recipient(&offices).map_err(|fault| refuse(&fault))?;
    let sender = manifest.sender.office;
    match by {
        Bringer::Peer(peer) => speaks_for(context, peer, sender, now)?,
        Bringer::Place { sender: named, office } => {
            if (*named, *office) != (sender, manifest.recipient.office) {
                let expected = "the sender and the recipient of the list in the manifest";
                return Err(Refusal::plain(RefusalCode::ID_MISMATCH).expecting(expected, None));
            }
        }
    }
    if config.peer(sender).is_none() {
        return Err(Refusal::new(
            RefusalCode::NOT_A_PARTNER,
            format!("{sender} is not among the configured peers"),
        ));
    }
    Ok(package)
}

/// Whether a package was made just now, so that its sender's clock shows what ours does.
fn is_fresh(package: &Package, now: Timestamp) -> bool {
    package.manifest().created_at.duration_since(now).abs() <= CLOCK_TOLERANCE
}

/// The sender has signed the package, and not in the future.
fn verify(context: &Context, package: &Package, now: Timestamp) -> Result<(), Refusal> {
    let manifest = package.manifest();
    let sender = manifest.sender.office;
    if manifest.created_at > now.checked_add(CLOCK_TOLERANCE).unwrap_or(now) {
        return Err(Refusal::plain(RefusalCode::CLOCK_AHEAD));
    }
    if let Err(fault) = package.verify(&context.proof().trust, now) {
        if let (PackageFault::Trust(error), Some(sha256)) = (&fault, manifest.sender.certificate) {
            tell_refused_certificate(context, sender, sha256, Usage::Signing, error.code());
        }
        return Err(refuse(&fault));
    }
    for told in context.proof().unlisted_issuers().0 {
        context.notices.raise(told.code, told.place, (told.ja, told.en), now);
    }
    Ok(())
}

/// Checks the files by our own rules and signs the receipt that goes with the outcome.
fn judged(
    context: &Context,
    package: &Package,
    sealed_sha256: Option<Digest>,
    now: Timestamp,
) -> Result<(NewIncoming, NewReceipt), Refusal> {
    let manifest = package.manifest();
    let office = manifest.recipient.office;
    let judgement = if manifest.is_of_attachments() {
        judge::attachments(&context.config().attachments, package)
    } else {
        judge::package(context.spec, package).against(manifest)
    };
    let (state, kind) = if judgement.has_errors() {
        (Incoming::Rejected, ReceiptKind::Rejection)
    } else {
        (Incoming::committed(now), ReceiptKind::ContentConsignment)
    };
    let receipt = Receipt { sealed_sha256, ..Receipt::about(package, kind, now) };
    let receipt = receipt.with_findings(judgement.receipt_findings());
    let receipt = context.proof().sign(office, &receipt, now).map_err(cannot_sign)?;
    let new = NewIncoming {
        id: manifest.message_id,
        sender: manifest.sender.office,
        office,
        sequence: manifest.sequence,
        serial: manifest.serial,
        unit: judgement.unit(manifest),
        state,
        detail: if state == Incoming::Rejected { judgement.codes() } else { String::new() },
        package_sha256: package.sha256(),
        manifest_sha256: package.reference().manifest_sha256,
        content: match state {
            Incoming::Rejected => Content::Proof {
                manifest: package.manifest_bytes().clone(),
                signature: package.signature().clone(),
            },
            _ => Content::Whole(package.bytes().clone()),
        },
        receipt: Some(receipt.clone()),
        came_by: CameBy::Renkei,
        folder: String::new(),
    };
    Ok((new, receipt))
}

fn answered(answer: CommitAnswer, new: Option<(Bytes, bool)>) -> Result<Taken, Refusal> {
    match (answer, new) {
        (CommitAnswer::New, Some((receipt, rejected))) => Ok(Taken::New { receipt, rejected }),
        (CommitAnswer::Repeat(receipt), _) => Ok(Taken::Repeat(receipt)),
        (CommitAnswer::Different, _) => Err(Refusal::plain(RefusalCode::ID_TAKEN)),
        (CommitAnswer::New, None) => Err(Refusal::internal("a new package without a receipt")),
    }
}
