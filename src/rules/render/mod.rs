//! The report in the forms that people and other programs read, one file each.
//!
//! A renderer turns a [`Report`] into text and does nothing else. What may be shown is decided
//! before: [`Report::mask`] hides what says something about a person from every format. Names and
//! values come from files of others, so each format escapes them in its own way, and characters
//! that would turn or hide text are shown as their code points.
//!
//! ```
//! use renkei::rules::render::Format;
//! use renkei::rules::{Options, SourceFile, check};
//! use renkei::spec::Spec;
//! use renkei::types::Lang;
//!
//! let files = [SourceFile { name: "notes.txt", bytes: b"" }];
//! let report = check(Spec::builtin().expect("consistent"), &files, &Options::default());
//! let page = Format::Html.render(&report, Lang::En);
//! assert!(page.contains("FAIL") && page.contains("L1-NAME-001"));
//! ```

mod github;
mod groups;
mod html;
mod junit;
mod lines;
mod sarif;
mod sheet;
mod spreadsheet;
mod text;
mod words;

use std::fmt;
use std::str::FromStr;

use crate::types::Lang;

pub use sheet::Sheet;
pub use words::{verdict_line, visible, visible_line};

use super::report::Report;

/// The report as text for a terminal, with or without what says something about a person.
pub fn text(report: &Report, lang: Lang, mask: bool) -> String {
    if mask { text::render(&report.masked(), lang) } else { text::render(report, lang) }
}

/// The files and the findings as text, without the codes of the rules and without a verdict.
pub fn findings(report: &Report, lang: Lang) -> String {
    text::findings(report, lang)
}

/// What stands around the report on a page that was made for an occasion. It is shown as text.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'f> {
    /// Above the verdict; the first of the lines is the heading.
    pub head: &'f [String],
    /// At the end: how to go on.
    pub closing: &'f str,
}

/// The page of [`Format::Html`] within `frame`.
pub fn framed_page(report: &Report, frame: &Frame<'_>, lang: Lang) -> String {
    html::render(report, Some(frame), lang)
}

/// Whether a file that begins with these bytes is a report in the form [`Format::Csv`], in either
/// language; its first line is enough to tell.
pub fn is_own_spreadsheet(start: &[u8]) -> bool {
    spreadsheet::is_one(start)
}

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// The whole report, schema `renkei.report/1` (`spec/report.schema.json`).
    Json,
    /// One JSON object a line: a header, each finding, a summary (`spec/report.schema.json`,
    /// `$defs/line`).
    Ndjson,
    /// JUnit XML for build servers: a suite is a file, a case is a rule. Errors are failures,
    /// warnings and notices are output of a case that passed.
    Junit,
    /// SARIF 2.1.0 with byte offsets, at most 5,000 results.
    Sarif,
    /// A table for spreadsheet programs, with a byte order mark.
    Csv,
    /// One self-contained page to read and print; of each rule and file the first findings.
    Html,
    /// Workflow commands of GitHub Actions.
    Github,
}

/// The text named no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected text, json, ndjson, junit, sarif, csv, html or github")]
pub struct ParseFormatError;

impl Format {
    /// Every format.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Json,
        Self::Ndjson,
        Self::Junit,
        Self::Sarif,
        Self::Csv,
        Self::Html,
        Self::Github,
    ];

    /// How the format is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Github => "github",
        }
    }

    /// Renders a report. The language is that of the texts for people; what programs read has both
    /// languages or none.
    pub fn render(self, report: &Report, lang: Lang) -> String {
        match self {
            Self::Text => text::render(report, lang),
            Self::Json => report.to_json(),
            Self::Ndjson => lines::render(report),
            Self::Junit => junit::render(report, lang),
            Self::Sarif => sarif::render(report, lang),
            Self::Csv => spreadsheet::render(report, lang),
            Self::Html => html::render(report, None, lang),
            Self::Github => github::render(report, lang),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = ParseFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(ParseFormatError)
    }
}

#[cfg(test)]
mod tests;
