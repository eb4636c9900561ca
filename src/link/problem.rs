//! Refusals and the problem documents (RFC 9457) that carry them.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The codes of the refusals that the link makes itself; a service adds its own. Never reused.
pub mod code {
    /// No such route.
    pub const NOT_FOUND: &str = "not-found";
    /// The route has no such method.
    pub const METHOD_NOT_ALLOWED: &str = "method-not-allowed";
    /// The certificate was acceptable at the handshake and is not any more.
    pub const CERTIFICATE_REFUSED: &str = "certificate-refused";
    /// The id in the path is no UUIDv7 in lower case.
    pub const BAD_MESSAGE_ID: &str = "bad-message-id";
    /// The query is not as described.
    pub const BAD_QUERY: &str = "bad-query";
    /// The body is not `application/zip`, or has a content coding.
    pub const UNSUPPORTED_MEDIA_TYPE: &str = "unsupported-media-type";
    /// No `Content-Digest` with `sha-256`.
    pub const DIGEST_MISSING: &str = "digest-missing";
    /// `Content-Digest` cannot be read.
    pub const DIGEST_MALFORMED: &str = "digest-malformed";
    /// The body is not what `Content-Digest` promised.
    pub const DIGEST_MISMATCH: &str = "digest-mismatch";
    /// The body ended early or broke the rules of HTTP.
    pub const BODY_BROKEN: &str = "body-broken";
    /// The body is larger than the limit.
    pub const TOO_LARGE: &str = "too-large";
    /// The body came too slowly.
    pub const TOO_SLOW: &str = "too-slow";
    /// No memory or no place for another package just now.
    pub const BUSY: &str = "busy";
    /// The node did not answer in time; it may still take the package.
    pub const TIMEOUT: &str = "timeout";
    /// A fault of the node itself.
    pub const INTERNAL: &str = "internal";

    /// All of them.
    pub const ALL: [&str; 15] = [
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        CERTIFICATE_REFUSED,
        BAD_MESSAGE_ID,
        BAD_QUERY,
        UNSUPPORTED_MEDIA_TYPE,
        DIGEST_MISSING,
        DIGEST_MALFORMED,
        DIGEST_MISMATCH,
        BODY_BROKEN,
        TOO_LARGE,
        TOO_SLOW,
        BUSY,
        TIMEOUT,
        INTERNAL,
    ];
}

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

/// A problem document (RFC 9457, section 3) with our `code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:renkei:problem:` and the code; the empty text where a peer did not say.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The phrase of the status.
    #[serde(default)]
    pub title: String,
    /// The number of the status.
    #[serde(default)]
    pub status: u16,
    /// The stable code.
    #[serde(default)]
    pub code: String,
    /// What went wrong, for people.
    #[serde(default)]
    pub detail: String,
}

impl Problem {
    /// The code of a problem whose document says none that can be used.
    pub const UNKNOWN: &'static str = "unknown";

    /// Longer texts of a peer are cut, in characters.
    const MAX_TEXT: usize = 300;

    /// Longer codes of a peer are not believed.
    const MAX_CODE: usize = 64;

    /// What a peer that refuses is told.
    pub(super) fn of(refusal: &Refusal) -> Self {
        Self {
            kind: format!("urn:renkei:problem:{}", refusal.code),
            title: refusal.status.title().to_owned(),
            status: refusal.status.code(),
            code: refusal.code.to_owned(),
            detail: refusal.peer.clone(),
        }
    }

    /// The problem of an answer with `status` whose body a peer wrote: the status of the answer
    /// counts, texts are cut and freed of characters that could forge a log or turn a line around.
    pub(super) fn from_untrusted(status: u16, body: &[u8]) -> Self {
        let told: Option<Self> = serde_json::from_slice(body).ok();
        let said = |part: fn(&Self) -> &String| {
            told.as_ref().map(|problem| clean(part(problem), Self::MAX_TEXT)).unwrap_or_default()
        };
        let code_fits = |code: &String| {
            (1..=Self::MAX_CODE).contains(&code.len())
                && code
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let code = said(|problem| &problem.code);
        Self {
            kind: said(|problem| &problem.kind),
            title: said(|problem| &problem.title),
            status,
            code: if code_fits(&code) { code } else { Self::UNKNOWN.to_owned() },
            detail: said(|problem| &problem.detail),
        }
    }
}

impl fmt::Display for Problem {
    /// One line for the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

/// At most `length` characters, with every control and invisible formatting character as a space.
fn clean(text: &str, length: usize) -> String {
    let harmful = |character: char| {
        character.is_control()
            || matches!(
                character,
                '\u{ad}'
                    | '\u{61c}'
                    | '\u{180e}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{feff}'
                    | '\u{fff9}'..='\u{fffb}'
                    | '\u{e0000}'..='\u{e007f}'
            )
    };
    text.chars()
        .take(length)
        .map(|character| if harmful(character) { ' ' } else { character })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tells_the_peer_only_its_own_text() {
        let refusal = Refusal::new(RefusalStatus::Conflict, "id-taken", "for you", "for us");
        let json = serde_json::to_string(&Problem::of(&refusal)).expect("json");
        assert!(json.contains("for you") && !json.contains("for us"), "{json}");
        assert_eq!(Problem::from_untrusted(409, json.as_bytes()), Problem::of(&refusal));
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
    fn believes_little_of_a_foreign_document() {
        let body = serde_json::json!({
            "type": "x\u{202e}y",
            "title": "t".repeat(1000),
            "status": 200,
            "code": "Bad Code\n",
            "detail": "line one\nERROR forged\u{1b}[2J"
        });
        let problem = Problem::from_untrusted(422, body.to_string().as_bytes());
        assert_eq!((problem.status, problem.code.as_str()), (422, Problem::UNKNOWN));
        assert_eq!(problem.kind, "x y");
        assert_eq!(problem.title.len(), 300);
        assert_eq!(problem.to_string(), "422 unknown: line one ERROR forged [2J");
        for body in ["", "null", "[]", "{\"code\": 7}", "<html>"] {
            let problem = Problem::from_untrusted(500, body.as_bytes());
            assert_eq!(problem.to_string(), "500 unknown", "{body}");
        }
    }

    proptest! {
        #[test]
        fn never_lets_a_line_break_through(detail: String, code: String) {
            let body = serde_json::json!({"code": code, "detail": detail}).to_string();
            let line = Problem::from_untrusted(400, body.as_bytes()).to_string();
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert!(line.chars().count() <= 400);
        }
    }
}
