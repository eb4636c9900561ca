//! All routes of a first start on one screen.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};

use super::super::layout::said;
use super::super::{assets, guard};
use super::frame::Step;
use super::shared::{Shared, Stage};
use super::{administrator, check, done, entrance, folders, keys, office, reach, write};

/// The largest form in bytes.
const FORM: usize = 64 << 10;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let upload = DefaultBodyLimit::max(keys::UPLOAD);
    let asking = Router::new()
        .route("/", get(entrance::begin))
        .route("/office", get(office::show).post(office::set))
        .route("/folders", get(folders::show).post(folders::set))
        .route("/folders/{role}", get(folders::look).post(folders::choose))
        .route("/folders/{role}/open", post(folders::open))
        .route("/reach", get(reach::show).post(reach::set))
        .route("/keys", get(keys::show).post(keys::set).layer(upload))
        .route("/administrator", get(administrator::show).post(administrator::set))
        .route("/check", get(check::show).post(check::back))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&shared), while_asking));
    let any_time = Router::new()
        .route("/assets/{name}", get(assets::asset))
        .route("/enter/{token}", get(entrance::enter))
        .route("/language", post(entrance::language))
        .route("/write", post(write::write))
        .route("/done", get(done::show))
        .route("/try", post(done::again))
        .route("/today", get(done::today))
        .route("/partners", get(done::partners));
    any_time
        .merge(asking)
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(FORM))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guarded))
        .with_state(shared)
}

/// Stands before every route, as before those of the page of a node.
async fn guarded(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let lang = shared.lang();
    let refused = guard::refusal(&shared.site, lang, request.method(), request.headers());
    let mut answer = match refused {
        Some(refused) => refused,
        None => guard::in_words(lang, next.run(request).await),
    };
    guard::tell_browser(&mut answer);
    answer
}

/// What is written is answered no more.
async fn while_asking(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match shared.stage() {
        Stage::Asking => next.run(request).await,
        _ => Redirect::to(Step::Done.path()).into_response(),
    }
}

async fn nowhere(State(shared): State<Arc<Shared>>) -> Response {
    let lang = shared.lang();
    let text = lang.pick("このページはありません。", "There is no such page.");
    said(lang, StatusCode::NOT_FOUND, text)
}
