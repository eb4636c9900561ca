//! 様式: the forms of a package or a held set, as people know them on paper.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::audit::Act;
use super::guard::Visitor;
use super::layout::{Frame, Place, not_found, page, store_fault};
use super::package::found;
use super::session::Session;
use super::state::Shared;
use crate::desk::{held, words};
use crate::folder::{HeldFile, read_held};
use crate::forms::{Drawing, Options, compare, draw};
use crate::package::{Manifest, Package};
use crate::rules::{self, SourceFile};
use crate::store::{Evidence, ListFilter, PageStart, StoreError, Which};
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
    /// What of the address says which version it is compared with.
    with: String,
    back: (String, &'static str),
    is_compared: bool,
    earlier: Vec<Earlier>,
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
    changes: usize,
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
    /// What of the address says which version it is compared with.
    with: String,
    back: (String, &'static str),
    files: Vec<HeldFile>,
    /// The files of an earlier version.
    before: Option<Vec<HeldFile>>,
    earlier: Vec<Earlier>,
    received: bool,
}

fn as_sources(files: &[HeldFile]) -> Vec<SourceFile<'_>> {
    files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect()
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
    let received = evidence.direction == Direction::In;
    let source = Source {
        place: if received { Place::Received } else { Place::Sent },
        title: words::unit(&package.manifest().kind, lang),
        path: format!("/package/{id}/forms"),
        back: (format!("/package/{id}"), lang.pick("送受信の記録へ", "Back to the package")),
        files: files_of(&package),
        with: String::new(),
        before: None,
        earlier: Vec::new(),
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
        with: String::new(),
        before: None,
        earlier: Vec::new(),
        received: item.direction == Direction::In,
    };
    show(&shared, &session, source, turned.from).await
}

/// Which earlier version is compared with, and which people are shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Compared {
    with: Option<MessageId>,
    #[serde(default)]
    from: usize,
}

/// The forms of a package, with what changed since an earlier one.
pub(super) async fn compared(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<MessageId>,
    Query(compared): Query<Compared>,
) -> Response {
    let lang = shared.lang();
    let (evidence, package) = match found(&shared, id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let manifest = package.manifest();
    let earlier = match earlier(&shared, &evidence, manifest, compared.with).await {
        Ok(earlier) => earlier,
        Err(error) => return store_fault(&shared, &error),
    };
    let chosen = earlier.iter().find(|other| other.chosen).map(|other| other.id);
    let before = match chosen {
        Some(other) => match found(&shared, other).await {
            Ok((_, other)) => files_of(&other),
            Err(answer) => return answer,
        },
        None => Vec::new(),
    };
    let received = evidence.direction == Direction::In;
    let with = chosen.map(|other| format!("&with={other}")).unwrap_or_default();
    let source = Source {
        place: if received { Place::Received } else { Place::Sent },
        title: words::unit(&manifest.kind, lang),
        path: format!("/package/{id}/compare"),
        with,
        back: (format!("/package/{id}"), lang.pick("送受信の記録へ", "Back to the package")),
        files: files_of(&package),
        before: Some(before),
        earlier,
        received,
    };
    show(&shared, &session, source, compared.from).await
}

/// Earlier versions that are offered.
const EARLIER: u32 = 10;

/// An earlier package of the same kind, exchanged with the same partner the same way.
struct Earlier {
    id: MessageId,
    at: String,
    chosen: bool,
}

/// The packages that came before, newest first; the one that was asked for is chosen, or else the
/// newest.
async fn earlier(
    shared: &Shared,
    evidence: &Evidence,
    manifest: &Manifest,
    with: Option<MessageId>,
) -> Result<Vec<Earlier>, StoreError> {
    let kinds = words::kinds_like(&manifest.kind).iter().map(|kind| (*kind).to_owned());
    let came = evidence.journal.first().map(|row| row.at);
    let filter = ListFilter {
        which: match evidence.direction {
            Direction::Out => Which::Sent,
            Direction::In => Which::Received,
        },
        office: Some(evidence.office),
        partner: Some(evidence.partner),
        kinds: kinds.collect(),
        until: came,
        ..ListFilter::default()
    };
    let found = shared.node.store().list(filter, PageStart::Newest, EARLIER).await?;
    let packages = found.rows.iter().filter_map(|row| Some((row.line.message_id?, row.line.at)));
    let mut earlier: Vec<_> = packages
        .filter(|(id, _)| *id != manifest.message_id)
        .map(|(id, at)| Earlier { id, at: words::time(at), chosen: Some(id) == with })
        .collect();
    if !earlier.iter().any(|other| other.chosen)
        && let Some(newest) = earlier.first_mut()
    {
        newest.chosen = true;
    }
    Ok(earlier)
}

fn files_of(package: &Package) -> Vec<HeldFile> {
    package.files().map(|(file, bytes)| (file.name.clone(), bytes.to_vec())).collect()
}

async fn show(shared: &Shared, session: &Session, source: Source, from: usize) -> Response {
    let Source { place, title, path, with, back, files, before, earlier, received } = source;
    let is_compared = before.is_some();
    let (spec, names) = (shared.node.spec(), Arc::clone(&shared.names));
    let drawn = work::blocking(move || {
        let sources = as_sources(&files);
        let report =
            rules::check(spec, &sources, &rules::Options { received, ..rules::Options::default() });
        let options = Options {
            services: names.services.as_ref(),
            insurers: names.insurers.as_ref(),
            findings: &report.findings,
            ..Options::default()
        };
        match before {
            Some(before) => compare(spec, &as_sources(&before), &sources, &options),
            None => draw(spec, &sources, &options),
        }
    });
    let Ok(mut drawing) = drawn.await else { return not_found(shared) };
    let people = drawing.users.iter().enumerate().map(|(place, user)| Entry {
        place,
        name: match user.name.reveal() {
            name if name.is_empty() => user.insured.reveal().clone(),
            name => name.clone(),
        },
        findings: user.forms.iter().map(|form| form.findings).sum(),
        changes: user.forms.iter().map(|form| form.changes.len()).sum(),
    });
    let people: Vec<_> = people.collect();
    // The list of people names all of them.
    let all = drawing.users.iter().map(|user| user.insured.reveal().as_str());
    shared.audit.viewed(session, Act::ViewForms, &path, all);
    let first = from.min(people.len().saturating_sub(1));
    drawing.users = drawing.users.into_iter().skip(first).take(PEOPLE).collect();
    let next = first + PEOPLE;
    page(&Forms {
        frame: Frame::new(shared, session, place, title),
        path,
        with,
        back,
        is_compared,
        earlier,
        drawing,
        newer: (first > 0).then(|| first.saturating_sub(PEOPLE)),
        older: (next < people.len()).then_some(next),
        first,
        people,
    })
}
