//! Which files the arguments of a command name.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::UsageError;
use crate::archive::{is_of_the_standard, is_of_the_system, is_wanted_name, is_zip};
use crate::rules::render::is_own_spreadsheet;
use crate::types::{Lang, io_text};

/// What the arguments name.
#[derive(Default)]
pub(super) struct Found {
    /// The files to judge, in the order of their folders and names.
    pub(super) files: BTreeSet<PathBuf>,
    /// Those of the files that were named themselves.
    named: BTreeSet<PathBuf>,
    /// Files in folders that have nothing to do with the standard.
    ignored: BTreeSet<PathBuf>,
}

impl Found {
    /// Each file with its name in the report: the bare name as long as all lie in one folder,
    /// otherwise with the path, which keeps the send units of different folders apart.
    pub(super) fn labelled(&self) -> impl Iterator<Item = (String, &Path)> {
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
    pub(super) fn base(&self) -> Option<String> {
        self.one_folder().map(label).filter(|folder| !folder.is_empty())
    }

    /// Whether a file was named itself, and did not only lie in a folder that was.
    pub(super) fn is_named(&self, path: &Path) -> bool {
        self.named.contains(path)
    }

    /// The files that were not judged.
    pub(super) fn passed_over(&self) -> Vec<String> {
        self.ignored.iter().map(|path| label(path)).collect()
    }

    /// Takes files of archives among those that were not judged.
    pub(super) fn pass_over(&mut self, files: Vec<PathBuf>) {
        self.ignored.extend(files);
    }

    /// The bytes of all files, as far as they can be asked for.
    pub(super) fn size(&self) -> u64 {
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

/// What becomes of a CSV file in a folder whose name is none of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherCsv {
    /// It may be an export that was renamed, which the judgement has to say.
    Judged,
    /// Nothing can be done with it.
    PassedOver,
}

/// Files that are named are taken whatever their names; of folders those that have a name of the
/// standard, or almost, and perhaps other CSV files. Hidden files, and reports of this program, are
/// nobody's export.
pub(super) fn find(paths: &[PathBuf], other: OtherCsv, lang: Lang) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for path in paths {
        let kind = fs::metadata(path).map_err(|error| {
            UsageError(match lang {
                Lang::Ja if error.kind() == io::ErrorKind::NotFound => {
                    format!("{} が見つかりません。", path.display())
                }
                Lang::Ja => format!("{} を開けません: {}", path.display(), io_text(&error, lang)),
                Lang::En => format!("cannot open {}: {}", path.display(), io_text(&error, lang)),
            })
        })?;
        if kind.is_dir() {
            if !walk(path, other, &mut found)? {
                let archives =
                    found.ignored.iter().any(|file| file.starts_with(path) && is_zip(file));
                let hint = if archives && other == OtherCsv::Judged {
                    lang.pick(
                        "ZIP ファイルは、フォルダーではなくファイルを指定してください。",
                        "; name a ZIP file itself to have it checked",
                    )
                } else {
                    ""
                };
                let path = path.display();
                return Err(UsageError(match lang {
                    Lang::Ja => format!("{path} に標準仕様のファイルがありません。ファイル名は UPPLAN_ や UP1KYO_ などで始まります。{hint}"),
                    Lang::En => format!("{path} holds no file of the standard; their names begin with UPPLAN_, UP1KYO_ and so on{hint}"),
                })
                .into());
            }
        } else {
            found.named.insert(path.clone());
            found.files.insert(path.clone());
        }
    }
    Ok(found)
}

/// Looks through a folder and those below it. Links are not followed: they may lead anywhere,
/// and in circles. Tells whether there was a file to take, be it that another argument named it too.
fn walk(top: &Path, other: OtherCsv, found: &mut Found) -> anyhow::Result<bool> {
    let mut any = false;
    let mut open = vec![top.to_owned()];
    while let Some(folder) = open.pop() {
        let shown = || folder.display().to_string();
        for entry in fs::read_dir(&folder).with_context(shown)? {
            let entry = entry.with_context(shown)?;
            let (kind, path) = (entry.file_type().with_context(shown)?, entry.path());
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if kind.is_dir() && !is_of_the_system(&name) {
                open.push(path);
            } else if kind.is_file() && is_wanted(&path, &name, other) {
                found.files.insert(path);
                any = true;
            } else {
                found.ignored.insert(path);
            }
        }
    }
    Ok(any)
}

/// The name of an archive in a folder is a mistake that the judgement has to tell, where it is
/// meant to be one of the standard; no command that makes copies can mend it.
fn is_wanted(path: &Path, name: &str, other: OtherCsv) -> bool {
    let judged = || other == OtherCsv::Judged && is_wanted_name(name) && !is_own_report(path);
    let taken = other == OtherCsv::Judged || !is_zip(path);
    !name.starts_with('.') && (taken && is_of_the_standard(name) || judged())
}

/// Whether a file is a report that `--format csv=…` wrote, or is about to be one: a shell that
/// redirects the report has made an empty file. One that cannot be read is none.
fn is_own_report(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START).read_to_end(&mut start));
    read.is_ok() && (start.is_empty() || is_own_spreadsheet(&start))
}

/// More bytes than the first line of a report has.
const START: u64 = 1 << 10;
