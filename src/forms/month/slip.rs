//! 第7表 サービス利用票別表, and サービス提供票別表.

use std::fmt::Write as _;

use askama::Template;

use crate::forms::align::align;
use crate::forms::entry::{Entry, Pair, Person, Sets};
use crate::forms::form::Form;
use crate::forms::many::{Markup, apart};
use crate::forms::pen::{Context, Pen};
use crate::forms::piece::Piece;
use crate::forms::row::Row;
use crate::forms::sheet::{DrawnForm, sheet, user_name};
use crate::forms::wareki::Style;
use crate::spec::KnownItem;
use crate::types::FileKind;
use crate::types::Slip;

use super::head::of_month;
use super::rows::{Kind, NUMBERS, is_outside, number_of};
use super::service::{described, hide_over_thirty, service, type_name};
use super::sums;
use super::totals::{NO_OFFICE, StayDays, TypeLimits, total};

#[derive(Template)]
#[template(path = "forms/month/slip.html", config = "src/askama.toml")]
struct SlipSheet {
    form: Form,
    written: Piece,
    month: Piece,
    insured: Piece,
    name: Piece,
    honorific: &'static str,
    rows: Markup,
    totals: Markup,
    limits: TypeLimits,
    days: StayDays,
}

/// `tells` says that no other form tells what of 利用者補足情報 has no cell.
pub(super) fn draw(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    tells: bool,
) -> DrawnForm {
    let form = match context.options.choices.slip {
        Slip::ForUser | Slip::ForFile => Form::UsageTable,
        Slip::ForProvider => Form::ProvisionTable,
    };
    let mut pen = Pen::new(context, form);
    let entries = entries(sets);
    let supplement = sets.only(FileKind::Uphosoku);
    let plain = |_: &mut Pen<'_, '_>, text: &str| text.to_owned();
    let written =
        |pen: &mut Pen<'_, '_>, text: &str| pen.in_era(KnownItem::WrittenOn, text, Style::Full);
    let written = pen.every(&entries, KnownItem::WrittenOn, written).or("令和　年　月　日");
    let month = of_month(&mut pen, &entries);
    let insured = pen.every(&entries, KnownItem::Insured, plain);
    let name = user_name(&mut pen, person, supplement);
    let (totals, rows): (Vec<_>, Vec<_>) = entries
        .iter()
        .partition(|entry| entry.any().is_some_and(|row| Kind::of(row) == Kind::Total));
    let mut html = Markup::default();
    for entry in in_order(rows) {
        write(&mut pen, entry, &mut html);
    }
    let bottom = total(&mut pen, &totals, supplement);
    let days = StayDays::new(&mut pen, &entries, &totals, supplement);
    let limits = TypeLimits::new(&mut pen, supplement);
    for row in entries.iter().flat_map(|entry| [entry.now, entry.was]).flatten() {
        // It says the same of every row, and of nothing.
        if row.look(KnownItem::FixedOffice) == NO_OFFICE {
            row.show(KnownItem::FixedOffice);
        }
    }
    sums::warn(&mut pen, sets.rows(FileKind::Upsikyu).0);
    pen.rest(&entries);
    if tells {
        let (now, was) = sets.rows(FileKind::Uphosoku);
        let supplements = apart(now, was, sets.compared);
        super::hide_keys(&supplements);
        pen.rest(&supplements);
    }
    let honorific = pen.honorific();
    let cells = SlipSheet {
        form,
        written,
        month,
        insured,
        name,
        honorific,
        rows: html,
        totals: bottom,
        limits,
        days,
    };
    sheet(pen, person, None, &cells)
}

/// The rows in the order of the file, each beside the one in whose place it stands.
fn entries<'r, 's>(sets: Sets<'r, 's>) -> Vec<Entry<'r, 's>> {
    let (now, was) = sets.rows(FileKind::Upsikyu);
    let texts = |row: &Row<'_>, items: &[KnownItem]| {
        Some(items.iter().map(|item| row.look(*item).to_owned()).collect::<Vec<_>>())
    };
    let place = [
        KnownItem::RowOffice,
        KnownItem::Satellite,
        KnownItem::ServiceCode,
        KnownItem::OverThirty,
        KnownItem::TaisCode,
        KnownItem::NotifiedCode,
        KnownItem::Units,
    ];
    let pairs = align(now, was, 2, |row, level| {
        let place = if level == 0 { &place[..] } else { place.get(..6).unwrap_or_default() };
        texts(row, place)
    });
    pairs.into_iter().map(|(now, was)| Pair::new(now, was, sets.compared)).collect()
}

/// As in the file, unless a sum is torn from what it adds up: then by office and service type, in
/// the order in which these come first.
fn in_order<'r, 's>(mut rows: Vec<Entry<'r, 's>>) -> Vec<Entry<'r, 's>> {
    let group = |entry: &Entry<'r, 's>| {
        let row = entry.any()?;
        let code = row.look(KnownItem::ServiceCode);
        let office = (row.look(KnownItem::RowOffice), row.look(KnownItem::Satellite));
        Some((office, code.get(..2).unwrap_or(code)))
    };
    let kind = |entry: &Entry<'r, 's>| entry.any().map_or(Kind::Detail, Kind::of);
    let mut places = std::collections::HashMap::new();
    for entry in &rows {
        let next = places.len();
        places.entry(group(entry)).or_insert(next);
    }
    let mut torn = false;
    let mut before = None;
    for entry in &rows {
        let own = group(entry);
        torn |= kind(entry) == Kind::Within && before != Some(own);
        before = Some(own);
    }
    if torn {
        let order = |entry: &Entry<'r, 's>| {
            let is_over = entry.look(KnownItem::OverThirty) == "1";
            let kind = kind(entry);
            let last = is_over || kind == Kind::OverThirty;
            let outside = kind == Kind::Outside || (!last && entry.any().is_some_and(is_outside));
            (last, places.get(&group(entry)).copied(), outside, kind)
        };
        rows.sort_by_key(order);
    }
    rows
}

/// One row.
fn write(pen: &mut Pen<'_, '_>, entry: Entry<'_, '_>, html: &mut Markup) {
    let Some(row) = entry.any() else { return };
    let kind = Kind::of(row);
    let code = row.look(KnownItem::ServiceCode);
    let is_over = row.look(KnownItem::OverThirty) == "1";
    let name = match kind {
        Kind::Detail => described(pen.context, code),
        _ => sum_name(pen, kind, code),
    };
    pen.at = format!("{} {name}", row.look(KnownItem::ServiceOfficeName));
    let office = pen.text(entry, KnownItem::ServiceOfficeName);
    let number = pen.text(entry, KnownItem::RowOffice);
    hide_over_thirty(&[entry]);
    let out = &mut html.0;
    let _ = write!(out, "<tr{}>", if kind.is_sum() { " class=\"fm-s-sum\"" } else { "" });
    let _ = write!(out, "<td>{office}</td><td class=\"fm-center\">{number}</td>");
    if kind == Kind::Detail {
        let service = service(pen, &[entry], is_over);
        let _ = write!(html.0, "<td>{service}");
        for item in [KnownItem::ArticleName, KnownItem::TaisCode, KnownItem::NotifiedCode] {
            let piece = pen.text(entry, item);
            if !piece.is_empty() {
                let _ = write!(html.0, "<span class=\"fm-small\">{piece}</span>");
            }
        }
        let code = pen.text(entry, KnownItem::ServiceCode);
        let _ = write!(html.0, "</td><td class=\"fm-center\">{code}</td>");
    } else {
        let words = |_: &mut Pen<'_, '_>, code: &str| {
            if code.is_empty() { String::new() } else { name.clone() }
        };
        let name = pen.shown(&[entry], KnownItem::ServiceCode, words);
        let _ = write!(html.0, "<td>{name}</td><td></td>");
    }
    // What another row of the column adds up stands between parentheses.
    let aside = kind.is_sum() || is_over || is_outside(row);
    for item in NUMBERS {
        let piece = number_of(pen, entry, item, kind, aside && item == KnownItem::Amount);
        let _ = write!(html.0, "<td class=\"fm-n\">{piece}</td>");
    }
    html.0.push_str("</tr>\n");
    pen.at.clear();
}

fn sum_name(pen: &Pen<'_, '_>, kind: Kind, code: &str) -> String {
    let name = match type_name(pen.context, code) {
        "" => code.get(..2).unwrap_or(code),
        name => name,
    };
    match kind {
        Kind::Outside => format!("{name}（対象外）合計"),
        Kind::OverThirty => format!("30日超{name}合計"),
        Kind::Detail | Kind::Within | Kind::Total => format!("{name}合計"),
    }
}
