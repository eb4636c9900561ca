//! Tells open pages that something has changed, so that they show themselves anew.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use tokio::time::sleep;

use super::guard::Visitor;
use super::state::Shared;
use crate::work::stopped;

/// How often it is looked whether something has changed.
const LOOK: Duration = Duration::from_secs(1);

/// How often a connection on which nothing happens shows that it lives.
const ALIVE: Duration = Duration::from_secs(10);

/// How many looks may pass before the page ends the connection: the browser opens it anew, if its
/// session is still good.
const LOOKS: u32 = 300;

/// Says `changed` whenever the journal of the node, or what it needs a person for, has, and `over`
/// when the session is.
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let begin = Some((shared, session, None, 0));
    let changes = futures_util::stream::unfold(begin, |on| async move {
        let (shared, session, mut known, mut looks) = on?;
        let mut stopping = shared.stopping.clone();
        loop {
            if !shared.sessions.goes_on(&session) {
                return Some((told("over"), None));
            }
            let now = state(&shared).await;
            let changed = known.is_some_and(|known| known != now);
            known = Some(now);
            if changed {
                return Some((told("changed"), Some((shared, session, known, looks))));
            }
            looks += 1;
            if looks > LOOKS {
                return None;
            }
            tokio::select! {
                biased;
                () = stopped(&mut stopping) => return None,
                () = sleep(LOOK) => {}
            }
        }
    });
    Sse::new(changes).keep_alive(KeepAlive::new().interval(ALIVE))
}

/// An event. Browsers pass over one without data.
#[expect(clippy::unnecessary_wraps, reason = "as the stream wants it")]
fn told(name: &str) -> Result<Event, Infallible> {
    Ok(Event::default().event(name).data(name))
}

/// What changes whenever a page may look different.
async fn state(shared: &Shared) -> (Option<i64>, usize) {
    let step = shared.node.store().latest_step().await.ok().flatten();
    (step.map(jiff::Timestamp::as_microsecond), shared.node.notices().0.len())
}
