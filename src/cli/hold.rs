//! `renkei hold`: what is held, and how a person settles it.

use std::fs;
use std::io::Read as _;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::setup::{self, ConfigArg};
use super::{EXIT_NO, UsageError, held, order, output};
use crate::control::Request;
use crate::desk;
use crate::store::{HeldFilter, HeldItem};
use crate::types::{HeldId, Lang, OfficeNumber};

/// What is listed at the most.
const MOST: u32 = 10_000;

/// The most bytes of a report that are shown.
const REPORT: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 送信・受信の保留中のものを、理由とともに一覧します
    List {
        #[command(flatten)]
        config: ConfigArg,
        /// JSON で出力します
        #[arg(long)]
        json: bool,
    },
    /// 保留中のものの報告を表示します
    Show {
        #[command(flatten)]
        config: ConfigArg,
        /// renkei hold list に表示される ID
        id: HeldId,
    },
    /// 保留したファイルをもう一度検査します。受信したものはもう一度配置します
    Release {
        #[command(flatten)]
        config: ConfigArg,
        /// renkei hold list に表示される ID
        id: HeldId,
    },
    /// 送らずに対応済みにします。受信したものは、受け取らないことを相手に伝えます
    Dismiss {
        #[command(flatten)]
        config: ConfigArg,
        /// renkei hold list に表示される ID
        id: HeldId,
        /// 受信したものの送信元に伝える理由のコード（例 sent-twice）
        #[arg(long, value_name = "CODE")]
        reason: Option<String>,
        /// 保留フォルダーのファイルも削除します
        #[arg(long)]
        delete: bool,
    },
    /// 取込フォルダーにあるものを取り込み済みとして、次のデータを置きます（wait_until_taken のとき）
    Taken {
        #[command(flatten)]
        config: ConfigArg,
        /// 自事業所の番号（省くとすべて）
        office: Option<OfficeNumber>,
    },
}

/// What is held as programs read it.
#[derive(Serialize)]
struct HeldJson<'a> {
    schema: &'static str,
    held: &'a [HeldItem],
}

pub(super) fn run(args: Args, lang: Lang) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List { config, json } => list(&config, json, lang),
        Command::Show { config, id } => show(&config, id, lang),
        Command::Release { config, id } => {
            let config = setup::config(&config.config, lang)?;
            order::give(&config, Request::Release { id }, lang)
        }
        Command::Taken { config, office } => {
            let config = setup::config(&config.config, lang)?;
            order::give(&config, Request::Taken { office }, lang)
        }
        Command::Dismiss { config, id, reason, delete } => {
            if let Some(reason) = reason.iter().find(|reason| !Request::is_reason(reason)) {
                return Err(UsageError(match lang {
                    Lang::Ja => format!(
                        "理由 {reason} は使えません。半角の英小文字・数字・ハイフンで 32 文字までのコードにしてください。"
                    ),
                    Lang::En => format!(
                        "{reason} cannot be a reason: expected a code of up to 32 small letters, digits and hyphens"
                    ),
                })
                .into());
            }
            let config = setup::config(&config.config, lang)?;
            order::give(&config, Request::Dismiss { id, reason, delete }, lang)
        }
    }
}

fn list(config: &ConfigArg, json: bool, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    let store = setup::store(&config, lang)?;
    let open = desk::held::open(&store, &config, HeldFilter::newest(MOST));
    let items = setup::runtime()?.block_on(open)?.items;
    if json {
        let json = HeldJson { schema: "renkei.held/1", held: &items };
        output::line(&serde_json::to_string_pretty(&json)?)?;
    } else if items.is_empty() {
        output::line(lang.pick("保留中のものはありません。", "nothing is held"))?;
    } else {
        output::line(&held::text(&items, &config, lang))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(config: &ConfigArg, id: HeldId, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    let store = setup::store(&config, lang)?;
    let items = setup::runtime()?.block_on(desk::held::named(&store, id))?;
    if items.is_empty() {
        output::line(
            lang.pick("その ID で保留中のものはありません。", "nothing of this id is held"),
        )?;
        return Ok(ExitCode::from(EXIT_NO));
    }
    output::line(&held::text(&items, &config, lang))?;
    for item in &items {
        let report = desk::held::folder(item, &config).map(|folder| folder.join("report.txt"));
        let mut text = Vec::new();
        if let Some(Ok(file)) = report.map(fs::File::open) {
            file.take(REPORT).read_to_end(&mut text)?;
        }
        let text = String::from_utf8_lossy(&text);
        let text = text.trim_start_matches('\u{feff}').trim_end();
        if !text.is_empty() {
            output::line(&format!("\n{text}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
