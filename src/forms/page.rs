//! A page that stands alone: every form with its style, to be opened and printed without a network.

use askama::Template;

use crate::types::Personal;

use super::draw::UserForms;
use super::piece::Text;

/// The style of all forms: the page that shows them has to have it.
pub const CSS: &str = include_str!("forms.css");

#[derive(Template)]
#[template(path = "forms/page.html", config = "src/askama.toml")]
struct Page<'p> {
    title: &'p str,
    users: &'p [UserForms],
    notes: &'p [Personal<String>],
}

/// The page with the forms of some people; `notes` are those of the whole drawing.
///
/// It needs no script and nothing from elsewhere, and its content security policy lets nothing of
/// the kind in.
pub fn page(title: &str, users: &[UserForms], notes: &[Personal<String>]) -> String {
    // The template is checked when it is compiled, and text takes whatever is written to it.
    Page { title, users, notes }.render().unwrap_or_default()
}
