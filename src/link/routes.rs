//! The routes of the API v1, and what each may answer (`spec/openapi.yaml`).

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::routing::{get, put};
use futures_util::FutureExt as _;
use serde::Deserialize;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::answers::{ELSEWHERE, RECEIPT, Route, ZIP, grant, grant_json, refuse};
use super::api::{
    Peer, PutAnswer, ReceiptPage, ReceiptQuery, Service, Status, StatusAnswer, StatusLimits,
};
use super::body;
use super::digest::{self, CONTENT_DIGEST, ContentDigestError};
use super::pool::Full;
use super::problem::{Refusal, RefusalStatus};
use super::shared::{Link, Shared};
use crate::types::{Hashed, MessageId, OfficeNumber, code};

/// When to come again after the node was too slow.
const TIMEOUT_RETRY: Duration = Duration::from_secs(10);

/// A package arrives.
const PUT_MESSAGE: Route = Route {
    method: "put",
    path: "/v1/messages/{id}",
    granted: &[200, 201],
    refused: &[
        RefusalStatus::BadRequest,
        RefusalStatus::Forbidden,
        RefusalStatus::RequestTimeout,
        RefusalStatus::Conflict,
        RefusalStatus::TooLarge,
        RefusalStatus::UnsupportedMediaType,
        RefusalStatus::Unprocessable,
        RefusalStatus::TooManyRequests,
        RefusalStatus::Internal,
        RefusalStatus::Unavailable,
        RefusalStatus::InsufficientStorage,
    ],
};

/// The sender of packages collects their later receipts.
const GET_RECEIPTS: Route = Route {
    method: "get",
    path: "/v1/receipts",
    granted: &[200],
    refused: &[
        RefusalStatus::BadRequest,
        RefusalStatus::Forbidden,
        RefusalStatus::TooManyRequests,
        RefusalStatus::Internal,
        RefusalStatus::Unavailable,
    ],
};

/// Version, clock and limits.
const GET_STATUS: Route = Route {
    method: "get",
    path: "/v1/status",
    granted: &[200],
    refused: &[RefusalStatus::Forbidden, RefusalStatus::Internal],
};

/// All routes.
pub(super) fn router<S: Service>(shared: Arc<Shared<S>>) -> Router {
    Router::new()
        .route(PUT_MESSAGE.path, put(put_message::<S>))
        .route(GET_RECEIPTS.path, get(get_receipts::<S>))
        .route(GET_STATUS.path, get(get_status::<S>))
        .fallback(async || refuse(&ELSEWHERE, not_found()))
        .method_not_allowed_fallback(async || refuse(&ELSEWHERE, method_not_allowed()))
        .with_state(shared)
}

async fn put_message<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response<Body> {
    match receive_message(&shared, &link, id.ok(), request).await {
        Ok(answer) => {
            let status = if answer.repeated { StatusCode::OK } else { StatusCode::CREATED };
            grant(&PUT_MESSAGE, status, RECEIPT, answer.receipt)
        }
        Err(refusal) => refuse(&PUT_MESSAGE, refusal),
    }
}

async fn receive_message<S: Service>(
    shared: &Shared<S>,
    link: &Link,
    id: Option<Path<String>>,
    request: Request,
) -> Result<PutAnswer, Refusal> {
    let (head, body) = request.into_parts();
    // Until the body is read, an answer may cross with the rest of it.
    link.leave_unread();
    let partner = link.partner()?;
    shared.service.takes_from(partner)?;
    let place = shared.packages.take(partner, 1).map_err(no_place)?;
    let id = id.and_then(|Path(id)| id.parse::<MessageId>().ok()).ok_or_else(bad_message_id)?;
    check_media_type(&head.headers)?;
    let promised = digest::parse(head.headers.get_all(CONTENT_DIGEST)).map_err(bad_digest)?;
    let received = body::receive(body, &shared.limits, &shared.room, partner).await?;
    link.all_read();
    if received.digest != promised {
        return Err(Refusal::new(
            RefusalStatus::BadRequest,
            code::DIGEST_MISMATCH,
            "The body is not what Content-Digest says; it was damaged on its way.",
            format!("promised {promised}, received {}", received.digest),
        ));
    }
    let (bytes, memory) = received.load(&shared.limits, &shared.room).await?;
    let service = Arc::clone(&shared.service);
    let peer = Arc::clone(&link.peer);
    let package = Hashed::known(bytes, promised);
    // A task of its own: what the service has begun it ends, even when the peer has gone.
    let delivery = tokio::spawn(
        async move {
            let _held = (place, memory);
            service.put_message(&peer, partner, id, package).await
        }
        .in_current_span(),
    );
    match timeout(shared.limits.request_timeout, delivery).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(fault)) => Err(Refusal::internal(describe(&fault))),
        Err(_elapsed) => Err(too_late()),
    }
}

/// A panic text may quote data, so only the fact is told.
fn describe(fault: &tokio::task::JoinError) -> &'static str {
    if fault.is_panic() { "the service panicked" } else { "the service was stopped" }
}

/// The query of [`GET_RECEIPTS`]; every parameter at most once and no other.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptParameters {
    office: OfficeNumber,
    #[serde(default)]
    after: u64,
    /// Seconds.
    #[serde(default)]
    wait: u64,
}

async fn get_receipts<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    parameters: Result<Query<ReceiptParameters>, QueryRejection>,
) -> Response<Body> {
    let Ok(Query(parameters)) = parameters else {
        return refuse(&GET_RECEIPTS, bad_query());
    };
    let found = async {
        link.partner()?;
        find_receipts(&shared, &link.peer, &parameters).await
    };
    match found.await {
        Ok(page) => grant_json(&GET_RECEIPTS, &page.cut(shared.limits.page_bytes)),
        Err(refusal) => refuse(&GET_RECEIPTS, refusal),
    }
}

async fn find_receipts<S: Service>(
    shared: &Shared<S>,
    peer: &Peer,
    parameters: &ReceiptParameters,
) -> Result<ReceiptPage, Refusal> {
    let ReceiptParameters { office, after, wait } = *parameters;
    let wait = Duration::from_secs(wait).min(shared.limits.longest_wait);
    let limit = shared.limits.receipts_per_page;
    let query = ReceiptQuery { office, after, wait, limit };
    let answer = AssertUnwindSafe(shared.service.receipts(peer, query)).catch_unwind();
    let answer = async { answer.await.unwrap_or_else(|_| Err(panicked())) };
    if wait.is_zero() {
        return timeout(shared.limits.request_timeout, answer)
            .await
            .unwrap_or_else(|_| Err(too_late()));
    }
    let mut stopping = shared.stopping.clone();
    tokio::select! {
        biased;
        page = answer => page,
        _ = stopping.wait_for(|stopping| *stopping) => Ok(ReceiptPage::new(after, Vec::new(), false)),
        () = tokio::time::sleep(wait) => Ok(ReceiptPage::new(after, Vec::new(), false)),
    }
}

async fn get_status<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
) -> Response<Body> {
    let answer = std::panic::catch_unwind(AssertUnwindSafe(|| shared.service.status(&link.peer)));
    let Ok(answer) = answer else { return refuse(&GET_STATUS, panicked()) };
    let StatusAnswer { version, time, formats, clock_skew, files, manifest_bytes } = answer;
    let limits = StatusLimits {
        package_bytes: shared.limits.package_bytes,
        manifest_bytes,
        files,
        idle_seconds: shared.limits.header_timeout.as_secs(),
        wait_seconds: shared.limits.longest_wait.as_secs(),
        receipts_per_page: shared.limits.receipts_per_page,
    };
    let (features, clock_skew_seconds) = (Vec::new(), clock_skew.as_secs());
    let status = Status { version, time, formats, features, clock_skew_seconds, limits };
    grant_json(&GET_STATUS, &status)
}

/// `application/zip`, with or without parameters, and no content coding.
fn check_media_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let media_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let essence = media_type.and_then(|value| value.split(|byte| *byte == b';').next());
    let zip = essence.is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(ZIP.as_bytes()));
    if zip && !headers.contains_key(header::CONTENT_ENCODING) {
        return Ok(());
    }
    Err(Refusal::plain(
        RefusalStatus::UnsupportedMediaType,
        code::UNSUPPORTED_MEDIA_TYPE,
        "Expected a body of type application/zip without a content coding.",
    ))
}

fn bad_message_id() -> Refusal {
    Refusal::plain(
        RefusalStatus::BadRequest,
        code::BAD_MESSAGE_ID,
        "Expected a UUID of version 7 in lower case in the path.",
    )
}

fn bad_digest(error: ContentDigestError) -> Refusal {
    let code = match error {
        ContentDigestError::Missing => code::DIGEST_MISSING,
        ContentDigestError::Malformed => code::DIGEST_MALFORMED,
    };
    Refusal::plain(RefusalStatus::BadRequest, code, error.to_string())
}

fn bad_query() -> Refusal {
    Refusal::plain(
        RefusalStatus::BadRequest,
        code::BAD_QUERY,
        "Expected office (10 characters), and optionally after (a position) and wait (seconds).",
    )
}

fn not_found() -> Refusal {
    Refusal::plain(RefusalStatus::NotFound, code::NOT_FOUND, "There is no such resource.")
}

fn method_not_allowed() -> Refusal {
    Refusal::plain(
        RefusalStatus::MethodNotAllowed,
        code::METHOD_NOT_ALLOWED,
        "The resource has no such method.",
    )
}

fn no_place(full: Full) -> Refusal {
    match full {
        Full::All => Refusal::new(
            RefusalStatus::Unavailable,
            code::BUSY,
            "The node is working on as many packages as it can; come again.",
            "too many packages are being worked on",
        ),
        Full::Share => Refusal::new(
            RefusalStatus::TooManyRequests,
            code::PARTNER_SHARE_EXCEEDED,
            "The node is working on as many packages of yours as it may; come again.",
            "too many packages of one partner are being worked on",
        ),
    }
    .retry_after(TIMEOUT_RETRY)
}

fn too_late() -> Refusal {
    Refusal::new(
        RefusalStatus::Unavailable,
        code::TIMEOUT,
        "The node did not answer in time; repeat the request.",
        "the service did not answer in time",
    )
    .retry_after(TIMEOUT_RETRY)
}

fn panicked() -> Refusal {
    Refusal::internal("the service panicked")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::link::problem::refusals;

    const OPENAPI: &str = include_str!("../../spec/openapi.yaml");

    fn openapi() -> serde_json::Value {
        serde_saphyr::from_str(OPENAPI).expect("spec/openapi.yaml is YAML")
    }

    #[test]
    fn the_description_has_every_route_and_status_and_no_other() {
        let mut expected = BTreeMap::new();
        for route in [PUT_MESSAGE, GET_RECEIPTS, GET_STATUS] {
            let refused = route.refused.iter().map(|status| status.code());
            // 431 is what the HTTP parser itself answers.
            let statuses = route.granted.iter().copied().chain(refused).chain([431]);
            let statuses: BTreeSet<_> = statuses.map(|status| status.to_string()).collect();
            expected.insert((route.path.to_owned(), route.method.to_owned()), statuses);
        }
        let openapi = openapi();
        let mut described = BTreeMap::new();
        for (path, methods) in openapi["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                if method == "parameters" {
                    continue;
                }
                let responses = operation["responses"].as_object().expect("responses");
                let statuses: BTreeSet<_> = responses.keys().cloned().collect();
                described.insert((path.clone(), method.clone()), statuses);
            }
        }
        assert_eq!(described, expected);
    }

    #[test]
    fn the_description_has_every_code_of_the_link() {
        let openapi = openapi();
        let schema = &openapi["components"]["schemas"]["Problem"]["properties"]["code"];
        let described: BTreeSet<_> = schema["examples"]
            .as_array()
            .expect("examples")
            .iter()
            .filter_map(|c| c.as_str())
            .collect();
        let known: BTreeSet<_> = refusals().collect();
        assert_eq!(described, known, "spec/openapi.yaml and the table of codes");
    }

    #[test]
    fn the_description_points_at_what_exists() {
        let openapi = openapi();
        for reference in OPENAPI.lines().filter_map(|line| line.trim().strip_prefix("$ref: ")) {
            let pointer = reference.trim_matches(['"', '\'', '#']);
            assert!(openapi.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    #[test]
    fn takes_only_packages_as_they_are() {
        let check = |fields: &[(header::HeaderName, &'static str)]| {
            let headers =
                fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            check_media_type(&headers.collect()).is_ok()
        };
        assert!(check(&[(header::CONTENT_TYPE, "application/zip")]));
        assert!(check(&[(header::CONTENT_TYPE, "Application/ZIP ; x=y")]));
        assert!(!check(&[]));
        assert!(!check(&[(header::CONTENT_TYPE, "application/zipper")]));
        let gzip = (header::CONTENT_ENCODING, "gzip");
        assert!(!check(&[(header::CONTENT_TYPE, "application/zip"), gzip]));
    }
}
