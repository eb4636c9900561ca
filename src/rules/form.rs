//! The form of the CSV as a whole: whether there are records, blank lines, line ends.

use crate::record::LineEnds;
use crate::types::{FileKind, Severity};

use super::collect::Findings;
use super::finding::Draft;
use super::table::Rule;

/// The rules about the form of the CSV.
pub(super) const RULES: &[Rule] = &[
    Rule::EmptyFile,
    Rule::UnclosedQuote,
    Rule::StrayQuote,
    Rule::WrongItemCount,
    Rule::HeaderLine,
    Rule::BlankLine,
    Rule::LineEndsNotCrlf,
    Rule::LineEndsCr,
    Rule::NoFinalLineEnd,
    Rule::RecordTooLong,
];

/// What was seen of the form so far.
#[derive(Debug, Default)]
pub(super) struct Form {
    blank_lines: u64,
    first_blank: Option<(u64, u64)>,
    /// A record could not be read to its end: the file is not empty, whatever was counted.
    torn: bool,
}

impl Form {
    /// A line with nothing on it.
    pub(super) fn blank_line(&mut self, line: u64, offset: u64) {
        self.blank_lines += 1;
        self.first_blank.get_or_insert((line, offset));
    }

    /// A record could not be read to its end.
    pub(super) const fn tear(&mut self) {
        self.torn = true;
    }

    /// Whether there was nothing that could be a record, of so many that were read.
    pub(super) const fn is_empty(&self, records: u64) -> bool {
        records == 0 && !self.torn
    }

    /// Says what is wrong with a file that has records.
    pub(super) fn check(&self, ends: LineEnds, findings: &mut Findings) {
        if let Some((line, offset)) = self.first_blank {
            let count = self.blank_lines;
            findings.add(Rule::BlankLine, || Draft::line(line, Some(offset)).with("count", count));
        }
        if let Some(line) = ends.first_lf {
            findings.add(Rule::LineEndsNotCrlf, || {
                Draft::line(line, None).with("count", ends.lf).with("crlf", ends.crlf)
            });
        }
        if let Some(line) = ends.first_cr {
            findings.add(Rule::LineEndsCr, || Draft::line(line, None).with("count", ends.cr));
        }
        if ends.missing_at_end && !self.torn {
            findings.add(Rule::NoFinalLineEnd, Draft::file);
        }
    }
}

/// Says that a file has no records; its header line is no mistake of its own.
pub(super) fn empty(kind: Option<FileKind>, findings: &mut Findings) {
    findings.keep_only(|rule| rule != Rule::HeaderLine);
    // A user need not have any of these rows, and some software writes the file anyhow.
    let may_have_none = kind.is_some_and(|kind| {
        matches!(
            kind,
            FileKind::Up3kyo | FileKind::UpkihonSub1 | FileKind::UpkihonSub2 | FileKind::UpyoboSub
        )
    });
    let limit = if may_have_none { Severity::Warning } else { Severity::Error };
    findings.add_at_most(Rule::EmptyFile, limit, Draft::file);
}
