//! Receipts: `GET /v1/receipts`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::Response;

use super::answers::{Route, refuse};
use super::api::{ReceiptPage, ReceiptQuery, Service};
use super::query::{self, PageParameters};
use super::shared::{Link, Shared};
use super::waiting::{self, Page};
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
        RefusalCode::PARTNER_RATE_EXCEEDED,
        RefusalCode::PARTNER_SHARE_EXCEEDED,
        RefusalCode::BUSY,
        RefusalCode::STORE_GONE,
        RefusalCode::STORAGE_FULL,
        RefusalCode::TIMEOUT,
        RefusalCode::INTERNAL,
    ],
};

impl Page for ReceiptPage {
    fn nothing(after: u64) -> Self {
        Self::new(after, Vec::new(), false)
    }
}

pub(super) async fn get_receipts<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    parameters: Result<Query<PageParameters>, QueryRejection>,
) -> Response<Body> {
    let parameters = link.partner().and_then(|_| query::of_page(parameters));
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(refusal) => return refuse(&GET_RECEIPTS, refusal),
    };
    let PageParameters { office, after, .. } = parameters;
    let limits = shared.grants.limits();
    let (wait, limit) = (parameters.wait(limits.longest_wait), limits.receipts_per_page);
    waiting::answer(&shared, &GET_RECEIPTS, after, wait, |patience| {
        let (service, peer) = (Arc::clone(&shared.service), Arc::clone(&link.peer));
        let bytes = limits.page_bytes;
        let query = ReceiptQuery { office, after, patience, limit, bytes };
        async move { Ok(service.receipts(&peer, query).await?.cut(bytes)) }
    })
    .await
}
