//! `renkei outbox`, also `renkei web`: what a person hands over to partners without a node.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::setup::{self, ConfigArg};
use super::{EXIT_NO, UsageError, order, output};
use crate::config::Config;
use crate::control::Request;
use crate::desk::{outbox, words};
use crate::store::OutboxRow;
use crate::types::{Clock, HandChannel, Lang, MessageId, OfficeNumber};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// アップロードや紙での送付を待っているものを、連番の順に一覧します
    List {
        #[command(flatten)]
        config: ConfigArg,
        /// JSON で出力します
        #[arg(long)]
        json: bool,
    },
    /// 登録済み（紙のものは送付済み）と記録します
    Done {
        #[command(flatten)]
        config: ConfigArg,
        /// renkei outbox list に表示される番号（連番やメッセージ ID でもかまいません）
        unit: String,
    },
}

/// A set as programs read it.
#[derive(Serialize)]
struct Json {
    unit: String,
    message_id: MessageId,
    office: OfficeNumber,
    partner: OfficeNumber,
    channel: &'static str,
    serial: String,
    kind: String,
    files: usize,
    since: String,
    folder: String,
}

#[derive(Serialize)]
struct AllJson {
    schema: &'static str,
    outbox: Vec<Json>,
}

pub(super) fn run(args: Args, lang: Lang) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List { config, json } => list(&config, json, lang),
        Command::Done { config, unit } => done(&config, &unit, lang),
    }
}

fn rows(config: &Config, lang: Lang) -> anyhow::Result<Vec<OutboxRow>> {
    let store = setup::store(config, lang)?;
    Ok(setup::runtime()?.block_on(store.outbox(outbox::MOST))?)
}

fn list(config: &ConfigArg, json: bool, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    let rows = rows(&config, lang)?;
    if json {
        let outbox = rows.iter().map(|row| Json {
            unit: row.unit_name(),
            message_id: row.id,
            office: row.office,
            partner: row.partner,
            channel: row.channel.as_str(),
            serial: row.serial.to_string(),
            kind: row.unit.kind.clone(),
            files: row.unit.files.len(),
            since: row.since.to_string(),
            folder: row.folder(&config).map(|path| path.display().to_string()).unwrap_or_default(),
        });
        let all = AllJson { schema: "renkei.outbox/1", outbox: outbox.collect() };
        output::line(&serde_json::to_string_pretty(&all)?)?;
    } else if rows.is_empty() {
        output::line(lang.pick(
            "アップロードや紙での送付を待っているものはありません。",
            "nothing waits to be uploaded or sent on paper",
        ))?;
    } else {
        output::line(&text(&rows, &config, lang))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(rows: &[OutboxRow], config: &Config, lang: Lang) -> String {
    let now = Clock::system().now();
    let mut lines = vec![match lang {
        Lang::Ja => {
            format!("相手に渡すのを待っているもの: {} 件（連番の小さいものから順に）", rows.len())
        }
        Lang::En => format!("to be handed over: {}, the lowest file serial first", rows.len()),
    }];
    for row in rows {
        let unit = row.unit_name();
        let (from, to) = (words::office(row.office, config), words::office(row.partner, config));
        let (what, age) = (words::unit(&row.unit.kind, lang), outbox::age(row.since, now, lang));
        lines.push(String::new());
        lines.push(format!("{unit}  {}  {from} → {to}  {what}", row.channel.text(lang)));
        let mut say = |name: &str, text: &str| lines.push(format!("  {name}: {text}"));
        let since = format!("{}（{age}）", words::time(row.since));
        say(lang.pick("用意した日時", "ready since"), &since);
        if let Some(folder) = row.folder(config) {
            say(lang.pick("フォルダー", "folder"), &folder.display().to_string());
        }
        let done = match row.channel {
            HandChannel::Web => lang.pick("WEBサービスに登録したら", "once uploaded"),
            HandChannel::Paper => lang.pick("紙で送ったら", "once sent on paper"),
        };
        say(done, &format!("renkei outbox done {unit}"));
    }
    lines.join("\n")
}

fn done(config: &ConfigArg, unit: &str, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    // By its id it is found also where it was noted before: that is said then.
    if let Ok(id) = unit.parse() {
        return order::give(&config, Request::Handed { id }, lang);
    }
    let rows = rows(&config, lang)?;
    let named: Vec<_> =
        rows.iter().filter(|row| row.unit_name() == unit || row.serial.as_str() == unit).collect();
    match named.as_slice() {
        [row] => order::give(&config, Request::Handed { id: row.id }, lang),
        [] => {
            output::line(lang.pick(
                "その番号で待っているものはありません。renkei outbox list で確かめてください。",
                "nothing of this name waits; see renkei outbox list",
            ))?;
            Ok(ExitCode::from(EXIT_NO))
        }
        several => {
            let units: Vec<_> = several.iter().map(|row| row.unit_name()).collect();
            let units = units.join(lang.pick("、", ", "));
            Err(UsageError(match lang {
                Lang::Ja => format!(
                    "連番 {unit} のものが複数あります。{units} のどれかで指定してください。"
                ),
                Lang::En => {
                    format!("several sets have the file serial {unit}; name one of {units}")
                }
            })
            .into())
        }
    }
}
