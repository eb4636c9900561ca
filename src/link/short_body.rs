//! Bodies that are short by their nature: cards and receipts.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{self, HeaderMap, HeaderValue};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use super::problem::Refusal;
use crate::types::code::RefusalCode;

/// The media type of cards and receipts without its parameter.
const CMS: &[u8] = b"application/pkcs7-mime";

/// Reads a body of at most so many bytes to its end.
pub(super) async fn receive(body: Body, most: usize, time: Duration) -> Result<Bytes, Refusal> {
    let whole = timeout(time, Limited::new(body, most).collect()).await;
    let whole = whole.map_err(|_elapsed| Refusal::plain(RefusalCode::TOO_SLOW))?;
    let whole = whole.map_err(|error| {
        let too_large = error.is::<LengthLimitError>();
        let code = if too_large { RefusalCode::TOO_LARGE } else { RefusalCode::BODY_BROKEN };
        Refusal::plain(code)
    })?;
    Ok(whole.to_bytes())
}

/// A CMS message, and no content coding; else the refusal says what was expected.
pub(super) fn check_media_type(headers: &HeaderMap, expected: &'static str) -> Result<(), Refusal> {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let essence = value.and_then(|value| value.split(|byte| *byte == b';').next());
    let is_cms = essence.is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(CMS));
    if is_cms && !headers.contains_key(header::CONTENT_ENCODING) {
        return Ok(());
    }
    Err(Refusal::plain(RefusalCode::UNSUPPORTED_MEDIA_TYPE).saying(expected))
}
