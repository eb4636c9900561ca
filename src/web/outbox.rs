//! アップロード待ち: what a person hands over to partners of the WEB service or on paper.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, message, not_found, page, store_fault};
use super::package::{download, found, people};
use super::state::Shared;
use crate::config::Config;
use crate::contents::{self, Person, PersonKey};
use crate::control::Request;
use crate::desk::{outbox, words};
use crate::forms::{self, Options};
use crate::node;
use crate::rules::SourceFile;
use crate::store::OutboxRow;
use crate::transfer::{OutgoingState, State as PackageState};
use crate::types::{HandChannel, Lang, MessageId, ServiceMonth};

const HERE: &str = "/outbox";

/// So many sets that were handed over are shown.
const DONE: u32 = 10;

#[derive(Template)]
#[template(path = "web/outbox.html", config = "src/askama.toml")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    /// What was noted as handed over, the latest note first.
    done: Vec<DoneRow>,
    /// Whether any partner is one of the WEB service or of paper.
    has_partners: bool,
}

/// A set that waits.
struct Row {
    id: MessageId,
    unit: String,
    is_paper: bool,
    channel: &'static str,
    from: String,
    to: String,
    what: String,
    months: String,
    serial: String,
    since: String,
    age: String,
    is_old: bool,
    files: usize,
    folder: String,
}

/// A set that was noted as handed over.
struct DoneRow {
    id: MessageId,
    at: String,
    to: String,
    what: String,
    serial: String,
    state: &'static str,
}

/// The question before a set is noted as handed over.
#[derive(Template)]
#[template(path = "web/outbox_done.html", config = "src/askama.toml")]
struct Question {
    frame: Frame,
    row: Row,
    /// 利用者 in its files, by name and number.
    users: Vec<(String, String)>,
    /// How many further sets of the same partner with a lower 連番 wait.
    before: usize,
    /// Whether one with a higher 連番 was handed over already.
    is_overtaken: bool,
}

#[derive(Template)]
#[template(path = "web/outbox_sheet.html", config = "src/askama.toml")]
struct Sheet {
    frame: Frame,
    id: MessageId,
    is_paper: bool,
    /// A section of our own making.
    section: String,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let rows = match shared.node.store().outbox(outbox::MOST).await {
        Ok(rows) => rows,
        Err(error) => return store_fault(&shared, &error),
    };
    let done = match shared.node.store().handed_lately(DONE).await {
        Ok(done) => done,
        Err(error) => return store_fault(&shared, &error),
    };
    let now = shared.node.now();
    page(&List {
        frame: Frame::new(&shared, &session, Place::Outbox, Place::Outbox.title(lang)).live(),
        rows: rows.iter().map(|row| Row::of(row, &config, now, lang)).collect(),
        done: done.iter().map(|(row, at)| DoneRow::of(row, *at, &config, lang)).collect(),
        has_partners: !config.by_hand.is_empty(),
    })
}

impl Row {
    fn of(row: &OutboxRow, config: &Config, now: Timestamp, lang: Lang) -> Self {
        Self {
            id: row.id,
            unit: row.unit_name(),
            is_paper: row.channel == HandChannel::Paper,
            channel: row.channel.text(lang),
            from: words::office(row.office, config),
            to: words::office(row.partner, config),
            what: words::unit(&row.unit.kind, lang),
            months: ServiceMonth::all_in_words(&row.unit.months, lang),
            serial: row.serial.to_string(),
            since: words::time(row.since),
            age: outbox::age(row.since, now, lang),
            is_old: outbox::is_old(row.since, now),
            files: row.unit.files.len(),
            folder: row.folder(config).map(|it| it.display().to_string()).unwrap_or_default(),
        }
    }
}

impl DoneRow {
    fn of(row: &OutboxRow, at: Timestamp, config: &Config, lang: Lang) -> Self {
        let months = row.unit.months.iter().map(|month| month.in_words(lang));
        let what = std::iter::once(words::unit(&row.unit.kind, lang)).chain(months);
        let state = match row.channel {
            HandChannel::Web => OutgoingState::Uploaded,
            HandChannel::Paper => OutgoingState::SentOnPaper,
        };
        Self {
            id: row.id,
            at: words::time(at),
            to: words::office(row.partner, config),
            what: what.collect::<Vec<_>>().join(lang.pick("　", ", ")),
            serial: row.serial.to_string(),
            state: PackageState::Out(state).text(lang),
        }
    }
}

/// The set of an id that waits or was handed over.
async fn named(shared: &Shared, id: MessageId) -> Result<OutboxRow, Response> {
    match shared.node.store().handed_or_waiting(id).await {
        Ok(row) => row.ok_or_else(|| not_found(shared)),
        Err(error) => Err(store_fault(shared, &error)),
    }
}

/// The check sheet of an upload, or the cover of a fax.
pub(super) async fn sheet(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<MessageId>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let row = match named(&shared, id).await {
        Ok(row) => row,
        Err(answer) => return answer,
    };
    let set = row.as_handed(&config, lang);
    let is_paper = row.channel == HandChannel::Paper;
    let files = match files(&shared, id).await {
        Ok(files) => files,
        Err(answer) => return answer,
    };
    let section = if is_paper {
        let choices = config.office(row.office).map(|office| office.forms).unwrap_or_default();
        let spec = shared.node.spec();
        let sheets = shared.drawing(move || {
            let sources = files.iter().map(|(name, bytes)| SourceFile { name, bytes });
            let options = Options { choices, ..Options::default() };
            let drawing = forms::draw(spec, &sources.collect::<Vec<_>>(), &options);
            drawing.users.iter().map(|user| user.forms.len()).sum()
        });
        let Some(sheets) = sheets.await else { return not_found(&shared) };
        set.fax_cover(sheets)
    } else {
        let users = users(&shared, files).await;
        let about = users.iter().map(|user| user.key.insured());
        shared.audit.viewed(&session, Act::ViewForms, &id.to_string(), about);
        set.check_sheet(&users)
    };
    let title = if is_paper {
        lang.pick("ＦＡＸ送付状", "Fax cover")
    } else {
        lang.pick("チェックシート", "Check sheet")
    };
    let frame = Frame::new(&shared, &session, Place::Outbox, title);
    page(&Sheet { frame, id, is_paper, section })
}

async fn files(shared: &Shared, id: MessageId) -> Result<Vec<(String, Bytes)>, Response> {
    let (_, package) = found(shared, id).await?;
    Ok(package.files().map(|(file, bytes)| (file.title().to_owned(), bytes.clone())).collect())
}

/// The files in one archive.
pub(super) async fn archive(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<MessageId>,
) -> Response {
    let row = match named(&shared, id).await {
        Ok(row) => row,
        Err(answer) => return answer,
    };
    let files = match files(&shared, id).await {
        Ok(files) => files,
        Err(answer) => return answer,
    };
    let about = people(&shared, files.clone()).await;
    let about = about.iter().map(PersonKey::insured);
    shared.audit.viewed(&session, Act::FileSaved, &id.to_string(), about);
    let made = shared.drawing(move || {
        let files: Vec<_> = files.into_iter().map(|(name, it)| (name, it.to_vec())).collect();
        node::archive(&files)
    });
    match made.await {
        Some(Ok(bytes)) => {
            download(&format!("{}.zip", row.unit_name()), "application/zip", bytes.into())
        }
        _ => message(
            &shared,
            StatusCode::INTERNAL_SERVER_ERROR,
            shared.lang().pick("ZIP を作れませんでした。", "The ZIP could not be made."),
        ),
    }
}

/// Whom files are about, with their names where the files tell them.
async fn users(shared: &Shared, files: Vec<(String, Bytes)>) -> Vec<Person> {
    let spec = shared.node.spec();
    let read = shared.drawing(move || {
        let files = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..]));
        contents::read(spec, files).people
    });
    read.await.unwrap_or_default()
}

/// Asks whether a set was handed over, and says which.
pub(super) async fn ask(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<MessageId>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let rows = match shared.node.store().outbox(outbox::MOST).await {
        Ok(rows) => rows,
        Err(error) => return store_fault(&shared, &error),
    };
    // Somebody else may have noted it meanwhile.
    let Some(row) = rows.iter().find(|row| row.id == id) else {
        return Redirect::to(HERE).into_response();
    };
    let files = match files(&shared, id).await {
        Ok(files) => files,
        Err(answer) => return answer,
    };
    let users = users(&shared, files).await;
    let about = users.iter().map(|user| user.key.insured());
    shared.audit.viewed(&session, Act::ViewForms, &id.to_string(), about);
    let user = |user: &Person| {
        let name = user.name.as_ref().map(|name| name.reveal().clone());
        (name.unwrap_or_default(), user.key.insured().to_owned())
    };
    let is_overtaken = match shared.node.store().was_overtaken(row).await {
        Ok(is_overtaken) => is_overtaken,
        Err(error) => return store_fault(&shared, &error),
    };
    let title = match row.channel {
        HandChannel::Web => lang.pick("登録済みにしますか", "Was it uploaded?"),
        HandChannel::Paper => lang.pick("送付済みにしますか", "Was it sent?"),
    };
    page(&Question {
        frame: Frame::new(&shared, &session, Place::Outbox, title),
        row: Row::of(row, &config, shared.node.now(), lang),
        users: users.iter().map(user).collect(),
        before: outbox::before(row, &rows).count(),
        is_overtaken,
    })
}

/// What the buttons send.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    #[serde(flatten)]
    sealed: Sealed,
}

/// A set was handed over.
pub(super) async fn handed(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<MessageId>,
    Form(said): Form<Said>,
) -> Response {
    ordered(&shared, visitor, &said, Request::Handed { id }).await
}

/// It was not, after all.
pub(super) async fn not_handed(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<MessageId>,
    Form(said): Form<Said>,
) -> Response {
    ordered(&shared, visitor, &said, Request::NotHanded { id }).await
}

async fn ordered(shared: &Shared, visitor: Visitor, said: &Said, request: Request) -> Response {
    if let Err(answer) = visitor.may_do(shared, &said.sealed, &format!("{request:?}"), HERE) {
        return answer;
    }
    let Visitor(session) = visitor;
    let answer = shared.node.order(request, session.user.clone()).await;
    session.tell(answer.done, answer.text(shared.lang()));
    Redirect::to(HERE).into_response()
}
