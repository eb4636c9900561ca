//! Collecting findings with bounded memory.

use std::collections::BTreeMap;

use crate::types::Severity;

use super::finding::{Draft, Finding, Place};
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
    /// What follows from other findings is told too.
    consequences: bool,
    /// The files were received: see [`Rule::is_for_senders`].
    received: bool,
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
        Self {
            limit,
            tallies: Vec::new(),
            kept: Vec::new(),
            total: 0,
            consequences: false,
            received: false,
        }
    }

    /// Tells also what follows from other findings, or not.
    pub(super) const fn with_consequences(mut self, told: bool) -> Self {
        self.consequences = told;
        self
    }

    /// Of files that were received, or not.
    pub(super) const fn of_received(mut self, received: bool) -> Self {
        self.received = received;
        self
    }

    /// Adds a finding that follows from others, of which the worst is as bad as `cause`: one mistake
    /// is one finding, but never one that is less bad than what follows from it.
    pub(super) fn follow(
        &mut self,
        rule: Rule,
        limit: Severity,
        cause: Option<Severity>,
        draft: impl FnOnce() -> Draft,
    ) {
        let severity = rule.info().severity.min(limit);
        if self.consequences || cause.is_none_or(|cause| cause < severity) {
            self.add_at_most(rule, limit, draft);
        }
    }

    /// Whether what follows from other findings is told too.
    pub(super) const fn tells_consequences(&self) -> bool {
        self.consequences
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
        let lenient = self.received && rule.is_for_senders();
        let limit = if lenient { limit.min(Severity::Warning) } else { limit };
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

    /// Forgets the findings of all rules but those that are wanted: something else explains them.
    pub(super) fn keep_only(&mut self, wanted: impl Fn(Rule) -> bool) {
        self.tallies.retain(|tally| wanted(tally.rule));
        self.kept.retain(|finding| wanted(finding.rule));
    }

    /// How often a rule was broken.
    pub(super) fn count(&self, rule: Rule) -> u64 {
        self.tallies.iter().filter(|tally| tally.rule == rule).map(|tally| tally.total).sum()
    }

    /// The findings that are kept in full.
    pub(super) fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// Whether a finding that is more than a notice names a cell.
    pub(super) fn mention(&self, cell: &Place) -> bool {
        let same = |place: &Place| (place.record, place.item) == (cell.record, cell.item);
        self.kept.iter().any(|finding| {
            finding.severity > Severity::Info
                && (same(&finding.place) || finding.related.iter().any(same))
        })
    }

    /// Forgets the findings of some rules that name a cell: something else explains them.
    pub(super) fn forget(&mut self, rules: &[Rule], cell: &Place) {
        let same = |place: &Place| (place.record, place.item) == (cell.record, cell.item);
        let mut forgotten: Vec<(Rule, Severity)> = Vec::new();
        self.kept.retain(|finding| {
            let named = same(&finding.place) || finding.related.iter().any(same);
            let keep = !rules.contains(&finding.rule) || !named;
            if !keep {
                forgotten.push((finding.rule, finding.severity));
            }
            keep
        });
        for (rule, severity) in forgotten {
            let same = |tally: &&mut Tally| tally.rule == rule && tally.severity == severity;
            if let Some(tally) = self.tallies.iter_mut().find(same) {
                tally.total -= 1;
                tally.kept -= 1;
            }
        }
        self.tallies.retain(|tally| tally.total > 0);
    }

    /// The finding of a rule that was broken once.
    pub(super) fn only(&self, rule: Rule) -> Option<&Finding> {
        (self.count(rule) == 1).then(|| self.kept.iter().find(|finding| finding.rule == rule))?
    }

    /// Names other places that the finding of a rule that was broken once is about.
    pub(super) fn relate(&mut self, rule: Rule, places: Vec<Place>) {
        if let Some(finding) = self.kept.iter_mut().find(|finding| finding.rule == rule) {
            finding.related.extend(places);
        }
    }

    /// Makes one finding of all that a rule gave, because they are one mistake: the first of the
    /// worst, with a sentence added to its message in Japanese and English.
    pub(super) fn fold(&mut self, rule: Rule, ja: &str, en: &str) {
        let of_rule = self.tallies.iter().filter(|tally| tally.rule == rule);
        let Some(worst) = of_rule.map(|tally| tally.severity).max() else { return };
        let mut first = true;
        self.kept.retain_mut(|finding| {
            if finding.rule != rule {
                return true;
            }
            let keep = finding.severity == worst && std::mem::take(&mut first);
            if keep {
                finding.message_ja.push_str(ja);
                finding.message_en.push_str(en);
            }
            keep
        });
        self.tallies.retain_mut(|tally| {
            if tally.rule != rule {
                return true;
            }
            (tally.total, tally.kept) = (1, 1);
            tally.severity == worst
        });
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
        // There may be a million files: none keeps room that it does not use.
        self.kept.shrink_to_fit();
        self.tallies.shrink_to_fit();
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
    fn one_mistake_of_all_records_is_one_finding() {
        let mut findings = Findings::new(2);
        findings.add(Rule::BlankLine, || Draft::line(9, None));
        // What is less bad comes first, and is not what stays.
        findings.add_at_most(Rule::ControlCharacter, Severity::Info, || Draft::line(6, None));
        for line in 1..=5 {
            findings.add(Rule::ControlCharacter, || Draft::line(line, None));
        }
        assert_eq!(findings.count(Rule::ControlCharacter), 6);
        findings.fold(Rule::ControlCharacter, "全部です。", " All of them.");
        assert_eq!(findings.count(Rule::ControlCharacter), 1);
        let (tallies, kept) = findings.into_parts();
        assert_eq!(tallies.len(), 2);
        assert_eq!((tallies[1].severity, tallies[1].total), (Severity::Warning, 1));
        let lines: Vec<_> = kept.iter().map(|finding| finding.place.line).collect();
        assert_eq!(lines, [Some(9), Some(1)]);
        assert!(kept[1].message_ja.ends_with("全部です。"));
        assert!(kept[1].message_en.ends_with(" All of them."));
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
