//! Cards of offices: `GET /v1/card/{office}` and `PUT /v1/card/{office}`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{Response, StatusCode, Uri};

use super::answers::{RECEIPT, Route, check_no_query, grant, grant_empty, refuse, within};
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
        let limit = shared.grants.limits().request_timeout;
        within(limit, shared.service.card(&link.peer, partner, office)).await
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
        Ok(status) => grant_empty(&PUT_CARD, status),
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
    let office = of_path(office);
    let takes_introductions = shared.service.takes_introductions();
    let is_new = |office: &OfficeNumber| !shared.service.knows_as(&link.peer, *office);
    let partner = match link.partner() {
        // Whatever else its certificate speaks for, this may be an office that nobody knows.
        Ok(_) if takes_introductions && office.as_ref().is_ok_and(is_new) => None,
        Err(refusal) if takes_introductions && refusal.code == RefusalCode::NOT_A_PARTNER => None,
        partner => Some(partner?),
    };
    let _place = match partner {
        None => None,
        Some(partner) => {
            shared.service.takes_from(partner)?;
            Some(shared.grants.place(partner)?)
        }
    };
    check_no_query(&head.uri)?;
    let office = office?;
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
    within(limits.request_timeout, answer).await
}

/// The office of the path; another word there names nothing.
fn of_path(office: Result<Path<String>, PathRejection>) -> Result<OfficeNumber, Refusal> {
    let office = office.ok().and_then(|Path(office)| office.parse().ok());
    office.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))
}
