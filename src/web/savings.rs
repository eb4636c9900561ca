//! 効果: what the exchange saves, by a model whose figures are shown.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::guard::Visitor;
use super::layout::{Frame, Place, page, store_fault};
use super::state::Shared;
use crate::savings::{Assumptions, Exchanged, Office, Savings, of_exchange, of_office};

/// What somebody would like to know beforehand; and other figures than those of the model.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    managers: Option<u32>,
    users: Option<u32>,
    partners: Option<u32>,
    linked: Option<u32>,
    hours: Option<f64>,
    remain: Option<f64>,
    sheets_per_person: Option<f64>,
}

#[derive(Template)]
#[template(path = "web/savings.html", config = "src/askama.toml")]
struct Page {
    frame: Frame,
    people: u64,
    real: Shown,
    simulated: Shown,
    office: Office,
    users: String,
    hours: f64,
    remain: f64,
    sheets_per_person: f64,
    assumptions: Assumptions,
}

/// Figures as they are shown.
struct Shown {
    sheets: String,
    hours: String,
    yen: String,
}

impl Shown {
    fn of(savings: Savings) -> Self {
        Self {
            sheets: grouped(savings.sheets),
            hours: format!("{:.1}", savings.hours),
            yen: grouped(savings.yen),
        }
    }
}

/// A figure without its fraction, with commas.
fn grouped(figure: f64) -> String {
    let digits = format!("{:.0}", figure.max(0.0));
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let now = shared.node.now().to_zoned(TimeZone::system());
    let month = now.first_of_month().and_then(|first| first.start_of_day());
    let since = month.map_or(shared.node.now(), |month| month.timestamp());
    let mut people = 0_u64;
    let config = shared.node.config();
    for office in &config.offices {
        match shared.node.store().people_in_packages(office.number, since).await {
            Ok(count) => people = people.saturating_add(count),
            Err(error) => return store_fault(&shared, &error),
        }
    }
    let figure = |given: Option<f64>, most: f64, default: f64| {
        given.filter(|given| given.is_finite() && (0.0..=most).contains(given)).unwrap_or(default)
    };
    let default = Assumptions::default();
    let assumptions = Assumptions {
        hours: figure(asked.hours, 1_000.0, default.hours),
        hours_that_remain: figure(asked.remain, 100.0, 100.0 / 3.0) / 100.0,
        sheets_per_person: figure(asked.sheets_per_person, 100.0, default.sheets_per_person),
        ..default
    };
    let partners = u32::try_from(config.peers.len()).unwrap_or(u32::MAX);
    let office = Office {
        managers: asked.managers.unwrap_or(2).min(1_000),
        users: asked.users.map(|users| users.min(100_000)),
        partners: asked.partners.unwrap_or(partners.max(1)).min(100_000),
        linked: asked.linked.unwrap_or(partners.max(1)).min(100_000),
    };
    let exchanged = Exchanged { people_in_packages: people };
    let title = shared.lang().pick("効果", "Savings");
    page(&Page {
        frame: Frame::new(&shared, &session, Place::Savings, title),
        people,
        real: Shown::of(of_exchange(exchanged, &assumptions)),
        simulated: Shown::of(of_office(office, &assumptions)),
        users: office.users.map(|users| users.to_string()).unwrap_or_default(),
        office,
        hours: assumptions.hours,
        remain: (assumptions.hours_that_remain * 1_000.0).round() / 10.0,
        sheets_per_person: assumptions.sheets_per_person,
        assumptions,
    })
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn figures_have_commas() {
        let shown = [0.0, 999.4, 1_000.0, 1_234_567.0, -5.0].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567", "0"]);
    }
}
