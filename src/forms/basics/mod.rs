//! 利用者基本情報.

mod choices;
mod tables;

use askama::Template;

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::entry::{Entry, Pair, Person, Sets};
use super::form::Form;
use super::many::{Texts, apart};
use super::pen::{Context, Pen, label};
use super::person::{SEXES, by_era};
use super::picture::Unshown;
use super::piece::{Choices, Piece};
use super::sheet::{DrawnForm, sheet};
use super::stack::Stack;
use super::wareki::{self, Style};

use choices::{Situation, Ticks};
use tables::{Hour, Illness};

/// The cells that hold a text as it is.
const TEXTS: [KnownItem; 23] = [
    KnownItem::InCharge,
    KnownItem::ConsultedOtherwise,
    KnownItem::SituationNote,
    KnownItem::UserHalfKana,
    KnownItem::UserName,
    KnownItem::UserAddress,
    KnownItem::UserPhone,
    KnownItem::UserFax,
    KnownItem::DisabilityNote,
    KnownItem::RoomFloor,
    KnownItem::EconomyNote,
    KnownItem::VisitorName,
    KnownItem::VisitorAddress,
    KnownItem::VisitorPhone,
    KnownItem::VisitorRelation,
    KnownItem::FamilyNote,
    KnownItem::LifeSoFar,
    KnownItem::LifeOfDay,
    KnownItem::Hobbies,
    KnownItem::Friends,
    KnownItem::PublicServices,
    KnownItem::OtherServices,
    KnownItem::ConsentedBy,
];

/// The contacts of an emergency: name, relation, address and telephone.
const CONTACTS: [[KnownItem; 4]; 4] = [
    [
        KnownItem::ContactName1,
        KnownItem::ContactRelation1,
        KnownItem::ContactAddress1,
        KnownItem::ContactPhone1,
    ],
    [
        KnownItem::ContactName2,
        KnownItem::ContactRelation2,
        KnownItem::ContactAddress2,
        KnownItem::ContactPhone2,
    ],
    [
        KnownItem::ContactName3,
        KnownItem::ContactRelation3,
        KnownItem::ContactAddress3,
        KnownItem::ContactPhone3,
    ],
    [
        KnownItem::ContactName4,
        KnownItem::ContactRelation4,
        KnownItem::ContactAddress4,
        KnownItem::ContactPhone4,
    ],
];

/// So many rows of a table are printed even where there is nothing to write in them.
const LEAST_ROWS: usize = 4;

#[derive(Template)]
#[template(path = "forms/basics/basics.html", config = "src/askama.toml")]
struct Basics<'b> {
    form: Form,
    texts: Texts,
    dates: Texts,
    born: Choices,
    sex: Choices,
    age: String,
    situation: Situation,
    last_level: Piece,
    ticks: Ticks,
    /// The picture of the family, as an address.
    picture: Option<String>,
    hours: &'b [Hour],
    illnesses: &'b [Illness],
    contacts: [[Piece; 4]; 4],
    blank_hours: usize,
    blank_illnesses: usize,
}

/// One form for each record; parts without one have a form of their own.
pub(super) fn draw(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    forms: &mut Stack<'_>,
) {
    for place in 0..sets.count(FileKind::Upkihon).max(1) {
        forms.add(|| one(context, person, sets, place));
    }
}

fn one(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    place: usize,
) -> DrawnForm {
    let mut pen = Pen::new(context, Form::Basics);
    let row = sets.nth(FileKind::Upkihon, place);
    let row = Pair { compared: sets.compared, ..row };
    if row.any().is_none() {
        pen.sentence("利用者基本情報のレコードがなく、別表だけがあります。".to_owned());
    }
    let texts = pen.texts(row, &TEXTS);
    let dates = pen.dates(
        row,
        &[
            KnownItem::ConsultedOn,
            KnownItem::LastConsultedOn,
            KnownItem::CertificationFrom,
            KnownItem::CertifiedUntil,
            KnownItem::ChecklistOn,
            KnownItem::ConsentedOn,
        ],
    );
    let born = pen.date(row, KnownItem::Born, Style::Full);
    // The parts follow the first record of their day.
    let parts = |kind| if place == 0 { sets.rows(kind) } else { (&[][..], &[][..]) };
    let (now, was) = parts(FileKind::UpkihonSub1);
    let hours = tables::hours(&mut pen, now, was, sets.compared);
    let mut told = apart(now, was, sets.compared);
    let (now, was) = parts(FileKind::UpkihonSub2);
    let illnesses = tables::illnesses(&mut pen, now, was, sets.compared);
    told.extend(apart(now, was, sets.compared));
    for part in told.iter().flat_map(|entry| [entry.now, entry.was]).flatten() {
        // What ties the parts to the record is its printed date.
        part.show(KnownItem::ConsultedOn);
    }
    let cells = Basics {
        form: Form::Basics,
        born: by_era(born),
        sex: pen.choices(row, KnownItem::Sex, "・", &SEXES),
        age: age(row),
        situation: Situation::new(&mut pen, row),
        last_level: pen.shown(&[row], KnownItem::LastCareLevel, |_, code| {
            let item = row.any().and_then(|row| row.item(KnownItem::LastCareLevel));
            item.and_then(|item| label(item, code)).unwrap_or_else(|| code.to_owned())
        }),
        ticks: Ticks::new(&mut pen, row),
        picture: picture(&mut pen, row),
        blank_hours: LEAST_ROWS.saturating_sub(hours.len()),
        blank_illnesses: LEAST_ROWS.saturating_sub(illnesses.len()),
        hours: &hours,
        illnesses: &illnesses,
        contacts: CONTACTS.map(|items| items.map(|item| pen.text(row, item))),
        texts,
        dates,
    };
    told.push(row);
    pen.rest(&told);
    sheet(pen, person, None, &cells)
}

/// Full years on 相談日.
fn age(row: Entry<'_, '_>) -> String {
    let [born, day] =
        [KnownItem::Born, KnownItem::ConsultedOn].map(|item| wareki::day(row.look(item)));
    let (Some(born), Some(day)) = (born, day) else { return String::new() };
    let before_birthday = (day.month(), day.day()) < (born.month(), born.day());
    match day.year() - born.year() - i16::from(before_birthday) {
        years @ 0..=150 => years.to_string(),
        _ => String::new(),
    }
}

/// The picture of the family; what is not shown is told, and so is another picture than before.
fn picture(pen: &mut Pen<'_, '_>, row: Entry<'_, '_>) -> Option<String> {
    let context = pen.context;
    let [own, old] = &context.pictures;
    let name = |row: Option<&super::row::Row<'_>>| {
        row.map_or(String::new(), |row| row.show(KnownItem::FamilyPicture).to_owned())
    };
    let (now, was) = (name(row.now), name(row.was));
    if row.compared && own.bytes(&now) != old.bytes(&was) {
        let word = |bytes: Option<&[u8]>| bytes.map_or("", |_| "画像");
        let (before, after) = (word(old.bytes(&was)), word(own.bytes(&now)));
        let after = if before == after { "別の画像" } else { after };
        pen.changed("家族構成", before, after);
    }
    if now.is_empty() {
        return None;
    }
    let why = match own.embed(&now) {
        Ok(address) => return Some(address),
        Err(Unshown::Missing) => "がありません",
        Err(Unshown::Other) => "は JPEG ではありません",
        Err(Unshown::Large) => "は大きすぎます",
        Err(Unshown::Many) => "は、画像の合計が大きすぎるため載せていません",
    };
    pen.sentence(format!("家族構成の画像「{now}」{why}。"));
    None
}
