//! The listening side of the page: few connections, and none that may dawdle.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_service::Service as _;

use super::routes;
use super::state::Shared;
use crate::work::{self, watch};

/// Connections at a time. A browser opens six of them.
const CONNECTIONS: usize = 64;

/// How long the head of a request may take, and how long a connection may stand still between two.
const HEAD: Duration = Duration::from_secs(15);

/// The longest head of a request in bytes.
const HEAD_BYTES: usize = 16 << 10;

/// How long requests may take to be answered when the page ends.
const GRACE: Duration = Duration::from_millis(500);

/// How long to wait after the operating system could not give us a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    let router = routes::router(shared);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let tcp = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            Some(ended) = connections.join_next() => {
                if ended.is_err_and(|fault: tokio::task::JoinError| fault.is_panic()) {
                    // The text of a panic may quote data.
                    tracing::error!("a request of the page ended with a panic");
                }
                continue;
            }
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => tcp,
                Err(error) => {
                    tracing::debug!(%error, "no connection of the page could be taken");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        // Whoever comes beyond that is turned away at once, so that nobody is kept waiting in a queue
        // that somebody else fills.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let serving = serve(tcp, router.clone(), stopping.clone());
        connections.spawn(work::task(async move {
            serving.await;
            drop(place);
        }));
    }
    let finish = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, finish).await.is_err() {
        connections.shutdown().await;
    }
}

async fn serve(tcp: TcpStream, router: Router, mut stopping: watch::Receiver<bool>) {
    let _ = tcp.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(call(&mut router, request).await) }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(tcp), service);
    tokio::pin!(http);
    let ended = tokio::select! {
        ended = &mut http => Some(ended),
        () = stopped(&mut stopping) => None,
    };
    match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "a connection of the page broke"),
        None => {
            http.as_mut().graceful_shutdown();
            let _ = http.await;
        }
    }
}

/// Waits until the page ends.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn call(router: &mut Router, request: Request<Incoming>) -> axum::response::Response {
    match router.call(request.map(Body::new)).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}
