//! What programs ask that watch a relay: `/healthz` and `/metrics`, in plain HTTP, for this computer
//! alone.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::service::Mailboxes;
use super::store::RelayStore;
use crate::work::watch;

/// How long the store may take to say that it is there.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Serves until it is told to stop.
pub(super) async fn serve<S: RelayStore>(
    listener: TcpListener,
    mailboxes: Arc<Mailboxes<S>>,
    mut stopping: watch::Receiver<bool>,
) {
    let router = Router::new()
        .route("/healthz", get(health::<S>))
        .route("/metrics", get(metrics::<S>))
        .with_state(mailboxes);
    let stopped = async move { crate::work::stopped(&mut stopping).await };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::warn!(%error, "the address for programs that watch is not served any more");
    }
}

async fn health<S: RelayStore>(State(mailboxes): State<Arc<Mailboxes<S>>>) -> impl IntoResponse {
    let mut code = StatusCode::OK;
    let mut text = String::new();
    for told in mailboxes.told_of_own() {
        if told.is_refused {
            code = StatusCode::SERVICE_UNAVAILABLE;
        }
        text.push_str(&told.en);
        text.push('\n');
    }
    if !matches!(timeout(PATIENCE, mailboxes.store.totals()).await, Ok(Ok(_))) {
        code = StatusCode::SERVICE_UNAVAILABLE;
        text.push_str("the store does not answer\n");
    }
    if code == StatusCode::OK {
        text.push_str("ok\n");
    }
    (code, text)
}

async fn metrics<S: RelayStore>(State(mailboxes): State<Arc<Mailboxes<S>>>) -> impl IntoResponse {
    let totals = timeout(PATIENCE, mailboxes.store.totals()).await.ok().and_then(Result::ok);
    let text = mailboxes.counts.text(totals.as_ref(), mailboxes.own().end());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
