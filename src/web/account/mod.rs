//! What everybody sets for themselves: the password, the app, where else they are in.

pub(super) mod app;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::audit::Act;
use super::entrance::{Refusal, Tried, check, span};
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, not_found, page, users_fault};
use super::session::{Entrant, Origin, Session};
use super::state::Shared;
use crate::desk::words;
use crate::types::Lang;
use crate::users::{LEAST_PASSWORD, MOST_PASSWORD, User, UserName, Users};

const HERE: &str = "/account";

#[derive(Template)]
#[template(path = "web/account/account.html", config = "src/askama.toml")]
struct Account {
    frame: Frame,
    /// Nothing of whoever was let in by a command.
    user: Option<Own>,
    least: usize,
    most: usize,
    sessions: Vec<Row>,
}

/// What somebody may know of themselves.
struct Own {
    role: &'static str,
    since: String,
    has_app: bool,
    codes: usize,
}

/// Where somebody is in.
struct Row {
    is_this: bool,
    began: String,
    seen: String,
    address: String,
    browser: String,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let lang = shared.lang();
    let user = match own(&shared, &session).await {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let user = user.map(|user| Own {
        role: user.role.text(lang),
        since: words::time(user.since),
        has_app: user.has_app(),
        codes: user.recovery_codes(),
    });
    let sessions = shared.sessions.of_same(&session);
    let sessions = sessions.iter().map(|other| row(other, Arc::ptr_eq(other, &session), lang));
    let title = lang.pick("自分の設定", "Your account");
    page(&Account {
        frame: Frame::new(&shared, &session, Place::Account, title),
        user,
        least: LEAST_PASSWORD,
        most: MOST_PASSWORD,
        sessions: sessions.collect(),
    })
}

fn row(session: &Session, is_this: bool, lang: Lang) -> Row {
    let minutes = session.rests().as_secs() / 60;
    Row {
        is_this,
        began: words::time(session.from.at),
        seen: match (minutes, lang) {
            (0, _) => lang.pick("いま", "now").to_owned(),
            (_, Lang::Ja) => format!("{minutes} 分前"),
            (_, Lang::En) => format!("{minutes} min ago"),
        },
        address: session.from.address.to_string(),
        browser: session.from.browser.clone(),
    }
}

/// The user whose session it is; nobody where it was begun by a command.
async fn own(shared: &Shared, session: &Session) -> Result<Option<User>, Response> {
    let Some(key) = &session.key else { return Ok(None) };
    let users = shared.users().await.map_err(|error| users_fault(shared, &error))?;
    Ok(users.of_key(key).cloned())
}

/// Shows that it is still the same person: a session that somebody left open does not suffice.
async fn proven(
    shared: &Shared,
    session: &Session,
    origin: &Origin,
    password: String,
) -> Result<User, Response> {
    let lang = shared.lang();
    let Some(user) = own(shared, session).await? else { return Err(not_found(shared)) };
    let tried = Tried {
        typed: user.name.to_string(),
        name: Some(user.name),
        password: Zeroizing::new(password),
        code: None,
    };
    match check(shared, origin, tried).await {
        Ok((user, _)) => Ok(user),
        Err(refusal) => {
            let text = match refusal {
                Refusal::Wrong => lang
                    .pick("いまのパスワードが違います。", "This is not your password.")
                    .to_owned(),
                // Whoever is in wants to get in nowhere.
                Refusal::Locked(wait) => {
                    let span = span(wait, lang);
                    match lang {
                        Lang::Ja => format!(
                            "続けて間違えたため、あと {span} はパスワードを確かめられません。時間がたってから、もう一度操作してください。"
                        ),
                        Lang::En => {
                            format!("The password was wrong too often. Try again in {span}.")
                        }
                    }
                }
                other => other.text(lang),
            };
            session.tell(false, text);
            Err(Redirect::to(HERE).into_response())
        }
    }
}

/// What somebody fills in to change the password.
#[derive(Deserialize)]
pub(super) struct Change {
    #[serde(flatten)]
    sealed: Sealed,
    password: String,
    new: String,
    again: String,
}

/// Changes the own password. All sessions end but this one, which goes on under a new cookie.
pub(super) async fn password(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    origin: Origin,
    Form(change): Form<Change>,
) -> Response {
    if let Err(answer) = visitor.may_do(&shared, &change.sealed, "password", HERE) {
        return answer;
    }
    let (Visitor(session), lang) = (visitor, shared.lang());
    let new = Zeroizing::new(change.new);
    if *new != *Zeroizing::new(change.again) {
        session.tell(false, not_twice(lang));
        return Redirect::to(HERE).into_response();
    }
    let user = match proven(&shared, &session, &origin, change.password).await {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let key = match set_password(&shared, &user.name, new).await {
        Ok(key) => key,
        Err(told) => {
            session.tell(false, told);
            return Redirect::to(HERE).into_response();
        }
    };
    shared.audit.did(&session, Act::OwnPassword, "");
    let entrant =
        Entrant { name: user.name.to_string(), key: Some(key), role: user.role, from: origin };
    shared.sessions.end(|other| other.key.as_ref() == Some(&user.key));
    let (cookie, session) = shared.sessions.begin(entrant);
    session.tell(
        true,
        lang.pick(
            "パスワードを変更しました。ほかのブラウザーのログインはすべて終了しました。",
            "Your password is changed. You are signed out everywhere else.",
        ),
    );
    ([(header::SET_COOKIE, shared.site.session_cookie(&cookie))], Redirect::to(HERE))
        .into_response()
}

/// Sets a password and gives the new key of the user, or says why not.
pub(super) async fn set_password(
    shared: &Shared,
    name: &UserName,
    new: Zeroizing<String>,
) -> Result<String, String> {
    let (lang, now, whose) = (shared.lang(), shared.node.now(), name.clone());
    let hash = shared.hashing(move || Users::hash(&whose, &new)).await;
    let hash = hash.ok_or_else(|| Refusal::Busy.text(lang))?.map_err(|error| error.text(lang))?;
    let name = name.clone();
    let changed = shared.change_users(move |users| users.set_password(&name, hash, now)).await;
    changed.map_err(|error| error.text(lang))
}

/// Two passwords that should be one.
pub(super) const fn not_twice(lang: Lang) -> &'static str {
    lang.pick(
        "新しいパスワードが、確認用のものと違います。",
        "The new password was not written the same twice.",
    )
}

/// Ends the other sessions of whoever has this one.
pub(super) async fn end_others(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(sealed): Form<Sealed>,
) -> Response {
    if let Err(answer) = visitor.may_do(&shared, &sealed, "sessions", HERE) {
        return answer;
    }
    let (Visitor(session), lang) = (visitor, shared.lang());
    let others = shared.sessions.of_same(&session);
    let is_other = |one: &Session| {
        !std::ptr::eq(one, Arc::as_ptr(&session))
            && others.iter().any(|other| std::ptr::eq(one, Arc::as_ptr(other)))
    };
    let ended = shared.sessions.end(is_other);
    shared.audit.did(&session, Act::SessionsEnded, "");
    session.tell(
        true,
        match lang {
            Lang::Ja => format!("ほかのログインを終了しました（{ended} 件）。"),
            Lang::En => format!("Other sessions that were ended: {ended}."),
        },
    );
    Redirect::to(HERE).into_response()
}
