//! 様式: the forms of a package or a held set, as people know them on paper.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

use super::audit::Act;
use super::choices::{self, Asked, Field};
use super::guard::Visitor;
use super::layout::{Frame, Place, not_found, page, store_fault};
use super::package::{found, kept, people};
use super::session::Session;
use super::state::Shared;
use crate::contents::PersonKey;
use crate::desk::{held, words};
use crate::folder::read_held;
use crate::forms::{Drawing, Options, compare, draw};
use crate::package::{Manifest, Package};
use crate::rules::{self, SourceFile};
use crate::store::{Evidence, ListFilter, ListRow, PageStart, SearchText, StoreError, Which};
use crate::transfer::{Direction, IncomingState, OutgoingState, State as PackageState};
use crate::types::{HeldId, MessageId, OfficeNumber};
use crate::work;

/// Forms of so many people stand on one page; more are turned over, so that a page stays quick.
const PEOPLE: usize = 30;

#[derive(Template)]
#[template(path = "web/forms.html", config = "src/askama.toml")]
struct Forms {
    frame: Frame,
    path: String,
    /// What of the address says which version it is compared with, and what was chosen.
    with: String,
    back: (String, &'static str),
    /// The versions before, where one is compared with.
    earlier: Option<Vec<Earlier>>,
    /// Whether the version that was asked for is no longer kept.
    is_gone: bool,
    drawing: Drawing,
    /// The people, by their places.
    people: Vec<Entry>,
    first: usize,
    newer: Option<usize>,
    older: Option<usize>,
    choices: Vec<Field>,
    /// What of the address says what was chosen.
    chosen: String,
    /// The version that is compared with, for the form of the choices.
    compared: Option<MessageId>,
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
    /// The version that it is compared with.
    with: Option<MessageId>,
    back: (String, &'static str),
    /// Our office, which chose how forms are drawn.
    office: OfficeNumber,
    files: Vec<File>,
    /// The files of an earlier version.
    before: Option<Vec<File>>,
    /// The versions before, where one is compared with.
    earlier: Option<Vec<Earlier>>,
    received: bool,
}

/// A file by its name.
type File = (String, Bytes);

fn as_sources(files: &[File]) -> Vec<SourceFile<'_>> {
    files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect()
}

pub(super) async fn of_package(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<MessageId>,
    Query(turned): Query<Turned>,
    Query(asked): Query<Asked>,
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
        office: evidence.office,
        files: files_of(&package),
        with: None,
        before: None,
        earlier: None,
        received,
    };
    show(&shared, &session, source, turned.from, &asked).await
}

/// The forms of a held set, with what is wrong marked in the cells.
pub(super) async fn of_held(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(id): Path<HeldId>,
    Query(turned): Query<Turned>,
    Query(asked): Query<Asked>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let item = match shared.node.store().held_as(id).await {
        Ok(items) => items.into_iter().next(),
        Err(error) => return store_fault(&shared, &error),
    };
    let Some(item) = item else { return not_found(&shared) };
    let Some(folder) = held::folder(&item, &config) else { return not_found(&shared) };
    let most = config.limits.package_size;
    let read = work::blocking(move || read_held(&folder, most)).await;
    let Ok(Ok(files)) = read else { return not_found(&shared) };
    let files = files.into_iter().map(|(name, bytes)| (name, Bytes::from(bytes))).collect();
    let source = Source {
        place: Place::Held,
        title: words::unit(&item.unit.kind, lang),
        path: format!("/held/{id}/forms"),
        back: (format!("/held/{id}"), lang.pick("保留の理由へ", "Back to why it is held")),
        office: item.office,
        files,
        with: None,
        before: None,
        earlier: None,
        received: item.direction == Direction::In,
    };
    show(&shared, &session, source, turned.from, &asked).await
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
    Query(asked): Query<Asked>,
) -> Response {
    let lang = shared.lang();
    let (evidence, package) = match found(&shared, id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let manifest = package.manifest();
    let files = files_of(&package);
    let people = people(&shared, files.clone()).await;
    let earlier = match earlier(&shared, &evidence, manifest, &people, compared.with).await {
        Ok(earlier) => earlier,
        Err(error) => return store_fault(&shared, &error),
    };
    let chosen = compared.with.or_else(|| earlier.first().map(|newest| newest.id));
    let before = match chosen {
        Some(other) => match kept(&shared, None, other).await {
            Ok(other) => other.map(|(_, other)| files_of(&other)),
            Err(error) => return store_fault(&shared, &error),
        },
        None => None,
    };
    let received = evidence.direction == Direction::In;
    let source = Source {
        place: if received { Place::Received } else { Place::Sent },
        title: words::unit(&manifest.kind, lang),
        path: format!("/package/{id}/compare"),
        with: chosen,
        back: (format!("/package/{id}"), lang.pick("送受信の記録へ", "Back to the package")),
        office: evidence.office,
        files,
        before,
        earlier: Some(earlier),
        received,
    };
    show(&shared, &session, source, compared.from, &asked).await
}

/// Earlier versions that are offered.
const EARLIER: u32 = 10;

/// People of a package whose earlier ones are looked for.
const ASKED: usize = 20;

/// An earlier package of the same kind and about some of the same people, exchanged with the same
/// partner the same way.
struct Earlier {
    id: MessageId,
    at: String,
    chosen: bool,
}

/// The packages about somebody of these that came before, newest first; the one that was asked for is
/// chosen, or else the newest.
async fn earlier(
    shared: &Shared,
    evidence: &Evidence,
    manifest: &Manifest,
    people: &[PersonKey],
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
    let mut packages: Vec<(Timestamp, MessageId)> = Vec::new();
    for person in people.iter().take(ASKED) {
        let text = SearchText::new(person.insured());
        let filter = ListFilter { text, ..filter.clone() };
        let found = shared.node.store().list(filter, PageStart::Newest, EARLIER).await?;
        // The number may stand in a serial too.
        let is_about = |row: &ListRow| row.people.iter().any(|known| known.key == *person);
        let rows = found.rows.into_iter().filter(|row| is_about(row) && went(row.line.state));
        for found in rows.filter_map(|row| Some((row.line.at, row.line.message_id?))) {
            if found.1 != manifest.message_id && !packages.contains(&found) {
                packages.push(found);
            }
        }
    }
    packages.sort_by_key(|(at, _)| Reverse(*at));
    let mut earlier: Vec<_> = packages
        .into_iter()
        .take(usize::try_from(EARLIER).unwrap_or(usize::MAX))
        .map(|(at, id)| Earlier { id, at: words::time(at), chosen: Some(id) == with })
        .collect();
    if let (None, Some(newest)) = (with, earlier.first_mut()) {
        newest.chosen = true;
    }
    Ok(earlier)
}

/// Whether a package is a version that somebody works with: one that never came to its recipient, or
/// was not taken in there, is none.
const fn went(state: PackageState) -> bool {
    !matches!(
        state,
        PackageState::Out(
            OutgoingState::Refused
                | OutgoingState::Rejected
                | OutgoingState::RecallAsked
                | OutgoingState::Recalled
                | OutgoingState::Expired
                | OutgoingState::Superseded
        ) | PackageState::In(IncomingState::Rejected | IncomingState::Recalled)
    )
}

fn files_of(package: &Package) -> Vec<File> {
    package.files().map(|(file, bytes)| (file.name.clone(), bytes.clone())).collect()
}

async fn show(
    shared: &Shared,
    session: &Session,
    source: Source,
    from: usize,
    asked: &Asked,
) -> Response {
    let Source {
        place,
        title,
        path,
        with: compared,
        back,
        office,
        files,
        before,
        earlier,
        received,
    } = source;
    let is_gone = compared.is_some() && before.is_none();
    let config = shared.node.config();
    let usual = config.office(office).map(|office| office.forms).unwrap_or_default();
    let choices = asked.over(usual);
    let with = compared.map(|other| format!("&with={other}")).unwrap_or_default();
    let chosen = choices::query(choices, usual);
    let with = format!("{with}{chosen}");
    let (spec, names) = (shared.node.spec(), Arc::clone(&shared.names));
    let drawn = shared.drawing(move || {
        let sources = as_sources(&files);
        let report =
            rules::check(spec, &sources, &rules::Options { received, ..rules::Options::default() });
        let options = Options {
            choices,
            services: names.services.as_ref(),
            insurers: names.insurers.as_ref(),
            findings: &report.findings,
        };
        match before {
            Some(before) => compare(spec, &as_sources(&before), &sources, &options),
            None => draw(spec, &sources, &options),
        }
    });
    let Some(mut drawing) = drawn.await else { return not_found(shared) };
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
        earlier,
        is_gone,
        drawing,
        newer: (first > 0).then(|| first.saturating_sub(PEOPLE)),
        older: (next < people.len()).then_some(next),
        first,
        people,
        choices: choices::fields(choices, shared.lang()),
        chosen,
        compared,
    })
}
