//! `renkei mail`: the mails of `[mail]`.

use std::process::ExitCode;

use clap::Subcommand;

use super::setup::{self, ConfigArg};
use super::{EXIT_FAILED, EXIT_NO, UsageError, output};
use crate::mail::{MailError, Mailer};
use crate::types::{Clock, Lang};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 設定の [mail] のとおりに、テストメールを 1 通送ります
    Test {
        #[command(flatten)]
        config: ConfigArg,
    },
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let Command::Test { config } = &args.command;
    let config = setup::config(&config.config, lang)?;
    let Some(settings) = &config.mail else {
        return Err(UsageError(
            lang.pick(
                "設定ファイルに [mail] がありません。config.example.toml の [mail] を見本に書いてください。",
                "there is no [mail] in the configuration; config.example.toml shows it",
            )
            .to_owned(),
        )
        .into());
    };
    let of_mail = settings.lang.unwrap_or(lang);
    let sent = setup::runtime()?.block_on(Mailer::test(settings, of_mail, &Clock::system()));
    let Err(error) = sent else {
        let to: Vec<_> = settings.to.iter().map(ToString::to_string).collect();
        let to = to.join(", ");
        output::line(&match lang {
            Lang::Ja => format!(
                "テストメールをメールサーバーに渡しました。届いたか確かめてください。宛先: {to}"
            ),
            Lang::En => {
                format!("the mail server has the test mail; see whether it arrives at {to}")
            }
        })?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut text = error.text(lang);
    if let Some(said) = error.said() {
        let head = lang.pick("メールサーバーの応答", "the mail server said");
        text = format!("{text}\n{head}: {said}");
    }
    if matches!(error, MailError::File(_) | MailError::NoRoots | MailError::Name) {
        return Err(UsageError(text).into());
    }
    output::error(&format!("renkei: {text}"));
    Ok(ExitCode::from(if error.is_refusal() { EXIT_NO } else { EXIT_FAILED }))
}
