//! 様式: the forms of a package, as people know them on paper.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::audit::Act;
use super::guard::Visitor;
use super::layout::{Frame, Place, not_found, page};
use super::package::found;
use super::state::Shared;
use crate::desk::words;
use crate::forms::{Drawing, Options, draw};
use crate::rules::{self, SourceFile};
use crate::transfer::Direction;
use crate::types::MessageId;
use crate::work;

/// Forms of so many people stand on one page; more are turned over, so that a page stays quick.
const PEOPLE: usize = 30;

#[derive(Template)]
#[template(path = "web/forms.html", config = "src/askama.toml")]
struct Forms {
    frame: Frame,
    id: MessageId,
    unit: String,
    drawing: Drawing,
    /// The people, by their places.
    people: Vec<Entry>,
    first: usize,
    newer: Option<usize>,
    older: Option<usize>,
}

/// Somebody in the list of people.
struct Entry {
    place: usize,
    name: String,
    findings: usize,
}

/// Which people are shown: all from one on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Turned {
    #[serde(default)]
    from: usize,
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<MessageId>,
    Query(turned): Query<Turned>,
) -> Response {
    let (evidence, package) = match found(&shared, id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let direction = evidence.direction;
    let kind = package.manifest().kind.clone();
    let (spec, names) = (shared.node.spec(), Arc::clone(&shared.names));
    let drawn = work::blocking(move || {
        let sources = package.files().map(|(file, bytes)| SourceFile { name: &file.name, bytes });
        let sources: Vec<_> = sources.collect();
        let received = direction == Direction::In;
        let report =
            rules::check(spec, &sources, &rules::Options { received, ..rules::Options::default() });
        let options = Options {
            services: names.services.as_ref(),
            insurers: names.insurers.as_ref(),
            findings: &report.findings,
            ..Options::default()
        };
        draw(spec, &sources, &options)
    });
    let Ok(mut drawing) = drawn.await else { return not_found(&shared) };
    let people = drawing.users.iter().enumerate().map(|(place, user)| Entry {
        place,
        name: match user.name.reveal() {
            name if name.is_empty() => user.insured.reveal().clone(),
            name => name.clone(),
        },
        findings: user.forms.iter().map(|form| form.findings).sum(),
    });
    let people: Vec<_> = people.collect();
    // The list of people names all of them.
    let all = drawing.users.iter().map(|user| user.insured.reveal().as_str());
    shared.audit.viewed(&session, Act::ViewForms, &id.to_string(), all);
    let first = turned.from.min(people.len().saturating_sub(1));
    drawing.users = drawing.users.into_iter().skip(first).take(PEOPLE).collect();
    let next = first + PEOPLE;
    let place = match direction {
        Direction::Out => Place::Sent,
        Direction::In => Place::Received,
    };
    let unit = words::unit(&kind, shared.lang());
    page(&Forms {
        frame: Frame::new(&shared, &session, place, unit.clone()),
        id,
        unit,
        drawing,
        newer: (first > 0).then(|| first.saturating_sub(PEOPLE)),
        older: (next < people.len()).then_some(next),
        first,
        people,
    })
}
