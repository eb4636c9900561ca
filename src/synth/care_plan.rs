//! 居宅サービス計画書: 第1〜3表.

use crate::record::Field::{Plain as P, Text as T};
use crate::record::{WriteError, Writer};

use super::Purpose;
use super::catalogue::Shape;
use super::person::Person;
use super::services::Service;
use super::set::Set;
use super::words;

/// 第1表: one record per person.
pub(super) fn first(set: &Set, person: &Person, writer: &mut Writer) -> Result<(), WriteError> {
    let mut random = set.random(Purpose::FirstTable, person);
    let wish = random.pick(words::WISHES);
    let analysis = format!(
        "本人：{wish}。\r\n家族：{}\r\n課題：{}",
        random.pick(words::SITUATIONS),
        random.pick(words::SITUATIONS)
    );
    let first = person.first_plan == person.plan_date;
    let living = random.pick(&["", "1", "2", "3"]);
    let reason = if living == "3" { "家族は\"同居\"だが、日中は不在" } else { "" };
    let opinion = random.pick(&["", "特になし", "通所系サービスの利用が望ましい。"]);
    writer.record(&[
        P(set.edition.csv_version()),
        P(&person.insurer),
        P(&person.insured),
        P(&set.written),
        P(&person.postal),
        T(&person.address),
        T(person.building),
        T(person.manager),
        T(&set.manager_name),
        P("999-0001"),
        T("架空県見本市試験町１－１"),
        T(""),
        P(&set.manager),
        P(&person.plan_date),
        P(&person.first_plan),
        P(if first { "11" } else { "21" }),
        P("2"),
        P(&person.decided),
        P(&person.from),
        P(&person.until),
        P(person.care.code),
        T(&analysis),
        T(opinion),
        T(random.pick(words::POLICIES)),
        P(living),
        T(reason),
        P(&set.manager),
        P(""),
    ])
}

/// One row of 第2表 beside the numbers that order it.
struct Help<'h> {
    what: &'h str,
    insured: bool,
    word: &'h str,
    office: &'h str,
    office_name: &'h str,
    often: &'h str,
}

/// 第2表: needs, aims and help, numbered in the order of print; texts that repeat are left out
/// (R-FLD-15). Returns the number of records, at most `most`.
pub(super) fn second(
    set: &Set,
    person: &Person,
    most: u64,
    writer: &mut Writer,
) -> Result<u64, WriteError> {
    let mut random = set.random(Purpose::SecondTable, person);
    let services = set.offices.services(&set.world, person);
    let long = set.period(6);
    let short = set.period(3);
    let mut written = 0;
    for need in 1..=random.between(1, 3) {
        let wish = random.pick(words::WISHES);
        for aim in 1..=random.between(1, 2) {
            let aims = (random.pick(words::AIMS), random.pick(words::AIMS));
            let mut rows = Vec::new();
            // Everything that is planned stands under the first aim of the first need.
            let planned = if (need, aim) == (1, 1) { services.as_slice() } else { &[] };
            for service in planned {
                rows.push(Help {
                    what: random.pick(words::HELP),
                    insured: true,
                    word: service.entry.word,
                    office: &service.office.number,
                    office_name: &service.office.name,
                    often: how_often(service),
                });
            }
            if rows.is_empty() || random.once_in(2) {
                rows.push(Help {
                    what: random.pick(words::INFORMAL),
                    insured: false,
                    word: "家族・地域",
                    office: "",
                    office_name: random.pick(&["", "本人・家族", "例示町内会"]),
                    often: "随時",
                });
            }
            for (number, help) in (1_u32..).zip(rows) {
                if written == most {
                    return Ok(written);
                }
                let (first_of_need, first_of_aim) = (aim == 1 && number == 1, number == 1);
                let numbers = [need, aim, number].map(|number| number.to_string());
                let [need, aim, number] = &numbers;
                writer.record(&[
                    P(set.edition.csv_version()),
                    P(&person.insurer),
                    P(&person.insured),
                    P(&set.written),
                    P(&person.plan_date),
                    P(need),
                    T(if first_of_need { wish } else { "" }),
                    P(aim),
                    T(if first_of_aim { aims.0 } else { "" }),
                    T(if first_of_aim { aims.1 } else { "" }),
                    T(if first_of_aim { &long } else { "" }),
                    T(if first_of_aim { &short } else { "" }),
                    P(number),
                    T(help.what),
                    P(if help.insured { "Y" } else { "N" }),
                    T(help.word),
                    P(help.office),
                    T(help.office_name),
                    T(help.often),
                    T(&short),
                    P(&set.manager),
                    P(""),
                ])?;
                written += 1;
            }
        }
    }
    Ok(written)
}

fn how_often(service: &Service) -> &'static str {
    match (service.entry.shape, service.weekdays().len()) {
        (Shape::Visits(..) | Shape::FixedShare(..), 1) => "週１回",
        (Shape::Visits(..) | Shape::FixedShare(..), 2) => "週２回",
        (Shape::Visits(..) | Shape::FixedShare(..), _) => "週３回",
        (Shape::Stay(..), _) => "月に１度, 2～7日",
        (Shape::Monthly(..) | Shape::Equipment, _) => "毎日",
        (Shape::OutsideLimit(..), _) => "月１～２回",
    }
}

/// 第3表: the week, the day, and what is not weekly; each record is one of these (I-10). Returns
/// the number of records, at most `most`.
pub(super) fn third(
    set: &Set,
    person: &Person,
    most: u64,
    writer: &mut Writer,
) -> Result<u64, WriteError> {
    let mut random = set.random(Purpose::ThirdTable, person);
    let mut rows: Vec<[&str; 8]> = Vec::new();
    let services = set.offices.services(&set.world, person);
    let mut weekly = Vec::new();
    let mut others = Vec::new();
    for service in &services {
        let timed = matches!(service.entry.shape, Shape::Visits(..) | Shape::FixedShare(..));
        let first = service.lines.first().and_then(|line| line.uses.first());
        match first {
            Some(one) if timed => {
                for day in service.weekdays() {
                    weekly.push((service.entry.word, day.to_string(), &one.start, &one.end));
                }
            }
            _ => others.push(format!("{}（{}）", service.entry.word, service.office.name)),
        }
    }
    for (word, day, start, end) in &weekly {
        rows.push([word, day, start, end, "", "", "", ""]);
    }
    for (activity, start, end) in words::ACTIVITIES {
        if !random.once_in(4) {
            rows.push(["", "", "", "", activity, start, end, ""]);
        }
    }
    rows.extend(others.iter().map(|other| ["", "", "", "", "", "", "", other]));
    let mut written = 0;
    for [word, day, start, end, activity, from, to, other] in rows {
        if written == most {
            break;
        }
        writer.record(&[
            P(set.edition.csv_version()),
            P(&person.insurer),
            P(&person.insured),
            P(&set.written),
            P(&person.plan_date),
            T(word),
            P(day),
            P(start),
            P(end),
            T(activity),
            P(from),
            P(to),
            T(other),
        ])?;
        written += 1;
    }
    Ok(written)
}
