//! Keeps the lists of the store: follows the journal, and looks into packages for the people in them.
//!
//! Nothing waits for it, and it waits for everything else: it takes small pieces with pauses between
//! them, and looks into few packages while many come and go. What it finds of an older store, or was
//! stopped at, it goes on with.

use std::sync::Arc;
use std::time::Duration;

use super::context::{Context, blocking, log_store_fault, stopped};
use super::supervise::Beat;
use crate::contents;
use crate::package;
use crate::store::{EntryId, ReadContents, StoreError, Unread};
use crate::transfer::Direction;
use crate::work::{self, watch};

/// How often to look for something new.
const INTERVAL: Duration = Duration::from_secs(1);

/// Between two pieces of work.
const PAUSE: Duration = Duration::from_millis(20);

/// How long to leave the store alone after a fault of its own.
const AFTER_FAULT: Duration = Duration::from_mins(1);

/// Packages that are looked into before it is written down.
const PIECE: u32 = 16;

/// Steps in the journal since the last look of which the node has much to do.
const BUSY: u32 = 64;

/// How long it may well take to look into one package.
const LONGEST_LOOK: Duration = Duration::from_mins(1);

/// A package that the disk does not give so often is passed over.
const MOST_ATTEMPTS: u32 = 3;

pub(super) async fn run(context: Arc<Context>, beat: Beat, mut stopping: watch::Receiver<bool>) {
    let mut failing = None;
    while !*stopping.borrow() {
        let pause = match turn(&context, &beat, &stopping, &mut failing).await {
            Ok(Turn::Pause) => PAUSE,
            Ok(Turn::Sleep) => work::pause(INTERVAL),
            Err(error) => {
                log_store_fault(&error, "the lists cannot be brought up to date");
                AFTER_FAULT
            }
        };
        beat.sleeps(pause);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What comes after a piece of work.
enum Turn {
    /// There is more to do.
    Pause,
    /// There is nothing more to do at the moment.
    Sleep,
}

/// A package that could not be read, and how often.
type Failing = Option<(EntryId, u32)>;

async fn turn(
    context: &Arc<Context>,
    beat: &Beat,
    stopping: &watch::Receiver<bool>,
    failing: &mut Failing,
) -> Result<Turn, StoreError> {
    beat.works("following the journal");
    let followed = context.store.follow_journal().await?;
    if followed.has_more {
        return Ok(Turn::Pause);
    }
    let is_busy = followed.rows >= BUSY;
    let unread = context.store.unread(if is_busy { 1 } else { PIECE }).await?;
    let mut found = Vec::new();
    let mut fault = None;
    for package in &unread {
        if *stopping.borrow() {
            break;
        }
        beat.works_for("looking into a package", LONGEST_LOOK);
        match look_into(context, *package).await {
            Ok(contents) => found.push((package.entry, contents)),
            Err(error) => {
                fault = Some(error);
                if has_failed_enough(failing, package.entry) {
                    tracing::warn!(id = %package.id, "a package is passed over in the lists");
                    found.push((package.entry, ReadContents::Unreadable));
                }
                break;
            }
        }
    }
    if !found.is_empty() {
        beat.works("writing down who is in packages");
        context.store.note_contents(found).await?;
    }
    match fault {
        Some(error) => Err(error),
        None if unread.is_empty() || is_busy => Ok(Turn::Sleep),
        None => Ok(Turn::Pause),
    }
}

fn has_failed_enough(failing: &mut Failing, entry: EntryId) -> bool {
    let times = failing.filter(|(former, _)| *former == entry).map_or(0, |(_, times)| times) + 1;
    *failing = Some((entry, times));
    times >= MOST_ATTEMPTS
}

/// What a package says. An error is one that may pass.
async fn look_into(
    context: &Arc<Context>,
    Unread { direction, partner, id, .. }: Unread,
) -> Result<ReadContents, StoreError> {
    let stored = match direction {
        Direction::Out => context.store.outgoing_package(id).await,
        Direction::In => context.store.incoming_package(partner, id).await,
    };
    let package = match stored {
        Ok(package) => package,
        Err(StoreError::NoLongerKept | StoreError::NotFound) => return Ok(ReadContents::Gone),
        Err(StoreError::Damaged(_)) => {
            tracing::warn!(%id, "a damaged package is passed over in the lists");
            return Ok(ReadContents::Unreadable);
        }
        Err(error) => return Err(error),
    };
    let (spec, limits) = (context.spec, context.package_limits());
    let found = blocking(move || {
        let package = package::open_again(package, &limits).ok()?;
        if package.manifest().is_of_attachments() {
            return Some(contents::of_attachments(package.manifest().about()));
        }
        let files = package.files().map(|(file, bytes)| (file.name.as_str(), bytes.as_ref()));
        Some(contents::read(spec, files))
    });
    Ok(found.await.flatten().map_or(ReadContents::Unreadable, ReadContents::Found))
}
