//! Step 7: the node starts, the first exchange is tried, and the way leads to the page of the node.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::super::audit::Act;
use super::super::layout::{page, said};
use super::super::session::{INVITATION, Invited, Session};
use super::answers::Administrator;
use super::entrance::Inside;
use super::fields::Fields;
use super::frame::{Frame, Step};
use super::shared::{Runs, Shared, Stage};
use crate::desk::{founding, trial};
use crate::users::{Role, Users};
use crate::work;

#[derive(Template)]
#[template(path = "web/first_start/done.html", config = "src/askama.toml")]
struct Shown {
    frame: Frame,
    config: String,
    /// The same in a command.
    in_command: String,
    /// Whether somebody was to be added as an administrator.
    has_new: bool,
    state: Seen,
}

/// What people see of how far it is.
enum Seen {
    /// It goes on; what is being done.
    Busy(&'static str),
    /// Certificates have to come first; what is to be done.
    Requested(Vec<String>),
    /// The node does not start.
    Failed(String),
    /// The first exchange was tried.
    Tried(Tried),
}

/// How the first exchange went, and what comes next.
struct Tried {
    worked: bool,
    told: String,
    has_page: bool,
    /// Why there is no administrator, if so.
    unsaved: Option<String>,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Inside(session): Inside) -> Response {
    let lang = shared.lang();
    let state = match shared.stage() {
        Stage::Asking => return Redirect::to(Step::Check.path()).into_response(),
        Stage::Writing | Stage::Starting(_) => Seen::Busy(lang.pick(
            "設定を書き込み、renkei を起動しています。",
            "The configuration is being written, and renkei starts.",
        )),
        Stage::Trying(_) => Seen::Busy(lang.pick(
            "renkei が動き始めました。自分あてに、架空のファイルで最初の試し送受信をしています。",
            "renkei runs. The first exchange with yourself is being tried, with invented files.",
        )),
        Stage::Requested(steps) => Seen::Requested(steps),
        Stage::Failed(why) => Seen::Failed(why),
        Stage::Tried(runs, outcome) => {
            let told = match outcome.as_ref() {
                Ok(exchanged) => exchanged.text(lang),
                Err(error) => error.text(lang),
            };
            Seen::Tried(Tried {
                worked: outcome.is_ok(),
                told,
                has_page: runs.page.is_some(),
                unsaved: runs.unsaved,
            })
        }
    };
    let waits = matches!(state, Seen::Busy(_));
    if !waits {
        shared.was_read();
    }
    let frame = Frame { waits, ..Frame::new(&shared, &session, Step::Done) };
    page(&Shown {
        frame,
        config: shared.config.display().to_string(),
        in_command: founding::in_command(&shared.config),
        has_new: matches!(shared.answers().administrator, Some(Administrator::New(..))),
        state,
    })
}

/// The node runs: adds the administrator, and tries the first exchange.
pub(super) async fn runs(shared: &Arc<Shared>, mut runs: Runs) {
    runs.unsaved = add_administrator(shared, &runs).await.err();
    if let Some(why) = &runs.unsaved {
        tracing::warn!(%why, "the administrator could not be added");
    }
    try_out(shared, runs);
}

/// Adds whoever is to look after the page; why not, in words.
async fn add_administrator(shared: &Shared, runs: &Runs) -> Result<(), String> {
    let lang = shared.lang();
    let Some(Administrator::New(name, hash)) = shared.answers().administrator else {
        return Ok(());
    };
    let Some(page) = &runs.page else {
        let text =
            lang.pick("renkei の画面を表示できません。", "The page of renkei cannot be served.");
        return Err(text.to_owned());
    };
    let (new, now) = (name.clone(), runs.node.now());
    let add = move |users: &mut Users| users.add(new, Role::Administrator, hash, now);
    page.change_users(add).await.map_err(|error| error.text(lang))?;
    if let Stage::Starting(by) = shared.stage() {
        let about = format!("{name} {}", Role::Administrator.as_str());
        page.audit.did(&by, Act::UserAdded, &about);
    }
    Ok(())
}

fn try_out(shared: &Arc<Shared>, runs: Runs) {
    shared.set_stage(Stage::Trying(runs.clone()));
    let shared = Arc::clone(shared);
    work::spawn(async move {
        tracing::info!(
            "the first exchange with ourselves begins, by two nodes in a temporary folder"
        );
        let config = runs.node.config();
        let outcome = trial::exchange(&config, shared.spec, &shared.clock).await;
        match &outcome {
            Ok(_) => {
                tracing::info!("the first exchange with ourselves worked, and its nodes are gone");
            }
            Err(error) => tracing::warn!(%error, "the first exchange with ourselves did not work"),
        }
        shared.set_stage(Stage::Tried(runs, Arc::new(outcome)));
    });
}

/// Tries the exchange again.
pub(super) async fn again(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    Form(fields): Form<Fields>,
) -> Response {
    let next = Step::Done.path();
    if let Err(answer) = fields.sealed().may_do(&session, shared.lang(), "try", next) {
        return answer;
    }
    if let Stage::Tried(runs, _) = shared.stage() {
        try_out(&shared, runs);
    }
    Redirect::to(next).into_response()
}

/// Leads to the first page of the node.
pub(super) async fn today(State(shared): State<Arc<Shared>>, Inside(session): Inside) -> Response {
    over(&shared, &session, "/").await
}

/// Leads to where partners are registered.
pub(super) async fn partners(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
) -> Response {
    over(&shared, &session, "/partners").await
}

/// Leads to the page of the node, logged in as the administrator, once: whoever comes later logs in.
async fn over(shared: &Shared, session: &Session, leads_to: &'static str) -> Response {
    let (Stage::Trying(Runs { page: Some(page), unsaved, .. })
    | Stage::Tried(Runs { page: Some(page), unsaved, .. }, _)) = shared.stage()
    else {
        return Redirect::to(Step::Done.path()).into_response();
    };
    let invited = match shared.answers().administrator {
        Some(Administrator::New(name, _)) => {
            let users = page.users().await.ok().filter(|_| unsaved.is_none());
            let added = users.and_then(|users| users.named(&name).cloned());
            // Nobody gets in as somebody who was never added.
            let Some(user) = added else { return nobody(shared) };
            Invited { name: user.name.to_string(), key: Some(user.key), leads_to }
        }
        _ => Invited { leads_to, ..Invited::account(&session.user) },
    };
    if !shared.hands_over(page.site.url()) {
        return Redirect::to(&page.site.url()).into_response();
    }
    let link = page.site.entrance(&page.sessions.invite(invited, INVITATION));
    Redirect::to(&link).into_response()
}

/// The administrator is not there.
fn nobody(shared: &Shared) -> Response {
    let lang = shared.lang();
    let text = lang.pick(
        "管理者が登録されていないため、ここからは画面を開けません。renkei open で開き、「ユーザー」で登録してください。",
        "There is no administrator, so the page is not opened from here. Open it with renkei open and add one under users.",
    );
    said(lang, StatusCode::CONFLICT, text)
}
