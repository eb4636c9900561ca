//! One connection to the server: TLS handshake, requests, end.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
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
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower_service::Service as _;
use tracing::{Instrument as _, debug, info, info_span, warn};

use super::answers::{self, AnswerOutcome};
use super::api::{Caller, Service};
use super::error::{TlsReason, find_cause};
use super::guests::Place;
use super::heads::{Heads, Unreadable};
use super::limits::Limits;
use super::problem::Refusal;
use super::reading::Reading;
use super::shared::{Judged, Link, Shared};
use super::tls::TlsState;
use super::verify::{REFUSED, RefusedClient};
use crate::package::CertificateInfo;
use crate::types::code::{self, RefusalCode};
use crate::types::{Clock, Digest, one_site};

/// When a partner that has too many connections is asked to come again.
const CONNECTIONS_RETRY: Duration = Duration::from_secs(10);

/// The buffer of a connection for what was read and not yet understood.
const READ_BUFFER: usize = 64 * 1024;

/// More than this is not read from a peer that goes on after a refusal.
const LINGER_BYTES: usize = 8 << 20;

/// Serves a connection from its first byte to its last; `guest` is its place until it is known to
/// come from a partner.
pub(super) async fn serve<S: Service>(
    shared: Arc<Shared<S>>,
    router: Router,
    tcp: TcpStream,
    address: std::net::SocketAddr,
    guest: Place,
) {
    // Answers are small and written at once; waiting to fill a segment would only delay them.
    if let Err(error) = tcp.set_nodelay(true) {
        debug!(%error, "the connection ended before it was served");
        return;
    }
    let state = shared.tls.state();
    let Some(tls) = handshake(&shared, &state, tcp, address, &guest).await else { return };
    let Some(peer) = peer_of(&tls, address) else {
        // Only if rustls broke its promise that a certificate is mandatory.
        warn!("a connection without a client certificate was closed");
        return;
    };
    let mut partner = shared.service.admits(&peer);
    let mut place = None;
    if let Ok(office) = partner {
        let waited = shared.grants.places.wait(office, 1);
        match timeout(shared.grants.limits().header_timeout, waited).await {
            Ok(Ok(held)) => place = Some(held),
            Ok(Err(_)) => partner = Err(too_many_connections()),
            Err(_elapsed) => {
                debug!("no place became free for a connection");
                return;
            }
        }
    }
    // Who has a place is no guest any more.
    let guest = place.is_none().then_some(guest);
    let link = Arc::new(Link {
        peer: Arc::new(peer),
        has_place: place.is_some(),
        judged: Mutex::new(Judged { by: state, at: Clock::running(), partner }),
        unread: AtomicBool::new(false),
        requests: AtomicU64::new(0),
        unreadable: Unreadable::default(),
    });
    debug!(peer = link.peer.certificate_sha256.short(), "connected");
    let limits = shared.grants.limits();
    let serving = async {
        if let Some(tls) = serve_http(shared, router, tls, Arc::clone(&link)).await {
            close(tls, link.unread.load(Ordering::Relaxed), &limits).await;
        }
    };
    if guest.is_some() {
        // Long enough for one question and its answer.
        if timeout(limits.header_timeout, serving).await.is_err() {
            debug!("a connection that is no partner's was cut off");
        }
    } else {
        serving.await;
    }
    drop((place, guest));
}

fn too_many_connections() -> Refusal {
    let log = "the partner has its share of the connections";
    Refusal::new(RefusalCode::PARTNER_SHARE_EXCEEDED, log).retry_after(CONNECTIONS_RETRY)
}

/// How a handshake ended that came to nothing.
enum Unmet {
    /// The other side sent nothing at all, or nothing more.
    Silent,
    Slow,
    /// TLS or the connection failed.
    Failed(io::Error),
}

async fn handshake<S: Service>(
    shared: &Shared<S>,
    state: &TlsState,
    tcp: TcpStream,
    address: std::net::SocketAddr,
    guest: &Place,
) -> Option<TlsStream<TcpStream>> {
    let mut stopping = shared.stopping.clone();
    let limits = shared.grants.limits();
    let shake = async {
        match timeout(limits.first_byte_timeout, tcp.peek(&mut [0; 1])).await {
            Ok(Ok(1..)) => guest.talks(),
            Ok(Ok(0) | Err(_)) | Err(_) => return Err((Unmet::Silent, None)),
        }
        let accept = TlsAcceptor::from(Arc::clone(&state.server)).accept(tcp).into_fallible();
        match timeout(limits.handshake_timeout, accept).await {
            Ok(Ok(tls)) => Ok(tls),
            Ok(Err((error, tcp))) => Err((Unmet::Failed(error), Some(tcp))),
            Err(_elapsed) => Err((Unmet::Slow, None)),
        }
    };
    let shake = REFUSED.scope(RefCell::default(), async {
        let shaken = shake.await;
        (shaken, REFUSED.with(RefCell::take))
    });
    let (shaken, refused) = tokio::select! {
        shaken = shake => shaken,
        _ = stopping.wait_for(|stopping| *stopping) => return None,
    };
    match shaken {
        Ok(tls) => Some(tls),
        Err((unmet, tcp)) => {
            tell_unmet(shared, address, &unmet, refused.as_ref());
            if let Some(tcp) = tcp {
                // The reason is on its way as an alert; a closed socket with unread bytes in it
                // would overtake it with a reset.
                discard(tcp, limits.linger).await;
            }
            None
        }
    }
}

/// The one line about a connection that came to nothing. Whoever reaches the port can cause it.
fn tell_unmet<S: Service>(
    shared: &Shared<S>,
    address: std::net::SocketAddr,
    unmet: &Unmet,
    refused: Option<&RefusedClient>,
) {
    let is_told = || shared.quiet.tells("handshake", one_site(address.ip()));
    let (code, text) = match unmet {
        // Whoever looks whether the port is open, as monitors do.
        Unmet::Silent => {
            debug!(code = code::TLS_SILENT, "a connection said nothing");
            return;
        }
        Unmet::Slow => (code::TLS_TIMEOUT, "the TLS handshake took too long".to_owned()),
        Unmet::Failed(error) => match (refused, find_cause::<rustls::Error>(error)) {
            (Some(refused), _) => (refused.why.code(), refused.why.to_string()),
            (None, Some(fault)) => {
                let reason = TlsReason::of(fault);
                (reason.code, reason.text)
            }
            (None, None) => (code::TLS_BROKEN, error.kind().to_string()),
        },
    };
    let Some(RefusedClient { certificate, why }) = refused else {
        if is_told() {
            info!(code, "the TLS handshake failed: {text}");
        }
        return;
    };
    let sha256 = Digest::of(certificate);
    let info = CertificateInfo::of(certificate).ok();
    let office = info.as_ref().and_then(|info| info.office);
    if is_told() {
        info!(code, %sha256, "the TLS handshake failed: {text}");
    }
    match office {
        Some(office) => shared.service.refused_certificate(office, sha256, *why),
        None => shared.service.refused_stranger(sha256, one_site(address.ip()), *why),
    }
}

fn peer_of(tls: &TlsStream<TcpStream>, address: std::net::SocketAddr) -> Option<Caller> {
    let (certificate, chain) = tls.get_ref().1.peer_certificates()?.split_first()?;
    Some(Caller {
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
    let limits = shared.grants.limits();
    let mut stopping = shared.stopping.clone();
    let reading = Reading::new(tls, limits.unread_timeout);
    let heads = Heads::new(reading, limits, Arc::clone(&link.unreadable));
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
        .serve_connection(TokioIo::new(heads), service);

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
            end.as_mut().reset(Clock::running() + limits.longest_request());
        }
    }
    Some(http.into_parts().io.into_inner().into_inner().into_inner())
}

/// One request from the gate to the log.
async fn answer<S: Service>(
    shared: Arc<Shared<S>>,
    mut router: Router,
    link: Arc<Link>,
    request: Request<Incoming>,
) -> Response<Body> {
    let started = Clock::running();
    let number = link.requests.fetch_add(1, Ordering::Relaxed);
    let span = info_span!("request", number, peer = link.peer.certificate_sha256.short());
    async {
        // Where a body in chunks ends, nobody before hyper knows, nor where another head begins.
        let is_last = request.headers().contains_key(header::TRANSFER_ENCODING);
        let mut response = match link.judge(&shared) {
            Ok(()) if let Some(refusal) = link.unreadable(number) => {
                link.leave_unread();
                answers::unreadable(refusal)
            }
            Ok(()) => {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Arc::clone(&link));
                match router.call(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
            Err(why) => {
                link.leave_unread();
                let mut response = answers::certificate_refused(why.to_string());
                close_after(&mut response);
                response
            }
        };
        let is_last = is_last || link.unread.load(Ordering::Relaxed) || !link.has_place;
        if is_last || link.partner().is_err() {
            close_after(&mut response);
        }
        // The route, never what a stranger wrote into the path.
        let outcome = AnswerOutcome::of(&response);
        let route = outcome.map_or("none", |outcome| outcome.route);
        let (status, ms) = (response.status().as_u16(), started.elapsed().as_millis());
        match outcome.and_then(|outcome| outcome.refusal.as_ref()) {
            None => debug!(route, status, ms, "answered"),
            Some(refusal)
                if !shared.quiet.tells(refusal.code.code(), one_site(link.peer.address.ip())) => {}
            Some(refusal) => {
                info!(route, status, ms, code = refusal.code.code(), "{}", refusal.log);
            }
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
