//! Lists as CSV for spreadsheet programs: UTF-8 with a byte order mark, by which Excel knows it, CR LF,
//! and quotes where a text needs them. A spreadsheet takes some texts for formulas and drops the zeros
//! at the head of numbers: such cells get an apostrophe.

use super::words;

/// The byte order mark.
pub(super) const MARK: &str = "\u{feff}";

/// A list that is written row by row.
#[derive(Debug)]
pub struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    /// A list that begins with its head.
    pub fn new<'c>(head: impl IntoIterator<Item = &'c str>) -> Self {
        let mut sheet = Self::begun(MARK.as_bytes().to_vec());
        sheet.row(head);
        sheet
    }

    /// A further part of one, for a list that is too long to be in memory at once.
    pub fn going_on() -> Self {
        Self::begun(Vec::new())
    }

    fn begun(bytes: Vec<u8>) -> Self {
        let mut builder = csv::WriterBuilder::new();
        Self(builder.flexible(true).terminator(csv::Terminator::CRLF).from_writer(bytes))
    }

    /// Adds a row. Each text is shown as it is: none is taken for a formula.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        // Writing into memory does not fail, and rows may be of any length.
        let _ = self.0.write_record(cells.into_iter().map(|text| cell(text.as_ref())));
    }

    /// The bytes of the file, or of the part.
    pub fn finish(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
    }
}

/// A text that a spreadsheet shows as it is.
fn cell(text: &str) -> String {
    let text = words::visible(text);
    let first = text.chars().next().unwrap_or_default();
    let formula = matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\n');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let changed_number = digits && (text.len() > 15 || (text.len() > 1 && first == '0'));
    if formula || changed_number { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "－", "\n=1"] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        assert_eq!(cell("\t=1"), "<U+0009>=1");
        assert_eq!(cell("\r=1"), "<U+000D>=1");
        for text in ["", "0", "12", "訪問介護", "*******011", "1-1", "a=b"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(cell("0000900011"), "'0000900011");
        assert_eq!(cell("1234567890123456"), "'1234567890123456");
    }

    #[test]
    fn a_list_has_one_mark_and_one_head() {
        let mut sheet = Sheet::new(["a", "b"]);
        sheet.row(["=1", "x,\"y\""]);
        let mut part = Sheet::going_on();
        part.row([String::from("07")]);
        let bytes = [sheet.finish(), part.finish()].concat();
        assert_eq!(bytes, "\u{feff}a,b\r\n'=1,\"x,\"\"y\"\"\"\r\n'07\r\n".as_bytes());
        assert_eq!(Sheet::going_on().finish(), b"");
    }
}
