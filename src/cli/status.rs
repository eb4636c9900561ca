//! `renkei status`

use std::process::ExitCode;

use serde::Serialize;

use super::setup::{self, ConfigArg};
use super::{held, output, words};
use crate::config::Config;
use crate::store::{HeldItem, StateCount, Status};
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
    held: &'a [HeldItem],
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&args.config.config, lang)?;
    let store = setup::store(&config, lang)?;
    let mut status = setup::runtime()?.block_on(store.status(HELD))?;
    status.held.retain(|item| held::is_open(item, &config));
    if args.json {
        let json =
            StatusJson { schema: "renkei.status/1", counts: &status.counts, held: &status.held };
        output::line(&serde_json::to_string_pretty(&json)?)?;
    } else {
        output::line(&text(&status, &config, lang))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(status: &Status, config: &Config, lang: Lang) -> String {
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
        text.push_str("\n\n");
        text.push_str(&held::text(&status.held, config, lang));
    }
    text
}
