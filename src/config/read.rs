//! Tables of TOML that remember their lines and which of their keys were asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;

/// Where the problems of one reading come together.
pub(super) struct Reader<'t> {
    text: &'t str,
    base: &'t Path,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, base: &'t Path) -> Self {
        Self { text, base, problems: RefCell::default() }
    }

    /// Reports a problem at a place in the text.
    pub(super) fn report(&self, span: &Range<usize>, key: String, ja: String, en: String) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        self.problems.borrow_mut().push(Problem { line, key, ja, en });
    }

    /// The problems in the order of their lines.
    pub(super) fn finish(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        problems
    }
}

/// A table whose keys are taken one by one; what remains is unknown.
pub(super) struct Section<'r, 't> {
    reader: &'r Reader<'t>,
    path: String,
    span: Range<usize>,
    keys: BTreeMap<String, Spanned<DeValue<'t>>>,
}

impl<'r, 't> Section<'r, 't> {
    /// The whole file. Faults of the syntax are reported; what could be read is returned.
    pub(super) fn root(reader: &'r Reader<'t>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(reader.text);
        for error in errors {
            let span = error.span().unwrap_or_default();
            let ja = format!("TOML の書き方に誤りがあります（{}）。", error.message());
            reader.report(&span, String::new(), ja, format!("not TOML: {}", error.message()));
        }
        let span = table.span();
        Self::new(reader, String::new(), span, table.into_inner())
    }

    fn new(reader: &'r Reader<'t>, path: String, span: Range<usize>, table: DeTable<'t>) -> Self {
        let keys =
            table.into_iter().map(|(key, value)| (key.into_inner().into_owned(), value)).collect();
        Self { reader, path, span, keys }
    }

    /// Reports a problem with a value of this table.
    pub(super) fn report(&self, span: &Range<usize>, key: &str, ja: &str, en: &str) {
        self.reader.report(span, self.name(key), ja.to_owned(), en.to_owned());
    }

    /// Where this table stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// A table in this one; an absent table is empty.
    pub(super) fn table(&mut self, key: &str) -> Self {
        let (span, table) = match self.keys.remove(key) {
            None => (self.span(), DeTable::default()),
            Some(value) => {
                let span = value.span();
                match value.into_inner() {
                    DeValue::Table(table) => (span, table),
                    other => {
                        self.wrong_type(&span, key, &other, "表 [ ]", "a table");
                        (span, DeTable::default())
                    }
                }
            }
        };
        Self::new(self.reader, self.name(key), span, table)
    }

    /// The tables `[[key]]`.
    pub(super) fn tables(&mut self, key: &str) -> Vec<Self> {
        let Some(value) = self.keys.remove(key) else { return Vec::new() };
        let span = value.span();
        let DeValue::Array(array) = value.into_inner() else {
            self.report(&span, key, "[[ ]] の形で書いてください。", "expected [[ ]] tables");
            return Vec::new();
        };
        let mut tables = Vec::new();
        for element in array {
            let span = element.span();
            match element.into_inner() {
                DeValue::Table(table) => {
                    tables.push(Self::new(self.reader, self.name(key), span, table));
                }
                other => self.wrong_type(&span, key, &other, "表 [[ ]]", "a table"),
            }
        }
        tables
    }

    /// A text and where it stands.
    pub(super) fn text(&mut self, key: &str) -> Option<(String, Range<usize>)> {
        let value = self.keys.remove(key)?;
        let span = value.span();
        match value.into_inner() {
            DeValue::String(text) => Some((text.into_owned(), span)),
            other => {
                self.wrong_type(&span, key, &other, "\" \" で囲んだ文字", "a text in quotes");
                None
            }
        }
    }

    /// A text that `parse` understands; `ja` and `en` say what was expected.
    pub(super) fn parsed<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Option<T>,
        ja: &str,
        en: &str,
    ) -> Option<T> {
        let (text, span) = self.text(key)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.report(&span, key, &format!("{ja}で書いてください。"), &format!("expected {en}"));
        }
        parsed
    }

    /// A list of texts that `parse` understands; an absent list is empty.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Option<T>,
        ja: &str,
        en: &str,
    ) -> Vec<T> {
        let Some(value) = self.keys.remove(key) else { return Vec::new() };
        let span = value.span();
        let DeValue::Array(array) = value.into_inner() else {
            self.report(&span, key, "[ ] の並びで書いてください。", "expected a list [ ]");
            return Vec::new();
        };
        let mut list = Vec::new();
        for element in array {
            let span = element.span();
            if let Some(parsed) = element.get_ref().as_str().and_then(&parse) {
                list.push(parsed);
            } else {
                let ja = format!("各要素は{ja}で書いてください。");
                self.report(&span, key, &ja, &format!("expected a list of {en}"));
            }
        }
        list
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &str) -> Option<bool> {
        let value = self.keys.remove(key)?;
        let span = value.span();
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            let ja = "true か false で書いてください。";
            self.report(&span, key, ja, "expected true or false");
        }
        boolean
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(&mut self, key: &str, least: u32, most: u32) -> Option<u32> {
        let value = self.keys.remove(key)?;
        let span = value.span();
        let number = value
            .get_ref()
            .as_integer()
            .filter(|integer| integer.radix() == 10)
            .and_then(|integer| integer.as_str().replace('_', "").parse().ok())
            .filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let ja = format!("{least} から {most} までの整数で書いてください。");
            let en = format!("expected a whole number from {least} to {most}");
            self.report(&span, key, &ja, &en);
        }
        number
    }

    /// A path; relative ones start at the folder of the configuration file.
    pub(super) fn path(&mut self, key: &str) -> Option<PathBuf> {
        let base = self.reader.base;
        self.parsed(key, |text| join(base, text), "空でないパス", "a path that is not empty")
    }

    /// A list of paths.
    pub(super) fn paths(&mut self, key: &str) -> Vec<PathBuf> {
        let base = self.reader.base;
        self.list(key, |text| join(base, text), "空でないパス", "paths that are not empty")
    }

    /// A path relative to the folder of the configuration file, for defaults.
    pub(super) fn based(&self, path: &str) -> PathBuf {
        self.reader.base.join(path)
    }

    /// Whether the key stands in the table and was not taken yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// Reports that a key is missing, unless it stood there and was already reported.
    pub(super) fn require<T>(&self, key: &str, value: Option<T>, stood_there: bool) -> Option<T> {
        if value.is_none() && !stood_there {
            let span = self.span();
            self.report(&span, key, "必須の項目がありません。", "this key is required");
        }
        value
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self) {
        for (key, value) in &self.keys {
            let span = value.span();
            self.report(&span, key, "知らない項目です。つづりを確かめてください。", "unknown key");
        }
    }

    fn name(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (false, true) => self.path.clone(),
            (false, false) => format!("{}.{key}", self.path),
        }
    }

    fn wrong_type(&self, span: &Range<usize>, key: &str, got: &DeValue<'_>, ja: &str, en: &str) {
        let got = got.type_str();
        let ja = format!("{ja}で書いてください（{got} が書かれています）。");
        self.report(span, key, &ja, &format!("expected {en}, found {got}"));
    }
}

fn join(base: &Path, text: &str) -> Option<PathBuf> {
    (!text.is_empty() && !text.contains('\0')).then(|| base.join(text))
}
