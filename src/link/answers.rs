//! How answers look: media types, problem documents, and what the log learns of them.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::{Response, StatusCode, Uri};
use futures_util::FutureExt as _;
use serde::Serialize;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::problem::{Document, PROBLEM_JSON, Refusal};
use crate::types::code::RefusalCode;
use crate::work;

/// The media type of packages.
pub(super) const ZIP: &str = "application/zip";

/// The media type of packages that are sealed to their recipient.
pub(super) use crate::package::sealed::SEALED;

/// The media type of receipts (RFC 8551, section 3.2.2).
pub(super) const RECEIPT: &str = "application/pkcs7-mime; smime-type=signed-data";

/// The media type of pages and status.
pub(super) const JSON: &str = "application/json";

/// When to come again after the node was too slow.
pub(super) const TIMEOUT_RETRY: Duration = Duration::from_secs(10);

/// A route and every refusal that it may answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) granted: &'static [u16],
    pub(super) refused: &'static [RefusalCode],
}

/// Every other path, and every other method of these; and what is refused before the route is looked
/// at.
pub(super) const ELSEWHERE: Route = Route {
    method: "any",
    path: "elsewhere",
    granted: &[],
    refused: &[
        RefusalCode::BAD_REQUEST,
        RefusalCode::HEAD_TOO_LARGE,
        RefusalCode::CERTIFICATE_REFUSED,
        RefusalCode::NOT_A_PARTNER,
        RefusalCode::CERTIFICATE_NOT_ALLOWED,
        RefusalCode::PARTNER_SHARE_EXCEEDED,
        RefusalCode::NOT_FOUND,
        RefusalCode::METHOD_NOT_ALLOWED,
    ],
};

/// What the log should know about an answer; travels in its extensions.
#[derive(Debug, Clone)]
pub(super) struct AnswerOutcome {
    pub(super) route: &'static str,
    pub(super) refusal: Option<Refusal>,
}

impl AnswerOutcome {
    /// What the handler of a route left in its answer.
    pub(super) fn of(response: &Response<Body>) -> Option<&Self> {
        response.extensions().get()
    }
}

/// An answer that gives what was asked for.
pub(super) fn grant(
    route: &Route,
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Body>,
) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(AnswerOutcome { route: route.path, refusal: None });
    response
}

/// An answer that grants and has nothing to say.
pub(super) fn grant_empty(route: &Route, status: StatusCode) -> Response<Body> {
    let mut response = grant(route, status, RECEIPT, Body::empty());
    response.headers_mut().remove(header::CONTENT_TYPE);
    response
}

/// The same as JSON.
pub(super) fn grant_json<T: Serialize>(route: &Route, answer: &T) -> Response<Body> {
    match serde_json::to_vec(answer) {
        Ok(json) => grant(route, StatusCode::OK, JSON, json),
        Err(error) => refuse(route, Refusal::internal(format!("the answer has no JSON: {error}"))),
    }
}

/// A refusal as an answer.
///
/// One that the description of the route does not list is a fault of the service, and told as that;
/// so that it is found early, it ends programs that are built for tests.
pub(super) fn refuse(route: &Route, refusal: Refusal) -> Response<Body> {
    let is_listed = route.refused.contains(&refusal.code);
    debug_assert!(is_listed, "{} does not list the refusal {}", route.path, refusal.code);
    let refusal = if is_listed {
        refusal
    } else {
        Refusal::internal(format!(
            "the service answered {} with a refusal that it does not list: {refusal}",
            route.path
        ))
    };
    let body = serde_json::to_vec(&Document::of(&refusal)).unwrap_or_default();
    let status = StatusCode::from_u16(refusal.code.status().code());
    let mut response =
        grant(route, status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), PROBLEM_JSON, body);
    if let Some(seconds) = refusal.retry_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response.extensions_mut().insert(AnswerOutcome { route: route.path, refusal: Some(refusal) });
    response
}

/// For a route without parameters. One that a node does not know may change what is asked for.
pub(super) fn check_no_query(uri: &Uri) -> Result<(), Refusal> {
    if uri.query().is_none_or(str::is_empty) {
        Ok(())
    } else {
        Err(Refusal::plain(RefusalCode::BAD_QUERY).saying("Expected no parameters."))
    }
}

/// The answer to a peer whose certificate is not acceptable any more, wherever it asks.
pub(super) fn certificate_refused(log: String) -> Response<Body> {
    refuse(&ELSEWHERE, Refusal::new(RefusalCode::CERTIFICATE_REFUSED, log))
}

/// The answer to a request whose head cannot be read, so that nobody knows what it asks for.
pub(super) fn unreadable(refusal: Refusal) -> Response<Body> {
    refuse(&ELSEWHERE, refusal)
}

/// What the service answers within `limit`; it is broken off where it takes longer, or the peer goes.
pub(super) async fn within<T>(
    limit: Duration,
    asked: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let answer = timeout(limit, AssertUnwindSafe(asked).catch_unwind()).await;
    answer.map_err(|_elapsed| too_late())?.unwrap_or_else(|_panic| Err(panicked()))
}

/// The same for what changes something: a task of its own, so that what the service has begun it ends,
/// even when the peer has gone or was told that it takes too long. `held` is kept until then.
pub(super) async fn to_the_end<T, H>(
    limit: Duration,
    held: H,
    asked: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    H: Send + 'static,
{
    let task = work::spawn(
        async move {
            let _held = held;
            asked.await
        }
        .in_current_span(),
    );
    match timeout(limit, task).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(fault)) if fault.is_panic() => Err(panicked().of_this_package()),
        Ok(Err(_stopped)) => Err(Refusal::internal("the service was stopped")),
        Err(_elapsed) => Err(too_late()),
    }
}

/// The service took too long.
fn too_late() -> Refusal {
    Refusal::new(RefusalCode::TIMEOUT, "the service did not answer in time")
        .retry_after(TIMEOUT_RETRY)
}

/// A panic text may quote data, so only the fact is told.
pub(super) fn panicked() -> Refusal {
    Refusal::internal("the service panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: Route = Route {
        method: "get",
        path: "/v1/status",
        granted: &[200],
        refused: &[RefusalCode::INTERNAL, RefusalCode::BUSY],
    };

    /// What is built for tests must not get so far.
    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "/v1/status does not list the refusal id-taken")]
    fn a_refusal_that_the_route_does_not_list_is_found() {
        refuse(&STATUS, Refusal::plain(RefusalCode::ID_TAKEN));
    }

    #[cfg(not(debug_assertions))]
    #[test]
    fn a_refusal_that_the_route_does_not_list_is_our_fault() {
        let response = refuse(&STATUS, Refusal::plain(RefusalCode::ID_TAKEN));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let outcome = AnswerOutcome::of(&response).expect("an outcome");
        let refusal = outcome.refusal.as_ref().expect("a refusal");
        assert_eq!(refusal.code, RefusalCode::INTERNAL);
        assert!(refusal.log.contains("id-taken"));
    }

    #[test]
    fn a_refusal_says_when_to_come_again() {
        let refusal = Refusal::plain(RefusalCode::BUSY);
        let response = refuse(&STATUS, refusal.retry_after(Duration::from_millis(1200)));
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }
}
