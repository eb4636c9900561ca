//! Whether somebody who asks waits for the answer.

use std::sync::Arc;

use tokio::sync::Notify;

/// Whether a peer waits where there is nothing to tell yet; and by which a service says that this is
/// so, so that the peer hears a sign of life until there is.
#[derive(Debug, Clone)]
pub struct Patience(Option<Arc<Notify>>);

impl Patience {
    /// The peer wants an answer at once.
    pub const NONE: Self = Self(None);

    /// The peer waits; `begun` is told once the service has found nothing.
    pub(in crate::link) const fn told_to(begun: Arc<Notify>) -> Self {
        Self(Some(begun))
    }

    /// Whether the peer waits.
    pub const fn waits(&self) -> bool {
        self.0.is_some()
    }

    /// Waits for `news`, because there is nothing to tell yet; nothing where the peer does not wait, so
    /// that this is the answer.
    pub async fn wait_for<T>(&self, news: impl Future<Output = T>) -> Option<T> {
        self.0.as_ref()?.notify_one();
        Some(news.await)
    }
}
