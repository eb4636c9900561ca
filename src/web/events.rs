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
use super::stopping::stopped;

/// How often it is looked whether something has changed.
const LOOK: Duration = Duration::from_secs(1);

/// How often a connection on which nothing happens shows that it lives.
const ALIVE: Duration = Duration::from_secs(10);

/// How many looks may pass before the page ends the connection: the browser opens it anew, if its
/// session is still good.
const LOOKS: u32 = 300;

/// Says `changed` whenever the journal of the node, or what it needs a person for, has.
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    _: Visitor,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let begin = (shared, None, 0);
    let changes =
        futures_util::stream::unfold(begin, |(shared, mut known, mut looks)| async move {
            let mut stopping = shared.stopping.clone();
            loop {
                let now = state(&shared).await;
                let changed = known.is_some_and(|known| known != now);
                known = Some(now);
                if changed {
                    let event = Event::default().event("changed").data("");
                    return Some((Ok(event), (shared, known, looks)));
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

/// What changes whenever a page may look different.
async fn state(shared: &Shared) -> (Option<i64>, usize) {
    let step = shared.node.store().latest_step().await.ok().flatten();
    (step.map(|step| step.as_microsecond()), shared.node.notices().0.len())
}
