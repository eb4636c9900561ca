//! 介護予防: 利用者基本情報, 支援計画書 and their 別表.

use crate::record::Field::{Plain as P, Text as T};
use crate::record::{WriteError, Writer};
use crate::types::{FileKind, MonthPart};

use super::Purpose;
use super::person::Person;
use super::set::Set;
use super::words;

/// 事業対象者: found by the 基本チェックリスト, not certified.
const LOCAL: &str = "06";

/// 計画種類: 1 介護予防支援, 2 介護予防ケアマネジメント (C09).
const fn plan_kind(set: &Set) -> &'static str {
    if set.world.only_local { "2" } else { "1" }
}

/// 利用者基本情報: one record per person.
pub(super) fn basics(set: &Set, person: &Person, writer: &mut Writer) -> Result<(), WriteError> {
    let mut random = set.random(Purpose::Basics, person);
    let certified = person.care.code != LOCAL;
    let when_certified = |text| if certified { text } else { "" };
    let picture = set
        .picture(person.index)
        .map(|branch| set.name.sibling(FileKind::UpkihonImage, MonthPart::Zero, branch).to_string())
        .unwrap_or_default();
    let way = random.pick(&["01", "02", "03"]);
    let again = random.once_in(2) && person.first_plan < person.consulted;
    let away = random.once_in(6);
    let relation = random.pick(words::RELATIONS);
    let relative = format!("架空　{}", random.pick(&["一美", "二三夫", "ミカ"]));
    let relative_phone = format!("000-000-{:04}", random.below(10_000));
    let consulted = person.consulted.as_str();
    let flag = |yes: bool| if yes { "1" } else { "0" };
    let disabled = random.once_in(5);
    let pension = random.once_in(2);
    let mut fields = vec![
        P(set.edition.csv_version()),
        P(&person.insurer),
        P(&person.insured),
        P(consulted),
        P(plan_kind(set)),
        P("1"),
        T(person.manager),
        P(way),
        T(if way == "03" { "自宅へ訪問" } else { "" }),
        P(if again { "02" } else { "01" }),
        P(if again { person.first_plan.as_str() } else { "" }),
        P(if away { "02" } else { "01" }),
        T(if away { "架空病院に\"検査\"入院中, 近く退院" } else { "" }),
        T(&person.kana),
        T(&person.name),
        P(person.sex),
        P(&person.born),
        T(&person.address),
        P(&person.phone),
        P(""),
        P(random.pick(&["01", "11", "12", "21"])),
        P(random.pick(&["01", "02"])),
        P(when_certified(person.care.code)),
        P(when_certified(&person.from)),
        P(when_certified(&person.until)),
        P(""),
        P(if certified { "" } else { "1" }),
        P(if certified { "" } else { consulted }),
        P(flag(disabled)),
        P("0"),
        P("0"),
        P("0"),
        T(if disabled { "身障４級（右膝）" } else { "" }),
        P(random.pick(&["01", "02", "05", "06", "07", "08"])),
        P(random.pick(&["1", "2", "3"])),
        P(random.pick(&["1", "2"])),
        P(flag(pension)),
        P(flag(!pension)),
        P("0"),
        P(flag(person.insured.starts_with('H'))),
        T(""),
        T(&person.name),
        T("同上"),
        P(&person.phone),
        T("本人"),
    ];
    // 緊急連絡先: the first of four.
    fields.extend([T(&relative), T(relation), T("架空県例示市見本１－１"), P(&relative_phone)]);
    for _ in 2..=4 {
        fields.extend([T(""), T(""), T(""), P("")]);
    }
    fields.extend([
        T(&picture),
        T(random.pick(words::SITUATIONS)),
        T(random.pick(&[
            "和菓子店に勤めた。",
            "農業（米, 野菜）",
            "国鉄に40年\"無事故\"で勤めた。",
        ])),
        T(random.pick(words::SITUATIONS)),
        T(random.pick(&["手芸、合唱", "囲碁・将棋（ｱﾏ初段）", "園芸, 俳句"])),
        T("近所の友人と週１回会う"),
        T(""),
        T(random.pick(words::INFORMAL)),
        P(consulted),
        T(&person.name),
    ]);
    writer.record(&fields)
}

/// 別表1: how a day goes. Returns the number of records, at most `most`.
pub(super) fn days(
    set: &Set,
    person: &Person,
    most: u64,
    writer: &mut Writer,
) -> Result<u64, WriteError> {
    let mut random = set.random(Purpose::Days, person);
    let mut written = 0;
    for (activity, start, _) in words::ACTIVITIES {
        if written == most {
            break;
        }
        let (hour, minute) = start.split_at_checked(2).unwrap_or_default();
        let time = format!("{}:{minute}", hour.trim_start_matches('0'));
        writer.record(&[
            P(set.edition.csv_version()),
            P(&person.insurer),
            P(&person.insured),
            P(&person.consulted),
            T(&time),
            T(activity),
            T(random.pick(&["", "", "長女が電話で様子を聞く"])),
        ])?;
        written += 1;
    }
    Ok(written)
}

/// 別表2: illnesses. Returns the number of records, at most `most`.
pub(super) fn illnesses(
    set: &Set,
    person: &Person,
    most: u64,
    writer: &mut Writer,
) -> Result<u64, WriteError> {
    let mut random = set.random(Purpose::Illnesses, person);
    let mut written = 0;
    for place in 0..u64::from(random.between(1, 2)).min(most) {
        let course = random.pick(&["01", "02", "03"]);
        let since = format!("令和{}年{}月頃", random.between(1, 6), random.between(1, 12));
        let phone = format!("000-000-{:04}", random.below(10_000));
        writer.record(&[
            P(set.edition.csv_version()),
            P(&person.insurer),
            P(&person.insured),
            P(&person.consulted),
            T(&since),
            T(random.pick(words::ILLNESSES)),
            T(random.pick(words::DOCTORS)),
            P(if place == 0 { "1" } else { "2" }),
            P(&phone),
            P(course),
            T(if course == "01" { "内服(朝・夕), 月１回通院" } else { "" }),
        ])?;
        written += 1;
    }
    Ok(written)
}

/// 介護予防サービス・支援計画書: one record per person.
pub(super) fn support_plan(
    set: &Set,
    person: &Person,
    writer: &mut Writer,
) -> Result<(), WriteError> {
    let mut random = set.random(Purpose::SupportPlan, person);
    let certified = person.care.code != LOCAL;
    let when_certified = |text| if certified { text } else { "" };
    let number = format!("包－{:04}", person.index + 1);
    let level = match person.care.code {
        "12" => "1",
        "13" => "2",
        _ => "3",
    };
    let first = person.first_plan == person.plan_date;
    let mut fields = vec![
        P(set.edition.csv_version()),
        P(&person.insurer),
        P(&person.insured),
        P(&person.plan_date),
        P(plan_kind(set)),
        P("1"),
        T(&number),
        T(&person.name),
        P(when_certified(&person.decided)),
        P(when_certified(&person.from)),
        P(when_certified(&person.until)),
        P(if first { "11" } else { "21" }),
        P(when_certified("2")),
        P(level),
        T(person.manager),
        T(""),
        T(&set.manager_name),
        T("架空県見本市試験町１－１"),
        P("000-000-0001"),
        P(&person.first_plan),
        T(&set.manager_name),
        T(random.pick(&["毎日30分歩く", "朝食を自分で作る", "花に水をやる"])),
        T(random.pick(words::WISHES)),
    ];
    // Four areas of life: how it is, what is wanted, whether there is a problem and which.
    for _ in 0..4 {
        let problem = random.once_in(3);
        fields.extend([
            T(random.pick(words::SITUATIONS)),
            T(random.pick(words::WISHES)),
            P(if problem { "1" } else { "2" }),
            T(if problem { random.pick(words::SITUATIONS) } else { "" }),
        ]);
    }
    fields.extend([
        T(random.pick(words::SITUATIONS)),
        T(random.pick(words::POLICIES)),
        T(random.pick(words::POLICIES)),
    ]);
    // The six parts of the 基本チェックリスト: how many questions apply, whether a programme is
    // needed. It is where two or more do.
    let counts: [u32; 6] = std::array::from_fn(|_| random.below(3));
    let counts_text = counts.map(|count| count.to_string());
    fields.extend(counts_text.iter().map(|count| P(count)));
    fields.extend(counts.map(|count| P(if count > 1 { "1" } else { "2" })));
    let opinion = random.pick(&["", "計画は妥当です。", "\"週２回\"の通所から始める。"]);
    fields.extend([T(opinion), P(&person.plan_date), T(&person.name)]);
    writer.record(&fields)
}

/// 別表 of the 支援計画書: problems, plans, services; numbers repeat, texts do not (R-YOBO-05).
/// Returns the number of records, at most `most`.
pub(super) fn support_steps(
    set: &Set,
    person: &Person,
    most: u64,
    writer: &mut Writer,
) -> Result<u64, WriteError> {
    let mut random = set.random(Purpose::SupportSteps, person);
    let services = set.offices.services(&set.world, person);
    let mut written = 0;
    for problem in 1..=random.between(1, 2) {
        let plans = random.between(1, 2);
        for plan in 1..=plans {
            let mut used: Vec<(&str, &str)> = Vec::new();
            if (problem, plan) == (1, 1) {
                let names = services.iter();
                used.extend(names.map(|one| (one.entry.word, one.office.name.as_str())));
            } else {
                used.push((random.pick(words::INFORMAL), ""));
            }
            for (number, (kind, office)) in (1_u32..).zip(used) {
                if written == most {
                    return Ok(written);
                }
                let numbers = [problem, plan, number].map(|number| number.to_string());
                let (new_problem, new_plan) = (plan == 1 && number == 1, number == 1);
                let mut text = |list, new: bool| {
                    let text = random.pick(list);
                    if new { text } else { "" }
                };
                let [problem, plan, number] = &numbers;
                writer.record(&[
                    P(set.edition.csv_version()),
                    P(&person.insurer),
                    P(&person.insured),
                    P(&person.plan_date),
                    T(problem),
                    T(text(words::SITUATIONS, new_problem)),
                    T(text(words::HELP, new_problem)),
                    T(text(words::WISHES, new_problem)),
                    T(text(words::AIMS, new_problem)),
                    T(plan),
                    T(text(words::POLICIES, new_plan)),
                    T(text(words::INFORMAL, new_plan)),
                    T(text(words::HELP, new_plan)),
                    T(number),
                    T(kind),
                    T(office),
                    T(&set.period(6)),
                ])?;
                written += 1;
            }
        }
    }
    Ok(written)
}
