//! What the node tells about itself: `GET /v1/status`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{Response, Uri};

use super::answers::{Route, check_no_query, grant_json, panicked, refuse};
use super::api::{Service, Status, StatusAnswer, StatusLimits};
use super::shared::{Link, Shared};
use crate::types::code::RefusalCode;

/// Version, clock and limits.
pub(super) const GET_STATUS: Route = Route {
    method: "get",
    path: "/v1/status",
    granted: &[200],
    refused: &[RefusalCode::BAD_QUERY, RefusalCode::INTERNAL],
};

pub(super) async fn get_status<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    uri: Uri,
) -> Response<Body> {
    if let Err(refusal) = check_no_query(&uri) {
        return refuse(&GET_STATUS, refusal);
    }
    let answer = std::panic::catch_unwind(AssertUnwindSafe(|| shared.service.status(&link.peer)));
    let Ok(answer) = answer else { return refuse(&GET_STATUS, panicked()) };
    let StatusAnswer {
        version,
        time,
        formats,
        features,
        clock_skew,
        files,
        manifest_bytes,
        your_cards,
    } = answer;
    let limits = shared.grants.limits();
    let limits = StatusLimits {
        package_bytes: limits.package_bytes,
        manifest_bytes,
        files,
        idle_seconds: limits.header_timeout.as_secs(),
        wait_seconds: limits.longest_wait.as_secs(),
        receipts_per_page: limits.receipts_per_page,
    };
    let clock_skew_seconds = clock_skew.as_secs();
    let status =
        Status { version, time, formats, features, clock_skew_seconds, your_cards, limits };
    grant_json(&GET_STATUS, &status)
}
