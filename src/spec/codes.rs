//! Code tables.

use std::sync::Arc;

/// A table of codes, such as 要介護状態区分.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeTable {
    /// The id in `spec/codes.csv`, such as `C03`.
    pub id: String,
    /// The official name.
    pub name: String,
    /// The codes in the order of the source.
    pub codes: Vec<Code>,
}

/// One code with its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The characters; `?` stands for one half-width letter or digit.
    pub code: Arc<str>,
    /// What it means.
    pub label: String,
}

/// A サービス種類.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTypeEntry {
    /// The official name.
    pub name: String,
    /// Whether its data is exchanged at all (R-OUT-03).
    pub in_scope: bool,
    /// Whether it belongs to 予防給付 or 総合事業 and not to 介護給付.
    pub preventive: bool,
}

impl CodeTable {
    /// The entry that a value matches.
    pub fn find(&self, value: &[u8]) -> Option<&Code> {
        self.codes.iter().find(|code| code.matches(value))
    }
}

impl Code {
    fn matches(&self, value: &[u8]) -> bool {
        let code = self.code.as_bytes();
        code == value
            || (code.len() == value.len() && code.contains(&b'?'))
                && code.iter().zip(value).all(|(expected, got)| {
                    expected == got || (*expected == b'?' && got.is_ascii_alphanumeric())
                })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_stands_for_one_character() {
        let code = |text: &str| Code { code: text.into(), label: String::new() };
        let table = CodeTable {
            id: "C24".to_owned(),
            name: String::new(),
            codes: vec![code("??AAAA"), code("999999")],
        };
        for good in ["11AAAA", "A6AAAA", "999999"] {
            assert!(table.find(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["", "11AAA", "11AAAAA", "-1AAAA", "11AAAB", "99999", "9999990"] {
            assert!(table.find(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
