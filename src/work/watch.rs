//! As `tokio::sync::watch`, which wakes those who wait in an order of chance. Here it is the order in
//! which they began to wait, so that a run comes again exactly.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A channel that keeps the last value.
pub fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let sender = Sender::new(value);
    let receiver = sender.subscribe();
    (sender, receiver)
}

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Notify,
}

struct State<T> {
    value: T,
    version: u64,
    senders: usize,
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The side that changes the value.
pub struct Sender<T>(Arc<Shared<T>>);

/// The side that looks at it.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    seen: u64,
}

/// The value, as long as it is looked at.
pub struct Ref<'a, T>(MutexGuard<'a, State<T>>);

/// There is nobody any more who could change the value.
#[derive(Debug)]
pub struct Closed;

impl<T> Sender<T> {
    /// One that begins with a value.
    pub fn new(value: T) -> Self {
        let state = Mutex::new(State { value, version: 0, senders: 1 });
        Self(Arc::new(Shared { state, changed: Notify::new() }))
    }

    /// Changes the value; gives the former one.
    pub fn send_replace(&self, value: T) -> T {
        let mut former = value;
        self.send_modify(|current| std::mem::swap(current, &mut former));
        former
    }

    /// Changes the value.
    pub fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        let mut state = self.0.state();
        modify(&mut state.value);
        state.version += 1;
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// One more that looks at it.
    pub fn subscribe(&self) -> Receiver<T> {
        let seen = self.0.state().version;
        Receiver { shared: Arc::clone(&self.0), seen }
    }

    /// The value.
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref(self.0.state())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.state().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.state().senders -= 1;
        self.0.changed.notify_waiters();
    }
}

impl<T> Receiver<T> {
    /// The value.
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref(self.shared.state())
    }

    /// The value, which counts as seen.
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let state = self.shared.state();
        self.seen = state.version;
        Ref(state)
    }

    /// Whether it is another one than was seen last.
    pub fn has_changed(&self) -> Result<bool, Closed> {
        let state = self.shared.state();
        if state.senders == 0 { Err(Closed) } else { Ok(state.version != self.seen) }
    }

    /// Waits until it is another one than was seen last.
    pub async fn changed(&mut self) -> Result<(), Closed> {
        let seen = self.seen;
        let version = wait(&self.shared, |state| state.version != seen).await?;
        self.seen = version;
        Ok(())
    }

    /// Waits for a value.
    pub async fn wait_for(
        &mut self,
        mut is_good: impl FnMut(&T) -> bool,
    ) -> Result<Ref<'_, T>, Closed> {
        self.seen = wait(&self.shared, |state| is_good(&state.value)).await?;
        Ok(self.borrow())
    }
}

async fn wait<T>(
    shared: &Shared<T>,
    mut is_good: impl FnMut(&State<T>) -> bool,
) -> Result<u64, Closed> {
    loop {
        let changed = shared.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        {
            let state = shared.state();
            if is_good(&state) {
                return Ok(state.version);
            }
            if state.senders == 0 {
                return Err(Closed);
            }
        }
        changed.await;
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), seen: self.seen }
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}
