//! Looks after the tasks of a node: none ends or stands still without a word.
//!
//! A task that panics, or ends before it was told to, is told of, and begun anew from what the
//! store knows. When that fails again and again, or the task cannot be begun anew, the node has a
//! [`Fault`]: the process ends in order, so that whoever supervises it starts it again.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use super::context::stopped;
use crate::types::{Clock, Instant};
use crate::work::{self, watch};

/// The pauses before a task is begun anew; the last one repeats.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_mins(1),
];

/// So many ends within [`PERIOD`] are a fault of the node.
const MOST_ENDS: usize = 5;

const PERIOD: Duration = Duration::from_mins(10);

/// Why a node cannot go on.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The task that ended for good.
    pub task: String,
}

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// It works; the word says at what.
    Works(&'static str),
    /// It waits for its next turn.
    Sleeps,
    /// It ended when it should not have, and is begun anew.
    Restarts,
}

/// What was last heard of a task.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) task: String,
    pub(super) doing: Doing,
    pub(super) since: Instant,
    /// When the task is heard of again, if all is well and it has turns of its own.
    due: Option<Instant>,
}

impl Heard {
    /// Whether the task should have been heard of so long ago.
    pub(super) fn stands_still(&self, after: Duration) -> bool {
        self.due.is_some_and(|due| due.elapsed() > after)
    }
}

/// What was last heard of each task.
#[derive(Debug, Clone, Default)]
pub(super) struct Board(Arc<Mutex<Vec<Heard>>>);

impl Board {
    pub(super) fn all(&self) -> Vec<Heard> {
        self.lock().clone()
    }

    fn enter(&self, task: &str) -> Beat {
        let mut all = self.lock();
        let now = Clock::running();
        let doing = Doing::Works("starting");
        all.push(Heard { task: task.to_owned(), doing, since: now, due: Some(now) });
        Beat { board: self.clone(), place: all.len() - 1 }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By which a task says that it goes on.
#[derive(Debug, Clone)]
pub(super) struct Beat {
    board: Board,
    place: usize,
}

impl Beat {
    /// It begins with `what`.
    pub(super) fn works(&self, what: &'static str) {
        self.works_for(what, Duration::ZERO);
    }

    /// It begins with `what`, which may well take so long.
    pub(super) fn works_for(&self, what: &'static str, most: Duration) {
        self.note(Doing::Works(what), most);
    }

    /// It does nothing for so long at the most.
    pub(super) fn sleeps(&self, most: Duration) {
        self.note(Doing::Sleeps, most);
    }

    fn note(&self, doing: Doing, most: Duration) {
        let since = Clock::running();
        let due = since.checked_add(most);
        if let Some(heard) = self.board.lock().get_mut(self.place) {
            *heard = Heard { task: std::mem::take(&mut heard.task), doing, since, due };
        }
    }
}

/// The tasks of a node.
pub(super) struct Supervisor {
    tasks: JoinSet<()>,
    board: Board,
    fault: watch::Sender<Option<Fault>>,
    stopping: watch::Receiver<bool>,
}

impl Supervisor {
    pub(super) fn new(stopping: watch::Receiver<bool>) -> Self {
        let (fault, _) = watch::channel(None);
        Self { tasks: JoinSet::new(), board: Board::default(), fault, stopping }
    }

    pub(super) fn board(&self) -> Board {
        self.board.clone()
    }

    /// Runs a task that can be begun anew.
    pub(super) fn keep<F, W>(&mut self, name: impl Into<String>, make: F)
    where
        F: Fn(Beat) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let beat = self.board.enter(&name);
        let (fault, mut stopping) = (self.fault.clone(), self.stopping.clone());
        self.tasks.spawn(work::task(async move {
            let mut ends: Vec<Instant> = Vec::new();
            loop {
                ended_well(make(beat.clone())).await;
                if *stopping.borrow() {
                    return;
                }
                ends.retain(|end| end.elapsed() < PERIOD);
                ends.push(Clock::running());
                if ends.len() >= MOST_ENDS {
                    fault.send_replace(Some(Fault { task: name }));
                    return;
                }
                tracing::error!(task = name, times = ends.len(), "a task ended and is begun anew");
                let pause = PAUSES.get(ends.len() - 1).or(PAUSES.last());
                let pause = pause.copied().unwrap_or_default();
                beat.note(Doing::Restarts, pause);
                tokio::select! {
                    biased;
                    () = stopped(&mut stopping) => return,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }));
    }

    /// Runs a task that cannot be begun anew.
    pub(super) fn once<W>(&mut self, name: impl Into<String>, make: impl FnOnce(Beat) -> W)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let made = make(self.board.enter(&name));
        let (fault, stopping) = (self.fault.clone(), self.stopping.clone());
        self.tasks.spawn(work::task(async move {
            ended_well(made).await;
            if !*stopping.borrow() {
                fault.send_replace(Some(Fault { task: name }));
            }
        }));
    }

    /// Waits until the node cannot go on.
    pub(super) async fn fault(&self) -> Fault {
        let mut fault = self.fault.subscribe();
        match fault.wait_for(Option::is_some).await.map(|fault| fault.clone()) {
            Ok(Some(fault)) => fault,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    /// Waits until all tasks have ended, so long at the most; whether they did.
    pub(super) async fn finish(mut self, most: Duration) -> bool {
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(error) = ended {
                    tracing::error!(panic = error.is_panic(), "a task could not be looked after");
                }
            }
        };
        let finished = tokio::time::timeout(most, all).await.is_ok();
        self.tasks.shutdown().await;
        finished
    }
}

/// Whether the work came to its end without a panic; the hook for panics has told of it.
pub(super) async fn ended_well(work: impl Future<Output = ()>) -> bool {
    // What it held is dropped with it, and what it shares is guarded against half a change.
    AssertUnwindSafe(work).catch_unwind().await.is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn supervisor() -> (watch::Sender<bool>, Supervisor) {
        let (stop, stopping) = watch::channel(false);
        (stop, Supervisor::new(stopping))
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_begun_anew() {
        let (stop, mut supervisor) = supervisor();
        let begun = Arc::new(AtomicUsize::new(0));
        let (seen, stopping) = (Arc::clone(&begun), stop.subscribe());
        supervisor.keep("task", move |_| {
            let (time, mut stopping) = (seen.fetch_add(1, Ordering::Relaxed), stopping.clone());
            async move {
                assert!(time >= 2, "on purpose");
                stopped(&mut stopping).await;
            }
        });
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(begun.load(Ordering::Relaxed), 3);
        stop.send_replace(true);
        assert!(supervisor.finish(Duration::from_secs(1)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ends_again_and_again_is_a_fault() {
        let (_stop, mut supervisor) = supervisor();
        supervisor.keep("restless", |_| async {});
        assert_eq!(supervisor.fault().await.task, "restless");
    }

    #[tokio::test]
    async fn a_task_that_cannot_be_begun_anew_is_a_fault_at_once() {
        let (_stop, mut supervisor) = supervisor();
        supervisor.once("listener", |_| async { panic!("on purpose") });
        assert_eq!(supervisor.fault().await.task, "listener");
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_stands_still_after_its_own_promise() {
        let board = Board::default();
        let beat = board.enter("task");
        let stands_still = || board.all()[0].stands_still(Duration::from_millis(10));
        beat.sleeps(Duration::from_hours(1));
        tokio::time::sleep(Duration::from_millis(15)).await;
        assert!(!stands_still());
        beat.works("packing");
        assert!(!stands_still());
        tokio::time::sleep(Duration::from_millis(15)).await;
        assert!(stands_still());
        assert_eq!(board.all()[0].doing, Doing::Works("packing"));
    }
}
