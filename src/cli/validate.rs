//! `renkei validate`

use std::process::ExitCode;

use crate::types::Lang;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, _lang: Lang) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
