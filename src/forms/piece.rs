//! The smallest things on a form: a value, and a line of choices, each with its marks and with what
//! stood there before.
//!
//! They write themselves as HTML and escape their text, so that templates can hold them as they are.

use std::fmt::{self, Display, Write as _};

use askama::filters::{Escaper as _, Html, HtmlSafe};

use crate::rules::render::visible;

/// A value as it is shown.
#[derive(Clone, Default)]
pub(super) struct Piece {
    pub(super) now: String,
    /// What the other version says, where it says something else.
    pub(super) was: Option<String>,
    /// What is printed where there is no value, such as 年　月　日.
    pub(super) blank: &'static str,
    /// The numbers of findings about it.
    pub(super) marks: Vec<usize>,
}

impl Piece {
    /// A text of the program, which has no finding and no other version.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { now: text.into(), ..Self::default() }
    }

    /// Whether nothing stands there, neither now nor before.
    pub(super) fn is_empty(&self) -> bool {
        self.now.is_empty() && self.was.is_none() && self.marks.is_empty()
    }

    /// With other words where there is no value.
    pub(super) const fn or(mut self, blank: &'static str) -> Self {
        self.blank = blank;
        self
    }
}

/// Text that somebody wrote: escaped, and nothing in it can hide or turn what stands around it.
pub(super) struct Text<'t>(pub(super) &'t str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.replace("\r\n", "\n");
        Html.write_escaped_str(f, &visible(&text))
    }
}

impl HtmlSafe for Text<'_> {}

impl Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { now, was, blank, marks } = self;
        if now.is_empty() && was.is_none() && !blank.is_empty() {
            write!(f, "<span class=\"fm-blank\">{blank}</span>")?;
        } else if now.is_empty() && was.is_none() {
            // An empty cell stays empty, but for its marks.
        } else {
            f.write_str(if marks.is_empty() {
                "<bdi class=\"fm-v\">"
            } else {
                "<bdi class=\"fm-v fm-bad\">"
            })?;
            match was {
                None => Text(now).fmt(f)?,
                Some(was) => {
                    let Change { head, was, now, tail } = Change::between(was, now);
                    Text(head).fmt(f)?;
                    if !was.is_empty() {
                        write!(f, "<del>{}</del>", Text(was))?;
                    }
                    if !now.is_empty() {
                        write!(f, "<ins>{}</ins>", Text(now))?;
                    }
                    Text(tail).fmt(f)?;
                }
            }
            f.write_str("</bdi>")?;
        }
        write_marks(marks, f)
    }
}

impl HtmlSafe for Piece {}

/// Two texts, of which whole lines at the beginning and at the end are the same.
struct Change<'t> {
    head: &'t str,
    was: &'t str,
    now: &'t str,
    tail: &'t str,
}

impl<'t> Change<'t> {
    fn between(was: &'t str, now: &'t str) -> Self {
        let pairs = was.split_inclusive('\n').zip(now.split_inclusive('\n'));
        let head: usize =
            pairs.take_while(|(old, new)| old == new).map(|(line, _)| line.len()).sum();
        let (head, now) = now.split_at_checked(head).unwrap_or(("", now));
        let was = was.get(head.len()..).unwrap_or_default();
        let pairs = was.rsplit('\n').zip(now.rsplit('\n'));
        // The line break before each of them goes with it, so at least one line stays on each side.
        let tail: usize =
            pairs.take_while(|(old, new)| old == new).map(|(line, _)| line.len() + 1).sum();
        let cut =
            |text: &'t str| text.len().checked_sub(tail).and_then(|at| text.split_at_checked(at));
        match (cut(was), cut(now)) {
            (Some((was, _)), Some((now, tail))) => Self { head, was, now, tail },
            _ => Self { head, was, now, tail: "" },
        }
    }
}

fn write_marks(marks: &[usize], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for mark in marks {
        write!(f, "<sup class=\"fm-mark\">▲{mark}</sup>")?;
    }
    Ok(())
}

/// One of several printed words, round which a line is drawn when it holds.
#[derive(Clone)]
pub(super) struct Choice {
    pub(super) label: &'static str,
    pub(super) now: bool,
    /// Whether it held before; the same as now where nothing is compared.
    pub(super) was: bool,
}

/// A line of choices.
#[derive(Clone, Default)]
pub(super) struct Choices {
    pub(super) choices: Vec<Choice>,
    /// What is printed between them.
    pub(super) between: &'static str,
    /// A value that the form does not offer, as text.
    pub(super) other: Piece,
    pub(super) marks: Vec<usize>,
}

impl Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<span class=\"fm-choices\">")?;
        for (place, Choice { label, now, was }) in self.choices.iter().enumerate() {
            if place > 0 {
                f.write_str(self.between)?;
            }
            match (now, was) {
                (true, true) => write!(f, "<em class=\"fm-c fm-on\">{label}</em>")?,
                (true, false) => write!(f, "<em class=\"fm-c fm-on\"><ins>{label}</ins></em>")?,
                (false, true) => {
                    write!(f, "<span class=\"fm-c fm-off\"><del>{label}</del></span>")?;
                }
                (false, false) => write!(f, "<span class=\"fm-c\">{label}</span>")?,
            }
        }
        f.write_str("</span>")?;
        if !self.other.is_empty() {
            write!(f, "　{}", self.other)?;
        }
        write_marks(&self.marks, f)
    }
}

impl HtmlSafe for Choices {}

/// A number with one digit in each printed box, at the right end.
#[derive(Clone, Default)]
pub(super) struct Digits {
    pub(super) piece: Piece,
    pub(super) boxes: usize,
}

impl Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { piece: Piece { now, was, marks, .. }, boxes } = self;
        let count = now.chars().take(boxes + 1).count();
        if was.is_some() || count > *boxes {
            return self.piece.fmt(f);
        }
        f.write_str("<span class=\"fm-digits\">")?;
        for _ in count..*boxes {
            f.write_str("<span></span>")?;
        }
        for digit in now.chars() {
            write!(f, "<span>{}</span>", Text(digit.encode_utf8(&mut [0; 4])))?;
        }
        f.write_str("</span>")?;
        write_marks(marks, f)
    }
}

impl HtmlSafe for Digits {}

/// Digits with a comma after every three, as units and yen are printed; other text stays.
pub(super) fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let mut out = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        let _ = out.write_char(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup_or_turns_it() {
        let piece = Piece::plain("<script>alert('&')</script>\u{202E}逆\r\n次");
        assert_eq!(
            piece.to_string(),
            "<bdi class=\"fm-v\">&#60;script&#62;alert(&#39;&#38;&#39;)&#60;/script&#62;\
             &#60;U+202E&#62;逆\n次</bdi>"
        );
    }

    #[test]
    fn what_changed_is_struck_and_marked() {
        let piece = Piece { now: "新".into(), was: Some("旧".into()), marks: vec![2], blank: "" };
        assert_eq!(
            piece.to_string(),
            "<bdi class=\"fm-v fm-bad\"><del>旧</del><ins>新</ins></bdi><sup class=\"fm-mark\">▲2</sup>"
        );
        let gone = Piece { was: Some("旧".into()), ..Piece::default() };
        assert_eq!(gone.to_string(), "<bdi class=\"fm-v\"><del>旧</del></bdi>");
        assert_eq!(Piece::default().or("年").to_string(), "<span class=\"fm-blank\">年</span>");
    }

    #[test]
    fn lines_that_stay_are_not_struck() {
        let shown = |was: &str, now: &str| {
            let piece = Piece { now: now.into(), was: Some(was.into()), ..Piece::default() };
            let html = piece.to_string();
            let inside = html.strip_prefix("<bdi class=\"fm-v\">").expect("the beginning");
            inside.strip_suffix("</bdi>").expect("the end").to_owned()
        };
        assert_eq!(shown("a\nb\nc", "a\nx\nc"), "a\n<del>b</del><ins>x</ins>\nc");
        assert_eq!(shown("a\nb", "a\nb\nc"), "a\n<del>b</del><ins>b\nc</ins>");
        assert_eq!(shown("a\nb", "b"), "<del>a\nb</del><ins>b</ins>");
        assert_eq!(shown("a\nb", "c\nb"), "<del>a</del><ins>c</ins>\nb");
        assert_eq!(shown("a", "b"), "<del>a</del><ins>b</ins>");
        assert_eq!(shown("", "a\nb"), "<ins>a\nb</ins>");
        assert_eq!(shown("a\nb\nc\nd", "a\nc\nx\nd"), "a\n<del>b\nc</del><ins>c\nx</ins>\nd");
    }

    #[test]
    fn digits_stand_in_their_boxes_and_other_text_in_none() {
        let digits = |text: &str| Digits { piece: Piece::plain(text), boxes: 3 }.to_string();
        assert_eq!(
            digits("1<"),
            "<span class=\"fm-digits\"><span></span><span>1</span><span>&#60;</span></span>"
        );
        assert_eq!(digits("1234"), "<bdi class=\"fm-v\">1234</bdi>");
    }

    #[test]
    fn units_have_commas() {
        let shown =
            ["1234567", "-600", "27048", "999", "0", "", "abc", "0012000", "-"].map(grouped);
        assert_eq!(shown, ["1,234,567", "-600", "27,048", "999", "0", "", "abc", "12,000", "-"]);
    }
}
