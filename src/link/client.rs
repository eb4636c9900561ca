//! The asking side: requests to partners over pooled connections.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::answers::{JSON, RECEIPT, SEALED, ZIP};
use super::api::{PackageForm, ReceiptPage, Status};
use super::connect::{Answer, Pools, ask};
use super::digest::{self, CONTENT_DIGEST};
use super::error::SendError;
use super::limits::ClientLimits;
use super::party::Endpoint;
use super::problem::{PROBLEM_JSON, Problem};
use super::proxy::ProxyAccess;
use super::tls::Tls;
use crate::package::card::MAX_CARD;
use crate::types::{Hashed, MessageId, OfficeNumber};

/// The partner took the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutReply {
    /// The receipt as it came: nothing about it has been checked.
    pub receipt: Bytes,
    /// Whether the partner says that it had the package already.
    pub repeated: bool,
}

/// Asks partners. One client serves all partners; clones are not needed, it is used by reference.
#[derive(Debug)]
pub struct Client {
    pub(super) pools: Pools,
}

impl Client {
    /// A client that connects with the settings of `tls`, also after a reload.
    pub fn new(tls: Arc<Tls>, limits: ClientLimits) -> Self {
        Self { pools: Pools::new(tls, limits) }
    }

    /// Goes by other limits from now on; what is under way by those with which it began.
    pub fn set_limits(&self, limits: ClientLimits) {
        self.pools.set_limits(limits);
    }

    /// Opens connections through another proxy from now on, or through none.
    pub fn set_proxy(&self, proxy: Option<ProxyAccess>) {
        self.pools.set_proxy(proxy);
    }

    /// Puts a package as it is. Safe to repeat with the same id and bytes.
    pub async fn put_message(
        &self,
        to: &Endpoint,
        id: MessageId,
        package: impl Into<Hashed>,
    ) -> Result<PutReply, SendError> {
        self.put_in_form(to, id, package.into(), PackageForm::Plain).await
    }

    /// Puts a package as it is or sealed. Safe to repeat with the same id and the same package inside,
    /// sealed anew or not.
    pub async fn put_in_form(
        &self,
        to: &Endpoint,
        id: MessageId,
        package: Hashed,
        form: PackageForm,
    ) -> Result<PutReply, SendError> {
        let media_type = match form {
            PackageForm::Plain => ZIP,
            PackageForm::Sealed => SEALED,
        };
        let pool = self.pools.of(to)?;
        let _upload = pool.uploads.acquire().await;
        let limits = &pool.limits;
        let upload = limits.transfer(package.bytes().len());
        let digest = digest::format(&package.sha256());
        let url = url(to, &format!("/v1/messages/{id}"));
        let request = || {
            let request = pool.http.put(&url).header(header::CONTENT_TYPE, media_type);
            request.header(CONTENT_DIGEST, &digest).body(package.bytes().clone())
        };
        let deadline = limits.answer_timeout.saturating_add(upload);
        let Answer { status, headers, body } =
            ask(request, limits.receipt_bytes, deadline, limits).await?;
        PutReply::of(status, &headers, body, limits)
    }

    /// Collects the receipts of packages that `own` sent to the partner, behind position `after`;
    /// the partner may wait up to `wait` (whole seconds) until it has one.
    pub async fn receipts(
        &self,
        from: &Endpoint,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> Result<ReceiptPage, SendError> {
        let wait_seconds = wait.as_secs();
        let path = format!("/v1/receipts?office={own}&after={after}&wait={wait_seconds}");
        read_page(&self.get(from, &path, wait).await?, after)
    }

    /// Asks for version, clock and limits.
    pub async fn status(&self, of: &Endpoint) -> Result<Status, SendError> {
        parse_json(&self.get(of, "/v1/status", Duration::ZERO).await?)
    }

    /// The card of an office, as it came: nothing about it has been checked. Nothing where there is none
    /// of it.
    pub async fn card(
        &self,
        of: &Endpoint,
        office: OfficeNumber,
    ) -> Result<Option<Bytes>, SendError> {
        let (pool, url) = (self.pools.of(of)?, url(of, &format!("/v1/card/{office}")));
        let request = || pool.http.get(&url);
        let limits = &pool.limits;
        let answer = ask(request, MAX_CARD, limits.answer_timeout, limits).await?;
        match answer.status {
            StatusCode::OK => {
                expect_media_type(&answer.headers, RECEIPT)?;
                Ok(Some(answer.body))
            }
            StatusCode::NOT_FOUND => Ok(None),
            other => Err(refused(other, &answer.headers, &answer.body, limits)),
        }
    }

    /// Hands the card of our office `own` to a partner. Safe to repeat.
    pub async fn put_card(
        &self,
        to: &Endpoint,
        own: OfficeNumber,
        card: Bytes,
    ) -> Result<(), SendError> {
        let (pool, url) = (self.pools.of(to)?, url(to, &format!("/v1/card/{own}")));
        let request =
            || pool.http.put(&url).header(header::CONTENT_TYPE, RECEIPT).body(card.clone());
        let limits = &pool.limits;
        let answer = ask(request, limits.problem_bytes, limits.answer_timeout, limits).await?;
        match answer.status {
            StatusCode::NO_CONTENT => Ok(()),
            other => Err(refused(other, &answer.headers, &answer.body, limits)),
        }
    }

    /// The JSON that is found at a path; the partner may take `wait` before it answers.
    pub(super) async fn get(&self, of: &Endpoint, path: &str, wait: Duration) -> Result<Bytes, SendError> {
        let (pool, url) = (self.pools.of(of)?, url(of, path));
        let limits = &pool.limits;
        let deadline = limits.answer_timeout.saturating_add(wait);
        let request = || pool.http.get(&url);
        let answer = ask(request, limits.page_bytes, deadline, limits).await?;
        if answer.status != StatusCode::OK {
            return Err(refused(answer.status, &answer.headers, &answer.body, limits));
        }
        expect_media_type(&answer.headers, JSON)?;
        Ok(answer.body)
    }
}

impl PutReply {
    /// What an answer to a package means.
    ///
    /// # Errors
    ///
    /// It is anything but a receipt under 201 or 200.
    pub fn of(
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
        limits: &ClientLimits,
    ) -> Result<Self, SendError> {
        let repeated = match status {
            StatusCode::CREATED => false,
            StatusCode::OK => true,
            other => return Err(refused(other, headers, &body, limits)),
        };
        expect_media_type(headers, RECEIPT)?;
        if body.is_empty() {
            return Err(SendError::Protocol("expected a receipt, got an empty body".to_owned()));
        }
        Ok(Self { receipt: body, repeated })
    }
}

/// A page of receipts that was asked for with `after`.
///
/// # Errors
///
/// It is no page, or asking on from it would make no progress.
pub fn read_page(json: &[u8], after: u64) -> Result<ReceiptPage, SendError> {
    let page: ReceiptPage = parse_json(json)?;
    if !page.follows(after) {
        let fault = format!("the page does not follow position {after}");
        return Err(SendError::Protocol(fault));
    }
    Ok(page)
}

pub(super) fn parse_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, SendError> {
    // The text of the error could quote the answer; its place is enough.
    serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        SendError::Protocol(format!("the JSON is not as described at {line}:{column}"))
    })
}

/// What an answer means that does not grant the request.
pub(super) fn refused(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    limits: &ClientLimits,
) -> SendError {
    let is_problem = media_type_is(headers, PROBLEM_JSON);
    let problem = Problem::from_untrusted(status.as_u16(), if is_problem { body } else { &[] });
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    if status.is_server_error() || passing {
        let retry_after = retry_after(headers, limits.longest_retry_after);
        SendError::Busy { problem, retry_after }
    } else if status.is_client_error() {
        SendError::Refused { problem }
    } else {
        SendError::Protocol(format!("unexpected status {}", status.as_u16()))
    }
}

pub(super) fn url(of: &Endpoint, path: &str) -> String {
    format!("https://{}{path}", of.url.authority())
}

pub(super) fn media_type_is(headers: &HeaderMap, expected: &str) -> bool {
    let essence = |value: &[u8]| {
        value
            .split(|byte| *byte == b';')
            .next()
            .unwrap_or_default()
            .trim_ascii()
            .to_ascii_lowercase()
    };
    let found = headers.get(header::CONTENT_TYPE).map(|value| essence(value.as_bytes()));
    found.is_some_and(|found| found == essence(expected.as_bytes()))
}

pub(super) fn expect_media_type(headers: &HeaderMap, expected: &str) -> Result<(), SendError> {
    if media_type_is(headers, expected) {
        Ok(())
    } else {
        Err(SendError::Protocol(format!("expected an answer of type {expected}")))
    }
}

/// `Retry-After` in seconds (RFC 9110, section 10.2.3), cut to what we believe. The form with a
/// date is not used by this API and is passed over.
fn retry_after(headers: &HeaderMap, longest: Duration) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)).min(longest))
}

#[cfg(test)]
mod tests {
    use axum::http::header::HeaderValue;

    use super::*;

    #[test]
    fn believes_only_a_bounded_time() {
        let hour = Duration::from_hours(1);
        let after = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(text));
            retry_after(&headers, hour)
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("86400"), Some(hour));
        assert_eq!(after("99999999999999999999999"), Some(hour));
        for none in ["", "-1", "+1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(after(none), None, "{none}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), hour), None);
    }

    #[test]
    fn compares_media_types_without_parameters() {
        let is = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(text));
            media_type_is(&headers, RECEIPT)
        };
        assert!(is(RECEIPT) && is("application/PKCS7-mime"));
        assert!(!is("application/pkcs7") && !is(""));
    }
}
