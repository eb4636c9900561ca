//! Rules that an office grades in its own way: read from TOML, counted in every report.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Serialize, Serializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::types::{Problem, Problems, Severity};

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
        let mut reading = Reading { text, problems: Vec::new(), found: BTreeMap::new() };
        reading.file();
        if reading.problems.is_empty() {
            Ok(Self(reading.found))
        } else {
            reading.problems.sort_by_key(|problem| problem.line);
            Err(Problems(reading.problems))
        }
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

struct Reading<'t> {
    text: &'t str,
    problems: Vec<Problem>,
    found: BTreeMap<Rule, Override>,
}

impl Reading<'_> {
    fn report(&mut self, span: &Range<usize>, key: &str, ja: String, en: String) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        self.problems.push(Problem { line, key: key.to_owned(), ja, en });
    }

    fn file(&mut self) {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        let broken = !errors.is_empty();
        for error in errors {
            let message = error.message();
            let ja = format!("TOML の書き方に誤りがあります（{message}）。");
            let span = error.span().unwrap_or_default();
            self.report(&span, "", ja, format!("not TOML: {message}"));
        }
        if broken {
            // What was made of the rest would only hide the one fault.
            return;
        }
        for (key, value) in table.into_inner() {
            let span = key.span();
            match (key.get_ref().as_ref(), value.into_inner()) {
                ("rule", DeValue::Array(rules)) => {
                    rules.into_iter().for_each(|rule| self.rule(rule));
                }
                ("rule", _) => self.not_tables(&span),
                (key, _) => self.unknown_key(&span, key),
            }
        }
    }

    fn rule(&mut self, rule: Spanned<DeValue<'_>>) {
        let whole = rule.span();
        let DeValue::Table(table) = rule.into_inner() else {
            return self.not_tables(&whole);
        };
        let (mut code, mut grade, mut reason) = (None, None, None);
        let mut wanted = vec!["code", "severity", "reason"];
        for (key, value) in table {
            let (name, span) = (key.get_ref().as_ref(), value.span());
            let Some(place) = wanted.iter().position(|wanted| *wanted == name) else {
                self.unknown_key(&key.span(), &format!("rule.{name}"));
                continue;
            };
            let key = format!("rule.{}", wanted.swap_remove(place));
            let Some(text) = value.get_ref().as_str() else {
                let ja = "\" \" で囲んだ文字で書いてください。".to_owned();
                self.report(&span, &key, ja, "expected a text in quotes".to_owned());
                continue;
            };
            match key.as_str() {
                "rule.code" => code = self.code(&span, &key, text),
                "rule.severity" => grade = self.grade(&span, &key, text),
                _ if text.trim().is_empty() => {
                    let ja = "理由を書いてください。".to_owned();
                    self.report(&span, &key, ja, "expected a reason".to_owned());
                }
                _ => reason = Some(text.trim().to_owned()),
            }
        }
        for key in wanted {
            let ja = "必須の項目がありません。".to_owned();
            self.report(&whole, &format!("rule.{key}"), ja, "this key is required".to_owned());
        }
        if let (Some(rule), Some(grade), Some(reason)) = (code, grade, reason)
            && self.found.insert(rule, Override { grade, reason }).is_some()
        {
            let code = rule.code();
            let ja = format!("{code} が 2 回書かれています。");
            self.report(&whole, "rule.code", ja, format!("{code} stands here twice"));
        }
    }

    fn code(&mut self, span: &Range<usize>, key: &str, text: &str) -> Option<Rule> {
        let rule = Rule::from_code(text);
        if rule.is_none() {
            let nearest: Vec<&str> = Rule::nearest(text).into_iter().map(Rule::code).collect();
            let ja = format!(
                "知らない規則のコードです。似たコード: {}（一覧は renkei rules）",
                nearest.join("、")
            );
            let en = format!(
                "no rule has this code; near it: {} (renkei rules lists all)",
                nearest.join(", ")
            );
            self.report(span, key, ja, en);
        }
        rule
    }

    fn grade(&mut self, span: &Range<usize>, key: &str, text: &str) -> Option<Grade> {
        let found = Grade::ALL.into_iter().find(|grade| grade.as_str() == text);
        if found.is_none() {
            let ja = "error、warning、info、off のどれかで書いてください。".to_owned();
            self.report(span, key, ja, "expected error, warning, info or off".to_owned());
        }
        found
    }

    fn not_tables(&mut self, span: &Range<usize>) {
        let ja = "[[rule]] の形で書いてください。".to_owned();
        self.report(span, "rule", ja, "expected tables [[rule]]".to_owned());
    }

    fn unknown_key(&mut self, span: &Range<usize>, key: &str) {
        let ja = "知らない項目です。つづりを確かめてください。".to_owned();
        self.report(span, key, ja, "unknown key".to_owned());
    }
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
