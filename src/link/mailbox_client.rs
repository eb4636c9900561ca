//! The asking side of mailboxes: leaving packages with a relay, fetching those that wait for us there
//! or at a partner's node, and saying what became of them.

use std::time::Duration;

use axum::http::header::{self, HeaderMap};
use axum::http::{HeaderValue, StatusCode};
use bytes::Bytes;
use tokio::time::timeout;

use super::answers::{RECEIPT, SEALED, ZIP};
use super::api::{MailboxItem, MailboxItemName, MailboxPage, PackageForm, receipt_word};
use super::arrival::Arrival;
use super::body::no_file;
use super::client::{Client, expect_media_type, media_type_is, parse_json, refused, url};
use super::connect::{Answer, Unanswered, ask, read_body};
use super::digest::{self, CONTENT_DIGEST};
use super::error::SendError;
use super::grants::Grants;
use super::party::Endpoint;
use super::problem::Refusal;
use crate::package::{Recall, ReceiptKind};
use crate::types::{Hashed, MessageId, OfficeNumber};

/// How often the bytes of a package are asked for once more without any of them having come.
const IN_VAIN: u32 = 3;

/// A relay took a package over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositReply {
    /// What it signed, as it came: nothing about it has been checked.
    pub acceptance: Bytes,
    /// Whether the relay says that it had the package already.
    pub repeated: bool,
}

impl Client {
    /// Leaves a sealed package with a relay. Safe to repeat, sealed anew or not.
    pub async fn deposit(
        &self,
        with: &Endpoint,
        id: MessageId,
        sealed: &Hashed,
    ) -> Result<DepositReply, SendError> {
        let pool = self.pools.of(with)?;
        let _upload = pool.uploads.acquire().await;
        let limits = &pool.limits;
        let deadline = limits.answer_timeout.saturating_add(limits.transfer(sealed.bytes().len()));
        let digest = digest::format(&sealed.sha256());
        let url = url(with, &format!("/v1/messages/{id}"));
        let request = || {
            let request = pool.http.put(&url).header(header::CONTENT_TYPE, SEALED);
            request.header(CONTENT_DIGEST, &digest).body(sealed.bytes().clone())
        };
        let Answer { status, headers, body } =
            ask(request, limits.receipt_bytes, deadline, limits).await?;
        let repeated = match status {
            StatusCode::ACCEPTED => false,
            StatusCode::OK => true,
            other => return Err(refused(other, &headers, &body, limits)),
        };
        expect_media_type(&headers, RECEIPT)?;
        Ok(DepositReply { acceptance: body, repeated })
    }

    /// What waits for `own` there behind position `after`; the other side may wait up to `wait` (whole
    /// seconds) until there is something.
    pub async fn mailbox(
        &self,
        at: &Endpoint,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> Result<MailboxPage, SendError> {
        let wait_seconds = wait.as_secs();
        let path = format!("/v1/mailbox?office={own}&after={after}&wait={wait_seconds}");
        let page: MailboxPage = parse_json(&self.get(at, &path, wait).await?)?;
        if !page.follows(after) {
            let fault = format!("the page does not follow position {after}");
            return Err(SendError::Protocol(fault));
        }
        Ok(page)
    }

    /// The bytes of a package that waits for `own`, of which there may be `most`. What broke off is
    /// gone on with where it broke. They are the ones that the list told of. A large one arrives where
    /// those of partners arrive.
    pub async fn fetch(
        &self,
        at: &Endpoint,
        own: OfficeNumber,
        item: &MailboxItem,
        most: u64,
        grants: &Grants,
    ) -> Result<(Hashed, PackageForm), SendError> {
        let too_large =
            || SendError::Protocol(format!("expected a package of at most {most} bytes"));
        let size = usize::try_from(item.size).map_err(|_| too_large())?;
        if item.size > most {
            return Err(too_large());
        }
        let pool = self.pools.of(at)?;
        let limits = &pool.limits;
        let deadline = limits.answer_timeout.saturating_add(limits.fetching(size));
        let (id, sender) = (item.message_id, item.sender);
        let url = url(at, &format!("/v1/mailbox/{id}?office={own}&sender={sender}"));
        let etag = format!("\"{}\"", item.sha256);
        let mut read = Arrival::new(&grants.room, item.size);
        let whole = async {
            let mut in_vain = 0;
            loop {
                let request = pool.http.get(&url);
                let request = if read.len() == 0 {
                    request
                } else {
                    let range = format!("bytes={}-", read.len());
                    request.header(header::RANGE, range).header(header::IF_RANGE, &etag)
                };
                let before = read.len();
                let failed = |error: reqwest::Error| Unanswered::new(&error, limits).error;
                let error = match request.send().await {
                    Err(error) => failed(error),
                    Ok(mut response) => {
                        let (status, headers) = (response.status(), response.headers().clone());
                        if !status.is_success() {
                            let body = read_body(response, limits.problem_bytes);
                            let body = body.await.map_err(failed)?.unwrap_or_default();
                            return Err(refused(status, &headers, &body, limits));
                        }
                        let form = form_of(&headers)?;
                        if !goes_on(status, &headers, read.len()) {
                            read.begin_anew();
                        }
                        let broken = loop {
                            match response.chunk().await {
                                Ok(None) => break None,
                                Err(error) => break Some(failed(error)),
                                Ok(Some(data)) if data.len() > size - read.len() => {
                                    let fault = "more bytes than the list told of".to_owned();
                                    return Err(SendError::Protocol(fault));
                                }
                                Ok(Some(data)) => {
                                    let pushed = read.push(&data).await;
                                    pushed.map_err(|error| no_room(&no_file(&error)))?;
                                }
                            }
                        };
                        match broken {
                            None if read.len() == size => return Ok(form),
                            None => SendError::Broken("the package ended too soon".to_owned()),
                            Some(error) => error,
                        }
                    }
                };
                in_vain = if read.len() > before { 0 } else { in_vain + 1 };
                if !matches!(error, SendError::Broken(_)) || in_vain > IN_VAIN {
                    return Err(error);
                }
            }
        };
        let form = timeout(deadline, whole).await.unwrap_or(Err(SendError::Timeout(deadline)))?;
        // What is inside of a sealed one will be there as well.
        let times = if form == PackageForm::Sealed { 2 } else { 1 };
        let package = read.whole(item.sha256, times).await.map_err(|full| no_room(&full))?;
        let other = || SendError::Protocol("other bytes than the list told of".to_owned());
        Ok((package.ok_or_else(other)?, form))
    }

    /// Says where a package was fetched what became of it. Safe to repeat.
    pub async fn put_mailbox_receipt(
        &self,
        at: &Endpoint,
        of: MailboxItemName,
        kind: ReceiptKind,
        receipt: Bytes,
    ) -> Result<(), SendError> {
        let pool = self.pools.of(at)?;
        let limits = &pool.limits;
        let MailboxItemName { office, sender, id } = of;
        let kind = receipt_word(kind)
            .ok_or_else(|| SendError::Protocol("a receipt that no recipient signs".to_owned()))?;
        let path = format!("/v1/mailbox/{id}/receipts/{kind}?office={office}&sender={sender}");
        let url = url(at, &path);
        let request =
            || pool.http.put(&url).header(header::CONTENT_TYPE, RECEIPT).body(receipt.clone());
        let answer = ask(request, limits.problem_bytes, limits.answer_timeout, limits).await?;
        match answer.status {
            StatusCode::CREATED | StatusCode::OK => Ok(()),
            other => Err(refused(other, &answer.headers, &answer.body, limits)),
        }
    }
}

impl Client {
    /// Asks for a package back: at the recipient's node, which answers with a receipt that nobody has
    /// checked yet, or at a relay. Nothing where a receipt is still to come. Safe to repeat.
    pub async fn put_recall(
        &self,
        at: &Endpoint,
        id: MessageId,
        recall: Bytes,
    ) -> Result<Option<Bytes>, SendError> {
        let pool = self.pools.of(at)?;
        let limits = &pool.limits;
        let url = url(at, &format!("/v1/messages/{id}/recall"));
        let request =
            || pool.http.put(&url).header(header::CONTENT_TYPE, RECEIPT).body(recall.clone());
        let Answer { status, headers, body } =
            ask(request, limits.receipt_bytes, limits.answer_timeout, limits).await?;
        match status {
            StatusCode::OK => {
                expect_media_type(&headers, RECEIPT)?;
                Ok(Some(body))
            }
            StatusCode::ACCEPTED => Ok(None),
            other => Err(refused(other, &headers, &body, limits)),
        }
    }

    /// The signed request by which a package that waits for us is asked back: nothing about it has been
    /// checked.
    pub async fn recall(&self, at: &Endpoint, of: MailboxItemName) -> Result<Bytes, SendError> {
        let pool = self.pools.of(at)?;
        let limits = &pool.limits;
        let MailboxItemName { office, sender, id } = of;
        let path = format!("/v1/mailbox/{id}/recall?office={office}&sender={sender}");
        let url = url(at, &path);
        let request = || pool.http.get(&url);
        let Answer { status, headers, body } =
            ask(request, Recall::MAX_BYTES, limits.answer_timeout, limits).await?;
        match status {
            StatusCode::OK => {
                expect_media_type(&headers, RECEIPT)?;
                Ok(body)
            }
            other => Err(refused(other, &headers, &body, limits)),
        }
    }
}

/// What is fetched finds no room here.
fn no_room(refusal: &Refusal) -> SendError {
    SendError::NoRoom { code: refusal.code.code(), log: refusal.log.clone() }
}

/// As what the bytes travel.
pub(super) fn form_of(headers: &HeaderMap) -> Result<PackageForm, SendError> {
    if media_type_is(headers, SEALED) {
        Ok(PackageForm::Sealed)
    } else {
        expect_media_type(headers, ZIP).map(|()| PackageForm::Plain)
    }
}

/// Whether an answer begins behind the `read` bytes that are here.
fn goes_on(status: StatusCode, headers: &HeaderMap, read: usize) -> bool {
    let range = headers.get(header::CONTENT_RANGE).map(HeaderValue::as_bytes);
    let begins = |range: &[u8]| range.starts_with(format!("bytes {read}-").as_bytes());
    status == StatusCode::PARTIAL_CONTENT && range.is_some_and(begins)
}
