//! What lies beside held files: why they are there and what to do, as text and as a page to open
//! with a double click.

use askama::Template;

use crate::types::Lang;

/// A note in both forms.
pub(super) struct Note {
    text: String,
    page: String,
}

impl Note {
    /// The first line of `text` is the heading of the page.
    pub(super) fn new(text: &str, lang: Lang) -> Self {
        let lines = text.replace('\r', "");
        let (heading, rest) = lines.split_once('\n').unwrap_or((&lines, ""));
        // The template is checked when it is compiled, and text takes whatever is written to it.
        let page = Page { lang, heading, rest }.render().unwrap_or_default();
        // The editor of an office PC takes a text without a mark for Shift_JIS.
        Self { text: format!("\u{feff}{text}"), page }
    }

    /// The same with another page, which says more.
    pub(super) fn with_page(self, page: String) -> Self {
        Self { page, ..self }
    }

    /// Its files by their names.
    pub(super) fn into_files(self) -> [(&'static str, String); 2] {
        [("report.txt", self.text), ("report.html", self.page)]
    }

    /// The same as bytes to be written.
    pub(super) const fn files(&self) -> [(&'static str, &[u8]); 2] {
        [("report.txt", self.text.as_bytes()), ("report.html", self.page.as_bytes())]
    }
}

#[derive(Template)]
#[template(path = "node/note.html", config = "src/askama.toml")]
struct Page<'n> {
    lang: Lang,
    heading: &'n str,
    rest: &'n str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_note_is_markup() {
        let [(_, text), (_, page)] =
            Note::new("Not sent.\r\n<script>&\"\r\n", Lang::En).into_files();
        assert_eq!(text, "\u{feff}Not sent.\r\n<script>&\"\r\n");
        assert!(page.contains("<h1>Not sent.</h1>"), "{page}");
        assert!(page.contains("script") && !page.contains("<script>"), "{page}");
    }
}
