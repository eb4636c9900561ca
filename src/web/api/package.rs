//! One package: what it holds, what became of it, its files, and what proves it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

use super::super::audit::Act;
use super::super::package::{download, kept, last_state, people_in, saved, zip};
use super::super::state::Shared;
use super::caller::Caller;
use super::parts::{Named, ok};
use super::problem::Refused;
use crate::contents::PersonKey;
use crate::desk::proof;
use crate::node::Node;
use crate::package::{
    AttachedDocument, Limits, ManifestFile, Package, Receipt, ReceiptFinding, ReceiptKind,
};
use crate::store::{Evidence, StoredReceipt};
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
    /// The 連番 of the set that attachments belong to.
    set: Option<FileSerial>,
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
    /// What an attachment is, as far as its sender said it.
    document: Option<&'a AttachedDocument>,
}

impl<'a> From<&'a ManifestFile> for File<'a> {
    fn from(listed: &'a ManifestFile) -> Self {
        let ManifestFile { n, name, size, sha256, document, media: _ } = listed;
        Self { n: *n, name, size: *size, sha256: *sha256, document: document.as_ref() }
    }
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
    if manifest.is_of_attachments() {
        note(&shared, &caller, (Act::ViewAttachments, id.to_string()), (&package, None)).await;
    }
    ok(&Show {
        office,
        partner: evidence.partner,
        direction: evidence.direction,
        message_id: id,
        state: last_state(&evidence).map(|(state, _)| state),
        sequence: manifest.sequence,
        serial: manifest.serial,
        kind: &manifest.kind,
        edition: manifest.edition,
        months: &manifest.months,
        created_at: manifest.created_at,
        expires_at: manifest.expires_at,
        supersedes: manifest.supersedes,
        set: manifest.set,
        sha256: package.sha256(),
        files: manifest.files.iter().map(File::from).collect(),
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
    let found = kept(shared, Some(office), id).await?;
    found.ok_or_else(|| Refused::new(RefusalCode::NOT_FOUND))
}

fn told(stored: &StoredReceipt, limits: &Limits) -> Option<Told> {
    let (receipt, _) = Receipt::stated(&stored.der, limits).ok()?;
    let signer = receipt.signing_party().ok()?;
    let (office, certificate) = (signer.office, signer.certificate);
    let Receipt { kind, at, findings, .. } = receipt;
    Some(Told { kind, at, office, certificate, findings })
}

/// One file, byte for byte as the care software wrote it.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Named((office, id, number)): Named<(OfficeNumber, MessageId, u32)>,
) -> Result<Response, Refused> {
    let (_, package) = found(&shared, &caller, office, id).await?;
    let found = package.files().find(|(listed, _)| listed.n == number);
    let (listed, bytes) = found.ok_or_else(|| Refused::new(RefusalCode::NOT_FOUND))?;
    let about = (Act::FileSaved, format!("{id} {}", listed.name));
    note(&shared, &caller, about, (&package, Some(number))).await;
    Ok(saved(listed, bytes))
}

/// What proves the exchange of a package, as a ZIP file.
pub(super) async fn evidence(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Named((office, id)): Named<(OfficeNumber, MessageId)>,
) -> Result<Response, Refused> {
    let (evidence, package) = found(&shared, &caller, office, id).await?;
    note(&shared, &caller, (Act::ProofSaved, id.to_string()), (&package, None)).await;
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

/// Writes down whose data a program takes: of all files of a package, or of one of them.
async fn note(
    shared: &Shared,
    caller: &Caller,
    (act, about): (Act, String),
    (package, n): (&Package, Option<u32>),
) {
    let people = people_in(shared, package, n).await;
    caller.noted(shared, act, &about, people.iter().map(PersonKey::insured));
}
