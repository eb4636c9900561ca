//! What waits for an office that comes and takes it: `GET /v1/mailbox`, `GET /v1/mailbox/{id}` and
//! `PUT /v1/mailbox/{id}/receipts/{kind}`. A node and a relay answer in the same way.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, Response, StatusCode};
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::answers::{Route, SEALED, ZIP, grant, grant_empty, refuse, to_the_end, within};
use super::api::{
    MailboxBody, MailboxItemName, MailboxPage, MailboxQuery, PackageForm, Service, receipt_kind,
};
use super::digest::{self, CONTENT_DIGEST};
use super::messages::bad_message_id;
use super::pool::Held;
use super::problem::Refusal;
use super::query::{self, ItemParameters, PageParameters};
use super::range::{self, Wanted};
use super::shared::{Link, Shared};
use super::short_body;
use super::waiting::{self, Page};
use crate::package;
use crate::types::DigestBuilder;
use crate::types::code::RefusalCode;

/// An office asks what waits for it.
pub(super) const GET_MAILBOX: Route = Route {
    method: "get",
    path: "/v1/mailbox",
    granted: &[200],
    refused: &[
        RefusalCode::BAD_QUERY,
        RefusalCode::NOT_FOUND,
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

/// It fetches one of these.
pub(super) const GET_ITEM: Route = Route {
    method: "get",
    path: "/v1/mailbox/{id}",
    granted: &[200, 206],
    refused: &[
        RefusalCode::BAD_MESSAGE_ID,
        RefusalCode::BAD_QUERY,
        RefusalCode::NOT_FOUND,
        RefusalCode::GONE,
        RefusalCode::RANGE_NOT_SATISFIABLE,
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

/// It says what became of it.
pub(super) const PUT_RECEIPT: Route = Route {
    method: "put",
    path: "/v1/mailbox/{id}/receipts/{kind}",
    granted: &[200, 201],
    refused: &[
        RefusalCode::BAD_MESSAGE_ID,
        RefusalCode::BAD_QUERY,
        RefusalCode::NOT_FOUND,
        RefusalCode::NOT_A_PARTNER,
        RefusalCode::CERTIFICATE_NOT_ALLOWED,
        RefusalCode::PARTNER_RATE_EXCEEDED,
        RefusalCode::PARTNER_SHARE_EXCEEDED,
        RefusalCode::BUSY,
        RefusalCode::UNSUPPORTED_MEDIA_TYPE,
        RefusalCode::TOO_LARGE,
        RefusalCode::TOO_SLOW,
        RefusalCode::BODY_BROKEN,
        RefusalCode::RECEIPT_MISMATCH,
        RefusalCode::PARTNER_STORE_FULL,
        RefusalCode::STORAGE_FULL,
        RefusalCode::STORE_GONE,
        RefusalCode::TIMEOUT,
        RefusalCode::INTERNAL,
    ],
};

/// The digest of all bytes, where the answer has a part of them (RFC 9530, section 3).
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

impl Page for MailboxPage {
    fn nothing(after: u64) -> Self {
        Self::new(after, Vec::new(), false)
    }
}

pub(super) async fn get_mailbox<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    parameters: Result<Query<PageParameters>, QueryRejection>,
) -> Response<Body> {
    let parameters = link.partner().and_then(|_| query::of_page(parameters));
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(refusal) => return refuse(&GET_MAILBOX, refusal),
    };
    let PageParameters { office, after, .. } = parameters;
    let limits = shared.grants.limits();
    let (wait, limit) = (parameters.wait(limits.longest_wait), limits.receipts_per_page);
    waiting::answer(&shared, &GET_MAILBOX, after, wait, |patience| {
        let (service, peer) = (Arc::clone(&shared.service), Arc::clone(&link.peer));
        let query = MailboxQuery { office, after, patience, limit };
        async move { service.mailbox(&peer, query).await }
    })
    .await
}

pub(super) async fn get_item<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    id: Result<Path<String>, PathRejection>,
    parameters: Result<Query<ItemParameters>, QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Response<Body> {
    let limit = shared.grants.limits().request_timeout;
    let found = async {
        let partner = link.partner()?;
        let id = id.ok().map(|Path(id)| id).ok_or_else(bad_message_id)?;
        let name = name_of(&id, parameters)?;
        let body = within(limit, shared.service.fetch(&link.peer, name)).await?;
        // Of the answer to HEAD no byte is read.
        let bytes = if method == Method::HEAD { 0 } else { body.piece };
        let memory = shared.grants.room.answer(partner, bytes)?;
        Ok((body, memory))
    };
    let (body, memory) = match found.await {
        Ok(found) => found,
        Err(refusal) => return refuse(&GET_ITEM, refusal),
    };
    // A range of the answer to HEAD means nothing.
    let wanted = if method == Method::HEAD {
        Wanted::Whole
    } else {
        range::wanted(&headers, body.size, &body.sha256)
    };
    match wanted {
        Wanted::Whole => whole(&body, memory),
        Wanted::Part(range) => {
            let part = within(limit, part(&body, memory, range)).await;
            part.unwrap_or_else(|refusal| refuse(&GET_ITEM, refusal))
        }
        Wanted::Outside => {
            let refusal = Refusal::plain(RefusalCode::RANGE_NOT_SATISFIABLE);
            let mut response = refuse(&GET_ITEM, refusal);
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", body.size));
            response
        }
    }
}

/// All bytes.
fn whole(body: &MailboxBody, memory: Held) -> Response<Body> {
    let mut response = bytes_of(body, memory, StatusCode::OK, 0..body.size);
    set(
        &mut response,
        header::HeaderName::from_static(CONTENT_DIGEST),
        &digest::format(&body.sha256),
    );
    response
}

/// Some of them. Unless they are all, they are read twice: their digest has to go before them.
async fn part(
    body: &MailboxBody,
    memory: Held,
    range: Range<u64>,
) -> Result<Response<Body>, Refusal> {
    let digest = if range == (0..body.size) {
        body.sha256
    } else {
        let mut digest = DigestBuilder::new();
        let mut pieces = body.read(range.clone());
        while let Some(piece) = pieces.next().await {
            digest.update(&piece?);
        }
        digest.finish()
    };
    let (first, last) = (range.start, range.end.saturating_sub(1));
    let mut response = bytes_of(body, memory, StatusCode::PARTIAL_CONTENT, range);
    let content_digest = digest::format(&digest);
    set(&mut response, header::HeaderName::from_static(CONTENT_DIGEST), &content_digest);
    let content_range = format!("bytes {first}-{last}/{}", body.size);
    set(&mut response, header::CONTENT_RANGE, &content_range);
    Ok(response)
}

fn bytes_of(
    body: &MailboxBody,
    memory: Held,
    status: StatusCode,
    range: Range<u64>,
) -> Response<Body> {
    let media_type = match body.form {
        PackageForm::Plain => ZIP,
        PackageForm::Sealed => SEALED,
    };
    let length = range.end.saturating_sub(range.start);
    // The head is gone when a piece cannot be read: the answer ends too soon, and the peer sees it by
    // its length.
    let pieces = body.read(range).map_err(move |refusal| {
        // Counted as long as the answer is under way.
        let _ = &memory;
        tracing::info!(route = GET_ITEM.path, code = refusal.code.code(), "{}", refusal.log);
        io::Error::other("the package cannot be read on")
    });
    let mut response = grant(&GET_ITEM, status, media_type, Body::from_stream(pieces));
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    set(&mut response, header::ETAG, &range::etag(&body.sha256));
    set(&mut response, REPR_DIGEST, &digest::format(&body.sha256));
    response
}

/// Sets a field to a value that is plain ASCII by its making.
fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

pub(super) async fn put_receipt<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    path: Result<Path<(String, String)>, PathRejection>,
    parameters: Result<Query<ItemParameters>, QueryRejection>,
    request: Request,
) -> Response<Body> {
    match receive(&shared, &link, path, parameters, request).await {
        Ok(repeated) => {
            let status = if repeated { StatusCode::OK } else { StatusCode::CREATED };
            grant_empty(&PUT_RECEIPT, status)
        }
        Err(refusal) => refuse(&PUT_RECEIPT, refusal),
    }
}

async fn receive<S: Service>(
    shared: &Shared<S>,
    link: &Link,
    path: Result<Path<(String, String)>, PathRejection>,
    parameters: Result<Query<ItemParameters>, QueryRejection>,
    request: Request,
) -> Result<bool, Refusal> {
    let (head, body) = request.into_parts();
    // Until the body is read, an answer may cross with the rest of it.
    link.leave_unread();
    let partner = link.partner()?;
    shared.service.takes_from(partner)?;
    let place = shared.grants.place(partner)?;
    let Path((id, kind)) = path.map_err(|_| bad_message_id())?;
    let name = name_of(&id, parameters)?;
    let kind = receipt_kind(&kind).ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))?;
    short_body::check_media_type(&head.headers, "Expected a receipt.")?;
    let most = package::Limits::default().receipt_bytes;
    let limits = shared.grants.limits();
    let receipt = short_body::receive(body, most, limits.body_grace).await?;
    link.all_read();
    let (service, peer) = (Arc::clone(&shared.service), Arc::clone(&link.peer));
    to_the_end(limits.request_timeout, place, async move {
        service.put_receipt(&peer, name, kind, receipt).await
    })
    .await
}

pub(super) fn name_of(
    id: &str,
    parameters: Result<Query<ItemParameters>, QueryRejection>,
) -> Result<MailboxItemName, Refusal> {
    let id = id.parse().map_err(|_| bad_message_id())?;
    let ItemParameters { office, sender } = query::of_item(parameters)?;
    Ok(MailboxItemName { office, sender, id })
}
