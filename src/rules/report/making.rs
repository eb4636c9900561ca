//! How a report is put together.

use crate::rules::catalogue::{rule_set, rule_set_number};
use crate::rules::collect::Tally;
use crate::rules::finding::Finding;
use crate::rules::options::Options;
use crate::rules::outcome::FileOutcome;
use crate::rules::profile::Profile;
use crate::rules::rule::{Level, RuleSet};
use crate::rules::same;
use crate::rules::table::TABLE;
use crate::rules::unit;
use crate::rules::units::{Summary, Units};
use crate::spec::Spec;
use crate::types::Severity;

use super::{
    Counts, FileReport, NotRun, Omitted, Reason, Report, RulesReport, Tool, UnitReport, Verdict,
};

impl Counts {
    fn add(&mut self, severity: Option<Severity>, total: u64) {
        let count = match severity {
            Some(Severity::Error) => &mut self.error,
            Some(Severity::Warning) => &mut self.warning,
            Some(Severity::Info) => &mut self.info,
            None => &mut self.silenced,
        };
        *count += total;
    }
}

impl Report {
    /// Puts together what came of each file and of the units.
    pub(in crate::rules) fn new(
        spec: &Spec,
        options: &Options,
        outcomes: Vec<FileOutcome>,
        units: Units,
        unfinished: Vec<String>,
    ) -> Self {
        let Options { profile, selection, .. } = options;
        let mut run = units.run;
        let has_history = units.has_history;
        let mut planned = RuleSet::default();
        let mut report = Self {
            schema: Self::SCHEMA,
            tool: Tool {
                name: "renkei",
                version: env!("CARGO_PKG_VERSION"),
                rule_set: rule_set(spec),
                rule_set_number: rule_set_number(spec),
            },
            profile: profile.name(),
            verdict: Verdict::Pass,
            counts: Counts::default(),
            overrides: profile.report(),
            selection: selection.report(),
            files: Vec::with_capacity(outcomes.len()),
            units: Vec::new(),
            findings: Vec::new(),
            omitted: Vec::new(),
            rules: RulesReport { total: TABLE.len(), run: Vec::new(), not_run: Vec::new() },
            unfinished,
            passed_over: Vec::new(),
            base: None,
        };
        for outcome in outcomes {
            run.extend(&outcome.run);
            planned.extend(&outcome.planned);
            planned.extend(&outcome.kind.map(unit::planned).unwrap_or_default());
            let (tallies, mut findings) = outcome.findings.into_parts();
            findings.sort_by_key(|finding| (finding.place.line, finding.place.item));
            for finding in &mut findings {
                for place in std::iter::once(&mut finding.place).chain(&mut finding.related) {
                    // One that is about several files names the others itself.
                    place.file.get_or_insert_with(|| outcome.label.clone());
                }
            }
            report.take(options, &tallies, findings, Some(&outcome.label));
            report.files.push(FileReport {
                name: outcome.label,
                kind: outcome.kind,
                edition: outcome.edition,
                sha256: outcome.sha256,
                records: outcome.records,
                run: outcome.run.rules().filter(|rule| !selection.leaves_out(*rule)).collect(),
                blocked: outcome
                    .planned
                    .without(&outcome.run)
                    .rules()
                    .filter(|rule| !selection.leaves_out(*rule))
                    .collect(),
                parsed: outcome.name,
            });
        }
        let (tallies, findings) = units.findings.into_parts();
        report.take(options, &tallies, findings, None);
        report.units = units.summaries.into_iter().map(|unit| report.unit(unit)).collect();
        for info in &TABLE {
            let reason = if selection.leaves_out(info.rule) {
                Reason::LeftOut
            } else if run.contains(info.rule) {
                report.rules.run.push(info.rule);
                continue;
            } else if info.level == Level::L8 && !has_history {
                Reason::NoHistory
            } else if planned.contains(info.rule) {
                Reason::Blocked
            } else {
                Reason::NoSuchFile
            };
            report.rules.not_run.push(NotRun { rule: info.rule, reason });
        }
        report.verdict = if report.counts.error > 0 {
            Verdict::Fail
        } else if report.files.is_empty()
            || !report.unfinished.is_empty()
            || (*profile == Profile::Conformance && report.has_blocked())
        {
            Verdict::Indeterminate
        } else if selection.leaves_out_errors(profile) || report.overrides.hides_errors() {
            Verdict::Partial
        } else {
            Verdict::Pass
        };
        report
    }

    /// Takes the findings of a file, or of the units, as the profile grades them.
    fn take(
        &mut self,
        Options { profile, selection, .. }: &Options,
        tallies: &[Tally],
        mut findings: Vec<Finding>,
        file: Option<&str>,
    ) {
        let folded = same::fold(&mut findings);
        for tally in tallies {
            let gone = folded.get(&(tally.rule, tally.severity)).copied().unwrap_or_default();
            let mut total = tally.total.saturating_sub(gone);
            let mut uncounted = tally.total - tally.kept;
            // Where all that were kept are one mistake, the others are taken for it too.
            if gone > 0 && gone + 1 == tally.kept {
                let same =
                    |one: &&mut Finding| (one.rule, one.severity) == (tally.rule, tally.severity);
                if let Some(finding) = findings.iter_mut().find(same) {
                    finding.unlisted = std::mem::take(&mut uncounted);
                    total = 1;
                }
            }
            let mut severity = profile.grade(tally.rule, tally.severity);
            if selection.leaves_out(tally.rule) {
                if let Some(report) = &mut self.selection {
                    report.count(severity, total);
                }
                severity = None;
            }
            self.counts.add(severity, total);
            self.overrides.count(tally.rule, total);
            let Some(severity) = severity.filter(|_| uncounted > 0) else { continue };
            let same = |omitted: &&mut Omitted| {
                (omitted.rule, omitted.severity) == (tally.rule, severity)
                    && omitted.file.as_deref() == file
            };
            match self.omitted.iter_mut().rev().take(tallies.len()).find(same) {
                Some(omitted) => omitted.count += uncounted,
                None => self.omitted.push(Omitted {
                    rule: tally.rule,
                    severity,
                    file: file.map(str::to_owned),
                    count: uncounted,
                }),
            }
        }
        findings.retain_mut(|finding| {
            let severity = profile.grade(finding.rule, finding.severity);
            finding.severity = severity.unwrap_or(finding.severity);
            severity.is_some() && !selection.leaves_out(finding.rule)
        });
        self.findings.extend(findings);
    }

    fn unit(&self, summary: Summary) -> UnitReport {
        let id = summary.ids.join("+");
        let name = |index: &usize| self.files.get(*index).map(|file| file.name.clone());
        UnitReport {
            unit: (!id.is_empty()).then_some(id),
            title: summary.titles.join("、"),
            serial: summary.serial,
            from: summary.sender,
            to: summary.recipient,
            files: summary.files.iter().filter_map(name).collect(),
            service_types: summary.service_types,
            months: summary.months,
            places: summary.files,
        }
    }
}
