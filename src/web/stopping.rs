//! The end of the page.

use crate::work::watch;

/// Waits until the page ends.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
