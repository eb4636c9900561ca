//! What has to be looked after now and then: the time of keeping, the dates of certificates.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;

use super::context::{Context, blocking, stopped};
use super::dispatch;
use super::problems::Problems;
use super::proof;
use super::supervise::Beat;
use super::systemd;

/// How often to look.
const INTERVAL: Duration = Duration::from_hours(1);

/// How long it may well take to remove old packages.
const LONGEST_PURGE: Duration = Duration::from_mins(10);

/// Certificates and revocation lists that end within this time are told of.
const WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) async fn run(context: Arc<Context>, beat: Beat, mut stopping: watch::Receiver<bool>) {
    warn_of_dates(&context);
    loop {
        // Not at the start: the clock of a PC may be wrong until the network has set it.
        beat.sleeps(INTERVAL);
        tokio::select! {
            () = stopped(&mut stopping) => break,
            () = context.wake.reload.notified() => {
                beat.works("reading certificates");
                systemd::reloading();
                reload(&context).await;
                warn_of_dates(&context);
                systemd::ready();
                continue;
            }
            () = tokio::time::sleep(INTERVAL) => {}
            () = context.wake.reload.notified() => {}
        }
        beat.works("reading certificates");
        reload(&context).await;
        beat.works_for("removing old packages", LONGEST_PURGE);
        purge(&context).await;
        dispatch::expire_overdue(&context).await;
        warn_of_dates(&context);
    }
}

async fn purge(context: &Context) {
    let now = context.now();
    let keep = &context.config.retention;
    let before = |kept: SignedDuration| now.checked_sub(kept).unwrap_or(jiff::Timestamp::MIN);
    match context.store.purge(before(keep.packages), before(keep.records)).await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "packages past their time of keeping were removed"),
        Err(error) => tracing::error!(code = error.code(), %error, "nothing could be removed"),
    }
}

/// Reads certificates and revocation lists again. What cannot be used is told, and what was read
/// before stays.
async fn reload(context: &Arc<Context>) {
    let shared = Arc::clone(context);
    let reloaded = blocking(move || {
        let mut problems = Problems::default();
        let opened = proof::open(&shared.config, shared.now(), &mut problems);
        if let Some((proof, settings)) = opened.filter(|_| problems.0.is_empty()) {
            match shared.tls.reload(settings) {
                Ok(()) => {
                    shared.set_proof(proof);
                    tracing::info!("certificates and revocation lists were read again");
                }
                Err(error) => tracing::error!(%error, "the TLS certificate cannot be used"),
            }
        }
        for problem in problems.0 {
            tracing::error!(code = problem.code, place = problem.place, "{}", problem.en);
        }
    });
    reloaded.await.unwrap_or_default();
}

fn warn_of_dates(context: &Context) {
    let now = context.now();
    let soon = now.checked_add(WARNING).unwrap_or(now);
    let proof = context.proof();
    for (place, until) in proof.ending(soon) {
        tracing::warn!(place, %until, "a certificate of ours ends soon");
    }
    for list in proof.trust.revocation_lists().filter(|list| list.next_update < now) {
        tracing::warn!(next_update = %list.next_update, "a revocation list is out of date");
    }
}
