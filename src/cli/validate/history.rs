//! What was exchanged before: from a file, or from the store of a node.

use std::path::Path;

use super::Args;
use crate::cli::{UsageError, setup};
use crate::disk;
use crate::rules::history::History;
use crate::rules::{Report, SetCheck};
use crate::types::{Lang, io_text};

/// The largest file that is read: the history of a large office has some ten megabytes.
const LARGEST: u64 = 256 << 20;

/// The report, with what was exchanged before where that was named.
pub(super) fn judged(args: &Args, check: SetCheck<'_>, lang: Lang) -> anyhow::Result<Report> {
    let checked = check.end();
    let history = match (&args.history, &args.config) {
        (Some(file), _) => Some(read(file, lang)?),
        (None, Some(config)) => {
            let store = setup::store(&setup::config(config, lang)?, lang)?;
            let questions = checked.questions();
            Some(setup::runtime()?.block_on(store.exchanged(questions))?)
        }
        (None, None) => None,
    };
    Ok(checked.finish(history.as_ref()))
}

fn read(path: &Path, lang: Lang) -> anyhow::Result<History> {
    let shown = path.display();
    let bytes = disk::read_bytes(path, LARGEST).map_err(|error| {
        let why = io_text(&error, lang);
        UsageError(match lang {
            Lang::Ja => format!("{shown} を読めません: {why}"),
            Lang::En => format!("{shown} cannot be read: {why}"),
        })
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        UsageError(match lang {
            Lang::Ja => format!(
                "{shown} は renkei.exchange/1 の形ではありません（{line} 行 {column} 文字目）。renkei history --format exchange で書き出せます。"
            ),
            Lang::En => format!(
                "{shown} is not of the form renkei.exchange/1 (line {line}, column {column}); renkei history --format exchange writes one"
            ),
        })
        .into()
    })
}
