//! What is withdrawn: there is no paper form for it, but somebody has to read it.

use std::fmt::Write as _;

use askama::Template;

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::entry::{Entry, Person, Sets};
use super::form::Form;
use super::many::Markup;
use super::pen::{Context, Pen};
use super::piece::{Piece, Text};
use super::read::File;
use super::row::Row;
use super::sheet::{DrawnForm, sheet};
use super::wareki::Style;

/// What a file of deletions withdraws, what of it says of which day or month, and in which words
/// people know it.
const KINDS: [(FileKind, KnownItem, &str); 5] = [
    (FileKind::Dlt1kyo, KnownItem::PlanDate, "居宅サービス計画書（第１表・第２表・第３表）"),
    (FileKind::Dltplan, KnownItem::DeletedMonth, "サービス利用票・別表（第６表・第７表の予定）"),
    (FileKind::Dltjsk, KnownItem::DeletedMonth, "サービスの実績"),
    (FileKind::Dltkihon, KnownItem::ConsultedOn, "利用者基本情報（別表・家族構成の画像を含む）"),
    (
        FileKind::Dltyobo,
        KnownItem::PreventionPlanDate,
        "介護予防サービス・支援計画書（別表を含む）",
    ),
];

#[derive(Template)]
#[template(path = "forms/deletion.html", config = "src/askama.toml")]
struct Deletions {
    form: Form,
    name: Piece,
    honorific: &'static str,
    rows: Markup,
}

/// Everything that is withdrawn of a person; `files` are those that the newer rows are from.
pub(super) fn draw(
    context: &Context<'_>,
    person: Person<'_, '_>,
    files: &[File<'_>],
    sets: &[Sets<'_, '_>],
) -> DrawnForm {
    let mut pen = Pen::new(context, Form::Deletion);
    let name = Piece::plain(person.users.any().map_or("", |user| user.name.as_str()));
    let mut html = Markup::default();
    let mut all = Vec::new();
    for (kind, date, words) in KINDS {
        for sets in sets {
            let (now, was) = sets.rows(kind);
            for entry in paired(now, was, sets.compared) {
                write(&mut pen, files, entry, (date, words), &mut html);
                all.push(entry);
            }
        }
    }
    pen.rest(&all);
    let cells = Deletions { form: Form::Deletion, name, honorific: pen.honorific(), rows: html };
    sheet(pen, person, None, &cells)
}

/// The rows of both versions that say the same, and those of one alone.
fn paired<'r, 's>(now: &'r [Row<'s>], was: &'r [Row<'s>], compared: bool) -> Vec<Entry<'r, 's>> {
    let same = |row: &Row<'_>| {
        let items = [KnownItem::ServiceOffice, KnownItem::ServiceType];
        Some(items.map(|item| row.look(item).to_owned()))
    };
    let pairs = super::align::align(now, was, 1, |row, _| same(row));
    pairs.into_iter().map(|(now, was)| Entry::new(now, was, compared)).collect()
}

fn write(
    pen: &mut Pen<'_, '_>,
    files: &[File<'_>],
    entry: Entry<'_, '_>,
    (date, words): (KnownItem, &str),
    html: &mut Markup,
) {
    words.clone_into(&mut pen.at);
    let day = pen.date(entry, date, Style::Full);
    let office = pen.text(entry, KnownItem::ServiceOffice);
    let service = pen.shown(&[entry], KnownItem::ServiceType, |pen, code| {
        match pen.context.spec.service_type(code.as_bytes()) {
            Some(entry) => format!("{} ({code})", entry.name),
            None => code.to_owned(),
        }
    });
    let made = entry.now.and_then(|row| files.get(row.file)?.unit);
    let made = made.map_or(String::new(), |unit| match unit.serial.moment() {
        Some(moment) => moment.strftime("%Y-%m-%d %H:%M").to_string(),
        None => unit.serial.to_string(),
    });
    let _ = writeln!(
        html.0,
        "<tr><td>{words}</td><td>{day}{}</td><td>{office} {service}</td><td>{}</td></tr>",
        match date {
            KnownItem::DeletedMonth => "分",
            KnownItem::ConsultedOn => "の相談",
            _ => "の作成（変更）",
        },
        Text(&made),
    );
    pen.at.clear();
}
