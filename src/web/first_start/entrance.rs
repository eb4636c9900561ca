//! The way in.

use std::sync::Arc;

use axum::extract::{Form, FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::entrance::Enter;
use super::super::guard;
use super::super::layout::{page, said};
use super::super::session::{Entrant, Invited, Origin, Session};
use super::fields::Fields;
use super::frame::Step;
use super::shared::Shared;
use crate::types::Lang;
use crate::users::Role;

/// Somebody who is in.
pub(super) struct Inside(pub(super) Arc<Session>);

impl FromRequestParts<Arc<Shared>> for Inside {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let session = guard::session(&shared.site, &shared.sessions, &parts.headers);
        let session = session.ok_or_else(|| outside(shared))?;
        session.touch();
        Ok(Self(session))
    }
}

/// From where somebody comes.
pub(super) struct Whence(Origin);

impl FromRequestParts<Arc<Shared>> for Whence {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        guard::origin(parts, shared.clock.now()).map(Self)
    }
}

fn outside(shared: &Shared) -> Response {
    if let Some(page) = shared.handed_over() {
        return over(shared, &page);
    }
    let text = shared.lang().pick(
        "この画面は、renkei を起動したときに表示されたアドレスから開きます。アドレスは一度だけ使えます。ほかのブラウザーで続けるときは、renkei をいったん終了し（Ctrl-C）、起動し直してください。",
        "This page is opened by the address that renkei shows when it is started, which works once. To go on in another browser, end renkei (Ctrl-C) and start it again.",
    );
    said(shared.lang(), StatusCode::FORBIDDEN, text)
}

/// Says where the page of the node is, to whoever is not led there any more.
fn over(shared: &Shared, page: &str) -> Response {
    let lang = shared.lang();
    let text = match lang {
        Lang::Ja => format!(
            "はじめての設定は終わりました。renkei の画面 {page} を開いてログインしてください。renkei open でも開けます。"
        ),
        Lang::En => format!(
            "The first start is over. Open the page of renkei, {page}, and log in; renkei open opens it, too."
        ),
    };
    said(lang, StatusCode::FORBIDDEN, &text)
}

/// Lets somebody in who was invited.
pub(super) async fn enter(
    State(shared): State<Arc<Shared>>,
    Whence(from): Whence,
    Path(token): Path<String>,
) -> Response {
    let Some(Invited { name, key, leads_to }) = shared.sessions.invited_alone(&token) else {
        return outside(&shared);
    };
    let entrant = Entrant { name, key, role: Role::Administrator, from };
    let (cookie, _) = shared.sessions.begin(entrant);
    let cookie = shared.site.session_cookie(&cookie);
    ([(header::SET_COOKIE, cookie)], page(&Enter { lang: shared.lang(), leads_to })).into_response()
}

/// Leads to the first step.
pub(super) async fn begin(Inside(_): Inside) -> Redirect {
    Redirect::to(Step::Office.path())
}

/// Sets the language.
pub(super) async fn language(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    Form(fields): Form<Fields>,
) -> Response {
    let back = Step::of(fields.text("from")).unwrap_or(Step::Office).path();
    if let Err(answer) = fields.sealed().may_do(&session, shared.lang(), "language", back) {
        return answer;
    }
    if let Ok(lang) = fields.text("lang").parse() {
        shared.set_lang(lang);
    }
    Redirect::to(back).into_response()
}
