//! Answers that are held back until there is something to tell.
//!
//! What can be answered at once is. Otherwise the head goes out at once, and a blank now and then
//! until the page is there: JSON may begin with blanks, and whatever stands between the two sides and
//! closes silent connections sees that this one is not.

use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::time::{sleep, sleep_until};

use super::answers::{JSON, Route, grant, grant_json, panicked, refuse, within};
use super::api::{Patience, Service};
use super::problem::Refusal;
use super::shared::Shared;
use crate::types::Instant;

/// After so long a silence comes a blank. Below the half minute after which the strictest proxies
/// close.
pub(super) const BEAT: Duration = Duration::from_secs(10);

/// Blanks for many who wait go out together, at multiples of this: a processor that wakes for one finds
/// nothing that it needs in its cache.
const TOGETHER: Duration = Duration::from_millis(250);

/// What goes out when there is nothing to tell yet.
const BLANK: &[u8] = b"\n";

/// Tells a proxy that it must not gather the answer before it hands it on.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A page of something that grows.
pub(super) trait Page: Serialize + Send + 'static {
    /// The page that says that nothing came behind `after`.
    fn nothing(after: u64) -> Self;
}

/// Asks for what is there behind `after`, and where that is nothing waits for it so long. The answer is
/// begun when the service has said that it waits; until then it can still be a refusal.
pub(super) async fn answer<S, P, F>(
    shared: &Arc<Shared<S>>,
    route: &'static Route,
    after: u64,
    wait: Duration,
    ask: impl FnOnce(Patience) -> F,
) -> Response<Body>
where
    S: Service,
    P: Page,
    F: Future<Output = Result<P, Refusal>> + Send + 'static,
{
    let begun = Arc::new(Notify::new());
    let patience =
        if wait.is_zero() { Patience::NONE } else { Patience::told_to(Arc::clone(&begun)) };
    let asked = AssertUnwindSafe(ask(patience)).catch_unwind();
    let mut asked = Box::pin(asked.map(|page| page.unwrap_or_else(|_panic| Err(panicked()))));
    let at_once = async {
        tokio::select! {
            biased;
            page = &mut asked => page.map(Some),
            () = begun.notified() => Ok(None),
        }
    };
    match within(shared.grants.limits().request_timeout, at_once).await {
        Ok(Some(page)) => return grant_json(route, &page),
        Ok(None) => {}
        Err(refusal) => return refuse(route, refusal),
    }
    let mut stopping = shared.stopping.clone();
    let waited = async move {
        let page = tokio::select! {
            biased;
            page = asked => page,
            _ = stopping.wait_for(|stopping| *stopping) => Ok(P::nothing(after)),
            () = sleep(wait) => Ok(P::nothing(after)),
        };
        // The head is gone, so all that is left is to break off: the peer asks again.
        let page = page.map_err(|refusal| {
            tracing::info!(route = route.path, code = refusal.code.code(), "{}", refusal.log);
            io::Error::other("nothing to tell")
        })?;
        serde_json::to_vec(&page).map(Bytes::from).map_err(io::Error::other)
    };
    let blanks = with_blanks(Box::pin(waited), shared.begun);
    let mut response = grant(route, StatusCode::OK, JSON, blanks);
    response.headers_mut().insert(BUFFERING, HeaderValue::from_static("no"));
    response
}

type Last = Pin<Box<dyn Future<Output = io::Result<Bytes>> + Send>>;

/// Blanks until the last bytes are there; `begun` is when their moments are counted from.
fn with_blanks(last: Last, begun: Instant) -> Body {
    let beat = Box::pin(sleep_until(next_beat(begun)));
    Body::from_stream(stream::unfold(Some((last, beat)), move |waiting| async move {
        let (mut last, mut beat) = waiting?;
        tokio::select! {
            biased;
            () = &mut beat => {
                beat.as_mut().reset(next_beat(begun));
                Some((Ok(Bytes::from_static(BLANK)), Some((last, beat))))
            }
            bytes = &mut last => Some((bytes, None)),
        }
    }))
}

/// The last moment for many within a beat from now.
fn next_beat(begun: Instant) -> Instant {
    let since = begun.elapsed() + BEAT;
    let over = since.as_nanos() % TOGETHER.as_nanos();
    begun + since - Duration::from_nanos(u64::try_from(over).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::types::Clock;

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_hear_at_the_same_moments_and_never_late() {
        let begun = Clock::running();
        let mut moments = std::collections::BTreeSet::new();
        for _ in 0..100 {
            sleep(Duration::from_millis(7)).await;
            let now = Clock::running();
            let next = next_beat(begun);
            assert!(next <= now + BEAT && next > now + BEAT - TOGETHER);
            moments.insert(next);
        }
        assert!((3..=4).contains(&moments.len()), "{}", moments.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_blank_comes_every_ten_seconds_until_the_page_is_there() {
        let last = async {
            sleep(Duration::from_secs(35)).await;
            Ok(Bytes::from_static(b"{}"))
        };
        let body = with_blanks(Box::pin(last), Clock::running())
            .collect()
            .await
            .expect("whole")
            .to_bytes();
        assert_eq!(body, &b"\n\n\n{}"[..]);
        serde_json::from_slice::<serde_json::Value>(&body).expect("JSON all the same");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_fails_breaks_off() {
        let last = async {
            sleep(Duration::from_secs(15)).await;
            Err(io::Error::other("failed"))
        };
        assert!(with_blanks(Box::pin(last), Clock::running()).collect().await.is_err());
    }
}
