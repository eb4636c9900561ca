//! Names of codes that the files leave out: services, and the insurers.

use std::collections::HashMap;

use crate::record::ms932;
use crate::types::Lang;

/// Names by their codes, from a list that the office has.
#[derive(Debug, Clone, Default)]
pub struct Names(HashMap<String, String>);

/// The list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamesError {
    /// It is neither UTF-8 nor MS932.
    #[error("neither UTF-8 nor MS932")]
    Encoding,
    /// A line has no code and name.
    #[error("line {line}: expected a code and a name")]
    Line {
        /// Its number, from 1.
        line: u64,
    },
}

impl NamesError {
    /// In words.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Encoding, Lang::Ja) => {
                "文字コードが UTF-8 でも MS932（Shift_JIS）でもありません。".to_owned()
            }
            (Self::Line { line }, Lang::Ja) => {
                format!("{line} 行目に、コードと名前がそろっていません。")
            }
            (_, Lang::En) => self.to_string(),
        }
    }
}

impl Names {
    /// Reads lines of `code,name` in UTF-8 or MS932; more columns are ignored, as is a first line
    /// whose code holds no digit.
    pub fn parse(bytes: &[u8]) -> Result<Self, NamesError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{FEFF}').to_owned(),
            Err(_) => ms932::decode(bytes).ok_or(NamesError::Encoding)?,
        };
        let mut lines = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut names = HashMap::new();
        for (place, record) in lines.records().enumerate() {
            let line =
                |record: &csv::StringRecord| record.position().map_or(0, csv::Position::line);
            let record = record.map_err(|error| NamesError::Line {
                line: error.position().map_or(0, csv::Position::line),
            })?;
            match (record.get(0), record.get(1)) {
                (Some(code), Some(name)) if !code.is_empty() && !name.is_empty() => {
                    if place > 0 || code.bytes().any(|byte| byte.is_ascii_digit()) {
                        names.insert(code.to_owned(), name.to_owned());
                    }
                }
                _ => return Err(NamesError::Line { line: line(&record) }),
            }
        }
        Ok(Self(names))
    }

    /// The name of a code.
    pub fn get(&self, code: &str) -> Option<&str> {
        self.0.get(code).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_in_both_encodings_with_and_without_a_head() {
        let text = "サービスコード,名称\r\n111111,身体介護１,250\r\nA41111,\"配食, 夕\"\r\n";
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{FEFF}{text}").into_bytes(),
            ms932::encode(text).expect("in MS932"),
        ] {
            let names = Names::parse(&bytes).expect("a list");
            assert_eq!(names.get("111111"), Some("身体介護１"));
            assert_eq!(names.get("A41111"), Some("配食, 夕"));
            assert_eq!(names.get("サービスコード"), None);
        }
        assert!(Names::parse(b"").expect("nothing").get("1").is_none());
        assert_eq!(Names::parse(b"111111,a\n222222").unwrap_err(), NamesError::Line { line: 2 });
        assert_eq!(Names::parse(b"1,\x81").unwrap_err(), NamesError::Encoding);
    }
}
