//! `renkei open`

use std::process::ExitCode;

use super::first_start::FirstStartArg;
use super::setup::{self, ConfigArg};
use super::{EXIT_FAILED, EXIT_NO, UsageError, order, output};
use crate::control::Request;
use crate::store::Store;
use crate::types::{Lang, io_text};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// ブラウザーを開かずに、アドレスだけを表示します
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    first_start: FirstStartArg,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let path = &args.config.config;
    if args.first_start.is_wanted(path) {
        return super::run::begin(path, !args.print, lang);
    }
    let config = setup::config(path, lang)?;
    // An address that is made later is of no use to anybody, so no order is left behind.
    if !Store::is_in_use(&config.node.data) {
        return Err(UsageError(
            lang.pick(
                "renkei が動いていないため、画面を開けません。renkei run で起動してください。",
                "the node does not run, so there is no page; start it with renkei run",
            )
            .to_owned(),
        )
        .into());
    }
    let Some(answer) = order::ask(&config, Request::Open, lang)? else {
        return Ok(ExitCode::from(EXIT_FAILED));
    };
    let Some(link) = answer.link.as_deref() else {
        output::line(answer.text(lang))?;
        return Ok(ExitCode::from(EXIT_NO));
    };
    if args.print {
        output::line(link)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Err(error) = open::that_detached(link) {
        let why = io_text(&error, lang);
        output::line(&match lang {
            Lang::Ja => format!(
                "ブラウザーを開けませんでした（{why}）。2 分以内に、次のアドレスを開いてください。\n{link}"
            ),
            Lang::En => format!(
                "the browser could not be started ({why}); open this address within two minutes:\n{link}"
            ),
        })?;
        return Ok(ExitCode::from(EXIT_NO));
    }
    output::line(answer.text(lang))?;
    Ok(ExitCode::SUCCESS)
}
