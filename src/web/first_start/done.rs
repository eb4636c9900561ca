//! Step 7: the node starts, the first exchange is tried, and the way leads to the page of the node.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::super::audit::Act;
use super::super::layout::page;
use super::super::session::{INVITATION, Invited};
use super::answers::Administrator;
use super::entrance::Inside;
use super::fields::Fields;
use super::frame::{Frame, Step};
use super::shared::{Runs, Shared, Stage};
use crate::desk::trial;
use crate::users::{Role, UserName};
use crate::work;

#[derive(Template)]
#[template(path = "web/first_start/done.html", config = "src/askama.toml")]
struct Shown {
    frame: Frame,
    config: String,
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
    /// The first exchange was tried: whether it worked, what is said of it, whether there is a page.
    Tried(bool, String, bool),
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
            Seen::Tried(outcome.is_ok(), told, runs.page.is_some())
        }
    };
    let waits = matches!(state, Seen::Busy(_));
    if !waits {
        shared.was_read();
    }
    let frame = Frame { waits, ..Frame::new(&shared, &session, Step::Done) };
    page(&Shown { frame, config: shared.config.display().to_string(), state })
}

/// The node runs: adds the administrator, and tries the first exchange.
pub(super) async fn runs(shared: &Arc<Shared>, runs: Runs) {
    let administrator = shared.answers().administrator;
    let by = match shared.stage() {
        Stage::Starting(session) => Some(session),
        _ => None,
    };
    if let (Some(page), Some(Administrator::New(name, hash))) = (&runs.page, administrator) {
        let (new, now) = (name.clone(), runs.node.now());
        let add =
            move |users: &mut crate::users::Users| users.add(new, Role::Administrator, hash, now);
        match (page.change_users(add).await, by) {
            (Ok(()), Some(by)) => {
                let about = format!("{name} {}", Role::Administrator.as_str());
                page.audit.did(&by, Act::UserAdded, &about);
            }
            (Ok(()), None) => {}
            // Whoever is here gets in without, and adds somebody there.
            (Err(error), _) => tracing::warn!(%error, "the administrator could not be added"),
        }
    }
    try_out(shared, runs);
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
pub(super) async fn today(State(shared): State<Arc<Shared>>, Inside(_): Inside) -> Response {
    over(&shared, "/").await
}

/// Leads to where partners are registered.
pub(super) async fn partners(State(shared): State<Arc<Shared>>, Inside(_): Inside) -> Response {
    over(&shared, "/partners").await
}

/// Leads to the page of the node, logged in as the administrator.
async fn over(shared: &Shared, leads_to: &'static str) -> Response {
    let (Stage::Trying(Runs { page: Some(page), .. })
    | Stage::Tried(Runs { page: Some(page), .. }, _)) = shared.stage()
    else {
        return Redirect::to(Step::Done.path()).into_response();
    };
    let added: Option<UserName> = match shared.answers().administrator {
        Some(Administrator::New(name, _)) => Some(name),
        _ => None,
    };
    let user = match (added, page.users().await) {
        (Some(name), Ok(users)) => users.named(&name).cloned(),
        _ => None,
    };
    let invited = match user {
        Some(user) => Invited { name: user.name.to_string(), key: Some(user.key), leads_to },
        None => Invited { leads_to, ..Invited::account("") },
    };
    let link = page.site.entrance(&page.sessions.invite(invited, INVITATION));
    Redirect::to(&link).into_response()
}
