//! All routes on one screen, each with who may ask for it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};

use super::guard::Need::{self, Administrator, Nobody, Visitor};
use super::layout::not_found;
use super::state::Shared;
use super::{
    account, actuals, api, assets, attach, audits, backups, card, certificates, diagnosis, doctor,
    entrance, events, evidence, forms,
};
use super::{
    guard, held, invitation, list, metrics, month, outbox, package, partner, partners, renewal,
    savings, settings, today, tokens, users, versions,
};

/// The largest form in bytes.
const FORM: usize = 64 << 10;

/// A route with who may ask for it: none can be without.
struct Route(Need, &'static str, MethodRouter<Arc<Shared>>);

fn routes() -> Vec<Route> {
    // It counts what it reads by itself.
    let upload = DefaultBodyLimit::disable;
    vec![
        Route(Nobody, "/assets/{name}", get(assets::asset)),
        Route(Nobody, "/healthz", get(metrics::health)),
        Route(Nobody, "/metrics", get(metrics::metrics)),
        Route(Nobody, "/welcome", get(entrance::welcome)),
        Route(Nobody, "/login", post(entrance::login)),
        Route(Nobody, "/enter/{token}", get(entrance::enter)),
        Route(Visitor, "/leave", post(entrance::leave)),
        Route(Visitor, "/events", get(events::events)),
        Route(Visitor, "/events/needs", get(events::needs)),
        Route(Visitor, "/", get(today::show)),
        Route(Visitor, "/retry", post(today::retry)),
        Route(Visitor, "/taken", post(today::taken)),
        Route(Visitor, "/sent", get(list::sent)),
        Route(Visitor, "/received", get(list::received)),
        Route(Visitor, "/search", post(list::search)),
        Route(Visitor, "/attach", get(attach::show).post(attach::send).layer(upload())),
        Route(Visitor, "/held", get(held::list)),
        Route(Visitor, "/held/{id}", get(held::show)),
        Route(Visitor, "/held/{id}/forms", get(forms::of_held)),
        Route(Visitor, "/held/{id}/release", post(held::release)),
        Route(Visitor, "/held/{id}/correct", post(held::correct)),
        Route(Visitor, "/held/{id}/dismiss", post(held::dismiss)),
        Route(Visitor, "/outbox", get(outbox::show)),
        Route(Visitor, "/outbox/{id}/sheet", get(outbox::sheet)),
        Route(Visitor, "/outbox/{id}/zip", get(outbox::archive)),
        Route(Visitor, "/outbox/{id}/done", get(outbox::ask).post(outbox::handed)),
        Route(Visitor, "/outbox/{id}/undo", post(outbox::not_handed)),
        Route(Visitor, "/package/{id}", get(package::show)),
        Route(Visitor, "/package/{id}/forms", get(forms::of_package)),
        Route(Visitor, "/package/{id}/compare", get(forms::compared)),
        Route(Visitor, "/package/{id}/file/{number}", get(package::file)),
        Route(Visitor, "/package/{id}/evidence", get(package::evidence)),
        Route(Visitor, "/package/{id}/seen", post(package::seen)),
        Route(Visitor, "/package/{id}/recall", post(package::recall)),
        Route(Visitor, "/month", get(month::show)),
        Route(Visitor, "/month/{partner}", get(actuals::show)),
        Route(Visitor, "/month/{partner}/csv", get(actuals::csv)),
        Route(Visitor, "/savings", get(savings::show)),
        Route(Visitor, "/versions", get(versions::show)),
        Route(Visitor, "/versions/send", get(versions::ask).post(versions::send)),
        Route(Visitor, "/partners", get(partners::show)),
        Route(Administrator, "/partners/card", post(card::choose).layer(upload())),
        Route(Administrator, "/partners/card/{sha256}", get(card::show).post(card::register)),
        Route(Administrator, "/partners/invitation", get(invitation::show)),
        Route(Administrator, "/partners/invitation/{office}/card", get(invitation::card)),
        Route(Visitor, "/partners/{partner}", get(partner::show)),
        Route(Administrator, "/partners/{partner}/test", post(partner::test)),
        Route(Administrator, "/partners/{partner}/rename", post(partner::rename)),
        Route(Administrator, "/partners/{partner}/remove", post(partner::remove)),
        Route(Visitor, "/certificates", get(certificates::show)),
        Route(Administrator, "/certificates/renew", post(renewal::renew)),
        Route(Administrator, "/certificates/request/{of}", get(renewal::request)),
        Route(Administrator, "/certificates/answer", post(renewal::answer).layer(upload())),
        Route(Visitor, "/diagnosis", get(diagnosis::show)),
        Route(Visitor, "/diagnosis/doctor", get(doctor::show).post(doctor::run)),
        Route(Visitor, "/account", get(account::show)),
        Route(Visitor, "/account/password", post(account::password)),
        Route(Visitor, "/account/app", get(account::app::show).post(account::app::set)),
        Route(Visitor, "/account/app/remove", post(account::app::remove)),
        Route(Visitor, "/account/sessions", post(account::end_others)),
        Route(Administrator, "/settings", get(settings::show)),
        Route(Administrator, "/settings/check", post(settings::check)),
        Route(Administrator, "/settings/apply", post(settings::apply)),
        Route(Administrator, "/users", get(users::list)),
        Route(Administrator, "/users/add", post(users::add)),
        Route(Administrator, "/users/role", post(users::role)),
        Route(Administrator, "/users/password", post(users::password)),
        Route(Administrator, "/users/unlock", post(users::unlock)),
        Route(Administrator, "/users/remove", post(users::remove)),
        Route(Administrator, "/tokens", get(tokens::list)),
        Route(Administrator, "/tokens/add", post(tokens::add)),
        Route(Administrator, "/tokens/revoke", post(tokens::revoke)),
        Route(Administrator, "/audit", get(audits::show).post(audits::find)),
        Route(Administrator, "/audit/export", post(audits::export)),
        Route(Administrator, "/evidence", get(evidence::show)),
        Route(Administrator, evidence::SAVE, post(evidence::save)),
        Route(Administrator, "/backups", get(backups::show)),
        Route(Administrator, "/backups/make", post(backups::make)),
        Route(Administrator, "/backups/check", post(backups::check)),
    ]
}

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for Route(need, path, handler) in routes() {
        let state = Arc::clone(&shared);
        let guarded = move |request: Request, next: Next| {
            guard::need(need, Arc::clone(&state), request, next)
        };
        router = router.route(path, handler.layer(middleware::from_fn(guarded)));
    }
    let elsewhere = |State(shared): State<Arc<Shared>>| async move { nowhere(&shared) };
    let api = api::router(Arc::clone(&shared));
    let page = router
        .fallback(elsewhere)
        .layer(DefaultBodyLimit::max(FORM))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard::guard))
        .with_state(shared);
    // Programs come with tokens: what guards the page against other pages is of no use to them.
    page.nest_service(api::ROOT, api)
}

fn nowhere(shared: &Shared) -> Response {
    not_found(shared)
}
