//! What the commands write to the terminal.

use std::io::{self, Write as _};

use crate::rules::render::visible;

/// Writes a line to standard output. A reader that went away, as `head` does, is no error.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a line to standard error; where that is impossible there is nobody left to tell. Names of
/// files that come from others may stand in it, so what would steer the terminal is shown instead.
pub(super) fn error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", visible(text));
}

/// The columns that `text` takes on a terminal: East Asian wide characters take two.
fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(u32::from(c),
            0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x20000..=0x3FFFD)
            || "→←○×①②③④⑤⑥⑦⑧⑨⑩…".contains(c)
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// A table with a head, columns aligned for people.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (place, cell) in widths.iter_mut().zip(row) {
            *place = width(cell).max(*place);
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, place)| format!("{cell}{}", " ".repeat(place.saturating_sub(width(cell)))))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&mut head.iter().copied())];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_keep_the_columns() {
        let rows =
            vec![vec!["訪問".to_owned(), "b".to_owned()], vec!["a".to_owned(), "c".to_owned()]];
        assert_eq!(table(&["x", "y"], &rows), "x     y\n訪問  b\na     c");
    }
}
