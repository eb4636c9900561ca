//! `renkei partner test`

use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::setup::{self, ConfigArg};
use crate::cli::{EXIT_NO, UsageError, output};
use crate::node::probe::Prober;
use crate::types::{Clock, Lang, OfficeNumber};

pub(super) fn run(
    config: &ConfigArg,
    partner: OfficeNumber,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    let runtime = setup::runtime()?;
    let prober = runtime.block_on(Prober::open(Arc::new(config), Clock::system()));
    let prober = prober.map_err(|problems| UsageError(problems.text(lang)))?;
    let Some(tried) = runtime.block_on(prober.ask(partner)) else {
        return Err(UsageError(match lang {
            Lang::Ja => format!("相手 {partner} は登録されていません。"),
            Lang::En => format!("the partner {partner} is not registered"),
        })
        .into());
    };
    for step in &tried {
        let mark =
            if step.is_fine { lang.pick("○", "fine  ") } else { lang.pick("×", "broken") };
        output::line(&format!("{mark} {}: {}", step.step.title(lang), step.text(lang)))?;
    }
    let is_fine = tried.iter().all(|step| step.is_fine);
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}
