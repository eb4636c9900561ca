//! Step 5: who looks after the page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use zeroize::Zeroizing;

use super::super::account::not_twice;
use super::super::layout::page;
use super::super::session::Session;
use super::answers::Administrator;
use super::entrance::Inside;
use super::fields::Fields;
use super::frame::{Frame, Step};
use super::shared::Shared;
use crate::config::Config;
use crate::users::{LEAST_PASSWORD, MOST_PASSWORD, Role, UserFile, UserName, Users, UsersError};

#[derive(Template)]
#[template(path = "web/first_start/administrator.html", config = "src/askama.toml")]
struct Asked {
    frame: Frame,
    /// Those that are there already.
    known: Vec<String>,
    name: String,
    /// Whether a password was set already.
    is_set: bool,
    least: usize,
    most: usize,
}

/// Those who may log in already, where there is a data folder. Asks the disk.
async fn users(shared: &Shared) -> Result<Arc<Users>, String> {
    let data = Config::draft("", &shared.home()).config.node.data;
    let read = shared.looking(move || UserFile::new(&data).read()).await;
    match read {
        Some(Ok(users)) => Ok(users),
        Some(Err(error)) => Err(error.text(shared.lang())),
        None => Err(shared.no_answer()),
    }
}

/// The administrators among them.
fn administrators(users: &Users) -> Vec<String> {
    let all = users.all().iter().filter(|user| user.role == Role::Administrator);
    all.map(|user| user.name.to_string()).collect()
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Inside(session): Inside) -> Response {
    asked(&shared, &session, Vec::new()).await
}

async fn asked(shared: &Shared, session: &Session, mut wrong: Vec<String>) -> Response {
    let known = match users(shared).await {
        Ok(users) => administrators(&users),
        Err(error) => {
            // Whoever sent the form was told so already.
            if !wrong.contains(&error) {
                wrong.push(error);
            }
            Vec::new()
        }
    };
    let answers = shared.answers();
    page(&Asked {
        frame: Frame::new(shared, session, Step::Administrator).wrong(wrong),
        known,
        name: answers.name,
        is_set: matches!(answers.administrator, Some(Administrator::New(..))),
        least: LEAST_PASSWORD,
        most: MOST_PASSWORD,
    })
}

pub(super) async fn set(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    Form(fields): Form<Fields>,
) -> Response {
    let lang = shared.lang();
    let (back, next) = match Step::Administrator.leads(&fields, &session, lang) {
        Ok(leads) => leads,
        Err(answer) => return answer,
    };
    fields.text("name").clone_into(&mut shared.state().answers.name);
    match read(&shared, &fields).await {
        Ok(administrator) => shared.state().answers.administrator = Some(administrator),
        Err(_) if back => {}
        Err(wrong) => {
            let told = asked(&shared, &session, vec![wrong]).await;
            return told;
        }
    }
    Redirect::to(next).into_response()
}

async fn read(shared: &Shared, fields: &Fields) -> Result<Administrator, String> {
    let lang = shared.lang();
    let users = users(shared).await?;
    if !administrators(&users).is_empty() {
        return Ok(Administrator::Known);
    }
    let name: UserName =
        fields.text("name").parse().map_err(|error| UsersError::text(&error, lang))?;
    if users.all().iter().any(|user| user.name.looks_like(&name)) {
        return Err(UsersError::Taken.text(lang));
    }
    let password = Zeroizing::new(fields.secret("password").to_owned());
    let before = shared.answers().administrator;
    // Nobody types a password again for another look at this page.
    if let (true, Some(Administrator::New(named, hash))) = (password.is_empty(), before)
        && named == name
    {
        return Ok(Administrator::New(named, hash));
    }
    if *password != fields.secret("again") {
        return Err(not_twice(lang).to_owned());
    }
    let whose = name.clone();
    let hash = shared.working(move || Users::hash(&whose, &password)).await;
    let hash = hash.ok_or_else(String::new)?.map_err(|error| error.text(lang))?;
    Ok(Administrator::New(name, hash))
}
