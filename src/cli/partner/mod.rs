//! `renkei partner`: the offices that ours exchange with.
//!
//! Partners are written into the folder `partners` beside the configuration, whether the node runs or
//! not. Before anything is written, the whole configuration is read as it would be then.

mod add;
mod import;
mod list;
mod remove;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::setup::ConfigArg;
use super::{UsageError, output};
use crate::desk::partner::{Book, PartnerError};
use crate::package::card::CheckDigits;
use crate::types::{Lang, OfficeNumber};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 相手から受け取った事業所カードで、相手を登録します（30 桁の数字を電話で読み合わせます）
    Add {
        #[command(flatten)]
        config: ConfigArg,
        /// 相手の事業所カード
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// 読み合わせ済みの 30 桁の数字（一致しないと登録しません）
        #[arg(long, value_name = "DIGITS")]
        expect: Option<CheckDigits>,
        /// 自事業所のうち、どのカードと読み合わせるか（一つなら省略できます）
        #[arg(long, value_name = "OFFICE")]
        office: Option<OfficeNumber>,
    },
    /// 登録している相手の一覧を表示します
    List {
        #[command(flatten)]
        config: ConfigArg,
        /// JSON で出力します
        #[arg(long)]
        json: bool,
    },
    /// 相手 1 件の登録内容と事業所カードを表示します
    Show {
        #[command(flatten)]
        config: ConfigArg,
        /// 相手の事業所番号
        #[arg(value_name = "PARTNER")]
        partner: OfficeNumber,
    },
    /// 相手につながるか、名前の解決から順に確かめます
    Test {
        #[command(flatten)]
        config: ConfigArg,
        /// 相手の事業所番号
        #[arg(value_name = "PARTNER")]
        partner: OfficeNumber,
    },
    /// 相手の登録を削除します
    Remove {
        #[command(flatten)]
        config: ConfigArg,
        /// 相手の事業所番号
        #[arg(value_name = "PARTNER")]
        partner: OfficeNumber,
        /// 確認せずに削除します
        #[arg(long)]
        yes: bool,
        /// 送信待ちのものがあっても削除します（届かないまま残ります）
        #[arg(long)]
        force: bool,
    },
    /// 相手の名前（画面や記録での呼び名）を変えます
    Rename {
        #[command(flatten)]
        config: ConfigArg,
        /// 相手の事業所番号
        #[arg(value_name = "PARTNER")]
        partner: OfficeNumber,
        /// 新しい名前
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// 表（CSV）から相手をまとめて登録します
    Import {
        #[command(flatten)]
        config: ConfigArg,
        /// CSV のファイル（見出しは 事業所番号、名称、URL、サービス種類、版、送信単位、TLS証明書、署名証明書。UTF-8 か Shift_JIS）
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Add { config, file, expect, office } => {
            add::run(config, file, *expect, *office, lang)
        }
        Command::List { config, json } => list::run(config, *json, lang),
        Command::Show { config, partner } => list::show(config, *partner, lang),
        Command::Test { config, partner } => test::run(config, *partner, lang),
        Command::Remove { config, partner, yes, force } => {
            remove::run(config, *partner, (*yes, *force), lang)
        }
        Command::Rename { config, partner, name } => rename(config, *partner, name, lang),
        Command::Import { config, file } => import::run(config, file, lang),
    }
}

fn rename(
    config: &ConfigArg,
    partner: OfficeNumber,
    name: &str,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    book(config, lang)?.rename(partner, name).map_err(|error| told(&error, lang))?;
    output::line(&match lang {
        Lang::Ja => format!("相手 {partner} の名前を「{name}」にしました。"),
        Lang::En => format!("the partner {partner} is now called {name}"),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a configuration that partners are written into.
fn book(config: &ConfigArg, lang: Lang) -> Result<Book, UsageError> {
    Book::open(&config.config).map_err(|error| told(&error, lang))
}

fn told(error: &PartnerError, lang: Lang) -> UsageError {
    UsageError(error.text(lang))
}
