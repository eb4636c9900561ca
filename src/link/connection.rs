//! One connection to the server: TLS handshake, requests, end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower_service::Service as _;
use tracing::{Instrument as _, debug, info, info_span, warn};

use super::answers::Outcome;
use super::api::{Peer, Service};
use super::limits::Limits;
use super::routes::{self, Shared};
use super::server::one_site;
use super::tls::{Tls, TlsState};
use super::verify::TrustRefusal;
use crate::types::Digest;

/// The buffer of a connection for what was read and not yet understood.
const READ_BUFFER: usize = 64 * 1024;

/// More than this is not read from a peer that goes on after a refusal.
const LINGER_BYTES: usize = 8 << 20;

/// What the requests of one connection share.
pub(super) struct Link {
    pub(super) peer: Arc<Peer>,
    judged: Mutex<Judged>,
    unread: AtomicBool,
    requests: AtomicU64,
}

/// When, and by which settings, the peer was found acceptable.
struct Judged {
    by: Arc<TlsState>,
    at: Instant,
}

impl Link {
    /// From here on, an answer may go out before the body of its request was read.
    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// The body was read to its end.
    pub(super) fn all_read(&self) {
        self.unread.store(false, Ordering::Relaxed);
    }

    /// Whether the peer is still acceptable; asks again after a change of settings and every
    /// `recheck`.
    fn judge(&self, tls: &Tls, recheck: Duration) -> Result<(), TrustRefusal> {
        let current = tls.state();
        let fresh =
            |judged: &Judged| Arc::ptr_eq(&judged.by, &current) && judged.at.elapsed() < recheck;
        if fresh(&self.judged.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(());
        }
        current.trust.accepts(&self.peer.certificate, &self.peer.chain, tls.now())?;
        *self.judged.lock().unwrap_or_else(PoisonError::into_inner) =
            Judged { by: current, at: Instant::now() };
        Ok(())
    }
}

/// Serves a connection from its first byte to its last.
pub(super) async fn serve<S: Service>(
    shared: Arc<Shared<S>>,
    router: Router,
    tcp: TcpStream,
    address: std::net::SocketAddr,
) {
    // Answers are small and written at once; waiting to fill a segment would only delay them.
    if let Err(error) = tcp.set_nodelay(true) {
        debug!(%error, "the connection ended before it was served");
        return;
    }
    let state = shared.tls.state();
    let Some(tls) = handshake(&shared, &state, tcp, address).await else { return };
    let Some(peer) = peer_of(&tls, address) else {
        // Only if rustls broke its promise that a certificate is mandatory.
        warn!("a connection without a client certificate was closed");
        return;
    };
    let link = Arc::new(Link {
        peer: Arc::new(peer),
        judged: Mutex::new(Judged { by: state, at: Instant::now() }),
        unread: AtomicBool::new(false),
        requests: AtomicU64::new(0),
    });
    debug!(peer = link.peer.certificate_sha256.short(), "connected");
    let limits = shared.limits;
    if let Some(tls) = serve_http(shared, router, tls, Arc::clone(&link)).await {
        close(tls, link.unread.load(Ordering::Relaxed), &limits).await;
    }
}

async fn handshake<S>(
    shared: &Shared<S>,
    state: &TlsState,
    tcp: TcpStream,
    address: std::net::SocketAddr,
) -> Option<TlsStream<TcpStream>> {
    let mut stopping = shared.stopping.clone();
    let accept = TlsAcceptor::from(Arc::clone(&state.server)).accept(tcp).into_fallible();
    let accepted = tokio::select! {
        accepted = timeout(shared.limits.handshake_timeout, accept) => accepted,
        _ = stopping.wait_for(|stopping| *stopping) => return None,
    };
    let is_told = || shared.quiet.tells("handshake", one_site(address.ip()));
    match accepted {
        Ok(Ok(tls)) => Some(tls),
        Ok(Err((error, tcp))) => {
            // The reason is on its way as an alert; a closed socket with unread bytes in it would
            // overtake it with a reset.
            if is_told() {
                info!(%error, "the TLS handshake failed");
            }
            discard(tcp, shared.limits.linger).await;
            None
        }
        Err(_elapsed) => {
            if is_told() {
                info!("the TLS handshake took too long");
            }
            None
        }
    }
}

fn peer_of(tls: &TlsStream<TcpStream>, address: std::net::SocketAddr) -> Option<Peer> {
    let (certificate, chain) = tls.get_ref().1.peer_certificates()?.split_first()?;
    Some(Peer {
        certificate_sha256: Digest::of(certificate),
        certificate: certificate.clone().into_owned(),
        chain: chain.iter().cloned().map(CertificateDer::into_owned).collect(),
        address,
    })
}

/// Answers requests until the connection ends; gives the stream back if it may still be written.
async fn serve_http<S: Service>(
    shared: Arc<Shared<S>>,
    router: Router,
    tls: TlsStream<TcpStream>,
    link: Arc<Link>,
) -> Option<TlsStream<TcpStream>> {
    let limits = shared.limits;
    let mut stopping = shared.stopping.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(Arc::clone(&shared), router.clone(), Arc::clone(&link), request);
        Box::pin(async move { Ok::<_, Infallible>(answer.await) })
    });
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(limits.headers)
        .max_header_size(limits.header_bytes)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(tls), service);

    let (mut closing, mut overdue) = (false, false);
    let end = sleep(limits.connection_age);
    tokio::pin!(end);
    loop {
        let aged = tokio::select! {
            ended = poll_fn(|context| http.poll_without_shutdown(context)) => {
                if let Err(error) = ended {
                    debug!(%error, "the connection broke");
                }
                break;
            }
            _ = stopping.wait_for(|stopping| *stopping), if !closing => false,
            () = &mut end => true,
        };
        if overdue {
            // No request takes this long: the peer does not read its answer.
            debug!("the connection was cut off");
            return None;
        }
        closing = true;
        Pin::new(&mut http).graceful_shutdown();
        if aged {
            overdue = true;
            end.as_mut().reset(Instant::now() + limits.longest_request());
        }
    }
    Some(http.into_parts().io.into_inner())
}

/// One request from the gate to the log.
async fn answer<S: Service>(
    shared: Arc<Shared<S>>,
    mut router: Router,
    link: Arc<Link>,
    request: Request<Incoming>,
) -> Response<Body> {
    let started = Instant::now();
    let number = link.requests.fetch_add(1, Ordering::Relaxed);
    let span = info_span!("request", number, peer = link.peer.certificate_sha256.short());
    async {
        let mut response = match link.judge(&shared.tls, shared.limits.recheck) {
            Ok(()) => {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Arc::clone(&link));
                match router.call(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
            Err(refusal) => {
                link.leave_unread();
                let mut response = routes::certificate_refused(refusal.log);
                close_after(&mut response);
                response
            }
        };
        if link.unread.load(Ordering::Relaxed) {
            close_after(&mut response);
        }
        // The route, never what a stranger wrote into the path.
        let outcome = Outcome::of(&response);
        let route = outcome.map_or("none", |outcome| outcome.route);
        let (status, ms) = (response.status().as_u16(), started.elapsed().as_millis());
        match outcome.and_then(|outcome| outcome.refusal.as_ref()) {
            None => debug!(route, status, ms, "answered"),
            Some(refusal)
                if !shared.quiet.tells(refusal.code, one_site(link.peer.address.ip())) => {}
            Some(refusal) => info!(route, status, ms, code = refusal.code, "{}", refusal.log),
        }
        response
    }
    .instrument(span)
    .await
}

fn close_after(response: &mut Response<Body>) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

/// Ends the stream as TLS wants it, and lets a peer that is still sending read our answer first.
async fn close(mut tls: TlsStream<TcpStream>, unread: bool, limits: &Limits) {
    let shut = timeout(limits.linger, tls.shutdown()).await;
    if unread && matches!(shut, Ok(Ok(()))) {
        discard(tls.into_inner().0, limits.linger).await;
    }
}

/// Says that nothing more comes, and throws away what still arrives, for a bounded time and amount:
/// closing a socket that has unread bytes resets the connection, and a reset may destroy what the
/// peer has not read yet.
async fn discard(mut tcp: TcpStream, time: Duration) {
    let throw_away = async {
        tcp.shutdown().await?;
        let mut buffer = vec![0; 16 * 1024];
        let mut thrown = 0;
        while thrown < LINGER_BYTES {
            match tcp.read(&mut buffer).await? {
                0 => break,
                bytes => thrown += bytes,
            }
        }
        std::io::Result::Ok(())
    };
    match timeout(time, throw_away).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => debug!(%error, "the peer went away"),
    }
}
