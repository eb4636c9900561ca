//! What a rule is.

use serde::{Serialize, Serializer};

use crate::types::{Edition, Lang, Severity};

use super::table::{Rule, TABLE};

/// How much of the data a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// File name, encoding, CSV form.
    L1,
    /// One item.
    L2,
    /// Code lists.
    L3,
    /// Several items of a record.
    L4,
    /// Several records of a file.
    L5,
    /// Several files of a send unit, and file names against contents.
    L6,
    /// Advice for interoperability.
    L7,
    /// Against the history of the exchange.
    L8,
}

/// One row of the rule table.
#[derive(Debug, Clone, Copy)]
pub struct RuleInfo {
    /// The rule.
    pub rule: Rule,
    /// The code; stable, never used again for another rule.
    pub code: &'static str,
    /// The name; it states the defect, so that "allow" reads right before it.
    pub name: &'static str,
    /// How much of the data it looks at.
    pub level: Level,
    /// How bad a finding is unless the tables or a finding say less.
    pub severity: Severity,
    /// The first edition that it applies to.
    pub since: Edition,
    /// Ids in `spec/STANDARD.md` and `spec/README.md`, separated by `, `.
    pub clause: &'static str,
    /// Texts in Japanese.
    pub ja: RuleText,
    /// Texts in English.
    pub en: RuleText,
    /// Something that breaks the rule.
    pub bad: &'static str,
    /// The same as it should be.
    pub good: &'static str,
}

/// What people read about a rule in one language.
#[derive(Debug, Clone, Copy)]
pub struct RuleText {
    /// What it says, a template: `{name}` stands for what a finding fills in.
    pub message: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to mend it.
    pub fix: &'static str,
}

impl Level {
    /// Every level, the nearest to the bytes first.
    pub const ALL: [Self; 8] = [
        Self::L1,
        Self::L2,
        Self::L3,
        Self::L4,
        Self::L5,
        Self::L6,
        Self::L7,
        Self::L8,
    ];

    /// `L1` to `L8`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
            Self::L4 => "L4",
            Self::L5 => "L5",
            Self::L6 => "L6",
            Self::L7 => "L7",
            Self::L8 => "L8",
        }
    }

    /// What the level looks at.
    pub const fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::L1 => {
                lang.pick("ファイル名・文字コード・CSVの形", "file name, encoding, CSV form")
            }
            Self::L2 => lang.pick("項目ごと", "each item"),
            Self::L3 => lang.pick("コード表", "code lists"),
            Self::L4 => lang.pick("項目どうし", "across the items of a record"),
            Self::L5 => lang.pick("レコードどうし", "across the records of a file"),
            Self::L6 => lang.pick(
                "ファイル名と中身・送信単位",
                "file names against contents, and the files of a send unit",
            ),
            Self::L7 => lang.pick("相互運用の助言", "advice for interoperability"),
            Self::L8 => {
                lang.pick("これまでのやり取りとの照合", "against the history of the exchange")
            }
        }
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Rule {
    /// Whether it is an error for who sends the files only: they can be imported, though not as they
    /// were meant. Write the strictest, accept the widest.
    pub(super) const fn is_for_senders(self) -> bool {
        matches!(self, Self::DuplicateNumbers)
    }

    /// Its row in the table.
    pub fn info(self) -> &'static RuleInfo {
        #[expect(
            clippy::indexing_slicing,
            reason = "one macro writes the table and the enum, in the same order"
        )]
        &TABLE[self as usize]
    }

    /// The stable code, such as `L1-ENC-004`.
    pub fn code(self) -> &'static str {
        self.info().code
    }

    /// The rule with a code.
    pub fn from_code(code: &str) -> Option<Self> {
        TABLE.iter().find(|info| info.code == code).map(|info| info.rule)
    }
}

impl RuleInfo {
    /// The texts of a language.
    pub const fn text(&self, lang: Lang) -> &RuleText {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

impl RuleText {
    /// What it says of any finding: the message with its holes shown as `〈name〉`.
    pub fn summary(&self) -> String {
        self.message.replace('{', "〈").replace('}', "〉")
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RuleSet([u64; 4]);

impl RuleSet {
    /// The rules of a list.
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut set = Self::default();
        for rule in rules {
            set.insert(*rule);
        }
        set
    }

    pub(super) fn insert(&mut self, rule: Rule) {
        let place = rule as usize;
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    pub(super) fn contains(&self, rule: Rule) -> bool {
        let place = rule as usize;
        self.0.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    /// The rules of this set that another does not have.
    pub(super) fn without(&self, other: &Self) -> Self {
        let mut set = *self;
        for (word, other) in set.0.iter_mut().zip(other.0) {
            *word &= !other;
        }
        set
    }

    /// The rules, in the order of the table.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        TABLE.iter().map(|info| info.rule).filter(|rule| self.contains(*rule))
    }

    pub(super) fn extend(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for (place, info) in TABLE.iter().enumerate() {
            assert_eq!(info.rule as usize, place);
            assert_eq!(Rule::from_code(info.code), Some(info.rule));
            assert!(seen.insert(info.code) && seen.insert(info.name), "{}", info.code);
            let parts: Vec<_> = info.code.split('-').collect();
            assert!(parts.len() == 3 && parts[2].len() == 3, "{}", info.code);
            assert_eq!(parts[0], info.level.as_str(), "{}", info.code);
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(info.name.chars().all(kebab), "{}", info.name);
        }
        assert!(TABLE.len() <= 256, "RuleSet has 256 bits");
    }

    #[test]
    fn every_text_is_there_in_both_languages() {
        for info in &TABLE {
            for lang in [Lang::Ja, Lang::En] {
                let text = info.text(lang);
                for part in [text.message, text.why, text.fix] {
                    assert!(part.len() > 10, "{} {lang}: {part:?}", info.code);
                    let japanese = part.chars().any(|c| ('ぁ'..='ん').contains(&c));
                    assert_eq!(japanese, lang == Lang::Ja, "{}: {part}", info.code);
                }
            }
            let holes = |text: &str| {
                let names = text.split('{').skip(1).filter_map(|rest| rest.split('}').next());
                names.map(str::to_owned).collect::<BTreeSet<_>>()
            };
            assert_eq!(holes(info.ja.message), holes(info.en.message), "{}", info.code);
            assert!(!info.bad.is_empty() && !info.good.is_empty(), "{}", info.code);
            // Only messages are filled in.
            for text in [&info.ja, &info.en] {
                assert!(holes(text.why).is_empty() && holes(text.fix).is_empty(), "{}", info.code);
            }
        }
    }

    #[test]
    fn every_clause_is_in_the_specification() {
        let known =
            concat!(include_str!("../../spec/STANDARD.md"), include_str!("../../spec/README.md"));
        for info in &TABLE {
            for clause in info.clause.split(", ") {
                assert!(known.contains(clause), "{}: {clause}", info.code);
            }
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set = RuleSet::of(&[TABLE[0].rule, TABLE[70].rule]);
        let held: Vec<_> = TABLE.iter().filter(|info| set.contains(info.rule)).collect();
        assert_eq!(held.len(), 2);
    }
}
