//! The life of a node in a simulation: all of its tasks, which end together at a crash.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

thread_local! {
    /// The life whose task is polled.
    static CURRENT: RefCell<Option<Arc<Life>>> = const { RefCell::new(None) };
}

/// The life that the work of this moment belongs to.
pub(crate) fn current() -> Option<Arc<Life>> {
    CURRENT.with_borrow(Clone::clone)
}

/// From a start of a node to its end.
pub(crate) struct Life {
    /// Whose it is.
    pub(crate) office: usize,
    slowness: u32,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    turns: u64,
    /// It ends instead of this turn.
    last_turn: u64,
    is_over: bool,
    next: u64,
    tasks: BTreeMap<u64, Option<Waker>>,
}

impl Life {
    /// A life that ends at a turn: each poll of one of its tasks is one.
    pub(crate) fn new(office: usize, slowness: u32, last_turn: Option<u64>) -> Arc<Self> {
        let state = State {
            turns: 0,
            last_turn: last_turn.unwrap_or(u64::MAX),
            is_over: false,
            next: 0,
            tasks: BTreeMap::new(),
        };
        Arc::new(Self { office, slowness, state: Mutex::new(state), changed: Notify::new() })
    }

    pub(crate) const fn slowness(&self) -> u32 {
        self.slowness
    }

    /// Does `work` as a part of this life.
    pub(crate) fn during<T>(self: &Arc<Self>, work: impl FnOnce() -> T) -> T {
        struct Back(Option<Arc<Life>>);
        impl Drop for Back {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _back = Back(CURRENT.replace(Some(Arc::clone(self))));
        work()
    }

    /// Begins a task of this life.
    pub(crate) fn begin<F: Future>(self: &Arc<Self>, future: F) -> Mortal<F> {
        self.during(|| Mortal::new(future))
    }

    /// Ends it: none of its tasks is polled again.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        state.tasks.values_mut().filter_map(Option::take).for_each(Waker::wake);
        drop(state);
        self.changed.notify_waiters();
    }

    /// It does not end by itself any more.
    pub(crate) fn spare(&self) {
        self.state().last_turn = u64::MAX;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Waits until it was ended.
    pub(crate) async fn ended(&self) {
        self.wait_for(|state| state.is_over).await;
    }

    /// Waits until nothing of its tasks is left.
    pub(crate) async fn left_nothing(&self) {
        self.wait_for(|state| state.tasks.is_empty()).await;
    }

    pub(crate) fn turns(&self) -> u64 {
        self.state().turns
    }

    async fn wait_for(&self, condition: impl Fn(&State) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if condition(&self.state()) {
                return;
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a task may have its turn.
    fn turn(&self, task: u64, waker: &Waker) -> bool {
        let mut state = self.state();
        state.turns += 1;
        if state.turns >= state.last_turn && !state.is_over {
            drop(state);
            self.end();
            return false;
        }
        if state.is_over {
            return false;
        }
        state.tasks.insert(task, Some(waker.clone()));
        true
    }

    fn enter(&self) -> u64 {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.tasks.insert(number, None);
        number
    }

    fn leave(&self, task: u64) {
        self.state().tasks.remove(&task);
        self.changed.notify_waiters();
    }
}

/// A task of a node, or of nobody.
pub struct Mortal<F: Future> {
    life: Option<(Arc<Life>, u64)>,
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Mortal<F> {
    pub(super) fn new(future: F) -> Self {
        let life = current().map(|life| {
            let task = life.enter();
            (life, task)
        });
        Self { life, future: Some(Box::pin(future)) }
    }

    fn let_go(&mut self) {
        if let Some((life, task)) = self.life.take() {
            life.during(|| self.future = None);
            life.leave(task);
        }
    }
}

impl<F: Future> Future for Mortal<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let Some(future) = &mut this.future else { return Poll::Pending };
        let Some((life, task)) = &this.life else { return future.as_mut().poll(context) };
        if !life.turn(*task, context.waker()) {
            this.let_go();
            return Poll::Pending;
        }
        let polled = life.during(|| future.as_mut().poll(context));
        // What was done after the end of a node never was.
        let is_over = life.is_over();
        if is_over || polled.is_ready() {
            this.let_go();
        }
        if is_over { Poll::Pending } else { polled }
    }
}

impl<F: Future> Drop for Mortal<F> {
    fn drop(&mut self) {
        self.let_go();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_tasks_of_a_life_end_together() {
        let life = Life::new(0, 1, None);
        let steps = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&steps);
        let task = life.begin(async move {
            let inner = Arc::clone(&counted);
            super::super::spawn(async move {
                loop {
                    inner.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            });
            std::future::pending::<()>().await;
        });
        super::super::spawn(task);
        tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
        life.end();
        life.left_nothing().await;
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        assert_eq!(steps.load(Ordering::Relaxed), 3);
        assert_eq!(Arc::strong_count(&steps), 1, "what they held is let go");
    }
}
