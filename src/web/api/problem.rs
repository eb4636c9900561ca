//! Refusals of the API: problem documents (RFC 9457) with the codes of the one table.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{self, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::rules::Report;
use crate::store::StoreError;
use crate::types::Lang;
use crate::types::code::{self, RefusalCode, RefusalRetry};

/// The media type of a problem document.
const PROBLEM_JSON: &str = "application/problem+json";

/// When to come again after the store could not answer, or too much is under way.
const PAUSE: Duration = Duration::from_secs(5);

/// Below which path the API is.
pub(in super::super) const ROOT: &str = "/api";

/// Whether a request is one of the API, wherever it leads there.
pub(in super::super) fn is_api(uri: &Uri) -> bool {
    uri.path().strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A request that is not granted.
#[derive(Debug)]
pub(super) struct Refused {
    code: RefusalCode,
    detail: Cow<'static, str>,
    retry_after: Option<Duration>,
    set: Option<RefusedSet>,
}

/// Why a set was not sent.
#[derive(Debug, Serialize)]
pub(super) struct RefusedSet {
    /// Codes of rules or of the fault.
    pub(super) codes: Vec<String>,
    /// What the rules say.
    pub(super) report: Option<Box<Report>>,
}

/// What a program gets.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    /// For the makers of the program.
    detail: &'a str,
    /// For whoever uses it.
    message: String,
    retry: RefusalRetry,
    #[serde(flatten)]
    set: Option<&'a RefusedSet>,
}

impl Refused {
    pub(super) fn new(code: RefusalCode) -> Self {
        Self { code, detail: code.text().into(), retry_after: None, set: None }
    }

    /// The same, saying more.
    pub(super) fn saying(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// The same, with a time to come again.
    pub(super) fn after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The same about a set.
    pub(super) fn about(self, set: RefusedSet) -> Self {
        Self { set: Some(set), ..self }
    }

    /// What is asked for is not as described.
    pub(super) fn malformed(expected: impl Into<Cow<'static, str>>) -> Self {
        Self::new(RefusalCode::REQUEST_MALFORMED).saying(expected)
    }

    /// There is no room.
    pub(super) fn full() -> Self {
        Self::new(RefusalCode::STORAGE_FULL).after(PAUSE)
    }

    /// Too much is under way.
    pub(super) fn busy() -> Self {
        Self::new(RefusalCode::BUSY).after(PAUSE)
    }

    /// With what.
    pub(super) const fn code(&self) -> RefusalCode {
        self.code
    }

    /// What a handler refused with.
    pub(super) fn of(answer: &Response) -> Option<&Arc<Self>> {
        answer.extensions().get()
    }

    /// As an answer; `lang` is that of the node.
    pub(super) fn answer(&self, lang: Lang) -> Response {
        let info = code::find(self.code.code());
        let message = info.map_or_else(String::new, |info| {
            let end = lang.pick("。", ". ");
            format!("{}{end}{}", info.meaning(lang), info.to_do(lang))
        });
        let document = Document {
            kind: format!("urn:renkei:problem:{}", self.code),
            title: self.code.status().title(),
            status: self.code.status().code(),
            code: self.code.code(),
            detail: &self.detail,
            message,
            retry: self.code.retry(),
            set: self.set.as_ref(),
        };
        let status = StatusCode::from_u16(self.code.status().code())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut answer = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        let headers = answer.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        answer
    }
}

/// Not written yet: that is done once, where the language is known.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut answer = Response::default();
        answer.extensions_mut().insert(Arc::new(self));
        answer
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound | StoreError::NoLongerKept => Self::new(RefusalCode::NOT_FOUND),
            error => {
                tracing::warn!(code = error.code(), %error, "the API could not use the store");
                Self::busy()
            }
        }
    }
}

/// What a program gets whose request took too long.
pub(in super::super) fn too_late(lang: Lang) -> Response {
    Refused::new(RefusalCode::TIMEOUT).after(PAUSE).answer(lang)
}
