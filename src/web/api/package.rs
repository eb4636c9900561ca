//! One package: what it holds, what became of it, its files, and what proves it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

use super::super::audit::Act;
use super::super::package::{download, people, zip};
use super::super::state::Shared;
use super::caller::Caller;
use super::parts::{Named, ok};
use super::problem::Refused;
use crate::contents::PersonKey;
use crate::desk::proof;
use crate::node::Node;
use crate::package::{Limits, Package, Receipt, ReceiptFinding, ReceiptKind, open};
use crate::store::{Evidence, Step, StoredReceipt};
use crate::transfer::{Direction, State as PackageState};
use crate::types::code::RefusalCode;
use crate::types::{Digest, Edition, FileSerial, MessageId, OfficeNumber, ServiceMonth};
use crate::work;

#[derive(Serialize)]
struct Show<'a> {
    office: OfficeNumber,
    partner: OfficeNumber,
    direction: Direction,
    message_id: MessageId,
    /// The state; none until it is queued.
    state: Option<PackageState>,
    sequence: u64,
    serial: FileSerial,
    kind: &'a str,
    edition: Option<Edition>,
    months: &'a [ServiceMonth],
    created_at: Timestamp,
    expires_at: Timestamp,
    supersedes: Option<MessageId>,
    sha256: Digest,
    files: Vec<File<'a>>,
    timeline: Vec<Moment<'a>>,
    receipts: Vec<Told>,
}

#[derive(Serialize)]
struct File<'a> {
    n: u32,
    name: &'a str,
    size: u64,
    sha256: Digest,
}

/// A step of the way.
#[derive(Serialize)]
struct Moment<'a> {
    at: Timestamp,
    step: &'static str,
    detail: &'a str,
}

/// A receipt: who signed what, and when.
#[derive(Serialize)]
struct Told {
    kind: ReceiptKind,
    at: Timestamp,
    office: OfficeNumber,
    certificate: Option<Digest>,
    findings: Vec<ReceiptFinding>,
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Named((office, id)): Named<(OfficeNumber, MessageId)>,
) -> Result<Response, Refused> {
    let (evidence, package) = found(&shared, &caller, office, id).await?;
    let limits = Node::package_limits(&shared.node.config());
    let manifest = package.manifest();
    let states = evidence.journal.iter().rev().find_map(|row| match row.step {
        Step::State(state) => Some(state),
        Step::Packed
        | Step::Retry
        | Step::Reload
        | Step::Copied
        | Step::Changed
        | Step::Card
        | Step::Taken => None,
    });
    let file = |file: &'_ crate::package::ManifestFile| (file.n, file.size, file.sha256);
    ok(&Show {
        office,
        partner: evidence.partner,
        direction: evidence.direction,
        message_id: id,
        state: states,
        sequence: manifest.sequence,
        serial: manifest.serial,
        kind: &manifest.kind,
        edition: manifest.edition,
        months: &manifest.months,
        created_at: manifest.created_at,
        expires_at: manifest.expires_at,
        supersedes: manifest.supersedes,
        sha256: package.sha256(),
        files: manifest
            .files
            .iter()
            .map(|listed| {
                let (n, size, sha256) = file(listed);
                File { n, name: &listed.name, size, sha256 }
            })
            .collect(),
        timeline: evidence
            .journal
            .iter()
            .map(|row| Moment { at: row.at, step: row.step.as_str(), detail: &row.detail })
            .collect(),
        receipts: evidence.receipts.iter().filter_map(|it| told(it, &limits)).collect(),
    })
}

/// The package of an office with everything that is known of it.
async fn found(
    shared: &Shared,
    caller: &Caller,
    office: OfficeNumber,
    id: MessageId,
) -> Result<(Evidence, Package), Refused> {
    caller.sees(Some(office))?;
    let evidence = shared.node.store().evidence_at(Some(office), id).await?;
    let limits = Node::package_limits(&shared.node.config());
    let bytes = evidence.package.clone();
    match work::blocking(move || open(bytes, &limits)).await {
        Ok(Ok(package)) => Ok((evidence, package)),
        Ok(Err(error)) => {
            tracing::warn!(%id, %error, "a stored package cannot be read");
            Err(Refused::new(RefusalCode::NOT_FOUND))
        }
        Err(_) => Err(Refused::new(RefusalCode::INTERNAL)),
    }
}

fn told(stored: &StoredReceipt, limits: &Limits) -> Option<Told> {
    let (receipt, _) = Receipt::stated(&stored.der, limits).ok()?;
    // An expiry is our own note; everything else is a word of the recipient.
    let signer = match receipt.kind {
        ReceiptKind::Expiry => receipt.sender,
        _ => receipt.recipient,
    };
    Some(Told {
        kind: receipt.kind,
        at: receipt.at,
        office: signer.office,
        certificate: signer.certificate,
        findings: receipt.findings,
    })
}

/// One file, byte for byte as the care software wrote it.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Named((office, id, number)): Named<(OfficeNumber, MessageId, u32)>,
) -> Result<Response, Refused> {
    let (_, package) = found(&shared, &caller, office, id).await?;
    let (name, bytes) = package
        .files()
        .find(|(listed, _)| listed.n == number)
        .map(|(listed, bytes)| (listed.name.clone(), bytes.clone()))
        .ok_or_else(|| Refused::new(RefusalCode::NOT_FOUND))?;
    note(
        &shared,
        &caller,
        (Act::FileSaved, format!("{id} {name}")),
        vec![(name.clone(), bytes.clone())],
    )
    .await;
    Ok(download(&name, "application/octet-stream", bytes))
}

/// What proves the exchange of a package, as a ZIP file.
pub(super) async fn evidence(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Named((office, id)): Named<(OfficeNumber, MessageId)>,
) -> Result<Response, Refused> {
    let (evidence, package) = found(&shared, &caller, office, id).await?;
    let files = package.files().map(|(file, bytes)| (file.name.clone(), bytes.clone())).collect();
    note(&shared, &caller, (Act::ProofSaved, id.to_string()), files).await;
    let set = proof::set(shared.node.store(), &shared.node.config(), evidence).await;
    let set = set.map_err(|error| {
        tracing::warn!(%id, %error, "no proof could be made of a package");
        Refused::new(RefusalCode::PROOF_NOT_MADE)
    })?;
    match work::blocking(move || zip(&set.files)).await.ok().flatten() {
        Some(bytes) => Ok(download(&format!("renkei-{id}.zip"), "application/zip", bytes)),
        None => Err(Refused::new(RefusalCode::INTERNAL)),
    }
}

/// Writes down whose data a program takes.
async fn note(
    shared: &Shared,
    caller: &Caller,
    (act, about): (Act, String),
    files: Vec<(String, Bytes)>,
) {
    let people = people(shared, files).await;
    caller.noted(shared, act, &about, people.iter().map(PersonKey::insured));
}
