//! Takes packages from partners and answers with receipts.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::context::{Context, blocking, wake};
use super::judge;
use crate::link::{
    Peer, PutAnswer, ReceiptEntry, ReceiptPage, ReceiptQuery, Refusal, RefusalStatus, Service,
    StatusAnswer,
};
use crate::package::{Package, PackageFault, Receipt, ReceiptKind, Usage, open};
use crate::store::{CommitAnswer, NewIncoming, NewReceipt, StoreError, UnitSummary};
use crate::transfer::Incoming;
use crate::types::{Hashed, Lang, MessageId, OfficeNumber};

/// How far a partner's clock may run ahead of ours.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

/// When a partner is told to come again after a fault of ours.
const COME_AGAIN: std::time::Duration = std::time::Duration::from_secs(30);

/// The node as partners see it.
pub(super) struct Inbound(pub(super) Arc<Context>);

impl Service for Inbound {
    async fn put_message(
        &self,
        peer: &Peer,
        id: MessageId,
        body: Hashed,
    ) -> Result<PutAnswer, Refusal> {
        let context = &self.0;
        context.store.check().map_err(refuse_store)?;
        let now = context.now();
        let looked_at = {
            let _turn = context.judging.acquire().await;
            let (context, peer) = (Arc::clone(context), peer.clone());
            blocking(move || look_at(&context, &peer, id, body, now))
                .await
                .ok_or_else(|| Refusal::internal("a panic while a package was checked"))??
        };
        let (new, receipt) = match looked_at {
            LookedAt::New(new, receipt) => (new, receipt),
            LookedAt::Known(answer) => return answered(answer, None),
        };
        let (sender, office, state) = (new.sender, new.office, new.state);
        let answer = context.store.commit(*new, now).await.map_err(refuse_store)?;
        if answer == CommitAnswer::New {
            tracing::info!(%id, %sender, %office, state = state.as_str(), "received");
            context.wake.issued.announce();
            wake(&context.wake.placing, &office);
        }
        answered(answer, Some(receipt.der))
    }

    async fn receipts(&self, peer: &Peer, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        let context = &self.0;
        speaks_for(context, peer, query.office, context.now())?;
        context.wake.in_contact(query.office);
        let limit = u32::try_from(query.limit).unwrap_or(u32::MAX).saturating_add(1);
        let mut issued = context.wake.issued.subscribe();
        loop {
            issued.borrow_and_update();
            let mut found = context
                .store
                .issued_receipts(query.office, query.after, limit)
                .await
                .map_err(refuse_store)?;
            if !found.is_empty() || query.wait.is_zero() || issued.changed().await.is_err() {
                let more = found.len() > query.limit;
                found.truncate(query.limit);
                let entries = found.into_iter().map(|receipt| ReceiptEntry {
                    position: receipt.position,
                    message_id: receipt.message_id,
                    receipt: receipt.der,
                });
                return Ok(ReceiptPage::new(query.after, entries.collect(), more));
            }
        }
    }

    fn status(&self, _peer: &Peer) -> StatusAnswer {
        StatusAnswer { version: env!("CARGO_PKG_VERSION").to_owned(), time: self.0.now() }
    }
}

/// What was found out about a package before it is committed.
enum LookedAt {
    /// To be committed, with its receipt.
    New(Box<NewIncoming>, NewReceipt),
    /// Its id came before.
    Known(CommitAnswer),
}

/// Verifies a package and, unless it is known, checks its files. May block.
fn look_at(
    context: &Context,
    peer: &Peer,
    id: MessageId,
    body: Hashed,
    now: Timestamp,
) -> Result<LookedAt, Refusal> {
    let package = admit(context, peer, id, body, now)?;
    let sender = package.manifest().sender.office;
    context.wake.in_contact(sender);
    match context.store.known(sender, id, package.sha256()).map_err(refuse_store)? {
        CommitAnswer::New => {}
        answer @ (CommitAnswer::Repeat(_) | CommitAnswer::Different) => {
            return Ok(LookedAt::Known(answer));
        }
    }
    package.check_time(now).map_err(|fault| refuse(&fault))?;
    let (new, receipt) = judged(context, &package, now)?;
    Ok(LookedAt::New(Box::new(new), receipt))
}

/// Everything that can be said of a package without the store: it is whole, signed by its sender,
/// brought by somebody who may speak for the sender, and for one of our offices.
fn admit(
    context: &Context,
    peer: &Peer,
    id: MessageId,
    body: Hashed,
    now: Timestamp,
) -> Result<Package, Refusal> {
    let package = open(body, &context.package_limits()).map_err(|fault| refuse(&fault))?;
    let manifest = package.manifest();
    if manifest.message_id != id {
        let text = "the id in the path is not the one in the manifest";
        return Err(Refusal::plain(RefusalStatus::Unprocessable, "id-mismatch", text));
    }
    let offices: Vec<OfficeNumber> =
        context.config.offices.iter().map(|office| office.number).collect();
    package.check_recipient(&offices).map_err(|fault| refuse(&fault))?;
    let sender = manifest.sender.office;
    speaks_for(context, peer, sender, now)?;
    if context.config.peer(sender).is_none() {
        return Err(Refusal::new(
            RefusalStatus::Forbidden,
            "not-a-partner",
            "the recipient has not registered the sender as a partner",
            format!("{sender} is not among the configured peers"),
        ));
    }
    if manifest.created_at > now.checked_add(CLOCK_TOLERANCE).unwrap_or(now) {
        let text = "the package was made in the future; check the clocks on both sides";
        return Err(Refusal::plain(RefusalStatus::Unprocessable, "clock-ahead", text));
    }
    package.verify(&context.proof().trust, now).map_err(|fault| refuse(&fault))?;
    Ok(package)
}

fn speaks_for(
    context: &Context,
    peer: &Peer,
    office: OfficeNumber,
    now: Timestamp,
) -> Result<(), Refusal> {
    context
        .proof()
        .tls_trust
        .speaks_for(&peer.certificate, &peer.chain, office, Usage::Tls, now)
        .map_err(|error| {
            let log = format!("TLS certificate {}: {error}", peer.certificate_sha256.short());
            let text = error.peer_text(Lang::En);
            Refusal::new(RefusalStatus::Forbidden, "certificate-not-allowed", text, log)
        })
}

/// Checks the files by our own rules and signs the receipt that goes with the outcome.
fn judged(
    context: &Context,
    package: &Package,
    now: Timestamp,
) -> Result<(NewIncoming, NewReceipt), Refusal> {
    let manifest = package.manifest();
    let office = manifest.recipient.office;
    let files: Vec<(&str, &[u8])> =
        package.files().map(|(file, bytes)| (file.name.as_str(), bytes.as_ref())).collect();
    let judgement = judge::files(context.spec, &files);
    let (state, kind) = if judgement.has_errors() {
        (Incoming::Rejected, ReceiptKind::Rejection)
    } else {
        (Incoming::committed(now), ReceiptKind::ContentConsignment)
    };
    let receipt = Receipt::about(package, kind, now).with_findings(judgement.receipt_findings());
    let receipt = context
        .proof()
        .sign(office, &receipt, now)
        .map_err(|error| Refusal::internal(format!("the receipt could not be signed: {error}")))?;
    let new = NewIncoming {
        id: manifest.message_id,
        sender: manifest.sender.office,
        office,
        sequence: manifest.sequence,
        serial: manifest.serial,
        unit: UnitSummary {
            kind: manifest.kind.clone(),
            edition: Some(manifest.edition),
            converted_from: None,
            months: manifest.months.clone(),
            files: judge::listed_files(&manifest.files),
            records: judgement.records(),
            findings: judgement.findings(),
        },
        state,
        detail: if state == Incoming::Rejected { judgement.codes() } else { String::new() },
        package_sha256: package.sha256(),
        manifest_sha256: package.reference().manifest_sha256,
        package: package.bytes().clone(),
        receipt: receipt.clone(),
    };
    Ok((new, receipt))
}

fn answered(answer: CommitAnswer, new: Option<Bytes>) -> Result<PutAnswer, Refusal> {
    match (answer, new) {
        (CommitAnswer::New, Some(receipt)) => Ok(PutAnswer { receipt, repeated: false }),
        (CommitAnswer::Repeat(receipt), _) => Ok(PutAnswer { receipt, repeated: true }),
        (CommitAnswer::Different, _) => Err(Refusal::plain(
            RefusalStatus::Conflict,
            "id-taken",
            "this id was used for other bytes before",
        )),
        (CommitAnswer::New, None) => Err(Refusal::internal("a new package without a receipt")),
    }
}

/// A package that cannot be taken.
fn refuse(fault: &PackageFault) -> Refusal {
    let status = match fault {
        PackageFault::TooLarge { .. } => RefusalStatus::TooLarge,
        PackageFault::Trust(_) | PackageFault::OtherSigner => RefusalStatus::Forbidden,
        PackageFault::Container { .. }
        | PackageFault::Manifest(_)
        | PackageFault::FileCount { .. }
        | PackageFault::FileDigest { .. }
        | PackageFault::Signature(_)
        | PackageFault::NotOurs { .. }
        | PackageFault::Expired
        | PackageFault::Receipt { .. }
        | PackageFault::OtherPackage { .. }
        | PackageFault::RelayReceipt
        | PackageFault::NotExtracted => RefusalStatus::Unprocessable,
    };
    Refusal::new(status, fault.code(), fault.peer_text(Lang::En), fault.to_string())
}

/// A fault of our store: the partner keeps the package and comes again.
#[expect(clippy::needless_pass_by_value, reason = "for use with map_err")]
fn refuse_store(error: StoreError) -> Refusal {
    let (status, code, text) = if matches!(error, StoreError::Full) {
        (RefusalStatus::InsufficientStorage, "storage-full", "no room for packages at the moment")
    } else if matches!(error, StoreError::Gone) {
        (RefusalStatus::Unavailable, "store-gone", "the store of the recipient is away")
    } else {
        (RefusalStatus::Unavailable, "busy", "not possible at the moment")
    };
    Refusal::new(status, code, text, error.to_string()).retry_after(COME_AGAIN)
}
