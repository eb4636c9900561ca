//! `renkei backup check`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use age::secrecy::SecretString;

use super::{EXIT_NO, UsageError, backup, output};
use crate::desk::words;
use crate::node::backup::{Checked, check, shelf};
use crate::types::{Lang, io_text};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// バックアップのファイル、またはそれが入ったフォルダー
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// 1 行目にパスフレーズを書いたファイル（指定しなければ画面でたずねます）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let path = &args.path;
    let backups = if path.is_dir() {
        let found = shelf(path).map_err(|error| {
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
    let passphrase = backup::passphrase(args.passphrase_file.as_deref(), false, lang)?;
    let mut are_whole = true;
    for path in &backups {
        are_whole &= one(path, passphrase.clone(), lang)?;
    }
    Ok(if are_whole { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

/// Checks one and tells what came of it.
fn one(path: &Path, passphrase: SecretString, lang: Lang) -> anyhow::Result<bool> {
    let name = path.display();
    match check(path, passphrase) {
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
