//! What has to be looked after now and then: the time of keeping, the dates of certificates.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;

use super::context::{Context, stopped};
use crate::package::CertificateInfo;

/// How often to look.
const INTERVAL: Duration = Duration::from_hours(1);

/// Certificates and revocation lists that end within this time are told of.
const WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) async fn run(context: Arc<Context>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        purge(&context).await;
        warn_of_dates(&context);
        tokio::select! {
            () = stopped(&mut stopping) => break,
            () = tokio::time::sleep(INTERVAL) => {}
        }
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

fn warn_of_dates(context: &Context) {
    let now = context.now();
    let soon = now.checked_add(WARNING).unwrap_or(now);
    for (office, signer) in &context.signers {
        let info =
            signer.chain().first().and_then(|certificate| CertificateInfo::of(certificate).ok());
        if let Some(info) = info.filter(|info| info.not_after < soon) {
            tracing::warn!(%office, until = %info.not_after, "the signing certificate ends soon");
        }
    }
    for list in context.trust.revocation_lists() {
        if list.next_update < now {
            tracing::warn!(next_update = %list.next_update, "a revocation list is out of date");
        }
    }
}
