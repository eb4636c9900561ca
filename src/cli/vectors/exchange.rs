//! What the two sides do with each other: the order of placing, the times of attempts, answers.

use anyhow::Context as _;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderValue};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Expected, Vectors};
use crate::link::{
    ClientLimits, ContentDigestError, Limits, PutReply, SendError, parse_content_digest, read_page,
    refused_head,
};
use crate::route::{self, AfterGap, First, Turn};
use crate::transfer::{Failure, Outgoing, OutgoingEvent};
use crate::types::{Digest, FileSerial, MessageId, code};

#[derive(Debug, Deserialize)]
struct Order {
    order_wait_seconds: i64,
    cases: Vec<OrderCase>,
}

#[derive(Debug, Deserialize)]
struct OrderCase {
    name: String,
    arrivals: Vec<Arrival>,
    placed: Vec<PlacedAt>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Arrival {
    /// Seconds.
    at: i64,
    sequence: u64,
    serial: FileSerial,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct PlacedAt {
    at: i64,
    sequence: u64,
}

pub(super) fn order(vectors: &mut Vectors) -> anyhow::Result<()> {
    let index: Order = vectors.index("order")?;
    let patience = SignedDuration::from_secs(index.order_wait_seconds);
    for OrderCase { name, arrivals, placed } in index.cases {
        let got = placing(&arrivals, patience)?;
        vectors.same(&name, got == placed, || format!("placed {got:?}"));
    }
    Ok(())
}

/// When each package is placed if placing takes no time.
fn placing(arrivals: &[Arrival], patience: SignedDuration) -> anyhow::Result<Vec<PlacedAt>> {
    let mut arrivals = arrivals.to_vec();
    arrivals.sort_by_key(|arrival| arrival.at);
    let mut to_come = arrivals.into_iter().peekable();
    let (mut came, mut waiting, mut placed) = (Vec::new(), Vec::<Arrival>::new(), Vec::new());
    let mut now = 0;
    loop {
        while let Some(arrival) = to_come.next_if(|arrival| arrival.at <= now) {
            came.push(arrival.sequence);
            waiting.push(arrival);
        }
        let mut next = to_come.peek().map(|arrival| arrival.at);
        let first = waiting.iter().copied().min_by_key(|one| (one.serial, one.sequence));
        if let Some(first) = first {
            let follows = |one: &Arrival| one.sequence <= 1 || came.contains(&(one.sequence - 1));
            let gaps = waiting.iter().filter(|one| !follows(one));
            let gaps = gaps.map(|gap| {
                let committed_at = second(gap.at)?;
                Ok::<_, anyhow::Error>(AfterGap { sequence: gap.sequence, committed_at })
            });
            let gaps = gaps.collect::<anyhow::Result<Vec<_>>>()?;
            let missing_since = route::missing_since(&gaps, first.sequence);
            let turn = First { missing_since, not_before: second(first.at)? };
            match route::turn(&turn, patience, second(now)?) {
                Turn::Now => {
                    placed.push(PlacedAt { at: now, sequence: first.sequence });
                    waiting
                        .retain(|one| (one.serial, one.sequence) != (first.serial, first.sequence));
                    continue;
                }
                Turn::Until(then) => {
                    let then = then.as_second();
                    next = Some(next.map_or(then, |next| next.min(then)));
                }
            }
        }
        match next {
            Some(next) => now = next,
            None => return Ok(placed),
        }
    }
}

fn second(seconds: i64) -> anyhow::Result<Timestamp> {
    Ok(Timestamp::from_second(seconds)?)
}

#[derive(Debug, Deserialize)]
struct Retry {
    cases: Vec<RetryCase>,
}

#[derive(Debug, Deserialize)]
struct RetryCase {
    name: String,
    message_id: MessageId,
    expires_ms: i64,
    answers: Vec<FailedAttempt>,
    attempts_ms: Vec<i64>,
}

#[derive(Debug, Deserialize)]
struct FailedAttempt {
    class: Class,
    /// Seconds.
    #[serde(default)]
    retry_after: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Class {
    Passing,
    Refused,
    Never,
}

pub(super) fn retry(vectors: &mut Vectors) -> anyhow::Result<()> {
    let index: Retry = vectors.index("retry")?;
    for RetryCase { name, message_id, expires_ms, answers, attempts_ms } in index.cases {
        let expires_at = Timestamp::from_millisecond(expires_ms)?;
        let mut state = Outgoing::packed(Timestamp::UNIX_EPOCH);
        let mut attempts = Vec::new();
        for answer in answers.iter().map(Some).chain([None]) {
            let Outgoing::Queued { next_at, .. } = state else { break };
            attempts.push(next_at.as_millisecond());
            let Some(answer) = answer else { break };
            let failure = match answer.class {
                Class::Refused => Failure::Refused,
                Class::Never => Failure::RefusedForGood,
                Class::Passing => Failure::Unreachable {
                    retry_after: answer.retry_after.map(SignedDuration::from_secs),
                },
            };
            let event = OutgoingEvent::Failed(failure);
            state = state.on(message_id, expires_at, &event, next_at).after;
        }
        vectors.same(&name, attempts == attempts_ms, || format!("attempts at {attempts:?}"));
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Http {
    requests: Vec<RequestCase>,
    digest_of: String,
    content_digest: Vec<DigestCase>,
    answers: Vec<AnswerCase>,
    pages: Vec<PageCase>,
}

#[derive(Debug, Deserialize)]
struct RequestCase {
    name: String,
    request: String,
    #[serde(default)]
    repeat: Option<Repeat>,
    #[serde(flatten)]
    expected: Expected,
}

/// Fields that stand before the last empty line of a head, again and again.
#[derive(Debug, Deserialize)]
struct Repeat {
    text: String,
    times: usize,
}

#[derive(Debug, Deserialize)]
struct DigestCase {
    fields: Vec<String>,
    #[serde(flatten)]
    expected: Expected,
}

#[derive(Debug, Deserialize)]
struct AnswerCase {
    name: String,
    status: u16,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    retry_after: Option<String>,
    /// A second field of that name.
    #[serde(default)]
    retry_after_again: Option<String>,
    /// Of a file, after an `@`.
    body: String,
    verdict: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    retry_after_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct PageCase {
    name: String,
    after: u64,
    body: String,
    verdict: String,
}

pub(super) fn http(vectors: &mut Vectors) -> anyhow::Result<()> {
    let index: Http = vectors.index("http")?;
    for RequestCase { name, request, repeat, expected } in index.requests {
        let request = match (repeat, request.split_once("\r\n\r\n")) {
            (Some(Repeat { text, times }), Some((head, body))) => {
                format!("{head}\r\n{}\r\n{body}", text.repeat(times))
            }
            _ => request,
        };
        let refused = refused_head(request.as_bytes(), &Limits::default());
        vectors.judged(&name, &expected, refused.map(|refusal| refusal.code.code()));
    }
    let digest = Digest::of(&vectors.read("", &index.digest_of)?);
    for DigestCase { fields, expected } in index.content_digest {
        let name = fields.join(" | ");
        let fields: Vec<HeaderValue> =
            fields.iter().map(|field| HeaderValue::from_str(field)).collect::<Result<_, _>>()?;
        let code = match parse_content_digest(&fields) {
            Ok(promised) if promised == digest => None,
            Ok(_) => Some(code::DIGEST_MISMATCH),
            Err(ContentDigestError::Missing) => Some(code::DIGEST_MISSING),
            Err(ContentDigestError::Malformed) => Some(code::DIGEST_MALFORMED),
        };
        vectors.judged(&name, &expected, code);
    }
    for case in index.answers {
        let got = answer(vectors, &case)?;
        let expected = (case.verdict.as_str(), case.code, case.retry_after_seconds);
        let same = (got.0, &got.1, got.2) == (expected.0, &expected.1, expected.2);
        vectors.same(&case.name, same, || format!("expected {expected:?}, got {got:?}"));
    }
    for PageCase { name, after, body, verdict } in index.pages {
        let page = read_page(body.as_bytes(), after);
        let same = page.is_ok() == (verdict == "accept");
        vectors.same(&name, same, || format!("expected {verdict}, got {page:?}"));
    }
    Ok(())
}

/// What a client makes of an answer to a package: the class, the code, how long to wait.
fn answer(
    vectors: &Vectors,
    case: &AnswerCase,
) -> anyhow::Result<(&'static str, Option<String>, Option<u64>)> {
    let body = match case.body.strip_prefix('@') {
        Some(file) => vectors.read("", file)?,
        None => Bytes::from(case.body.clone()),
    };
    let mut headers = HeaderMap::new();
    let fields = [
        (header::CONTENT_TYPE, &case.content_type),
        (header::RETRY_AFTER, &case.retry_after),
        (header::RETRY_AFTER, &case.retry_after_again),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            headers.append(name, HeaderValue::from_str(value)?);
        }
    }
    let status = StatusCode::from_u16(case.status)?;
    let reply = PutReply::of(status, &headers, body, &ClientLimits::default());
    Ok(match &reply {
        Ok(_) => ("receipt", None, None),
        Err(SendError::Busy { problem, retry_after }) => {
            ("passing", Some(problem.code.to_owned()), retry_after.map(|wait| wait.as_secs()))
        }
        Err(error @ SendError::Refused { problem }) => {
            let verdict = if error.is_for_good() { "never" } else { "refused" };
            (verdict, Some(problem.code.to_owned()), None)
        }
        Err(SendError::Protocol(_)) => ("fault", None, None),
        Err(other) => return Err(other.clone()).context("not of an answer"),
    })
}
