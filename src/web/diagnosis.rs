//! 診断: how the node does, what it was told, and what it told last.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::guard::Visitor;
use super::layout::{Frame, Place, page};
use super::state::Shared;
use crate::config::Config;
use crate::desk::words;
use crate::node::{Health, TaskHealth};
use crate::rules::render::visible_line;
use crate::types::{Lang, code};
use crate::work;

/// So much of the end of the log is shown.
const TAIL: u64 = 64 << 10;

#[derive(Template)]
#[template(path = "web/diagnosis.html", config = "src/askama.toml")]
struct Diagnosis {
    frame: Frame,
    health: Health,
    started: String,
    notices: Vec<(String, String, String)>,
    /// What each task does, in words.
    tasks: Vec<(String, &'static str)>,
    settings: Vec<(String, String)>,
    log: Option<Log>,
}

/// The end of the log.
struct Log {
    file: String,
    lines: Vec<String>,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let lang = shared.lang();
    let health = shared.node.health();
    let notices = health.notices.iter().map(|notice| {
        let title = code::meaning(&notice.code, lang).unwrap_or_else(|| notice.code.clone());
        (title, notice.text(lang).to_owned(), words::time(notice.since))
    });
    let notices = notices.collect();
    let config = shared.node.config();
    let file = config.node.log_file.as_ref().map(|file| file.path.clone());
    let log = match file {
        Some(path) => work::blocking(move || tail(&path)).await.ok().flatten(),
        None => None,
    };
    let title = lang.pick("診断", "Diagnosis");
    page(&Diagnosis {
        frame: Frame::new(&shared, &session, Place::Diagnosis, title).live(),
        started: words::time(health.started_at),
        tasks: health.tasks.iter().map(|task| in_words(task, &config, lang)).collect(),
        health,
        notices,
        settings: settings(&config, lang),
        log,
    })
}

/// A task and what it does.
fn in_words(task: &TaskHealth, config: &Config, lang: Lang) -> (String, &'static str) {
    let mut parts = task.name.split(' ');
    let what = match parts.next().unwrap_or_default() {
        "server" => lang.pick("相手からの接続の受け付け", "takes connections of partners"),
        "store" => lang.pick("台帳への書き込み", "writes the store"),
        "guard" => lang.pick("フォルダーの見張り", "watches the folders"),
        "outbound" => lang.pick("送信用フォルダーの検査と梱包", "checks and packs what is dropped"),
        "outcomes" => lang.pick("送信結果の表示", "shows what became of what was sent"),
        "placing" => lang.pick("取込フォルダーへの配置", "places what came"),
        "dispatch" => lang.pick("送信", "sends"),
        "collect" => lang.pick("受領証の受け取り", "collects receipts"),
        "orders" => lang.pick("指示の実行", "carries out orders"),
        "housekeeping" => {
            lang.pick("証明書と保存期間の確認", "looks after certificates and old packages")
        }
        "backups" => lang.pick("バックアップの作成", "makes backups"),
        "index" => lang.pick("検索のための読み取り", "reads packages for the search"),
        "watcher" => lang.pick("処理の見張り", "watches the tasks"),
        _ => "",
    };
    let about: Vec<_> = parts
        .map(|word| word.parse().map_or(word.to_owned(), |number| words::office(number, config)))
        .collect();
    let name = match (what, about.is_empty()) {
        ("", _) => task.name.clone(),
        (_, true) => what.to_owned(),
        _ => format!("{what}: {}", about.join(" → ")),
    };
    let state = match &*task.state {
        "works" => lang.pick("処理中", "works"),
        "sleeps" => lang.pick("待機中", "waits for its turn"),
        "restarts" => lang.pick("やり直し中", "begins anew"),
        _ => lang.pick("止まっています", "stands still"),
    };
    (name, state)
}

/// What the configuration says, as far as a person asks for it on the telephone. Keys and passwords
/// stand in files of their own, of which only the names are known here.
fn settings(config: &Config, lang: Lang) -> Vec<(String, String)> {
    let mut rows = vec![
        (lang.pick("待ち受け", "listens on").to_owned(), words::listens_on(config.node.listen, lang)),
        (lang.pick("データフォルダー", "data folder").to_owned(), shown(&config.node.data)),
    ];
    for office in &config.offices {
        let name = |what: &str| format!("{} {what}", office.number);
        rows.push((name(lang.pick("送信用", "drop")), shown(&office.drop)));
        rows.push((name(lang.pick("取込", "import")), shown(&office.import)));
        if office.import_actuals != office.import {
            let what = lang.pick("取込（実績）", "import of actuals");
            rows.push((name(what), shown(&office.import_actuals)));
        }
        if let Some(habits) = words::import_habits(&office.import_habits, lang) {
            rows.push((name(lang.pick("取込の癖", "import habits")), habits));
        }
        rows.push((name(lang.pick("保留", "hold")), shown(&office.hold)));
        if let Some(sent) = &office.sent {
            rows.push((name(lang.pick("控え", "sent")), shown(sent)));
        }
    }
    let timing = config.timing;
    let keep = |span: jiff::SignedDuration| {
        let days = span.as_hours() / 24;
        match lang {
            Lang::Ja => format!("{days} 日"),
            Lang::En => format!("{days} days"),
        }
    };
    rows.push((
        lang.pick("届かないときにあきらめるまで", "given up after").to_owned(),
        keep(timing.expiry),
    ));
    rows.push((
        lang.pick("パッケージの保存期間", "packages are kept").to_owned(),
        keep(config.retention.packages),
    ));
    rows.push((
        lang.pick("記録の保存期間", "records are kept").to_owned(),
        keep(config.retention.records),
    ));
    rows
}

fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// The last lines of the log, the newest first. The log holds no personal data.
fn tail(path: &Path) -> Option<Log> {
    let mut file = fs::File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    // The first line may be the rest of one.
    let skipped = usize::from(length > TAIL);
    let mut lines: Vec<String> = text.lines().skip(skipped).map(visible_line).collect();
    lines.reverse();
    Some(Log { file: path.display().to_string(), lines })
}
