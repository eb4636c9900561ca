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

use super::setup::{self, ConfigArg};
use super::{UsageError, output};
use crate::config::{Config, Draft, PARTNERS, PartnerFile, Peer, Sources, partner_text};
use crate::node::cards;
use crate::package::card::{CheckDigits, SignedCard};
use crate::types::text::is_office_name;
use crate::types::{Lang, OfficeNumber, io_text};

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
    let sources = setup::sources(&config.config, lang)?;
    let config = whole(&sources, lang)?;
    let held = held(&config, partner, lang)?;
    if !is_office_name(name) {
        let text = lang.pick(
            "名前は 100 文字までで、改行や見えない文字は使えません。",
            "a name has up to 100 characters that are all visible",
        );
        return Err(UsageError(text.to_owned()).into());
    }
    let peer = Peer { name: Some(name.to_owned()), ..held.peer };
    put(&sources, &config, &peer, held.card.as_ref(), lang)?;
    output::line(&match lang {
        Lang::Ja => format!("相手 {partner} の名前を「{name}」にしました。"),
        Lang::En => format!("the partner {partner} is now called {name}"),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A configuration without problems.
fn whole(sources: &Sources, lang: Lang) -> Result<Config, UsageError> {
    let Draft { config, problems } = sources.draft();
    if problems.is_empty() {
        return Ok(config);
    }
    Err(UsageError(setup::problems_text(&sources.path, problems, lang)))
}

/// A partner that stands in a file of its own.
fn held(config: &Config, partner: OfficeNumber, lang: Lang) -> Result<cards::Partner, UsageError> {
    if let Some(held) = cards::partner(&config.home, partner) {
        return Ok(held);
    }
    let by_hand = config.peer(partner).is_some();
    Err(UsageError(match (lang, by_hand) {
        (Lang::Ja, true) => format!(
            "相手 {partner} は設定ファイルの [[peer]] に書かれています。設定ファイルを直してください。"
        ),
        (Lang::Ja, false) => format!("相手 {partner} は登録されていません。"),
        (Lang::En, true) => {
            format!("the partner {partner} is a [[peer]] of the configuration; change it there")
        }
        (Lang::En, false) => format!("the partner {partner} is not registered"),
    }))
}

/// Waits until nobody else writes partners, and makes sure that they are as they were read: meanwhile
/// the node may have taken a newer card.
fn alone(sources: &Sources, config: &Config, lang: Lang) -> Result<cards::Alone, UsageError> {
    let alone = cards::alone(&config.home).map_err(|error| cannot_write(config, &error, lang))?;
    if setup::sources(&sources.path, lang)?.partners == sources.partners {
        return Ok(alone);
    }
    let text = lang.pick(
        "その間に相手の登録が変わったため、何も変更していません。もう一度実行してください。",
        "the partners have changed meanwhile, so nothing was written; run the command again",
    );
    Err(UsageError(text.to_owned()))
}

/// Writes a partner, if the configuration is in order with it.
fn put(
    sources: &Sources,
    config: &Config,
    peer: &Peer,
    card: Option<&SignedCard>,
    lang: Lang,
) -> Result<(), UsageError> {
    let mut with = sources.clone();
    with.put(PartnerFile::new(peer.office, partner_text(peer, None)));
    whole(&with, lang)?;
    let _alone = alone(sources, config, lang)?;
    cards::put(&config.home, peer, card).map_err(|error| cannot_write(config, &error, lang))
}

fn cannot_write(config: &Config, error: &std::io::Error, lang: Lang) -> UsageError {
    let folder = config.home.join(PARTNERS);
    let (folder, why) = (folder.display(), io_text(error, lang));
    UsageError(match lang {
        Lang::Ja => format!("フォルダー {folder} に書けません: {why}。"),
        Lang::En => format!("cannot write to the folder {folder}: {why}"),
    })
}
