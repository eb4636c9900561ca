//! 様式: the forms of a package or a held set, as people know them on paper.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::guard::Visitor;
use super::layout::{Frame, Place, not_found, page, store_fault};
use super::package::found;
use super::session::Session;
use super::state::Shared;
use crate::desk::{held, words};
use crate::folder::{HeldFile, read_held};
use crate::forms::{Drawing, Options, draw};
use crate::rules::{self, SourceFile};
use crate::transfer::Direction;
use crate::types::{HeldId, MessageId};
use crate::work;

/// Forms of so many people stand on one page; more are turned over, so that a page stays quick.
const PEOPLE: usize = 30;

#[derive(Template)]
#[template(path = "web/forms.html", config = "src/askama.toml")]
struct Forms {
    frame: Frame,
    path: String,
    back: (String, &'static str),
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

/// Where forms come from, and where they lead back to.
struct Source {
    place: Place,
    title: String,
    /// The address of the forms.
    path: String,
    back: (String, &'static str),
    files: Vec<HeldFile>,
    received: bool,
}

pub(super) async fn of_package(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<MessageId>,
    Query(turned): Query<Turned>,
) -> Response {
    let lang = shared.lang();
    let (evidence, package) = match found(&shared, id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let files = package.files().map(|(file, bytes)| (file.name.clone(), bytes.to_vec()));
    let received = evidence.direction == Direction::In;
    let source = Source {
        place: if received { Place::Received } else { Place::Sent },
        title: words::unit(&package.manifest().kind, lang),
        path: format!("/package/{id}/forms"),
        back: (format!("/package/{id}"), lang.pick("送受信の記録へ", "Back to the package")),
        files: files.collect(),
        received,
    };
    show(&shared, &session, source, turned.from).await
}

/// The forms of a held set, with what is wrong marked in the cells.
pub(super) async fn of_held(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<HeldId>,
    Query(turned): Query<Turned>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let item = match shared.node.store().held_as(id).await {
        Ok(items) => items.into_iter().next(),
        Err(error) => return store_fault(&shared, &error),
    };
    let Some(item) = item else { return not_found(&shared) };
    let Some(folder) = held::folder(&item, config) else { return not_found(&shared) };
    let most = config.limits.package_size;
    let read = work::blocking(move || read_held(&folder, most)).await;
    let Ok(Ok(files)) = read else { return not_found(&shared) };
    let source = Source {
        place: Place::Held,
        title: words::unit(&item.unit.kind, lang),
        path: format!("/held/{id}/forms"),
        back: (format!("/held/{id}"), lang.pick("保留の理由へ", "Back to why it is held")),
        files,
        received: item.direction == Direction::In,
    };
    show(&shared, &session, source, turned.from).await
}

async fn show(shared: &Shared, session: &Session, source: Source, from: usize) -> Response {
    let Source { place, title, path, back, files, received } = source;
    let (spec, names) = (shared.node.spec(), Arc::clone(&shared.names));
    let drawn = work::blocking(move || {
        let sources = files.iter().map(|(name, bytes)| SourceFile { name, bytes });
        let sources: Vec<_> = sources.collect();
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
    let Ok(mut drawing) = drawn.await else { return not_found(shared) };
    let people = drawing.users.iter().enumerate().map(|(place, user)| Entry {
        place,
        name: match user.name.reveal() {
            name if name.is_empty() => user.insured.reveal().clone(),
            name => name.clone(),
        },
        findings: user.forms.iter().map(|form| form.findings).sum(),
    });
    let people: Vec<_> = people.collect();
    let first = from.min(people.len().saturating_sub(1));
    drawing.users = drawing.users.into_iter().skip(first).take(PEOPLE).collect();
    let next = first + PEOPLE;
    page(&Forms {
        frame: Frame::new(shared, session, place, title),
        path,
        back,
        drawing,
        newer: (first > 0).then(|| first.saturating_sub(PEOPLE)),
        older: (next < people.len()).then_some(next),
        first,
        people,
    })
}
