//! `renkei validate`: judges files and folders, archives, and what comes through standard input.

mod grading;
mod history;
mod outputs;
mod sources;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use super::progress::Progress;
use super::{EXIT_FAILED, EXIT_NO, output};
use crate::rules::render::visible_line;
use crate::rules::{Options, Report, SetCheck, Verdict};
use crate::spec::Spec;
use crate::types::Lang;
use outputs::{Output, OutputParser, Reader};
use sources::Sources;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 出力の形式。「=ファイル名」を付けるとファイルに書きます（複数指定可）
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = OutputParser)]
    format: Vec<Output>,
    /// 検査の種類（conformance は適合試験）
    #[arg(long, value_enum, default_value_t = Mode::Default, value_name = "PROFILE")]
    profile: Mode,
    /// 規則の重さを変える、または抑止する設定ファイル
    #[arg(long, value_name = "FILE")]
    rules_config: Option<PathBuf>,
    /// この規則だけで判定します（コード L2-FMT-003、段階 L2、分類 FMT など。「,」で区切るか、複数指定可）
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// この規則を判定から除きます（書き方は --select と同じ）
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// 終了コードを 1 にする重さ
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// 標準仕様の表を読むフォルダー（既定は内蔵の表）
    #[arg(long, value_name = "DIR")]
    spec: Option<PathBuf>,
    /// 個人に関する値を伏せます
    #[arg(long)]
    mask: bool,
    /// 標準入力（-）のファイル名
    #[arg(long, value_name = "NAME")]
    file_name: Option<String>,
    /// これまでのやり取りを書いたファイル（renkei.exchange/1）とも照らし合わせます（段階 L8 の規則）
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    history: Option<PathBuf>,
    /// この設定ファイルの renkei の台帳にあるやり取りとも照らし合わせます（段階 L8 の規則）
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// ファイルが変わるたびに検査し直します（Ctrl+C で終わります）
    #[arg(long)]
    watch: bool,
    /// 検査するファイル、フォルダー（下の階層も調べます）、または ZIP ファイル。- は標準入力
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Default,
    Conformance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let own;
    let spec = match &args.spec {
        None => Spec::builtin().map_err(Clone::clone)?,
        Some(folder) => {
            own = sources::read_spec(folder, lang)?;
            &own
        }
    };
    let options = grading::options(args, lang)?;
    if args.watch {
        watch::run(args, spec, &options, lang)
    } else {
        Ok(once(args, spec, options, lang)?.0)
    }
}

/// Judges everything and writes the reports.
fn once(
    args: &Args,
    spec: &Spec,
    options: Options,
    lang: Lang,
) -> anyhow::Result<(ExitCode, Reader)> {
    let mut sources = Sources::find(args, lang)?;
    outputs::check(&args.format, &sources, lang)?;
    let mut check = SetCheck::new(spec, options);
    let progress = Progress::new(sources.size());
    let faults = sources.judge(&mut check, &progress, lang);
    progress.finish();
    let mut report = history::judged(args, check, lang)?;
    report.base = sources.base();
    report.passed_over = sources.passed_over();
    if args.mask {
        report.mask();
    }
    let reader = outputs::write(&report, &args.format, lang)?;
    for fault in &faults {
        output::error(&format!("renkei: {}", visible_line(fault)));
    }
    Ok((exit_code(&report, args.fail_on), reader))
}

fn exit_code(report: &Report, fail_on: FailOn) -> ExitCode {
    let counts = report.counts;
    let warned = fail_on == FailOn::Warning && counts.warning > 0;
    if !report.unfinished.is_empty() || report.verdict == Verdict::Indeterminate {
        ExitCode::from(EXIT_FAILED)
    } else if counts.error > 0 || warned {
        ExitCode::from(EXIT_NO)
    } else {
        ExitCode::SUCCESS
    }
}
