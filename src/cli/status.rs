//! `renkei status`

use std::process::ExitCode;

use serde::Serialize;

use super::setup::{self, ConfigArg};
use super::{dates, output, words};
use crate::store::{HeldRow, StateCount, Status};
use crate::types::Lang;

/// Held sets that are listed.
const HELD: u32 = 20;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// JSON で出力します
    #[arg(long)]
    json: bool,
}

/// The status as programs read it.
#[derive(Serialize)]
struct StatusJson<'a> {
    schema: &'static str,
    counts: &'a [StateCount],
    held: &'a [HeldRow],
    #[serde(flatten)]
    dates: dates::Dates,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&args.config.config, lang)?;
    let store = setup::store(&config, lang)?;
    let dates = dates::read(&config, lang);
    let status = setup::runtime()?.block_on(store.status(HELD))?;
    if args.json {
        let (counts, held) = (&status.counts, &status.held);
        let json = StatusJson { schema: "renkei.status/1", counts, held, dates };
        output::line(&serde_json::to_string_pretty(&json)?)?;
    } else {
        output::line(&text(&status, lang))?;
        output::line(&format!("\n{}", dates::text(&dates, lang)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(status: &Status, lang: Lang) -> String {
    if status.counts.is_empty() && status.held.is_empty() {
        return lang
            .pick("送受信はまだありません。", "nothing was sent or received yet")
            .to_owned();
    }
    let head = match lang {
        Lang::Ja => ["事業所", "", "相手", "状態", "件数", "最終更新"],
        Lang::En => ["office", "", "partner", "state", "count", "last change"],
    };
    let rows: Vec<Vec<String>> = status
        .counts
        .iter()
        .map(|row| {
            vec![
                row.office.to_string(),
                words::direction(row.direction, lang).to_owned(),
                row.partner.to_string(),
                words::state(row.direction, &row.state, lang),
                row.count.to_string(),
                words::time(row.changed_at),
            ]
        })
        .collect();
    let mut text = output::table(&head, &rows);
    if !status.held.is_empty() {
        let head = match lang {
            Lang::Ja => ["日時", "事業所", "相手", "理由", "保留フォルダー"],
            Lang::En => ["time", "office", "partner", "reason", "folder"],
        };
        let rows: Vec<Vec<String>> = status.held.iter().map(held).collect();
        text.push_str(lang.pick("\n\n保留（送っていないファイル）\n", "\n\nheld (not sent)\n"));
        text.push_str(&output::table(&head, &rows));
    }
    text
}

fn held(row: &HeldRow) -> Vec<String> {
    vec![
        words::time(row.at),
        row.office.to_string(),
        row.partner.map(|partner| partner.to_string()).unwrap_or_default(),
        row.reason.clone(),
        row.folder.clone(),
    ]
}
