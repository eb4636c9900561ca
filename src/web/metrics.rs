//! `/healthz` and `/metrics`, for programs that watch the node. Both are off unless the configuration
//! says `metrics = true`: they ask for no login, and say nothing of anybody.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::layout::not_found;
use super::state::Shared;
use crate::desk::dates::{self, Dates, Found};
use crate::desk::held;
use crate::node::Health;
use crate::store::{HeldFilter, Status};
use crate::types::Lang;
use crate::work;

/// The text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Held items that are counted; more are told as so many.
const HELD: u32 = 10_000;

/// `200` while the node goes on, `503` while something in it stands still.
pub(super) async fn health(State(shared): State<Arc<Shared>>) -> Response {
    if !shared.metrics {
        return not_found(&shared);
    }
    match shared.node.health().standing_still().count() {
        0 => (StatusCode::OK, "ok\n").into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "stands still\n").into_response(),
    }
}

/// The figures of the node.
pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    if !shared.metrics {
        return not_found(&shared);
    }
    let (store, config) = (shared.node.store(), shared.node.config());
    let held = held::count(store, &config, HeldFilter::newest(HELD)).await;
    let (Ok(held), Ok(status)) = (held, store.status().await) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response();
    };
    let dates = work::blocking(move || dates::read(&config, Lang::En)).await.ok();
    let text = text(&shared.node.health(), &status, held, dates.as_ref());
    ([(header::CONTENT_TYPE, FORMAT)], text).into_response()
}

/// Lines of one figure.
struct Figure<'t> {
    text: &'t mut String,
    name: &'static str,
}

impl<'t> Figure<'t> {
    fn new(text: &'t mut String, name: &'static str, kind: &str, about: &str) -> Self {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {about}\n# TYPE {name} {kind}");
        Self { text, name }
    }

    fn line(&mut self, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                format!("{name}=\"{value}\"")
            })
            .collect();
        let labels = labels.join(",");
        let _ = if labels.is_empty() {
            writeln!(self.text, "{} {value}", self.name)
        } else {
            writeln!(self.text, "{}{{{labels}}} {value}", self.name)
        };
    }
}

fn text(health: &Health, status: &Status, held: usize, dates: Option<&Dates>) -> String {
    let mut text = String::new();
    let mut figure = Figure::new(&mut text, "renkei_info", "gauge", "The version of the program.");
    figure.line(&[("version", &health.version)], 1);
    let about = "When the node started, seconds since 1970.";
    let mut figure = Figure::new(&mut text, "renkei_start_time_seconds", "gauge", about);
    figure.line(&[], health.started_at.as_second());
    let about = "Tasks that stand still.";
    let mut figure = Figure::new(&mut text, "renkei_tasks_standing_still", "gauge", about);
    figure.line(&[], health.standing_still().count());
    let about = "Lines of the log that could be written nowhere.";
    let mut figure = Figure::new(&mut text, "renkei_log_lines_lost_total", "counter", about);
    figure.line(&[], health.dropped_log_lines);
    let about = "Standing conditions that a person should know of.";
    let mut figure = Figure::new(&mut text, "renkei_conditions", "gauge", about);
    let mut conditions: BTreeMap<&str, u64> = BTreeMap::new();
    for notice in &health.notices {
        *conditions.entry(&notice.code).or_default() += 1;
    }
    for (code, count) in conditions {
        figure.line(&[("code", code)], count);
    }
    let about = "Packages in a state, by office and partner.";
    let mut figure = Figure::new(&mut text, "renkei_packages", "gauge", about);
    for row in &status.counts {
        let (office, partner) = (row.office.to_string(), row.partner.to_string());
        let labels = [
            ("office", office.as_str()),
            ("partner", &partner),
            ("direction", row.direction.as_str()),
            ("state", row.state.as_str()),
        ];
        figure.line(&labels, row.count);
    }
    let about = "Packages that wait to be sent.";
    let mut figure = Figure::new(&mut text, "renkei_waiting_packages", "gauge", about);
    for pair in &status.waiting {
        let (office, partner) = (pair.office.to_string(), pair.partner.to_string());
        figure.line(&[("office", &office), ("partner", &partner)], pair.count);
    }
    let about = "What is held and waits for a person.";
    let mut figure = Figure::new(&mut text, "renkei_held", "gauge", about);
    figure.line(&[], held);
    let about = "When an own certificate ends, seconds since 1970.";
    let mut figure = Figure::new(&mut text, "renkei_certificate_end_seconds", "gauge", about);
    for row in dates.into_iter().flat_map(|dates| &dates.certificates) {
        if let Found::Read(facts) = &row.found {
            figure.line(&[("usage", &row.usage)], facts.not_after.as_second());
        }
    }
    text
}
