//! The findings of a report by file and rule.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::rules::finding::Finding;
use crate::rules::report::{FileReport, Report};
use crate::rules::table::Rule;
use crate::types::Severity;

/// The findings about one file.
pub(super) struct FileGroup<'r> {
    /// Its name; empty for findings about no file.
    pub(super) name: &'r str,
    /// The file; none where a missing one is meant.
    pub(super) file: Option<&'r FileReport>,
    /// The rules that were broken, the worst first.
    pub(super) rules: Vec<RuleGroup<'r>>,
}

/// The findings of one rule in one file.
pub(super) struct RuleGroup<'r> {
    pub(super) rule: Rule,
    pub(super) severity: Severity,
    /// Those that the report lists.
    pub(super) findings: Vec<&'r Finding>,
    /// How many there are, those that are not listed included.
    pub(super) total: u64,
}

impl RuleGroup<'_> {
    /// How many places the findings stand for.
    pub(super) fn places(&self) -> u64 {
        self.findings.iter().fold(self.total, |places, finding| places + finding.count() - 1)
    }
}

impl FileGroup<'_> {
    /// How many findings there are of a severity.
    pub(super) fn count(&self, severity: Severity) -> u64 {
        let same = self.rules.iter().filter(|group| group.severity == severity);
        same.map(|group| group.total).sum()
    }
}

type Rules<'r> = BTreeMap<(Reverse<Severity>, Rule), RuleGroup<'r>>;

/// The files that have findings: in the order of the report, then files that are missing, then
/// what concerns no file.
pub(super) fn by_file(report: &Report) -> Vec<FileGroup<'_>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, file) in report.files.iter().enumerate() {
        places.entry(&file.name).or_insert(place);
    }
    let key = |name: Option<&'_ str>| match name {
        None => usize::MAX,
        Some(name) => places.get(name).copied().unwrap_or(usize::MAX - 1),
    };
    let mut files: BTreeMap<(usize, Option<&str>), Rules<'_>> = BTreeMap::new();
    for finding in &report.findings {
        let name = finding.place.file.as_deref();
        let rules = files.entry((key(name), name)).or_default();
        let group = of(rules, finding.rule, finding.severity);
        group.findings.push(finding);
        group.total += 1;
    }
    for omitted in &report.omitted {
        let name = omitted.file.as_deref();
        let rules = files.entry((key(name), name)).or_default();
        of(rules, omitted.rule, omitted.severity).total += omitted.count;
    }
    let mut groups = Vec::with_capacity(files.len());
    for ((place, name), rules) in files {
        groups.push(FileGroup {
            name: name.unwrap_or_default(),
            file: report.files.get(place),
            rules: rules.into_values().collect(),
        });
    }
    groups
}

fn of<'g, 'r>(rules: &'g mut Rules<'r>, rule: Rule, severity: Severity) -> &'g mut RuleGroup<'r> {
    rules.entry((Reverse(severity), rule)).or_insert_with(|| RuleGroup {
        rule,
        severity,
        findings: Vec::new(),
        total: 0,
    })
}
