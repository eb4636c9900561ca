//! `renkei outbox`, also `renkei web`: what a person hands over to partners without a node.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::setup::{self, ConfigArg};
use super::{EXIT_NO, UsageError, confirm, order, output};
use crate::config::Config;
use crate::control::Request;
use crate::desk::{outbox, words};
use crate::store::OutboxRow;
use crate::types::{Clock, FileSerial, HandChannel, Lang, MessageId, OfficeNumber, ServiceMonth};

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
        /// 先に登録するものが残っていても、確かめずに記録します
        #[arg(long)]
        yes: bool,
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
        Command::Done { config, unit, yes } => done(&config, &unit, yes, lang),
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

fn done(config: &ConfigArg, unit: &str, yes: bool, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    let rows = rows(&config, lang)?;
    let id: Option<MessageId> = unit.parse().ok();
    let is_named = |row: &&OutboxRow| {
        row.unit_name() == unit || row.serial.as_str() == unit || Some(row.id) == id
    };
    let named: Vec<_> = rows.iter().filter(is_named).collect();
    match named.as_slice() {
        [row] => {
            output::line(&set(row, &config, lang))?;
            if !comes_first(&config, row, &rows, yes, lang)? {
                return Ok(ExitCode::from(EXIT_NO));
            }
            order::give(&config, Request::Handed { id: row.id }, lang)
        }
        [] => match id {
            // The node says what became of it.
            Some(id) => order::give(&config, Request::Handed { id }, lang),
            None => not_waiting(&config, unit, lang),
        },
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

/// A set in one line: for whom, what, of when, with its 連番.
fn set(row: &OutboxRow, config: &Config, lang: Lang) -> String {
    let (to, what) = (words::office(row.partner, config), words::unit(&row.unit.kind, lang));
    let (months, serial) = (ServiceMonth::all_in_words(&row.unit.months, lang), row.serial);
    match lang {
        Lang::Ja => format!("{to} あて  {what}  {months}  連番 {serial}"),
        Lang::En => format!("for {to}  {what}  {months}  file serial {serial}"),
    }
}

/// Whether a set is the next one that its partner has to get (R-ORD-01), or it is meant all the same.
fn comes_first(
    config: &Config,
    row: &OutboxRow,
    rows: &[OutboxRow],
    yes: bool,
    lang: Lang,
) -> anyhow::Result<bool> {
    let store = setup::store(config, lang)?;
    let is_overtaken = setup::runtime()?.block_on(store.was_overtaken(row))?;
    if is_overtaken {
        output::error(lang.pick(
            "この相手には、これより新しい連番のものをすでに渡しています。いま渡すと、相手で新しい内容が古い内容に戻ることがあります。まだ渡していないときは渡さずに、介護ソフトから新しい連番で出力し直してください。",
            "something with a later file serial was handed over to this partner already; handed over now, this may take the place of what is newer there. If it was not handed over yet, do not: export it anew under a new file serial",
        ));
    }
    let before: Vec<String> = outbox::before(row, rows).map(OutboxRow::unit_name).collect();
    if let Some(first) = before.first() {
        let count = before.len();
        output::error(&match lang {
            Lang::Ja => format!(
                "この相手には、連番の小さいものがまだ {count} 件残っています（先頭は {first}）。連番の小さい順に渡してください。"
            ),
            Lang::En => format!(
                "{count} with lower file serials still wait for this partner (the first is {first}); hand over the lowest file serial first"
            ),
        });
    }
    if before.is_empty() && !is_overtaken {
        return Ok(true);
    }
    let question = match row.channel {
        HandChannel::Web => {
            lang.pick("それでも登録済みと記録しますか。", "Note it as uploaded all the same?")
        }
        HandChannel::Paper => {
            lang.pick("それでも送付済みと記録しますか。", "Note it as sent all the same?")
        }
    };
    confirm::is_meant(yes, question, lang)
}

/// What is said of a set that does not wait: when it was noted, if it was.
fn not_waiting(config: &Config, unit: &str, lang: Lang) -> anyhow::Result<ExitCode> {
    let serial: Option<FileSerial> = unit.split('_').next().and_then(|serial| serial.parse().ok());
    let noted = match serial {
        Some(serial) => {
            let store = setup::store(config, lang)?;
            setup::runtime()?.block_on(store.handed_before(serial))?
        }
        None => Vec::new(),
    };
    let is_named = |row: &OutboxRow| row.unit_name() == unit || row.serial.as_str() == unit;
    let noted: Vec<_> = noted.into_iter().filter(|(row, _)| is_named(row)).collect();
    for (row, at) in &noted {
        output::line(&set(row, config, lang))?;
        let at = words::time(*at);
        output::line(&match (lang, row.channel) {
            (Lang::Ja, HandChannel::Web) => format!(
                "{at} に、WEBサービスに登録済みと記録してあります。もう何もしなくてかまいません。"
            ),
            (Lang::Ja, HandChannel::Paper) => {
                format!("{at} に、紙で送付済みと記録してあります。もう何もしなくてかまいません。")
            }
            (Lang::En, HandChannel::Web) => {
                format!("it was noted as uploaded at {at}; nothing is left to be done")
            }
            (Lang::En, HandChannel::Paper) => {
                format!("it was noted as sent on paper at {at}; nothing is left to be done")
            }
        })?;
    }
    if !noted.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    output::line(lang.pick(
        "その番号で待っているものはありません。renkei outbox list で確かめてください。",
        "nothing of this name waits; see renkei outbox list",
    ))?;
    Ok(ExitCode::from(EXIT_NO))
}
