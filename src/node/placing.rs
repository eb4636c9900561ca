//! Puts received files into the import folder of one office, each sender's in ascending 連番.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use super::context::{Context, blocking, stopped, woken};
use super::judge;
use super::start::ImportFolders;
use crate::folder::{FolderError, Placement};
use crate::package::{Package, Receipt, ReceiptKind, open};
use crate::route::{Turn, Waiting, next_turn};
use crate::store::{IncomingRow, StoreError};
use crate::transfer::{Incoming, IncomingEvent};
use crate::types::{Digest, FileKind, FileName, OfficeNumber};

/// Waiting packages of one sender that are looked at together.
const LOOK_AHEAD: u32 = 256;

/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Looks again after this time whatever happens.
const LONGEST_SLEEP: Duration = Duration::from_mins(5);

/// Why a package could not go on its way.
enum Fault {
    /// The store failed; nothing else makes sense until it works again.
    Store(StoreError),
    /// The package in the store cannot be opened any more.
    Package(&'static str),
    /// The folders do not take the files now.
    Folder(FolderError),
    /// A fault of our own.
    Internal,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) async fn run(
    context: Arc<Context>,
    folders: ImportFolders,
    mut stopping: watch::Receiver<bool>,
) {
    let folders = Arc::new(folders);
    let office = folders.office;
    while !*stopping.borrow() {
        let sleep = match place_all(&context, &folders, &stopping).await {
            Ok(sleep) => sleep,
            Err(error) => {
                tracing::error!(%office, code = error.code(), %error, "placing pauses");
                STORE_PAUSE
            }
        };
        tokio::select! {
            () = stopped(&mut stopping) => break,
            () = woken(&context.wake.placing, &office) => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Places everything whose turn has come and says how long to sleep.
async fn place_all(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    stopping: &watch::Receiver<bool>,
) -> Result<Duration, StoreError> {
    let office = folders.office;
    for row in context.store.placed(office).await? {
        sign_handover(context, folders, &row, None).await?;
    }
    let mut sleep = LONGEST_SLEEP;
    for sender in context.store.senders_waiting(office).await? {
        while !*stopping.borrow() {
            let now = context.now();
            let rows = context.store.unplaced(office, sender, LOOK_AHEAD).await?;
            let turn = turn(context, office, sender, &rows, now).await?;
            let id = match turn {
                Turn::Place(id) => id,
                Turn::Until(then) => {
                    let wait = Duration::try_from(then.duration_since(now)).unwrap_or_default();
                    sleep = sleep.min(wait.max(Duration::from_millis(1)));
                    break;
                }
                Turn::Idle => break,
            };
            let Some(row) = rows.iter().find(|row| row.id == id) else { break };
            place(context, folders, row).await?;
        }
    }
    Ok(sleep)
}

async fn turn(
    context: &Context,
    office: OfficeNumber,
    sender: OfficeNumber,
    rows: &[IncomingRow],
    now: Timestamp,
) -> Result<Turn, StoreError> {
    let waiting: Vec<Waiting> = rows
        .iter()
        .map(|row| Waiting {
            id: row.id,
            sequence: row.sequence,
            serial: row.serial,
            committed_at: row.created_at,
            not_before: match row.state {
                Incoming::Committed { next_at, .. } => next_at,
                Incoming::Rejected | Incoming::Placed | Incoming::HandedOver | Incoming::Held => {
                    row.created_at
                }
            },
        })
        .collect();
    let first = waiting.iter().min_by_key(|package| (package.serial, package.sequence));
    let settled = match first {
        Some(first) => context.store.settled_before(office, sender, first.sequence).await?,
        None => None,
    };
    let settled: Vec<u64> = settled.into_iter().collect();
    Ok(next_turn(&waiting, &settled, context.config.timing.order_wait, now))
}

/// Places one package and signs the handover. Only a fault of the store is returned; every other
/// one is stored with the package, which is tried again later.
async fn place(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    row: &IncomingRow,
) -> Result<(), StoreError> {
    let (event, detail, package) = match placed(context, folders, row).await {
        Ok((true, package)) => (IncomingEvent::FilesPlaced, String::new(), Some(package)),
        Ok((false, package)) => {
            tracing::warn!(id = %row.id, sender = %row.sender,
                "another file of the same name lies in the import folder; the set is held");
            (IncomingEvent::FilesHeld, "import-name-taken".to_owned(), Some(package))
        }
        Err(Fault::Store(error)) => return Err(error),
        Err(Fault::Folder(error)) => {
            tracing::warn!(id = %row.id, code = error.code(), %error,
                "the files could not be placed; it is tried again");
            (IncomingEvent::PlacingFailed, error.code().to_owned(), None)
        }
        Err(Fault::Package(code)) => {
            tracing::error!(id = %row.id, code, "a stored package cannot be opened");
            (IncomingEvent::PlacingFailed, code.to_owned(), None)
        }
        Err(Fault::Internal) => (IncomingEvent::PlacingFailed, "internal".to_owned(), None),
    };
    let now = context.now();
    let (state, _) =
        context.store.incoming_event(row.sender, row.id, event, detail, None, now).await?;
    match state {
        Incoming::Placed => sign_handover(context, folders, row, package).await,
        Incoming::Held => {
            forget(folders, row).await;
            Ok(())
        }
        Incoming::Committed { .. } | Incoming::Rejected | Incoming::HandedOver => Ok(()),
    }
}

/// Whether all files are in the import folder; otherwise they are in the hold folder.
async fn placed(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    row: &IncomingRow,
) -> Result<(bool, Package), Fault> {
    let bytes = context.store.incoming_package(row.sender, row.id).await?;
    let limits = context.package_limits();
    let (folders, lang) = (Arc::clone(folders), context.lang());
    let (id, unit) = (row.id, judge::unit_name(row.serial, row.sender, row.office));
    blocking(move || {
        let package = open(bytes, &limits).map_err(|fault| Fault::Package(fault.code()))?;
        let files = in_order(&package);
        let import = folders.import(files.iter().filter_map(|(kind, _, _)| *kind));
        let named: Vec<(&str, &[u8])> =
            files.iter().map(|(_, name, bytes)| (*name, bytes.as_ref())).collect();
        let placements = import.place(id, &named).map_err(Fault::Folder)?;
        let conflict = placements
            .iter()
            .any(|placement| matches!(placement, Placement::Conflict | Placement::Withheld));
        if conflict {
            let note = judge::conflict_note(&unit, lang);
            let notes = [("report.txt", note.as_bytes())];
            folders.hold.keep(&unit, &named, &notes).map_err(Fault::Folder)?;
        }
        Ok((!conflict, package))
    })
    .await
    .unwrap_or(Err(Fault::Internal))
}

/// The files, parents before their dependants.
fn in_order(package: &Package) -> Vec<(Option<FileKind>, &str, &Bytes)> {
    let mut files: Vec<_> = package
        .files()
        .map(|(file, bytes)| {
            let kind = FileName::parse(&file.name).ok().map(|name| name.kind);
            (kind, file.name.as_str(), bytes)
        })
        .collect();
    files.sort_by_key(|(kind, name, _)| (*kind, *name));
    files
}

/// Signs and stores the handover receipt of a placed package.
async fn sign_handover(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    row: &IncomingRow,
    package: Option<Package>,
) -> Result<(), StoreError> {
    let consignment = context.store.first_receipt(row.sender, row.id).await?;
    let bytes = match package {
        Some(package) => package.bytes().clone(),
        None => context.store.incoming_package(row.sender, row.id).await?,
    };
    let now = context.now();
    let limits = context.package_limits();
    let (shared, office) = (Arc::clone(context), row.office);
    let receipt = blocking(move || {
        let package = open(bytes, &limits).map_err(|fault| fault.code())?;
        let receipt = Receipt::about(&package, ReceiptKind::ContentHandover, now)
            .after(Some(Digest::of(&consignment)));
        shared.proof().sign(office, &receipt, now).map_err(|_| "signing-failed")
    })
    .await
    .unwrap_or(Err("internal"));
    match receipt {
        Ok(receipt) => {
            let event = IncomingEvent::HandoverSigned;
            let (sender, id) = (row.sender, row.id);
            context
                .store
                .incoming_event(sender, id, event, String::new(), Some(receipt), now)
                .await?;
            context.wake.issued.announce();
            forget(folders, row).await;
            tracing::info!(%id, %sender, %office, "handed over");
        }
        Err(code) => {
            tracing::error!(id = %row.id, code, "the handover receipt could not be signed");
        }
    }
    Ok(())
}

/// The store says what became of the set, so the import folder need not remember it.
async fn forget(folders: &Arc<ImportFolders>, row: &IncomingRow) {
    let (folders, id) = (Arc::clone(folders), row.id);
    let finished = blocking(move || folders.forget(id)).await;
    if let Some(Err(error)) = finished {
        tracing::warn!(id = %row.id, code = error.code(), %error,
            "a staging folder stays until the next start");
    }
}
