//! The report as one JSON object a line: a header, each finding, a summary.
//!
//! For programs that read findings one by one. `spec/report.schema.json` describes the lines.

use serde::Serialize;

use crate::rules::finding::Finding;
use crate::rules::overrides::OverridesReport;
use crate::rules::profile::ProfileName;
use crate::rules::report::{
    Counts, FileReport, Omitted, Report, RulesReport, Tool, UnitReport, Verdict,
};
use crate::rules::selection::SelectionReport;

/// The name of the schema.
const SCHEMA: &str = "renkei.report-lines/1";

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'r> {
    Header {
        schema: &'static str,
        tool: &'r Tool,
        profile: ProfileName,
        files: &'r [FileReport],
        units: &'r [UnitReport],
    },
    Finding(&'r Finding),
    Summary {
        verdict: Verdict,
        counts: Counts,
        overrides: &'r OverridesReport,
        #[serde(skip_serializing_if = "Option::is_none")]
        selection: Option<&'r SelectionReport>,
        omitted: &'r [Omitted],
        rules: &'r RulesReport,
        unfinished: &'r [String],
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        passed_over: &'r [String],
    },
}

pub(super) fn render(report: &Report) -> String {
    let header = Line::Header {
        schema: SCHEMA,
        tool: &report.tool,
        profile: report.profile,
        files: &report.files,
        units: &report.units,
    };
    let summary = Line::Summary {
        verdict: report.verdict,
        counts: report.counts,
        overrides: &report.overrides,
        selection: report.selection.as_ref(),
        omitted: &report.omitted,
        rules: &report.rules,
        unfinished: &report.unfinished,
        passed_over: &report.passed_over,
    };
    let findings = report.findings.iter().map(Line::Finding);
    let mut text = String::new();
    for line in std::iter::once(header).chain(findings).chain(std::iter::once(summary)) {
        // As in `Report::to_json`, nothing in a report refuses to be JSON.
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
    }
    text
}
