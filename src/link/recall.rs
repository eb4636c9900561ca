//! Packages that their senders ask back: `PUT /v1/messages/{id}/recall`, and `GET /v1/mailbox/{id}/recall`
//! for what waits. A node and a relay answer in the same way.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{Response, StatusCode, header};
use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::answers::{
    RECEIPT, Route, TIMEOUT_RETRY, check_no_query, grant, panicked, refuse, too_late,
};
use super::api::{MailboxItemName, RecallReply, Service};
use super::messages::bad_message_id;
use super::problem::Refusal;
use super::query::{self, ItemParameters};
use super::shared::{Link, Shared};
use super::short_body;
use crate::package::Recall;
use crate::types::MessageId;
use crate::types::code::RefusalCode;
use crate::work;

/// A sender asks for a package back.
pub(super) const PUT_RECALL: Route = Route {
    method: "put",
    path: "/v1/messages/{id}/recall",
    granted: &[200, 202],
    refused: &[
        RefusalCode::NOT_FOUND,
        RefusalCode::NOT_A_PARTNER,
        RefusalCode::CERTIFICATE_NOT_ALLOWED,
        RefusalCode::PARTNER_RATE_EXCEEDED,
        RefusalCode::PARTNER_SHARE_EXCEEDED,
        RefusalCode::BUSY,
        RefusalCode::BAD_MESSAGE_ID,
        RefusalCode::BAD_QUERY,
        RefusalCode::UNSUPPORTED_MEDIA_TYPE,
        RefusalCode::TOO_LARGE,
        RefusalCode::TOO_SLOW,
        RefusalCode::BODY_BROKEN,
        RefusalCode::BAD_RECALL,
        RefusalCode::ID_MISMATCH,
        RefusalCode::NOT_OUR_PACKAGE,
        RefusalCode::ID_TAKEN,
        RefusalCode::CLOCK_AHEAD,
        RefusalCode::CLOCK_IN_DOUBT,
        RefusalCode::PACKAGE_EXPIRED,
        RefusalCode::BAD_SIGNATURE,
        RefusalCode::SIGNER_MISMATCH,
        RefusalCode::CERTIFICATE_UNREADABLE,
        RefusalCode::CERTIFICATE_VERSION,
        RefusalCode::CERTIFICATE_WEAK_KEY,
        RefusalCode::CERTIFICATE_WEAK_SIGNATURE,
        RefusalCode::CERTIFICATE_WRONG_USAGE,
        RefusalCode::CERTIFICATE_NOT_YET_VALID,
        RefusalCode::CERTIFICATE_EXPIRED,
        RefusalCode::CERTIFICATE_REVOKED,
        RefusalCode::REVOCATION_UNKNOWN,
        RefusalCode::CERTIFICATE_UNKNOWN,
        RefusalCode::CERTIFICATE_WRONG_OFFICE,
        RefusalCode::PARTNER_STORE_FULL,
        RefusalCode::STORAGE_FULL,
        RefusalCode::STORE_GONE,
        RefusalCode::OWN_CERTIFICATE_NOT_VALID,
        RefusalCode::TIMEOUT,
        RefusalCode::INTERNAL,
    ],
};

/// The office that a package waits for fetches what its sender asks.
pub(super) const GET_RECALL: Route = Route {
    method: "get",
    path: "/v1/mailbox/{id}/recall",
    granted: &[200],
    refused: &[
        RefusalCode::BAD_MESSAGE_ID,
        RefusalCode::BAD_QUERY,
        RefusalCode::NOT_FOUND,
        RefusalCode::NOT_A_PARTNER,
        RefusalCode::CERTIFICATE_NOT_ALLOWED,
        RefusalCode::PARTNER_RATE_EXCEEDED,
        RefusalCode::PARTNER_SHARE_EXCEEDED,
        RefusalCode::BUSY,
        RefusalCode::STORE_GONE,
        RefusalCode::TIMEOUT,
        RefusalCode::INTERNAL,
    ],
};

pub(super) async fn put_recall<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response<Body> {
    match receive(&shared, &link, id.ok(), request).await {
        Ok(RecallReply::Decided(receipt)) => grant(&PUT_RECALL, StatusCode::OK, RECEIPT, receipt),
        Ok(RecallReply::UnderWay) => {
            let mut answer = grant(&PUT_RECALL, StatusCode::ACCEPTED, RECEIPT, Bytes::new());
            answer.headers_mut().remove(header::CONTENT_TYPE);
            answer
        }
        Err(refusal) => refuse(&PUT_RECALL, refusal),
    }
}

async fn receive<S: Service>(
    shared: &Shared<S>,
    link: &Link,
    id: Option<Path<String>>,
    request: Request,
) -> Result<RecallReply, Refusal> {
    let (head, body) = request.into_parts();
    // Until the body is read, an answer may cross with the rest of it.
    link.leave_unread();
    let partner = link.partner()?;
    shared.service.takes_from(partner)?;
    let place = shared.grants.packages.take(partner, 1).map_err(|_full| {
        let log = "too many packages and recalls are being worked on";
        Refusal::new(RefusalCode::BUSY, log).retry_after(TIMEOUT_RETRY)
    })?;
    let id = id.and_then(|Path(id)| id.parse::<MessageId>().ok()).ok_or_else(bad_message_id)?;
    check_no_query(&head.uri)?;
    short_body::check_media_type(&head.headers, "Expected a recall.")?;
    let limits = shared.grants.limits();
    let recall = short_body::receive(body, Recall::MAX_BYTES, limits.body_grace).await?;
    link.all_read();
    let (service, peer) = (Arc::clone(&shared.service), Arc::clone(&link.peer));
    // A task of its own: what the service has begun it ends, even when the peer has gone.
    let asking = work::spawn(
        async move {
            let _held = place;
            service.put_recall(&peer, partner, id, recall).await
        }
        .in_current_span(),
    );
    match timeout(limits.request_timeout, asking).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(fault)) if fault.is_panic() => Err(panicked().of_this_package()),
        Ok(Err(_stopped)) => Err(Refusal::internal("the service was stopped")),
        Err(_elapsed) => Err(too_late()),
    }
}

pub(super) async fn get_recall<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    id: Result<Path<String>, PathRejection>,
    parameters: Result<Query<ItemParameters>, QueryRejection>,
) -> Response<Body> {
    let found = async {
        link.partner()?;
        let id = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(bad_message_id)?;
        let ItemParameters { office, sender } = query::of_item(parameters)?;
        let of = MailboxItemName { office, sender, id };
        let found = AssertUnwindSafe(shared.service.recall(&link.peer, of)).catch_unwind();
        let found = timeout(shared.grants.limits().request_timeout, found).await;
        found.map_err(|_elapsed| too_late())?.unwrap_or_else(|_| Err(panicked()))
    };
    match found.await {
        Ok(recall) => grant(&GET_RECALL, StatusCode::OK, RECEIPT, recall),
        Err(refusal) => refuse(&GET_RECALL, refusal),
    }
}
