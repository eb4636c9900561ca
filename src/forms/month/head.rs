//! 第6表: the cells above the grid.

use jiff::civil::Date;

use crate::forms::entry::{Entry, Person};
use crate::forms::pen::{Offer, Pen, label};
use crate::forms::person::{SEXES, by_era};
use crate::forms::piece::{Choices, Digits, Piece, grouped};
use crate::forms::row::Row;
use crate::forms::sheet::user_name;
use crate::forms::wareki::{self, Style};
use crate::spec::KnownItem;

/// 認定状況区分
const STATES: [Offer; 2] = [("認定済", &["2"]), ("申請中", &["1"])];

const LEVELS: [Offer; 8] = [
    ("事業対象者", &["06"]),
    ("要支援１", &["12"]),
    ("２", &["13"]),
    ("要介護１", &["21"]),
    ("２", &["22"]),
    ("３", &["23"]),
    ("４", &["24"]),
    ("５", &["25"]),
];

/// The cells; `plan` are the records of the grid, `supplement` is 利用者補足情報.
pub(super) struct UsageHead {
    pub(super) month: Piece,
    pub(super) state: Choices,
    pub(super) insurer: Digits,
    pub(super) insurer_name: Piece,
    pub(super) manager: Piece,
    pub(super) planner: Piece,
    pub(super) written: Piece,
    pub(super) insured: Digits,
    pub(super) kana: Piece,
    pub(super) name: Piece,
    pub(super) honorific: &'static str,
    pub(super) born: Choices,
    pub(super) sex: Choices,
    pub(super) level: Choices,
    pub(super) new_level: Piece,
    pub(super) changed_on: Piece,
    pub(super) limit: Piece,
    pub(super) from: Piece,
    pub(super) until: Piece,
    pub(super) stay_days: Piece,
}

impl UsageHead {
    pub(super) fn new(
        pen: &mut Pen<'_, '_>,
        person: Person<'_, '_>,
        month: &str,
        plan: &[Entry<'_, '_>],
        supplement: Entry<'_, '_>,
    ) -> Self {
        let plain = |_: &mut Pen<'_, '_>, text: &str| text.to_owned();
        let insurer = pen.every(plan, KnownItem::Insurer, plain);
        let insured = pen.every(plan, KnownItem::Insured, plain);
        let insurers = pen.context.options.insurers;
        let level = Level::new(pen, month, supplement);
        let born = pen.date(supplement, KnownItem::Born, Style::Full);
        Self {
            month: of_month(pen, plan),
            state: pen.choices(supplement, KnownItem::CertificationState, "・", &STATES),
            insurer_name: Piece::plain(
                insurers.and_then(|names| names.get(&person.key.insurer)).unwrap_or_default(),
            ),
            insurer: Digits { piece: insurer, boxes: 6 },
            manager: manager(pen, person, plan),
            planner: pen.every(plan, KnownItem::Planner, plain),
            written: pen
                .every(plan, KnownItem::WrittenOn, |pen, text| {
                    pen.in_era(KnownItem::WrittenOn, text, Style::Full)
                })
                .or("令和　年　月　日"),
            insured: Digits { piece: insured, boxes: 10 },
            kana: pen.text(supplement, KnownItem::UserKana),
            name: user_name(pen, person, supplement),
            honorific: pen.honorific(),
            born: by_era(born),
            sex: pen.choices(supplement, KnownItem::Sex, "・", &SEXES),
            level: level.level,
            new_level: level.new,
            changed_on: level.since,
            limit: pen.shown(&[supplement], KnownItem::Limit, |_, text| grouped(text)),
            from: limit(pen, supplement, KnownItem::LimitFrom, |day| day.day() == 1),
            until: limit(pen, supplement, KnownItem::LimitUntil, |day| {
                day.day() == day.days_in_month()
            }),
            stay_days: stay_days(pen, plan, supplement),
        }
    }
}

/// An end of 限度額適用期間, which is printed as a month; a day that does not go without saying is told.
fn limit(
    pen: &mut Pen<'_, '_>,
    supplement: Entry<'_, '_>,
    item: KnownItem,
    is_usual: impl Fn(Date) -> bool,
) -> Piece {
    let text = supplement.look(item);
    if wareki::day(text).is_some_and(|day| !is_usual(day)) {
        let day = pen.in_era(item, text, Style::Full);
        pen.note(item.name().to_owned(), day, false);
    }
    pen.date(supplement, item, Style::Month).or("令和　年　月")
}

/// 対象年月
pub(super) fn of_month(pen: &mut Pen<'_, '_>, entries: &[Entry<'_, '_>]) -> Piece {
    let words =
        |pen: &mut Pen<'_, '_>, text: &str| pen.in_era(KnownItem::ServiceMonth, text, Style::Month);
    pen.every(entries, KnownItem::ServiceMonth, words).or("令和　年　月")
}

/// 居宅介護支援事業者: the files of a month have its number alone; 第1表 has the name.
fn manager(pen: &mut Pen<'_, '_>, person: Person<'_, '_>, plan: &[Entry<'_, '_>]) -> Piece {
    let known = |code: &str| person.users.any().and_then(|user| user.managers.get(code));
    pen.every(plan, KnownItem::PlanningOffice, |_, code| match known(code) {
        Some(name) => format!("{name}（{code}）"),
        None => code.to_owned(),
    })
}

/// 要介護状態区分 and what it changes to inside the month.
struct Level {
    level: Choices,
    new: Piece,
    since: Piece,
}

impl Level {
    fn new(pen: &mut Pen<'_, '_>, month: &str, supplement: Entry<'_, '_>) -> Self {
        let changing = |row: Option<&'_ Row<'_>>| row.is_some_and(|row| changes(row, month));
        let [now_changes, was_changes] = [supplement.now, supplement.was].map(changing);
        let first = |changes| if changes { KnownItem::PreviousLevel } else { KnownItem::CareLevel };
        let items = [now_changes, was_changes].map(first);
        let mut level = pen.choices_of(supplement, items, "・", &LEVELS);
        let applies = |row: Option<&Row<'_>>| {
            row.is_some_and(|row| row.look(KnownItem::CertificationState) == "1")
        };
        let now_applies = applies(supplement.now);
        let was_applies = if supplement.compared { applies(supplement.was) } else { now_applies };
        if now_applies || was_applies {
            // Only what is certified is circled.
            for choice in &mut level.choices {
                choice.now &= !now_applies;
                choice.was &= !was_applies;
            }
            let words = |row: Option<&Row<'_>>, item: KnownItem, applies: bool| {
                let row = row.filter(|_| applies);
                let words = row.and_then(|row| label(row.item(item)?, row.look(item)));
                words.map_or(String::new(), |words| format!("{words}（申請中）"))
            };
            if level.other.is_empty() {
                let [item, old_item] = items;
                let now = words(supplement.now, item, now_applies);
                let was = words(supplement.was, old_item, was_applies);
                let was = Some(was).filter(|was| supplement.compared && *was != now);
                level.other = Piece { now, was, ..Piece::default() };
            }
        }
        let words = |code: &str| {
            let row = supplement.any();
            row.and_then(|row| label(row.item(KnownItem::CareLevel)?, code))
                .unwrap_or_else(|| code.to_owned())
        };
        let new = Entry {
            now: supplement.now.filter(|_| now_changes),
            was: supplement.was.filter(|_| was_changes),
            compared: supplement.compared,
        };
        let since = pen.date(new, KnownItem::LevelChangedOn, Style::Full);
        let new = pen.shown(&[new], KnownItem::CareLevel, |_, code| words(code));
        Self { level, new, since: since.or("令和　年　月　日") }
    }
}

/// Whether 要介護状態区分 changes inside the month.
fn changes(row: &Row<'_>, month: &str) -> bool {
    let before = row.look(KnownItem::PreviousLevel);
    !month.is_empty()
        && row.look(KnownItem::LevelChangedOn).starts_with(month)
        && !before.is_empty()
        && before != row.look(KnownItem::CareLevel)
}

/// 前月までの短期入所利用日数: of the plan, or else of 利用者補足情報.
fn stay_days(pen: &mut Pen<'_, '_>, plan: &[Entry<'_, '_>], supplement: Entry<'_, '_>) -> Piece {
    let own = pen.every(plan, KnownItem::StayDaysBefore, |_, text| text.to_owned());
    if own.is_empty() {
        return pen.text(supplement, KnownItem::CareDaysBefore);
    }
    let row = supplement.now;
    if row.is_some_and(|row| row.look(KnownItem::CareDaysBefore) == own.now) {
        pen.text(supplement, KnownItem::CareDaysBefore);
    }
    own
}
