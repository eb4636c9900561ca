//! Refusals and the problem documents (RFC 9457) that carry them.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::types::code::{self, RefusalCode, RefusalRetry, RefusalScope};

/// A request that is not granted: what the peer is told, and what our log says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {log}")]
pub struct Refusal {
    /// What programs decide by; its status goes with it.
    pub code: RefusalCode,
    /// The text for the peer; says nothing about our inside.
    pub peer: Cow<'static, str>,
    /// The text for our log; no personal data.
    pub log: String,
    /// When to come again; rounded up to whole seconds.
    pub retry_after: Option<Duration>,
    /// What had to be in the body instead.
    pub expectation: Option<Box<Expectation>>,
    /// What is refused: as its code says, or this package alone.
    pub scope: RefusalScope,
}

/// What had to be in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// In words; no value out of the body.
    pub expected: String,
    /// The byte of the body, from 0, where it had to be.
    pub at: Option<usize>,
}

impl Refusal {
    /// A refusal with the text that its code has for the peer, and one for our log.
    pub fn new(code: RefusalCode, log: impl Into<String>) -> Self {
        Self {
            code,
            peer: code.text().into(),
            log: log.into(),
            retry_after: None,
            expectation: None,
            scope: code.scope(),
        }
    }

    /// A refusal about which there is nothing else to say in the log.
    pub fn plain(code: RefusalCode) -> Self {
        Self::new(code, code.text())
    }

    /// A fault of ours: the peer learns that it is ours, and no more.
    pub fn internal(log: impl Into<String>) -> Self {
        Self::new(RefusalCode::INTERNAL, log)
    }

    /// The same with a text for the peer that says more than that of the code.
    #[must_use]
    pub fn saying(self, text: impl Into<Cow<'static, str>>) -> Self {
        Self { peer: text.into(), ..self }
    }

    /// The same, with what had to be there, and at which byte of the body.
    #[must_use]
    pub fn expecting(self, expected: impl Into<String>, at: Option<usize>) -> Self {
        let expectation = Expectation { expected: expected.into(), at };
        Self { expectation: Some(Box::new(expectation)), ..self }
    }

    /// The same about this package alone: others may be taken.
    #[must_use]
    pub fn of_this_package(self) -> Self {
        Self { scope: RefusalScope::Package, ..self }
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
    retry: RefusalRetry,
    scope: RefusalScope,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
}

impl<'a> Document<'a> {
    /// What a peer that we refuse is told.
    pub(super) fn of(refusal: &'a Refusal) -> Self {
        let expectation = refusal.expectation.as_deref();
        Self {
            kind: format!("urn:renkei:problem:{}", refusal.code),
            title: refusal.code.status().title(),
            status: refusal.code.status().code(),
            code: refusal.code.code(),
            detail: &refusal.peer,
            retry: refusal.code.retry(),
            scope: refusal.scope,
            expected: expectation.map(|expectation| expectation.expected.as_str()),
            at: expectation.and_then(|expectation| expectation.at),
        }
    }
}

/// What we take from the problem document of a peer that refuses us: nothing that it wrote itself.
/// Its texts may hold anything, names of people among it, and have no place in our log or store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status of the answer.
    pub status: u16,
    /// The code, if it is one of a refusal in the table of codes; else [`code::UNKNOWN`].
    pub code: &'static str,
    /// What is refused, where the peer says it or the code does.
    pub scope: Option<RefusalScope>,
    /// What becomes of the same request, as the code says, or the peer where the code is unknown.
    pub retry: Option<RefusalRetry>,
}

impl Problem {
    /// The one that a peer would tell with a code.
    pub fn of(code: RefusalCode) -> Self {
        Self {
            status: code.status().code(),
            code: code.code(),
            scope: Some(code.scope()),
            retry: Some(code.retry()),
        }
    }

    /// The problem of an answer with `status` whose body a peer wrote. A code that no refusal has is
    /// not believed.
    pub(super) fn from_untrusted(status: u16, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Told {
            code: String,
            #[serde(default)]
            scope: serde_json::Value,
            #[serde(default)]
            retry: serde_json::Value,
        }
        let told: Option<Told> = serde_json::from_slice(body).ok();
        let known = told.as_ref().and_then(|told| RefusalCode::find(&told.code));
        // What we do not know says nothing.
        let (scope, retry) = told.map_or((None, None), |Told { scope, retry, .. }| {
            (serde_json::from_value(scope).ok(), serde_json::from_value(retry).ok())
        });
        Self {
            status,
            code: known.map_or(code::UNKNOWN, RefusalCode::code),
            scope: scope.or_else(|| known.map(RefusalCode::scope)),
            retry: known.map(RefusalCode::retry).or(retry),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_peer_only_its_own_text() {
        let refusal = Refusal::new(RefusalCode::ID_TAKEN, "for us").saying("for you");
        let json = serde_json::to_string(&Document::of(&refusal)).expect("json");
        assert!(json.contains("for you") && !json.contains("for us"), "{json}");
        let problem = Problem::from_untrusted(409, json.as_bytes());
        assert_eq!((problem.status, problem.code), (409, "id-taken"));
        assert_eq!(problem.scope, Some(RefusalScope::Package));
        assert_eq!(problem.retry, Some(RefusalRetry::Never));
        assert!(json.contains(r#""retry":"never","scope":"package""#), "{json}");
        assert_eq!(refusal.to_string(), "id-taken: for us");
        // One package that makes the node fail holds up no other.
        let refusal = Refusal::internal("a panic").of_this_package();
        let json = serde_json::to_string(&Document::of(&refusal)).expect("json");
        let problem = Problem::from_untrusted(500, json.as_bytes());
        assert_eq!(problem.scope, Some(RefusalScope::Package), "{json}");
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
    fn believes_the_members_of_a_code_that_it_does_not_know() {
        let told = |code, retry, scope| {
            let body = serde_json::json!({ "code": code, "retry": retry, "scope": scope });
            let problem = Problem::from_untrusted(422, body.to_string().as_bytes());
            (problem.retry, problem.scope)
        };
        let (never, package) = (Some(RefusalRetry::Never), Some(RefusalScope::Package));
        assert_eq!(told("of-tomorrow", "never", "package"), (never, package));
        assert_eq!(told("of-tomorrow", "perhaps", "planet"), (None, None));
        // A known code always has the same.
        assert_eq!(told("bad-container", "later", "package"), (never, package));
        assert_eq!(told("bad-container", "", ""), (never, package));
        let (later, partner) = (Some(RefusalRetry::Later), Some(RefusalScope::Partner));
        assert_eq!(told("not-a-partner", "never", "partner"), (later, partner));
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
                "422 unknown Problem { status: 422, code: \"unknown\", scope: None, retry: None }"
            );
        }
        for body in ["", "null", "[]", "{\"code\": 7}", "<html>"] {
            let problem = Problem::from_untrusted(500, body.as_bytes());
            assert_eq!(problem.to_string(), "500 unknown", "{body}");
        }
    }
}
