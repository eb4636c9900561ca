//! Step 6: what is going to be written, and whether it can work.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::super::layout::page;
use super::super::session::Session;
use super::answers::{Administrator, Answers, Office, Planned, Reach};
use super::entrance::Inside;
use super::fields::Fields;
use super::frame::{Frame, Step};
use super::shared::Shared;
use crate::desk::founding;
use crate::node::{StartProblem, StartProblems};
use crate::types::{Lang, code};

#[derive(Template)]
#[template(path = "web/first_start/check.html", config = "src/askama.toml")]
struct Asked {
    frame: Frame,
    rows: Vec<(&'static str, String)>,
    /// What keeps the node from starting.
    problems: Vec<String>,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Inside(session): Inside) -> Response {
    asked(&shared, &session, Vec::new()).await
}

/// The page; where something is not answered yet, that step.
pub(super) async fn asked(shared: &Shared, session: &Session, wrong: Vec<String>) -> Response {
    let lang = shared.lang();
    let Some(planned) = shared.planned().await else {
        return Redirect::to(missing(&shared.answers(), shared).path()).into_response();
    };
    let mut rows = founding::summary(&planned.plan, &planned.to_make, shared.spec);
    if let Some(Administrator::New(name, _)) = shared.answers().administrator {
        let text = lang.pick("（パスワードは表示しません）", " (the password is not shown)");
        rows.push((Step::Administrator.title(lang), format!("{name}{text}")));
    }
    let problems = problems(shared, &planned).await;
    page(&Asked {
        frame: Frame::new(shared, session, Step::Check).wrong(wrong),
        rows,
        problems: told(&problems, lang),
    })
}

/// What is wrong, one text for each.
pub(super) fn told(problems: &StartProblems, lang: Lang) -> Vec<String> {
    let one = |problem: &StartProblem| {
        format!("{} [{}]", lang.pick(&problem.ja, &problem.en), problem.code)
    };
    problems.0.iter().map(one).collect()
}

/// Everything that would keep the node from starting once the folders are made.
pub(super) async fn problems(shared: &Shared, planned: &Planned) -> StartProblems {
    let Planned { plan, to_make } = planned;
    let office = &plan.office;
    let made = [("drop", &office.drop), ("import", &office.import)]
        .into_iter()
        .filter(|(_, folder)| to_make.contains(folder))
        .map(|(key, _)| format!("office {} {key}", office.number));
    let made: Vec<_> = made.collect();
    let mut found = founding::problems(plan, shared.spec, &shared.clock).await;
    found.retain(|one| one.code != code::FOLDER_MISSING || !made.contains(&one.place));
    StartProblems(found)
}

/// The first step that is not answered.
fn missing(answers: &Answers, shared: &Shared) -> Step {
    let lang = shared.lang();
    if Office::read(&answers.office, shared.spec, lang).is_err() {
        Step::Office
    } else if Reach::read(&answers.reach, lang).is_err() {
        Step::Reach
    } else if answers.keys.is_none() {
        Step::Keys
    } else if answers.administrator.is_none() {
        Step::Administrator
    } else {
        // The folders do not answer, which is told there.
        Step::Folders
    }
}

/// Goes back.
pub(super) async fn back(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    Form(fields): Form<Fields>,
) -> Response {
    let next = if fields.goes_back() { Step::Check.before() } else { Step::Check };
    if let Err(answer) = fields.sealed().may_do(&session, shared.lang(), "check", next.path()) {
        return answer;
    }
    Redirect::to(next.path()).into_response()
}
