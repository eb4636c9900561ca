//! `renkei retry`

use std::process::ExitCode;

use super::setup::{self, ConfigArg};
use super::{UsageError, order};
use crate::control::{Request, Target};
use crate::types::Lang;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// この相手（事業所番号）、またはこのメッセージ ID だけを送り直します
    #[arg(value_name = "PARTNER|ID")]
    target: Option<String>,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let target = match args.target.as_deref() {
        None => Target::All,
        Some(text) => target(text, lang)?,
    };
    let config = setup::config(&args.config.config, lang)?;
    order::give(&config, Request::Retry { target }, lang)
}

fn target(text: &str, lang: Lang) -> Result<Target, UsageError> {
    let id = text.parse().map(Target::Message);
    id.or_else(|_| text.parse().map(Target::Partner)).map_err(|_| {
        UsageError(match lang {
            Lang::Ja => format!("{text} は、事業所番号でもメッセージ ID でもありません。"),
            Lang::En => format!("{text} is neither an office number nor a message id"),
        })
    })
}
