//! Puts received files into the import folder of one office, each sender's in ascending 連番.
//!
//! Packages of one sender that wait are placed together: their files are written at the same time,
//! shown to the care software one set after the other, and made durable at once.

mod attached;
mod batch;
mod copies;
mod files;
mod handover;
mod plan;
mod taken;
mod twice;
mod withheld;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::context::{Context, blocking, log_store_fault, stopped};
use super::folders::ImportFolders;
use super::notices::of_import;
use super::supervise::Beat;
use super::wake::woken;
use crate::folder::FolderError;
use crate::route::{self, First, Turn};
use crate::store::{IncomingRow, StoreError, UnplacedRow};
use crate::transfer::{Incoming, due_at};
use crate::types::{Lang, MessageId, OfficeNumber, code};
use crate::work::watch;

use batch::Placed;
use taken::Next;

/// Packages of one sender that are placed together, before the next sender has its turn. Only those
/// that lie in the database: a large one is placed alone.
const TOGETHER: u32 = 32;

/// Of these, so many are read, written or signed at a time.
const AT_A_TIME: usize = 8;

/// How long to wait while the certificate of the office is not valid.
const CERTIFICATE_PAUSE: Duration = Duration::from_secs(10);

/// How long to wait while the clock is in doubt.
const CLOCK_PAUSE: Duration = Duration::from_secs(5);

/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Looks again after this time whatever happens.
const LONGEST_SLEEP: Duration = Duration::from_mins(5);

/// How long a batch may well take on a slow share.
const LONGEST_BATCH: Duration = Duration::from_mins(10);

/// Why a package could not go on its way.
pub(super) enum Fault {
    /// The store failed; nothing else makes sense until it works again.
    Store(StoreError),
    /// The package in the store cannot be opened, now or ever.
    Package(&'static str),
    /// The disk did not give it this time.
    Unreadable(&'static str),
    /// The folders do not take the files now.
    Folder(FolderError),
    /// A fault of our own.
    Internal,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        // One package that the disk has lost must not keep those of other senders waiting.
        match error {
            StoreError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::Package(code::STORE_DAMAGED)
            }
            StoreError::Io(_) => Self::Unreadable(error.code()),
            error if error.is_about_one_package() => Self::Package(error.code()),
            error => Self::Store(error),
        }
    }
}

/// The code that a package is held with whose bytes the store cannot give.
pub(super) fn lost_code(error: StoreError) -> &'static str {
    match Fault::from(error) {
        Fault::Package(code) | Fault::Unreadable(code) => code,
        Fault::Store(error) => error.code(),
        Fault::Folder(error) => error.code(),
        Fault::Internal => code::INTERNAL,
    }
}

/// Tells of a fault that is tried again and gives the code to be stored.
fn told(context: &Context, row: &IncomingRow, fault: &Fault) -> &'static str {
    match fault {
        Fault::Folder(error) => {
            let code = error.code();
            let ja = format!(
                "受信したファイルを配置できません。自動でやり直します。{} [{code}]",
                error.text(Lang::Ja)
            );
            let en = format!(
                "received files cannot be placed; it is tried again: {} [{code}]",
                error.text(Lang::En)
            );
            context.notices.raise(
                code::PLACING_STOPPED,
                of_import(row.office),
                (ja, en),
                context.now(),
            );
            code
        }
        Fault::Package(code) | Fault::Unreadable(code) => {
            tracing::error!(id = %row.id, code, "a package cannot be placed; it is tried again");
            code
        }
        Fault::Store(error) => error.code(),
        Fault::Internal => code::INTERNAL,
    }
}

pub(super) use attached::run as place_attachments;
pub(super) use withheld::{
    keep as keep_copies, receipt as failure_receipt, signed as signed_receipt,
};

pub(super) async fn run(
    context: Arc<Context>,
    folders: Arc<ImportFolders>,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let office = folders.office;
    while !*stopping.borrow() {
        let sleep = match place_all(&context, &folders, &beat, &stopping).await {
            Ok(sleep) => sleep,
            Err(error) => {
                log_store_fault(&error, "placing pauses");
                STORE_PAUSE
            }
        };
        beat.sleeps(sleep);
        tokio::select! {
            biased;
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
    beat: &Beat,
    stopping: &watch::Receiver<bool>,
) -> Result<Duration, StoreError> {
    let office = folders.office;
    if !context.believes_clock() {
        // The receipts would be dated wrongly, or signed with what only seems to have ended.
        return Ok(CLOCK_PAUSE);
    }
    if context.proof().usable_signer(office, context.now()).is_err() {
        // What was placed could not be receipted. Why is told where certificates are looked after.
        return Ok(CERTIFICATE_PAUSE);
    }
    beat.works_for("signing handovers", LONGEST_BATCH);
    let placed = context.store.placed(office).await?;
    let mut unsigned: Placed = placed.into_iter().map(|row| (row, None)).collect();
    let placed = place_in_turn(context, folders, beat, stopping, &mut unsigned).await;
    handover::sign(context, folders, unsigned).await?;
    placed
}

/// Places packages of each sender, some of one and then some of the next, until none is ready any
/// more. The handovers of one batch are signed while the next is placed; those of the last are left
/// `unsigned`.
async fn place_in_turn(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    beat: &Beat,
    stopping: &watch::Receiver<bool>,
    unsigned: &mut Placed,
) -> Result<Duration, StoreError> {
    let office = folders.office;
    loop {
        let mut sleep = LONGEST_SLEEP;
        let senders = context.store.senders_waiting(office).await?;
        let senders = match taken::next(context, folders, senders).await? {
            Next::Placed(senders) => senders,
            Next::Waits(pause) => return Ok(pause),
        };
        for sender in senders {
            let may_sign = context.proof().usable_signer(office, context.now()).is_ok();
            if *stopping.borrow() || !may_sign || !context.believes_clock() {
                return Ok(Duration::ZERO);
            }
            beat.works_for("placing files", LONGEST_BATCH);
            let waiting = waiting(context, folders, sender, TOGETHER).await?;
            let (mut ready, pause) = ready(context, waiting);
            if folders.habits.wait_until_taken {
                ready.truncate(1);
            }
            sleep = sleep.min(pause);
            if ready.is_empty() {
                continue;
            }
            let signing = handover::sign(context, folders, std::mem::take(unsigned));
            let placing = batch::place(context, folders, ready);
            let (signed, (placed, stored)) = tokio::join!(signing, placing);
            *unsigned = placed;
            signed.and(stored)?;
            sleep = Duration::ZERO;
        }
        if !sleep.is_zero() {
            return Ok(sleep);
        }
    }
}

/// The packages of a sender that wait to be placed. What comes behind a deletion that a person has not
/// decided about does not count yet.
async fn waiting(
    context: &Context,
    folders: &ImportFolders,
    sender: OfficeNumber,
    limit: u32,
) -> Result<Vec<UnplacedRow>, StoreError> {
    let (store, office) = (&context.store, folders.office);
    let mut waiting = store.unplaced(office, sender, limit).await?;
    if folders.habits.hold_deletions
        && let Some(held) = store.lowest_held(office, sender, code::DELETION_NEEDS_WORD).await?
    {
        waiting.retain(|unplaced| unplaced.row.serial < held);
    }
    Ok(waiting)
}

/// Those from the front whose turn has come and that are placed together, and how long the next
/// one has to wait.
fn ready(context: &Context, waiting: Vec<UnplacedRow>) -> (Vec<IncomingRow>, Duration) {
    let now = context.now();
    let mut ready = Vec::new();
    for unplaced in waiting {
        if let Turn::Until(then) = turn(context, &unplaced, now) {
            let wait = Duration::try_from(then.duration_since(now)).unwrap_or_default();
            return (ready, wait.max(Duration::from_millis(1)));
        }
        let waits = unplaced.is_large && !ready.is_empty() || twice::waits(&ready, &unplaced.row);
        if waits {
            break;
        }
        ready.push(unplaced.row);
        if unplaced.is_large {
            break;
        }
    }
    (ready, LONGEST_SLEEP)
}

fn turn(context: &Context, unplaced: &UnplacedRow, now: Timestamp) -> Turn {
    let UnplacedRow { row, missing_since, .. } = unplaced;
    let first = First {
        missing_since: *missing_since,
        not_before: match row.state {
            Incoming::Committed { next_at, .. } => due_at(next_at, now),
            Incoming::Rejected
            | Incoming::Recalled
            | Incoming::Placed
            | Incoming::HandedOver
            | Incoming::Held => now,
        },
    };
    route::turn(&first, context.config().timing.order_wait, now)
}

/// The store says what became of the sets, so the import folder need not remember them.
pub(super) async fn forget(folders: &Arc<ImportFolders>, ids: Vec<MessageId>) {
    if ids.is_empty() {
        return;
    }
    let folders = Arc::clone(folders);
    let finished = blocking(move || folders.forget(&ids)).await;
    if let Some(Err(error)) = finished {
        tracing::warn!(code = error.code(), %error, "a staging folder stays until the next start");
    }
}
