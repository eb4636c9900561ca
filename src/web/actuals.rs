//! 予実 of one partner: person by person, service by service, what was done and what was not.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::audit::Act;
use super::guard::Visitor;
use super::layout::{Frame, Place, not_found, page, store_fault};
use super::month::chosen_office;
use super::package::download;
use super::state::Shared;
use crate::actuals::{DayOutcome, Line, PersonMonth, to_csv};
use crate::desk::words;
use crate::node::{MonthComparison, Node, compare_month};
use crate::store::{MonthLine, StoreError};
use crate::transfer::Direction;
use crate::types::{Lang, OfficeNumber, ServiceMonth};

/// Which month, and of which of our offices.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    office: String,
    month: String,
}

#[derive(Template)]
#[template(path = "web/actuals.html", config = "src/askama.toml")]
struct Actuals {
    frame: Frame,
    partner: String,
    service_office: String,
    month: String,
    link: String,
    people: Vec<Person>,
    is_cut: bool,
    left_out: u32,
    differing: usize,
}

/// One person.
struct Person {
    name: String,
    insured: String,
    has_plan: bool,
    has_actuals: bool,
    agrees: bool,
    rows: Vec<Row>,
}

/// One service.
struct Row {
    service: String,
    planned: u32,
    done: u32,
    differences: Vec<String>,
    units: String,
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(partner): Path<OfficeNumber>,
    Query(asked): Query<Asked>,
) -> Response {
    let lang = shared.lang();
    let Some((office, month)) = asked_for(&shared, &asked) else { return not_found(&shared) };
    let MonthComparison { comparison, left_out, is_cut } =
        match compared(&shared, (office, partner), month).await {
            Ok(found) => found,
            Err(answer) => return answer,
        };
    let people = comparison.people.iter().map(|person| person.key.insured().to_owned());
    shared.audit.viewed(&session, Act::ViewMonth, &format!("{month} {partner}"), people);
    let names = Arc::clone(&shared.names);
    let service =
        |code: &str| names.services.as_ref().and_then(|names| names.get(code)).map(str::to_owned);
    let people: Vec<_> =
        comparison.people.iter().map(|person| in_words(person, &service, lang)).collect();
    let config = shared.node.config();
    let title = lang.pick("予実", "Plan and actual");
    page(&Actuals {
        frame: Frame::new(&shared, &session, Place::Month, title),
        partner: words::office(partner, &config),
        service_office: words::office(comparison.office, &config),
        month: month.in_words(lang),
        link: format!(
            "/month/{partner}/csv?office={office}&month={:04}-{:02}",
            month.year(),
            month.month()
        ),
        differing: people.iter().filter(|person| !person.agrees).count(),
        people,
        is_cut: is_cut || comparison.is_cut,
        left_out,
    })
}

/// The same as a file for a spreadsheet.
pub(super) async fn csv(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(partner): Path<OfficeNumber>,
    Query(asked): Query<Asked>,
) -> Response {
    let Some((office, month)) = asked_for(&shared, &asked) else { return not_found(&shared) };
    let comparison = match compared(&shared, (office, partner), month).await {
        Ok(found) => found.comparison,
        Err(answer) => return answer,
    };
    let people = comparison.people.iter().map(|person| person.key.insured().to_owned());
    shared.audit.took(&session, Act::MonthSaved, &format!("{month} {partner}"), people);
    let bytes = to_csv(&comparison, shared.lang());
    download(&format!("yojitsu-{month}-{partner}.csv"), "text/csv; charset=utf-8", bytes.into())
}

fn asked_for(shared: &Shared, asked: &Asked) -> Option<(OfficeNumber, ServiceMonth)> {
    let office = chosen_office(&shared.node.config(), &asked.office)?;
    let this = ServiceMonth::of(shared.node.now().to_zoned(TimeZone::system()).date());
    Some((office, asked.month.replace('-', "").parse().ok().or(this)?))
}

/// Compares what the packages of a month say.
async fn compared(
    shared: &Shared,
    (office, partner): (OfficeNumber, OfficeNumber),
    month: ServiceMonth,
) -> Result<MonthComparison, Response> {
    let store = shared.node.store();
    let fault = |error: StoreError| store_fault(shared, &error);
    let lines = store.month(office, month).await.map_err(fault)?;
    let service_office = if is_planned_here(&lines, partner) { partner } else { office };
    let judged_by = (shared.node.spec(), Node::package_limits(&shared.node.config()));
    compare_month(store, judged_by, (office, partner), month, service_office).await.map_err(fault)
}

/// Whether we make the plans that the partner works by: what was sent tells it.
fn is_planned_here(lines: &[MonthLine], partner: OfficeNumber) -> bool {
    let of_partner = || lines.iter().filter(|line| line.partner == partner);
    let plan = of_partner().find_map(|line| line.plan).map(|plan| plan.direction);
    let actual = of_partner().find_map(|line| line.actual).map(|actual| actual.direction);
    match (plan, actual) {
        (Some(direction), _) => direction == Direction::Out,
        (None, actual) => actual == Some(Direction::In),
    }
}

fn in_words(person: &PersonMonth, service: &impl Fn(&str) -> Option<String>, lang: Lang) -> Person {
    let row = |line: &Line| Row {
        service: words::service_code(&line.code, service(&line.code).as_deref(), lang),
        planned: line.planned(),
        done: line.done(),
        // Where one side is missing as a whole, to say so of each day says nothing more.
        differences: if person.has_plan && person.has_actuals {
            line.days.iter().filter_map(|day| difference(day, lang)).collect()
        } else {
            Vec::new()
        },
        units: match line.units_beyond_slip() {
            None | Some(0) => String::new(),
            Some(units) => format!("{units:+}"),
        },
    };
    Person {
        name: person.name.as_ref().map(|name| name.reveal().clone()).unwrap_or_default(),
        insured: person.key.insured().to_owned(),
        has_plan: person.has_plan,
        has_actuals: person.has_actuals,
        agrees: person.agrees(),
        rows: person.lines.iter().map(row).collect(),
    }
}

/// What is other than planned on a day.
fn difference(day: &DayOutcome, lang: Lang) -> Option<String> {
    let parts = [
        (day.missing, ("行われていません", "not done")),
        (day.extra, ("予定にありません", "not planned")),
        (day.other_time, ("時間が違います", "another time")),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, (ja, en))| {
        let text = lang.pick(ja, en);
        if count > 1 { format!("{text} ×{count}") } else { text.to_owned() }
    });
    let parts: Vec<_> = parts.collect();
    let name = match lang {
        Lang::Ja => format!("{}日: ", day.day),
        Lang::En => format!("day {}: ", day.day),
    };
    (!parts.is_empty()).then(|| name + &parts.join(lang.pick("、", ", ")))
}
