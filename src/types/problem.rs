//! What is wrong with a file of settings that a person wrote.

use std::fmt;

use super::Lang;

/// One thing that is wrong with a file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as `partners/1370000018.toml`, where there are several; nothing in the one that the
    /// person named.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The key with the tables it stands in, such as `office.drop`; empty for the whole file.
    pub key: String,
    /// What is wrong and what was expected, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Everything that is wrong with files of settings, in the order of the lines; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// One line per problem.
    pub fn text(&self, lang: Lang) -> String {
        let line = |problem: &Problem| {
            let text = lang.pick(&problem.ja, &problem.en);
            let at = match (lang, &problem.file) {
                (_, Some(file)) => format!("{file}:{}", problem.line),
                (Lang::Ja, None) => format!("{}行目", problem.line),
                (Lang::En, None) => format!("line {}", problem.line),
            };
            if problem.key.is_empty() {
                format!("{at}: {text}")
            } else {
                format!("{at}: {}: {text}", problem.key)
            }
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}
