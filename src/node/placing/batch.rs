//! Several packages of one sender, from the store into the import folder.

use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use super::super::context::{Context, blocking};
use super::super::folders::ImportFolders;
use super::super::hold_copies;
use super::super::notices::of_import;
use super::copies::ToPlace;
use super::files::{destination, named};
use super::plan::{self, Planned};
use super::withheld::{self, Withheld};
use super::{AT_A_TIME, Fault, forget, told, twice};
use crate::folder::{FolderError, Placement, Staged};
use crate::package::{Package, open_again};
use crate::store::{IncomingNote, IncomingRow, StoreError};
use crate::transfer::{Incoming, IncomingEvent};
use crate::types::{FileName, Lang, MessageId, code};

/// A package whose files are written and not shown yet.
struct Set {
    row: IncomingRow,
    package: Package,
    files: ToPlace,
    /// The code that its placing is noted with.
    detail: &'static str,
    staged: Staged,
}

/// A package that was looked at.
enum Prepared {
    /// Its files are written and not shown yet.
    Ready(Box<Set>),
    /// Its files were placed before, as they came another way too.
    Before(IncomingRow, Box<Package>),
    /// A person decides first whether it is placed.
    NeedsWord(IncomingRow),
    /// It cannot be placed now, or ever.
    Failed(IncomingRow, Fault),
}

/// What became of the files of a package.
pub(super) enum PlacingOutcome {
    /// They are in the import folder; a code that says more.
    Placed(Box<Package>, &'static str),
    /// They are not placed before a person has done something.
    Held(Withheld),
    /// It is tried again; a code that says why.
    Failed(&'static str),
}

/// Packages whose files are in the import folder and whose handover is to be signed.
pub(super) type Placed = Vec<(IncomingRow, Option<Package>)>;

/// Places packages of one sender in the order given. Only a fault of the store is returned; every
/// other one is stored with its package, which is tried again later, and those behind it wait.
pub(super) async fn place(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    rows: Vec<IncomingRow>,
) -> (Placed, Result<(), StoreError>) {
    let known = match Known::of(context, folders).await {
        Ok(known) => known,
        Err(error) => return (Vec::new(), Err(error)),
    };
    // Where names depend on those before, one after the other.
    let at_a_time = if plan::plans(&folders.habits) { 1 } else { AT_A_TIME };
    let prepare = |row| prepare(Arc::clone(context), Arc::clone(folders), row, known);
    let prepared: Vec<_> = stream::iter(rows).map(prepare).buffered(at_a_time).collect().await;
    let (mut sets, mut failed, mut unshown) = (Vec::new(), None, Vec::new());
    let (mut outcomes, mut waits) = (Vec::new(), false);
    for prepared in prepared {
        match prepared {
            Prepared::Ready(set) if failed.is_none() && !waits => sets.push(*set),
            Prepared::Ready(set) => unshown.extend(set.staged.removable()),
            Prepared::Before(row, package) if failed.is_none() && !waits => {
                tracing::info!(id = %row.id, sender = %row.sender, "placed before, as it came another way too");
                outcomes.push((row, PlacingOutcome::Placed(package, code::PLACED_BEFORE)));
            }
            // What comes behind it waits for the word too, so that the order is kept.
            Prepared::NeedsWord(row) if failed.is_none() && !waits => {
                waits = true;
                let why = (code::DELETION_NEEDS_WORD, Vec::new());
                let kept = withheld::keep_stored(context, folders, &row, why).await;
                let without = || Withheld::without_files(code::DELETION_NEEDS_WORD);
                outcomes.push((row, PlacingOutcome::Held(kept.unwrap_or_else(without))));
            }
            // It can never succeed, so it holds nothing up.
            Prepared::Failed(row, Fault::Package(code)) => {
                tracing::error!(id = %row.id, code, "a stored package cannot be opened; it is held");
                outcomes.push((row, PlacingOutcome::Held(Withheld::without_files(code))));
            }
            Prepared::Failed(row, fault) if !waits => {
                failed.get_or_insert((row, fault));
            }
            Prepared::Before(..) | Prepared::NeedsWord(_) | Prepared::Failed(..) => {}
        }
    }
    let sets = match still_ours(context, sets, &mut unshown).await {
        Ok(sets) => sets,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let (shown, failed_to_show) = show(context, folders, sets, &mut unshown).await;
    let stopped = shown.iter().any(|(_, outcome)| matches!(outcome, PlacingOutcome::Failed(_)));
    outcomes.extend(shown);
    // The turn of one does not come before that of another which failed.
    let first = failed_to_show.or_else(|| failed.filter(|_| !stopped));
    let mut broken = None;
    match first {
        Some((_, Fault::Store(error))) => broken = Some(error),
        Some((row, fault)) => {
            let outcome = match withheld::given_up(context, folders, &row, &fault).await {
                Some(withheld) => PlacingOutcome::Held(withheld),
                None => PlacingOutcome::Failed(told(context, &row, &fault)),
            };
            outcomes.push((row, outcome));
        }
        None => {}
    }
    forget(folders, unshown).await;
    let (placed, stored) = note(context, folders, outcomes).await;
    (placed, broken.map_or(stored, Err))
}

/// Says that these sets are being placed; those that their senders have not taken back.
async fn still_ours(
    context: &Context,
    sets: Vec<Set>,
    unshown: &mut Vec<MessageId>,
) -> Result<Vec<Set>, StoreError> {
    if sets.is_empty() {
        return Ok(sets);
    }
    let named = sets.iter().map(|set| (set.row.sender, set.row.id)).collect();
    let begun = context.store.begin_placing(named).await?;
    let (sets, taken_back): (Vec<_>, Vec<_>) =
        sets.into_iter().partition(|set| begun.contains(&(set.row.sender, set.row.id)));
    unshown.extend(taken_back.iter().filter_map(|set| set.staged.removable()));
    Ok(sets)
}

/// What is known of an office before its packages are looked at one by one.
#[derive(Clone, Copy)]
struct Known {
    /// Something was written down of what is placed.
    may_be_planned: bool,
    /// A set may have been downloaded too.
    may_come_twice: bool,
}

impl Known {
    async fn of(context: &Context, folders: &ImportFolders) -> Result<Self, StoreError> {
        let (store, office) = (&context.store, folders.office);
        Ok(Self {
            may_be_planned: store.has_import_plans(office).await?,
            may_come_twice: store.has_downloads(office).await?,
        })
    }
}

/// Reads a package and writes its files where the care software does not see them.
async fn prepare(
    context: Arc<Context>,
    folders: Arc<ImportFolders>,
    row: IncomingRow,
    known: Known,
) -> Prepared {
    match read_and_stage(&context, &folders, &row, known).await {
        Ok(Looked::Staged(planned, staged)) => {
            let Planned { package, files, detail } = *planned;
            Prepared::Ready(Box::new(Set { row, package, files, detail, staged }))
        }
        Ok(Looked::Before(package)) => Prepared::Before(row, package),
        Ok(Looked::NeedsWord) => Prepared::NeedsWord(row),
        Err(fault) => Prepared::Failed(row, fault),
    }
}

/// What there is to do with a package that can be read.
enum Looked {
    Staged(Box<Planned>, Staged),
    Before(Box<Package>),
    NeedsWord,
}

async fn read_and_stage(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    row: &IncomingRow,
    known: Known,
) -> Result<Looked, Fault> {
    let stored = context.store.incoming_package(row.sender, row.id).await?;
    let (limits, id) = (context.package_limits(), row.id);
    let package =
        blocking(move || open_again(stored, &limits).map_err(|fault| Fault::Package(fault.code())));
    let package = package.await.unwrap_or(Err(Fault::Internal))?;
    if known.may_come_twice && twice::was_placed(context, row, &package).await? {
        return Ok(Looked::Before(Box::new(package)));
    }
    if folders.habits.hold_deletions && is_deletion(&package) {
        let why = code::DELETION_NEEDS_WORD;
        if !context.store.was_let_in(row.sender, id, why).await? {
            return Ok(Looked::NeedsWord);
        }
    }
    let planned = plan::decide(context, folders, row, package, known.may_be_planned).await?;
    let folders = Arc::clone(folders);
    let staged = blocking(move || {
        let (import, files) = planned.files.destination(&folders);
        let staged = import.stage(id, &files).map_err(Fault::Folder)?;
        Ok(Looked::Staged(Box::new(planned), staged))
    });
    staged.await.unwrap_or(Err(Fault::Internal))
}

/// Whether a package withdraws what another one brought.
fn is_deletion(package: &Package) -> bool {
    let mut names = package.files().filter_map(|(file, _)| FileName::parse(&file.name).ok());
    names.any(|name| name.kind.is_deletion())
}

/// Shows the files of each set in its turn and makes that durable. After a fault the sets behind it
/// are `unshown`.
async fn show(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    sets: Vec<Set>,
    unshown: &mut Vec<MessageId>,
) -> (Vec<(IncomingRow, PlacingOutcome)>, Option<(IncomingRow, Fault)>) {
    if sets.is_empty() {
        return (Vec::new(), None);
    }
    let rows: Vec<IncomingRow> = sets.iter().map(|set| set.row.clone()).collect();
    let (shared, lang) = (Arc::clone(folders), context.lang());
    let shown = blocking(move || show_in_turn(&shared, sets, lang)).await;
    let Some((shown, failed, rest)) = shown else {
        let failed = rows.into_iter().map(|row| (row, PlacingOutcome::Failed(code::INTERNAL)));
        return (failed.collect(), None);
    };
    unshown.extend(rest);

    let settle = |(set, withheld): (Set, Option<Withheld>)| {
        let folders = Arc::clone(folders);
        let row = set.row.clone();
        async move {
            let settled = blocking(move || {
                let (import, _) = set.files.destination(&folders);
                import.settle(&set.staged).map(|()| set)
            });
            let settled = settled.await.ok_or(Fault::Internal);
            (row, withheld, settled.and_then(|settled| settled.map_err(Fault::Folder)))
        }
    };
    let settled: Vec<_> = stream::iter(shown).map(settle).buffered(AT_A_TIME).collect().await;
    let shared = Arc::clone(folders);
    let synced = blocking(move || shared.sync()).await.ok_or(Fault::Internal);
    let synced = synced.and_then(|synced| synced.map_err(Fault::Folder));
    type Settled = (IncomingRow, Option<Withheld>, Result<Set, Fault>);
    let outcome = |(row, withheld, settled): Settled| {
        let outcome = match (settled, &synced) {
            (Ok(set), Ok(())) => match withheld {
                Some(withheld) => PlacingOutcome::Held(withheld),
                None => PlacingOutcome::Placed(Box::new(set.package), set.detail),
            },
            (Err(fault), _) => PlacingOutcome::Failed(told(context, &row, &fault)),
            (Ok(_), Err(fault)) => PlacingOutcome::Failed(told(context, &row, fault)),
        };
        (row, outcome)
    };
    let outcomes = settled.into_iter().map(outcome).collect();
    (outcomes, failed.map(|(row, error)| (row, Fault::Folder(error))))
}

/// The sets that were shown or held, the one that failed, and those behind it.
type Shown = (Vec<(Set, Option<Withheld>)>, Option<(IncomingRow, FolderError)>, Vec<MessageId>);

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
            Ok(withheld) => shown.push((set, withheld)),
            Err(error) => failed = Some((set.row, error)),
        }
    }
    (shown, failed, rest)
}

/// Nothing if all files are in the import folder; otherwise they are in the hold folder.
fn show_one(
    folders: &ImportFolders,
    set: &Set,
    lang: Lang,
) -> Result<Option<Withheld>, FolderError> {
    let (import, files) = set.files.destination(folders);
    let placements = import.reveal(&set.staged, &files)?;
    let is_conflict =
        |placement: &Placement| matches!(placement, Placement::Conflict | Placement::Withheld);
    if !placements.iter().any(is_conflict) {
        return Ok(None);
    }
    let row = &set.row;
    tracing::warn!(id = %row.id, sender = %row.sender,
        "another file of the same name lies in the import folder; the set is held");
    let conflicts: Vec<usize> = placements
        .iter()
        .enumerate()
        .filter_map(|(place, placement)| (*placement == Placement::Conflict).then_some(place))
        .collect();
    let in_the_way = conflicts.iter().filter_map(|place| set.files.bare_name(*place)).collect();
    let sent_as = conflicts.first().and_then(|place| set.files.sent_as(*place));
    // What is kept for people is what came, whatever the care software would have got.
    let (_, received) = destination(folders, &set.package);
    let why = (code::IMPORT_NAME_TAKEN, in_the_way);
    let kept = withheld::keep(folders, row, &named(&received), why, lang)?;
    let is_shown = |placement: &Placement| *placement == Placement::Placed;
    let unshown = !placements.iter().any(is_shown);
    Ok(Some(Withheld { sent_as, unshown, ..kept }))
}

/// Stores what became of packages.
pub(super) async fn note(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    outcomes: Vec<(IncomingRow, PlacingOutcome)>,
) -> (Placed, Result<(), StoreError>) {
    let now = context.now();
    let store = async |(row, outcome): (IncomingRow, PlacingOutcome)| {
        let (event, note, package) = match outcome {
            PlacingOutcome::Placed(package, detail) => {
                (IncomingEvent::FilesPlaced, IncomingNote::code(detail), Some(*package))
            }
            PlacingOutcome::Held(withheld) => {
                let Withheld { code, sent_as, folder, unshown } = withheld;
                match withheld::receipt(context, &row, code, sent_as, now).await {
                    Ok(receipt) => {
                        let folder = Some(folder.unwrap_or_default());
                        let note =
                            IncomingNote { receipt, folder, unshown, ..IncomingNote::code(code) };
                        (IncomingEvent::Withheld, note, None)
                    }
                    Err(Fault::Store(error)) => return Err(error),
                    // Nobody is left in the dark: it is held when the sender can be told.
                    Err(fault) => {
                        let code = told(context, &row, &fault);
                        (IncomingEvent::PlacingFailed, IncomingNote::code(code), None)
                    }
                }
            }
            PlacingOutcome::Failed(code) => {
                let receipt = withheld::late_receipt(context, &row, code, now).await;
                let note = IncomingNote { receipt, ..IncomingNote::code(code) };
                (IncomingEvent::PlacingFailed, note, None)
            }
        };
        let tells = note.receipt.is_some();
        let stored = context.store.incoming_event(row.sender, row.id, event, note, now).await;
        if stored.is_ok() && tells {
            context.wake.issued.announce();
        }
        stored.map(|transition| (row, transition.after, package))
    };
    // At the same time, so that they share a transaction.
    let (mut placed, mut is_any_held, mut broken) = (Vec::new(), false, None);
    let mut is_any_recalled = false;
    for stored in join_all(outcomes.into_iter().map(store)).await {
        match stored {
            Ok((row, Incoming::Placed, package)) => placed.push((row, package)),
            // What was shown of it stays known, so that a release places nothing twice.
            Ok((_, Incoming::Held, _)) => is_any_held = true,
            Ok((_, Incoming::Recalled, _)) => is_any_recalled = true,
            Ok((_, Incoming::Committed { .. } | Incoming::Rejected | Incoming::HandedOver, _)) => {}
            Err(error) => broken = Some(error),
        }
    }
    if is_any_recalled && let Err(error) = hold_copies::remove_recalled(context).await {
        broken = Some(error);
    }
    if !placed.is_empty() || is_any_held {
        context.notices.clear(code::PLACING_STOPPED, &of_import(folders.office));
    }
    (placed, broken.map_or(Ok(()), Err))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::at_rest::{AtRest, FILE};

    /// A set is copied into the hold folder, and its sender has it back before that is written down.
    #[tokio::test]
    async fn no_copies_stay_of_what_is_taken_back_while_they_are_made() {
        let node = AtRest::new().await;
        let (context, folders) = (&node.context, &node.folders.import);
        let id = node.came().await;
        let row = context.store.incoming(node.partner, id).await.expect("read");
        let why = (code::DELETION_NEEDS_WORD, Vec::new());
        let kept = withheld::keep(folders, &row, &[FILE], why, Lang::En).expect("kept");
        assert_eq!(node.names("hold").len(), 1);
        node.is_taken_back(id).await;
        let (placed, noted) = note(context, folders, vec![(row, PlacingOutcome::Held(kept))]).await;
        noted.expect("noted");
        assert!(placed.is_empty());
        assert_eq!(node.names("hold"), [""; 0]);
        assert!(context.store.recalled_copies().await.expect("read").is_empty());
    }

    /// What the disk did not let go of, or a crash left there, goes later.
    #[tokio::test]
    async fn copies_of_what_was_taken_back_go_later() {
        let node = AtRest::new().await;
        let (context, folders) = (&node.context, &node.folders.import);
        let id = node.came().await;
        let row = context.store.incoming(node.partner, id).await.expect("read");
        let why = (code::DELETION_NEEDS_WORD, Vec::new());
        let kept = withheld::keep(folders, &row, &[FILE], why, Lang::En).expect("kept");
        note(context, folders, vec![(row, PlacingOutcome::Held(kept))]).await.1.expect("noted");
        // The node is killed between the two.
        node.is_taken_back(id).await;
        assert_eq!(node.names("hold").len(), 1);
        hold_copies::remove_recalled(context).await.expect("removed");
        assert_eq!(node.names("hold"), [""; 0]);
    }
}
