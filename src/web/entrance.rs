//! The way in and out.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Extension, Form, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{message, page};
use super::session::{Entrant, Invited, Origin, Session};
use super::state::Shared;
use crate::types::Lang;
use crate::users::{Factor, PasswordHash, Role, User, UserName, Users};

#[derive(Template)]
#[template(path = "web/welcome.html", config = "src/askama.toml")]
struct Welcome {
    lang: Lang,
    /// Whether anybody can log in with a password.
    has_users: bool,
    /// What went wrong.
    told: Option<String>,
}

#[derive(Template)]
#[template(path = "web/enter.html", config = "src/askama.toml")]
pub(super) struct Enter {
    pub(super) lang: Lang,
    pub(super) leads_to: &'static str,
}

/// What somebody sees who is not in.
pub(super) async fn welcome(State(shared): State<Arc<Shared>>) -> Response {
    match shared.users().await {
        Ok(users) => outside(&shared, !users.is_empty(), None),
        Err(error) => outside(&shared, false, Some(error.text(shared.lang()))),
    }
}

fn outside(shared: &Shared, has_users: bool, told: Option<String>) -> Response {
    page(&Welcome { lang: shared.lang(), has_users, told })
}

/// Lets somebody in who was invited.
///
/// The answer is a page that leads on, not a redirection: where a link in another program leads here,
/// the browser would follow a redirection without the cookie that it just got.
pub(super) async fn enter(
    State(shared): State<Arc<Shared>>,
    before: Option<Extension<Arc<Session>>>,
    origin: Origin,
    Path(token): Path<String>,
) -> Response {
    let lang = shared.lang();
    let Some(Invited { name, key, leads_to }) = shared.sessions.invited(&token) else {
        return message(&shared, StatusCode::FORBIDDEN, lang.pick(
            "この入口は使えません。一度だけ、期限のうちに使えます（renkei open では発行から 2 分）。もう一度 renkei open を実行してください。",
            "This address works once, and not for ever (one of renkei open for two minutes). Run renkei open again.",
        ));
    };
    let entrant = Entrant { name, key, role: Role::Administrator, from: origin };
    let (cookie, session) = shared.sessions.begin(entrant);
    end(&shared, before);
    shared.audit.did(&session, Act::Entered, "");
    let cookie = shared.site.session_cookie(&cookie);
    ([(header::SET_COOKIE, cookie)], page(&Enter { lang, leads_to })).into_response()
}

/// What somebody fills in to log in.
#[derive(Deserialize)]
pub(super) struct Login {
    name: String,
    password: String,
    #[serde(default)]
    code: String,
}

/// Lets somebody in who knows the password of a user.
pub(super) async fn login(
    State(shared): State<Arc<Shared>>,
    before: Option<Extension<Arc<Session>>>,
    origin: Origin,
    Form(login): Form<Login>,
) -> Response {
    let lang = shared.lang();
    let name = login.name.trim().parse::<UserName>().ok();
    let tried = Tried {
        typed: login.name.trim().to_owned(),
        name,
        password: Zeroizing::new(login.password),
        code: Some(login.code),
    };
    let (user, factor) = match check(&shared, &origin, tried).await {
        Ok(found) => found,
        Err(refusal) => {
            let status = refusal.status();
            return (status, outside(&shared, true, Some(refusal.text(lang)))).into_response();
        }
    };
    let entrant =
        Entrant { name: user.name.to_string(), key: Some(user.key), role: user.role, from: origin };
    let (cookie, session) = shared.sessions.begin(entrant);
    end(&shared, before);
    shared.audit.did(&session, Act::Login, "");
    if let Factor::Recovery(left) = factor {
        session.tell(true, match lang {
            Lang::Ja => format!("回復コードでログインしました。残りは {left} 個です。認証アプリが使えないときは、二段階認証を設定し直してください。"),
            Lang::En => format!("You came in with a recovery code; {left} are left. If the app is lost, set it up anew."),
        });
    }
    ([(header::SET_COOKIE, shared.site.session_cookie(&cookie))], Redirect::to("/")).into_response()
}

/// Ends the session that a browser had before it got a new one: nobody uses its cookie any more, but
/// somebody who took it.
fn end(shared: &Shared, before: Option<Extension<Arc<Session>>>) {
    if let Some(Extension(before)) = before {
        shared.sessions.end(|one| std::ptr::eq(one, Arc::as_ptr(&before)));
    }
}

/// What somebody tries to get in with, or to show that it is them.
pub(super) struct Tried {
    /// What stands in the field of the name.
    pub(super) typed: String,
    /// The same, if it can be a name at all.
    pub(super) name: Option<UserName>,
    pub(super) password: Zeroizing<String>,
    /// The code of an app, where it is asked for too.
    pub(super) code: Option<String>,
}

/// Why somebody does not get in. Nobody learns whether it was the name, the password or the code.
#[derive(Debug)]
pub(super) enum Refusal {
    Wrong,
    /// It was tried too often; how long to wait.
    Locked(Duration),
    /// Too many try at the same time.
    Busy,
    /// It cannot be told.
    Fault(String),
}

impl Refusal {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Wrong => StatusCode::FORBIDDEN,
            Self::Locked(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Fault(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    pub(super) fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Wrong, _) => lang
                .pick(
                    "ログインできませんでした。名前・パスワード・確認コードを確かめてください。",
                    "That did not work. Check name, password and code.",
                )
                .to_owned(),
            (Self::Locked(wait), _) => {
                let span = span(*wait, lang);
                match lang {
                    Lang::Ja => format!(
                        "続けて間違えたため、あと {span} はログインできません。時間がたってから、もう一度試してください。"
                    ),
                    Lang::En => format!("It was tried too often. Try again in {span}."),
                }
            }
            (Self::Busy, _) => lang
                .pick(
                    "いま混み合っています。少し待ってから、もう一度試してください。",
                    "Too many people are logging in. Try again in a moment.",
                )
                .to_owned(),
            (Self::Fault(text), _) => text.clone(),
        }
    }
}

/// How long to wait, in words.
pub(super) fn span(wait: Duration, lang: Lang) -> String {
    let seconds = wait.as_secs() + 1;
    let (minutes, rest) = (seconds / 60, seconds % 60);
    match (minutes, lang) {
        (0, Lang::Ja) => format!("{rest} 秒"),
        (0, Lang::En) => format!("{rest} seconds"),
        (_, Lang::Ja) => format!("{minutes} 分 {rest} 秒"),
        (_, Lang::En) => format!("{minutes} min {rest} s"),
    }
}

/// Whether somebody is the user of the name that they give. A name that nobody has takes as long and
/// says the same as a wrong password.
pub(super) async fn check(
    shared: &Shared,
    origin: &Origin,
    tried: Tried,
) -> Result<(User, Factor), Refusal> {
    let lang = shared.lang();
    let Tried { typed, name, password, code } = tried;
    let users = shared.users().await.map_err(|error| Refusal::Fault(error.text(lang)))?;
    let user = name.and_then(|name| users.named(&name).cloned());
    let unlocked_at = user.as_ref().and_then(User::unlocked_at);
    let (address, now) = (origin.address, shared.node.now());
    let attempt = shared.attempts.begin(&typed, address, unlocked_at, now);
    let attempt = attempt.map_err(Refusal::Locked)?;
    let hash = user.as_ref().map_or_else(PasswordHash::of_nobody, |user| user.password().clone());
    let Some(fits) = shared.hashing(move || hash.is_of(&password)).await else {
        attempt.never_was();
        return Err(Refusal::Busy);
    };
    // A name that nobody has is not written down: it may be a password in the wrong field.
    let user = user.ok_or(Refusal::Wrong)?;
    let factor = match code {
        _ if !fits => None,
        // Writing takes time, by which a right password could be told with a wrong code.
        Some(code)
            if user.has_app()
                && Users::clone(&users).take_factor(&user.key, &code, now).is_none() =>
        {
            None
        }
        Some(code) if user.has_app() => {
            let key = user.key.clone();
            let taken = shared.change_users(move |users| Ok(users.take_factor(&key, &code, now)));
            match taken.await {
                Ok(factor) => factor,
                Err(error) => {
                    attempt.never_was();
                    return Err(Refusal::Fault(error.text(lang)));
                }
            }
        }
        _ => Some(Factor::None),
    };
    let Some(factor) = factor else {
        shared.audit.refused(user.name.as_str(), address);
        return Err(Refusal::Wrong);
    };
    attempt.succeeded();
    Ok((user, factor))
}

/// Ends the session.
pub(super) async fn leave(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(sealed): Form<Sealed>,
) -> Response {
    if let Err(answer) = visitor.may_do(&shared, &sealed, "leave", "/welcome") {
        return answer;
    }
    let Visitor(session) = visitor;
    shared.audit.did(&session, Act::Left, "");
    shared.sessions.end(|other| std::ptr::eq(other, Arc::as_ptr(&session)));
    ([(header::SET_COOKIE, shared.site.no_cookie())], Redirect::to("/welcome")).into_response()
}
