//! Step 1: who the office is.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::super::layout::page;
use super::super::session::Session;
use super::answers::Office;
use super::entrance::Inside;
use super::fields::Fields;
use super::frame::{Frame, Step};
use super::shared::Shared;
use crate::desk::founding;

#[derive(Template)]
#[template(path = "web/first_start/office.html", config = "src/askama.toml")]
struct Asked {
    frame: Frame,
    number_text: &'static str,
    name_text: &'static str,
    number: String,
    name: String,
    /// Code, official name, whether it was chosen.
    types: Vec<(String, String, bool)>,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Inside(session): Inside) -> Response {
    asked(&shared, &session, Vec::new())
}

fn asked(shared: &Shared, session: &Session, wrong: Vec<String>) -> Response {
    let typed = shared.answers().office;
    let lang = shared.lang();
    let types = shared.spec.office_types().map(|(code, name)| {
        let code = code.to_string();
        let is_chosen = typed.all("type").any(|chosen| chosen == code);
        (code, name.to_owned(), is_chosen)
    });
    page(&Asked {
        frame: Frame::new(shared, session, Step::Office).wrong(wrong),
        number_text: founding::number_question(lang),
        name_text: founding::name_question(lang),
        number: typed.text("number").to_owned(),
        name: typed.text("name").to_owned(),
        types: types.collect(),
    })
}

pub(super) async fn set(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    Form(fields): Form<Fields>,
) -> Response {
    let (lang, next) = (shared.lang(), Step::Office.after().path());
    if let Err(answer) = fields.sealed().may_do(&session, lang, "office", next) {
        return answer;
    }
    let read = Office::read(&fields, shared.spec, lang);
    shared.state().answers.office = fields;
    match read {
        Ok(_) => Redirect::to(next).into_response(),
        Err(wrong) => asked(&shared, &session, wrong),
    }
}
