//! 設定: what offices change of the configuration, looked at before it is written. For administrators.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, message, page};
use super::session::Session;
use super::state::Shared;
use crate::config::Sources;
use crate::desk::settings::{self, Changed, Kind, Proposal, Setting, Verdict, Wanted, propose};
use crate::desk::words;
use crate::types::Lang;
use crate::work;

const HERE: &str = "/settings";

/// Keys that a record of what was changed names.
const NAMED: usize = 20;

#[derive(Template)]
#[template(path = "web/settings.html", config = "src/askama.toml")]
struct Page {
    frame: Frame,
    file: String,
    /// Of the file that the values were read from.
    digest: String,
    groups: Vec<Group>,
    outcome: Option<Outcome>,
}

/// Settings that belong together.
struct Group {
    id: String,
    title: String,
    fields: Vec<Field>,
}

/// A setting in the form.
struct Field {
    setting: Setting,
    /// What stands in the form: what was typed, or what it is.
    value: String,
    choices: Vec<(&'static str, String)>,
}

/// What would come of a change.
struct Outcome {
    changes: Vec<(String, Changed)>,
    verdict: Verdict,
    /// What is sent to have it written: names and values.
    wanted: Vec<(String, String)>,
}

/// What the forms send.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    #[serde(flatten)]
    sealed: Sealed,
    /// Of the file that the values were read from.
    digest: String,
    #[serde(flatten)]
    wanted: Wanted,
}

/// The files of the configuration, or what to answer.
async fn sources(shared: &Shared) -> Result<Sources, Response> {
    let fault = |text: &str| message(shared, StatusCode::SERVICE_UNAVAILABLE, text);
    let lang = shared.lang();
    let file = shared.config_file().map_err(|text| fault(&text))?;
    match work::blocking(move || Sources::read(&file)).await {
        Ok(Ok(sources)) => Ok(sources),
        Ok(Err(error)) => Err(fault(&error.text(lang))),
        Err(_) => Err(fault(lang.pick("内部エラーです。", "An internal fault."))),
    }
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    match sources(&shared).await {
        Ok(sources) => shown(&shared, &session, &sources, &Wanted::new(), None),
        Err(answer) => answer,
    }
}

fn shown(
    shared: &Shared,
    session: &Session,
    sources: &Sources,
    typed: &Wanted,
    outcome: Option<Outcome>,
) -> Response {
    let lang = shared.lang();
    let title = lang.pick("設定", "Settings");
    page(&Page {
        frame: Frame::new(shared, session, Place::Settings, title),
        file: sources.path.display().to_string(),
        digest: settings::digest(sources).to_string(),
        groups: groups(shared, sources, typed, lang),
        outcome,
    })
}

fn groups(shared: &Shared, sources: &Sources, typed: &Wanted, lang: Lang) -> Vec<Group> {
    let config = shared.node.config();
    let mut groups: Vec<Group> = Vec::new();
    for setting in settings::settings(sources, lang) {
        let (id, title) = match (setting.office, setting.place.table) {
            (Some(office), _) => (office.to_string(), words::office(office, &config)),
            (None, "timing") => ("timing".to_owned(), lang.pick("時間", "Times").to_owned()),
            (None, table) => (table.to_owned(), lang.pick("上限", "Limits").to_owned()),
        };
        let value = typed.get(&setting.name).unwrap_or(&setting.value).clone();
        let field = Field { value, choices: setting.choices(lang), setting };
        match groups.last_mut().filter(|group| group.id == id) {
            Some(group) => group.fields.push(field),
            None => groups.push(Group { id, title, fields: vec![field] }),
        }
    }
    groups
}

/// A change that somebody wants of the file that they saw; otherwise what to answer.
async fn proposed(shared: &Shared, session: &Session, said: &Said) -> Result<Proposal, Response> {
    let lang = shared.lang();
    let sources = sources(shared).await?;
    let told = |text: String| {
        session.tell(false, text);
        Redirect::to(HERE).into_response()
    };
    if settings::digest(&sources).to_string() != said.digest {
        return Err(told(settings::SettingsError::Changed.text(lang)));
    }
    let proposal = propose(sources, &said.wanted, lang).map_err(|error| told(error.text(lang)))?;
    if proposal.changes.is_empty() {
        let text = lang.pick("変わった値はありません。", "Nothing is different.");
        return Err(told(text.to_owned()));
    }
    Ok(proposal)
}

async fn judge(shared: &Shared, proposal: &Proposal) -> Verdict {
    let clock = shared.node.clock().clone();
    proposal.judge(shared.node.spec(), clock, shared.lang()).await
}

/// Shows what a change would be, and what is wrong with it.
pub(super) async fn check(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(said): Form<Said>,
) -> Response {
    if let Err(answer) = visitor.is_sealed(&shared, &said.sealed) {
        return answer;
    }
    let Visitor(session) = visitor;
    let proposal = match proposed(&shared, &session, &said).await {
        Ok(proposal) => proposal,
        Err(answer) => return answer,
    };
    let verdict = judge(&shared, &proposal).await;
    let config = shared.node.config();
    let changes = proposal.changes.iter().map(|changed| {
        let of = changed.office.map(|office| words::office(office, &config));
        (of.unwrap_or_default(), changed.clone())
    });
    let wanted = said.wanted.iter().map(|(name, value)| (name.clone(), value.clone()));
    let outcome = Outcome { changes: changes.collect(), verdict, wanted: wanted.collect() };
    shown(&shared, &session, proposal.sources(), &said.wanted, Some(outcome))
}

/// Writes a change, and has the node take it up.
pub(super) async fn apply(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(said): Form<Said>,
) -> Response {
    if let Err(answer) = visitor.may_do(&shared, &said.sealed, "settings", HERE) {
        return answer;
    }
    let Visitor(session) = visitor;
    let proposal = match proposed(&shared, &session, &said).await {
        Ok(proposal) => proposal,
        Err(answer) => return answer,
    };
    let done = written(&shared, &session, proposal).await;
    match done {
        Ok(text) => session.tell(true, text),
        Err(text) => session.tell(false, text),
    }
    Redirect::to(HERE).into_response()
}

async fn written(shared: &Shared, session: &Session, proposal: Proposal) -> Result<String, String> {
    let lang = shared.lang();
    let internal = || lang.pick("内部エラーです。", "An internal fault.").to_owned();
    // What was in order when it was shown may be so no more.
    let Verdict { wrong, .. } = judge(shared, &proposal).await;
    if !wrong.is_empty() {
        let head = lang.pick("設定を変更していません。", "Nothing was changed.");
        return Err(format!("{head}\n{}", wrong.join("\n")));
    }
    let names: Vec<_> = proposal.changes.iter().take(NAMED).map(|one| one.name.clone()).collect();
    let (proposal, put) = work::blocking(move || {
        let put = proposal.write();
        (proposal, put)
    })
    .await
    .map_err(|_| internal())?;
    put.map_err(|error| error.text(lang))?;
    let about = names.join(" ");
    match shared.take_up(&session.user).await {
        Some(answer) if !answer.done => {
            // The node goes on by what held before, and so does the file.
            let taken_back = work::blocking(move || proposal.take_back()).await;
            let mut told = answer.text(lang).to_owned();
            if let Ok(Err(error)) = taken_back {
                told = format!("{told}\n{}", error.text(lang));
            }
            shared.take_up(&session.user).await;
            Err(told)
        }
        answer => {
            shared.audit.did(session, Act::SettingsChanged, &about);
            let text = lang.pick("設定を反映しました。", "The settings are taken up.");
            let later = lang.pick(
                "設定を書き込みました。まもなく反映されます。",
                "The settings are written, and taken up in a moment.",
            );
            Ok(answer.map_or(later, |_| text).to_owned())
        }
    }
}
