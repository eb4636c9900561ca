//! Tells open pages what happens: that something has changed, so that they show themselves anew, and
//! what needs a person, so that a browser can tell it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::time::sleep;

use super::guard::Visitor;
use super::session::Session;
use super::state::Shared;
use crate::desk::needs;
use crate::types::Digest;
use crate::work::stopped;

/// How often it is looked whether something has changed.
const LOOK: Duration = Duration::from_secs(1);

/// How often a connection on which nothing happens shows that it lives.
const ALIVE: Duration = Duration::from_secs(10);

/// How many looks may pass before the page ends the connection: the browser opens it anew, if its
/// session is still good.
const LOOKS: u32 = 300;

/// After so many looks what needs a person is looked up, whether anything has changed or not:
/// certificates end without a step.
const NEEDS: u32 = 60;

/// So many letters of a digest tell what needs a person apart.
const LETTERS: usize = 12;

/// Says `changed` whenever the journal of the node, or a standing condition, has, and `over` when the
/// session is.
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let begin = Some((Connection::new(shared, session), None));
    let changes = unfold(begin, |on| async move {
        let (mut connection, mut known) = on?;
        loop {
            if connection.is_over() {
                return Some((told("over", "over"), None));
            }
            let now = connection.shared.node.state().await;
            if known.replace(now).is_some_and(|known| known != now) {
                return Some((told("changed", "changed"), Some((connection, known))));
            }
            connection.look().await?;
        }
    });
    Sse::new(changes).keep_alive(KeepAlive::new().interval(ALIVE))
}

/// Says `needs` with how many things need a person and by what each is known again, at the beginning
/// and whenever they are others; and `over` when the session is. None of it names anybody.
pub(super) async fn needs(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let begin = Some((Connection::new(shared, session), None, String::new()));
    let changes = unfold(begin, |on| async move {
        let (mut connection, mut known, mut said) = on?;
        loop {
            if connection.is_over() {
                return Some((told("over", "over"), None));
            }
            let now = connection.shared.node.state().await;
            let changed = known.replace(now) != Some(now);
            if (changed || connection.looks.is_multiple_of(NEEDS))
                && let Some(needs) = connection.needs().await
                && said != needs
            {
                said.clone_from(&needs);
                return Some((told("needs", &needs), Some((connection, known, said))));
            }
            connection.look().await?;
        }
    });
    Sse::new(changes).keep_alive(KeepAlive::new().interval(ALIVE))
}

/// A connection on which events are told.
struct Connection {
    shared: Arc<Shared>,
    session: Arc<Session>,
    looks: u32,
}

impl Connection {
    const fn new(shared: Arc<Shared>, session: Arc<Session>) -> Self {
        Self { shared, session, looks: 0 }
    }

    fn is_over(&self) -> bool {
        !self.shared.sessions.goes_on(&self.session)
    }

    /// How many things need a person, and marks of them.
    async fn needs(&self) -> Option<String> {
        let found = needs::find(&self.shared.node, self.shared.lang()).await.ok()?;
        // Nobody is called for what is work of the day.
        let marks = found.all.iter().filter(|need| !need.is_of_the_day()).map(|need| {
            let digest = Digest::of(need.key.as_bytes()).to_string();
            digest.chars().take(LETTERS).collect::<String>()
        });
        let count = found.all.len().to_string();
        Some(std::iter::once(count).chain(marks).collect::<Vec<_>>().join(" "))
    }

    /// Waits until it is time to look again; nothing where the connection ends.
    async fn look(&mut self) -> Option<()> {
        self.looks += 1;
        if self.looks > LOOKS {
            return None;
        }
        let mut stopping = self.shared.stopping.clone();
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => None,
            () = sleep(LOOK) => Some(()),
        }
    }
}

/// An event. Browsers pass over one without data.
#[expect(clippy::unnecessary_wraps, reason = "as the stream wants it")]
fn told(name: &str, data: &str) -> Result<Event, Infallible> {
    Ok(Event::default().event(name).data(data))
}
