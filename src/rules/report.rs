//! The report, schema `renkei.report/1`.

mod making;

use serde::{Serialize, Serializer};

use crate::types::{
    Digest, Edition, FileKind, FileName, FileSerial, OfficeNumber, ServiceMonth, ServiceType,
    Severity,
};

use super::finding::Finding;
use super::overrides::OverridesReport;
use super::profile::ProfileName;
use super::selection::SelectionReport;
use super::table::Rule;

/// What came of judging a set of files.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    schema: &'static str,
    /// What judged.
    pub tool: Tool,
    /// How strictly.
    pub profile: ProfileName,
    /// The verdict.
    pub verdict: Verdict,
    /// How many findings there are of each severity, those that are not listed included.
    pub counts: Counts,
    /// What the caller overrode in the rule table, and what came of it.
    pub overrides: OverridesReport,
    /// Which rules the caller wanted, and what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection: Option<SelectionReport>,
    /// Every file, in the order in which they were given.
    pub files: Vec<FileReport>,
    /// The send units.
    pub units: Vec<UnitReport>,
    /// The findings: those of files in the order of files and lines, then those of units.
    pub findings: Vec<Finding>,
    /// Findings that were counted and not listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<Omitted>,
    /// Which rules were run.
    pub rules: RulesReport,
    /// Files that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<String>,
    /// Files that lay beside those that were judged and have nothing to do with the standard, where
    /// the caller says so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<String>,
    /// The folder that the names of files start from, where the caller says so: formats that other
    /// programs read name files with it.
    #[serde(skip)]
    pub base: Option<String>,
}

/// The program that judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// `renkei`
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The version of the rule set: the digest over the rule table and the tables of the standard.
    pub rule_set: Digest,
    /// The number of the rule set, which is greater the newer it is; absent where the tables of the
    /// standard are not the built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_set_number: Option<u32>,
}

/// What the findings come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No error.
    Pass,
    /// No error among the rules that count, but rules that give errors were left out, silenced or graded lower.
    Partial,
    /// At least one error.
    Fail,
    /// No error, but not everything could be judged: a file could not be read or, in the profile
    /// conformance, a rule could not be run.
    Indeterminate,
}

/// How many findings there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Errors.
    pub error: u64,
    /// Warnings.
    pub warning: u64,
    /// Notices.
    pub info: u64,
    /// Findings of rules that are silenced or left out; in none of the other numbers.
    pub silenced: u64,
}

/// One file.
#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    /// The name as given.
    pub name: String,
    /// The kind, where the name tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FileKind>,
    /// The edition of the contents, or else of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<Edition>,
    /// The digest of its bytes.
    pub sha256: Digest,
    /// The number of records; absent for pictures and for what is no CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// The rules that were run on it.
    #[serde(skip)]
    pub run: Vec<Rule>,
    /// The rules that it is subject to and that could not be run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<Rule>,
    /// The name taken apart, where it is one of the standard.
    #[serde(skip)]
    pub parsed: Option<FileName>,
}

/// Files with the same sender, recipient and 連番.
#[derive(Debug, Clone, Serialize)]
pub struct UnitReport {
    /// The id of the send unit, such as `K1`; absent where the files are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it carries, in Japanese; empty where the files are no send unit.
    #[serde(skip)]
    pub title: String,
    /// ファイル連番.
    pub serial: FileSerial,
    /// 送信元事業所番号.
    pub from: OfficeNumber,
    /// 送信先事業所番号.
    pub to: OfficeNumber,
    /// The names of its files.
    pub files: Vec<String>,
    /// 送信元 and 送信先サービス種類コード, of the first file that has them.
    #[serde(skip)]
    pub service_types: Option<(ServiceType, ServiceType)>,
    /// The months in the names of the files.
    #[serde(skip)]
    pub months: Vec<ServiceMonth>,
    /// The places of its files in [`Report::files`].
    #[serde(skip)]
    pub places: Vec<usize>,
}

/// Findings of a rule that were counted and not listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Omitted {
    /// The rule.
    pub rule: Rule,
    /// How bad.
    pub severity: Severity,
    /// The file; absent for findings about units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How many.
    pub count: u64,
}

/// Which rules were run.
#[derive(Debug, Clone, Serialize)]
pub struct RulesReport {
    /// How many rules there are: the verdict says nothing about those that were not run.
    pub total: usize,
    /// The rules that some file or unit was judged by.
    pub run: Vec<Rule>,
    /// All others.
    pub not_run: Vec<NotRun>,
}

/// A rule that was not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NotRun {
    /// The rule.
    pub rule: Rule,
    /// Why.
    pub reason: Reason,
}

/// Why a rule was not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No file of the set is subject to it.
    NoSuchFile,
    /// An earlier finding leaves nothing to judge.
    Blocked,
    /// The caller left it out: its findings are only counted.
    LeftOut,
    /// It needs the history of the exchange, which was not given.
    NoHistory,
}

impl Reason {
    /// The stable word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchFile => "no-such-file",
            Self::Blocked => "blocked",
            Self::LeftOut => "left-out",
            Self::NoHistory => "no-history",
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Report {
    /// The name of the schema.
    pub const SCHEMA: &'static str = "renkei.report/1";

    /// Whether anything is an error.
    pub const fn has_errors(&self) -> bool {
        self.counts.error > 0
    }

    /// The path of a file as other programs find it: its name, with [`Report::base`] before it.
    pub(super) fn path_of(&self, file: &str) -> String {
        match self.base.as_deref().map(|base| base.trim_end_matches('/')) {
            None | Some(".") => file.to_owned(),
            Some(base) => format!("{base}/{file}"),
        }
    }

    /// Whether a rule could not be run on something that is subject to it.
    fn has_blocked(&self) -> bool {
        let blocked = |not_run: &NotRun| not_run.reason == Reason::Blocked;
        self.files.iter().any(|file| !file.blocked.is_empty())
            || self.rules.not_run.iter().any(blocked)
    }

    /// Whether nothing is wrong but that files of the send units are not there yet: the files may
    /// still be on their way. A missing picture is a warning, and counts here too.
    pub fn is_incomplete(&self) -> bool {
        let missing =
            |finding: &Finding| matches!(finding.rule, Rule::MissingFile | Rule::MissingImage);
        let error = |finding: &&Finding| finding.severity == Severity::Error;
        self.findings.iter().any(missing)
            && self.omitted.is_empty()
            && self.findings.iter().filter(error).all(missing)
    }

    /// Hides what says something about a person.
    pub fn mask(&mut self) {
        for value in self.findings.iter_mut().filter_map(|finding| finding.value.as_mut()) {
            value.mask();
        }
    }

    /// A copy that hides what says something about a person.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut copy = self.clone();
        copy.mask();
        copy
    }

    /// The report as JSON, indented, with a line end (`spec/report.schema.json`).
    pub fn to_json(&self) -> String {
        // Nothing in a report refuses to be JSON: there are no maps with other keys than text.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}
