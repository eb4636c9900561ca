//! Places attachments: beside the sets, which never wait for them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::super::context::{Context, blocking, log_store_fault, stopped};
use super::super::folders::ImportFolders;
use super::super::scanner::{Scanned, longest, scan};
use super::super::supervise::Beat;
use super::super::wake::{wake, woken};
use super::batch::{PlacingOutcome, note};
use super::withheld::Withheld;
use super::{CERTIFICATE_PAUSE, CLOCK_PAUSE, Fault, LONGEST_SLEEP, STORE_PAUSE, told};
use crate::folder::Attached;
use crate::package::{Package, open_again};
use crate::store::{IncomingRow, StoreError};
use crate::transfer::{Incoming, due_at};
use crate::types::code;
use crate::work::watch;

/// Packages that are looked for at a time.
const AT_A_TIME: u32 = 16;

/// How long placing one package may well take, beside its scanner.
const LONGEST_PLACING: Duration = Duration::from_mins(10);

pub(in super::super) async fn run(
    context: Arc<Context>,
    folders: Arc<ImportFolders>,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let office = folders.office;
    while !*stopping.borrow() {
        let sleep = match place_due(&context, &folders, &beat, &stopping).await {
            Ok(sleep) => sleep,
            Err(error) => {
                log_store_fault(&error, "placing of attachments pauses");
                STORE_PAUSE
            }
        };
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = woken(&context.wake.attachments, &office) => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Places what is due, and says how long to sleep.
async fn place_due(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    beat: &Beat,
    stopping: &watch::Receiver<bool>,
) -> Result<Duration, StoreError> {
    beat.works("looking for attachments to place");
    if !context.believes_clock() {
        return Ok(CLOCK_PAUSE);
    }
    if context.proof().usable_signer(folders.office, context.now()).is_err() {
        return Ok(CERTIFICATE_PAUSE);
    }
    let waiting = context.store.unplaced_attachments(folders.office, AT_A_TIME).await?;
    for row in waiting {
        if *stopping.borrow() {
            return Ok(Duration::ZERO);
        }
        let now = context.now();
        if let Incoming::Committed { next_at, .. } = row.state {
            let wait = Duration::try_from(due_at(next_at, now).duration_since(now));
            let wait = wait.unwrap_or_default();
            if !wait.is_zero() {
                return Ok(wait.min(LONGEST_SLEEP));
            }
        }
        beat.works_for("placing attachments", LONGEST_PLACING + longest(context));
        let Some(outcome) = place(context, folders, &row).await? else { continue };
        let (placed, stored) = note(context, folders, vec![(row, outcome)]).await;
        stored?;
        if !placed.is_empty() {
            // Their handover is signed there.
            wake(&context.wake.placing, &folders.office);
        }
    }
    // A full look may have left some.
    let more = context.store.unplaced_attachments(folders.office, 1).await?;
    Ok(more.first().map_or(LONGEST_SLEEP, |_| Duration::from_millis(100)))
}

/// What becomes of one package; nothing of one that its sender has taken back. Only a fault of the
/// store is returned.
async fn place(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    row: &IncomingRow,
) -> Result<Option<PlacingOutcome>, StoreError> {
    let package = match opened(context, row).await {
        Ok(package) => package,
        Err(Fault::Store(error)) => return Err(error),
        Err(Fault::Package(code)) => {
            tracing::error!(id = %row.id, code, "a stored package cannot be opened; it is held");
            return Ok(Some(PlacingOutcome::Held(Withheld::without_files(code))));
        }
        Err(fault) => return Ok(Some(PlacingOutcome::Failed(told(context, row, &fault)))),
    };
    let files: Vec<Bytes> = package.files().map(|(_, bytes)| bytes.clone()).collect();
    for bytes in files {
        match scan(context, bytes).await {
            Scanned::Clean => {}
            Scanned::Found => {
                tracing::warn!(id = %row.id, sender = %row.sender,
                    "the scanner has found something in an attachment; it is held");
                // Nothing of it is laid anywhere.
                let held = Withheld::without_files(code::ATTACHMENT_INFECTED);
                return Ok(Some(PlacingOutcome::Held(held)));
            }
            Scanned::Failed => {
                return Ok(Some(PlacingOutcome::Failed(code::ATTACHMENT_SCANNER)));
            }
        }
    }
    let (shared, id, sender) = (Arc::clone(folders), row.id, row.sender);
    if context.store.begin_placing(vec![(sender, id)]).await?.is_empty() {
        return Ok(None);
    }
    let placed = blocking(move || {
        let placed = shared.attachments.place(id, sender, &attached(&package));
        placed.map(|()| package).map_err(Fault::Folder)
    });
    Ok(Some(match placed.await.unwrap_or(Err(Fault::Internal)) {
        Ok(package) => PlacingOutcome::Placed(Box::new(package), ""),
        Err(fault) => PlacingOutcome::Failed(told(context, row, &fault)),
    }))
}

async fn opened(context: &Arc<Context>, row: &IncomingRow) -> Result<Package, Fault> {
    let stored = context.store.incoming_package(row.sender, row.id).await?;
    let limits = context.package_limits();
    let opened = move || open_again(stored, &limits).map_err(|fault| Fault::Package(fault.code()));
    blocking(opened).await.unwrap_or(Err(Fault::Internal))
}

fn attached(package: &Package) -> Vec<Attached<'_>> {
    let files = package.files().filter_map(|(listed, bytes)| {
        let document = listed.document.as_ref()?;
        Some(Attached {
            title: &document.title,
            kind: document.kind.as_ref(),
            month: document.month,
            bytes,
        })
    });
    files.collect()
}
