//! The report, schema `renkei.report/1`.

use serde::{Serialize, Serializer};

use crate::spec::Spec;
use crate::types::{
    Digest, Edition, FileKind, FileName, FileSerial, OfficeNumber, ServiceMonth, ServiceType,
    Severity,
};

use super::collect::Tally;
use super::file::Outcome;
use super::finding::Finding;
use super::rule::RuleSet;
use super::table::{Rule, TABLE};
use super::unit::{Summary, Units};

/// What came of judging a set of files.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    schema: &'static str,
    /// What judged.
    pub tool: Tool,
    /// The verdict.
    pub verdict: Verdict,
    /// How many findings there are of each severity, those that are not listed included.
    pub counts: Counts,
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
}

/// The program that judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// `renkei`
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// What the findings come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No error.
    Pass,
    /// At least one error.
    Fail,
    /// No error, but not everything could be judged.
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
    /// The file; absent for findings about units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How many.
    pub count: u64,
}

/// Which rules were run.
#[derive(Debug, Clone, Serialize)]
pub struct RulesReport {
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
}

impl Reason {
    /// The stable word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchFile => "no-such-file",
            Self::Blocked => "blocked",
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Counts {
    fn add(&mut self, tally: &Tally) {
        let count = match tally.severity {
            Severity::Error => &mut self.error,
            Severity::Warning => &mut self.warning,
            Severity::Info => &mut self.info,
        };
        *count += tally.total;
    }
}

impl Report {
    /// The name of the schema.
    pub const SCHEMA: &'static str = "renkei.report/1";

    pub(super) fn new(
        spec: &Spec,
        outcomes: Vec<Outcome>,
        units: Units,
        unfinished: Vec<String>,
    ) -> Self {
        let mut run = units.run;
        let mut planned = unit_rules(spec, &outcomes);
        let mut report = Self {
            schema: Self::SCHEMA,
            tool: Tool { name: "renkei", version: env!("CARGO_PKG_VERSION") },
            verdict: Verdict::Pass,
            counts: Counts::default(),
            files: Vec::with_capacity(outcomes.len()),
            units: Vec::new(),
            findings: Vec::new(),
            omitted: Vec::new(),
            rules: RulesReport { run: Vec::new(), not_run: Vec::new() },
            unfinished,
        };
        for outcome in outcomes {
            run.extend(&outcome.run);
            planned.extend(&outcome.planned);
            let (tallies, mut findings) = outcome.findings.into_parts();
            report.count(&tallies, Some(&outcome.label));
            findings.sort_by_key(|finding| (finding.place.line, finding.place.item));
            for mut finding in findings {
                for place in std::iter::once(&mut finding.place).chain(&mut finding.related) {
                    place.file = Some(outcome.label.clone());
                }
                report.findings.push(finding);
            }
            report.files.push(FileReport {
                name: outcome.label,
                kind: outcome.kind,
                edition: outcome.edition,
                sha256: outcome.sha256,
                records: outcome.records,
                parsed: outcome.name,
            });
        }
        let (tallies, findings) = units.findings.into_parts();
        report.count(&tallies, None);
        report.findings.extend(findings);
        report.units = units.summaries.into_iter().map(|unit| report.unit(unit)).collect();
        for info in &TABLE {
            if run.contains(info.rule) {
                report.rules.run.push(info.rule);
            } else {
                let blocked = planned.contains(info.rule);
                let reason = if blocked { Reason::Blocked } else { Reason::NoSuchFile };
                report.rules.not_run.push(NotRun { rule: info.rule, reason });
            }
        }
        report.verdict = if report.counts.error > 0 {
            Verdict::Fail
        } else if report.files.is_empty() || !report.unfinished.is_empty() {
            Verdict::Indeterminate
        } else {
            Verdict::Pass
        };
        report
    }

    fn count(&mut self, tallies: &[Tally], file: Option<&str>) {
        for tally in tallies {
            self.counts.add(tally);
            if tally.total > tally.kept {
                self.omitted.push(Omitted {
                    rule: tally.rule,
                    file: file.map(str::to_owned),
                    count: tally.total - tally.kept,
                });
            }
        }
    }

    fn unit(&self, summary: Summary) -> UnitReport {
        let id = summary.ids.join("+");
        let name = |index: &usize| self.files.get(*index).map(|file| file.name.clone());
        UnitReport {
            unit: (!id.is_empty()).then_some(id),
            serial: summary.serial,
            from: summary.sender,
            to: summary.recipient,
            files: summary.files.iter().filter_map(name).collect(),
            service_types: summary.service_types,
            months: summary.months,
            places: summary.files,
        }
    }

    /// Whether anything is an error.
    pub const fn has_errors(&self) -> bool {
        self.counts.error > 0
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

    /// The report as JSON, indented, with a line end.
    pub fn to_json(&self) -> String {
        // Nothing in a report refuses to be JSON: there are no maps with other keys than text.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// The rules about units that some file is subject to.
fn unit_rules(spec: &Spec, outcomes: &[Outcome]) -> RuleSet {
    let mut rules = RuleSet::default();
    for outcome in outcomes {
        let Some(kind) = outcome.kind else { continue };
        if Edition::ALL.into_iter().any(|edition| spec.has_kind(edition, kind)) {
            rules.extend(&RuleSet::of(super::unit::UNIT_RULES));
        }
        if matches!(kind, FileKind::Upkihon | FileKind::UpkihonImage) {
            rules.extend(&RuleSet::of(super::unit::PICTURE_RULES));
        }
    }
    rules
}
