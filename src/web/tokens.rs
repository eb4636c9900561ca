//! トークン: by what care software calls the API. For administrators.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page, users_fault};
use super::session::Session;
use super::state::Shared;
use crate::desk::words;
use crate::types::{Lang, OfficeNumber};
use crate::users::{Access, MOST_DAYS, Right, TokenSecret, UserName, UsersError};

const HERE: &str = "/tokens";

#[derive(Template)]
#[template(path = "web/tokens.html", config = "src/askama.toml")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    offices: Vec<(OfficeNumber, String)>,
    most_days: i64,
}

/// One token.
struct Row {
    name: String,
    rights: Vec<&'static str>,
    office: String,
    since: String,
    expires: Option<String>,
    is_over: bool,
    used: Option<String>,
}

/// A token that was just made.
#[derive(Template)]
#[template(path = "web/token.html", config = "src/askama.toml")]
struct Made {
    frame: Frame,
    name: String,
    secret: TokenSecret,
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let (lang, config, now) = (shared.lang(), shared.node.config(), shared.node.now());
    let tokens = match shared.tokens().await {
        Ok(tokens) => tokens,
        Err(error) => return users_fault(&shared, &error),
    };
    let all = || lang.pick("すべての事業所", "all offices").to_owned();
    let rows = tokens.all().iter().map(|token| Row {
        name: token.name.to_string(),
        rights: token.access.rights.iter().map(|right| right.text(lang)).collect(),
        office: token.access.office.map_or_else(all, |office| words::office(office, &config)),
        since: words::time(token.since),
        expires: token.access.expires.map(words::time),
        is_over: token.is_over(now),
        used: token.used.map(words::time),
    });
    let offices = config.offices.iter().map(|it| (it.number, words::office(it.number, &config)));
    let title = lang.pick("API のトークン", "Tokens of the API");
    page(&List {
        frame: Frame::new(&shared, &session, Place::Users, title),
        rows: rows.collect(),
        offices: offices.collect(),
        most_days: MOST_DAYS,
    })
}

/// What the form of a new token sends.
#[derive(Deserialize)]
pub(super) struct New {
    #[serde(flatten)]
    sealed: Sealed,
    name: String,
    #[serde(default)]
    read: String,
    #[serde(default)]
    send: String,
    #[serde(default)]
    office: String,
    #[serde(default)]
    days: String,
}

pub(super) async fn add(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(new): Form<New>,
) -> Response {
    if let Err(answer) = visitor.may_do(&shared, &new.sealed, "add a token", HERE) {
        return answer;
    }
    let Visitor(session) = visitor;
    let lang = shared.lang();
    let (name, access) = match wanted(&shared, &new) {
        Ok(wanted) => wanted,
        Err(told) => return back(&session, Err(told)),
    };
    let (now, called) = (shared.node.now(), name.clone());
    match shared.change_tokens(move |tokens| tokens.add(called, access, now)).await {
        Ok(secret) => {
            shared.audit.did(&session, Act::TokenMade, name.as_str());
            let title = lang.pick("新しいトークン", "A new token");
            let frame = Frame::new(&shared, &session, Place::Users, title);
            page(&Made { frame, name: name.to_string(), secret })
        }
        Err(error) => back(&session, Err(error.text(lang))),
    }
}

/// What was typed, or why it does not do.
fn wanted(shared: &Shared, new: &New) -> Result<(UserName, Access), String> {
    let lang = shared.lang();
    let name = new.name.parse().map_err(|error| UsersError::text(&error, lang))?;
    let ticked = [(Right::Read, &new.read), (Right::Send, &new.send)].into_iter();
    let rights: BTreeSet<_> =
        ticked.filter(|(_, value)| !value.is_empty()).map(|(right, _)| right).collect();
    if rights.is_empty() {
        let told = lang.pick("できることを選んでください。", "Choose what the token may do.");
        return Err(told.to_owned());
    }
    let office = match new.office.as_str() {
        "" => None,
        number => {
            let office = number.parse().ok();
            let ours = office.filter(|office| shared.node.config().office(*office).is_some());
            Some(ours.ok_or_else(|| {
                lang.pick("その事業所はありません。", "There is no such office.").to_owned()
            })?)
        }
    };
    let days = Some(new.days.trim()).filter(|days| !days.is_empty());
    let expires = days.map(|days| Access::expiry(days.parse().ok()?, shared.node.now()));
    let expires = match expires {
        None => None,
        Some(Some(expires)) => Some(expires),
        Some(None) => {
            return Err(match lang {
                Lang::Ja => format!("期限は 1 日から {MOST_DAYS} 日までにしてください。"),
                Lang::En => format!("A token ends after 1 to {MOST_DAYS} days."),
            });
        }
    };
    Ok((name, Access { rights, office, expires }))
}

/// Leads back to the page, which tells what came of it.
fn back(session: &Session, done: Result<String, String>) -> Response {
    match done {
        Ok(text) => session.tell(true, text),
        Err(text) => session.tell(false, text),
    }
    Redirect::to(HERE).into_response()
}

/// What the button of a token sends.
#[derive(Deserialize)]
pub(super) struct Revoke {
    #[serde(flatten)]
    sealed: Sealed,
    name: String,
}

pub(super) async fn revoke(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(order): Form<Revoke>,
) -> Response {
    let what = format!("revoke {}", order.name);
    if let Err(answer) = visitor.may_do(&shared, &order.sealed, &what, HERE) {
        return answer;
    }
    let Visitor(session) = visitor;
    let lang = shared.lang();
    let name: UserName = match order.name.parse() {
        Ok(name) => name,
        Err(error) => return back(&session, Err(UsersError::text(&error, lang))),
    };
    let called = name.clone();
    let revoked = shared.change_tokens(move |tokens| tokens.revoke(&called)).await;
    back(
        &session,
        revoked.map_err(|error| error.text(lang)).map(|()| {
            shared.audit.did(&session, Act::TokenRevoked, name.as_str());
            match lang {
                Lang::Ja => format!("トークン {name} を取り消しました。"),
                Lang::En => format!("The token {name} is revoked."),
            }
        }),
    )
}
