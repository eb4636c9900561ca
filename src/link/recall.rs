//! Packages that their senders ask back: `PUT /v1/messages/{id}/recall`, and `GET /v1/mailbox/{id}/recall`
//! for what waits. A node and a relay answer in the same way.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{Response, StatusCode};

use super::answers::{
    RECEIPT, Route, check_no_query, grant, grant_empty, refuse, to_the_end, within,
};
use super::api::{RecallReply, Service};
use super::mailbox::name_of;
use super::messages::bad_message_id;
use super::problem::Refusal;
use super::query::ItemParameters;
use super::shared::{Link, Shared};
use super::short_body;
use crate::package::Recall;
use crate::types::MessageId;
use crate::types::code::RefusalCode;

/// A sender asks for a package back.
pub(super) const PUT_RECALL: Route = Route {
    method: "put",
    path: "/v1/messages/{id}/recall",
    granted: &[200, 202],
    refused: &[
        RefusalCode::NOT_FOUND,
        RefusalCode::GONE,
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
        Ok(RecallReply::UnderWay) => grant_empty(&PUT_RECALL, StatusCode::ACCEPTED),
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
    let place = shared.grants.place(partner)?;
    let id = id.and_then(|Path(id)| id.parse::<MessageId>().ok()).ok_or_else(bad_message_id)?;
    check_no_query(&head.uri)?;
    short_body::check_media_type(&head.headers, "Expected a recall.")?;
    let limits = shared.grants.limits();
    let recall = short_body::receive(body, Recall::MAX_BYTES, limits.body_grace).await?;
    link.all_read();
    let (service, peer) = (Arc::clone(&shared.service), Arc::clone(&link.peer));
    to_the_end(limits.request_timeout, place, async move {
        service.put_recall(&peer, partner, id, recall).await
    })
    .await
}

pub(super) async fn get_recall<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    id: Result<Path<String>, PathRejection>,
    parameters: Result<Query<ItemParameters>, QueryRejection>,
) -> Response<Body> {
    let found = async {
        link.partner()?;
        let Path(id) = id.map_err(|_| bad_message_id())?;
        let of = name_of(&id, parameters)?;
        let limit = shared.grants.limits().request_timeout;
        within(limit, shared.service.recall(&link.peer, of)).await
    };
    match found.await {
        Ok(recall) => grant(&GET_RECALL, StatusCode::OK, RECEIPT, recall),
        Err(refusal) => refuse(&GET_RECALL, refusal),
    }
}
