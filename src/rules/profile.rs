//! How strictly to judge.

use serde::Serialize;

use crate::types::Severity;

use super::overrides::{Grade, Override, OverrideReport, Overrides, OverridesReport};
use super::table::Rule;

/// How strictly to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Profile {
    /// For daily work: rules may be re-graded or silenced.
    Default(Overrides),
    /// 適合試験: the rules as they stand, and no verdict unless every applicable rule was run.
    Conformance,
}

/// The name of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProfileName {
    /// [`Profile::Default`]
    Default,
    /// [`Profile::Conformance`]
    Conformance,
}

impl Profile {
    /// Its name.
    pub const fn name(&self) -> ProfileName {
        match self {
            Self::Default(_) => ProfileName::Default,
            Self::Conformance => ProfileName::Conformance,
        }
    }

    /// The overrides; the profile conformance has none.
    pub(super) fn overrides(&self) -> impl Iterator<Item = (Rule, &Override)> {
        let overrides = match self {
            Self::Default(overrides) => Some(overrides),
            Self::Conformance => None,
        };
        overrides.into_iter().flat_map(Overrides::iter)
    }

    /// What stands of the overrides in a report, before their findings are counted.
    pub(super) fn report(&self) -> OverridesReport {
        let mut report = OverridesReport::default();
        for (rule, given) in self.overrides() {
            match given.grade {
                Grade::As(_) => report.regraded += 1,
                Grade::Off => report.silenced += 1,
            }
            report.rules.push(OverrideReport {
                rule,
                from: rule.info().severity,
                to: given.grade,
                reason: given.reason.clone(),
                findings: 0,
            });
        }
        report
    }

    /// The severity of a finding; none where it is silenced.
    ///
    /// Where the tables make a finding less bad than its rule, an override never makes it worse.
    pub(super) fn grade(&self, rule: Rule, severity: Severity) -> Option<Severity> {
        let Self::Default(overrides) = self else { return Some(severity) };
        let Some(given) = overrides.get(rule) else { return Some(severity) };
        match given.grade {
            Grade::As(given) if severity == rule.info().severity => Some(given),
            Grade::As(given) => Some(given.min(severity)),
            Grade::Off => None,
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::Default(Overrides::default())
    }
}

impl ProfileName {
    /// `default` or `conformance`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Conformance => "conformance",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_never_makes_worse_what_the_tables_make_less_bad() {
        let grade = |severity: &str| {
            let text = format!(
                "[[rule]]\ncode = \"L2-FMT-001\"\nseverity = \"{severity}\"\nreason = \"x\""
            );
            let profile = Profile::Default(Overrides::parse(&text).expect("well-formed"));
            [Severity::Error, Severity::Warning].map(|found| profile.grade(Rule::NotDigits, found))
        };
        let (error, warning, info) = (Severity::Error, Severity::Warning, Severity::Info);
        assert_eq!(grade("error"), [Some(error), Some(warning)]);
        assert_eq!(grade("warning"), [Some(warning), Some(warning)]);
        assert_eq!(grade("info"), [Some(info), Some(info)]);
        assert_eq!(grade("off"), [None, None]);
        let other = Profile::default().grade(Rule::UnrealDate, warning);
        assert_eq!(other, Some(warning));
    }
}
