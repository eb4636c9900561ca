//! 今日: what needs a person now, and how the exchange goes.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page, store_fault};
use super::state::Shared;
use crate::control::{Request, Target};
use crate::desk::claim::{claims, missing_in_words};
use crate::desk::needs::{self, Need, Remedy};
use crate::desk::{traffic, words};
use crate::node::Handle;
use crate::store::{StoreError, Traffic};
use crate::types::{Lang, OfficeNumber};

#[derive(Template)]
#[template(path = "web/today.html", config = "src/askama.toml")]
struct Today {
    frame: Frame,
    day: String,
    needs: Vec<Need>,
    /// How many there are; with a `+` where more are held than are shown.
    count: String,
    traffic: Vec<TrafficRow>,
    claims: Vec<ClaimRow>,
}

/// What one of our offices exchanged.
struct TrafficRow {
    office: String,
    today: Traffic,
    month: Traffic,
}

/// What is missing for the claim of one of our offices.
struct ClaimRow {
    office: OfficeNumber,
    /// Its name, where there are several.
    name: Option<String>,
    month: String,
    link: String,
    /// Of how many people each is missing, in words.
    missing: Vec<(&'static str, usize)>,
    /// Whether something more may be missing, of which nobody can tell here.
    is_unseen: bool,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let lang = shared.lang();
    let needs = match needs::find(&shared.node, lang).await {
        Ok(found) => found,
        Err(error) => return store_fault(&shared, &error),
    };
    let (traffic, claims) = match figures(&shared.node, lang).await {
        Ok(found) => found,
        Err(error) => return store_fault(&shared, &error),
    };
    let people = needs.all.iter().flat_map(|need| &need.people).map(String::as_str);
    shared.audit.viewed(&session, Act::ViewList, "/", people);
    let title = lang.pick("今日", "Today");
    let frame = Frame::new(&shared, &session, Place::Today, title).live();
    let day = day(shared.node.now(), lang);
    let count = format!("{}{}", needs.all.len(), if needs.more_held { "+" } else { "" });
    page(&Today { frame, day, needs: needs.all, count, traffic, claims })
}

/// What was exchanged, and what is missing for the claim while offices claim.
async fn figures(
    node: &Handle,
    lang: Lang,
) -> Result<(Vec<TrafficRow>, Vec<ClaimRow>), StoreError> {
    let config = node.config();
    let found = traffic::since(node, traffic::beginning_of_day(node.now())).await?;
    let rows = found.iter().map(|of_office| TrafficRow {
        office: words::office(of_office.office, &config),
        today: of_office.today,
        month: of_office.month,
    });
    let rows = rows.collect();
    let claims = claims(node).await?.into_iter().map(|claim| ClaimRow {
        office: claim.office,
        name: (config.offices.len() > 1).then(|| words::office(claim.office, &config)),
        month: claim.month.in_words(lang),
        link: format!(
            "/month?month={:04}-{:02}&office={}",
            claim.month.year(),
            claim.month.month(),
            claim.office
        ),
        missing: claim
            .missing
            .into_iter()
            .map(|(what, count)| (missing_in_words(what, lang), count))
            .collect(),
        is_unseen: claim.is_unseen,
    });
    Ok((rows, claims.collect()))
}

/// The day in words.
fn day(now: Timestamp, lang: Lang) -> String {
    let date = now.to_zoned(TimeZone::system()).date();
    let weekday = usize::try_from(date.weekday().to_sunday_zero_offset()).unwrap_or_default();
    match lang {
        Lang::Ja => {
            let names = ["日", "月", "火", "水", "木", "金", "土"];
            let name = names.get(weekday).copied().unwrap_or_default();
            format!("{}年{}月{}日（{name}）", date.year(), date.month(), date.day())
        }
        Lang::En => date.strftime("%A, %-d %B %Y").to_string(),
    }
}

/// What the button to try again sends.
#[derive(Debug, Deserialize)]
pub(super) struct Retry {
    #[serde(flatten)]
    sealed: Sealed,
    partner: OfficeNumber,
}

pub(super) async fn retry(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(retry): Form<Retry>,
) -> Response {
    let what = format!("retry {}", retry.partner);
    if let Err(answer) = visitor.may_do(&shared, &retry.sealed, &what, "/") {
        return answer;
    }
    let Visitor(session) = visitor;
    let request = Request::Retry { target: Target::Partner(retry.partner) };
    let answer = shared.node.order(request, session.user.clone()).await;
    session.tell(answer.done, answer.text(shared.lang()));
    Redirect::to("/").into_response()
}

/// What the button to place the next set sends.
#[derive(Debug, Deserialize)]
pub(super) struct Taken {
    #[serde(flatten)]
    sealed: Sealed,
    office: OfficeNumber,
}

pub(super) async fn taken(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(taken): Form<Taken>,
) -> Response {
    let what = format!("taken {}", taken.office);
    if let Err(answer) = visitor.may_do(&shared, &taken.sealed, &what, "/") {
        return answer;
    }
    let Visitor(session) = visitor;
    let request = Request::Taken { office: Some(taken.office) };
    let answer = shared.node.order(request, session.user.clone()).await;
    session.tell(answer.done, answer.text(shared.lang()));
    Redirect::to("/").into_response()
}
