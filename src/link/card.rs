//! Cards of offices: `GET /v1/card/{office}` and `PUT /v1/card/{office}`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{Response, StatusCode, Uri, header};
use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::time::timeout;

use super::answers::{
    RECEIPT, Route, TIMEOUT_RETRY, check_no_query, grant, panicked, refuse, too_late,
};
use super::api::Service;
use super::problem::Refusal;
use super::shared::{Link, Shared};
use super::short_body;
use crate::package::card::MAX_CARD;
use crate::types::OfficeNumber;
use crate::types::code::RefusalCode;

/// A partner asks for the card of an office of ours.
pub(super) const GET_CARD: Route = Route {
    method: "get",
    path: "/v1/card/{office}",
    granted: &[200],
    refused: &[
        RefusalCode::BAD_QUERY,
        RefusalCode::NOT_FOUND,
        RefusalCode::NOT_A_PARTNER,
        RefusalCode::CERTIFICATE_NOT_ALLOWED,
        RefusalCode::PARTNER_RATE_EXCEEDED,
        RefusalCode::PARTNER_SHARE_EXCEEDED,
        RefusalCode::TIMEOUT,
        RefusalCode::INTERNAL,
    ],
};

/// A partner hands us its own card.
pub(super) const PUT_CARD: Route = Route {
    method: "put",
    path: GET_CARD.path,
    granted: &[202, 204],
    refused: &[
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
        RefusalCode::BAD_CARD,
        RefusalCode::CARD_NOT_VALID,
        RefusalCode::CARD_OLDER,
        RefusalCode::CARD_NOT_TRUSTED,
        RefusalCode::STORAGE_FULL,
        RefusalCode::TIMEOUT,
        RefusalCode::INTERNAL,
    ],
};

pub(super) async fn get_card<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    office: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Response<Body> {
    let found = async {
        let partner = link.partner()?;
        check_no_query(&uri)?;
        let office = of_path(office)?;
        let answer = AssertUnwindSafe(shared.service.card(&link.peer, partner, office));
        let answer = timeout(shared.grants.limits().request_timeout, answer.catch_unwind()).await;
        let answer = answer.map_err(|_elapsed| too_late())?;
        answer.unwrap_or_else(|_| Err(panicked()))
    };
    match found.await {
        Ok(card) => grant(&GET_CARD, StatusCode::OK, RECEIPT, card),
        Err(refusal) => refuse(&GET_CARD, refusal),
    }
}

pub(super) async fn put_card<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    office: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response<Body> {
    match receive(&shared, &link, office, request).await {
        Ok(status) => {
            let mut answer = grant(&PUT_CARD, status, RECEIPT, Bytes::new());
            answer.headers_mut().remove(header::CONTENT_TYPE);
            answer
        }
        Err(refusal) => refuse(&PUT_CARD, refusal),
    }
}

async fn receive<S: Service>(
    shared: &Shared<S>,
    link: &Link,
    office: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let (head, body) = request.into_parts();
    // Until the body is read, an answer may cross with the rest of it.
    link.leave_unread();
    let partner = match link.partner() {
        Err(refusal)
            if refusal.code == RefusalCode::NOT_A_PARTNER
                && shared.service.takes_introductions() =>
        {
            None
        }
        partner => Some(partner?),
    };
    let _place = match partner {
        None => None,
        Some(partner) => {
            shared.service.takes_from(partner)?;
            Some(shared.grants.packages.take(partner, 1).map_err(|_full| {
                let log = "too many packages and cards are being worked on";
                Refusal::new(RefusalCode::BUSY, log).retry_after(TIMEOUT_RETRY)
            })?)
        }
    };
    check_no_query(&head.uri)?;
    let office = of_path(office)?;
    short_body::check_media_type(&head.headers, "Expected a card.")?;
    let limits = shared.grants.limits();
    let card = short_body::receive(body, MAX_CARD, limits.body_grace).await?;
    link.all_read();
    let answer = async {
        if let Some(partner) = partner {
            shared.service.put_card(&link.peer, partner, office, card).await?;
            Ok(StatusCode::NO_CONTENT)
        } else {
            shared.service.introduce(&link.peer, office, card).await?;
            Ok(StatusCode::ACCEPTED)
        }
    };
    let answer = timeout(limits.request_timeout, AssertUnwindSafe(answer).catch_unwind());
    let answer = answer.await.map_err(|_elapsed| too_late())?;
    answer.unwrap_or_else(|_| Err(panicked()))
}

/// The office of the path; another word there names nothing.
fn of_path(office: Result<Path<String>, PathRejection>) -> Result<OfficeNumber, Refusal> {
    let office = office.ok().and_then(|Path(office)| office.parse().ok());
    office.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))
}
