//! Step 3: how partners reach the node.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::super::layout::page;
use super::super::session::Session;
use super::answers::Reach;
use super::entrance::Inside;
use super::fields::Fields;
use super::frame::{Frame, Step};
use super::shared::Shared;

#[derive(Template)]
#[template(path = "web/first_start/reach.html", config = "src/askama.toml")]
struct Asked {
    frame: Frame,
    how: String,
    url: String,
    port: String,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Inside(session): Inside) -> Response {
    asked(&shared, &session, Vec::new())
}

fn asked(shared: &Shared, session: &Session, wrong: Vec<String>) -> Response {
    let typed = shared.answers().reach;
    page(&Asked {
        frame: Frame::new(shared, session, Step::Reach).wrong(wrong),
        how: typed.text("how").to_owned(),
        url: typed.text("url").to_owned(),
        port: typed.text("port").to_owned(),
    })
}

pub(super) async fn set(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    Form(fields): Form<Fields>,
) -> Response {
    let lang = shared.lang();
    let (back, next) = match Step::Reach.leads(&fields, &session, lang) {
        Ok(leads) => leads,
        Err(answer) => return answer,
    };
    let read = Reach::read(&fields, lang);
    shared.state().answers.reach = fields;
    match read {
        Err(wrong) if !back => asked(&shared, &session, vec![wrong]),
        _ => Redirect::to(next).into_response(),
    }
}
