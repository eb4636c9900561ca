//! Tasks, and work that blocks.
//!
//! Everything that a node hands to the runtime goes through here, so that a simulation can run
//! several nodes in one thread under virtual time, and end one of them at any moment.

#[cfg(test)]
pub(crate) mod life;
pub mod systemd;
#[cfg(test)]
pub mod watch;

/// A channel that keeps the last value.
#[cfg(not(test))]
pub use tokio::sync::watch;

use std::time::Duration;

use tokio::task::JoinHandle;

/// Waits until it is said to stop. An error means that whoever could say it is gone, which is a stop
/// too.
pub async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Begins a task that goes on whether somebody waits for it or not.
#[expect(clippy::disallowed_methods, reason = "this is the place that all others go through")]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(task(future))
}

/// What is to become a task of a [`JoinSet`](tokio::task::JoinSet).
#[cfg(not(test))]
pub const fn task<F: Future>(future: F) -> F {
    future
}

/// What is to become a task of a [`JoinSet`](tokio::task::JoinSet): it ends with the node whose task
/// it is.
#[cfg(test)]
pub fn task<F: Future>(future: F) -> life::Mortal<F> {
    life::Mortal::new(future)
}

/// Runs work that may block on a thread for it.
#[expect(clippy::disallowed_methods, reason = "this is the place that all others go through")]
pub fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    #[cfg(test)]
    if life::current().is_some() {
        return spawn(async move { work() });
    }
    tokio::task::spawn_blocking(work)
}

/// How long to pause between two looks at what seldom changes.
#[cfg(not(test))]
pub const fn pause(usual: Duration) -> Duration {
    usual
}

/// How long to pause between two looks at what seldom changes: a simulation that goes through months
/// looks less often.
#[cfg(test)]
pub fn pause(usual: Duration) -> Duration {
    life::current().map_or(usual, |life| usual * life.slowness())
}
