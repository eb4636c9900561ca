//! Fetches the revocation lists that the configuration names by their addresses, so that nobody
//! copies files.
//!
//! A list is taken only when an authority of `tls.roots` signed it and it is newer than the one that
//! is there. What is there is a file in the data folder; it counts like a file of
//! `tls.revocation_lists`, also after a restart, and fails closed like one when its time and the grace
//! are over. Until a list has come for the first time, certificates of authorities without a list are
//! refused.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::context::{Context, blocking, stopped};
use super::supervise::Beat;
use crate::certs::fetched;
use crate::link::{FetchError, ListClient};
use crate::types::{Lang, ListUrl, code};
use crate::work::watch;

/// The first pause after a list did not come; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// Between two lists that came: half of the time that is left, within these.
const SOONEST: Duration = Duration::from_mins(10);
const LATEST: Duration = Duration::from_hours(6);

/// One fetch may take so long, with what is done about it.
const LONGEST_FETCH: Duration = Duration::from_mins(5);

pub(super) async fn run(
    context: Arc<Context>,
    url: ListUrl,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        beat.works_for("fetching a revocation list", LONGEST_FETCH);
        let fetched = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            fetched = fetch(&context, &url) => fetched,
        };
        let about = url.as_str();
        let next = match fetched {
            Ok(next_update) => {
                context.notices.clear(code::REVOCATION_LIST_NOT_FETCHED, about);
                pause = FIRST_PAUSE;
                until_next(next_update, context.now())
            }
            Err((ja, en)) => {
                let ja = format!("失効リスト {url} を取り寄せられません: {ja}");
                let en = format!("the revocation list {url} does not come: {en}");
                let now = context.now();
                context.notices.raise(code::REVOCATION_LIST_NOT_FETCHED, about, (ja, en), now);
                let next = pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
                next
            }
        };
        beat.sleeps(next);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = tokio::time::sleep(next) => {}
        }
    }
}

fn until_next(next_update: Timestamp, now: Timestamp) -> Duration {
    let left = Duration::try_from(next_update.duration_since(now)).unwrap_or_default();
    (left / 2).clamp(SOONEST, LATEST)
}

/// Fetches, checks and keeps a list; says until when the one that is there now holds, or why none
/// came, in both languages.
async fn fetch(context: &Arc<Context>, url: &ListUrl) -> Result<Timestamp, (String, String)> {
    let told = |error: FetchError| (error.text(Lang::Ja), error.to_string());
    let client =
        ListClient::new(context.proof().tls_trust.roots(), &context.clock).map_err(told)?;
    let bytes = client.fetch(url, fetched::MAX_LIST).await.map_err(told)?;
    let (shared, url) = (Arc::clone(context), url.clone());
    let kept = blocking(move || {
        let roots: Vec<_> = shared.proof().tls_trust.roots().cloned().collect();
        fetched::keep(&shared.config().node.data, &url, &bytes, &roots)
    });
    let internal = || ("内部エラーです。".to_owned(), "internal fault".to_owned());
    let kept = kept.await.ok_or_else(internal)?;
    let kept = kept.map_err(|error| (error.text(Lang::Ja), error.to_string()))?;
    if kept.is_new {
        context.wake.reload.notify_one();
    }
    Ok(kept.next_update)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_asked_for_well_before_it_ends() {
        let now = Timestamp::UNIX_EPOCH;
        let next = |hours| until_next(now + jiff::SignedDuration::from_hours(hours), now);
        assert_eq!(next(24 * 30), LATEST);
        assert_eq!(next(4), Duration::from_hours(2));
        assert_eq!(next(-4), SOONEST, "one that has ended");
    }
}
