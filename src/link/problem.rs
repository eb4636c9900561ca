//! Refusals and the problem documents (RFC 9457) that carry them.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::types::code::{self, Area};

/// The HTTP status of a refusal (RFC 9110, section 15, and RFC 4918 for 507).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RefusalStatus {
    /// 400: the request cannot be read.
    BadRequest,
    /// 403: the certificate may not do this.
    Forbidden,
    /// 404: no such route.
    NotFound,
    /// 405: no such method on the route.
    MethodNotAllowed,
    /// 408: the body came too slowly.
    RequestTimeout,
    /// 409: the id is taken by other bytes.
    Conflict,
    /// 413: the body is too large.
    TooLarge,
    /// 415: the body is no package by its type.
    UnsupportedMediaType,
    /// 422: not for us, or the package is broken.
    Unprocessable,
    /// 429: this peer asks too much.
    TooManyRequests,
    /// 500: our fault.
    Internal,
    /// 503: not now.
    Unavailable,
    /// 507: the disk is full.
    InsufficientStorage,
}

impl RefusalStatus {
    /// The number.
    pub const fn code(self) -> u16 {
        self.parts().0
    }

    /// The phrase of the standard.
    pub const fn title(self) -> &'static str {
        self.parts().1
    }

    const fn parts(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "Bad Request"),
            Self::Forbidden => (403, "Forbidden"),
            Self::NotFound => (404, "Not Found"),
            Self::MethodNotAllowed => (405, "Method Not Allowed"),
            Self::RequestTimeout => (408, "Request Timeout"),
            Self::Conflict => (409, "Conflict"),
            Self::TooLarge => (413, "Content Too Large"),
            Self::UnsupportedMediaType => (415, "Unsupported Media Type"),
            Self::Unprocessable => (422, "Unprocessable Content"),
            Self::TooManyRequests => (429, "Too Many Requests"),
            Self::Internal => (500, "Internal Server Error"),
            Self::Unavailable => (503, "Service Unavailable"),
            Self::InsufficientStorage => (507, "Insufficient Storage"),
        }
    }
}

/// A request that is not granted: what the peer is told, and what our log says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {log}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: RefusalStatus,
    /// A stable code in lower case and hyphens; what programs decide by.
    pub code: &'static str,
    /// The text for the peer; says nothing about our inside.
    pub peer: String,
    /// The text for our log; no personal data.
    pub log: String,
    /// When to come again; rounded up to whole seconds.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal with a text for each side.
    pub fn new(
        status: RefusalStatus,
        code: &'static str,
        peer: impl Into<String>,
        log: impl Into<String>,
    ) -> Self {
        Self { status, code, peer: peer.into(), log: log.into(), retry_after: None }
    }

    /// A refusal about which there is nothing else to say in the log.
    pub fn plain(status: RefusalStatus, code: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(status, code, text.clone(), text)
    }

    /// A fault of ours: the peer learns that it is ours, and no more.
    pub fn internal(log: impl Into<String>) -> Self {
        Self::new(
            RefusalStatus::Internal,
            code::INTERNAL,
            "The node failed to handle the request; its operator finds the reason in its log.",
            log,
        )
    }

    /// The same, with a time to come again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The value of `Retry-After`: whole seconds, at least 1 (RFC 9110, section 10.2.3).
    pub(super) fn retry_seconds(&self) -> Option<u64> {
        let wait = self.retry_after?;
        Some((wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1))
    }
}

/// The media type of a problem document.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// A problem document (RFC 9457, section 3) with our `code`, for a peer that we refuse.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    /// `urn:renkei:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
}

impl<'a> Document<'a> {
    /// What a peer that we refuse is told.
    pub(super) fn of(refusal: &'a Refusal) -> Self {
        Self {
            kind: format!("urn:renkei:problem:{}", refusal.code),
            title: refusal.status.title(),
            status: refusal.status.code(),
            code: refusal.code,
            detail: &refusal.peer,
        }
    }
}

/// What we take from the problem document of a peer that refuses us: nothing that it wrote itself.
/// Its texts may hold anything, names of people among it, and have no place in our log or store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status of the answer.
    pub status: u16,
    /// The code, if it is one of a refusal in the table of codes; else [`Problem::UNKNOWN`].
    pub code: String,
}

impl Problem {
    /// The code of a problem whose document says none that we know.
    pub const UNKNOWN: &'static str = code::UNKNOWN;

    /// The problem of an answer with `status` whose body a peer wrote.
    pub(super) fn from_untrusted(status: u16, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Told {
            code: String,
        }
        let told = serde_json::from_slice(body).ok().map(|told: Told| told.code);
        let known = told.and_then(|told| refusals().find(|known| *known == told));
        Self { status, code: known.unwrap_or(Self::UNKNOWN).to_owned() }
    }
}

/// All codes of refusals. A code of a partner that is not among them is not believed.
pub(super) fn refusals() -> impl Iterator<Item = &'static str> {
    code::of(Area::Refusal).chain(code::of(Area::OfPackage)).map(|info| info.code)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{PackageFault, TrustError};

    #[test]
    fn tells_the_peer_only_its_own_text() {
        let refusal = Refusal::new(RefusalStatus::Conflict, "id-taken", "for you", "for us");
        let json = serde_json::to_string(&Document::of(&refusal)).expect("json");
        assert!(json.contains("for you") && !json.contains("for us"), "{json}");
        let problem = Problem::from_untrusted(409, json.as_bytes());
        assert_eq!(problem, Problem { status: 409, code: "id-taken".to_owned() });
        assert_eq!(refusal.to_string(), "id-taken: for us");
    }

    #[test]
    fn rounds_the_time_to_come_again_up() {
        let after =
            |wait| Refusal::internal("").retry_after(wait).retry_seconds().expect("it was set");
        assert_eq!(after(Duration::ZERO), 1);
        assert_eq!(after(Duration::from_millis(1500)), 2);
        assert_eq!(after(Duration::from_secs(3)), 3);
    }

    #[test]
    fn takes_no_text_of_a_foreign_document() {
        for code in ["Bad Code\n", "tanaka-hanako", "", "BUSY"] {
            let body = serde_json::json!({
                "type": "x", "title": "t", "status": 200, "code": code, "detail": "names of people"
            });
            let problem = Problem::from_untrusted(422, body.to_string().as_bytes());
            assert_eq!(
                format!("{problem} {problem:?}"),
                "422 unknown Problem { status: 422, code: \"unknown\" }"
            );
        }
        for body in ["", "null", "[]", "{\"code\": 7}", "<html>"] {
            let problem = Problem::from_untrusted(500, body.as_bytes());
            assert_eq!(problem.to_string(), "500 unknown", "{body}");
        }
    }

    #[test]
    fn the_codes_of_packages_are_those_of_refusals() {
        let faults = [
            PackageFault::Expired,
            PackageFault::OtherSigner,
            PackageFault::Trust(TrustError::Revoked),
            PackageFault::Trust(TrustError::UnfitList),
            PackageFault::FileDigest { n: 1 },
            PackageFault::Container { offset: 0, expected: "" },
        ];
        for fault in faults {
            assert!(refusals().any(|known| known == fault.code()), "{}", fault.code());
        }
    }
}
