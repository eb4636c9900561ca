//! What the judgement of one file leaves behind for that of its send unit and for the report.

use crate::types::{Digest, Edition, FileKind, FileName};

use super::collect::Findings;
use super::rule::RuleSet;
use super::subjects::Facts;

/// What is left of a file when its last byte was seen.
#[derive(Debug)]
pub(super) struct FileOutcome {
    /// The name as given, perhaps with folders before it, for showing.
    pub(super) label: String,
    /// The folders before the name; files in different folders are never one send unit.
    pub(super) folder: String,
    /// The name, where it is one of the standard.
    pub(super) name: Option<FileName>,
    /// The kind, where the name tells at least that.
    pub(super) kind: Option<FileKind>,
    /// The edition of the contents, or else of the name.
    pub(super) edition: Option<Edition>,
    pub(super) sha256: Digest,
    /// The number of records; none for pictures and for what could not be read as CSV.
    pub(super) records: Option<u64>,
    pub(super) findings: Findings,
    pub(super) facts: Facts,
    /// The rules that the file is subject to, and those that could be run.
    pub(super) planned: RuleSet,
    pub(super) run: RuleSet,
}
