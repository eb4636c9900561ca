//! Parts of requests, each with a refusal of its own where it is not as described; and answers.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::state::Shared;
use super::problem::Refused;
use crate::types::code::RefusalCode;

/// The largest body of JSON.
const JSON: usize = 64 << 10;

/// The parameters of an address.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Shared>> for Params<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Refused> {
        match Query::<T>::from_request_parts(parts, shared).await {
            Ok(Query(params)) => Ok(Self(params)),
            // What was typed is not repeated: it may be about a person.
            Err(_) => Err(Refused::malformed(
                "Expected the parameters as described, each once, and no others.",
            )),
        }
    }
}

/// What the path of an address names.
pub(super) struct Named<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Shared>> for Named<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Refused> {
        match Path::<T>::from_request_parts(parts, shared).await {
            Ok(Path(named)) => Ok(Self(named)),
            Err(_) => Err(Refused::new(RefusalCode::NOT_FOUND)),
        }
    }
}

/// Whether a body is said to be of a media type, and packed no further.
pub(super) fn is_of(headers: &HeaderMap, media: &'static str) -> Result<(), Refused> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let said = said.and_then(|said| said.split(';').next()).unwrap_or_default().trim();
    if said.eq_ignore_ascii_case(media) && !headers.contains_key(header::CONTENT_ENCODING) {
        return Ok(());
    }
    Err(Refused::new(RefusalCode::UNSUPPORTED_MEDIA_TYPE)
        .saying(format!("Expected a body of type {media} without a content coding.")))
}

/// A body of no more than so many bytes.
pub(super) async fn bytes(headers: &HeaderMap, body: Body, most: usize) -> Result<Bytes, Refused> {
    let too_large = || {
        Refused::new(RefusalCode::TOO_LARGE)
            .saying(format!("Expected a body of {most} bytes at the most."))
    };
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > most))
    {
        return Err(too_large());
    }
    to_bytes(body, most).await.map_err(|error| {
        let is_long = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<LengthLimitError>);
        if is_long { too_large() } else { Refused::new(RefusalCode::BODY_BROKEN) }
    })
}

/// A body of JSON.
pub(super) async fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Refused> {
    is_of(headers, "application/json")?;
    let bytes = bytes(headers, body, JSON).await?;
    serde_json::from_slice(&bytes)
        .map_err(|_| Refused::malformed("Expected a JSON object as described."))
}

/// An answer in JSON.
pub(super) fn answer(
    status: axum::http::StatusCode,
    content: &impl Serialize,
) -> Result<Response, Refused> {
    match serde_json::to_vec(content) {
        Ok(json) => {
            let media = HeaderValue::from_static("application/json");
            Ok((status, [(header::CONTENT_TYPE, media)], json).into_response())
        }
        Err(error) => {
            tracing::error!(%error, "an answer has no JSON");
            Err(Refused::new(RefusalCode::INTERNAL))
        }
    }
}

/// The same with what was asked for.
pub(super) fn ok(content: &impl Serialize) -> Result<Response, Refused> {
    answer(axum::http::StatusCode::OK, content)
}
