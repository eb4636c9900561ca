//! `renkei validate`: judges files and folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context as _;
use clap::ValueEnum;

use super::progress::Progress;
use super::{EXIT_FAILED, EXIT_NO, UsageError, copies, output};
use crate::rules::render::{Format, ParseFormatError, verdict_line};
use crate::rules::{Options, Overrides, Profile, Report, SetCheck, Verdict};
use crate::spec::Spec;
use crate::types::{FileName, FileNameError, FileSerial, Lang, OfficeNumber};

/// What one read of a file asks for, in bytes: few calls, and yet so little that it is still in a
/// near cache when it is looked at for the second time.
const PIECE: usize = 256 << 10;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 出力の形式。「=ファイル名」を付けるとファイルに書きます（複数指定可）
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
    let found = find(&args.paths, lang)?;
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
    if args.mask {
        report.mask();
    }
    write(&report, &found, &args.format, lang)?;
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

/// What the arguments name.
#[derive(Default)]
pub(super) struct Found {
    /// The files to judge, in the order of their folders and names.
    pub(super) files: BTreeSet<PathBuf>,
    /// Files in folders that have nothing to do with the standard.
    ignored: BTreeSet<PathBuf>,
}

impl Found {
    /// Each file with its name in the report: the bare name as long as all lie in one folder,
    /// otherwise with the path, which keeps the send units of different folders apart.
    fn labelled(&self) -> impl Iterator<Item = (String, &Path)> {
        let one_folder = self.one_folder().is_some();
        self.files.iter().map(move |path| {
            let shown = if one_folder { path.file_name().map(Path::new) } else { None };
            (label(shown.unwrap_or(path)), path.as_path())
        })
    }

    /// The folder in which all files lie.
    fn one_folder(&self) -> Option<&Path> {
        let folders: BTreeSet<_> = self.files.iter().map(|path| path.parent()).collect();
        if folders.len() == 1 { folders.into_iter().next().flatten() } else { None }
    }

    /// What stands before the names in the report.
    fn base(&self) -> Option<String> {
        self.one_folder().map(label).filter(|folder| !folder.is_empty())
    }

    /// The bytes of all files, as far as they can be asked for.
    fn size(&self) -> u64 {
        let size = |path: &PathBuf| fs::metadata(path).map_or(0, |metadata| metadata.len());
        self.files.iter().map(size).sum()
    }
}

/// A path as text, with `/` between its parts on every system.
pub(super) fn label(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

/// Files that are named are judged whatever their names; of folders those that have a name of the
/// standard, or almost.
pub(super) fn find(paths: &[PathBuf], lang: Lang) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for path in paths {
        let kind = fs::metadata(path).map_err(|error| {
            UsageError(match lang {
                Lang::Ja => format!("{} を開けません: {error}", path.display()),
                Lang::En => format!("cannot open {}: {error}", path.display()),
            })
        })?;
        if kind.is_dir() {
            let before = found.files.len();
            walk(path, &mut found)?;
            if found.files.len() == before {
                let path = path.display();
                return Err(UsageError(match lang {
                    Lang::Ja => format!("{path} に標準仕様のファイルがありません。ファイル名は UPPLAN_ や UP1KYO_ などで始まります。"),
                    Lang::En => format!("{path} holds no file of the standard; their names begin with UPPLAN_, UP1KYO_ and so on"),
                })
                .into());
            }
        } else {
            found.files.insert(path.clone());
        }
    }
    Ok(found)
}

/// Looks through a folder and those below it. Links are not followed: they may lead anywhere,
/// and in circles.
fn walk(top: &Path, found: &mut Found) -> anyhow::Result<()> {
    let mut open = vec![top.to_owned()];
    while let Some(folder) = open.pop() {
        let shown = || folder.display().to_string();
        for entry in fs::read_dir(&folder).with_context(shown)? {
            let entry = entry.with_context(shown)?;
            let (kind, path) = (entry.file_type().with_context(shown)?, entry.path());
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && is_of_the_standard(&entry.file_name().to_string_lossy()) {
                found.files.insert(path);
            } else {
                found.ignored.insert(path);
            }
        }
    }
    Ok(())
}

fn is_of_the_standard(name: &str) -> bool {
    FileName::parse(name) != Err(FileNameError::UnknownPrefix) || is_meant_to_be(name)
}

/// Whether a name has two office numbers and a serial, whatever it begins with.
fn is_meant_to_be(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let Some(stem) = upper.strip_suffix(".CSV") else { return false };
    let parts = || stem.split('_').skip(1);
    let offices = parts().filter(|part| part.parse::<OfficeNumber>().is_ok()).count();
    let serial = parts().last().is_some_and(|part| part.parse::<FileSerial>().is_ok());
    offices == 2 && serial
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
fn write(report: &Report, found: &Found, outputs: &[Output], lang: Lang) -> anyhow::Result<()> {
    let everywhere = [Output { format: Format::Text, file: None }];
    let outputs = if outputs.is_empty() { &everywhere } else { outputs };
    for output in outputs {
        let mut text = output.format.render(report, lang);
        if output.format == Format::Text && !found.ignored.is_empty() {
            let names: Vec<String> = found.ignored.iter().map(|path| label(path)).collect();
            let head = lang.pick("検査しなかったファイル", "files that were not checked");
            text = format!("{head}: {}\n\n{text}", names.join(", "));
        }
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
