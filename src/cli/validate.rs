//! `renkei validate`: judges files and folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;

use super::{EXIT_FAILED, EXIT_NO, UsageError, output};
use crate::rules::{self, Options, Report, SetCheck};
use crate::spec::Spec;
use crate::types::{FileName, FileNameError, Lang};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 出力の形式
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
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
    let found = find(&args.paths, lang)?;
    let mut check = SetCheck::new(spec, Options::default());
    let mut faults = Vec::new();
    for (label, path) in found.labelled() {
        if let Err(error) = judge(&mut check, &label, path) {
            check.abandon_file();
            faults.push(format!("{}: {error}", path.display()));
        }
    }
    let mut report = check.finish();
    if args.mask {
        report.mask();
    }
    write(&report, &found, args.format, lang)?;
    for fault in &faults {
        output::error(&format!("renkei: {fault}"));
    }
    Ok(exit_code(&report, !faults.is_empty(), args.fail_on))
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
        let folders: BTreeSet<_> = self.files.iter().map(|path| path.parent()).collect();
        let one_folder = folders.len() == 1;
        self.files.iter().map(move |path| {
            let shown = if one_folder { path.file_name().map(Path::new) } else { None };
            (label(shown.unwrap_or(path)), path.as_path())
        })
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
            walk(path, &mut found).with_context(|| format!("{}", path.display()))?;
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
fn walk(top: &Path, found: &mut Found) -> io::Result<()> {
    let mut open = vec![top.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (kind, path) = (entry.file_type()?, entry.path());
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
    FileName::parse(name) != Err(FileNameError::UnknownPrefix)
}

/// Reads a file in pieces through the checks.
fn judge(check: &mut SetCheck<'_>, label: &str, path: &Path) -> io::Result<()> {
    check.begin_file(label);
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => check.feed(piece.get(..length).unwrap_or_default()),
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
                    fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
                files.insert(name, text);
            }
        }
    }
    Spec::parse(&files).map_err(|error| UsageError(error.to_string()).into())
}

fn write(report: &Report, found: &Found, format: Format, lang: Lang) -> anyhow::Result<()> {
    let text = match format {
        Format::Json => report.to_json(),
        Format::Text => {
            let mut text = String::new();
            if !found.ignored.is_empty() {
                let names: Vec<String> = found.ignored.iter().map(|path| label(path)).collect();
                let head = lang.pick("検査しなかったファイル", "files that were not checked");
                text = format!("{head}: {}\n\n", names.join(", "));
            }
            text + &rules::text(report, lang, false)
        }
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn exit_code(report: &Report, unfinished: bool, fail_on: FailOn) -> ExitCode {
    let counts = report.counts;
    let warned = fail_on == FailOn::Warning && counts.warning > 0;
    if unfinished {
        ExitCode::from(EXIT_FAILED)
    } else if counts.error > 0 || warned {
        ExitCode::from(EXIT_NO)
    } else {
        ExitCode::SUCCESS
    }
}
