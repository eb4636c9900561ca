//! ユーザー: who may log in. For administrators.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::account::{not_twice, set_password};
use super::audit::Act;
use super::entrance::Refusal;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page, users_fault};
use super::session::Session;
use super::state::Shared;
use crate::desk::words;
use crate::types::Lang;
use crate::users::{LEAST_PASSWORD, MOST_PASSWORD, Role, UserName, Users, UsersError};

const HERE: &str = "/users";

#[derive(Template)]
#[template(path = "web/users.html", config = "src/askama.toml")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    roles: [(&'static str, &'static str); 2],
    least: usize,
    most: usize,
    /// What was filled in to add somebody, and was refused; not the password.
    typed: Typed,
}

/// What was filled in.
#[derive(Default)]
struct Typed {
    name: String,
    role: String,
}

/// One user.
struct Row {
    name: String,
    role: Role,
    role_text: &'static str,
    since: String,
    has_app: bool,
    is_self: bool,
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    listed(&shared, &session, Typed::default()).await
}

async fn listed(shared: &Shared, session: &Session, typed: Typed) -> Response {
    let lang = shared.lang();
    let users = match shared.users().await {
        Ok(users) => users,
        Err(error) => return users_fault(shared, &error),
    };
    let rows = users.all().iter().map(|user| Row {
        name: user.name.to_string(),
        role: user.role,
        role_text: user.role.text(lang),
        since: words::time(user.since),
        has_app: user.has_app(),
        is_self: session.key.as_ref() == Some(&user.key),
    });
    let title = lang.pick("ユーザー", "Users");
    page(&List {
        frame: Frame::new(shared, session, Place::Users, title),
        rows: rows.collect(),
        roles: Role::ALL.map(|role| (role.as_str(), role.text(lang))),
        least: LEAST_PASSWORD,
        most: MOST_PASSWORD,
        typed,
    })
}

/// What the forms send. Each leaves out what it has no use for.
#[derive(Deserialize)]
pub(super) struct Order {
    #[serde(flatten)]
    sealed: Sealed,
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
    /// Whether the app goes too.
    #[serde(default)]
    app: String,
}

/// An order that may be carried out.
struct Ordered {
    session: Arc<Session>,
    name: UserName,
    /// None of a form that sets no role.
    role: Option<Role>,
    password: Zeroizing<String>,
    again: Zeroizing<String>,
    removes_app: bool,
}

/// Reads an order; what is wrong with it is told on the page of users.
fn read(shared: &Shared, visitor: Visitor, order: Order, what: &str) -> Result<Ordered, Response> {
    visitor.may_do(shared, &order.sealed, &format!("{what} {}", order.name), HERE)?;
    let Visitor(session) = visitor;
    let lang = shared.lang();
    match order.name.parse() {
        Ok(name) => Ok(Ordered {
            session,
            name,
            role: order.role.parse().ok(),
            password: Zeroizing::new(order.password),
            again: Zeroizing::new(order.again),
            removes_app: !order.app.is_empty(),
        }),
        Err(error) => Err(back(&session, Err(UsersError::text(&error, lang)))),
    }
}

/// Leads back to the page, which tells what came of it.
fn back(session: &Session, done: Result<String, String>) -> Response {
    match done {
        Ok(text) => session.tell(true, text),
        Err(text) => session.tell(false, text),
    }
    Redirect::to(HERE).into_response()
}

pub(super) async fn add(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(order): Form<Order>,
) -> Response {
    let typed = Typed { name: order.name.clone(), role: order.role.clone() };
    let session = Arc::clone(&visitor.0);
    if let Err(answer) =
        visitor.may_do(&shared, &order.sealed, &format!("add {}", order.name), HERE)
    {
        return answer;
    }
    match added(&shared, &session, order).await {
        Ok(text) => back(&session, Ok(text)),
        // Nobody types everything again for a password that is too short.
        Err(text) => {
            session.tell(false, text);
            listed(&shared, &session, typed).await
        }
    }
}

/// Adds somebody, or says why not.
async fn added(shared: &Shared, session: &Session, order: Order) -> Result<String, String> {
    let (lang, now) = (shared.lang(), shared.node.now());
    let (password, again) = (Zeroizing::new(order.password), Zeroizing::new(order.again));
    let name: UserName = order.name.parse().map_err(|error| UsersError::text(&error, lang))?;
    let role: Role = order.role.parse().map_err(|_| no_role(lang))?;
    if password != again {
        return Err(not_twice(lang).to_owned());
    }
    let whose = name.clone();
    let hash = shared.hashing(move || Users::hash(&whose, &password)).await;
    let hash = hash.ok_or_else(|| Refusal::Busy.text(lang))?.map_err(|error| error.text(lang))?;
    let new = name.clone();
    let added = shared.change_users(move |users| users.add(new, role, hash, now)).await;
    added.map_err(|error| error.text(lang))?;
    shared.audit.did(session, Act::UserAdded, &format!("{name} {}", role.as_str()));
    Ok(match lang {
        Lang::Ja => format!(
            "{name} さんを登録しました。パスワードを本人に伝え、本人に変更してもらってください。"
        ),
        Lang::En => format!("{name} is added. Tell them the password, and let them change it."),
    })
}

pub(super) async fn role(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(order): Form<Order>,
) -> Response {
    let Ordered { session, name, role, .. } = match read(&shared, visitor, order, "role") {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let lang = shared.lang();
    let Some(role) = role else { return back(&session, Err(no_role(lang))) };
    if let Some(told) = is_self(&session, &name, lang) {
        return back(&session, Err(told));
    }
    let whose = name.clone();
    let set = shared.change_users(move |users| users.set_role(&whose, role)).await;
    back(
        &session,
        set.map_err(|error| error.text(lang)).map(|()| {
            shared.audit.did(&session, Act::UserRole, &format!("{name} {}", role.as_str()));
            let role = role.text(lang);
            match lang {
                Lang::Ja => format!("{name} さんの権限を「{role}」にしました。"),
                Lang::En => format!("{name} is now {role}."),
            }
        }),
    )
}

pub(super) async fn password(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(order): Form<Order>,
) -> Response {
    let order = match read(&shared, visitor, order, "password") {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let Ordered { session, name, password, again, removes_app, .. } = order;
    let lang = shared.lang();
    if let Some(told) = is_self(&session, &name, lang) {
        return back(&session, Err(told));
    }
    if password != again {
        return back(&session, Err(not_twice(lang).to_owned()));
    }
    if let Err(told) = set_password(&shared, &name, password).await {
        return back(&session, Err(told));
    }
    shared.audit.did(&session, Act::UserPassword, name.as_str());
    if removes_app {
        let whose = name.clone();
        let removed = shared.change_users(move |users| users.remove_app(&whose)).await;
        if let Err(error) = removed {
            return back(&session, Err(error.text(lang)));
        }
        shared.audit.did(&session, Act::AppRemoved, name.as_str());
    }
    back(
        &session,
        Ok(match lang {
            Lang::Ja => format!(
                "{name} さんのパスワードを再設定しました。パスワードを本人に伝え、本人に変更してもらってください。"
            ),
            Lang::En => {
                format!(
                    "The password of {name} is set. Tell them the password, and let them change it."
                )
            }
        }),
    )
}

pub(super) async fn unlock(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(order): Form<Order>,
) -> Response {
    let Ordered { session, name, .. } = match read(&shared, visitor, order, "unlock") {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let (lang, now, whose) = (shared.lang(), shared.node.now(), name.clone());
    let unlocked = shared.change_users(move |users| users.unlock(&whose, now)).await;
    back(
        &session,
        unlocked.map_err(|error| error.text(lang)).map(|()| {
            shared.audit.did(&session, Act::UserUnlocked, name.as_str());
            match lang {
                Lang::Ja => format!("{name} さんは、すぐにログインし直せます。"),
                Lang::En => format!("{name} may try again at once."),
            }
        }),
    )
}

pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(order): Form<Order>,
) -> Response {
    let Ordered { session, name, .. } = match read(&shared, visitor, order, "remove") {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let lang = shared.lang();
    if let Some(told) = is_self(&session, &name, lang) {
        return back(&session, Err(told));
    }
    let whose = name.clone();
    let removed = shared.change_users(move |users| users.remove(&whose)).await;
    back(
        &session,
        removed.map_err(|error| error.text(lang)).map(|()| {
            shared.audit.did(&session, Act::UserRemoved, name.as_str());
            match lang {
                Lang::Ja => format!("{name} さんを削除しました。"),
                Lang::En => format!("{name} is removed."),
            }
        }),
    )
}

/// There is no such role.
fn no_role(lang: Lang) -> String {
    lang.pick("権限は「一般」か「管理者」です。", "A user is general or an administrator.")
        .to_owned()
}

/// Why nobody does this to themselves: the own password is changed with the old one, and whoever
/// takes their own role away by mistake does not get it back.
fn is_self(session: &Session, name: &UserName, lang: Lang) -> Option<String> {
    let is_self = session.key.is_some() && session.user == name.as_str();
    let told = lang.pick(
        "自分自身にはできません。自分のパスワードは「自分の設定」で変更してください。",
        "You cannot do this to yourself. Your own password is changed in your account.",
    );
    is_self.then(|| told.to_owned())
}
