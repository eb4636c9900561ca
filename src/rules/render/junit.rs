//! JUnit XML: a suite is a file, a case is a rule.
//!
//! Errors are failures. Warnings and notices are output of a case that passed, so that a build
//! only breaks where the standard is broken. The file keeps to `junit-10.xsd` of Jenkins, which
//! counts skipped cases in suites only. A rule that a file is subject to and that could not
//! be run is skipped; the last suite holds the rules about the set as a whole and those that no
//! file is subject to.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use crate::rules::finding::Finding;
use crate::rules::report::{Reason, Report};
use crate::rules::table::{Rule, TABLE};
use crate::types::{Lang, Severity};

use super::groups::{self, FileGroup, RuleGroup};
use super::words;

/// Of each rule and file so many findings are written out.
const MOST: usize = 50;

/// One suite with its cases, rendered, and their numbers.
struct Suite {
    name: String,
    properties: String,
    cases: String,
    tests: u64,
    failures: u64,
    skipped: u64,
}

pub(super) fn render(report: &Report, lang: Lang) -> String {
    let groups = groups::by_file(report);
    let by_name: HashMap<&str, &FileGroup<'_>> =
        groups.iter().map(|group| (group.name, group)).collect();
    let mut suites = Vec::with_capacity(report.files.len() + 1);
    let mut of_files: BTreeSet<Rule> = BTreeSet::new();
    for file in &report.files {
        of_files.extend(&file.run);
        let mut suite = Suite::new(&file.name);
        suite.property("sha256", &file.sha256.to_string());
        let group = by_name.get(file.name.as_str());
        for rule in TABLE.iter().map(|info| info.rule) {
            if file.run.contains(&rule) {
                let found = |group: &&RuleGroup<'_>| group.rule == rule;
                let broken = group.iter().flat_map(|group| &group.rules).filter(found).collect();
                suite.case(rule, broken, lang);
            } else if file.blocked.contains(&rule) {
                suite.skip(rule, words::reason(Reason::Blocked, lang));
            }
        }
        suites.push(suite);
    }
    suites.push(set(report, &groups, &of_files, lang));

    let sum = |of: fn(&Suite) -> u64| suites.iter().map(of).sum::<u64>();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"renkei\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        sum(|suite| suite.tests),
        sum(|suite| suite.failures),
        report.unfinished.len(),
    );
    for suite in &suites {
        suite.write(&mut text);
    }
    for name in &report.unfinished {
        let name = escaped(name);
        let reason = escaped(lang.pick("読み取れませんでした", "could not be read"));
        let _ = writeln!(
            text,
            "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
             <testcase classname=\"{name}\" name=\"read\"><error message=\"{reason}\"/></testcase>\n  \
             </testsuite>",
        );
    }
    text.push_str("</testsuites>\n");
    text
}

/// The rules about the set as a whole, and those that no file is subject to.
fn set(report: &Report, groups: &[FileGroup<'_>], of_files: &BTreeSet<Rule>, lang: Lang) -> Suite {
    let mut suite = Suite::new(lang.pick("送信単位", "send units"));
    suite.property("verdict", words::verdict(report.verdict, lang));
    suite.property("profile", report.profile.as_str());
    suite.property("tool", &format!("{} {}", report.tool.name, report.tool.version));
    suite.property("rule-set", &format!("sha256:{}", report.tool.rule_set));
    if let Some(number) = report.tool.rule_set_number {
        suite.property("rule-set-number", &number.to_string());
    }
    suite.property("rules-run", &report.rules.run.len().to_string());
    suite.property("rules-total", &report.rules.total.to_string());
    if let Some(line) = words::selection_line(report, lang) {
        suite.property("selection", &line);
    }
    for (name, count) in [
        ("findings-error", report.counts.error),
        ("findings-warning", report.counts.warning),
        ("findings-info", report.counts.info),
        ("findings-silenced", report.counts.silenced),
        ("rules-regraded", report.overrides.regraded),
        ("rules-silenced", report.overrides.silenced),
    ] {
        suite.property(name, &count.to_string());
    }
    for rule in report.rules.run.iter().filter(|rule| !of_files.contains(rule)) {
        let all = groups.iter().flat_map(|group| &group.rules);
        suite.case(*rule, all.filter(|group| group.rule == *rule).collect(), lang);
    }
    let blocked_in_a_file =
        |rule: &Rule| report.files.iter().any(|file| file.blocked.contains(rule));
    for not_run in report.rules.not_run.iter().filter(|not_run| !blocked_in_a_file(&not_run.rule)) {
        suite.skip(not_run.rule, words::reason(not_run.reason, lang));
    }
    suite
}

impl Suite {
    fn new(name: &str) -> Self {
        Self {
            name: escaped(name),
            properties: String::new(),
            cases: String::new(),
            tests: 0,
            failures: 0,
            skipped: 0,
        }
    }

    fn property(&mut self, name: &str, value: &str) {
        let value = escaped(value);
        let _ = writeln!(self.properties, "      <property name=\"{name}\" value=\"{value}\"/>");
    }

    fn open(&mut self, rule: Rule) {
        let info = rule.info();
        self.tests += 1;
        let _ = write!(
            self.cases,
            "    <testcase classname=\"{}\" name=\"{} {}\"",
            self.name, info.code, info.name
        );
    }

    fn skip(&mut self, rule: Rule, reason: &str) {
        self.open(rule);
        self.skipped += 1;
        let _ = writeln!(self.cases, "><skipped message=\"{}\"/></testcase>", escaped(reason));
    }

    /// A rule that was run, with what it found.
    fn case(&mut self, rule: Rule, broken: Vec<&RuleGroup<'_>>, lang: Lang) {
        self.open(rule);
        if broken.is_empty() {
            self.cases.push_str("/>\n");
            return;
        }
        self.cases.push_str(">\n");
        let (failures, remarks): (Vec<_>, Vec<_>) =
            broken.into_iter().partition(|group| group.severity == Severity::Error);
        if !failures.is_empty() {
            self.failures += 1;
            let first = failures.iter().flat_map(|group| &group.findings).next();
            // None of them is listed where the set has too many.
            let message = first.map_or_else(
                || rule.info().title(lang),
                |finding| finding.message(lang).to_owned(),
            );
            let message = escaped(&message);
            let body = escaped(&findings(&failures, lang));
            let _ = writeln!(
                self.cases,
                "      <failure type=\"error\" message=\"{message}\">{body}</failure>"
            );
        }
        if !remarks.is_empty() {
            let body = escaped(&findings(&remarks, lang));
            let _ = writeln!(self.cases, "      <system-out>{body}</system-out>");
        }
        self.cases.push_str("    </testcase>\n");
    }

    fn write(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">",
            self.name, self.tests, self.failures, self.skipped
        );
        let _ = write!(text, "    <properties>\n{}    </properties>\n", self.properties);
        text.push_str(&self.cases);
        text.push_str("  </testsuite>\n");
    }
}

/// The findings of a case, one a line.
fn findings(groups: &[&RuleGroup<'_>], lang: Lang) -> String {
    let mut text = String::new();
    for group in groups {
        let line = |finding: &&Finding| {
            let severity = finding.severity.label(lang);
            let file = finding.place.file.as_deref().unwrap_or_default();
            format!("[{severity}] {file}: {}", words::sentence(finding, lang))
        };
        let mut lines: Vec<String> = group.findings.iter().take(MOST).map(line).collect();
        let shown = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        if group.total > shown {
            let rest = group.total - shown;
            lines.push(match lang {
                Lang::Ja => format!("ほか {rest} 件"),
                Lang::En => format!("{rest} more"),
            });
        }
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Text and attribute values of XML 1.0.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in words::visible(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
