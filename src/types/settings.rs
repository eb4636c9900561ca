//! Files of settings that a person wrote: tables of TOML that remember their lines and which of their
//! keys were asked for.
//!
//! Every problem is kept with its line, unknown keys among them, so that one look at the list is
//! enough to mend the file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Problem, nearest};

/// Where the problems of one reading come together.
pub(crate) struct Reader<'t> {
    text: &'t str,
    base: &'t Path,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str, base: &'t Path) -> Self {
        Self { text, base, problems: RefCell::default() }
    }

    /// Reports a problem at a place in the text.
    pub(crate) fn report(&self, span: &Range<usize>, key: String, ja: String, en: String) {
        let line = self.line(span);
        self.problems.borrow_mut().push(Problem { file: None, line, key, ja, en });
    }

    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        1 + before.bytes().filter(|byte| *byte == b'\n').count()
    }

    fn line_text(&self, line: usize) -> &'t str {
        self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default()
    }

    /// Whether anything was reported so far.
    pub(crate) fn has_problems(&self) -> bool {
        !self.problems.borrow().is_empty()
    }

    /// The problems in the order of their lines.
    pub(crate) fn finish(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        // A backslash can be wrong for the parser and in what it made of the rest.
        problems.dedup_by(|next, first| {
            next.line == first.line && [next, first].iter().all(|one| one.en == BACKSLASH_EN)
        });
        problems
    }
}

/// A table whose keys are taken one by one; what remains is unknown.
pub(crate) struct Section<'r, 't> {
    reader: &'r Reader<'t>,
    path: String,
    span: Range<usize>,
    keys: BTreeMap<String, Spanned<DeValue<'t>>>,
    /// The keys that were asked for: those that are known here.
    asked: Vec<String>,
}

impl<'r, 't> Section<'r, 't> {
    /// The whole file. Faults of the syntax are reported; what could be read is returned.
    pub(crate) fn root(reader: &'r Reader<'t>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(reader.text);
        // One slip makes the parser stumble several times on its way along the line.
        let mut last = None;
        for error in errors {
            let span = error.span().unwrap_or_default();
            let line = reader.line(&span);
            if last.replace(line) == Some(line) {
                continue;
            }
            let (ja, en) = if is_backslash(error.message(), reader.line_text(line)) {
                (BACKSLASH_JA.to_owned(), BACKSLASH_EN.to_owned())
            } else {
                let ja = format!("TOML の書き方に誤りがあります（{}）。", error.message());
                (ja, format!("not TOML: {}", error.message()))
            };
            reader.report(&span, String::new(), ja, en);
        }
        let span = table.span();
        Self::new(reader, String::new(), span, table.into_inner())
    }

    fn new(reader: &'r Reader<'t>, path: String, span: Range<usize>, table: DeTable<'t>) -> Self {
        let keys =
            table.into_iter().map(|(key, value)| (key.into_inner().into_owned(), value)).collect();
        Self { reader, path, span, keys, asked: Vec::new() }
    }

    fn take(&mut self, key: &str) -> Option<Spanned<DeValue<'t>>> {
        self.asked.push(key.to_owned());
        self.keys.remove(key)
    }

    /// Reports a problem with a value of this table.
    pub(crate) fn report(&self, span: &Range<usize>, key: &str, ja: &str, en: &str) {
        self.reader.report(span, self.name(key), ja.to_owned(), en.to_owned());
    }

    /// Where this table stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Where the value of a key stands that was not taken yet; where it is absent, the table.
    pub(crate) fn span_of(&self, key: &str) -> Range<usize> {
        self.keys.get(key).map_or_else(|| self.span(), Spanned::span)
    }

    /// A table in this one; an absent table is empty.
    pub(crate) fn table(&mut self, key: &str) -> Self {
        let (span, table) = match self.take(key) {
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
    pub(crate) fn tables(&mut self, key: &str) -> Vec<Self> {
        let Some(value) = self.take(key) else { return Vec::new() };
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
    pub(crate) fn text(&mut self, key: &str) -> Option<(String, Range<usize>)> {
        let value = self.take(key)?;
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
    pub(crate) fn parsed<T>(
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
    pub(crate) fn list<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Option<T>,
        ja: &str,
        en: &str,
    ) -> Vec<T> {
        self.list_of(key, |section, text, span| {
            let parsed = text.and_then(&parse);
            if parsed.is_none() {
                let ja = format!("各要素は{ja}で書いてください。");
                section.report(span, key, &ja, &format!("expected a list of {en}"));
            }
            parsed
        })
    }

    /// A list of what `read` makes of each text, or of no text where there is something else.
    fn list_of<T>(
        &mut self,
        key: &str,
        read: impl Fn(&Self, Option<&str>, &Range<usize>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let span = value.span();
        let DeValue::Array(array) = value.into_inner() else {
            self.report(&span, key, "[ ] の並びで書いてください。", "expected a list [ ]");
            return Vec::new();
        };
        let one = |element: &Spanned<DeValue<'t>>| {
            read(self, element.get_ref().as_str(), &element.span())
        };
        array.iter().filter_map(one).collect()
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, key: &str) -> Option<bool> {
        let value = self.take(key)?;
        let span = value.span();
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            let ja = "true か false で書いてください。";
            self.report(&span, key, ja, "expected true or false");
        }
        boolean
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn number(&mut self, key: &str, least: u32, most: u32) -> Option<u32> {
        let value = self.take(key)?;
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
    pub(crate) fn path(&mut self, key: &str) -> Option<PathBuf> {
        let (text, span) = self.text(key)?;
        self.join(key, &text, &span)
    }

    /// A list of paths.
    pub(crate) fn paths(&mut self, key: &str) -> Vec<PathBuf> {
        self.list_of(key, |section, text, span| section.join(key, text.unwrap_or_default(), span))
    }

    fn join(&self, key: &str, text: &str, span: &Range<usize>) -> Option<PathBuf> {
        if text.is_empty() {
            let ja = "空でないパスで書いてください。";
            self.report(span, key, ja, "expected a path that is not empty");
            return None;
        }
        // "C:\new" is TOML, with a line end in it.
        if text.contains(char::is_control) {
            self.report(span, key, BACKSLASH_JA, BACKSLASH_EN);
            return None;
        }
        Some(self.reader.base.join(text))
    }

    /// A path relative to the folder of the configuration file, for defaults.
    pub(crate) fn based(&self, path: &str) -> PathBuf {
        self.reader.base.join(path)
    }

    /// Whether the key stands in the table and was not taken yet.
    pub(crate) fn has(&mut self, key: &str) -> bool {
        self.asked.push(key.to_owned());
        self.keys.contains_key(key)
    }

    /// A key that has to be there. That it is missing is reported; if it is there, `read` reports what
    /// is wrong with it.
    pub(crate) fn required<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<T> {
        let stood_there = self.has(key);
        let value = read(self, key);
        if value.is_none() && !stood_there {
            let span = self.span();
            self.report(&span, key, "必須の項目がありません。", "this key is required");
        }
        value
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self) {
        for (key, value) in &self.keys {
            let span = value.span();
            let (ja, en) = if let Some(meant) = self.meant(key) {
                (
                    format!("知らない項目です。{meant} の間違いではありませんか。"),
                    format!("unknown key; did you mean {meant}?"),
                )
            } else {
                let known = self.known();
                (
                    format!("知らない項目です。ここに書ける項目: {}", known.join("、")),
                    format!("unknown key; known here: {}", known.join(", ")),
                )
            };
            self.report(&span, key, &ja, &en);
        }
    }

    /// The known key that a misspelt one most resembles.
    fn meant(&self, key: &str) -> Option<&str> {
        nearest::meant(key, self.known())
    }

    /// The known keys, each once.
    fn known(&self) -> Vec<&str> {
        let mut known: Vec<&str> = self.asked.iter().map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        known
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

const BACKSLASH_JA: &str = r#"" " の中の \ は特別な記号です。パスは ' ' で囲むか（例: 'C:\renkei\drop'）、\ の代わりに / で書いてください（例: "C:/renkei/drop"）。"#;
const BACKSLASH_EN: &str = r#"within " " a backslash is a special sign; write a path in ' ', as 'C:\renkei\drop', or with /, as "C:/renkei/drop""#;

/// Whether the parser stumbled over a backslash, as in a path of Windows within `" "`.
fn is_backslash(message: &str, line: &str) -> bool {
    const OF_ESCAPES: [&str; 3] =
        ["missing escaped value", "too few unicode value digits", "invalid value"];
    let is_escape =
        line.contains('\\') && OF_ESCAPES.iter().any(|start| message.starts_with(start));
    // "C:\renkei\" does not end where it seems to.
    is_escape || line.trim_end().ends_with("\\\"")
}
