//! 計画の版: the newest plan about each person, and which partner has an older one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::audit::Act;
use super::guard::Visitor;
use super::layout::{Frame, Place, not_found, page, store_fault};
use super::month::{OfficeChoice, offices};
use super::state::Shared;
use crate::config::Config;
use crate::contents::Document;
use crate::desk::words;
use crate::store::{Holder, PlanVersions};
use crate::types::{Lang, ServiceMonth};

/// Which plans, and of which of our offices.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    office: String,
    kind: String,
    all: String,
}

#[derive(Template)]
#[template(path = "web/versions.html", config = "src/askama.toml")]
struct Versions {
    frame: Frame,
    offices: Vec<OfficeChoice>,
    is_support: bool,
    all: bool,
    rows: Vec<Row>,
    /// People whose partners do not all have the newest plan.
    lacking: usize,
    people: usize,
}

/// One person.
struct Row {
    name: String,
    insured: String,
    newest: String,
    link: Option<String>,
    holders: Vec<HolderRow>,
}

/// What one partner has.
struct HolderRow {
    partner: String,
    tone: &'static str,
    text: String,
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let offices = offices(&config, &asked.office);
    let office = offices.iter().find(|office| office.chosen).map(|office| office.number);
    let today = shared.node.now().to_zoned(TimeZone::system()).date();
    let Some((office, month)) = office.zip(ServiceMonth::of(today)) else {
        return not_found(&shared);
    };
    let is_support = asked.kind == "support";
    let document = if is_support { Document::SupportPlan } else { Document::CarePlan };
    let found = match shared.node.store().plan_versions(office, document, month).await {
        Ok(found) => found,
        Err(error) => return store_fault(&shared, &error),
    };
    let people = found.iter().map(|versions| versions.person.key.insured().to_owned());
    shared.audit.viewed(&session, Act::ViewVersions, document.as_str(), people);
    let all = asked.all == "1";
    let lacks = |versions: &&PlanVersions| versions.lacking().next().is_some();
    let lacking = found.iter().filter(lacks).count();
    let mut rows = Vec::new();
    for versions in found.iter().filter(|versions| all || lacks(versions)) {
        // Where the package is no longer kept there is nothing to lead to.
        let details = shared.node.store().details(versions.package).await.ok();
        let id = details.and_then(|details| details.row.line.message_id);
        rows.push(row(versions, id.map(|id| format!("/package/{id}")), &config, lang));
    }
    let title = lang.pick("計画の版", "Plan versions");
    page(&Versions {
        frame: Frame::new(&shared, &session, Place::Versions, title).live(),
        offices,
        is_support,
        all,
        rows,
        lacking,
        people: found.len(),
    })
}

fn row(versions: &PlanVersions, link: Option<String>, config: &Config, lang: Lang) -> Row {
    let holder = |holder: &Holder| {
        let lacks = holder.has.max(holder.on_its_way).is_none_or(|date| date < versions.newest);
        let is_underway = holder.on_its_way > holder.has;
        let (tone, text) = match (lacks, is_underway, holder.has) {
            (false, true, _) => ("busy", lang.pick("送信中", "on its way").to_owned()),
            (false, false, _) => ("good", lang.pick("最新", "the newest").to_owned()),
            (true, _, Some(date)) => (
                "warn",
                match lang {
                    Lang::Ja => format!("古い版（{}）", day(date, lang)),
                    Lang::En => format!("an older one ({date})"),
                },
            ),
            (true, _, None) => ("warn", lang.pick("渡していません", "none").to_owned()),
        };
        HolderRow { partner: words::office(holder.partner, config), tone, text }
    };
    Row {
        name: versions.person.name.reveal().clone(),
        insured: versions.person.key.insured().to_owned(),
        newest: day(versions.newest, lang),
        link,
        holders: versions.holders.iter().map(holder).collect(),
    }
}

fn day(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Lang::En => date.to_string(),
    }
}
