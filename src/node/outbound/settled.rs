//! Shows in the folders what became of the packages of one office: a copy in `sent` once the partner
//! has signed for it, the files with a report in `hold` once it was refused or given up.
//!
//! What is still to be shown is a mark in the store, set with the outcome itself, so that a crash
//! costs nothing; and the copies come out of the stored package: they are the bytes that were signed.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::context::{Context, blocking, stopped};
use super::super::expiry::last_reason;
use super::super::folders::OutcomeFolders;
use super::super::judge;
use super::super::supervise::Beat;
use super::by_hand;
use super::ends;
use super::notes::{self, About};
use crate::folder::{FolderError, Kept};
use crate::package::{Package, Receipt, open};
use crate::store::{HeldRow, SettledRow, StoreError};
use crate::transfer::Outgoing;
use crate::types::{HandChannel, Hashed, code};
use crate::work::watch;

/// Packages that are shown at a time.
const AT_A_TIME: u32 = 32;

/// Even when nobody tells, look again after this time.
const LONGEST_SLEEP: Duration = Duration::from_mins(10);

/// How long it may well take to copy large packages.
const LONGEST_SHOWING: Duration = Duration::from_mins(10);

/// What was half-built in the outbox and left alone for so long is of a crash.
const HALF_BUILT: SignedDuration = SignedDuration::from_hours(1);

/// How long to wait after the disk or the store failed.
const FAULT_PAUSE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("a set cannot be made ready to be handed over: {0}")]
    Outbox(#[from] std::io::Error),
    #[error("work on a blocking thread did not end")]
    Internal,
}

pub(in super::super) async fn run(
    context: Arc<Context>,
    folders: Arc<OutcomeFolders>,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let about = format!("office {} sent", folders.office);
    let mut settling = context.store.settling();
    // The outbox may be another one since, and a person may have thrown away what lies there.
    let mut is_laid = false;
    while !*stopping.borrow() {
        settling.borrow_and_update();
        beat.works_for("showing outcomes", LONGEST_SHOWING);
        if !is_laid {
            sweep(&context, &folders).await;
            is_laid = context.store.lay_outbox(folders.office).await.is_ok();
        }
        let sleep = match show(&context, &folders).await {
            Ok(more) => {
                context.notices.clear(code::OUTCOME_NOT_SHOWN, &about);
                if more { Duration::ZERO } else { LONGEST_SLEEP }
            }
            Err(fault) => {
                let texts = (
                    format!(
                        "送信の結果を送信済みフォルダーまたは保留フォルダーに書き込めません（{fault}）。フォルダーの空き容量とアクセス権を確かめてください。直ると自動で続きます。"
                    ),
                    format!(
                        "the outcome of packages cannot be laid into the sent or the hold folder ({fault}); check room and permissions, it goes on by itself"
                    ),
                );
                context.notices.raise(code::OUTCOME_NOT_SHOWN, about.clone(), texts, context.now());
                FAULT_PAUSE
            }
        };
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            changed = settling.changed(), if sleep == LONGEST_SLEEP => if changed.is_err() { break },
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Shows what is to be shown, as far as it goes; says whether there may be more. What one package
/// keeps from being shown keeps no other back.
async fn show(context: &Arc<Context>, folders: &Arc<OutcomeFolders>) -> Result<bool, Fault> {
    let rows = context.store.settled(folders.office, AT_A_TIME).await?;
    let more = u32::try_from(rows.len()).is_ok_and(|count| count == AT_A_TIME);
    let (mut shown, mut held) = (Vec::new(), Vec::new());
    let mut fault = None;
    for row in rows {
        match show_one(context, folders, row.clone()).await {
            Ok(set) => {
                shown.push(row);
                held.extend(set);
            }
            Err(other) => fault = Some(other),
        }
    }
    if !shown.is_empty() {
        context.store.shown(folders.office, shown, held, context.now()).await?;
    }
    fault.map_or(Ok(more), Err)
}

/// Shows the outcome of one package; returns the row of the set that is now held.
async fn show_one(
    context: &Arc<Context>,
    folders: &Arc<OutcomeFolders>,
    row: SettledRow,
) -> Result<Option<HeldRow>, Fault> {
    if matches!(row.state, Outgoing::Queued { .. }) {
        return Ok(None);
    }
    if row.state.is_delivered() && folders.sent.is_none() && !row.was_given_up {
        return Ok(None);
    }
    let package = match context.store.outgoing_package(row.id).await {
        Ok(package) => Some(package),
        // What the store has lost or no longer keeps cannot be laid anywhere; the report can.
        Err(error) if error.is_about_one_package() => {
            tracing::warn!(id = %row.id, code = error.code(), "no copy of a package can be made");
            None
        }
        Err(error) => return Err(error.into()),
    };
    let why = match row.state {
        Outgoing::Refused | Outgoing::Expired => last_reason(&context.store, row.id).await,
        _ => None,
    };
    let (context, folders, now) = (Arc::clone(context), Arc::clone(folders), context.now());
    blocking(move || lay(&context, &folders, &row, package, why.as_ref(), now))
        .await
        .ok_or(Fault::Internal)?
}

fn lay(
    context: &Context,
    folders: &OutcomeFolders,
    row: &SettledRow,
    package: Option<Hashed>,
    why: Option<&(String, Timestamp)>,
    now: Timestamp,
) -> Result<Option<HeldRow>, Fault> {
    let package = package.and_then(|package| match open(package, &context.package_limits()) {
        Ok(package) => Some(package),
        Err(fault) => {
            tracing::warn!(id = %row.id, code = fault.code(), "no copy of a package can be made");
            None
        }
    });
    let files: Vec<(&str, &[u8])> = package
        .iter()
        .flat_map(Package::files)
        .map(|(file, bytes)| (file.title(), bytes.as_ref()))
        .collect();
    let unit = judge::unit_name(row.serial, folders.office, row.partner);
    let about = About { partner: row.partner, serial: row.serial, lang: context.lang() };
    let (note, reason) = match row.state {
        Outgoing::Queued { .. } | Outgoing::Deposited | Outgoing::RecallAsked => return Ok(None),
        Outgoing::ByHand(channel) => {
            let row = by_hand::row(folders.office, channel, row);
            let unit = row.unit_name();
            if let Some(package) = &package {
                let contents = by_hand::contents(context, &row, package)?;
                folders.outbox.lay(by_hand::place(&row, &unit), &contents)?;
            }
            return Ok(None);
        }
        Outgoing::HandedByPerson(channel) => {
            take_away(folders, row, channel)?;
            if let Some(sent) = &folders.sent
                && !files.is_empty()
            {
                sent.keep(&unit, &files, &[])?;
            }
            return Ok(None);
        }
        Outgoing::Superseded | Outgoing::Recalled => {
            for channel in HandChannel::ALL {
                take_away(folders, row, channel)?;
            }
            return Ok(None);
        }
        Outgoing::Consigned | Outgoing::HeldByRecipient | Outgoing::HandedOver => {
            if let Some(sent) = &folders.sent
                && !files.is_empty()
            {
                sent.keep(&unit, &files, &[])?;
            }
            if row.was_given_up {
                let note = notes::arrived_late(about);
                folders.hold.keep(&unit, &files, &note.files())?;
            }
            return Ok(None);
        }
        Outgoing::Rejected => {
            let trust = &context.proof().trust;
            let limits = context.package_limits();
            let receipt = row.rejection.as_ref();
            let receipt = receipt.and_then(|der| Receipt::open(der, trust, &limits, now).ok());
            let receipt = receipt.map(|verified| verified.receipt);
            let codes = receipt.as_ref().map(Receipt::codes).unwrap_or_default();
            let reason = [code::REJECTED, &codes].join(",");
            (notes::rejected(about, receipt.as_ref()), reason.trim_end_matches(',').to_owned())
        }
        Outgoing::Refused => {
            let note = notes::refused_for_good(about, row.id, row.expires_at, why);
            (note, code::REFUSED_FOR_GOOD.to_owned())
        }
        Outgoing::Expired => (notes::given_up(about, why), code::EXPIRED.to_owned()),
    };
    let kept = folders.hold.keep(&unit, &files, &note.files())?;
    tracing::warn!(id = %row.id, office = %folders.office, reason, "the files of a package are held");
    Ok(Some(held_row(folders, row, &kept, reason, now)))
}

/// Removes what a crash left in the outbox.
async fn sweep(context: &Arc<Context>, folders: &Arc<OutcomeFolders>) {
    let (folders, before) = (Arc::clone(folders), context.now() - HALF_BUILT);
    let swept = blocking(move || folders.outbox.sweep(before.into())).await;
    if let Some(Err(error)) = swept {
        tracing::warn!(code = error.code(), %error, "what was left in the outbox stays there");
    }
}

/// Takes what lies in the outbox for a package away.
fn take_away(
    folders: &OutcomeFolders,
    row: &SettledRow,
    channel: HandChannel,
) -> Result<(), FolderError> {
    let row = by_hand::row(folders.office, channel, row);
    let unit = row.unit_name();
    folders.outbox.take_away(by_hand::place(&row, &unit), |name| by_hand::is_laid(&row, name))
}

fn held_row(
    folders: &OutcomeFolders,
    row: &SettledRow,
    kept: &Kept,
    reason: String,
    now: Timestamp,
) -> HeldRow {
    HeldRow {
        at: now,
        office: folders.office,
        partner: Some(row.partner),
        serial: Some(row.serial),
        unit: row.unit.clone(),
        reason,
        folder: ends::folder_name(kept),
    }
}
