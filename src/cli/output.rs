//! What the commands write to the terminal.

use std::io::{self, Write as _};

use unicode_width::UnicodeWidthStr as _;

use crate::certs::CertsError;
use crate::relay::store::RelayStoreError;
use crate::rules::render::visible;
use crate::store::StoreError;
use crate::types::{Lang, io_text};

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

/// Tells what kept a command from its end, with all that led to it.
pub(super) fn failure(error: &anyhow::Error, lang: Lang) {
    self::error(&format!("renkei: {}", told(error, lang)));
}

fn told(error: &anyhow::Error, lang: Lang) -> String {
    let mut parts = Vec::new();
    for cause in error.chain() {
        let whole = if let Some(error) = cause.downcast_ref::<io::Error>() {
            io_text(error, lang)
        } else if let Some(error) = cause.downcast_ref::<CertsError>() {
            error.text(lang)
        } else if let Some(error) = cause.downcast_ref::<StoreError>() {
            error.text(lang)
        } else if let Some(error) = cause.downcast_ref::<RelayStoreError>() {
            error.text(lang)
        } else {
            parts.push(cause.to_string());
            continue;
        };
        // It tells of what led to it itself.
        parts.push(whole);
        break;
    }
    parts.join(": ")
}

/// The columns that `text` takes on a terminal. What Unicode leaves open, such as → and ○, takes two,
/// as in the fonts that show Japanese.
fn width(text: &str) -> usize {
    text.width_cjk()
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
    fn what_the_system_says_is_told_in_the_language_with_its_place() {
        use anyhow::Context as _;
        let error = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = Err::<(), _>(error).context("a/b.CSV").expect_err("an error");
        assert!(told(&error, Lang::Ja).starts_with("a/b.CSV: アクセス権が"));
        assert!(told(&error, Lang::En).starts_with("a/b.CSV: access denied"));
        let path = std::path::PathBuf::from("a");
        let nested = CertsError::Io { path, source: io::ErrorKind::NotFound.into() };
        assert_eq!(told(&nested.into(), Lang::Ja), "a: ファイルがありません。");
    }

    #[test]
    fn wide_characters_keep_the_columns() {
        let rows =
            vec![vec!["訪問".to_owned(), "b".to_owned()], vec!["a".to_owned(), "c".to_owned()]];
        assert_eq!(table(&["x", "y"], &rows), "x     y\n訪問  b\na     c");
    }
}
