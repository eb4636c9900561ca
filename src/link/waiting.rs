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
use tokio::time::{sleep, timeout};

use super::answers::{JSON, Route, grant, grant_json, panicked, refuse, within};
use super::api::{Patience, Service};
use super::problem::Refusal;
use super::shared::Shared;

/// After so long a silence comes a blank. Below the half minute after which the strictest proxies
/// close.
pub(super) const BEAT: Duration = Duration::from_secs(10);

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
    let mut response = grant(route, StatusCode::OK, JSON, with_blanks(Box::pin(waited)));
    response.headers_mut().insert(BUFFERING, HeaderValue::from_static("no"));
    response
}

type Last = Pin<Box<dyn Future<Output = io::Result<Bytes>> + Send>>;

/// Blanks until the last bytes are there.
fn with_blanks(last: Last) -> Body {
    Body::from_stream(stream::unfold(Some(last), async |waiting| {
        let mut last = waiting?;
        match timeout(BEAT, &mut last).await {
            Ok(bytes) => Some((bytes, None)),
            Err(_elapsed) => Some((Ok(Bytes::from_static(BLANK)), Some(last))),
        }
    }))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_blank_comes_every_ten_seconds_until_the_page_is_there() {
        let last = async {
            sleep(Duration::from_secs(35)).await;
            Ok(Bytes::from_static(b"{}"))
        };
        let body = with_blanks(Box::pin(last)).collect().await.expect("whole").to_bytes();
        assert_eq!(body, &b"\n\n\n{}"[..]);
        serde_json::from_slice::<serde_json::Value>(&body).expect("JSON all the same");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_fails_breaks_off() {
        let last = async {
            sleep(Duration::from_secs(15)).await;
            Err(io::Error::other("failed"))
        };
        assert!(with_blanks(Box::pin(last)).collect().await.is_err());
    }
}
