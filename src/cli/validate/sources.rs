//! What is judged: files, the files of folders and archives, standard input.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Args;
use crate::archive::{self, feed, is_zip};
use crate::cli::inputs::{Found, OtherCsv, find};
use crate::cli::progress::Progress;
use crate::cli::{UsageError, copies};
use crate::disk;
use crate::rules::SetCheck;
use crate::spec::Spec;
use crate::types::{Lang, io_text};

/// How the arguments call standard input.
const STDIN: &str = "-";

/// What the arguments name.
pub(super) struct Sources {
    found: Found,
    /// The name of what comes through standard input.
    piped: Option<String>,
}

impl Sources {
    pub(super) fn find(args: &Args, lang: Lang) -> anyhow::Result<Self> {
        let is_stdin = |path: &&PathBuf| path.as_os_str() == STDIN;
        let times = args.paths.iter().filter(is_stdin).count();
        let piped = match (&args.file_name, times) {
            (None, 0) => None,
            (Some(name), 1) if !name.is_empty() && !name.ends_with('/') => Some(name.clone()),
            (None, _) => {
                return Err(UsageError(lang.pick(
                    "標準入力（-）を検査するときは、--file-name でファイル名を指定してください（例 --file-name UPPLAN_….CSV、ZIP なら --file-name set.zip）。ファイル名も検査の対象です。",
                    "name standard input (-) with --file-name, as in --file-name UPPLAN_….CSV, or --file-name set.zip; the name is judged too",
                ).to_owned()).into());
            }
            (Some(_), _) => {
                return Err(UsageError(
                    lang.pick(
                        "--file-name は、標準入力（-）を 1 つだけ指定したときのファイル名です。",
                        "--file-name is the name of standard input (-), given once",
                    )
                    .to_owned(),
                )
                .into());
            }
        };
        if piped.is_some() && args.watch {
            return Err(UsageError(lang.pick(
                "--watch では標準入力（-）を検査できません。ファイルかフォルダーを指定してください。",
                "--watch cannot look at standard input (-); name files or folders",
            ).to_owned()).into());
        }
        let paths: Vec<PathBuf> =
            args.paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
        let found = find(&paths, OtherCsv::Judged, lang)?;
        if let Some(name) =
            piped.as_ref().filter(|name| found.labelled().any(|(label, _)| label == **name))
        {
            return Err(UsageError(match lang {
                Lang::Ja => format!("{name} という名前のファイルがほかにもあります。"),
                Lang::En => format!("there is another file called {name}"),
            })
            .into());
        }
        Ok(Self { found, piped })
    }

    /// The files, archives among them.
    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.found.files.iter()
    }

    /// The bytes of all files, as far as they can be asked for.
    pub(super) fn size(&self) -> u64 {
        self.found.size()
    }

    /// What stands before the names in the report.
    pub(super) fn base(&self) -> Option<String> {
        self.found.base()
    }

    /// The files that were not judged.
    pub(super) fn passed_over(&self) -> Vec<String> {
        self.found.passed_over()
    }

    /// Judges everything. Gives what is wrong with what could not be read.
    pub(super) fn judge(
        &mut self,
        check: &mut SetCheck<'_>,
        progress: &Progress,
        lang: Lang,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        let mut passed_over = Vec::new();
        for (label, path) in self.found.labelled() {
            let shown = path.display();
            match disk::open_followed(path) {
                Ok(file) if is_zip(path) && self.found.is_named(path) => {
                    let size = file.metadata().map_or(0, |metadata| metadata.len());
                    let inside = archive::read(file, &label, check, lang);
                    faults
                        .extend(inside.faults.into_iter().map(|fault| format!("{shown}: {fault}")));
                    passed_over.extend(inside.passed_over);
                    progress.advance(usize::try_from(size).unwrap_or(usize::MAX));
                }
                opened => {
                    check.begin_file(&label);
                    let judged = opened.and_then(|mut file| {
                        feed(check, &mut file, |length| progress.advance(length))
                    });
                    if let Err(error) = judged {
                        check.abandon_file();
                        faults.push(format!("{shown}: {}", io_text(&error, lang)));
                    }
                }
            }
        }
        if let Some(name) = &self.piped {
            let stdin = io::stdin().lock();
            if is_zip(Path::new(name)) {
                let inside = match archive::spooled(stdin) {
                    Ok(file) => archive::read(file, name, check, lang),
                    Err(error) => archive::unreadable(name, check, io_text(&error, lang)),
                };
                faults.extend(inside.faults.into_iter().map(|fault| format!("{name}: {fault}")));
                passed_over.extend(inside.passed_over);
            } else {
                check.begin_file(name);
                if let Err(error) = feed(check, &mut { stdin }, |_| {}) {
                    check.abandon_file();
                    faults.push(format!("{name}: {}", io_text(&error, lang)));
                }
            }
        }
        self.found.pass_over(passed_over);
        faults
    }
}

/// The tables of a folder.
pub(super) fn read_spec(folder: &Path, lang: Lang) -> anyhow::Result<Spec> {
    let mut files = BTreeMap::new();
    for inside in ["", "v3", "v4.1"] {
        let folder = folder.join(inside);
        let entries = fs::read_dir(&folder).map_err(|error| {
            let (folder, why) = (folder.display(), io_text(&error, lang));
            UsageError(match lang {
                Lang::Ja => format!("仕様の表のフォルダー {folder} を開けません: {why}"),
                Lang::En => format!("cannot open the folder of tables {folder}: {why}"),
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
