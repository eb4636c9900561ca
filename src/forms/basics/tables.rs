//! 利用者基本情報: the tables of 別表1 and 別表2.

use crate::forms::align::align;
use crate::forms::entry::{Entry, Pair};
use crate::forms::pen::{Offer, Pen};
use crate::forms::piece::{Choices, Piece};
use crate::forms::row::Row;
use crate::spec::KnownItem;

/// 経過
const COURSES: [Offer; 3] = [("治療中", &["01"]), ("経観中", &["02"]), ("その他", &["03"])];

/// A row of 1日の生活.
pub(super) struct Hour {
    pub(super) time: Piece,
    pub(super) user: Piece,
    pub(super) carers: Piece,
}

/// A row of 現病歴・既往歴と経過.
pub(super) struct Illness {
    pub(super) date: Piece,
    pub(super) name: Piece,
    pub(super) star: Piece,
    pub(super) doctor: Piece,
    pub(super) phone: Piece,
    pub(super) course: Choices,
    pub(super) treatment: Piece,
}

pub(super) fn hours(
    pen: &mut Pen<'_, '_>,
    now: &[Row<'_>],
    was: &[Row<'_>],
    compared: bool,
) -> Vec<Hour> {
    let items = [KnownItem::TimeOfDay, KnownItem::LifeOfUser, KnownItem::LifeOfCarers];
    let mut hours = Vec::new();
    for entry in pairs(now, was, compared, items) {
        entry.look(KnownItem::TimeOfDay).clone_into(&mut pen.at);
        let [time, user, carers] = items.map(|item| pen.text(entry, item));
        hours.push(Hour { time, user, carers });
    }
    pen.at.clear();
    hours
}

pub(super) fn illnesses(
    pen: &mut Pen<'_, '_>,
    now: &[Row<'_>],
    was: &[Row<'_>],
    compared: bool,
) -> Vec<Illness> {
    let items = [KnownItem::Illness, KnownItem::IllnessDate, KnownItem::Doctor];
    let mut illnesses = Vec::new();
    for entry in pairs(now, was, compared, items) {
        entry.look(KnownItem::Illness).clone_into(&mut pen.at);
        illnesses.push(Illness {
            date: pen.text(entry, KnownItem::IllnessDate),
            name: pen.text(entry, KnownItem::Illness),
            star: pen.shown(&[entry], KnownItem::DoctorsPart, |pen, code| match code {
                "1" => "☆".to_owned(),
                "2" | "" => String::new(),
                other => {
                    pen.sentence(format!(
                        "{}「{other}」は、この様式の選択肢にありません。",
                        KnownItem::DoctorsPart.name()
                    ));
                    other.to_owned()
                }
            }),
            doctor: pen.text(entry, KnownItem::Doctor),
            phone: pen.text(entry, KnownItem::DoctorsPhone),
            course: pen.choices(entry, KnownItem::IllnessCourse, "・", &COURSES),
            treatment: pen.text(entry, KnownItem::Treatment),
        });
    }
    pen.at.clear();
    illnesses
}

/// The rows in the order of the file beside those that they replace: what says the same, and else
/// what begins the same.
fn pairs<'r, 's>(
    now: &'r [Row<'s>],
    was: &'r [Row<'s>],
    compared: bool,
    items: [KnownItem; 3],
) -> Vec<Entry<'r, 's>> {
    let texts = |row: &Row<'_>, count: usize| {
        let texts = items.iter().take(count).map(|item| row.look(*item).to_owned());
        Some(texts.collect::<Vec<_>>())
    };
    let pairs = align(now, was, 2, |row, level| texts(row, if level == 0 { 3 } else { 1 }));
    pairs.into_iter().map(|(now, was)| Pair::new(now, was, compared)).collect()
}
