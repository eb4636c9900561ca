//! アップロード待ち: what a person hands over to partners of the WEB service or on paper.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use serde::Deserialize;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, message, not_found, page, store_fault};
use super::package::{download, found, people};
use super::state::Shared;
use crate::contents::PersonKey;
use crate::control::Request;
use crate::desk::{outbox, words};
use crate::forms::{self, Options};
use crate::node;
use crate::rules::SourceFile;
use crate::store::OutboxRow;
use crate::types::{HandChannel, MessageId};

const HERE: &str = "/outbox";

#[derive(Template)]
#[template(path = "web/outbox.html", config = "src/askama.toml")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
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
    let now = shared.node.now();
    let rows = rows.iter().map(|row| {
        let months = row.unit.months.iter().map(|month| words::month(*month, lang));
        let months: Vec<_> = months.collect();
        Row {
            id: row.id,
            unit: row.unit_name(),
            is_paper: row.channel == HandChannel::Paper,
            channel: row.channel.text(lang),
            from: words::office(row.office, &config),
            to: words::office(row.partner, &config),
            what: words::unit(&row.unit.kind, lang),
            months: months.join(lang.pick("、", ", ")),
            serial: row.serial.to_string(),
            since: words::time(row.since),
            age: outbox::age(row.since, now, lang),
            is_old: outbox::is_old(row.since, now),
            files: row.unit.files.len(),
            folder: outbox::folder(row, &config)
                .map(|folder| std::path::absolute(&folder).unwrap_or(folder).display().to_string())
                .unwrap_or_default(),
        }
    });
    let rows = rows.collect();
    page(&List {
        frame: Frame::new(&shared, &session, Place::Outbox, Place::Outbox.title(lang)).live(),
        rows,
        has_partners: !config.by_hand.is_empty(),
    })
}

/// The set of an id, as long as it waits.
async fn waiting(shared: &Shared, id: MessageId) -> Result<OutboxRow, Response> {
    match shared.node.store().outbox(outbox::MOST).await {
        Ok(rows) => rows.into_iter().find(|row| row.id == id).ok_or_else(|| not_found(shared)),
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
    let row = match waiting(&shared, id).await {
        Ok(row) => row,
        Err(answer) => return answer,
    };
    let set = row.as_handed(&config, lang);
    let is_paper = row.channel == HandChannel::Paper;
    let section = if is_paper {
        let files = match files(&shared, id).await {
            Ok(files) => files,
            Err(answer) => return answer,
        };
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
        set.check_sheet()
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
    let row = match waiting(&shared, id).await {
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

/// What the button sends.
#[derive(Debug, Deserialize)]
pub(super) struct Done {
    #[serde(flatten)]
    sealed: Sealed,
}

pub(super) async fn done(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(id): Path<MessageId>,
    Form(done): Form<Done>,
) -> Response {
    let request = Request::Handed { id };
    if let Err(answer) = visitor.may_do(&shared, &done.sealed, &format!("{request:?}"), HERE) {
        return answer;
    }
    let Visitor(session) = visitor;
    let answer = shared.node.order(request, session.user.clone()).await;
    session.tell(answer.done, answer.text(shared.lang()));
    Redirect::to(HERE).into_response()
}
