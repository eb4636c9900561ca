//! 予実: who has 予定 and 実績 of a month, and what is missing before the claim.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::audit::Act;
use super::guard::Visitor;
use super::layout::{Frame, Place, not_found, page, store_fault};
use super::state::Shared;
use crate::config::{Config, Office};
use crate::desk::claim::{comes_here, missing_here, missing_in_words, month_of_claim};
use crate::desk::words;
use crate::store::{Brought, MonthLine};
use crate::types::{Lang, OfficeNumber, ServiceMonth};

/// Which month, and of which of our offices.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    office: String,
    month: String,
}

/// One of our offices, to choose.
pub(super) struct OfficeChoice {
    pub(super) number: OfficeNumber,
    pub(super) name: String,
    pub(super) chosen: bool,
}

#[derive(Template)]
#[template(path = "web/month.html", config = "src/askama.toml")]
struct Month {
    frame: Frame,
    offices: Vec<OfficeChoice>,
    office: OfficeNumber,
    month: String,
    title: String,
    before: String,
    after: String,
    partners: Vec<Partner>,
    missing: usize,
    /// Of how many people something is missing of which nobody can tell here whether it came.
    unseen: usize,
    lines: usize,
}

/// What is exchanged with one partner.
struct Partner {
    number: OfficeNumber,
    name: String,
    rows: Vec<Row>,
    missing: usize,
    /// Whether what it sends comes here: otherwise nobody can tell here what is missing of it.
    comes_here: bool,
}

/// One person.
struct Row {
    name: String,
    insured: String,
    plan: Option<&'static str>,
    actual: Option<&'static str>,
    missing: Option<&'static str>,
    /// Whether nothing more is expected of it.
    is_complete: bool,
}

impl Row {
    /// Whether something may be missing of which nobody can tell here.
    const fn is_unseen(&self) -> bool {
        !self.is_complete && self.missing.is_none()
    }
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let offices = offices(&config, &asked.office);
    let office = offices.iter().find(|office| office.chosen).map(|office| office.number);
    let given = asked.month.replace('-', "").parse().ok();
    let month = given.or_else(|| month_of_claim(shared.node.now()));
    let Some((office, month)) = office.zip(month) else { return not_found(&shared) };
    let lines = match shared.node.store().month(office, month).await {
        Ok(lines) => lines,
        Err(error) => return store_fault(&shared, &error),
    };
    let people = lines.iter().map(|line| line.person.key.insured().to_owned());
    shared.audit.viewed(&session, Act::ViewMonth, &month.to_string(), people);
    let partners = partners(&lines, office, &config, lang);
    let title = lang.pick("予実", "Plan and actual");
    page(&Month {
        frame: Frame::new(&shared, &session, Place::Month, title).live(),
        offices,
        office,
        month: dashed(month),
        title: month.in_words(lang),
        before: dashed(month.plus(-1)),
        after: dashed(month.plus(1)),
        missing: partners.iter().map(|partner| partner.missing).sum(),
        unseen: partners.iter().flat_map(|of| &of.rows).filter(|row| row.is_unseen()).count(),
        lines: lines.len(),
        partners,
    })
}

/// The one of our offices that was asked for, or else the first.
pub(super) fn chosen_office(config: &Config, asked: &str) -> Option<OfficeNumber> {
    let offices = offices(config, asked);
    offices.iter().find(|office| office.chosen).map(|office| office.number)
}

/// Our offices; the one that was asked for is chosen, or else the first.
pub(super) fn offices(config: &Config, asked: &str) -> Vec<OfficeChoice> {
    let is_known = config.offices.iter().any(|office| office.number.as_str() == asked);
    let choice = |(place, office): (usize, &Office)| OfficeChoice {
        number: office.number,
        name: words::office(office.number, config),
        chosen: if is_known { office.number.as_str() == asked } else { place == 0 },
    };
    config.offices.iter().enumerate().map(choice).collect()
}

fn partners(
    lines: &[MonthLine],
    office: OfficeNumber,
    config: &Config,
    lang: Lang,
) -> Vec<Partner> {
    let mut partners: Vec<Partner> = Vec::new();
    // They come in the order of partners.
    for line in lines {
        if partners.last().is_none_or(|partner| partner.number != line.partner) {
            let name = words::office(line.partner, config);
            let comes_here = comes_here(line.partner, office, config);
            let (number, rows) = (line.partner, Vec::new());
            partners.push(Partner { number, name, rows, missing: 0, comes_here });
        }
        let Some(partner) = partners.last_mut() else { continue };
        let missing = missing_here(line, office, config);
        partner.missing += usize::from(missing.is_some());
        let went = |brought: Option<Brought>| brought.map(|brought| brought.direction.text(lang));
        partner.rows.push(Row {
            name: line.person.name.reveal().clone(),
            insured: line.person.key.insured().to_owned(),
            plan: went(line.plan),
            actual: went(line.actual),
            missing: missing.map(|missing| missing_in_words(missing, lang)),
            is_complete: line.missing().is_none(),
        });
    }
    partners
}

/// A month as a browser writes it.
pub(super) fn dashed(month: ServiceMonth) -> String {
    format!("{:04}-{:02}", month.year(), month.month())
}
