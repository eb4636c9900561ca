//! What somebody probably meant.

use crate::spec::{Code, CodeTable};
use crate::types::nearest::{MOST, distance};

use super::table::{Rule, TABLE};

impl Rule {
    /// The rules whose code or name comes nearest to a text, the nearest first; at most three.
    pub fn nearest(text: &str) -> Vec<Self> {
        let text = text.to_ascii_uppercase();
        let distance = |rule: Self| {
            let info = rule.info();
            distance(&text, info.code).min(distance(&text, &info.name.to_ascii_uppercase()))
        };
        let mut rules: Vec<Self> = TABLE.iter().map(|info| info.rule).collect();
        rules.sort_by_cached_key(|rule| distance(*rule));
        rules.truncate(MOST);
        rules
    }
}

/// The codes of a table that come nearest to a value, the nearest first; at most three. A table
/// that has no more is given as it stands.
///
/// A value that is the label of a code, and full-width characters, are what people and programs
/// write instead of the code.
pub(super) fn codes<'t>(table: &'t CodeTable, value: &str) -> Vec<&'t Code> {
    if table.codes.len() <= MOST {
        return table.codes.iter().collect();
    }
    let value = narrow(value);
    let number = |text: &str| text.parse::<u32>().ok();
    let mut codes: Vec<&Code> = table.codes.iter().collect();
    codes.sort_by_cached_key(|code| {
        let label = !value.is_empty() && narrow(&code.label) == value;
        let apart = number(&code.code).zip(number(&value)).map(|(a, b)| a.abs_diff(b));
        (!label, distance_to_code(&value, &code.code), apart.unwrap_or(u32::MAX))
    });
    codes.truncate(MOST);
    codes
}

/// The distance to a code; `?` in a code stands for any character.
fn distance_to_code(value: &str, code: &str) -> usize {
    let mut chars = value.chars();
    let filled = |character: char| match (character, chars.next()) {
        ('?', Some(given)) => given,
        _ => character,
    };
    distance(value, &code.chars().map(filled).collect::<String>())
}

/// Full-width letters and digits as half-width ones, without blanks.
fn narrow(text: &str) -> String {
    let narrow = |character: char| match u32::from(character) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(character),
        _ => character,
    };
    text.chars().filter(|character| !character.is_whitespace()).map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_character_stands_for_a_question_mark() {
        assert_eq!(distance_to_code("11AAAA", "??AAAA"), 0);
        assert_eq!(distance_to_code("11AAA", "??AAAA"), 1);
        assert_eq!(distance_to_code("", "??AAAA"), 6);
    }

    #[test]
    fn the_code_that_was_meant_comes_first() {
        let code = |(code, label): &(&str, &str)| Code {
            code: (*code).into(),
            label: (*label).to_owned(),
        };
        let codes_of = [("01", "非該当"), ("12", "要支援１"), ("21", "要介護1"), ("22", "要介護2")];
        let table = CodeTable {
            id: String::new(),
            name: String::new(),
            codes: codes_of.iter().map(code).collect(),
        };
        let first = |value: &str| codes(&table, value).first().map(|code| code.code.to_string());
        for (value, expected) in [
            ("２１", "21"),
            ("要介護２", "22"),
            ("1", "01"),
            ("24", "22"),
            ("要支援1", "12"),
            ("2 1", "21"),
        ] {
            assert_eq!(first(value).as_deref(), Some(expected), "{value}");
        }
        assert_eq!(codes(&table, "99").len(), MOST);
    }

    #[test]
    fn rules_are_found_by_code_and_by_name() {
        assert_eq!(Rule::nearest("l2-fmt-03")[0], Rule::UnrealDate);
        assert_eq!(Rule::nearest("unreal-dat")[0], Rule::UnrealDate);
        assert_eq!(Rule::nearest(&"x".repeat(100_000)).len(), MOST);
    }
}
