//! Several packages of one sender, from the store into the import folder.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use super::super::context::{Context, blocking};
use super::super::judge;
use super::super::start::ImportFolders;
use super::{AT_A_TIME, Fault, forget, handover};
use crate::folder::{FolderError, ImportFolder, Placement, Staged};
use crate::package::{Package, open};
use crate::store::{IncomingRow, StoreError};
use crate::transfer::{Incoming, IncomingEvent};
use crate::types::{FileKind, FileName, Lang, MessageId};

/// A package whose files are written and not shown yet.
struct Set {
    row: IncomingRow,
    package: Package,
    staged: Staged,
}

/// What became of the files of a package.
enum Outcome {
    /// They are in the import folder.
    Placed(Box<Package>),
    /// They are in the hold folder.
    Held,
    /// It is tried again; a code that says why.
    Failed(&'static str),
}

/// Places packages of one sender in the order given and signs their handover. Only a fault of the
/// store is returned; every other one is stored with its package, which is tried again later, and
/// those behind it wait.
pub(super) async fn place(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    rows: Vec<IncomingRow>,
) -> Result<(), StoreError> {
    let prepare = |row| prepare(Arc::clone(context), Arc::clone(folders), row);
    let prepared: Vec<_> = stream::iter(rows).map(prepare).buffered(AT_A_TIME).collect().await;
    let (mut sets, mut failed, mut unshown) = (Vec::new(), None, Vec::new());
    for (row, prepared) in prepared {
        match prepared {
            Ok((package, staged)) if failed.is_none() => sets.push(Set { row, package, staged }),
            Ok((_, staged)) => unshown.extend(staged.removable()),
            Err(fault) => {
                failed.get_or_insert((row, fault));
            }
        }
    }
    let mut outcomes = show(context, folders, sets, &mut unshown).await;
    let stopped = outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
    let broken = match failed {
        Some((_, Fault::Store(error))) => Some(error),
        // Its turn does not come before that of the one that failed.
        Some((row, fault)) if !stopped => {
            outcomes.push((row.clone(), Outcome::Failed(told(&row, &fault))));
            None
        }
        Some(_) | None => None,
    };
    forget(folders, unshown).await;
    let stored = note(context, folders, outcomes).await;
    broken.map_or(stored, Err)
}

/// Reads a package and writes its files where the care software does not see them.
async fn prepare(
    context: Arc<Context>,
    folders: Arc<ImportFolders>,
    row: IncomingRow,
) -> (IncomingRow, Result<(Package, Staged), Fault>) {
    let stored = match context.store.incoming_package(row.sender, row.id).await {
        Ok(stored) => stored,
        Err(error) => return (row, Err(error.into())),
    };
    let (limits, id) = (context.package_limits(), row.id);
    let staged = blocking(move || {
        let package = open(stored, &limits).map_err(|fault| Fault::Package(fault.code()))?;
        let (import, files) = destination(&folders, &package);
        let staged = import.stage(id, &named(&files)).map_err(Fault::Folder)?;
        drop(files);
        Ok((package, staged))
    });
    (row, staged.await.unwrap_or(Err(Fault::Internal)))
}

/// Shows the files of each set in its turn and makes that durable. After a fault the sets behind it
/// are `unshown`.
async fn show(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    sets: Vec<Set>,
    unshown: &mut Vec<MessageId>,
) -> Vec<(IncomingRow, Outcome)> {
    if sets.is_empty() {
        return Vec::new();
    }
    let rows: Vec<IncomingRow> = sets.iter().map(|set| set.row.clone()).collect();
    let (shared, lang) = (Arc::clone(folders), context.lang());
    let shown = blocking(move || show_in_turn(&shared, sets, lang)).await;
    let Some((shown, failed, rest)) = shown else {
        return rows.into_iter().map(|row| (row, Outcome::Failed("internal"))).collect();
    };
    unshown.extend(rest);

    let settle = |(set, is_placed): (Set, bool)| {
        let folders = Arc::clone(folders);
        let row = set.row.clone();
        async move {
            let settled = blocking(move || {
                let (import, _) = destination(&folders, &set.package);
                import.settle(&set.staged).map(|()| set)
            });
            let settled = settled.await.ok_or(Fault::Internal);
            (row, is_placed, settled.and_then(|settled| settled.map_err(Fault::Folder)))
        }
    };
    let settled: Vec<_> = stream::iter(shown).map(settle).buffered(AT_A_TIME).collect().await;
    let shared = Arc::clone(folders);
    let synced = blocking(move || shared.sync()).await.ok_or(Fault::Internal);
    let synced = synced.and_then(|synced| synced.map_err(Fault::Folder));
    let outcome = |(row, is_placed, settled): (IncomingRow, bool, Result<Set, Fault>)| {
        let outcome = match (settled, &synced) {
            (Ok(set), Ok(())) if is_placed => Outcome::Placed(Box::new(set.package)),
            (Ok(_), Ok(())) => Outcome::Held,
            (Err(fault), _) => Outcome::Failed(told(&row, &fault)),
            (Ok(_), Err(fault)) => Outcome::Failed(told(&row, fault)),
        };
        (row, outcome)
    };
    let mut outcomes: Vec<_> = settled.into_iter().map(outcome).collect();
    if let Some((row, error)) = failed {
        let code = told(&row, &Fault::Folder(error));
        outcomes.push((row, Outcome::Failed(code)));
    }
    outcomes
}

/// The sets that were shown or held, the one that failed, and those behind it.
type Shown = (Vec<(Set, bool)>, Option<(IncomingRow, FolderError)>, Vec<MessageId>);

fn show_in_turn(folders: &ImportFolders, sets: Vec<Set>, lang: Lang) -> Shown {
    let mut shown = Vec::new();
    let mut failed = None;
    let mut rest = Vec::new();
    let synced = folders.sync();
    let mut before = synced.err();
    for set in sets {
        if failed.is_some() {
            rest.extend(set.staged.removable());
            continue;
        }
        let placed = match before.take() {
            Some(error) => Err(error),
            None => show_one(folders, &set, lang),
        };
        match placed {
            Ok(is_placed) => shown.push((set, is_placed)),
            Err(error) => failed = Some((set.row, error)),
        }
    }
    (shown, failed, rest)
}

/// Whether all files are in the import folder; otherwise they are in the hold folder.
fn show_one(folders: &ImportFolders, set: &Set, lang: Lang) -> Result<bool, FolderError> {
    let (import, files) = destination(folders, &set.package);
    let files = named(&files);
    let placements = import.reveal(&set.staged, &files)?;
    let is_conflict =
        |placement: &Placement| matches!(placement, Placement::Conflict | Placement::Withheld);
    if !placements.iter().any(is_conflict) {
        return Ok(true);
    }
    let row = &set.row;
    tracing::warn!(id = %row.id, sender = %row.sender,
        "another file of the same name lies in the import folder; the set is held");
    let unit = judge::unit_name(row.serial, row.sender, row.office);
    let note = judge::conflict_note(&unit, lang);
    folders.hold.keep(&unit, &files, &[("report.txt", note.as_bytes())])?;
    Ok(false)
}

type File<'a> = (Option<FileKind>, &'a str, &'a Bytes);

/// The import folder of a package, and its files, parents before their dependants.
fn destination<'a>(
    folders: &'a ImportFolders,
    package: &'a Package,
) -> (&'a ImportFolder, Vec<File<'a>>) {
    let mut files: Vec<_> = package
        .files()
        .map(|(file, bytes)| {
            let kind = FileName::parse(&file.name).ok().map(|name| name.kind);
            (kind, file.name.as_str(), bytes)
        })
        .collect();
    files.sort_by_key(|(kind, name, _)| (*kind, *name));
    (folders.import(files.iter().filter_map(|(kind, _, _)| *kind)), files)
}

fn named<'a>(files: &[File<'a>]) -> Vec<(&'a str, &'a [u8])> {
    files.iter().map(|&(_, name, bytes)| (name, bytes.as_ref())).collect()
}

/// Tells of a fault and gives the code to be stored.
fn told(row: &IncomingRow, fault: &Fault) -> &'static str {
    match fault {
        Fault::Folder(error) => {
            tracing::warn!(id = %row.id, code = error.code(), %error,
                "the files could not be placed; it is tried again");
            error.code()
        }
        Fault::Package(code) => {
            tracing::error!(id = %row.id, code, "a stored package cannot be opened");
            code
        }
        Fault::Store(error) => error.code(),
        Fault::Internal => "internal",
    }
}

/// Stores what became of packages, and signs the handover of those that were placed.
async fn note(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    outcomes: Vec<(IncomingRow, Outcome)>,
) -> Result<(), StoreError> {
    let now = context.now();
    let store = |(row, outcome): (IncomingRow, Outcome)| async move {
        let (event, detail, package) = match outcome {
            Outcome::Placed(package) => (IncomingEvent::FilesPlaced, "", Some(*package)),
            Outcome::Held => (IncomingEvent::FilesHeld, "import-name-taken", None),
            Outcome::Failed(code) => (IncomingEvent::PlacingFailed, code, None),
        };
        let detail = detail.to_owned();
        let stored =
            context.store.incoming_event(row.sender, row.id, event, detail, None, now).await;
        stored.map(|(state, _)| (row, state, package))
    };
    // At the same time, so that they share a transaction.
    let (mut placed, mut held, mut broken) = (Vec::new(), Vec::new(), None);
    for stored in join_all(outcomes.into_iter().map(store)).await {
        match stored {
            Ok((row, Incoming::Placed, package)) => placed.push((row, package)),
            Ok((row, Incoming::Held, _)) => held.push(row.id),
            Ok((_, Incoming::Committed { .. } | Incoming::Rejected | Incoming::HandedOver, _)) => {}
            Err(error) => broken = Some(error),
        }
    }
    forget(folders, held).await;
    handover::sign(context, folders, placed).await?;
    broken.map_or(Ok(()), Err)
}
