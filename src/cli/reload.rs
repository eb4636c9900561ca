//! `renkei reload`

use std::process::ExitCode;

use super::order;
use super::setup::{self, ConfigArg};
use crate::control::Request;
use crate::types::Lang;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config_of_running(&args.config.config, lang)?;
    order::give(&config, Request::Reload, lang)
}
