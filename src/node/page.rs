//! What lies beside held files as a page to open with a double click.

use crate::types::Lang;

const STYLE: &str = "body{margin:0 auto;max-width:60rem;padding:1.5rem;line-height:1.75;color:#1c2024;\
background:#fff;font-family:'Noto Sans JP',Meiryo,sans-serif}h1{color:#b3261e}div{white-space:pre-wrap;\
overflow-wrap:anywhere}";

/// A note as a page: its first line is the heading.
pub(super) fn of(text: &str, lang: Lang) -> String {
    let text = text.trim_start_matches('\u{feff}').replace('\r', "");
    let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let (head, rest) = (escaped(head), escaped(rest));
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{head}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<h1>{head}</h1>\n<div>{rest}</div>\n</body>\n</html>\n"
    )
}

/// A note as the files that lie beside what it is about.
pub(super) fn notes<'n>(note: &'n str, page: &'n str) -> [(&'static str, &'n [u8]); 2] {
    [("report.txt", note.as_bytes()), ("report.html", page.as_bytes())]
}

/// The page of a report with what became of the files above it.
pub(super) fn with_head(page: &str, head: &str, lang: Lang) -> String {
    let (first, rest) = head.split_once('\n').unwrap_or((head, ""));
    let rest = escaped(rest).replace('\n', "<br>\n");
    let block = format!(
        "<body>\n<div class=\"verdict fail\" style=\"margin-bottom:2rem\">\n<strong>{}</strong>\n<p>{rest}</p>\n</div>\n",
        escaped(first)
    );
    let end = lang.pick(
        "<p>直し方が分からないときは、このページを介護ソフトの会社に見せてください。</p>\n</body>",
        "<p>Where it is not clear how to mend it, show this page to the maker of the care software.</p>\n</body>",
    );
    page.replacen("<body>\n", &block, 1).replacen("</body>", end, 1)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_note_is_markup() {
        let page = of("\u{feff}Not sent.\r\n<script>&\"\r\n", Lang::En);
        assert!(page.contains("<h1>Not sent.</h1>") && page.contains("&lt;script&gt;&amp;&quot;"));
        assert!(!page.contains("<script>"), "{page}");
        let page = with_head("<html>\n<body>\n<h1>x</h1>\n</body>", "Not sent.\nTo: <b>", Lang::En);
        assert!(page.contains("<strong>Not sent.</strong>") && page.contains("To: &lt;b&gt;"));
        assert!(page.ends_with("the maker of the care software.</p>\n</body>"), "{page}");
    }
}
