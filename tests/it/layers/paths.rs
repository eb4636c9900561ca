//! The paths that a source text names: those of its `use` declarations and those within its code.
//!
//! It reads words and marks, not Rust: enough to tell which module a path means, and little enough
//! to be believed.

/// A path as it is written, such as `super::file::Outcome`, with the module it stands in.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(super) struct Named {
    /// The names of the modules around it, from the crate down: those of the file and of `mod x {`.
    pub(super) at: Vec<String>,
    /// Its words.
    pub(super) words: Vec<String>,
    /// The name under which `pub use` hands it on.
    pub(super) handed_on: Option<String>,
}

impl Named {
    /// Whether it goes up so far that it leaves the first of the modules around it.
    pub(super) fn leaves_its_module(&self) -> bool {
        let up = self.words.iter().take_while(|word| *word == "super").count();
        up > 0 && up >= self.at.len()
    }
}

/// Whether what stands below `#[cfg(test)]` counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tests {
    Counted,
    LeftOut,
}

/// All paths that the text of the module `at` names.
pub(super) fn named(at: &[String], text: &str, tests: Tests) -> Vec<Named> {
    let tokens = tokens(text);
    let mut reader = Reader { tokens: &tokens, next: 0, at: at.to_vec(), found: Vec::new() };
    reader.block(tests);
    reader.found
}

/// Words and marks, `::` as one mark; comments, texts, characters and lifetimes are left out.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_text(rest) {
            length
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' {
            let mut after = rest.chars().skip(1);
            match (after.next(), after.next()) {
                (Some('\\'), _) | (Some(_), Some('\'')) => quoted(rest, '\''),
                _ => 1 + rest[1..].find(|c| !is_word(c)).unwrap_or(rest.len() - 1),
            }
        } else {
            let length = match rest.find(|c| !is_word(c)) {
                _ if rest.starts_with("::") => 2,
                Some(0) => first.len_utf8(),
                word => word.unwrap_or(rest.len()),
            };
            if !first.is_whitespace() {
                tokens.push(&rest[..length]);
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of a raw text such as `br#"…"#` at the beginning.
fn raw_text(text: &str) -> Option<usize> {
    let after = text.strip_prefix('b').unwrap_or(text).strip_prefix('r')?;
    let marks = after.len() - after.trim_start_matches('#').len();
    let body = after[marks..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(marks));
    Some(text.len() - body.len() + body.find(&end)? + end.len())
}

fn quoted(text: &str, mark: char) -> usize {
    let mut escaped = false;
    for (place, c) in text.char_indices().skip(1) {
        if c == mark && !escaped {
            return place + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

struct Reader<'t> {
    tokens: &'t [&'t str],
    next: usize,
    at: Vec<String>,
    found: Vec<Named>,
}

impl<'t> Reader<'t> {
    fn peek(&self, ahead: usize) -> &'t str {
        self.tokens.get(self.next + ahead).copied().unwrap_or_default()
    }

    fn take(&mut self) -> &'t str {
        let token = self.peek(0);
        self.next += 1;
        token
    }

    /// Reads to the `}` that ends the block, or to the end of the text.
    fn block(&mut self, tests: Tests) {
        const OF_TESTS: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
        let mut public = false;
        while self.next < self.tokens.len() {
            if tests == Tests::LeftOut && self.tokens[self.next..].starts_with(&OF_TESTS) {
                self.next += OF_TESTS.len();
                self.skip_item();
                continue;
            }
            match self.take() {
                "}" => return,
                "{" => self.block(tests),
                "mod" if self.peek(1) == "{" => {
                    let name = self.take().to_owned();
                    self.take();
                    self.at.push(name);
                    self.block(tests);
                    self.at.pop();
                }
                "pub" => {
                    if self.peek(0) == "(" {
                        while !matches!(self.take(), ")" | "") {}
                    }
                    public = self.peek(0) == "use";
                }
                "use" => {
                    self.tree(&mut Vec::new(), public);
                    public = false;
                }
                word if is_name(word) && self.peek(0) == "::" => self.path(word),
                // What follows is a method, a field or the rest of a path that was read.
                "." | "::" if is_name(self.peek(0)) => {
                    self.take();
                }
                _ => {}
            }
        }
    }

    /// An item with the attributes before it, to its `;` or `}`.
    fn skip_item(&mut self) {
        let mut depth = 0;
        while self.next < self.tokens.len() {
            match self.take() {
                "{" | "(" | "[" => depth += 1,
                "}" => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                ")" | "]" => depth -= 1,
                ";" if depth == 0 => return,
                _ => {}
            }
        }
    }

    /// What stands behind `use`, or within the braces of one.
    fn tree(&mut self, before: &mut Vec<String>, public: bool) {
        let length = before.len();
        loop {
            match self.take() {
                "::" => continue,
                "{" => {
                    while !matches!(self.peek(0), "}" | "") {
                        self.tree(before, public);
                        if self.peek(0) == "," {
                            self.take();
                        }
                    }
                    self.take();
                    break;
                }
                // `self` at the end means what stands before it.
                "self" if length > 0 => {}
                word => before.push(word.to_owned()),
            }
            if self.peek(0) != "::" {
                let mut name = before.last().cloned();
                if self.peek(0) == "as" {
                    self.take();
                    name = Some(self.take().to_owned());
                }
                let handed_on = if public { name } else { None };
                self.found.push(Named { at: self.at.clone(), words: before.clone(), handed_on });
                break;
            }
        }
        before.truncate(length);
    }

    fn path(&mut self, first: &str) {
        let mut words = vec![first.to_owned()];
        while self.peek(0) == "::" && is_name(self.peek(1)) {
            self.take();
            words.push(self.take().to_owned());
        }
        self.found.push(Named { at: self.at.clone(), words, handed_on: None });
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[test]
fn paths_are_found_where_they_stand() {
    let text = r##"
        //! [`crate::comment::Link`]
        pub(super) use below::{self, One, deep::Two as Other};
        use super::beside::Three;
        const MARK: &str = "crate::text::A"; const RAW: &str = r#"crate::"text"::B"#;
        fn f<'a>(c: char) -> bool { c == '"' || c == '\'' || /* crate::comment::C */ crate::code::g(c) }
        mod inner { fn h() { super::super::above().crate_like::<x::Y>(); } }
        #[cfg(test)]
        mod tests { use super::super::only_in_tests::T; fn t() { if true {} } }
        fn after() { self::last::z() }
    "##;
    let show = |named: Vec<Named>| -> Vec<String> {
        let line = |named: Named| {
            let handed_on = named.handed_on.map(|name| format!(" as {name}")).unwrap_or_default();
            format!("{}: {}{handed_on}", named.at.join("/"), named.words.join("::"))
        };
        named.into_iter().map(line).collect()
    };
    let at = ["a".to_owned()];
    let found = show(named(&at, text, Tests::LeftOut));
    let expected = [
        "a: below as below",
        "a: below::One as One",
        "a: below::deep::Two as Other",
        "a: super::beside::Three",
        "a: crate::code::g",
        "a/inner: super::super::above",
        "a/inner: x::Y",
        "a: self::last::z",
    ];
    assert_eq!(found, expected);
    let all = show(named(&at, text, Tests::Counted));
    assert!(all.contains(&"a/tests: super::super::only_in_tests::T".to_owned()), "{all:?}");
    assert_eq!(all.len(), expected.len() + 1);
}

#[test]
fn super_that_leaves_a_module_is_seen() {
    let leaves = |at: &[&str], text: &str| {
        let at: Vec<String> = at.iter().map(|&name| name.to_owned()).collect();
        named(&at, text, Tests::Counted).iter().filter(|named| named.leaves_its_module()).count()
    };
    let text = "use super::{a::A, super::b::B}; mod tests { fn t() { super::super::super::c() } }";
    assert_eq!(leaves(&["m"], text), 3);
    assert_eq!(leaves(&["m", "file"], text), 2);
    assert_eq!(leaves(&["m", "folder", "file"], text), 0);
    assert_eq!(leaves(&["m", "file"], "mod tests { use super::super::a::A; }"), 0);
}
