//! The asking side: requests to partners over pooled connections.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, Request, StatusCode, Uri};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::answers::{JSON, RECEIPT, ZIP};
use super::api::{ReceiptPage, Status};
use super::connect::{ConnectError, ConnectionFault, Connector, LatestFault};
use super::digest::{self, CONTENT_DIGEST};
use super::error::{SendError, find_cause, last_cause};
use super::limits::ClientLimits;
use super::problem::{PROBLEM_JSON, Problem};
use super::tls::{Tls, TlsState};
use crate::types::{Hashed, MessageId, OfficeNumber, PeerUrl};

/// The most header fields of an answer.
const MAX_HEADERS: usize = 64;

/// A partner's node, and the office that its certificate must speak for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Where it listens.
    pub url: PeerUrl,
    /// The office that we mean to reach there.
    pub office: OfficeNumber,
}

/// The partner took the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutReply {
    /// The receipt as it came: nothing about it has been checked.
    pub receipt: Bytes,
    /// Whether the partner says that it had the package already.
    pub repeated: bool,
}

/// Asks partners. One client serves all partners; clones are not needed, it is used by reference.
#[derive(Debug)]
pub struct Client {
    tls: Arc<Tls>,
    limits: ClientLimits,
    pools: Mutex<Pools>,
}

/// The connections to each office. A node that serves several offices gets a pool for each, because
/// a connection is proved for the office for which it was made.
#[derive(Debug)]
struct Pools {
    /// The settings with which all connections were made.
    state: Arc<TlsState>,
    by_office: HashMap<OfficeNumber, Pool>,
}

#[derive(Debug, Clone)]
struct Pool {
    http: HttpClient<Connector, Full<Bytes>>,
    latest: LatestFault,
    uploads: Arc<Semaphore>,
}

/// An answer whose body was read, within its bound.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Client {
    /// A client that connects with the settings of `tls`, also after a reload.
    pub fn new(tls: Arc<Tls>, limits: ClientLimits) -> Self {
        let pools = Mutex::new(Pools { state: tls.state(), by_office: HashMap::new() });
        Self { tls, limits, pools }
    }

    /// Puts a package. Safe to repeat with the same id and bytes.
    pub async fn put_message(
        &self,
        to: &Endpoint,
        id: MessageId,
        package: impl Into<Hashed>,
    ) -> Result<PutReply, SendError> {
        let package = package.into();
        let pool = self.pool(to.office);
        let _upload = pool.uploads.acquire().await;
        let bytes = u64::try_from(package.bytes().len()).unwrap_or(u64::MAX);
        let upload =
            Duration::from_millis(bytes.saturating_mul(1000) / self.limits.upload_rate.max(1));
        let digest = digest::format(&package.sha256());
        let request = || {
            let mut request = request(Method::PUT, to, &format!("/v1/messages/{id}"))?;
            let headers = request.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(ZIP));
            headers.insert(CONTENT_DIGEST, value(&digest)?);
            *request.body_mut() = Full::new(package.bytes().clone());
            Ok(request)
        };
        let deadline = self.limits.answer_timeout.saturating_add(upload);
        let Answer { status, headers, body } =
            self.ask(&pool, request, self.limits.receipt_bytes, deadline).await?;
        PutReply::of(status, &headers, body, &self.limits)
    }

    /// Collects the receipts of packages that `own` sent to the partner, behind position `after`;
    /// the partner may wait up to `wait` (whole seconds) until it has one.
    pub async fn receipts(
        &self,
        from: &Endpoint,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> Result<ReceiptPage, SendError> {
        let pool = self.pool(from.office);
        let path = format!("/v1/receipts?office={own}&after={after}&wait={}", wait.as_secs());
        let request = || request(Method::GET, from, &path);
        let deadline = self.limits.answer_timeout.saturating_add(wait);
        let answer = self.ask(&pool, request, self.limits.page_bytes, deadline).await?;
        self.granted(&answer)?;
        read_page(&answer.body, after)
    }

    /// Asks for version, clock and limits.
    pub async fn status(&self, of: &Endpoint) -> Result<Status, SendError> {
        let pool = self.pool(of.office);
        let request = || request(Method::GET, of, "/v1/status");
        let deadline = self.limits.answer_timeout;
        let answer = self.ask(&pool, request, self.limits.page_bytes, deadline).await?;
        self.granted(&answer)?;
        parse_json(&answer.body)
    }

    /// The connections to an office, made with the current settings.
    fn pool(&self, office: OfficeNumber) -> Pool {
        let state = self.tls.state();
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&pools.state, &state) {
            pools.by_office.clear();
            pools.state = Arc::clone(&state);
        }
        let pool = pools.by_office.entry(office).or_insert_with(|| self.new_pool(&state, office));
        pool.clone()
    }

    fn new_pool(&self, state: &TlsState, office: OfficeNumber) -> Pool {
        let connector = Connector::new(state.client_for(office), self.limits.connect_timeout);
        let latest = connector.latest_fault();
        let http = HttpClient::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.limits.idle)
            .pool_max_idle_per_host(self.limits.uploads_per_office.max(1))
            .http1_max_buf_size(self.limits.header_bytes.max(8192))
            .http1_max_headers(MAX_HEADERS)
            .build(connector);
        Pool {
            http,
            latest,
            uploads: Arc::new(Semaphore::new(self.limits.uploads_per_office.max(1))),
        }
    }

    /// Sends a request and reads its answer. A connection that the partner closed while it was
    /// idle shows only when it is used, so a request that meets a broken connection is sent a
    /// second time at once; all requests of this API can be repeated (RFC 9110, section 9.2.2).
    async fn ask(
        &self,
        pool: &Pool,
        request: impl Fn() -> Result<Request<Full<Bytes>>, SendError>,
        most: usize,
        deadline: Duration,
    ) -> Result<Answer, SendError> {
        let exchange = async {
            match self.exchange(pool, request()?, most).await {
                Err(SendError::Broken(_)) => self.exchange(pool, request()?, most).await,
                other => other,
            }
        };
        timeout(deadline, exchange).await.unwrap_or(Err(SendError::Timeout(deadline)))
    }

    async fn exchange(
        &self,
        pool: &Pool,
        mut request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<Answer, SendError> {
        let connection = capture_connection(&mut request);
        let response =
            pool.http.request(request).await.map_err(|error| failure(&error, &connection, pool))?;
        let (head, body) = response.into_parts();
        let most = if head.status.is_success() { most } else { self.limits.problem_bytes };
        let body = match read_body(body, most).await {
            Ok(body) => body,
            // The status of a refusal says enough when its text is beyond bounds.
            Err(BodyError::TooLarge) if !head.status.is_success() => Bytes::new(),
            Err(BodyError::TooLarge) => {
                let fault = format!("expected an answer of at most {most} bytes, got more");
                return Err(SendError::Protocol(fault));
            }
            Err(BodyError::Http(error)) => return Err(failure(&error, &connection, pool)),
        };
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// Whether the answer is the JSON that was asked for.
    fn granted(&self, answer: &Answer) -> Result<(), SendError> {
        if answer.status != StatusCode::OK {
            return Err(refused(answer.status, &answer.headers, &answer.body, &self.limits));
        }
        expect_media_type(&answer.headers, JSON)
    }
}

impl PutReply {
    /// What an answer to a package means.
    ///
    /// # Errors
    ///
    /// It is anything but a receipt under 201 or 200.
    pub fn of(
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
        limits: &ClientLimits,
    ) -> Result<Self, SendError> {
        let repeated = match status {
            StatusCode::CREATED => false,
            StatusCode::OK => true,
            other => return Err(refused(other, headers, &body, limits)),
        };
        expect_media_type(headers, RECEIPT)?;
        if body.is_empty() {
            return Err(SendError::Protocol("expected a receipt, got an empty body".to_owned()));
        }
        Ok(Self { receipt: body, repeated })
    }
}

/// A page of receipts that was asked for with `after`.
///
/// # Errors
///
/// It is no page, or asking on from it would make no progress.
pub fn read_page(json: &[u8], after: u64) -> Result<ReceiptPage, SendError> {
    let page: ReceiptPage = parse_json(json)?;
    if !page.follows(after) {
        let fault = format!("the page does not follow position {after}");
        return Err(SendError::Protocol(fault));
    }
    Ok(page)
}

fn parse_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, SendError> {
    // The text of the error could quote the answer; its place is enough.
    serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        SendError::Protocol(format!("the JSON is not as described at {line}:{column}"))
    })
}

/// What an answer means that does not grant the request.
fn refused(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    limits: &ClientLimits,
) -> SendError {
    let is_problem = media_type_is(headers, PROBLEM_JSON);
    let problem = Problem::from_untrusted(status.as_u16(), if is_problem { body } else { &[] });
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    if status.is_server_error() || passing {
        let retry_after = retry_after(headers, limits.longest_retry_after);
        SendError::Busy { problem, retry_after }
    } else if status.is_client_error() {
        SendError::Refused { problem }
    } else {
        SendError::Protocol(format!("unexpected status {}", status.as_u16()))
    }
}

fn request(method: Method, to: &Endpoint, path: &str) -> Result<Request<Full<Bytes>>, SendError> {
    let uri = Uri::builder()
        .scheme("https")
        .authority(to.url.authority())
        .path_and_query(path)
        .build()
        .map_err(|error| SendError::Unreachable(format!("the address is no URI: {error}")))?;
    let mut request = Request::new(Full::default());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("renkei"));
    Ok(request)
}

fn value(text: &str) -> Result<HeaderValue, SendError> {
    HeaderValue::from_str(text).map_err(|error| SendError::Protocol(error.to_string()))
}

enum BodyError {
    TooLarge,
    Http(hyper::Error),
}

async fn read_body(mut body: Incoming, most: usize) -> Result<Bytes, BodyError> {
    let most_declared = u64::try_from(most).unwrap_or(u64::MAX);
    if body.size_hint().lower() > most_declared {
        return Err(BodyError::TooLarge);
    }
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(BodyError::Http)?.into_data() else { continue };
        if data.len() > most - read.len() {
            return Err(BodyError::TooLarge);
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

/// Why there is no answer.
fn failure(
    error: &(dyn StdError + 'static),
    connection: &CaptureConnection,
    pool: &Pool,
) -> SendError {
    match find_cause::<ConnectError>(error) {
        Some(ConnectError::Timeout(limit)) => return SendError::Timeout(*limit),
        Some(ConnectError::Tls(fault)) => return SendError::from_tls(fault),
        Some(unreachable) => return SendError::Unreachable(unreachable.to_string()),
        None => {}
    }
    if let Some(fault) = connection_fault(connection, pool) {
        return SendError::from_tls(&fault);
    }
    match find_cause::<hyper::Error>(error) {
        Some(http) if http.is_parse() || http.is_parse_too_large() => {
            SendError::Protocol(format!("the answer is not HTTP/1.1: {}", last_cause(error)))
        }
        _ => SendError::Broken(last_cause(error)),
    }
}

/// What TLS met on the connection that carried the request, or should have.
fn connection_fault(connection: &CaptureConnection, pool: &Pool) -> Option<rustls::Error> {
    let metadata = connection.connection_metadata();
    if metadata.is_none() {
        return pool.latest.get();
    }
    let mut extras = axum::http::Extensions::new();
    metadata.as_ref()?.get_extras(&mut extras);
    let fault: &ConnectionFault = extras.get()?;
    fault.get().cloned()
}

fn media_type_is(headers: &HeaderMap, expected: &str) -> bool {
    let essence = |value: &[u8]| {
        value
            .split(|byte| *byte == b';')
            .next()
            .unwrap_or_default()
            .trim_ascii()
            .to_ascii_lowercase()
    };
    let found = headers.get(header::CONTENT_TYPE).map(|value| essence(value.as_bytes()));
    found.is_some_and(|found| found == essence(expected.as_bytes()))
}

fn expect_media_type(headers: &HeaderMap, expected: &str) -> Result<(), SendError> {
    if media_type_is(headers, expected) {
        Ok(())
    } else {
        Err(SendError::Protocol(format!("expected an answer of type {expected}")))
    }
}

/// `Retry-After` in seconds (RFC 9110, section 10.2.3), cut to what we believe. The form with a
/// date is not used by this API and is passed over.
fn retry_after(headers: &HeaderMap, longest: Duration) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)).min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_only_a_bounded_time() {
        let hour = Duration::from_hours(1);
        let after = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(text));
            retry_after(&headers, hour)
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("86400"), Some(hour));
        assert_eq!(after("99999999999999999999999"), Some(hour));
        for none in ["", "-1", "+1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(after(none), None, "{none}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), hour), None);
    }

    #[test]
    fn compares_media_types_without_parameters() {
        let is = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(text));
            media_type_is(&headers, RECEIPT)
        };
        assert!(is(RECEIPT) && is("application/PKCS7-mime"));
        assert!(!is("application/pkcs7") && !is(""));
    }
}
