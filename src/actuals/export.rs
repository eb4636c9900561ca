//! The comparison as a list for spreadsheet programs.

use super::compare::{Comparison, DayOutcome, Line, PersonMonth, Slot};
use crate::rules::render::Sheet;
use crate::types::Lang;

const COLUMNS: usize = 13;

const HEAD_JA: [&str; COLUMNS] = [
    "提供年月",
    "サービス事業所番号",
    "保険者番号",
    "被保険者番号",
    "利用者氏名",
    "サービスコード",
    "サテライト枝番",
    "日",
    "予定",
    "実績",
    "結果",
    "別表の単位数",
    "実績の単位数",
];

const HEAD_EN: [&str; COLUMNS] = [
    "month",
    "service office",
    "insurer",
    "insured no.",
    "name",
    "service code",
    "satellite",
    "day",
    "planned",
    "done",
    "outcome",
    "units of the slip",
    "units done",
];

/// A row for each day of each service, and behind the days of a service one with its sums. No cell is
/// a formula, whatever the files say.
pub fn to_csv(comparison: &Comparison, lang: Lang) -> Vec<u8> {
    let mut sheet = Sheet::new(match lang {
        Lang::Ja => HEAD_JA,
        Lang::En => HEAD_EN,
    });
    for person in &comparison.people {
        for line in &person.lines {
            for day in &line.days {
                let told = [
                    day.day.to_string(),
                    slots(&day.planned),
                    slots(&day.done),
                    words(day, lang),
                    String::new(),
                    String::new(),
                ];
                sheet.row(with_head(comparison, person, line, told));
            }
            let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
            let sums = [
                lang.pick("計", "sum").to_owned(),
                line.planned().to_string(),
                line.done().to_string(),
                String::new(),
                number(line.slip.map(|slip| slip.units)),
                number(line.done_units),
            ];
            sheet.row(with_head(comparison, person, line, sums));
        }
    }
    sheet.finish()
}

fn with_head(
    comparison: &Comparison,
    person: &PersonMonth,
    line: &Line,
    told: [String; 6],
) -> [String; COLUMNS] {
    let [day, planned, done, outcome, slip, units] = told;
    [
        comparison.month.to_string(),
        comparison.office.to_string(),
        person.key.insurer().to_owned(),
        person.key.insured().to_owned(),
        person.name.as_ref().map(|name| name.reveal().clone()).unwrap_or_default(),
        line.code.clone(),
        line.satellite.clone(),
        day,
        planned,
        done,
        outcome,
        slip,
        units,
    ]
}

/// Times and how often, such as `10:00～11:00×2`.
fn slots(slots: &[Slot]) -> String {
    let time = |time: u16| format!("{:02}:{:02}", time / 100, time % 100);
    let texts = slots.iter().map(|slot| {
        let times = match (slot.start, slot.end) {
            (9999, 9999) => String::new(),
            (start, end) => format!("{}～{}", time(start), time(end)),
        };
        format!("{times}×{}", slot.count)
    });
    texts.collect::<Vec<_>>().join(" ")
}

fn words(day: &DayOutcome, lang: Lang) -> String {
    if day.agrees() {
        return lang.pick("予定どおり", "as planned").to_owned();
    }
    let parts = [
        (day.missing, lang.pick("実績なし", "not done")),
        (day.extra, lang.pick("予定なし", "not planned")),
        (day.other_time, lang.pick("時刻違い", "another time")),
    ];
    let told = parts.iter().filter(|(count, _)| *count > 0);
    told.map(|(count, word)| format!("{word}{count}")).collect::<Vec<_>>().join(" ")
}
