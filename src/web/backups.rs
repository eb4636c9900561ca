//! バックアップ: those that are there, one more now, whether one can be read, and how one is put back. For
//! administrators. Nothing is put back from here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tokio::time::{sleep, timeout};

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page};
use super::session::Session;
use super::state::Shared;
use crate::config::Backup;
use crate::desk::backups::{Stand, stand};
use crate::desk::words;
use crate::node::backup::{Known, Record, Shelved, Verdict, shelf};
use crate::types::{Lang, io_text};
use crate::work;

const HERE: &str = "/backups";

/// How long the folder may take to answer.
const FOLDER: Duration = Duration::from_secs(5);

/// How long the buttons wait. What takes longer goes on, and the page says so.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the button looks whether it is done.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Template)]
#[template(path = "web/backups.html", config = "src/askama.toml")]
struct Show {
    frame: Frame,
    stand: String,
    tone: &'static str,
    settings: Option<Settings>,
    /// Why the folder cannot be read.
    fault: Option<String>,
    rows: Vec<Row>,
    is_busy: bool,
    /// The command that puts the last one back.
    command: String,
}

/// What is configured.
struct Settings {
    folder: String,
    daily_at: String,
    daily: u32,
    weekly: u32,
    monthly: u32,
    keys: bool,
}

/// A backup.
struct Row {
    name: String,
    /// When it was made, where that is known.
    at: Option<String>,
    size: String,
    /// Whether keys are in it, where that is known.
    keys: Option<bool>,
    tone: &'static str,
    state: &'static str,
    checked_at: Option<String>,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let title = lang.pick("バックアップ", "Backups");
    let (found, fault) = match &config.backup {
        None => (Vec::new(), None),
        Some(settings) => match list(&settings.folder).await {
            Ok(found) => (found, None),
            Err(why) => (Vec::new(), Some(why.text(lang))),
        },
    };
    let now = shared.node.now();
    let read = {
        let config = Arc::clone(&config);
        work::blocking(move || (stand(&config, now), Record::read(&config.node.data))).await
    };
    let (stand, record) = read.unwrap_or((Stand::Off, Record::default()));
    let rows: Vec<_> = found.iter().map(|file| row(file, &record, lang)).collect();
    page(&Show {
        frame: Frame::new(&shared, &session, Place::Backups, title),
        stand: stand.text(lang),
        tone: match stand {
            Stand::Off => "calm",
            Stand::None | Stand::Old(_) => "warn",
            Stand::Good(_) => "good",
        },
        command: command(config.backup.as_ref(), &config.home, found.first()),
        settings: config.backup.as_ref().map(|settings| Settings {
            folder: settings.folder.display().to_string(),
            daily_at: settings.daily_at.strftime("%H:%M").to_string(),
            daily: settings.keep.daily,
            weekly: settings.keep.weekly,
            monthly: settings.keep.monthly,
            keys: settings.keys,
        }),
        fault,
        rows,
        is_busy: shared.node.is_backing_up(),
    })
}

/// Why the folder cannot be read.
enum Unlisted {
    Hangs,
    Fault(std::io::Error),
}

impl Unlisted {
    fn text(&self, lang: Lang) -> String {
        match self {
            Self::Hangs => lang
                .pick(
                    "フォルダーが応答しません。外付けディスクや共有フォルダーを確かめてください。",
                    "The folder does not answer: look at the disk or network share.",
                )
                .to_owned(),
            Self::Fault(error) => {
                let why = io_text(error, lang);
                match lang {
                    Lang::Ja => format!(
                        "フォルダーを読めません: {why}。外付けディスクや共有フォルダーがつながっているか確かめてください。"
                    ),
                    Lang::En => format!(
                        "The folder cannot be read: {why}. See whether the disk or network share is connected."
                    ),
                }
            }
        }
    }
}

async fn list(folder: &Path) -> Result<Vec<Shelved>, Unlisted> {
    let folder = folder.to_owned();
    match timeout(FOLDER, work::blocking(move || shelf(&folder))).await {
        Ok(Ok(found)) => found.map_err(Unlisted::Fault),
        Ok(Err(_)) | Err(_) => Err(Unlisted::Hangs),
    }
}

fn row(file: &Shelved, record: &Record, lang: Lang) -> Row {
    let known = record.of(&file.name, file.size);
    let (tone, (ja, en)) = match known.map(|known| known.verdict) {
        None => ("calm", ("未確認", "not checked")),
        Some(Verdict::Whole { .. }) => ("good", ("確認済み", "checked")),
        Some(Verdict::Damaged) => ("bad", ("壊れています", "damaged")),
        Some(Verdict::OtherPassphrase) => ("warn", ("パスフレーズが違います", "other passphrase")),
    };
    let whole = known.and_then(|known| match known.verdict {
        Verdict::Whole { made_at, with_keys } => Some((made_at, with_keys)),
        Verdict::Damaged | Verdict::OtherPassphrase => None,
    });
    Row {
        name: file.name.clone(),
        at: whole
            .map(|(at, _)| words::time(at))
            .or_else(|| file.named_at().map(|at| at.to_string())),
        size: size(file.size),
        keys: whole.map(|(_, with_keys)| with_keys),
        tone,
        state: lang.pick(ja, en),
        checked_at: known.map(|Known { checked_at, .. }| words::time(*checked_at)),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{} KiB", bytes.div_ceil(1 << 10)),
        _ => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}

/// The command that puts a backup back: the last one that is there, into a new folder beside that of the
/// configuration.
fn command(settings: Option<&Backup>, home: &Path, last: Option<&Shelved>) -> String {
    let name = last.map_or("BACKUP.zip.age", |last| &last.name);
    let backup = settings.map_or_else(|| PathBuf::from(name), |all| all.folder.join(name));
    let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
    let to = match home.file_name() {
        Some(folder) => home.with_file_name(format!("{}-restored", folder.display())),
        None => home.join("restored"),
    };
    format!("renkei restore \"{}\" --to \"{}\"", backup.display(), to.display())
}

/// What the button for a new one sends.
#[derive(Debug, Deserialize)]
pub(super) struct Make {
    #[serde(flatten)]
    sealed: Sealed,
}

pub(super) async fn make(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(make): Form<Make>,
) -> Response {
    if let Err(answer) = visitor.may_do(&shared, &make.sealed, "make a backup", HERE) {
        return answer;
    }
    let Visitor(session) = visitor;
    let (lang, config) = (shared.lang(), shared.node.config());
    if config.backup.is_none() {
        return back(&session, false, Stand::Off.text(lang));
    }
    let data = config.node.data.clone();
    let last = move || {
        let data = data.clone();
        async move { work::blocking(move || Record::read(&data).last).await.ok().flatten() }
    };
    let before = last().await;
    shared.audit.did(&session, Act::BackupMade, "");
    shared.node.back_up();
    let done = timeout(PATIENCE, async {
        while last().await == before {
            sleep(LOOK).await;
        }
    });
    if done.await.is_ok() {
        return back(
            &session,
            true,
            lang.pick(
                "バックアップを作成し、読み直して確かめました。",
                "A backup was made, and read back.",
            ),
        );
    }
    back(&session, true, lang.pick(
        "バックアップの作成を始めました。終わると一覧に出ます。作れないときは「今日」でお知らせします。",
        "A backup was begun. It is listed when it is done; if it cannot be made, Today says so.",
    ))
}

/// What the button of a backup sends.
#[derive(Debug, Deserialize)]
pub(super) struct Check {
    #[serde(flatten)]
    sealed: Sealed,
    name: String,
}

pub(super) async fn check(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(check): Form<Check>,
) -> Response {
    let what = format!("check {}", check.name);
    if let Err(answer) = visitor.may_do(&shared, &check.sealed, &what, HERE) {
        return answer;
    }
    let Visitor(session) = visitor;
    let lang = shared.lang();
    // The name is looked for among those that are there.
    let is_named = |found: Vec<Shelved>| found.iter().any(|file| file.name == check.name);
    let listed = match shared.node.config().backup.as_ref() {
        Some(settings) => list(&settings.folder).await.is_ok_and(is_named),
        None => false,
    };
    if !listed {
        let text = lang.pick("そのバックアップはありません。", "There is no such backup.");
        return back(&session, false, text);
    }
    shared.audit.did(&session, Act::BackupChecked, &check.name);
    let looking = {
        let (node, name) = (shared.node.clone(), check.name);
        work::spawn(async move { node.look_at_backup(name).await })
    };
    match timeout(PATIENCE, looking).await {
        Ok(Ok(true)) => {
            back(&session, true, lang.pick("確かめました。結果は一覧にあります。", "It was checked; see the list."))
        }
        Err(_elapsed) => back(&session, true, lang.pick(
            "確認を始めました。終わると一覧に結果が出ます。",
            "The check was begun; the list tells the result when it is done.",
        )),
        Ok(_) => back(&session, false, lang.pick(
            "いまは確かめられません。ほかのバックアップの作成か確認が終わってから、もう一度操作してください。パスフレーズのファイルも確かめてください。",
            "It cannot be checked now. Try again when no other is being made or checked, and see to the file of the passphrase.",
        )),
    }
}

/// Leads back to the page, which tells what came of it.
fn back(session: &Session, done: bool, text: impl Into<String>) -> Response {
    session.tell(done, text);
    Redirect::to(HERE).into_response()
}
