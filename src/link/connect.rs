//! Requests of the client on their way: connections to the nodes of each office, sending, and the
//! answer within its bounds.
//!
//! reqwest makes and keeps the connections. What TLS accepts is decided by our own settings alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use bytes::{Bytes, BytesMut};
use reqwest::redirect;
use reqwest::{ClientBuilder, RequestBuilder, Response};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::error::{SendError, find_cause, last_cause};
use super::limits::ClientLimits;
use super::party::{Endpoint, Party};
use super::proxy::{ProxyAccess, ProxyFault};
use super::tls::{Tls, TlsState};

/// How often a request is sent once more that broke off. A connection that the partner closed while
/// it was idle shows only when it is used.
const SENT_AGAIN: u32 = 1;

/// How often a request is tried once more that did not leave, because its new connection was gone
/// before. In TLS 1.3 that is what a server looks like which does not accept our certificate: it says
/// so when we have finished the handshake already. It says it each time, and is heard unless it says it
/// in the moment between the handshake and the request.
const UNSENT_AGAIN: u32 = 5;

/// The connections to each office and each relay. A node that serves several offices gets a pool for
/// each, because a connection is proved for the office for which it was made.
#[derive(Debug)]
pub(super) struct Pools {
    tls: Arc<Tls>,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    /// The settings with which all connections were made.
    state: Arc<TlsState>,
    limits: ClientLimits,
    proxy: Option<ProxyAccess>,
    by_party: HashMap<Party, Pool>,
}

/// The connections to one of them.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    pub(super) http: reqwest::Client,
    pub(super) uploads: Arc<Semaphore>,
    /// What bounds the requests over them.
    pub(super) limits: ClientLimits,
}

/// An answer whose body was read, within its bound.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A request that got no answer.
pub(super) struct Unanswered {
    pub(super) error: SendError,
    /// Whether any of it may have left.
    was_sent: bool,
}

impl Pools {
    pub(super) fn new(tls: Arc<Tls>, limits: ClientLimits) -> Self {
        let current =
            Current { state: tls.state(), limits, proxy: None, by_party: HashMap::new() };
        Self { tls, current: Mutex::new(current) }
    }

    /// Makes connections with other limits from now on.
    pub(super) fn set_limits(&self, limits: ClientLimits) {
        let mut current = self.current();
        if current.limits != limits {
            current.limits = limits;
            current.by_party.clear();
        }
    }

    /// Opens connections through another proxy from now on, or through none.
    pub(super) fn set_proxy(&self, proxy: Option<ProxyAccess>) {
        let mut current = self.current();
        if current.proxy != proxy {
            current.proxy = proxy;
            current.by_party.clear();
        }
    }

    /// The connections to an office or a relay, made with the settings of this moment.
    pub(super) fn of(&self, endpoint: &Endpoint) -> Result<Pool, SendError> {
        let state = self.tls.state();
        let mut current = self.current();
        if !Arc::ptr_eq(&current.state, &state) {
            current.state = Arc::clone(&state);
            current.by_party.clear();
        }
        let party = &endpoint.party;
        if let Some(pool) = current.by_party.get(party) {
            return Ok(pool.clone());
        }
        let pool = Pool::new(&state, party.clone(), &current.limits, current.proxy.as_ref())?;
        current.by_party.insert(party.clone(), pool.clone());
        Ok(pool)
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    fn new(
        state: &TlsState,
        party: Party,
        limits: &ClientLimits,
        proxy: Option<&ProxyAccess>,
    ) -> Result<Self, SendError> {
        let unusable = |error: reqwest::Error| {
            SendError::Unreachable(format!("no HTTP client can be made: {}", last_cause(&error)))
        };
        let uploads = limits.uploads_per_office.max(1);
        let builder = ClientBuilder::new()
            .use_preconfigured_tls(state.client_for(party))
            .https_only(true)
            .http1_only()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .user_agent("renkei")
            .connect_timeout(limits.connect_timeout)
            .pool_idle_timeout(limits.idle)
            .pool_max_idle_per_host(uploads)
            .tcp_keepalive(None)
            .tcp_keepalive_interval(None)
            .tcp_keepalive_retries(None);
        // Our own limits say how long an answer may take.
        #[cfg(any(target_os = "android", target_os = "linux"))]
        let builder = builder.tcp_user_timeout(None);
        // What the environment names is passed over either way: the configuration alone says it.
        let builder = match proxy {
            None => builder.no_proxy(),
            Some(proxy) => builder.proxy(proxy.of_client().map_err(unusable)?),
        };
        let http = builder.build().map_err(unusable)?;
        Ok(Self { http, uploads: Arc::new(Semaphore::new(uploads)), limits: *limits })
    }
}

/// Sends a request and reads its answer, of at most `most` bytes if it grants what was asked for.
/// All requests of this API can be repeated (RFC 9110, section 9.2.2).
pub(super) async fn ask(
    request: impl Fn() -> RequestBuilder,
    most: usize,
    deadline: Duration,
    limits: &ClientLimits,
) -> Result<Answer, SendError> {
    let exchange = async {
        let (mut sent, mut unsent) = (0, 0);
        loop {
            let Unanswered { error, was_sent } = match exchange(request(), most, limits).await {
                Ok(answer) => return Ok(answer),
                Err(unanswered) => unanswered,
            };
            let (again, enough) =
                if was_sent { (&mut sent, SENT_AGAIN) } else { (&mut unsent, UNSENT_AGAIN) };
            if !matches!(error, SendError::Broken(_)) || *again == enough {
                return Err(error);
            }
            *again += 1;
        }
    };
    timeout(deadline, exchange).await.unwrap_or(Err(SendError::Timeout(deadline)))
}

async fn exchange(
    request: RequestBuilder,
    most: usize,
    limits: &ClientLimits,
) -> Result<Answer, Unanswered> {
    let failed = |error: reqwest::Error| Unanswered::new(&error, limits);
    let mut response = request.send().await.map_err(failed)?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let most = if status.is_success() { most } else { limits.problem_bytes };
    let body = match read_body(response, most).await.map_err(failed)? {
        Some(body) => body,
        // The status of a refusal says enough when its text is beyond bounds.
        None if !status.is_success() => Bytes::new(),
        None => {
            let fault = format!("expected an answer of at most {most} bytes, got more");
            return Err(Unanswered { error: SendError::Protocol(fault), was_sent: true });
        }
    };
    Ok(Answer { status, headers, body })
}

/// The body of an answer; nothing if it is larger than `most`.
pub(super) async fn read_body(mut response: Response, most: usize) -> Result<Option<Bytes>, reqwest::Error> {
    let most_declared = u64::try_from(most).unwrap_or(u64::MAX);
    if response.content_length().is_some_and(|declared| declared > most_declared) {
        return Ok(None);
    }
    let mut read = BytesMut::new();
    while let Some(data) = response.chunk().await? {
        if data.len() > most - read.len() {
            return Ok(None);
        }
        read.extend_from_slice(&data);
    }
    Ok(Some(read.freeze()))
}

impl Unanswered {
    /// Why there is no answer.
    pub(super) fn new(error: &reqwest::Error, limits: &ClientLimits) -> Self {
        let http = find_cause::<hyper::Error>(error);
        let was_sent = !http.is_some_and(hyper::Error::is_canceled);
        let cause = || last_cause(error);
        let error = if let Some(fault) = find_cause::<rustls::Error>(error) {
            SendError::from_tls(fault)
        } else if let Some(fault) = ProxyFault::of(error) {
            SendError::Proxy { fault, log: cause() }
        } else if error.is_builder() {
            SendError::Unreachable(format!("the address is no URI: {}", cause()))
        } else if error.is_connect() && error.is_timeout() {
            SendError::Timeout(limits.connect_timeout)
        } else if error.is_connect() {
            SendError::Unreachable(cause())
        } else if http.is_some_and(|http| http.is_parse() || http.is_parse_too_large()) {
            SendError::Protocol(format!("the answer is not HTTP/1.1: {}", cause()))
        } else {
            SendError::Broken(cause())
        };
        Self { error, was_sent }
    }
}
