//! `renkei backup`, `renkei backup check` and `renkei restore`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use age::secrecy::SecretString;
use jiff::tz::TimeZone;

use super::secret::{same_again, secret};
use super::setup::{self, ConfigArg};
use super::{EXIT_NO, EXIT_USAGE, UsageError, output};
use crate::certs::load_password;
use crate::desk::words;
use crate::node::backup::{self, BackupError, Checked, Made, Restored};
use crate::types::{Clock, Lang, io_text};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    command: Option<BackupCommand>,
    /// 書き出すフォルダー、またはファイル（まだないもの）
    #[arg(long, value_name = "PATH", required = true)]
    out: Option<PathBuf>,
    /// パスフレーズだけを 1 行で書いたファイル（指定しなければ画面でたずねます）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// 鍵とパスワードのファイルも含めます
    #[arg(long)]
    keys: bool,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, clap::Subcommand)]
enum BackupCommand {
    /// バックアップを最後まで読んで、戻せるか確かめます（何も書きません）
    Check(CheckArgs),
}

#[derive(Debug, clap::Args)]
struct CheckArgs {
    /// バックアップのファイル、またはそれが入ったフォルダー
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// パスフレーズだけを 1 行で書いたファイル（指定しなければ画面でたずねます）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// renkei backup が書き出したファイル
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    /// 戻す先のフォルダー（まだないもの、または空のもの）
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// パスフレーズだけを 1 行で書いたファイル（指定しなければ画面でたずねます）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

pub(super) fn backup(args: &BackupArgs, lang: Lang) -> anyhow::Result<ExitCode> {
    if let Some(BackupCommand::Check(args)) = &args.command {
        return check_all(args, lang);
    }
    // Without a command below it there is no call without it.
    let Some(out) = &args.out else { return Ok(ExitCode::from(EXIT_USAGE)) };
    let config_file = &args.config.config;
    let config = setup::config(config_file, lang)?;
    let store = setup::store(&config, lang)?;
    let passphrase = passphrase(args.passphrase_file.as_deref(), true, lang)?;
    let now = Clock::system().now();
    let to = if out.is_dir() {
        let local = now.to_zoned(TimeZone::system()).strftime("%Y%m%d-%H%M%S").to_string();
        out.join(backup::file_name(&local))
    } else {
        out.clone()
    };
    let terms = backup::Terms { config_file, to: &to, passphrase, with_keys: args.keys, now };
    let made = backup::make(&store, &config, terms);
    match made {
        Ok(made) => {
            output::line(&told(&made, &to, args.keys, lang))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(refused(&error, lang)),
    }
}

fn told(made: &Made, to: &Path, keys: bool, lang: Lang) -> String {
    let (files, kib, to) = (made.files, made.size.div_ceil(1024), to.display());
    let mut lines = vec![match lang {
        Lang::Ja => format!("{to} に {files} ファイル（{kib} KiB）を書き出しました。"),
        Lang::En => format!("wrote {files} files ({kib} KiB) to {to}"),
    }];
    for path in &made.missing {
        let path = path.display();
        lines.push(match lang {
            Lang::Ja => {
                format!("注意: 設定ファイルにある {path} が見つからないため、含まれていません。")
            }
            Lang::En => format!(
                "note: {path}, which the configuration names, is not there and so not in it"
            ),
        });
    }
    if !keys {
        lines.push(
            lang.pick(
                "鍵とパスワードのファイルは含まれていません。別に保管してください（--keys を付けると含めます）。",
                "keys and passwords are not in it: keep them elsewhere, or take them in with --keys",
            )
            .to_owned(),
        );
    }
    lines.push(
        lang.pick(
            "パスフレーズがないと戻せません。バックアップとは別の場所に控えてください。",
            "without the passphrase it cannot be put back: keep that in another place",
        )
        .to_owned(),
    );
    lines.join("\n")
}

pub(super) fn restore(args: &RestoreArgs, lang: Lang) -> anyhow::Result<ExitCode> {
    let passphrase = passphrase(args.passphrase_file.as_deref(), false, lang)?;
    let now = Clock::system().now();
    match backup::restore(&args.backup, passphrase, &args.to, now) {
        Ok(restored) => {
            output::line(&put_back(&restored, lang))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(refused(&error, lang)),
    }
}

fn put_back(restored: &Restored, lang: Lang) -> String {
    let (at, config) = (words::time(restored.made_at), restored.config.display());
    let mut lines = vec![match lang {
        Lang::Ja => format!("{at} のバックアップを戻しました。設定ファイル: {config}"),
        Lang::En => format!("the backup of {at} is back; configuration: {config}"),
    }];
    for (from, to) in &restored.moved {
        let (from, to) = (from.display(), to.display());
        lines.push(match lang {
            Lang::Ja => format!(
                "  {from} は {to} にあります。設定ファイルを直すか、元の場所に移してください。"
            ),
            Lang::En => {
                format!("  {from} is now {to}: mend the configuration, or move it to where it was")
            }
        });
    }
    if !restored.missing.is_empty() {
        lines.push(
            lang.pick(
                "次のフォルダーがありません。始める前に作ってください:",
                "these folders are not there; make them before you start:",
            )
            .to_owned(),
        );
        lines.extend(restored.missing.iter().map(|folder| format!("  {}", folder.display())));
    }
    if !restored.with_keys {
        lines.push(
            lang.pick(
                "鍵とパスワードのファイルは含まれていません。元の場所に置いてください。",
                "keys and passwords were not in it: put them where they were",
            )
            .to_owned(),
        );
    }
    lines.push(match lang {
        Lang::Ja => format!(
            "元の renkei がもう動かないことを確かめてから、renkei run --check --config {config} で確かめ、renkei run で始めてください。取り込み済みかどうか分からないものは「保留」にあります。"
        ),
        Lang::En => format!(
            "make sure that the former node never runs again, check with renkei run --check --config {config}, and start with renkei run; what may have been placed already is held"
        ),
    });
    lines.join("\n")
}

/// Reads backups to their end and tells what came of it.
fn check_all(args: &CheckArgs, lang: Lang) -> anyhow::Result<ExitCode> {
    let path = &args.path;
    let backups = if path.is_dir() {
        let found = backup::shelf(path).map_err(|error| {
            UsageError(format!("{}: {}", path.display(), io_text(&error, lang)))
        })?;
        found.into_iter().map(|backup| path.join(backup.name)).collect()
    } else {
        vec![path.clone()]
    };
    if backups.is_empty() {
        let path = path.display();
        return Err(UsageError(match lang {
            Lang::Ja => format!("フォルダー {path} にバックアップがありません。"),
            Lang::En => format!("there is no backup in {path}"),
        })
        .into());
    }
    let passphrase = passphrase(args.passphrase_file.as_deref(), false, lang)?;
    let mut are_whole = true;
    for path in &backups {
        are_whole &= one(path, passphrase.clone(), lang)?;
    }
    Ok(if are_whole { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

/// Checks one and tells what came of it.
fn one(path: &Path, passphrase: SecretString, lang: Lang) -> anyhow::Result<bool> {
    let name = path.display();
    match backup::check(path, passphrase) {
        Ok(checked) => {
            output::line(&format!("OK  {name}: {}", whole(&checked, lang)))?;
            Ok(true)
        }
        Err(error) => {
            output::line(&format!("NG  {name}: {}", error.text(lang)))?;
            Ok(false)
        }
    }
}

fn whole(checked: &Checked, lang: Lang) -> String {
    let (at, files) = (words::time(checked.made_at), checked.files);
    let keys = match (lang, checked.with_keys) {
        (Lang::Ja, true) => "鍵を含む",
        (Lang::Ja, false) => "鍵を含まない",
        (Lang::En, true) => "with keys",
        (Lang::En, false) => "without keys",
    };
    match lang {
        Lang::Ja => format!("戻せます（{at} に作成、{files} ファイル、{keys}）"),
        Lang::En => format!("can be put back (made {at}, {files} files, {keys})"),
    }
}

fn refused(error: &BackupError, lang: Lang) -> ExitCode {
    output::error(&error.text(lang));
    ExitCode::from(EXIT_NO)
}

/// What locks a backup: the first line of a file, or what is typed, when it is `new` twice.
fn passphrase(file: Option<&Path>, new: bool, lang: Lang) -> anyhow::Result<SecretString> {
    if let Some(path) = file {
        let text = load_password(path).map_err(|error| UsageError(error.text(lang)))?;
        return strong(&text, lang);
    }
    if !std::io::stdin().is_terminal() {
        return Err(UsageError(
            lang.pick(
                "画面ではないため、パスフレーズをたずねられません。--passphrase-file で指定してください。",
                "there is no terminal to ask for the passphrase; name a file with --passphrase-file",
            )
            .to_owned(),
        )
        .into());
    }
    let typed = secret(lang.pick("パスフレーズ: ", "passphrase: "))?;
    if new {
        same_again(&typed, lang)?;
    }
    strong(&typed, lang)
}

/// Refuses what somebody could try out.
fn strong(passphrase: &str, lang: Lang) -> anyhow::Result<SecretString> {
    if passphrase.chars().count() < backup::SHORTEST_PASSPHRASE {
        let least = backup::SHORTEST_PASSPHRASE;
        return Err(UsageError(match lang {
            Lang::Ja => format!("パスフレーズは {least} 文字以上にしてください。"),
            Lang::En => format!("a passphrase has at least {least} characters"),
        })
        .into());
    }
    Ok(SecretString::from(passphrase.to_owned()))
}
