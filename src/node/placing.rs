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
use crate::route::{self, First, Turn};
use crate::store::{IncomingRow, NewReceipt, StoreError};
use crate::transfer::{Incoming, IncomingEvent, due_at};
use crate::types::{Digest, FileKind, FileName, Hashed};

/// Packages of one sender that are placed before the next sender has its turn.
const IN_A_ROW: u32 = 16;

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
        // One package that the disk has lost must not keep those of other senders waiting.
        if error.is_about_one_package() { Self::Package(error.code()) } else { Self::Store(error) }
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

/// Places packages whose turn has come, of each sender some, and says how long to sleep.
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
        let mut in_a_row = 0;
        while let Some(row) = context.store.first_unplaced(office, sender).await? {
            if *stopping.borrow() || in_a_row == IN_A_ROW {
                sleep = Duration::ZERO;
                break;
            }
            let now = context.now();
            if let Turn::Until(then) = turn(context, &row, now).await? {
                let wait = Duration::try_from(then.duration_since(now)).unwrap_or_default();
                sleep = sleep.min(wait.max(Duration::from_millis(1)));
                break;
            }
            place(context, folders, &row).await?;
            in_a_row += 1;
        }
    }
    Ok(sleep)
}

async fn turn(context: &Context, row: &IncomingRow, now: Timestamp) -> Result<Turn, StoreError> {
    let first = First {
        sequence: row.sequence,
        before: context.store.sequence_before(row.office, row.sender, row.sequence).await?,
        committed_at: row.created_at,
        not_before: match row.state {
            Incoming::Committed { next_at, .. } => due_at(next_at, now),
            Incoming::Rejected | Incoming::Placed | Incoming::HandedOver | Incoming::Held => now,
        },
    };
    Ok(route::turn(&first, context.config.timing.order_wait, now))
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

/// Signs and stores the handover receipt of a placed package. Only a fault of the store is
/// returned; after every other one it is tried again later.
async fn sign_handover(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    row: &IncomingRow,
    package: Option<Package>,
) -> Result<(), StoreError> {
    let now = context.now();
    let receipt = match handover(context, row, package, now).await {
        Ok(receipt) => receipt,
        Err(Fault::Store(error)) => return Err(error),
        Err(Fault::Package(code)) => {
            tracing::error!(id = %row.id, code, "the handover receipt could not be signed");
            return Ok(());
        }
        Err(Fault::Folder(_) | Fault::Internal) => return Ok(()),
    };
    let event = IncomingEvent::HandoverSigned;
    let (sender, id) = (row.sender, row.id);
    context.store.incoming_event(sender, id, event, String::new(), Some(receipt), now).await?;
    context.wake.issued.announce();
    forget(folders, row).await;
    tracing::info!(%id, %sender, office = %row.office, "handed over");
    Ok(())
}

/// The signed handover receipt of a package, which is read again where the caller has it not.
async fn handover(
    context: &Arc<Context>,
    row: &IncomingRow,
    package: Option<Package>,
    now: Timestamp,
) -> Result<NewReceipt, Fault> {
    let consignment = context.store.first_receipt(row.sender, row.id).await?;
    let stored = match package {
        Some(_) => Hashed::from(Bytes::new()),
        None => context.store.incoming_package(row.sender, row.id).await?,
    };
    let limits = context.package_limits();
    let (shared, office) = (Arc::clone(context), row.office);
    blocking(move || {
        let package = match package {
            Some(package) => package,
            None => open(stored, &limits).map_err(|fault| Fault::Package(fault.code()))?,
        };
        let receipt = Receipt::about(&package, ReceiptKind::ContentHandover, now)
            .after(Some(Digest::of(&consignment)));
        let signed = shared.proof().sign(office, &receipt, now);
        signed.map_err(|_| Fault::Package("signing-failed"))
    })
    .await
    .unwrap_or(Err(Fault::Internal))
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
