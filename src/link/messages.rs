//! Packages: `PUT /v1/messages/{id}`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Response, StatusCode};

use super::answers::{RECEIPT, Route, SEALED, ZIP, check_no_query, grant, refuse, to_the_end};
use super::api::{PackageForm, PutAnswer, Service};
use super::body;
use super::digest::{self, CONTENT_DIGEST, ContentDigestError};
use super::limits::Limits;
use super::problem::Refusal;
use super::shared::{Link, Shared};
use crate::package::sealed::largest;
use crate::types::code::RefusalCode;
use crate::types::{Hashed, MessageId};

/// A package arrives.
pub(super) const PUT_MESSAGE: Route = Route {
    method: "put",
    path: "/v1/messages/{id}",
    granted: &[200, 201, 202],
    refused: &[
        RefusalCode::NOT_A_PARTNER,
        RefusalCode::CERTIFICATE_NOT_ALLOWED,
        RefusalCode::PARTNER_RATE_EXCEEDED,
        RefusalCode::PARTNER_SHARE_EXCEEDED,
        RefusalCode::BUSY,
        RefusalCode::BAD_MESSAGE_ID,
        RefusalCode::BAD_QUERY,
        RefusalCode::UNSUPPORTED_MEDIA_TYPE,
        RefusalCode::DIGEST_MISSING,
        RefusalCode::DIGEST_MALFORMED,
        RefusalCode::TOO_LARGE,
        RefusalCode::TOO_SLOW,
        RefusalCode::BODY_BROKEN,
        RefusalCode::DIGEST_MISMATCH,
        RefusalCode::NOT_SEALED,
        RefusalCode::SEAL_UNKNOWN_KEY,
        RefusalCode::SEAL_BROKEN,
        RefusalCode::SEAL_MISMATCH,
        RefusalCode::BAD_CONTAINER,
        RefusalCode::TOO_MANY_FILES,
        RefusalCode::BAD_MANIFEST,
        RefusalCode::UNSUPPORTED_FORMAT,
        RefusalCode::FILE_MISMATCH,
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

pub(super) async fn put_message<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    Extension(link): Extension<Arc<Link>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response<Body> {
    match receive_message(&shared, &link, id.ok(), request).await {
        Ok(answer) => {
            let status = match (answer.repeated, answer.relayed) {
                (true, _) => StatusCode::OK,
                (false, false) => StatusCode::CREATED,
                (false, true) => StatusCode::ACCEPTED,
            };
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
    let (grants, limits) = (&shared.grants, shared.grants.limits());
    let place = grants.place(partner)?;
    let id = id.and_then(|Path(id)| id.parse::<MessageId>().ok()).ok_or_else(bad_message_id)?;
    check_no_query(&head.uri)?;
    let form = form_of(&head.headers)?;
    let promised = digest::parse(head.headers.get_all(CONTENT_DIGEST)).map_err(bad_digest)?;
    let (limits, times) = match form {
        PackageForm::Plain => (limits, 1),
        PackageForm::Sealed => {
            let times = if shared.service.opens_sealed() { 2 } else { 1 };
            (Limits { package_bytes: largest(limits.package_bytes), ..limits }, times)
        }
    };
    let received = body::receive(body, &limits, &grants.room, partner).await?;
    link.all_read();
    if received.digest != promised {
        let log = format!("promised {promised}, received {}", received.digest);
        return Err(Refusal::new(RefusalCode::DIGEST_MISMATCH, log));
    }
    let (bytes, memory) = received.load(&limits, &grants.room, times).await?;
    let service = Arc::clone(&shared.service);
    let peer = Arc::clone(&link.peer);
    let package = Hashed::known(bytes, promised);
    // What is sealed is counted until what was inside is kept.
    let held = (place, memory, (times > 1).then(|| package.clone()));
    to_the_end(limits.request_timeout, held, async move {
        service.put_message(&peer, partner, id, package, form).await
    })
    .await
}

/// `application/zip` or the media type of sealed packages, with or without parameters, and no content
/// coding.
fn form_of(headers: &HeaderMap) -> Result<PackageForm, Refusal> {
    let media_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let essence = media_type.and_then(|value| value.split(|byte| *byte == b';').next());
    let is = |known: &str| {
        essence.is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(known.as_bytes()))
    };
    let form = match (is(ZIP), is(SEALED)) {
        (true, _) => Some(PackageForm::Plain),
        (_, true) => Some(PackageForm::Sealed),
        (false, false) => None,
    };
    form.filter(|_| !headers.contains_key(header::CONTENT_ENCODING))
        .ok_or_else(|| Refusal::plain(RefusalCode::UNSUPPORTED_MEDIA_TYPE))
}

pub(super) fn bad_message_id() -> Refusal {
    Refusal::plain(RefusalCode::BAD_MESSAGE_ID)
}

fn bad_digest(error: ContentDigestError) -> Refusal {
    match error {
        ContentDigestError::Missing => Refusal::plain(RefusalCode::DIGEST_MISSING),
        ContentDigestError::Malformed => Refusal::plain(RefusalCode::DIGEST_MALFORMED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_packages_as_they_are() {
        let check = |fields: &[(header::HeaderName, &'static str)]| {
            let headers =
                fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            form_of(&headers.collect()).ok()
        };
        let (plain, sealed) = (Some(PackageForm::Plain), Some(PackageForm::Sealed));
        assert_eq!(check(&[(header::CONTENT_TYPE, "application/zip")]), plain);
        assert_eq!(check(&[(header::CONTENT_TYPE, "Application/ZIP ; x=y")]), plain);
        assert_eq!(check(&[(header::CONTENT_TYPE, "application/Vnd.renkei.sealed;x")]), sealed);
        assert_eq!(check(&[]), None);
        assert_eq!(check(&[(header::CONTENT_TYPE, "application/zipper")]), None);
        let gzip = (header::CONTENT_ENCODING, "gzip");
        assert_eq!(check(&[(header::CONTENT_TYPE, "application/zip"), gzip]), None);
    }
}
