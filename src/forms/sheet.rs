//! What stands around the cells of every form: title, name, notes, findings, changes.

use askama::Template;

use crate::rules::Finding;
use crate::spec::KnownItem;
use crate::types::{Lang, Personal};

use super::entry::{Entry, Person};
use super::form::{Form, Paper};
use super::group::UserKey;
use super::pen::{Change, Note, Pen};
use super::piece::{Piece, Text};
use super::wareki::Style;
use crate::types::{PreventionPaper, PrintedNotes};

/// One form, drawn.
#[derive(Debug, Clone)]
pub struct DrawnForm {
    /// Which.
    pub form: Form,
    /// A `section` with everything on it, for a page that has [`CSS`](super::CSS).
    pub html: Personal<String>,
    /// What has no cell and stands under the form as 付記.
    pub notes: Vec<Personal<String>>,
    /// The cells that say something else than in the other version.
    pub changes: Vec<Change>,
    /// How many findings are marked.
    pub findings: usize,
}

/// The title of 第1表 to 第3表, the date in the corner and the name below.
pub(super) struct Head {
    pub(super) written: Piece,
    pub(super) name: Piece,
    pub(super) honorific: &'static str,
    /// Whether the name stands on a line of its own; otherwise the form has it in a cell.
    pub(super) with_name: bool,
}

impl Head {
    /// `supplement` is where the name is from, `row` where 作成年月日 stands.
    pub(super) fn new(
        pen: &mut Pen<'_, '_>,
        person: Person<'_, '_>,
        supplement: Entry<'_, '_>,
        row: Entry<'_, '_>,
        written: KnownItem,
    ) -> Self {
        let name = user_name(pen, person, supplement);
        let written = pen.date(row, written, Style::Full).or("　　年　月　日");
        Self { written, name, honorific: pen.honorific(), with_name: true }
    }
}

/// The name in 利用者補足情報, or else that of another send unit.
pub(super) fn user_name(
    pen: &mut Pen<'_, '_>,
    person: Person<'_, '_>,
    supplement: Entry<'_, '_>,
) -> Piece {
    let mut name = pen.text(supplement, KnownItem::UserName);
    if name.is_empty() {
        person.users.any().map_or("", |user| user.name.as_str()).clone_into(&mut name.now);
        pen.sentence(if name.now.is_empty() {
            "利用者補足情報がないため、利用者名は空欄です。".to_owned()
        } else {
            "利用者名は、同じ利用者の別の送信単位によります。".to_owned()
        });
    }
    name
}

#[derive(Template)]
#[template(path = "forms/sheet.html", config = "src/askama.toml")]
struct Sheet<'s> {
    form: Form,
    paper: Paper,
    key: &'s UserKey,
    insurer_name: Option<&'s str>,
    head: Option<&'s Head>,
    body: &'s str,
    findings: &'s [(usize, &'s Finding)],
    changes: &'s [Change],
    notes: &'s [Note],
    print_all: bool,
}

impl Sheet<'_> {
    fn insurer(&self) -> &str {
        &self.key.insurer
    }

    fn insured(&self) -> &str {
        &self.key.insured
    }

    /// Whether nothing of the notes is printed.
    fn only_technical(&self) -> bool {
        !self.print_all && self.notes.iter().all(|note| note.technical)
    }
}

/// Puts a form together. `body` is a template of the form, whose values are escaped.
pub(super) fn sheet(
    pen: Pen<'_, '_>,
    person: Person<'_, '_>,
    head: Option<&Head>,
    body: &impl Template,
) -> DrawnForm {
    // Templates are checked when they are compiled, and text takes whatever is written to it.
    let body = body.render().unwrap_or_default();
    let findings = pen.findings();
    let options = pen.context.options;
    let sheet = Sheet {
        form: pen.form,
        paper: match (pen.form, options.choices.prevention_paper) {
            (Form::Prevention, PreventionPaper::TwoA4) => Paper::A4Landscape,
            (form, _) => form.paper(),
        },
        key: person.key,
        insurer_name: options.insurers.and_then(|names| names.get(&person.key.insurer)),
        head,
        body: &body,
        findings: &findings,
        changes: &pen.changes,
        notes: &pen.notes,
        print_all: options.choices.printed_notes == PrintedNotes::All,
    };
    let html = Personal::new(sheet.render().unwrap_or_default());
    let findings = findings.len();
    let notes = pen.notes.iter().map(|note| Personal::new(note.line())).collect();
    DrawnForm { form: pen.form, html, notes, changes: pen.changes, findings }
}
