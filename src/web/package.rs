//! One package: what it holds, what became of it, and what proves it.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use serde::Deserialize;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::audit::Act;
use super::by_hand::ByHand;
use super::guard::{Sealed, Visitor};
use super::held;
use super::layout::{Frame, Place, message, not_found, page, store_fault};
use super::replaced;
use super::state::Shared;
use super::states::tone;
use crate::attachment::Title;
use crate::config::Config;
use crate::contents::{self, PersonKey};
use crate::control::Request;
use crate::desk::{proof, words};
use crate::node::Node;
use crate::package::evidence::EvidenceFile;
use crate::package::{AttachedDocument, Limits, Manifest, ManifestFile, Package, Receipt, open};
use crate::rules::{Finding, Level};
use crate::store::{Evidence, JournalRow, PlacedCopy, Step, StoreError, StoredReceipt};
use crate::transfer::{
    Direction, IncomingState, OutgoingState, State as PackageState, said_in_words,
};
use crate::types::{CameBy, Lang, MessageId, OfficeNumber, ServiceMonth};
use crate::work;

/// So many findings about what was exchanged before are shown.
const MOST_OF_PAST: usize = 50;

#[derive(Template)]
#[template(path = "web/package.html", config = "src/askama.toml")]
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides a part of the page")]
struct Show {
    frame: Frame,
    id: MessageId,
    is_out: bool,
    from: String,
    to: String,
    unit: String,
    tone: &'static str,
    state: String,
    why: Vec<String>,
    sequence: u64,
    serial: String,
    edition: String,
    months: String,
    created: String,
    expires: String,
    sha256: String,
    files: Vec<FileRow>,
    copies: Vec<CopyRow>,
    is_attached: bool,
    /// That it was downloaded from the WEB service: nobody signed it.
    downloaded: Option<&'static str>,
    /// What the exchange before says of it.
    past: Vec<String>,
    /// Received 実績 that lack what was there before, beside those, as HTML of our own making.
    beside: String,
    /// Whether somebody should look at it; and who did, and when.
    to_look_at: bool,
    looked_at: Option<String>,
    /// 連番 of the set that attachments belong to.
    set: String,
    /// Whether it may be taken back.
    may_recall: bool,
    /// Where a person hands it over, or has.
    by_hand: Option<ByHand>,
    steps: Vec<StepRow>,
    receipts: Vec<ReceiptRow>,
    /// Where a relay keeps or kept it: the relay, since when, until when.
    deposit: Option<[String; 3]>,
}

struct FileRow {
    number: u32,
    name: String,
    size: u64,
    /// What an attachment is: kind of document, month, whom it is about.
    about: String,
}

/// A file that was placed for the care software in place of one that came.
struct CopyRow {
    name: String,
    of: String,
    size: u64,
    sha256: String,
}

/// A step of the way.
struct StepRow {
    at: String,
    text: String,
    detail: String,
}

/// A receipt: who signed what, and when.
struct ReceiptRow {
    kind: &'static str,
    at: String,
    signer: String,
    certificate: String,
    findings: Vec<String>,
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<MessageId>,
) -> Response {
    let lang = shared.lang();
    let (evidence, package) = match found(&shared, id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let limits = Node::package_limits(&shared.node.config());
    let manifest = package.manifest();
    let config = shared.node.config();
    let copies = match copies(&shared, &evidence, manifest).await {
        Ok(copies) => copies,
        Err(error) => return store_fault(&shared, &error),
    };
    let deposit = match evidence.direction {
        Direction::Out => shared.node.store().deposit(id).await,
        Direction::In => Ok(None),
    };
    let deposit = match deposit {
        Ok(deposit) => deposit.map(|it| [it.relay, words::time(it.at), words::time(it.expires_at)]),
        Err(error) => return store_fault(&shared, &error),
    };
    let unit = words::unit(&manifest.kind, lang);
    let last = last_state(&evidence);
    let place = match evidence.direction {
        Direction::Out => Place::Sent,
        Direction::In => Place::Received,
    };
    if manifest.is_of_attachments() {
        let people = people_in(&shared, &package, None).await;
        let people = people.iter().map(PersonKey::insured);
        shared.audit.viewed(&session, Act::ViewAttachments, &id.to_string(), people);
    }
    let is_in = evidence.direction == Direction::In;
    let flag = shared.node.store().flag_of(manifest.sender.office, id).await;
    let flag = match flag {
        Ok(flag) => flag.filter(|_| is_in),
        Err(error) => return store_fault(&shared, &error),
    };
    let past = if manifest.is_of_attachments() {
        Vec::new()
    } else {
        past(&shared, &package, is_in).await
    };
    let beside = if flag.is_some() {
        let files = package.files().map(|(file, bytes)| (file.name.clone(), bytes.clone()));
        let way = (evidence.office, evidence.partner, evidence.direction);
        let people = people_in(&shared, &package, None).await;
        let people = people.iter().map(PersonKey::insured);
        shared.audit.viewed(&session, Act::ViewForms, &id.to_string(), people);
        replaced::html(&shared, way, manifest.serial, files.collect()).await
    } else {
        String::new()
    };
    page(&Show {
        frame: Frame::new(&shared, &session, place, unit.clone()).live(),
        id,
        is_out: evidence.direction == Direction::Out,
        from: words::office(manifest.sender.office, &config),
        to: words::office(manifest.recipient.office, &config),
        unit,
        tone: last.map_or("busy", |(state, _)| tone(state)),
        state: match last {
            Some((state, _)) => state.text(lang).to_owned(),
            None => lang.pick("送信待ち", "waiting to be sent").to_owned(),
        },
        why: match last {
            Some((_, row)) => {
                codes_and_by(row).0.map_or_else(Vec::new, |it| words::reasons(it, lang))
            }
            None => Vec::new(),
        },
        sequence: manifest.sequence,
        serial: manifest.serial.to_string(),
        edition: manifest.edition.map(|edition| edition.to_string()).unwrap_or_default(),
        months: ServiceMonth::all_in_words(&manifest.months, lang),
        created: words::time(manifest.created_at),
        expires: words::time(manifest.expires_at),
        sha256: package.sha256().to_string(),
        files: files(manifest, lang),
        copies,
        is_attached: manifest.is_of_attachments(),
        downloaded: manifest.is_downloaded().then(|| CameBy::Web.sentence(lang)).flatten(),
        past,
        beside,
        to_look_at: flag.as_ref().is_some_and(|flag| flag.seen.is_none()),
        looked_at: flag
            .and_then(|flag| flag.seen)
            .map(|(at, by)| format!("{} {by}", words::time(at))),
        set: manifest.set.map(|serial| serial.to_string()).unwrap_or_default(),
        may_recall: last.is_some_and(|(state, _)| may_be_recalled(state)),
        by_hand: ByHand::of(&evidence.journal, last.map(|(state, _)| state), lang),
        steps: steps(&evidence.journal, manifest.is_downloaded(), lang),
        receipts: evidence
            .receipts
            .iter()
            .filter_map(|it| receipt(it, (&config, &limits), lang))
            .collect(),
        deposit,
    })
}

/// What the exchange before says of the files of a package: of whom no more than the end of the number.
async fn past(shared: &Arc<Shared>, package: &Package, received: bool) -> Vec<String> {
    let (spec, lang) = (shared.node.spec(), shared.lang());
    let files = package.files().map(|(file, bytes)| (file.name.clone(), bytes.to_vec()));
    let files: Vec<_> = files.collect();
    let checked = shared.drawing(move || held::checked(spec, &files, received)).await;
    let Some(checked) = checked else { return Vec::new() };
    let report = held::against_history(shared, checked).await;
    let findings = report.iter().flat_map(|report| &report.findings);
    let of_past = findings.filter(|finding| finding.rule.info().level == Level::L8);
    let line = |finding: &Finding| {
        let person = finding.place.person.as_deref().unwrap_or_default();
        format!("{} {person} [{}]", finding.message(lang), finding.rule.code())
    };
    of_past.map(line).take(MOST_OF_PAST).collect()
}

/// What the button sends by which somebody says to have looked at it.
#[derive(Debug, Deserialize)]
pub(super) struct Seen {
    #[serde(flatten)]
    sealed: Sealed,
}

/// Somebody has looked at a package that lacks what an earlier one had.
pub(super) async fn seen(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<MessageId>,
    Form(seen): Form<Seen>,
) -> Response {
    let back = format!("/package/{id}");
    let request = Request::Seen { id };
    if let Err(answer) = visitor.may_do(&shared, &seen.sealed, &format!("{request:?}"), &back) {
        return answer;
    }
    let Visitor(session) = visitor;
    let answer = shared.node.order(request, session.user.clone()).await;
    if answer.done {
        shared.audit.did(&session, Act::ActualsSeen, &id.to_string());
    }
    session.tell(answer.done, answer.text(shared.lang()));
    Redirect::to(&back).into_response()
}

/// What the button sends by which somebody takes a package back.
#[derive(Debug, Deserialize)]
pub(super) struct TakenBack {
    #[serde(flatten)]
    sealed: Sealed,
}

/// Somebody takes a package of ours back.
pub(super) async fn recall(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<MessageId>,
    Form(taken_back): Form<TakenBack>,
) -> Response {
    let back = format!("/package/{id}");
    let request = Request::Recall { id };
    let what = format!("{request:?}");
    if let Err(answer) = visitor.may_do(&shared, &taken_back.sealed, &what, &back) {
        return answer;
    }
    let Visitor(session) = visitor;
    let answer = shared.node.order(request, session.user.clone()).await;
    session.tell(answer.done, answer.text(shared.lang()));
    Redirect::to(&back).into_response()
}

/// Whether a package in this state may be taken back.
const fn may_be_recalled(state: PackageState) -> bool {
    matches!(
        state,
        PackageState::Out(
            OutgoingState::Queued
                | OutgoingState::Deposited
                | OutgoingState::Consigned
                | OutgoingState::HeldByRecipient
                | OutgoingState::ToUpload
                | OutgoingState::ToPrint
        )
    )
}

/// What lies in the import folder for a package, where that is not simply its files.
async fn copies(
    shared: &Shared,
    evidence: &Evidence,
    manifest: &Manifest,
) -> Result<Vec<CopyRow>, StoreError> {
    if evidence.direction == Direction::Out {
        return Ok(Vec::new());
    }
    let (sender, id) = (manifest.sender.office, manifest.message_id);
    let plan = shared.node.store().import_plan(sender, id).await?;
    let files = plan.map(|plan| plan.files).unwrap_or_default();
    let same = |copy: &PlacedCopy| {
        let mut listed = manifest.files.iter();
        listed.any(|file| file.name == copy.name && file.sha256 == copy.sha256)
    };
    if files.iter().all(same) {
        return Ok(Vec::new());
    }
    // A folder may be called by the number of a user, which is not for this page.
    let row = |copy: PlacedCopy| CopyRow {
        name: copy.name.rsplit('/').next().unwrap_or_default().to_owned(),
        of: copy.of,
        size: copy.size,
        sha256: copy.sha256.to_string(),
    };
    Ok(files.into_iter().map(row).collect())
}

/// The state that a package came into last, with its row; none until it is queued.
pub(super) fn last_state(evidence: &Evidence) -> Option<(PackageState, &JournalRow)> {
    evidence.journal.iter().rev().find_map(|row| match row.step {
        Step::State(state) => Some((state, row)),
        Step::Packed
        | Step::Retry
        | Step::Reload
        | Step::Copied
        | Step::Changed
        | Step::Card
        | Step::Taken => None,
    })
}

/// The package of an id with everything that is known of it, or what to answer.
pub(super) async fn found(shared: &Shared, id: MessageId) -> Result<(Evidence, Package), Response> {
    match kept(shared, None, id).await {
        Ok(found) => found.ok_or_else(|| not_found(shared)),
        Err(error) => Err(store_fault(shared, &error)),
    }
}

/// The same, of one of our offices or of any; none where there is no such package, it is no longer
/// kept, or it cannot be read.
pub(super) async fn kept(
    shared: &Shared,
    office: Option<OfficeNumber>,
    id: MessageId,
) -> Result<Option<(Evidence, Package)>, StoreError> {
    let evidence = match shared.node.store().evidence_at(office, id).await {
        Ok(evidence) => evidence,
        Err(StoreError::NotFound | StoreError::NoLongerKept) => return Ok(None),
        Err(error) => return Err(error),
    };
    let limits = Node::package_limits(&shared.node.config());
    let bytes = evidence.package.clone();
    match work::blocking(move || open(bytes, &limits)).await {
        Ok(Ok(package)) => Ok(Some((evidence, package))),
        Ok(Err(error)) => {
            tracing::warn!(%id, %error, "a stored package cannot be read");
            Ok(None)
        }
        Err(_) => Ok(None),
    }
}

fn files(manifest: &Manifest, lang: Lang) -> Vec<FileRow> {
    let row = |file: &ManifestFile| FileRow {
        number: file.n,
        name: file.title().to_owned(),
        size: file.size,
        about: file.document.as_ref().map(|document| about(document, lang)).unwrap_or_default(),
    };
    manifest.files.iter().map(row).collect()
}

/// What an attachment is, as far as its sender said it.
fn about(document: &AttachedDocument, lang: Lang) -> String {
    let kind = document.kind.as_ref().map(|kind| kind.reveal().to_owned());
    let month = document.month.map(|month| month.in_words(lang));
    let person = document.person.map(|person| {
        let (insurer, insured) = (person.insurer(), person.insured());
        match lang {
            Lang::Ja => format!("保険者 {insurer} 被保険者 {insured}"),
            Lang::En => format!("insurer {insurer}, insured {insured}"),
        }
    });
    let said: Vec<String> = [kind, month, person].into_iter().flatten().collect();
    said.join(lang.pick("、", ", "))
}

/// The steps; of what was downloaded without the last one, by which others are receipted.
fn steps(journal: &[JournalRow], is_downloaded: bool, lang: Lang) -> Vec<StepRow> {
    let receipted = Step::State(PackageState::In(IncomingState::HandedOver));
    let shown = journal.iter().filter(|row| !is_downloaded || row.step != receipted);
    shown.map(|row| step(row, lang)).collect()
}

fn step(row: &JournalRow, lang: Lang) -> StepRow {
    let text = match row.step {
        Step::State(state) => state.text(lang),
        Step::Packed => {
            lang.pick("検査し、署名して、送信待ちにしました", "checked, signed, queued")
        }
        Step::Retry => {
            lang.pick("すぐに送り直すよう指示がありました", "ordered to be tried at once")
        }
        Step::Copied => lang.pick(
            "ほかの相手にも送るよう指示がありました",
            "ordered to be sent to another partner too",
        ),
        Step::Reload => lang.pick("設定の読み直しの指示がありました", "ordered to read anew"),
        Step::Changed => lang.pick("設定の変更を反映しました", "the configuration was changed"),
        Step::Card => {
            lang.pick("相手の事業所カードを入れ替えました", "card of the partner replaced")
        }
        Step::Taken => lang.pick("取り込んだと知らせがありました", "said to be taken"),
    };
    let (codes, by) = codes_and_by(row);
    // That somebody ordered it is all that the detail of an order says beside.
    let ordered = matches!(row.step, Step::Retry | Step::Reload | Step::Changed | Step::Taken);
    let codes = codes.filter(|_| !ordered);
    let mut detail = match (row.step, codes) {
        (Step::Copied, Some(partner)) => vec![partner.to_owned()],
        (_, codes) => codes.map_or_else(Vec::new, |codes| words::reasons(codes, lang)),
    };
    if let Some(by) = by {
        detail.push(format!("{}: {by}", lang.pick("操作した人", "by")));
    }
    StepRow {
        at: words::time(row.at),
        text: text.to_owned(),
        detail: detail.join(lang.pick("　", ", ")),
    }
}

/// What the detail of a step says: the codes, if there are any, and who did it, if somebody did.
fn codes_and_by(row: &JournalRow) -> (Option<&str>, Option<&str>) {
    let (codes, by) = match row.detail.split_once(" by ") {
        Some((codes, by)) => (codes, Some(by)),
        None => (row.detail.as_str(), None),
    };
    (Some(codes).filter(|codes| !codes.is_empty()), by)
}

fn receipt(
    stored: &StoredReceipt,
    (config, limits): (&Config, &Limits),
    lang: Lang,
) -> Option<ReceiptRow> {
    let (receipt, _) = Receipt::stated(&stored.der, limits).ok()?;
    let signer = receipt.signing_party().ok()?;
    let certificate = signer.certificate.map(|sha256| sha256.to_string()).unwrap_or_default();
    let findings = receipt.findings.iter().map(|finding| {
        let words = words::in_words(&finding.rule, lang);
        words.unwrap_or_else(|| finding.message.clone())
    });
    Some(ReceiptRow {
        kind: said_in_words(&receipt, lang),
        at: words::time(receipt.at),
        signer: words::office(signer.office, config),
        certificate,
        findings: findings.collect(),
    })
}

/// One file of a package, byte for byte as the care software wrote it.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path((id, number)): Path<(MessageId, u32)>,
) -> Response {
    let (_, package) = match found(&shared, id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let Some((listed, bytes)) = package.files().find(|(listed, _)| listed.n == number) else {
        return not_found(&shared);
    };
    let about = format!("{id} {}", listed.name);
    let people = people_in(&shared, &package, Some(number)).await;
    shared.audit.took(&session, Act::FileSaved, &about, people.iter().map(PersonKey::insured));
    saved(listed, bytes)
}

/// An answer by which one file of a package is saved: an attachment under its title.
pub(super) fn saved(listed: &ManifestFile, bytes: &Bytes) -> Response {
    let answer = download(&listed.name, "application/octet-stream", bytes.clone());
    match &listed.document {
        Some(document) => under_title(answer, &listed.name, &document.title),
        None => answer,
    }
}

/// The same answer, saved under the title of an attachment (RFC 6266, RFC 8187).
fn under_title(mut answer: Response, name: &str, title: &Title) -> Response {
    let mut disposition = format!("attachment; filename=\"{name}\"; filename*=UTF-8''");
    for byte in title.reveal().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            disposition.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(disposition, "%{byte:02X}");
        }
    }
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    answer
}

/// Whom files are about.
pub(super) async fn people(shared: &Shared, files: Vec<(String, Bytes)>) -> Vec<PersonKey> {
    let spec = shared.node.spec();
    let read = work::blocking(move || {
        let files = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..]));
        let contents = contents::read(spec, files);
        contents.people.into_iter().map(|person| person.key).collect()
    });
    read.await.unwrap_or_default()
}

/// Whom the files of a package are about, or file `n` of it: what its sender said of attachments, and
/// what the other files say themselves.
pub(super) async fn people_in(
    shared: &Shared,
    package: &Package,
    n: Option<u32>,
) -> Vec<PersonKey> {
    let mut said = Vec::new();
    let mut files = Vec::new();
    for (listed, bytes) in package.files().filter(|(listed, _)| n.is_none_or(|n| listed.n == n)) {
        match &listed.document {
            Some(document) => said.extend(document.person),
            None => files.push((listed.name.clone(), bytes.clone())),
        }
    }
    if !files.is_empty() {
        said.extend(people(shared, files).await);
    }
    said
}

/// What proves the exchange of a package, as a ZIP file.
pub(super) async fn evidence(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<MessageId>,
) -> Response {
    let (evidence, package) = match found(&shared, id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let lang = shared.lang();
    if package.manifest().is_downloaded() {
        return message(&shared, axum::http::StatusCode::CONFLICT, proof::unsigned(lang));
    }
    let people = people_in(&shared, &package, None).await;
    let people = people.iter().map(PersonKey::insured);
    shared.audit.took(&session, Act::ProofSaved, &id.to_string(), people);
    let made = proof::set(shared.node.store(), &shared.node.config(), evidence).await;
    let zipped = match made {
        Ok(set) => work::blocking(move || zip(&set.files)).await.ok().flatten(),
        Err(error) => {
            tracing::warn!(%id, %error, "no proof could be made of a package");
            None
        }
    };
    match zipped {
        Some(bytes) => download(&format!("renkei-{id}.zip"), "application/zip", bytes),
        None => message(
            &shared,
            axum::http::StatusCode::CONFLICT,
            lang.pick(
                "証拠を書き出せませんでした。理由は renkei export で確かめてください。",
                "The proof could not be made; renkei export says why.",
            ),
        ),
    }
}

pub(super) fn zip(set: &[EvidenceFile]) -> Option<Bytes> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in set {
        zip.start_file(file.path.as_str(), SimpleFileOptions::default()).ok()?;
        zip.write_all(&file.bytes).ok()?;
    }
    Some(zip.finish().ok()?.into_inner().into())
}

/// An answer that the browser saves. Names are those of the standard or our own: ASCII without quotes.
pub(super) fn download(name: &str, media: &'static str, bytes: Bytes) -> Response {
    let fits = |character: &char| character.is_ascii_alphanumeric() || "._-".contains(*character);
    let name: String = name.chars().filter(fits).collect();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_tells_who_did_it_and_no_bare_codes() {
        let of = |step, detail: &str| {
            let row =
                JournalRow { at: jiff::Timestamp::UNIX_EPOCH, step, detail: detail.to_owned() };
            super::step(&row, Lang::En).detail
        };
        assert_eq!(of(Step::Retry, "retry by hanako"), "by: hanako");
        assert_eq!(of(Step::Retry, "retry"), "");
        assert_eq!(of(Step::Reload, "asked by hanako"), "by: hanako");
        let settled = of(Step::Packed, "released by hanako");
        assert!(
            settled.starts_with("it is checked") && settled.ends_with("by: hanako"),
            "{settled}"
        );
    }
}
