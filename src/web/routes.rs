//! All routes on one screen.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};

use super::layout::not_found;
use super::state::Shared;
use super::{
    assets, certificates, diagnosis, entrance, events, forms, guard, held, list, package, partners,
    today,
};

/// The largest form in bytes.
const FORM: usize = 64 << 10;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let elsewhere = |State(shared): State<Arc<Shared>>| async move { nowhere(&shared) };
    Router::new()
        .route("/", get(today::show))
        .route("/retry", post(today::retry))
        .route("/sent", get(list::sent))
        .route("/received", get(list::received))
        .route("/search", post(list::search))
        .route("/held", get(held::list))
        .route("/held/{id}", get(held::show))
        .route("/held/{id}/forms", get(forms::of_held))
        .route("/held/{id}/release", post(held::release))
        .route("/held/{id}/correct", post(held::correct))
        .route("/held/{id}/dismiss", post(held::dismiss))
        .route("/package/{id}", get(package::show))
        .route("/package/{id}/forms", get(forms::of_package))
        .route("/package/{id}/compare", get(forms::compared))
        .route("/package/{id}/file/{number}", get(package::file))
        .route("/package/{id}/evidence", get(package::evidence))
        .route("/partners", get(partners::show))
        .route("/certificates", get(certificates::show))
        .route("/diagnosis", get(diagnosis::show))
        .route("/events", get(events::events))
        .route("/welcome", get(entrance::welcome))
        .route("/enter/{token}", get(entrance::enter))
        .route("/leave", post(entrance::leave))
        .route("/assets/{name}", get(assets::asset))
        .fallback(elsewhere)
        .layer(DefaultBodyLimit::max(FORM))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard::guard))
        .with_state(shared)
}

fn nowhere(shared: &Shared) -> Response {
    not_found(shared)
}
