//! Looks after the tasks of a node: none ends or stands still without a word.
//!
//! A task that panics, or ends before it was told to, is told of, and begun anew from what the
//! store knows. When that fails again and again, or the task cannot be begun anew, the node has a
//! [`Fault`]: the process ends in order, so that whoever supervises it starts it again.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::{JoinError, JoinSet};

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
pub(super) struct Board(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    next: u64,
    heard: BTreeMap<u64, Heard>,
}

impl Board {
    /// In the order in which the tasks began.
    pub(super) fn all(&self) -> Vec<Heard> {
        self.lock().heard.values().cloned().collect()
    }

    fn enter(&self, task: &str) -> Beat {
        let mut entries = self.lock();
        let place = entries.next;
        entries.next += 1;
        let now = Clock::running();
        let doing = Doing::Works("starting");
        let heard = Heard { task: task.to_owned(), doing, since: now, due: Some(now) };
        entries.heard.insert(place, heard);
        Beat { board: self.clone(), place }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By which a task says that it goes on.
#[derive(Debug, Clone)]
pub(super) struct Beat {
    board: Board,
    place: u64,
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
        if let Some(heard) = self.board.lock().heard.get_mut(&self.place) {
            *heard = Heard { task: std::mem::take(&mut heard.task), doing, since, due };
        }
    }
}

/// The tasks of a node, in groups that come and go. Whoever lets go of it cuts them off.
pub(super) struct Supervisor(Staff);

/// Where tasks begin. Cheap to clone.
#[derive(Clone)]
pub(super) struct Staff(Arc<Inner>);

struct Inner {
    board: Board,
    fault: watch::Sender<Option<Fault>>,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    /// By which each group is told to stop.
    groups: BTreeMap<u64, watch::Sender<bool>>,
    next: u64,
    /// All were told to stop, and no task begins any more.
    is_over: bool,
}

impl Supervisor {
    pub(super) fn new() -> Self {
        let (fault, _) = watch::channel(None);
        let (board, running) = (Board::default(), Mutex::default());
        Self(Staff(Arc::new(Inner { board, fault, running })))
    }

    pub(super) fn board(&self) -> Board {
        self.0.0.board.clone()
    }

    /// For whoever begins tasks later.
    pub(super) fn staff(&self) -> Staff {
        self.0.clone()
    }

    /// Waits until the node cannot go on.
    pub(super) async fn fault(&self) -> Fault {
        let mut fault = self.0.0.fault.subscribe();
        match fault.wait_for(Option::is_some).await.map(|fault| fault.clone()) {
            Ok(Some(fault)) => fault,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    /// Tells all tasks to stop and waits until they have, so long at the most; whether they did.
    pub(super) async fn finish(self, most: Duration) -> bool {
        let mut tasks = self.0.close();
        let all = async {
            while let Some(ended) = tasks.join_next().await {
                note_end(ended);
            }
        };
        let finished = tokio::time::timeout(most, all).await.is_ok();
        tasks.shutdown().await;
        finished
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.0.close());
    }
}

impl Staff {
    /// A group without tasks.
    pub(super) fn group(&self) -> Group {
        let mut running = self.running();
        let number = running.next;
        running.next += 1;
        let stop = watch::Sender::new(running.is_over);
        running.groups.insert(number, stop.clone());
        Group { staff: self.clone(), number, stop, members: watch::Sender::new(0) }
    }

    /// Tells all tasks to stop, lets none begin any more, and gives those that there are.
    fn close(&self) -> JoinSet<()> {
        let mut running = self.running();
        running.is_over = true;
        running.groups.values().for_each(|stop| _ = stop.send_replace(true));
        std::mem::take(&mut running.tasks)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running();
        while let Some(ended) = running.tasks.try_join_next() {
            note_end(ended);
        }
        if !running.is_over {
            running.tasks.spawn(work::task(task));
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn note_end(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(panic = error.is_panic(), "a task could not be looked after");
    }
}

/// Tasks that end together, before the others or with them. Whoever lets go of it tells them to.
pub(super) struct Group {
    staff: Staff,
    number: u64,
    stop: watch::Sender<bool>,
    /// How many tasks are left.
    members: watch::Sender<usize>,
}

impl Group {
    /// Runs a task that can be begun anew.
    pub(super) fn keep<F, W>(&self, name: impl Into<String>, make: F)
    where
        F: Fn(Beat, watch::Receiver<bool>) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let member = self.enter(&name);
        let (fault, mut stopping) = (self.staff.0.fault.clone(), self.stop.subscribe());
        self.staff.spawn(async move {
            let beat = &member.beat;
            let mut ends: Vec<Instant> = Vec::new();
            loop {
                ended_well(make(beat.clone(), stopping.clone())).await;
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
        });
    }

    /// Runs a task that cannot be begun anew.
    pub(super) fn once<W>(
        &self,
        name: impl Into<String>,
        make: impl FnOnce(Beat, watch::Receiver<bool>) -> W,
    ) where
        W: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let member = self.enter(&name);
        let (fault, stopping) = (self.staff.0.fault.clone(), self.stop.subscribe());
        let made = make(member.beat.clone(), stopping.clone());
        self.staff.spawn(async move {
            let _member = member;
            ended_well(made).await;
            if !*stopping.borrow() {
                fault.send_replace(Some(Fault { task: name }));
            }
        });
    }

    /// Tells the tasks to stop. What they have in hand they still bring to its end.
    pub(super) fn end(self) -> Ending {
        // Dropping it says so.
        Ending(self.members.subscribe())
    }

    fn enter(&self, name: &str) -> Member {
        self.members.send_modify(|members| *members += 1);
        let beat = self.staff.0.board.enter(name);
        Member { beat, members: self.members.clone() }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.staff.running().groups.remove(&self.number);
    }
}

/// A task on the board and in its group, until it is gone.
struct Member {
    beat: Beat,
    members: watch::Sender<usize>,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.beat.board.lock().heard.remove(&self.beat.place);
        self.members.send_modify(|members| *members = members.saturating_sub(1));
    }
}

/// Tasks that were told to stop.
#[derive(Clone)]
pub(super) struct Ending(watch::Receiver<usize>);

impl Ending {
    /// Whether they have.
    pub(super) fn is_over(&self) -> bool {
        *self.0.borrow() == 0
    }

    /// Waits until they have.
    pub(super) async fn over(mut self) {
        let _ = self.0.wait_for(|members| *members == 0).await;
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

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_begun_anew() {
        let supervisor = Supervisor::new();
        let begun = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&begun);
        let group = supervisor.staff().group();
        group.keep("task", move |_, mut stopping| {
            let time = seen.fetch_add(1, Ordering::Relaxed);
            async move {
                assert!(time >= 2, "on purpose");
                stopped(&mut stopping).await;
            }
        });
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(begun.load(Ordering::Relaxed), 3);
        assert!(supervisor.finish(Duration::from_secs(1)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_ends_again_and_again_is_a_fault() {
        let supervisor = Supervisor::new();
        let group = supervisor.staff().group();
        group.keep("restless", |_, _| async {});
        assert_eq!(supervisor.fault().await.task, "restless");
    }

    #[tokio::test]
    async fn a_task_that_cannot_be_begun_anew_is_a_fault_at_once() {
        let supervisor = Supervisor::new();
        let group = supervisor.staff().group();
        group.once("listener", |_, _| async { panic!("on purpose") });
        assert_eq!(supervisor.fault().await.task, "listener");
    }

    #[tokio::test(start_paused = true)]
    async fn a_group_ends_when_its_tasks_have_and_leaves_the_board() {
        let supervisor = Supervisor::new();
        let names = |supervisor: &Supervisor| -> Vec<String> {
            supervisor.board().all().into_iter().map(|heard| heard.task).collect()
        };
        let until_stopped = |_, mut stopping| async move {
            stopped(&mut stopping).await;
            // What it has in hand.
            tokio::time::sleep(Duration::from_secs(30)).await;
        };
        let (stays, goes) = (supervisor.staff().group(), supervisor.staff().group());
        stays.keep("stays", until_stopped);
        goes.keep("goes", until_stopped);
        goes.keep("goes too", until_stopped);
        let began = Clock::running();
        let ending = goes.end();
        assert!(!ending.is_over());
        assert_eq!(names(&supervisor), ["stays", "goes", "goes too"]);
        ending.clone().over().await;
        assert!(began.elapsed() >= Duration::from_secs(30) && ending.is_over());
        assert_eq!(names(&supervisor), ["stays"]);
        let (staff, board) = (supervisor.staff(), supervisor.board());
        assert!(supervisor.finish(Duration::from_mins(1)).await);
        let late = staff.group();
        late.keep("late", until_stopped);
        assert!(board.all().is_empty(), "nothing begins after the end");
        drop((stays, late));
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
