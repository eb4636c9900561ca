//! The way in and out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::guard::{Sealed, Visitor, cookie, cookie_name};
use super::layout::{message, page};
use super::state::Shared;
use crate::types::Lang;

#[derive(Template)]
#[template(path = "web/welcome.html", config = "src/askama.toml")]
struct Welcome {
    lang: Lang,
}

/// What somebody sees who is not in.
pub(super) async fn welcome(State(shared): State<Arc<Shared>>) -> Response {
    page(&Welcome { lang: shared.lang() })
}

/// Lets somebody in who was invited.
pub(super) async fn enter(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
) -> Response {
    let Some(value) = shared.sessions.enter(&token) else {
        let lang = shared.lang();
        return message(&shared, StatusCode::FORBIDDEN, lang.pick(
            "この入口は使えません。一度だけ、発行から 2 分以内に使えます。もう一度 renkei open を実行してください。",
            "This address works once, within two minutes. Run renkei open again.",
        ));
    };
    let name = cookie_name(&shared);
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

/// Ends the session.
pub(super) async fn leave(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(sealed): Form<Sealed>,
) -> Response {
    if let Err(answer) = visitor.may_do(&shared, &sealed, "leave", "/welcome") {
        return answer;
    }
    if let Some(cookie) = cookie(&shared, &headers) {
        shared.sessions.leave(&cookie);
    }
    let name = cookie_name(&shared);
    let cookie = format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/welcome")).into_response()
}
