//! `renkei dev`: hidden commands for working on renkei itself.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::{output, setup, vectors};
use crate::certs;
use crate::rules;
use crate::types::{Clock, Lang, code};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: DevCommand,
}

#[derive(Debug, Subcommand)]
enum DevCommand {
    /// 使い捨ての見本の証明書を作ります
    Certs {
        /// 作る場所
        #[arg(value_name = "DIR", default_value = "certs-example")]
        dir: PathBuf,
    },
    /// 規則の一覧 spec/RULES.md を作り直します
    RulesMd {
        /// 書き込むファイル
        #[arg(value_name = "FILE", default_value = "spec/RULES.md")]
        file: PathBuf,
    },
    /// コードの一覧 spec/CODES.md を作り直します
    CodesMd {
        /// 書き込むファイル
        #[arg(value_name = "FILE", default_value = "spec/CODES.md")]
        file: PathBuf,
    },
    /// 定めと規則の対応 spec/COVERAGE.md を作り直します
    CoverageMd {
        /// 書き込むファイル
        #[arg(value_name = "FILE", default_value = "spec/COVERAGE.md")]
        file: PathBuf,
    },
    /// 規則の版の番号を上げます（規則を変えたとき）
    RuleSet {
        /// 書き足すファイル
        #[arg(value_name = "FILE", default_value = "src/rules/rule_sets.csv")]
        file: PathBuf,
    },
    /// プロトコルの検証データ spec/vectors/ を、このプログラムで確かめます
    Vectors {
        /// 検証データのフォルダー
        #[arg(long, value_name = "DIR", default_value = "spec/vectors")]
        check: PathBuf,
    },
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let written = match &args.command {
        DevCommand::Certs { dir } => {
            certs::example::write(dir, Clock::system().now())?;
            dir
        }
        DevCommand::RulesMd { file } => {
            fs::write(file, rules::markdown())?;
            file
        }
        DevCommand::CodesMd { file } => {
            fs::write(file, code::markdown())?;
            file
        }
        DevCommand::CoverageMd { file } => {
            fs::write(file, rules::coverage()?)?;
            file
        }
        DevCommand::RuleSet { file } => {
            let list = fs::read_to_string(file)?;
            fs::write(file, rules::raised(&list, setup::spec()?))?;
            file
        }
        DevCommand::Vectors { check } => return vectors::check(check, lang),
    };
    let path = written.display();
    output::line(&match lang {
        Lang::Ja => format!("{path} を書きました。"),
        Lang::En => format!("wrote {path}"),
    })?;
    Ok(ExitCode::SUCCESS)
}
