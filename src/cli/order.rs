//! Giving an order to the node and saying what came of it.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use super::setup::{self, ConfigArg};
use super::{EXIT_FAILED, EXIT_NO, output};
use crate::config::Config;
use crate::control::{Answer, ControlBox, Request, Ticket, UserChange};
use crate::store::Store;
use crate::types::{Clock, Lang, io_text};

/// How long the node may take to answer; it looks every second.
const PATIENCE: Duration = Duration::from_secs(15);

/// Gives an order, waits for the answer and prints it. Exit code 0: done; 1: the node says no; 3: the
/// order stands, and is not carried out yet.
pub(super) fn give(config: &Config, request: Request, lang: Lang) -> anyhow::Result<ExitCode> {
    let Some(answer) = ask(config, request, lang)? else { return Ok(ExitCode::from(EXIT_FAILED)) };
    output::line(answer.text(lang))?;
    Ok(if answer.done { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

/// Has the node note in the record of views and changes what was changed of who may come in, at its
/// next start if it does not run.
pub(super) fn record(
    config: &ConfigArg,
    change: UserChange,
    about: &str,
    lang: Lang,
) -> anyhow::Result<()> {
    let config = setup::config(&config.config, lang)?;
    let at = Clock::system().now();
    note(&config, Request::Record { change, about: about.to_owned(), at }, lang)
}

/// Gives an order of which nobody needs the answer: it is carried out now, or when the node starts.
fn note(config: &Config, request: Request, lang: Lang) -> anyhow::Result<()> {
    let ticket = post(config, request, lang)?;
    if Store::is_in_use(&config.node.data) {
        // Only so that it does not lie about.
        let _ = ticket.wait(PATIENCE);
    }
    Ok(())
}

/// Gives an order and waits for the answer. Without one it is said why: the order stands then.
pub(super) fn ask(config: &Config, request: Request, lang: Lang) -> anyhow::Result<Option<Answer>> {
    let data = &config.node.data;
    let ticket = post(config, request, lang)?;
    if !Store::is_in_use(data) {
        output::line(lang.pick(
            "renkei が動いていません。次に起動したときに実行します。",
            "the node does not run; the order will be carried out when it starts",
        ))?;
        return Ok(None);
    }
    let Some(answer) = ticket.wait(PATIENCE).map_err(|error| unwritten(config, &error, lang))?
    else {
        output::line(lang.pick(
            "renkei からまだ返事がありません。指示は残してあり、後で実行します。",
            "the node has not answered yet; the order stands and will be carried out",
        ))?;
        return Ok(None);
    };
    Ok(Some(answer))
}

/// Lays an order where the node finds it.
fn post(config: &Config, request: Request, lang: Lang) -> anyhow::Result<Ticket> {
    let failed = |error| unwritten(config, &error, lang);
    let control = ControlBox::open(&config.node.data).map_err(failed)?;
    control.post(request, &account(), Clock::system().now()).map_err(failed)
}

fn unwritten(config: &Config, error: &io::Error, lang: Lang) -> anyhow::Error {
    let (data, why) = (config.node.data.display(), io_text(error, lang));
    match lang {
        Lang::Ja => anyhow::anyhow!(
            "データフォルダー {data} に指示を書けません: {why}。renkei を動かすアカウントか管理者で実行してください。"
        ),
        Lang::En => anyhow::anyhow!(
            "cannot write an order into the data folder {data}: {why}; run this as the account of the node, or as an administrator"
        ),
    }
}

/// The account that gives the order, as far as the environment tells.
pub(super) fn account() -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME", "USERNAME"];
    names.iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default()
}
