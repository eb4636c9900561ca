//! Which reports are written, and where.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::sources::Sources;
use crate::cli::{UsageError, unfinished};
use crate::rules::Report;
use crate::rules::render::{Format, verdict_line};
use crate::types::Lang;

/// A form of the report and where it goes: `html=report.html`, or standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) file: Option<PathBuf>,
}

/// Whether anybody still reads standard output. One that went away, as `head` does, is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    There,
    Gone,
}

/// Reads a format with or without a file; help and mistakes list the formats.
#[derive(Debug, Clone)]
pub(super) struct OutputParser;

impl TypedValueParser for OutputParser {
    type Value = Output;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Output, clap::Error> {
        let parser = PossibleValuesParser::new(Format::ALL.map(Format::as_str));
        let text = value.to_string_lossy();
        // A mistake is told with all that was written.
        let (name, file) = match text.split_once('=') {
            Some((name, file)) if !file.is_empty() && name.parse::<Format>().is_ok() => {
                (name, Some(PathBuf::from(file)))
            }
            _ => (&*text, None),
        };
        let name = parser.parse_ref(command, argument, OsStr::new(name))?;
        let format = name.parse().unwrap_or(Format::Text);
        Ok(Output { format, file })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::ALL.into_iter().map(|format| PossibleValue::new(format.as_str()))))
    }
}

/// Only one report fits standard output, each file takes one, and none may take the place of what
/// is judged.
pub(super) fn check(outputs: &[Output], sources: &Sources, lang: Lang) -> Result<(), UsageError> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        let text = lang.pick(
            "画面に出せる形式は 1 つです。ほかは --format html=report.html のようにファイルに書いてください。",
            "only one format fits standard output; give the others a file, as in --format html=report.html",
        );
        return Err(UsageError(text.to_owned()));
    }
    let mut taken: BTreeSet<PathBuf> =
        sources.paths().filter_map(|path| fs::canonicalize(path).ok()).collect();
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

/// Writes every report. Where none goes to standard output, that gets the verdict alone. Files come
/// first: whoever sees the verdict finds them written.
pub(super) fn write(report: &Report, outputs: &[Output], lang: Lang) -> anyhow::Result<Reader> {
    let mut written = Ok(());
    let mut shown = None;
    for output in outputs {
        match &output.file {
            Some(file) => {
                let page = output.format.render(report, lang);
                let done = unfinished::replace(file, page.as_bytes());
                let done = done.with_context(|| file.display().to_string());
                written = written.and(done);
            }
            None => shown = Some(output.format),
        }
    }
    let text = match shown {
        Some(format) => format.render(report, lang),
        None if outputs.is_empty() => Format::Text.render(report, lang),
        None => verdict_line(report, lang) + "\n",
    };
    let reader = to_stdout(&text)?;
    written.map(|()| reader)
}

fn to_stdout(text: &str) -> io::Result<Reader> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error),
    }
}
