//! `renkei validate`: judges files and folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context as _;
use clap::ValueEnum;

use super::inputs::{Found, OtherCsv, find};
use super::progress::Progress;
use super::{EXIT_FAILED, EXIT_NO, UsageError, copies, output};
use crate::rules::render::{Format, ParseFormatError, verdict_line};
use crate::rules::{Options, Overrides, Profile, Report, SetCheck, Verdict};
use crate::spec::Spec;
use crate::types::Lang;

/// What one read of a file asks for, in bytes: enough to be hashed beside the checks, and so little
/// that it is still in a near cache when it is looked at for the second time.
const PIECE: usize = 1 << 20;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 出力の形式（text、json、ndjson、junit、sarif、csv、html、github）。「=ファイル名」を付けるとファイルに書きます（複数指定可）
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = Output::from_str)]
    format: Vec<Output>,
    /// 検査の種類（conformance は適合試験）
    #[arg(long, value_enum, default_value_t = Mode::Default, value_name = "default|conformance")]
    profile: Mode,
    /// 規則の重さを変える、または抑止する設定ファイル
    #[arg(long, value_name = "FILE")]
    rules_config: Option<PathBuf>,
    /// 終了コードを 1 にする重さ
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "error|warning")]
    fail_on: FailOn,
    /// 標準仕様の表を読むフォルダー（既定は内蔵の表）
    #[arg(long, value_name = "DIR")]
    spec: Option<PathBuf>,
    /// 個人に関する値を伏せます
    #[arg(long)]
    mask: bool,
    /// 検査するファイル、またはフォルダー（下の階層も調べます）
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// A form of the report and where it goes: `html=report.html`, or standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Output {
    format: Format,
    file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = ParseFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            None => Ok(Self { format: text.parse()?, file: None }),
            Some((_, "")) => Err(ParseFormatError),
            Some((format, file)) => Ok(Self { format: format.parse()?, file: Some(file.into()) }),
        }
    }
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
            own = read_spec(folder, lang)?;
            &own
        }
    };
    let options = Options { profile: profile(args, lang)?, ..Options::default() };
    let found = find(&args.paths, OtherCsv::Judged, lang)?;
    check_outputs(&args.format, &found, lang)?;
    let mut check = SetCheck::new(spec, options);
    let mut faults = Vec::new();
    let progress = Progress::new(found.size());
    for (label, path) in found.labelled() {
        if let Err(error) = judge(&mut check, &label, path, &progress) {
            check.abandon_file();
            faults.push(format!("{}: {error}", path.display()));
        }
    }
    progress.finish();
    let mut report = check.finish();
    report.base = found.base();
    report.passed_over = found.passed_over();
    if args.mask {
        report.mask();
    }
    write(&report, &args.format, lang)?;
    for fault in &faults {
        output::error(&format!("renkei: {fault}"));
    }
    Ok(exit_code(&report, args.fail_on))
}

/// How strictly to judge.
fn profile(args: &Args, lang: Lang) -> anyhow::Result<Profile> {
    let Some(path) = &args.rules_config else {
        return Ok(match args.profile {
            Mode::Default => Profile::default(),
            Mode::Conformance => Profile::Conformance,
        });
    };
    let shown = path.display();
    if args.profile == Mode::Conformance {
        let text = lang.pick(
            "適合試験（--profile conformance）では、規則の重さを変えられません。--rules-config を外してください。",
            "a conformance test (--profile conformance) takes no overrides; leave --rules-config out",
        );
        return Err(UsageError(text.to_owned()).into());
    }
    let text = copies::read_text(path).map_err(|error| {
        UsageError(match lang {
            Lang::Ja => format!("{shown} を開けません: {error}"),
            Lang::En => format!("cannot open {shown}: {error}"),
        })
    })?;
    let overrides = Overrides::parse(&text).map_err(|problems| {
        UsageError(match lang {
            Lang::Ja => format!("{shown} に誤りがあります。\n{}", problems.text(lang)),
            Lang::En => format!("{shown} is not valid:\n{}", problems.text(lang)),
        })
    })?;
    Ok(Profile::Default(overrides))
}

/// Only one report fits standard output, each file takes one, and none may take the place of what
/// is judged.
fn check_outputs(outputs: &[Output], found: &Found, lang: Lang) -> Result<(), UsageError> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        let text = lang.pick(
            "画面に出せる形式は 1 つです。ほかは --format html=report.html のようにファイルに書いてください。",
            "only one format fits standard output; give the others a file, as in --format html=report.html",
        );
        return Err(UsageError(text.to_owned()));
    }
    let mut taken: BTreeSet<PathBuf> =
        found.files.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    for file in outputs.iter().filter_map(|output| output.file.as_deref()) {
        let name = file.file_name().unwrap_or_default();
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")));
        let place = fs::canonicalize(file).ok().or_else(|| Some(folder.ok()?.join(name)));
        let shown = file.display();
        match place {
            Some(place) if !place.is_dir() && taken.insert(place.clone()) => {}
            Some(_) => {
                return Err(UsageError(match lang {
                    Lang::Ja => format!(
                        "{shown} には書けません。検査するファイルやほかの出力と別の名前にしてください。"
                    ),
                    Lang::En => format!(
                        "cannot write to {shown}: it is a file to check, another output or a folder"
                    ),
                }));
            }
            None => {
                return Err(UsageError(match lang {
                    Lang::Ja => format!("{shown} を書くフォルダーがありません。"),
                    Lang::En => format!("there is no folder for {shown}"),
                }));
            }
        }
    }
    Ok(())
}

/// Reads a file in pieces through the checks.
fn judge(
    check: &mut SetCheck<'_>,
    label: &str,
    path: &Path,
    progress: &Progress,
) -> io::Result<()> {
    check.begin_file(label);
    let mut file = copies::open(path)?;
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => {
                check.feed(piece.get(..length).unwrap_or_default());
                progress.advance(length);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    check.end_file();
    Ok(())
}

/// The tables of a folder.
fn read_spec(folder: &Path, lang: Lang) -> anyhow::Result<Spec> {
    let mut files = BTreeMap::new();
    for inside in ["", "v3", "v4.1"] {
        let folder = folder.join(inside);
        let entries = fs::read_dir(&folder).map_err(|error| {
            UsageError(match lang {
                Lang::Ja => {
                    format!("仕様の表のフォルダー {} を開けません: {error}", folder.display())
                }
                Lang::En => {
                    format!("cannot open the folder of tables {}: {error}", folder.display())
                }
            })
        })?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let name =
                    if inside.is_empty() { name.into_owned() } else { format!("{inside}/{name}") };
                let text =
                    copies::read_text(&path).with_context(|| format!("{}", path.display()))?;
                files.insert(name, text);
            }
        }
    }
    Spec::parse(&files).map_err(|error| UsageError(error.to_string()).into())
}

/// Writes every report. Where none goes to standard output, that gets the verdict alone.
fn write(report: &Report, outputs: &[Output], lang: Lang) -> anyhow::Result<()> {
    let everywhere = [Output { format: Format::Text, file: None }];
    let outputs = if outputs.is_empty() { &everywhere } else { outputs };
    for output in outputs {
        let text = output.format.render(report, lang);
        match &output.file {
            Some(file) => {
                fs::write(file, text).with_context(|| format!("{}", file.display()))?;
            }
            None => to_stdout(&text)?,
        }
    }
    if outputs.iter().all(|output| output.file.is_some()) {
        to_stdout(&(verdict_line(report, lang) + "\n"))?;
    }
    Ok(())
}

fn to_stdout(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
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
