//! Setting up an authenticator app, and doing without again.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{HERE, own, proven};
use crate::desk::square::Square;
use crate::users::{RecoveryCode, UserName};
use crate::web::audit::Act;
use crate::web::guard::{Sealed, Visitor};
use crate::web::layout::{Frame, Place, not_found, page, users_fault};
use crate::web::session::{Origin, Session};
use crate::web::state::Shared;

const SETTING_UP: &str = "/account/app";

#[derive(Template)]
#[template(path = "web/account/app.html", config = "src/askama.toml")]
struct App {
    frame: Frame,
    square: Option<Square>,
    groups: String,
    uri: String,
}

#[derive(Template)]
#[template(path = "web/account/codes.html", config = "src/askama.toml")]
struct Codes {
    frame: Frame,
    codes: Vec<RecoveryCode>,
}

pub(in crate::web) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
) -> Response {
    match own(&shared, &session).await {
        Ok(Some(user)) => setting_up(&shared, &session, &user.name),
        Ok(None) => not_found(&shared),
        Err(answer) => answer,
    }
}

fn setting_up(shared: &Shared, session: &Session, name: &UserName) -> Response {
    let secret = session.app_secret();
    let uri = secret.uri(name.as_str());
    let title = shared.lang().pick("二段階認証の設定", "Set up an app");
    page(&App {
        frame: Frame::new(shared, session, Place::Account, title),
        square: Square::of(&uri),
        groups: secret.groups(),
        uri,
    })
}

/// What somebody fills in who has scanned the square.
#[derive(Deserialize)]
pub(in crate::web) struct Set {
    #[serde(flatten)]
    sealed: Sealed,
    password: String,
    code: String,
}

/// Asks for codes from now on, once the app has shown one. The recovery codes are shown in the answer
/// itself: they are shown once and kept nowhere.
pub(in crate::web) async fn set(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    origin: Origin,
    Form(set): Form<Set>,
) -> Response {
    if let Err(answer) = visitor.may_do(&shared, &set.sealed, "app", HERE) {
        return answer;
    }
    let (Visitor(session), lang) = (visitor, shared.lang());
    let user = match proven(&shared, &session, &origin, set.password).await {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let secret = session.app_secret();
    let Some(step) = secret.step_of(&set.code, shared.node.now(), 0) else {
        session.tell(false, lang.pick(
            "確認コードが違います。アプリに表示されている 6 桁の数字を入力してください。パソコンと携帯電話の時刻が合っているかも確かめてください。",
            "That is not the code. Type the six digits that the app shows; see whether the clocks of both devices are right.",
        ));
        return Redirect::to(SETTING_UP).into_response();
    };
    let name = user.name;
    match shared.change_users(move |users| users.set_app(&name, secret, step)).await {
        Ok(codes) => {
            session.forget_app_secret();
            shared.audit.did(&session, Act::AppSet, "");
            let title = lang.pick("回復コード", "Recovery codes");
            page(&Codes { frame: Frame::new(&shared, &session, Place::Account, title), codes })
        }
        Err(error) => users_fault(&shared, &error),
    }
}

/// What somebody fills in who wants to do without.
#[derive(Deserialize)]
pub(in crate::web) struct Remove {
    #[serde(flatten)]
    sealed: Sealed,
    password: String,
}

pub(in crate::web) async fn remove(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    origin: Origin,
    Form(remove): Form<Remove>,
) -> Response {
    if let Err(answer) = visitor.may_do(&shared, &remove.sealed, "no app", HERE) {
        return answer;
    }
    let (Visitor(session), lang) = (visitor, shared.lang());
    let user = match proven(&shared, &session, &origin, remove.password).await {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let name = user.name;
    match shared.change_users(move |users| users.remove_app(&name)).await {
        Ok(()) => {
            shared.audit.did(&session, Act::AppRemoved, "");
            session.tell(
                true,
                lang.pick(
                    "二段階認証を解除しました。アプリに残っている登録は削除してください。",
                    "Codes are not asked for any more. Remove the entry from the app.",
                ),
            );
            Redirect::to(HERE).into_response()
        }
        Err(error) => users_fault(&shared, &error),
    }
}
