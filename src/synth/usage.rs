//! 利用票: 第6表 (予定, 実績), 第7表, their 利用者補足情報 and deletions.

use crate::record::Field::{Plain as P, Text as T};
use crate::record::{Field, WriteError, Writer};
use crate::types::{Edition, FileKind};

use super::catalogue::Shape;
use super::person::Person;
use super::services::{Line, Service};
use super::set::Set;

/// Stands in 第7表 where no office is meant (R-FLD-07, README A-05).
const NO_OFFICE: &str = "9999999999";

/// The items that 4.0 added to 第6表 and 第7表.
fn tool_items(edition: Edition, line: Option<&Line>) -> Vec<Field<'_>> {
    if edition == Edition::V3 {
        return Vec::new();
    }
    match line.and_then(|line| line.tool.as_ref()) {
        Some(tool) if tool.is_tais => vec![P(&tool.number), P(""), T(tool.name)],
        Some(tool) => vec![P(""), P(&tool.number), T(tool.name)],
        None => vec![P(""), P(""), T("")],
    }
}

/// 第6表, plan or actuals: at most `most` records.
pub(super) fn slips(
    set: &Set,
    kind: FileKind,
    person: &Person,
    most: u64,
    writer: &mut Writer,
) -> Result<u64, WriteError> {
    let actual = kind.is_actual();
    let (manager, version) = (set.manager.as_str(), set.edition.csv_version());
    let month = set.world.month.to_string();
    let mut services = set.offices.services(&set.world, person);
    if actual {
        services.truncate(1);
    }
    let before = services.iter().find_map(|service| service.days_before);
    let before = before.map(|days| days.to_string()).unwrap_or_default();
    let mut written = 0;
    for service in &services {
        let office = &service.office;
        let updater = if actual { office.number.as_str() } else { manager };
        for line in &service.lines {
            let units = line.units.to_string();
            let mark = line.tool.as_ref().map_or("", |tool| tool.mark.as_str());
            for one in &line.uses {
                if written == most {
                    return Ok(written);
                }
                let (date, times) = (format!("{month}{:02}", one.day), one.times.to_string());
                let mut fields = vec![
                    P(version),
                    P(&person.insurer),
                    P(&person.insured),
                    P(&set.written),
                    P(&month),
                    P(manager),
                    T(person.manager),
                    P(&units),
                    P(&before),
                    P(&date),
                    P(&one.bits),
                    P(&one.start),
                    P(&one.end),
                    P(&times),
                    P(&line.code),
                ];
                fields.extend(tool_items(set.edition, Some(line)));
                fields.extend([
                    P(mark),
                    P(&office.number),
                    T(&office.name),
                    P(""),
                    P("0"),
                    P(updater),
                    P(""),
                ]);
                writer.record(&fields)?;
                written += 1;
            }
        }
    }
    Ok(written)
}

/// Money and units of one row of 第7表.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    units: u32,
    /// None outside 区分支給限度.
    managed: Option<u32>,
    cost: u32,
    claim: u32,
    own: u32,
    fixed: Option<u32>,
}

/// 費用総額 is rounded down to a yen, so is the part that the insurance pays; the rest is the
/// person's own share.
fn sums(service: &Service, person: &Person) -> Sums {
    let units = service.total();
    let cost = units * service.entry.price / 100;
    let managed = service.entry.within_limit().then_some(units);
    if let Shape::FixedShare(_, _, _, yen) = service.entry.shape {
        let own = (yen * service.lines.iter().map(Line::count).sum::<u32>()).min(cost);
        return Sums { units, managed, cost, claim: cost - own, own, fixed: Some(yen) };
    }
    let claim = cost * person.rate / 100;
    Sums { units, managed, cost, claim, own: cost - claim, fixed: None }
}

/// What one row of 第7表 says.
#[derive(Default)]
struct Row<'r> {
    office_name: &'r str,
    office: &'r str,
    code: &'r str,
    line: Option<&'r Line>,
    /// 単位数 and 回数／日数; zero on subtotals and totals (R-FLD-09).
    units: u32,
    count: u32,
    total: u32,
    managed: Option<u32>,
    /// Absent on the rows of a type that has a subtotal row.
    sums: Option<Sums>,
    /// 単位数単価 and 給付率; absent on the grand total.
    price: &'r str,
    rate: &'r str,
    days: [String; 3],
}

impl<'r> Row<'r> {
    fn of(service: &'r Service) -> Self {
        Self {
            office_name: &service.office.name,
            office: &service.office.number,
            ..Self::default()
        }
    }
}

/// 第7表: the services of a person, subtotals where a type has several rows, the grand total.
/// Returns the number of records, at most `most`.
pub(super) fn annex(
    set: &Set,
    person: &Person,
    most: u64,
    writer: &mut Writer,
) -> Result<u64, WriteError> {
    let mut grand = Sums { managed: Some(0), ..Sums::default() };
    let mut written = 0;
    let mut write = |row: &Row<'_>| {
        if written == most {
            return Ok(());
        }
        written += 1;
        write_row(set, person, row, writer)
    };
    for service in set.offices.services(&set.world, person) {
        let own = sums(&service, person);
        let price = format!("{}.{:02}", service.entry.price / 100, service.entry.price % 100);
        let rate = if own.fixed.is_none() { person.rate.to_string() } else { String::new() };
        let days = days(&service);
        let subtotal = service.lines.len() > 1;
        for line in &service.lines {
            let mut row = Row {
                code: &line.code,
                line: Some(line),
                units: line.units,
                count: line.count(),
                total: line.total(),
                managed: own.managed.map(|_| line.total()),
                ..Row::of(&service)
            };
            if !subtotal {
                row.sums = Some(own);
                (row.price, row.rate) = (&price, &rate);
            }
            row.days.clone_from(&days);
            write(&row)?;
        }
        if subtotal {
            let code = format!("{}AAAA", service.entry.code);
            write(&Row {
                code: &code,
                total: own.units,
                managed: own.managed,
                sums: Some(own),
                price: &price,
                rate: &rate,
                ..Row::of(&service)
            })?;
        }
        grand.units += own.units;
        grand.managed = grand.managed.map(|all| all + own.managed.unwrap_or(0));
        grand.cost += own.cost;
        grand.claim += own.claim;
        grand.own += own.own;
    }
    write(&Row {
        office: NO_OFFICE,
        code: "999999",
        total: grand.units,
        managed: grand.managed,
        sums: Some(grand),
        ..Row::default()
    })?;
    Ok(written)
}

/// 前月までの利用日数, 当月の計画利用日数, 累積利用日数 of stays.
fn days(service: &Service) -> [String; 3] {
    match service.days_before {
        Some(before) => {
            let now = service.lines.iter().map(Line::count).max().unwrap_or(0);
            [before, now, before + now].map(|days| days.to_string())
        }
        None => Default::default(),
    }
}

fn write_row(
    set: &Set,
    person: &Person,
    row: &Row<'_>,
    writer: &mut Writer,
) -> Result<(), WriteError> {
    let text = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let sum = |part: fn(&Sums) -> Option<u32>| text(row.sums.as_ref().and_then(part));
    let over = sum(|sums| sums.managed.map(|_| 0));
    let within = sum(|sums| sums.managed);
    let (units, count, total) =
        (row.units.to_string(), row.count.to_string(), row.total.to_string());
    let managed = text(row.managed);
    let month = set.world.month.to_string();
    let (cost, claim) = (sum(|sums| Some(sums.cost)), sum(|sums| Some(sums.claim)));
    let (own, fixed) = (sum(|sums| Some(sums.own)), sum(|sums| sums.fixed));
    let paid_alone = sum(|_| Some(0));
    let [before, now, all] = &row.days;
    let mut fields = vec![
        P(set.edition.csv_version()),
        P(&person.insurer),
        P(&person.insured),
        P(&set.written),
        P(&month),
        T(row.office_name),
        P(row.office),
        P(""),
        P(row.code),
    ];
    fields.extend(tool_items(set.edition, row.line));
    fields.extend([
        P(&units),
        P(""),
        P(""),
        P(&count),
        P(&total),
        P(&managed),
        P(""),
        P(""),
        P(&over),
        P(&within),
        P(row.price),
        P(&cost),
        P(row.rate),
        P(&claim),
        P(&fixed),
        P(&own),
        P(&paid_alone),
        P(before),
        P(now),
        P(all),
        P("0"),
        P(NO_OFFICE),
        P(""),
        P(&set.manager),
        P(""),
    ]);
    writer.record(&fields)
}

/// 利用者補足情報, with a plan (第1〜3表) or with a slip (第6表, 第7表).
pub(super) fn supplement(
    set: &Set,
    person: &Person,
    writer: &mut Writer,
) -> Result<(), WriteError> {
    let (limit, month) = (person.care.limit.to_string(), set.world.month.to_string());
    let (plan_date, month) = if set.with_month {
        ("00000000", month.as_str())
    } else {
        (person.plan_date.as_str(), "000000")
    };
    let stay = if set.with_month { stay_days(set, person) } else { Default::default() };
    let [before, _, all] = &stay;
    let mut fields = vec![
        P(set.edition.csv_version()),
        P(&person.insurer),
        P(&person.insured),
        P(plan_date),
        T(&person.kana),
        T(&person.name),
        P(person.sex),
        P(&person.born),
        P(&person.postal),
        T(&person.address),
        T(person.building),
        P(&person.phone),
        P(&person.decided),
        P(&person.from),
        P(&person.until),
        P("2"),
        P(""),
        P(person.care.code),
        P(&limit),
    ];
    // 種類別支給限度額: nobody here has one (R-FLD-16).
    fields.extend([P(""); 37]);
    fields.extend([P(before), P(all), P(""), P(&set.manager), P(&set.manager), P(""), P(month)]);
    writer.record(&fields)
}

fn stay_days(set: &Set, person: &Person) -> [String; 3] {
    let services = set.offices.services(&set.world, person);
    services.iter().map(days).find(|days| !days.concat().is_empty()).unwrap_or_default()
}

/// The keys of a deletion, per person.
pub(super) fn deletion(
    set: &Set,
    kind: FileKind,
    person: &Person,
    writer: &mut Writer,
) -> Result<(), WriteError> {
    let month = set.world.month.to_string();
    let mut fields = vec![P(set.edition.csv_version()), P(&person.insurer), P(&person.insured)];
    match kind {
        FileKind::Dltplan | FileKind::Dltjsk => fields.push(P(&month)),
        FileKind::Dltkihon => fields.push(P(&person.consulted)),
        _ => fields.push(P(&person.plan_date)),
    }
    if kind == FileKind::Dltjsk {
        fields.extend([P(&set.offices.main().number), P(set.offices.main_entry().code)]);
    }
    writer.record(&fields)
}
