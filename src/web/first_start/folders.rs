//! Step 2: the folders of the care software, chosen from those of this computer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use askama::Template;
use axum::extract::{self, Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::super::layout::{page, said};
use super::super::session::Session;
use super::answers::{Answers, Office};
use super::entrance::Inside;
use super::fields::Fields;
use super::frame::{Frame, Step};
use super::listing::{self, Listing};
use super::shared::Shared;
use crate::desk::doctor::free_space;
use crate::desk::founding::{self, Found};
use crate::folder::FolderRole;
use crate::types::{Lang, OfficeNumber, io_text};

/// The folders that are asked for, by their names in addresses.
const ROLES: [(&str, FolderRole); 2] = [("drop", FolderRole::Drop), ("import", FolderRole::Import)];

/// How a folder is found.
struct Seen {
    /// Its name in addresses.
    id: &'static str,
    question: &'static str,
    path: String,
    /// `good`, `calm` or `bad`.
    tone: &'static str,
    /// What was found, in words.
    told: Vec<String>,
}

#[derive(Template)]
#[template(path = "web/first_start/folders.html", config = "src/askama.toml")]
struct Asked {
    frame: Frame,
    folders: Vec<Seen>,
}

#[derive(Template)]
#[template(path = "web/first_start/folder.html", config = "src/askama.toml")]
struct Looked {
    frame: Frame,
    id: &'static str,
    question: &'static str,
    path: String,
    above: Option<String>,
    beginnings: Vec<String>,
    folders: Vec<(String, String)>,
    are_more: bool,
}

fn role_of(id: &str) -> Option<(&'static str, FolderRole)> {
    ROLES.into_iter().find(|(known, _)| *known == id)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// What is told of a folder, and in which tone. Asks the disk.
fn told_of(path: &Path, role: FolderRole, package: u64, lang: Lang) -> (&'static str, Vec<String>) {
    let (tone, mut told) = match founding::folder_found(path, role) {
        Ok(Found::There) => ("good", vec![lang.pick("使えます。", "It can be used.").to_owned()]),
        Ok(Found::ToMake) => {
            let text = lang.pick(
                "まだありません。最後に作ります。",
                "It is not there yet, and is made at the end.",
            );
            ("calm", vec![text.to_owned()])
        }
        Err(error) => ("bad", vec![error.text(lang)]),
    };
    if let Some(line) = free_space(path, package) {
        told.push(lang.pick(&line.ja, &line.en).to_owned());
    }
    (tone, told)
}

/// What the folders are and how they are found. Asks the disk.
async fn seen(shared: &Shared, answers: &Answers, number: OfficeNumber) -> (Vec<Seen>, bool) {
    let (lang, home) = (shared.lang(), shared.home());
    let (_, package) = shared.usual();
    let (mut folders, mut are_right) = (Vec::new(), true);
    for (id, role) in ROLES {
        let path = home.join(answers.path(role, number));
        let looked_at = path.clone();
        // One that does not answer hides nothing of the other.
        let looked = shared.looking(move || told_of(&looked_at, role, package, lang)).await;
        let (tone, told) = looked.unwrap_or_else(|| ("bad", vec![shared.no_answer()]));
        are_right &= tone != "bad";
        folders.push(Seen {
            id,
            question: founding::folder_question(role, lang),
            path: shown(&path),
            tone,
            told,
        });
    }
    let [drop, import] = ROLES.map(|(_, role)| home.join(answers.path(role, number)));
    if drop == import {
        are_right = false;
        let text = lang.pick(
            "送信用と取込のフォルダーは、別々にしてください。",
            "The folders for sending and importing have to be two.",
        );
        for one in &mut folders {
            one.told.push(text.to_owned());
        }
    }
    (folders, are_right)
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Inside(session): Inside) -> Response {
    asked(&shared, &session).await.unwrap_or_else(|elsewhere| elsewhere).into_response()
}

/// The page, and whether the folders can be used; where else to go first.
async fn looked_at(shared: &Shared) -> Result<(Vec<Seen>, bool), Redirect> {
    let (answers, lang) = (shared.answers(), shared.lang());
    let number = Office::read(&answers.office, shared.spec, lang);
    let number = number.map_err(|_| Redirect::to(Step::Office.path()))?.number;
    Ok(seen(shared, &answers, number).await)
}

async fn asked(shared: &Shared, session: &Session) -> Result<Response, Response> {
    let (folders, _) = looked_at(shared).await.map_err(Redirect::into_response)?;
    Ok(page(&Asked { frame: Frame::new(shared, session, Step::Folders), folders }))
}

pub(super) async fn set(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    Form(fields): Form<Fields>,
) -> Response {
    let lang = shared.lang();
    let (back, next) = match Step::Folders.leads(&fields, &session, lang) {
        Ok(leads) => leads,
        Err(answer) => return answer,
    };
    if back {
        return Redirect::to(next).into_response();
    }
    match looked_at(&shared).await {
        Ok((_, true)) => Redirect::to(next).into_response(),
        Ok((folders, false)) => {
            let text = lang.pick(
                "使えないフォルダーがあります。「別のフォルダーを選ぶ」を押してください。",
                "A folder cannot be used. Choose another one.",
            );
            let frame = Frame::new(&shared, &session, Step::Folders).wrong(vec![text.to_owned()]);
            page(&Asked { frame, folders })
        }
        Err(elsewhere) => elsewhere.into_response(),
    }
}

/// Where somebody looks for a folder.
pub(super) async fn look(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    extract::Path(id): extract::Path<String>,
) -> Response {
    match role_of(&id) {
        Some(role) => listed(&shared, &session, role, Vec::new()).await,
        None => missing(&shared),
    }
}

fn missing(shared: &Shared) -> Response {
    let lang = shared.lang();
    let text = lang.pick("このページはありません。", "There is no such page.");
    said(lang, StatusCode::NOT_FOUND, text)
}

/// What there is to choose from: where somebody looks, or else the nearest that can be read; where one
/// may begin; and why it is not what was wanted. Asks the disk.
fn around(
    wanted: Option<PathBuf>,
    home: &Path,
    lang: Lang,
) -> (Option<Listing>, Vec<PathBuf>, Option<String>) {
    let begin = |path: &Path| path.ancestors().find_map(|above| listing::list(above).ok());
    let (listing, fault) = match wanted.as_deref().map(listing::list) {
        Some(Ok(listing)) => (Some(listing), None),
        Some(Err(error)) => (wanted.as_deref().and_then(begin), Some(error)),
        None => (begin(home), None),
    };
    let fault = fault.zip(wanted).filter(|(error, _)| error.kind() != std::io::ErrorKind::NotFound);
    let fault = fault.map(|(error, path)| format!("{}: {}", shown(&path), io_text(&error, lang)));
    (listing, listing::beginnings(), fault)
}

async fn listed(
    shared: &Shared,
    session: &Session,
    (id, role): (&'static str, FolderRole),
    mut wrong: Vec<String>,
) -> Response {
    let (lang, home) = (shared.lang(), shared.home());
    let folder = shared.answers().folder(role).clone();
    let wanted = folder.looked_at.or(folder.chosen);
    let (asked, beside) = (wanted.clone(), home.clone());
    let mut looked = shared.looking(move || around(asked, &beside, lang)).await;
    if let (None, Some(silent)) = (&looked, wanted) {
        // Nobody is kept where nothing answers.
        shared.state().answers.folder_mut(role).looked_at = None;
        wrong.push(format!("{}: {}", shown(&silent), shared.no_answer()));
        looked = shared.looking(move || around(None, &home, lang)).await;
    }
    let Some((Some(Listing { path, above, folders, are_more }), beginnings, fault)) = looked else {
        let text = lang.pick("フォルダーを読めません。", "No folder can be read.");
        return said(lang, StatusCode::SERVICE_UNAVAILABLE, text);
    };
    wrong.extend(fault);
    let folders = folders.into_iter().map(|(name, path)| (name, shown(&path)));
    page(&Looked {
        frame: Frame::new(shared, session, Step::Folders).wrong(wrong),
        id,
        question: founding::folder_question(role, lang),
        path: shown(&path),
        above: above.as_deref().map(shown),
        beginnings: beginnings.iter().map(|path| shown(path)).collect(),
        folders: folders.collect(),
        are_more,
    })
}

/// Looks into another folder.
pub(super) async fn open(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    extract::Path(id): extract::Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    let Some((id, role)) = role_of(&id) else { return missing(&shared) };
    let here = format!("/folders/{id}");
    if let Err(answer) = fields.sealed().may_do(&session, shared.lang(), "open", &here) {
        return answer;
    }
    let typed = PathBuf::from(fields.text("path"));
    // A path that begins nowhere would begin where the program happens to run.
    if typed.is_absolute() {
        shared.state().answers.folder_mut(role).looked_at = Some(typed);
        return Redirect::to(&here).into_response();
    }
    let wrong = shared.lang().pick(
        "フォルダーの場所は、ドライブや / から始めて入力してください。",
        "The place of a folder begins with a drive or /.",
    );
    listed(&shared, &session, (id, role), vec![wrong.to_owned()]).await
}

/// Takes a folder, or one in it that is to be made.
pub(super) async fn choose(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    extract::Path(id): extract::Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    let Some((id, role)) = role_of(&id) else { return missing(&shared) };
    let (lang, next) = (shared.lang(), Step::Folders.path());
    if let Err(answer) = fields.sealed().may_do(&session, lang, "choose", next) {
        return answer;
    }
    let (path, new) = (PathBuf::from(fields.text("path")), fields.text("new"));
    if !path.is_absolute() {
        return missing(&shared);
    }
    let wrong = match (fields.text("what"), is_name(new)) {
        ("new", false) => {
            let text = lang.pick(
                "新しいフォルダーの名前を入力してください（\\ / : * ? \" < > | は使えません）。",
                "Type a name for the new folder, without \\ / : * ? \" < > |.",
            );
            Some(text.to_owned())
        }
        (what, _) => {
            let path = if what == "new" { path.join(new) } else { path };
            let chosen = path.clone();
            let found = shared.looking(move || founding::folder_found(&chosen, role)).await;
            match found {
                Some(Ok(_)) => {
                    let mut state = shared.state();
                    let folder = state.answers.folder_mut(role);
                    (folder.chosen, folder.looked_at) = (Some(path), None);
                    None
                }
                Some(Err(error)) => Some(format!("{}: {}", shown(&path), error.text(lang))),
                None => Some(shared.no_answer()),
            }
        }
    };
    match wrong {
        None => Redirect::to(next).into_response(),
        Some(wrong) => listed(&shared, &session, (id, role), vec![wrong]).await,
    }
}

/// Whether every system takes a name for one folder.
fn is_name(name: &str) -> bool {
    let is_fit = |c: char| !c.is_control() && !"\\/:*?\"<>|".contains(c);
    (1..=100).contains(&name.chars().count())
        && name.chars().all(is_fit)
        && !name.starts_with('.')
        && !name.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_new_folders_are_one_step_deep() {
        for good in ["送信", "renkei drop", "a.b"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a\\b", "c:", "a\nb", "x.", &"a".repeat(101)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
