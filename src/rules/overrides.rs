//! Rules that an office grades in its own way: read from TOML, counted in every report.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::types::settings::{Reader, Section};
use crate::types::{Problems, Severity};

use super::table::Rule;

/// Rules that an office grades in its own way.
///
/// ```
/// use renkei::rules::{Grade, Overrides, Rule};
///
/// let text = r#"
///     [[rule]]
///     code = "L2-FMT-012"
///     severity = "off"
///     reason = "相手のソフトは電話番号の書式を問わない"
/// "#;
/// let overrides = Overrides::parse(text).expect("well-formed");
/// assert_eq!(overrides.get(Rule::OddPhoneNumber).expect("given").grade, Grade::Off);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides(BTreeMap<Rule, Override>);

/// What becomes of the findings of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// What they count as.
    pub grade: Grade,
    /// Why; never empty.
    pub reason: String,
}

/// What the findings of a rule count as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// A severity instead of the rule's own.
    As(Severity),
    /// Nothing: they are counted apart and not listed.
    Off,
}

/// What the caller overrode in the rule table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct OverridesReport {
    /// How many rules have another severity than their own.
    pub regraded: u64,
    /// How many rules are only counted.
    pub silenced: u64,
    /// The rules.
    pub rules: Vec<OverrideReport>,
}

/// One rule that the caller overrode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverrideReport {
    /// The rule.
    pub rule: Rule,
    /// Its own severity.
    pub from: Severity,
    /// What its findings count as instead.
    pub to: Grade,
    /// Why.
    pub reason: String,
    /// How many findings it concerns.
    pub findings: u64,
}

impl Overrides {
    /// Reads overrides from TOML: tables `[[rule]]` with the keys `code`, `severity` (`error`,
    /// `warning`, `info` or `off`) and `reason`, all of them required.
    ///
    /// # Errors
    ///
    /// Every problem at once, each with its line: unknown keys and codes among them, since an
    /// override that does nothing would go unnoticed.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let reader = Reader::new(text, Path::new(""));
        let mut root = Section::root(&reader);
        let mut found = BTreeMap::new();
        // What was made of the rest of a broken file would only hide the one fault.
        if !reader.has_problems() {
            for mut table in root.tables("rule") {
                if let Some((rule, given)) = read(&mut table)
                    && found.insert(rule, given).is_some()
                {
                    let code = rule.code();
                    let ja = format!("{code} が 2 回書かれています。");
                    table.report(&table.span(), "code", &ja, &format!("{code} stands here twice"));
                }
                table.finish();
            }
            root.finish();
        }
        let problems = reader.finish();
        if problems.is_empty() { Ok(Self(found)) } else { Err(Problems(problems)) }
    }

    /// The override of a rule.
    pub fn get(&self, rule: Rule) -> Option<&Override> {
        self.0.get(&rule)
    }

    /// All overrides, in the order of the rules.
    pub fn iter(&self) -> impl Iterator<Item = (Rule, &Override)> {
        self.0.iter().map(|(rule, given)| (*rule, given))
    }
}

impl Grade {
    const ALL: [Self; 4] = [
        Self::As(Severity::Error),
        Self::As(Severity::Warning),
        Self::As(Severity::Info),
        Self::Off,
    ];

    /// How an override writes it: `error`, `warning`, `info` or `off`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::As(severity) => severity.as_str(),
            Self::Off => "off",
        }
    }
}

impl Serialize for Grade {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl OverridesReport {
    /// Whether a rule that gives errors gives none any more.
    pub(super) fn hides_errors(&self) -> bool {
        let hidden = |given: &OverrideReport| {
            given.from == Severity::Error && given.to != Grade::As(Severity::Error)
        };
        self.rules.iter().any(hidden)
    }

    pub(super) fn count(&mut self, rule: Rule, total: u64) {
        if let Some(given) = self.rules.iter_mut().find(|given| given.rule == rule) {
            given.findings += total;
        }
    }
}

/// One `[[rule]]`; problems are reported to its reader.
fn read(table: &mut Section<'_, '_>) -> Option<(Rule, Override)> {
    let rule = table.required("code", code);
    let grade = table.required("severity", |table, key| {
        let grade = |text: &str| Grade::ALL.into_iter().find(|grade| grade.as_str() == text);
        let ja = "error、warning、info、off のどれか";
        table.parsed(key, grade, ja, "error, warning, info or off")
    });
    let reason = table.required("reason", |table, key| {
        let (text, span) = table.text(key)?;
        let reason = text.trim().to_owned();
        if reason.is_empty() {
            table.report(&span, key, "理由を書いてください。", "expected a reason");
        }
        (!reason.is_empty()).then_some(reason)
    });
    Some((rule?, Override { grade: grade?, reason: reason? }))
}

fn code(table: &mut Section<'_, '_>, key: &str) -> Option<Rule> {
    let (text, span) = table.text(key)?;
    let rule = Rule::from_code(&text);
    if rule.is_none() {
        let nearest: Vec<&str> = Rule::nearest(&text).into_iter().map(Rule::code).collect();
        let ja = format!(
            "知らない規則のコードです。似たコード: {}（一覧は renkei rules）",
            nearest.join("、")
        );
        let en = format!(
            "no rule has this code; near it: {} (renkei rules lists all)",
            nearest.join(", ")
        );
        table.report(&span, key, &ja, &en);
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(usize, String)> {
        match Overrides::parse(text) {
            Ok(overrides) => panic!("{overrides:?}"),
            Err(Problems(problems)) => problems.into_iter().map(|p| (p.line, p.key)).collect(),
        }
    }

    #[test]
    fn every_problem_comes_out_with_its_line() {
        let text = "
strict = true
[[rule]]
code = \"L2-FMT-099\"
severity = \"fatal\"
reason = \" \"
[[rule]]
code = 12
because = \"x\"
[[rule]]
code = \"L2-FMT-012\"
severity = \"info\"
reason = \"x\"
[[rule]]
code = \"L2-FMT-012\"
severity = \"off\"
reason = \"y\"
";
        let expected = [
            (2, "strict"),
            (4, "rule.code"),
            (5, "rule.severity"),
            (6, "rule.reason"),
            (7, "rule.severity"),
            (7, "rule.reason"),
            (8, "rule.code"),
            (9, "rule.because"),
            (14, "rule.code"),
        ];
        let expected: Vec<_> = expected.map(|(line, key)| (line, key.to_owned())).into();
        let mut found = problems(text);
        found.sort_by_key(|(line, _)| *line);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for problem in &expected {
            assert!(found.contains(problem), "{problem:?} in {found:?}");
        }
        assert_eq!(problems("[[rule"), [(1, String::new())]);
        assert_eq!(problems("rule = 1"), [(1, "rule".to_owned())]);
        assert_eq!(problems("rule = [1]"), [(1, "rule".to_owned())]);
    }

    #[test]
    fn unknown_codes_come_with_what_was_meant() {
        let text = "[[rule]]\ncode = \"L2-FMT-O12\"\nseverity = \"off\"\nreason = \"x\"\n";
        let Problems(problems) = Overrides::parse(text).expect_err("unknown");
        assert!(problems[0].en.contains("L2-FMT-012"), "{problems:?}");
    }
}
