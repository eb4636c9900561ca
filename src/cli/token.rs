//! `renkei token`: by what care software calls the API of the page.
//!
//! The file of tokens is changed beside the node, as that of users is. A token is printed once, and
//! nothing else with it on standard output, so that a script can take it from there.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;

use super::order::record;
use super::setup::{self, ConfigArg};
use super::{UsageError, output, usage};
use crate::control::UserChange;
use crate::desk::words;
use crate::types::{Clock, Lang, OfficeNumber};
use crate::users::{Access, MOST_DAYS, Right, TokenFile, UserName, UsersError};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// トークンを発行します（一度だけ表示します）
    New {
        #[command(flatten)]
        config: ConfigArg,
        /// トークンの名前（使うソフトの名前など）
        name: UserName,
        /// できること（複数はカンマで区切ります）
        #[arg(long, value_name = "RIGHTS", default_value = "read", value_delimiter = ',', value_parser = usage::choices::<Right>(&["read", "send"]))]
        may: Vec<Right>,
        /// この事業所だけに使えるようにします（省略すると、すべての事業所）
        #[arg(long, value_name = "OFFICE")]
        office: Option<OfficeNumber>,
        /// この日数がたつと使えなくなるようにします（省略すると、期限なし）
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=MOST_DAYS))]
        days: Option<u16>,
    },
    /// トークンを一覧します（秘密の部分は表示しません）
    List {
        #[command(flatten)]
        config: ConfigArg,
    },
    /// トークンを取り消します（すぐに使えなくなります）
    Revoke {
        #[command(flatten)]
        config: ConfigArg,
        /// トークンの名前
        name: UserName,
    },
}

pub(super) fn run(args: Args, lang: Lang) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::New { config, name, may, office, days } => {
            let now = Clock::system().now();
            is_ours(&config, office, lang)?;
            let ends = |days| Access::expiry(days, now).context("no such day");
            let expires = days.map(ends).transpose()?;
            let access = Access { rights: BTreeSet::from_iter(may), office, expires };
            let file = file(&config, lang)?;
            let secret = told(file.change(|tokens| tokens.add(name.clone(), access, now)), lang)?;
            let recorded = record(&config, UserChange::TokenMade, name.as_str(), lang);
            output::error(&match lang {
                Lang::Ja => format!(
                    "トークン {name} を発行しました。次の 1 行がトークンです。二度と表示しません。"
                ),
                Lang::En => {
                    format!("the token {name} is made: the line below, which is never shown again")
                }
            });
            // It is told also where that it was made cannot be noted: it is good already.
            output::line(secret.reveal())?;
            recorded?;
        }
        Command::List { config } => list(&config, lang)?,
        Command::Revoke { config, name } => {
            told(file(&config, lang)?.change(|tokens| tokens.revoke(&name)), lang)?;
            record(&config, UserChange::TokenRevoked, name.as_str(), lang)?;
            output::line(&match lang {
                Lang::Ja => format!("トークン {name} を取り消しました。"),
                Lang::En => format!("the token {name} is revoked"),
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told<T>(done: Result<T, UsersError>, lang: Lang) -> Result<T, UsageError> {
    done.map_err(|error| UsageError(error.text(lang)))
}

fn file(config: &ConfigArg, lang: Lang) -> Result<TokenFile, UsageError> {
    Ok(TokenFile::new(&setup::data(config, lang)?))
}

/// Nobody wants a token for an office that there is not.
fn is_ours(config: &ConfigArg, office: Option<OfficeNumber>, lang: Lang) -> Result<(), UsageError> {
    let Some(office) = office else { return Ok(()) };
    if setup::config(&config.config, lang)?.office(office).is_some() {
        return Ok(());
    }
    Err(UsageError(match lang {
        Lang::Ja => format!("事業所 {office} は、設定ファイルの [[office]] にありません。"),
        Lang::En => format!("the office {office} is no [[office]] of the configuration"),
    }))
}

fn list(config: &ConfigArg, lang: Lang) -> anyhow::Result<()> {
    let tokens = told(file(config, lang)?.read(), lang)?;
    if tokens.all().is_empty() {
        output::line(lang.pick("トークンはまだ発行されていません。", "there are no tokens yet"))?;
        return Ok(());
    }
    let head = match lang {
        Lang::Ja => ["名前", "できること", "事業所", "発行日時", "期限", "最後に使われた日時"],
        Lang::En => ["name", "may", "office", "made", "ends", "last used"],
    };
    let rows = tokens.all().iter().map(|token| {
        let rights = token.access.rights.iter().map(|right| right.text(lang));
        let office = token.access.office.map(|office| office.to_string());
        vec![
            token.name.to_string(),
            rights.collect::<Vec<_>>().join(lang.pick("・", ", ")),
            office.unwrap_or_else(|| lang.pick("すべて", "all").to_owned()),
            words::time(token.since),
            token.access.expires.map_or_else(String::new, words::time),
            token.used.map_or_else(String::new, words::time),
        ]
    });
    output::line(&output::table(&head, &rows.collect::<Vec<_>>()))?;
    Ok(())
}
