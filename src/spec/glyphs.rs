//! Characters that MS932 does not have, and what is written instead (R-ENC-03).
//!
//! The source leaves the choice of a substitute to the sender. `glyphs.csv` holds the choices that
//! ship with the program: those that lose nothing, and similar characters that an office has to
//! approve. An office can bring a list of its own ([`Glyphs::office`]).

use std::collections::BTreeMap;

use super::table::{Row, Tables};
use super::{SpecError, SpecProblem};

const COLUMNS: &[&str] = &["from", "to", "kind", "shown", "source", "remark"];
/// The forms of an office's own list, by their header lines.
const OFFICE_FORMS: [&[&str]; 3] = [SHORTEST, &["from", "to", "remark"], COLUMNS];
const SHORTEST: &[&str] = &["from", "to"];

/// No range of the list is longer; the variation selectors are the longest.
const MOST_IN_RANGE: usize = 256;
/// The most characters that one is replaced with.
const MOST_IN_SUBSTITUTE: usize = 8;

/// What is written instead of characters that MS932 does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glyphs(BTreeMap<char, Glyph>);

/// What is written instead of one character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyph {
    /// The substitute; empty where the character is left out.
    pub to: String,
    /// Whether nothing is lost: the same character under another code point, or an invisible one.
    pub lossless: bool,
    /// Where the pair comes from, in Japanese; empty in lists of offices.
    pub source: String,
    /// A note, in Japanese.
    pub remark: String,
}

impl Glyphs {
    /// The substitute for a character.
    pub fn get(&self, character: char) -> Option<&Glyph> {
        self.0.get(&character)
    }

    /// Every pair, in the order of the code points.
    pub fn iter(&self) -> impl Iterator<Item = (char, &Glyph)> {
        self.0.iter().map(|(from, glyph)| (*from, glyph))
    }

    /// Reads an office's own list: CSV with the columns `from`, `to` and perhaps `remark`, or with
    /// those of `spec/glyphs.csv`. `name` is the name of the list in problems.
    ///
    /// # Errors
    ///
    /// Every problem with its line.
    pub fn office(name: &str, text: &str) -> Result<Self, SpecError> {
        let files = BTreeMap::from([(name.to_owned(), text.to_owned())]);
        let mut tables = Tables::new(&files);
        let head = text.lines().next().unwrap_or_default().trim_end();
        let columns = OFFICE_FORMS.iter().find(|columns| columns.join(",") == head);
        let glyphs = read(&mut tables, name, columns.copied().unwrap_or(SHORTEST));
        let problems: Vec<SpecProblem> = tables.problems;
        if problems.is_empty() { Ok(glyphs) } else { Err(SpecError { problems }) }
    }
}

/// The list that ships with the program.
pub(super) fn shipped(tables: &mut Tables<'_>) -> Glyphs {
    read(tables, "glyphs.csv", COLUMNS)
}

fn read(tables: &mut Tables<'_>, file: &str, columns: &[&'static str]) -> Glyphs {
    let mut found = BTreeMap::new();
    for row in tables.rows(file, columns) {
        let expected = "a character, U+XXXX or U+XXXX-U+YYYY";
        let from = tables.parsed(&row, "from", expected, from_cell);
        let to = tables.parsed(&row, "to", "characters other than delimiters", to_cell);
        let lossless = tables.parsed(&row, "kind", "lossless or similar", |cell| match cell {
            "lossless" => Some(true),
            "similar" => Some(false),
            // The short forms of an office's list have no kind.
            "" => (columns.len() < COLUMNS.len()).then_some(false),
            _ => None,
        });
        let (Some(from), Some(to), Some(lossless)) = (from, to, lossless) else { continue };
        let glyph = glyph(&row, to, lossless);
        for character in from {
            if found.insert(character, glyph.clone()).is_some() {
                tables.cell(&row, "from", "a character that is not listed yet");
                break;
            }
        }
    }
    Glyphs(found)
}

fn glyph(row: &Row<'_>, to: String, lossless: bool) -> Glyph {
    let text = |column| row.get(column).to_owned();
    Glyph { to, lossless, source: text("source"), remark: text("remark") }
}

/// One character, as itself or by its code point, or a range of code points.
fn from_cell(cell: &str) -> Option<Vec<char>> {
    let (first, last) = if let Some((first, last)) = cell.split_once("-U+") {
        (code_point(first)?, code_point(&format!("U+{last}"))?)
    } else {
        let only = code_point(cell).or_else(|| only_char(cell))?;
        (only, only)
    };
    let range: Vec<char> = (first..=last).take(MOST_IN_RANGE + 1).collect();
    let wanted = |character: &char| !character.is_ascii();
    let good = !range.is_empty() && range.len() <= MOST_IN_RANGE && range.iter().all(wanted);
    good.then_some(range)
}

/// Characters as themselves, or code points between spaces.
fn to_cell(cell: &str) -> Option<String> {
    let to = if cell.starts_with("U+") {
        cell.split(' ').map(code_point).collect::<Option<String>>()?
    } else {
        cell.to_owned()
    };
    let delimiter = |character: char| character.is_control() || ",\"".contains(character);
    (to.chars().count() <= MOST_IN_SUBSTITUTE && !to.contains(delimiter)).then_some(to)
}

fn code_point(text: &str) -> Option<char> {
    let digits = text.strip_prefix("U+")?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let good = hexadecimal && (4..=6).contains(&digits.len());
    good.then(|| u32::from_str_radix(digits, 16).ok()).flatten().and_then(char::from_u32)
}

fn only_char(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_brings_its_own_list() {
        let list = "from,to\n𠮷,吉\nU+E000,U+9AD9\nU+FE00-U+FE0F,\n";
        let glyphs = Glyphs::office("ours.csv", list).expect("good");
        let to = |character| glyphs.get(character).map(|glyph| glyph.to.as_str());
        assert_eq!(to('𠮷'), Some("吉"));
        assert_eq!(to('\u{E000}'), Some("髙"));
        assert_eq!(to('\u{FE0F}'), Some(""));
        assert_eq!(to('吉'), None);
        assert_eq!(glyphs.iter().count(), 18);
    }

    #[test]
    fn every_problem_of_a_list_has_its_line() {
        let list = "from,to\n𠮷吉,吉\n橋,\"a,b\"\na,b\nU+20BB7,吉\n𠮷,吉\nU+0100-U+FFFF,x\n";
        let error = Glyphs::office("ours.csv", list).expect_err("broken");
        let lines: Vec<_> = error.problems.iter().filter_map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 3, 4, 6, 7], "{error}");
        for hostile in ["", "x", "from,to", "from,to\n\"", "from;to\n𠮷;吉\n"] {
            assert!(Glyphs::office("ours.csv", hostile).is_err(), "{hostile:?}");
        }
    }
}
