//! Receipts: `GET /v1/receipts`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::Response;
use futures_util::FutureExt as _;
use serde::{Deserialize, Deserializer, de};
use tokio::time::timeout;

use super::answers::{Route, grant_json, panicked, refuse, too_late};
use super::api::{Caller, LAST_POSITION, ReceiptPage, ReceiptQuery, Service};
use super::problem::Refusal;
use super::shared::{Link, Shared};
use crate::types::OfficeNumber;
use crate::types::code::RefusalCode;

/// The sender of packages collects their later receipts.
pub(super) const GET_RECEIPTS: Route = Route {
    method: "get",
    path: "/v1/receipts",
    granted: &[200],
    refused: &[
        RefusalCode::BAD_QUERY,
        RefusalCode::NOT_A_PARTNER,
        RefusalCode::CERTIFICATE_NOT_ALLOWED,
        RefusalCode::PARTNER_SHARE_EXCEEDED,
        RefusalCode::BUSY,
        RefusalCode::STORE_GONE,
        RefusalCode::STORAGE_FULL,
        RefusalCode::TIMEOUT,
        RefusalCode::INTERNAL,
    ],
};

/// The query of [`GET_RECEIPTS`]; every parameter at most once and no other.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiptParameters {
    office: OfficeNumber,
    #[serde(default, deserialize_with = "position")]
    after: u64,
    /// Seconds.
    #[serde(default, deserialize_with = "number")]
    wait: u64,
}

/// Digits and nothing else.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| de::Error::custom("expected digits"))
}

fn position<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let position = number(from)?;
    let known = Some(position).filter(|position| *position <= LAST_POSITION);
    known.ok_or_else(|| de::Error::custom("expected a position"))
}

pub(super) async fn get_receipts<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    parameters: Result<Query<ReceiptParameters>, QueryRejection>,
) -> Response<Body> {
    let found = async {
        link.partner()?;
        let Query(parameters) = parameters.map_err(|_| bad_query())?;
        find_receipts(&shared, &link.peer, &parameters).await
    };
    match found.await {
        Ok(page) => grant_json(&GET_RECEIPTS, &page.cut(shared.grants.limits().page_bytes)),
        Err(refusal) => refuse(&GET_RECEIPTS, refusal),
    }
}

async fn find_receipts<S: Service>(
    shared: &Shared<S>,
    peer: &Caller,
    parameters: &ReceiptParameters,
) -> Result<ReceiptPage, Refusal> {
    let ReceiptParameters { office, after, wait } = *parameters;
    let wait = Duration::from_secs(wait).min(shared.grants.limits().longest_wait);
    let limit = shared.grants.limits().receipts_per_page;
    let query = ReceiptQuery { office, after, wait, limit };
    let answer = AssertUnwindSafe(shared.service.receipts(peer, query)).catch_unwind();
    let answer = async { answer.await.unwrap_or_else(|_| Err(panicked())) };
    if wait.is_zero() {
        return timeout(shared.grants.limits().request_timeout, answer)
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

fn bad_query() -> Refusal {
    Refusal::plain(RefusalCode::BAD_QUERY)
}
