//! What is held and waits for a person.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::super::audit::Act;
use super::super::state::Shared;
use super::caller::Caller;
use super::parts::{Named, Params, ok};
use super::problem::Refused;
use crate::contents;
use crate::desk::held;
use crate::folder::read_held;
use crate::package::Manifest;
use crate::rules::{self, Options, Report, SourceFile};
use crate::store::{HeldFilter, HeldItem};
use crate::transfer::Direction;
use crate::types::code::RefusalCode;
use crate::types::{HeldId, OfficeNumber};

/// What is listed at the most.
const MOST: u32 = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    office: Option<OfficeNumber>,
}

#[derive(Serialize)]
struct List {
    held: Vec<HeldItem>,
    /// Whether there are more than are listed.
    more: bool,
}

#[derive(Serialize)]
struct Show {
    #[serde(flatten)]
    item: HeldItem,
    /// What the rules say of the files as they lie there now; none where they cannot be
    /// read, and none of attachments.
    report: Option<Report>,
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(asked): Params<Asked>,
) -> Result<Response, Refused> {
    let office = caller.sees(asked.office)?;
    let filter = HeldFilter { office, ..HeldFilter::newest(MOST) };
    let open = held::open(shared.node.store(), &shared.node.config(), filter).await?;
    ok(&List { held: open.items, more: open.more })
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Named((office, id)): Named<(OfficeNumber, String)>,
) -> Result<Response, Refused> {
    caller.sees(Some(office))?;
    let not_found = || Refused::new(RefusalCode::NOT_FOUND);
    let id: HeldId = id.parse().map_err(|_| not_found())?;
    let items = held::named(shared.node.store(), id).await?;
    let item = items.into_iter().find(|item| item.office == office).ok_or_else(not_found)?;
    let Some(folder) = held::folder(&item, &shared.node.config()) else {
        return ok(&Show { item, report: None });
    };
    let (most, spec) = (shared.node.config().limits.package_size, shared.node.spec());
    // The rules of the standard say nothing of attachments.
    let is_of_attachments = item.unit.kind == Manifest::ATTACHMENTS;
    let options = Options { received: item.direction == Direction::In, ..Options::default() };
    let read = shared.drawing(move || {
        let files = read_held(&folder, most).ok()?;
        if is_of_attachments {
            return Some((None, Vec::new()));
        }
        let sources = files.iter().map(|(name, bytes)| SourceFile { name, bytes });
        let report = rules::check(spec, &sources.collect::<Vec<_>>(), &options).masked();
        let named = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..]));
        let people = contents::read(spec, named).people.into_iter();
        let people: Vec<_> = people.map(|one| one.key.insured().to_owned()).collect();
        Some((Some(report), people))
    });
    let report = read.await.flatten().and_then(|(report, people)| {
        caller.noted(&shared, Act::ViewHeld, &id.to_string(), people);
        report
    });
    ok(&Show { item, report })
}
