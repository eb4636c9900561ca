//! The listening side of the page: few connections, and none that may dawdle.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::guard::{self, Peer};
use super::patience::Patient;
use super::tls::PageTls;
use super::{api, evidence};
use crate::types::{Lang, one_site};
use crate::work::{self, stopped, watch};

/// Connections at a time. A browser opens six of them at the most, of which the tab that is seen keeps
/// one for news, and one tab another where somebody chose notifications.
const CONNECTIONS: usize = 256;

/// The same of one site, so that nobody takes the places of the others. All who use the computer of
/// the page itself are one.
const OF_ONE_SITE: usize = 96;

/// How long the TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a request may take from its head to the head of the answer: somebody who sends the rest
/// of a form drop by drop is not waited for.
const REQUEST: Duration = Duration::from_mins(1);

/// The same where all records of a month are written and verified.
const RECORDS: Duration = Duration::from_mins(30);

/// How long the head of a request may take, and how long a connection may stand still between two.
const HEAD: Duration = Duration::from_secs(15);

/// The longest head of a request in bytes.
const HEAD_BYTES: usize = 16 << 10;

/// How long requests may take to be answered when the page ends.
const GRACE: Duration = Duration::from_millis(500);

/// How long what was begun may take to end when the page ends.
const ORDERS: Duration = Duration::from_secs(5);

/// How long to wait after the operating system could not give us a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(
    listener: TcpListener,
    (router, lang): (Router, Lang),
    tls: Option<Arc<PageTls>>,
    mut stopping: watch::Receiver<bool>,
) {
    let places = Arc::new(Places::default());
    let mut connections = JoinSet::new();
    // Whatever changes something holds the one end until it is done.
    let (begun, mut all_done) = mpsc::channel(1);
    loop {
        let (tcp, peer) = tokio::select! {
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
                Ok((tcp, peer)) => (tcp, peer.ip()),
                Err(error) => {
                    tracing::debug!(%error, "no connection of the page could be taken");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        // Whoever comes beyond that is turned away at once, so that nobody is kept waiting in a queue
        // that somebody else fills.
        let Some(place) = Places::take(&places, peer) else { continue };
        let tls = tls.as_ref().map(|tls| TlsAcceptor::from(tls.config()));
        let called = Called { router: router.clone(), lang, begun: begun.clone() };
        let serving = serve(tcp, peer, tls, called, stopping.clone());
        connections.spawn(work::task(async move {
            serving.await;
            drop(place);
        }));
    }
    let finish = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, finish).await.is_err() {
        connections.shutdown().await;
    }
    drop(begun);
    if timeout(ORDERS, all_done.recv()).await.is_err() {
        tracing::warn!("the page ended before everything was done that was begun there");
    }
}

/// The connections that are open, by site.
#[derive(Default)]
struct Places(Mutex<HashMap<IpAddr, usize>>);

/// One of them; given up when it is dropped.
struct Place(Arc<Places>, IpAddr);

impl Places {
    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(places: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let site = one_site(peer);
        let mut open = places.open();
        let all: usize = open.values().sum();
        let here = open.entry(site).or_default();
        if all >= CONNECTIONS || *here >= OF_ONE_SITE {
            return None;
        }
        *here += 1;
        Some(Place(Arc::clone(places), site))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.0.open();
        if let Some(here) = open.get_mut(&self.1) {
            *here = here.saturating_sub(1);
        }
        open.retain(|_, here| *here > 0);
    }
}

async fn serve(
    tcp: TcpStream,
    peer: IpAddr,
    tls: Option<TlsAcceptor>,
    called: Called,
    stopping: watch::Receiver<bool>,
) {
    let _ = tcp.set_nodelay(true);
    let Some(tls) = tls else { return speak(tcp, peer, called, stopping).await };
    match timeout(HANDSHAKE, tls.accept(tcp)).await {
        Ok(Ok(stream)) => speak(stream, peer, called, stopping).await,
        Ok(Err(error)) => tracing::debug!(%error, "a connection of the page is no TLS"),
        Err(_) => tracing::debug!("a TLS handshake of the page took too long"),
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: IpAddr,
    called: Called,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let answer = called.clone().call(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
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

/// What requests are handed to.
#[derive(Clone)]
struct Called {
    router: Router,
    lang: Lang,
    /// Nothing is ever sent: the page waits until nobody holds it any more.
    begun: mpsc::Sender<Infallible>,
}

impl Called {
    /// What changes something goes on to its end where the browser goes away meanwhile: half of it
    /// would be done, and nobody would be told. It begins before anybody waits for the answer, because
    /// nobody ever does where the browser is gone before its request is read.
    fn call(self, request: Request<Incoming>) -> BoxFuture<'static, Response> {
        let Self { mut router, lang, begun } = self;
        let changes = guard::changes(request.method());
        let is_api = api::is_api(request.uri());
        let patience = if request.uri().path() == evidence::SAVE { RECORDS } else { REQUEST };
        let answer = async move {
            match timeout(patience, router.call(request.map(Body::new))).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(never)) => match never {},
                Err(_) if is_api => api::too_late(lang),
                Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
            }
        };
        if !changes {
            return Box::pin(answer);
        }
        let done = work::spawn(async move {
            let answer = answer.await;
            drop(begun);
            answer
        });
        Box::pin(done.map(|done| {
            done.unwrap_or_else(|_| {
                // The text of a panic may quote data.
                tracing::error!("a request of the page ended with a panic");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            })
        }))
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::post;
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    /// On a busy computer a request and the end of its connection are seen at the same time.
    #[tokio::test]
    async fn what_changes_something_is_done_though_the_browser_is_gone() {
        let (does, mut done) = mpsc::channel(1);
        let does = move |asked: String| async move { does.send(asked).await.is_ok().to_string() };
        let (begun, _) = mpsc::channel(1);
        let called = Called { router: Router::new().route("/", post(does)), lang: Lang::En, begun };
        let (mut browser, node) = duplex(1024);
        let request = b"POST / HTTP/1.1\r\nHost: page\r\nContent-Length: 7\r\n\r\ncorrect";
        browser.write_all(request).await.expect("written");
        drop(browser);
        let (_stop, stopping) = watch::channel(false);
        speak(node, IpAddr::from([127, 0, 0, 1]), called, stopping).await;
        assert_eq!(done.recv().await.as_deref(), Some("correct"));
    }

    #[test]
    fn one_site_does_not_take_all_places() {
        let places = Arc::new(Places::default());
        let site = |host: u8| IpAddr::from([192, 0, 2, host]);
        let take = |host| Places::take(&places, site(host));
        let first: Vec<_> = std::iter::from_fn(|| take(1)).collect();
        assert_eq!(first.len(), OF_ONE_SITE);
        let others: Vec<_> = (2..=250).map_while(take).collect();
        assert_eq!(others.len(), CONNECTIONS - OF_ONE_SITE);
        drop(first);
        assert!(take(251).is_some());
        drop(others);
        assert!(places.open().is_empty());
    }
}
