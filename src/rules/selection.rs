//! Which rules are meant: `--select` and `--ignore`.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::types::Severity;
use crate::types::nearest::{MOST, distance};

use super::profile::Profile;
use super::rule::{Level, RuleInfo};
use super::table::{Rule, TABLE};

/// The rules that count; the others are run, and their findings only counted.
///
/// ```
/// use renkei::rules::{Rule, Selection};
///
/// let selection = Selection::new(&["L2"], &["FMT"]).expect("they name rules");
/// assert!(selection.leaves_out(Rule::UnrealDate));
/// assert!(Selection::new(&["L9"], &[]).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    select: Vec<String>,
    ignore: Vec<String>,
    left_out: BTreeSet<Rule>,
}

/// A pattern that names no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rule is called '{pattern}'; near it: {}", .nearest.join(", "))]
pub struct UnknownPattern {
    /// The pattern.
    pub pattern: String,
    /// What may have been meant, the nearest first.
    pub nearest: Vec<String>,
}

/// What was selected and ignored, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelectionReport {
    /// The patterns of the rules that count; empty where all do.
    pub select: Vec<String>,
    /// The patterns of the rules that do not.
    pub ignore: Vec<String>,
    /// How many rules are left out.
    pub left_out: u64,
    /// How many findings of these there are.
    pub findings: u64,
    /// How many of the findings would be errors.
    pub errors: u64,
}

impl Selection {
    /// The rules that `select` names, or all where it names none, without those that `ignore`
    /// names. A pattern is a code (`L2-FMT-003`), a name (`unreal-date`), a level (`L2`), a family
    /// (`FMT`), or both (`L2-FMT`), in whatever letter case.
    ///
    /// # Errors
    ///
    /// The first pattern that names no rule.
    pub fn new<T: AsRef<str>>(select: &[T], ignore: &[T]) -> Result<Self, UnknownPattern> {
        let patterns = |all: &[T]| -> Vec<String> {
            all.iter().map(|one| one.as_ref().trim().to_owned()).collect()
        };
        let (select, ignore) = (patterns(select), patterns(ignore));
        let (wanted, unwanted) = (rules(&select)?, rules(&ignore)?);
        let all = TABLE.iter().map(|info| info.rule);
        let left_out = all
            .filter(|rule| {
                unwanted.contains(rule) || (!select.is_empty() && !wanted.contains(rule))
            })
            .collect();
        Ok(Self { select, ignore, left_out })
    }

    /// Whether findings of a rule are only counted.
    pub fn leaves_out(&self, rule: Rule) -> bool {
        self.left_out.contains(&rule)
    }

    /// Whether no rule is left.
    pub fn leaves_out_all(&self) -> bool {
        self.left_out.len() == TABLE.len()
    }

    /// Whether a rule is left out that gives errors, as the profile grades it.
    pub(super) fn leaves_out_errors(&self, profile: &Profile) -> bool {
        let error =
            |rule: &Rule| profile.grade(*rule, rule.info().severity) == Some(Severity::Error);
        self.left_out.iter().any(error)
    }

    /// Nothing where nothing was asked for.
    pub(super) fn report(&self) -> Option<SelectionReport> {
        (!self.select.is_empty() || !self.ignore.is_empty()).then(|| SelectionReport {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            left_out: u64::try_from(self.left_out.len()).unwrap_or(u64::MAX),
            findings: 0,
            errors: 0,
        })
    }
}

impl SelectionReport {
    /// Takes so many findings of a rule that is left out, with the severity that they would have.
    pub(super) const fn count(&mut self, severity: Option<Severity>, total: u64) {
        self.findings += total;
        if matches!(severity, Some(Severity::Error)) {
            self.errors += total;
        }
    }
}

fn rules(patterns: &[String]) -> Result<BTreeSet<Rule>, UnknownPattern> {
    let mut found = BTreeSet::new();
    for pattern in patterns {
        let mut named = TABLE.iter().filter(|info| names(pattern, info)).peekable();
        if named.peek().is_none() {
            let nearest = nearest(pattern);
            return Err(UnknownPattern { pattern: pattern.clone(), nearest });
        }
        found.extend(named.map(|info| info.rule));
    }
    Ok(found)
}

/// Whether a pattern names a rule.
fn names(pattern: &str, info: &RuleInfo) -> bool {
    let same = |known: &str| known.eq_ignore_ascii_case(pattern);
    let (family, _) = info.code.rsplit_once('-').unwrap_or((info.code, ""));
    let (level, group) = family.split_once('-').unwrap_or((family, ""));
    [info.code, info.name, level, group, family].into_iter().any(same)
}

/// What a pattern that names nothing may have been meant to be: a level or a family where it is as
/// short as these, or else a rule.
fn nearest(pattern: &str) -> Vec<String> {
    let families: BTreeSet<&str> =
        TABLE.iter().filter_map(|info| Some(info.code.rsplit_once('-')?.0)).collect();
    let groups = families.iter().filter_map(|family| Some(family.split_once('-')?.1));
    let short: BTreeSet<&str> = Level::ALL
        .iter()
        .map(|level| level.as_str())
        .chain(groups)
        .chain(families.iter().copied())
        .collect();
    let rules = Rule::nearest(pattern).into_iter().map(|rule| rule.code().to_owned());
    let dashes = pattern.matches('-').count();
    if dashes >= 2 {
        return rules.collect();
    }
    let upper = pattern.to_ascii_uppercase();
    let close = |known: &&str| distance(&upper, known) <= upper.chars().count() / 2;
    let near = crate::types::nearest::nearest(&upper, short).into_iter().filter(close);
    let mut near: Vec<String> = near.map(str::to_owned).collect();
    near.extend(rules);
    near.truncate(MOST);
    near
}

#[cfg(test)]
mod tests {
    use super::super::overrides::Overrides;
    use super::*;

    fn left_in(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let selection = Selection::new(select, ignore).expect("they name rules");
        let rules = TABLE.iter().filter(|info| !selection.leaves_out(info.rule));
        rules.map(|info| info.code).collect()
    }

    #[test]
    fn codes_names_levels_and_families_name_rules() {
        assert_eq!(left_in(&[], &[]).len(), TABLE.len());
        assert_eq!(left_in(&["L2-FMT-003"], &[]), ["L2-FMT-003"]);
        assert_eq!(left_in(&["unreal-date"], &[]), ["L2-FMT-003"]);
        for (pattern, begins) in [("l5", "L5-"), ("L2-FMT", "L2-FMT-")] {
            let found = left_in(&[pattern], &[]);
            assert!(!found.is_empty() && found.iter().all(|code| code.starts_with(begins)));
        }
        assert!(left_in(&["FMT"], &[]).iter().all(|code| code.contains("-FMT-")));
        let without = left_in(&["L2"], &["L2-FMT"]);
        assert!(!without.is_empty() && !without.iter().any(|code| code.contains("FMT")));
        assert!(left_in(&["L2"], &["L2"]).is_empty());
    }

    #[test]
    fn an_unknown_pattern_comes_with_what_was_meant() {
        for (pattern, meant) in [
            ("L9", "L1"),
            ("L2-FTM", "L2-FMT"),
            ("FTM", "FMT"),
            ("L2-FMT-O03", "L2-FMT-003"),
            ("unreal-dat", "L2-FMT-003"),
            ("", "L1"),
        ] {
            let error = Selection::new(&[pattern], &[]).expect_err(pattern);
            let near = &error.nearest;
            assert!(!near.is_empty() && near.len() <= 3, "{pattern}: {near:?}");
            let found = near.iter().any(|near| near == meant) || pattern.is_empty();
            assert!(found, "{pattern}: {near:?}");
        }
    }

    #[test]
    fn only_what_gives_errors_makes_a_verdict_partial() {
        let usual = Profile::default();
        assert!(!Selection::default().leaves_out_errors(&usual));
        let advice = Selection::new(&[], &["L7"]).expect("a level");
        let errors =
            TABLE.iter().any(|info| info.level == Level::L7 && info.severity == Severity::Error);
        assert_eq!(advice.leaves_out_errors(&usual), errors);
        assert!(Selection::new(&["L7"], &[]).expect("a level").leaves_out_errors(&usual));
    }

    #[test]
    fn a_rule_that_is_raised_to_an_error_is_one_where_it_is_left_out() {
        let text = "[[rule]]\ncode = \"L2-FMT-012\"\nseverity = \"error\"\nreason = \"x\"";
        let raised = Profile::Default(Overrides::parse(text).expect("well-formed"));
        let without = Selection::new(&[], &["L2-FMT-012"]).expect("a rule");
        assert!(without.leaves_out_errors(&raised));
        assert!(!without.leaves_out_errors(&Profile::default()));
    }
}
