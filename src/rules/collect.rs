//! Collecting findings with bounded memory.

use std::collections::BTreeMap;

use crate::types::Severity;

use super::finding::{Draft, Finding};
use super::table::Rule;

/// The findings of one file, or of one send unit.
///
/// Of each rule only the first [`limit`](Self::new) findings are kept in full; all are counted, so
/// that a file of a million bad records stays small and its totals exact.
#[derive(Debug)]
pub(super) struct Findings {
    limit: u64,
    tallies: Vec<Tally>,
    kept: Vec<Finding>,
    total: u64,
}

/// How often a rule was broken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally {
    pub(super) rule: Rule,
    pub(super) severity: Severity,
    pub(super) total: u64,
    pub(super) kept: u64,
}

impl Findings {
    pub(super) const fn new(limit: u64) -> Self {
        Self { limit, tallies: Vec::new(), kept: Vec::new(), total: 0 }
    }

    /// Adds a finding at the rule's own severity.
    pub(super) fn add(&mut self, rule: Rule, draft: impl FnOnce() -> Draft) {
        self.add_at_most(rule, Severity::Error, draft);
    }

    /// Adds a finding that is no worse than `limit`.
    #[cold]
    pub(super) fn add_at_most(
        &mut self,
        rule: Rule,
        limit: Severity,
        draft: impl FnOnce() -> Draft,
    ) {
        self.total += 1;
        let severity = rule.info().severity.min(limit);
        let same = |tally: &&mut Tally| tally.rule == rule && tally.severity == severity;
        if let Some(tally) = self.tallies.iter_mut().find(same) {
            tally.total += 1;
            if tally.kept >= self.limit {
                return;
            }
            tally.kept += 1;
        } else {
            self.tallies.push(Tally { rule, severity, total: 1, kept: 1 });
        }
        self.kept.push(draft().finish(rule, severity));
    }

    /// How many findings were added so far, of all rules.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// Whether a rule was broken.
    pub(super) fn has(&self, rule: Rule) -> bool {
        self.tallies.iter().any(|tally| tally.rule == rule)
    }

    /// Forgets the findings that are not about the file name: something else explains them.
    pub(super) fn keep_only(&mut self, wanted: impl Fn(Rule) -> bool) {
        self.tallies.retain(|tally| wanted(tally.rule));
        self.kept.retain(|finding| wanted(finding.rule));
    }

    /// Drops findings of rules of which the whole set has enough; they stay counted.
    pub(super) fn cap(&mut self, kept: &mut BTreeMap<Rule, u64>, most: u64) {
        for tally in &mut self.tallies {
            let room = most.saturating_sub(*kept.entry(tally.rule).or_default());
            if tally.kept > room {
                let (rule, severity) = (tally.rule, tally.severity);
                let mut left = room;
                self.kept.retain(|finding| {
                    let same = finding.rule == rule && finding.severity == severity;
                    let keep = !same || left > 0;
                    left -= u64::from(same && keep);
                    keep
                });
                tally.kept = room;
            }
            *kept.entry(tally.rule).or_default() += tally.kept;
        }
    }

    pub(super) fn into_parts(self) -> (Vec<Tally>, Vec<Finding>) {
        (self.tallies, self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_first_and_counts_all() {
        let mut findings = Findings::new(2);
        for line in 1..=5 {
            findings.add(Rule::ControlCharacter, || Draft::line(line, None));
        }
        findings.add_at_most(Rule::UnrealTime, Severity::Warning, Draft::file);
        let (tallies, kept) = findings.into_parts();
        assert_eq!((tallies[0].total, tallies[0].kept), (5, 2));
        assert_eq!(tallies[1].severity, Severity::Warning);
        let lines: Vec<_> = kept.iter().map(|finding| finding.place.line).collect();
        assert_eq!(lines, [Some(1), Some(2), None]);
    }

    #[test]
    fn a_set_has_a_limit_too() {
        let mut kept = BTreeMap::new();
        let mut left = Vec::new();
        for _ in 0..3 {
            let mut findings = Findings::new(2);
            for line in 1..=5 {
                findings.add(Rule::ControlCharacter, || Draft::line(line, None));
            }
            findings.cap(&mut kept, 3);
            let (tallies, findings) = findings.into_parts();
            left.push((tallies[0].total, tallies[0].kept, findings.len()));
        }
        assert_eq!(left, [(5, 2, 2), (5, 1, 1), (5, 0, 0)]);
    }
}
