//! Fetches the revocation lists that the configuration names by their addresses, so that nobody
//! copies files.
//!
//! A list is taken only when an authority of `tls.roots` signed it and it is newer than the one that
//! is there. What is there is a file in the data folder; it counts like a file of
//! `tls.revocation_lists`, also after a restart, and fails closed like one when its time and the grace
//! are over. Until a list has come for the first time, certificates of authorities without a list are
//! refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::context::{Context, blocking, stopped};
use super::network;
use super::supervise::Beat;
use crate::certs::fetched::{self, Came};
use crate::link::{FetchError, ListClient};
use crate::types::{Clock, Instant, Lang, ListUrl, code};
use crate::work::{self, watch};

/// The first pause after a list did not come; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// Between two lists that came: half of the time that is left, within these.
const SOONEST: Duration = Duration::from_mins(10);
const LATEST: Duration = Duration::from_hours(6);

/// How often it is looked which lists are due.
const LOOK: Duration = Duration::from_secs(2);

/// One turn may take so long.
const LONGEST_TURN: Duration = Duration::from_mins(5);

/// When a list is asked for again.
#[derive(Debug, Clone, Copy)]
struct Turn {
    at: Instant,
    /// How long to wait after the next failure.
    pause: Duration,
}

pub(super) async fn run(context: Arc<Context>, beat: Beat, mut stopping: watch::Receiver<bool>) {
    let mut turns: BTreeMap<ListUrl, Turn> = BTreeMap::new();
    loop {
        let urls = context.config().tls.revocation_list_urls.clone();
        turns.retain(|url, _| {
            let stays = urls.contains(url);
            if !stays {
                context.notices.clear(code::REVOCATION_LIST_NOT_FETCHED, url.as_str());
            }
            stays
        });
        let now = Clock::running();
        let due = urls.iter().filter(|url| turns.get(*url).is_none_or(|turn| turn.at <= now));
        let due: Vec<_> = due.cloned().collect();
        if !due.is_empty() {
            beat.works_for("fetching revocation lists", LONGEST_TURN);
            let fetching: Vec<_> = due.iter().map(|url| fetch(&context, url)).collect();
            let fetched = tokio::select! {
                biased;
                () = stopped(&mut stopping) => break,
                fetched = join_all(fetching) => fetched,
            };
            for (url, fetched) in due.into_iter().zip(fetched) {
                let pause = turns.get(&url).map_or(FIRST_PAUSE, |turn| turn.pause);
                let turn = next_turn(&context, &url, fetched, pause);
                turns.insert(url, turn);
            }
        }
        beat.sleeps(work::pause(LOOK));
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = tokio::time::sleep(work::pause(LOOK)) => {}
        }
    }
}

/// Tells what came of a list, and says when it is asked for again.
fn next_turn(
    context: &Context,
    url: &ListUrl,
    fetched: Result<Timestamp, (String, String)>,
    pause: Duration,
) -> Turn {
    let (about, now) = (url.as_str(), context.now());
    let after = |time| Clock::running() + time;
    match fetched {
        Ok(next_update) => {
            context.notices.clear(code::REVOCATION_LIST_NOT_FETCHED, about);
            Turn { at: after(until_next(next_update, now)), pause: FIRST_PAUSE }
        }
        Err((ja, en)) => {
            let ja = format!("失効リスト {url} を取り寄せられません: {ja}");
            let en = format!("the revocation list {url} does not come: {en}");
            context.notices.raise(code::REVOCATION_LIST_NOT_FETCHED, about, (ja, en), now);
            Turn { at: after(pause), pause: (pause * 2).min(LONGEST_PAUSE) }
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
    let internal = || ("内部エラーです。".to_owned(), "internal fault".to_owned());
    let config = context.config();
    let proxy = blocking(move || network::proxy_of(&config)).await.ok_or_else(internal)?;
    let proxy = proxy.map_err(|error| (error.text(Lang::Ja), error.to_string()))?;
    let client = ListClient::new(context.proof().tls_trust.roots(), &context.clock, proxy.as_ref());
    let client = client.map_err(told)?;
    let bytes = client.fetch(url, fetched::MAX_LIST).await.map_err(told)?;
    let (shared, url) = (Arc::clone(context), url.clone());
    let kept = blocking(move || {
        let roots: Vec<_> = shared.proof().tls_trust.roots().cloned().collect();
        fetched::keep(&shared.config().node.data, &url, &bytes, &roots)
    });
    let kept = kept.await.ok_or_else(internal)?;
    let kept = kept.map_err(|error| (error.text(Lang::Ja), error.to_string()))?;
    match kept.what {
        Came::New => context.wake.reload.notify_one(),
        Came::Same => {}
        // Somebody holds back what was revoked since, or a server is behind: a newer one has to come.
        Came::Older => {
            return Err((
                "手元のリストより古いリストが届きました。手元のリストを使い続けます。".to_owned(),
                "an older list came than the one that is here, which stays in use".to_owned(),
            ));
        }
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
