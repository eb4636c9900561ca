//! 詳しく調べる: everything that can be looked at from here, as `renkei doctor` shows it.

use std::cmp::Reverse;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tokio::time::timeout;

use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page};
use super::state::Shared;
use crate::config::{Config, Draft};
use crate::desk::doctor::{Examination, Grade, Line, examine};
use crate::desk::words;
use crate::work;

/// How long the button waits. What takes longer goes on, and the page says so.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Template)]
#[template(path = "web/doctor.html", config = "src/askama.toml")]
struct Page {
    frame: Frame,
    /// Whether it is being looked at.
    busy: bool,
    /// When, if it was looked at since the start.
    at: Option<String>,
    broken: usize,
    look: usize,
    /// What is not fine, each with its topic, the worst first.
    attention: Vec<(&'static str, Row)>,
    fine: Vec<(&'static str, Row)>,
}

/// A line as it is shown.
struct Row {
    tone: &'static str,
    grade: &'static str,
    about: String,
    text: String,
    code: &'static str,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let lang = shared.lang();
    // Whoever looks holds it.
    let (busy, last) = match shared.examined.try_lock() {
        Ok(last) => (false, last.clone()),
        Err(_) => (true, None),
    };
    let title = lang.pick("詳しい診断", "Examination");
    let count = |grade| last.as_ref().map_or(0, |found: &Examination| found.count(grade));
    let row = |line: &Line| Row {
        tone: match line.grade {
            Grade::Fine => "good",
            Grade::Look => "warn",
            Grade::Broken => "bad",
        },
        grade: line.grade.text(lang),
        about: line.about.clone(),
        text: line.text(lang).to_owned(),
        code: line.code.unwrap_or_default(),
    };
    let mut lines: Vec<&Line> = last.iter().flat_map(|found| &found.lines).collect();
    lines.sort_by_key(|line| Reverse(line.grade));
    let rows = |is_fine: bool| {
        let lines = lines.iter().filter(move |line| (line.grade == Grade::Fine) == is_fine);
        lines.map(|line| (line.topic.title(lang), row(line))).collect()
    };
    page(&Page {
        frame: Frame::new(&shared, &session, Place::Diagnosis, title),
        busy,
        at: last.as_ref().map(|found| words::time(found.at)),
        broken: count(Grade::Broken),
        look: count(Grade::Look),
        attention: rows(false),
        fine: rows(true),
    })
}

/// A configuration that runs has no problems.
fn draft(config: impl Deref<Target = Config>) -> Draft {
    Draft { config: Config::clone(&config), problems: Vec::new() }
}

/// What the button sends.
#[derive(Debug, Deserialize)]
pub(super) struct Ask {
    #[serde(flatten)]
    sealed: Sealed,
}

/// Looks at everything, once at a time: whoever comes while somebody looks gets what that one finds.
pub(super) async fn run(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(ask): Form<Ask>,
) -> Response {
    let leads_to = "/diagnosis/doctor";
    if let Err(answer) = visitor.may_do(&shared, &ask.sealed, "examine", leads_to) {
        return answer;
    }
    let looks = Arc::clone(&shared);
    let look = work::spawn(async move {
        let Ok(mut last) = looks.examined.try_lock() else { return };
        let found =
            examine(draft(looks.node.config()), looks.node.spec(), looks.node.clock().clone())
                .await;
        *last = Some(found);
    });
    let _ = timeout(PATIENCE, look).await;
    Redirect::to(leads_to).into_response()
}
