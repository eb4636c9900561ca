//! How the node does, for others: `health.json` in the data folder, and systemd.
//!
//! # Storage
//!
//! The file is replaced at once and never written into a folder that is gone. It is fresh for
//! twice its `interval` of seconds; later, whatever it says, the node does not run or stands still.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use super::context::{Context, stopped};
use super::notices::Notice;
use super::supervise::{Beat, Board, Doing, Heard};
use crate::work::systemd;
use crate::disk::{self, Readers};
use crate::types::{Clock, Instant, code};
use crate::work::{self, watch};

/// How often to look at the tasks.
const LOOK: Duration = Duration::from_secs(5);

/// How often the file is written when nothing changes, in seconds.
const INTERVAL: u32 = 30;

/// The name of the file in the data folder.
const NAME: &str = "health.json";

const SCHEMA: &str = "renkei.health/1";

/// The largest file that is read.
const MOST_BYTES: u64 = 4 << 20;

/// What a node says of itself. Holds no personal data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Health {
    /// `renkei.health/1`
    pub schema: String,
    /// `running` or `stopped`.
    pub state: String,
    /// The process.
    pub pid: u32,
    /// The version of the program.
    pub version: String,
    /// When the node started.
    pub started_at: Timestamp,
    /// When this was written.
    pub written_at: Timestamp,
    /// It is written again within so many seconds.
    pub interval: u32,
    /// What each task does.
    pub tasks: Vec<TaskHealth>,
    /// Standing conditions.
    pub notices: Vec<Notice>,
    /// Further conditions of which only the number is known.
    pub more_notices: u64,
    /// Lines of the log that could be written nowhere.
    pub dropped_log_lines: u64,
}

/// What a task does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskHealth {
    /// Its name.
    pub name: String,
    /// `works`, `sleeps`, `restarts` or `stands-still`.
    pub state: String,
    /// At what it works.
    pub doing: Option<String>,
    /// Since when, where it stands still.
    pub since: Option<Timestamp>,
}

impl Health {
    /// What the node of this data folder last said, if that can be read.
    pub fn read(data: &Path) -> Option<Self> {
        use std::io::Read as _;
        let mut text = String::new();
        let file = std::fs::File::open(data.join(NAME)).ok()?;
        file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok().filter(|health: &Self| health.schema == SCHEMA)
    }

    /// Whether it was written lately enough to believe that the node goes on.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.written_at).abs();
        age <= SignedDuration::from_secs(2 * i64::from(self.interval))
    }

    /// The tasks that stand still.
    pub fn standing_still(&self) -> impl Iterator<Item = &TaskHealth> {
        self.tasks.iter().filter(|task| task.state == "stands-still")
    }
}

/// Looks at the tasks, tells of those that stand still, and writes the file.
pub(super) struct Watcher {
    context: Arc<Context>,
    board: Board,
    started_at: Timestamp,
    /// Held while the file is written; set when it was written for the last time.
    is_over: Mutex<bool>,
}

impl Watcher {
    pub(super) fn new(context: Arc<Context>, board: Board) -> Self {
        let started_at = context.now();
        Self { context, board, started_at, is_over: Mutex::new(false) }
    }

    pub(super) async fn run(self: Arc<Self>, beat: Beat, mut stopping: watch::Receiver<bool>) {
        let mut written: Option<(Instant, Vec<TaskHealth>, usize)> = None;
        let mut writing: Option<JoinHandle<()>> = None;
        while !*stopping.borrow() {
            let (tasks, still) = self.tasks();
            self.tell(&tasks);
            if !still {
                systemd::watchdog();
            }
            let notices = self.context.notices.standing().0.len();
            // What a task works at changes all the time; only that one stands still is news.
            let news = |tasks: &[TaskHealth]| -> Vec<TaskHealth> {
                tasks.iter().filter(|task| task.since.is_some()).cloned().collect()
            };
            let news = news(&tasks);
            let is_due = written.as_ref().is_none_or(|(at, told, count)| {
                at.elapsed() >= Duration::from_secs(INTERVAL.into())
                    || (told, *count) != (&news, notices)
            });
            // A disk that hangs must not keep us from looking.
            if is_due && writing.as_ref().is_none_or(JoinHandle::is_finished) {
                let watcher = Arc::clone(&self);
                writing = Some(work::blocking(move || watcher.write(false)));
                written = Some((Clock::running(), news, notices));
            }
            beat.sleeps(work::pause(LOOK));
            tokio::select! {
                biased;
                () = stopped(&mut stopping) => break,
                () = tokio::time::sleep(work::pause(LOOK)) => {}
            }
        }
    }

    /// Writes the file, for the last time when the node has stopped: a writing that was begun before
    /// and comes later changes nothing any more. What is wrong with the folder is told by those who
    /// need it.
    pub(super) fn write(&self, has_stopped: bool) {
        let mut is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_over {
            return;
        }
        *is_over = has_stopped;
        let health = self.health(has_stopped);
        let path = self.context.config().node.data.join(NAME);
        let written = serde_json::to_vec_pretty(&health)
            .map(|json| disk::replace(&path, &json, Readers::AsUsual));
        if let Ok(Err(error)) = written {
            tracing::debug!(%error, "the health file could not be written");
        }
    }

    /// What the node says of itself.
    pub(super) fn health(&self, has_stopped: bool) -> Health {
        let state = if has_stopped { "stopped" } else { "running" };
        let (notices, more_notices) = self.context.notices.standing();
        Health {
            schema: SCHEMA.to_owned(),
            state: state.to_owned(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            written_at: self.context.now(),
            interval: INTERVAL,
            tasks: self.tasks().0,
            notices,
            more_notices,
            dropped_log_lines: crate::log::dropped(),
        }
    }

    /// What the tasks do, and whether one of them stands still.
    fn tasks(&self) -> (Vec<TaskHealth>, bool) {
        let after = Duration::try_from(self.context.config().node.stall_after).unwrap_or_default();
        let now = self.context.now();
        let health = |heard: Heard| {
            let elapsed = SignedDuration::try_from(heard.since.elapsed()).unwrap_or_default();
            let still = heard.stands_still(after);
            let (state, doing) = match heard.doing {
                Doing::Works(what) => ("works", Some(what.to_owned())),
                Doing::Sleeps => ("sleeps", None),
                Doing::Restarts => ("restarts", None),
            };
            TaskHealth {
                name: heard.task,
                state: if still { "stands-still" } else { state }.to_owned(),
                doing,
                since: still.then(|| now.checked_sub(elapsed).unwrap_or(now)),
            }
        };
        let tasks: Vec<_> = self.board.all().into_iter().map(health).collect();
        let still = tasks.iter().any(|task| task.since.is_some());
        (tasks, still)
    }

    fn tell(&self, tasks: &[TaskHealth]) {
        let there: BTreeSet<String> = tasks.iter().map(|task| task.name.clone()).collect();
        for code in [code::TASK_STANDS_STILL, code::TASK_RESTARTS] {
            self.context.notices.clear_others(code, "", &there);
        }
        for TaskHealth { name, state, doing, since } in tasks {
            let notices = &self.context.notices;
            if since.is_some() {
                let doing = doing.as_deref().unwrap_or("-");
                let ja = format!(
                    "処理「{name}」（{doing}）が進んでいません。ディスクや共有フォルダーが応答しているか確かめ、直らなければ renkei を再起動してください。"
                );
                let en = format!(
                    "the task \"{name}\" ({doing}) stands still; see whether disks and network shares answer, and restart renkei if it stays so"
                );
                notices.raise(code::TASK_STANDS_STILL, name.as_str(), (ja, en), self.context.now());
            } else {
                notices.clear(code::TASK_STANDS_STILL, name);
            }
            if state == "restarts" {
                let ja = format!(
                    "処理「{name}」が異常終了したため、自動でやり直しています。続く場合はログを添えて開発元に連絡してください。"
                );
                let en = format!(
                    "the task \"{name}\" ended by a fault of the program and is begun anew; if it goes on, report it with the log"
                );
                notices.raise(code::TASK_RESTARTS, name.as_str(), (ja, en), self.context.now());
            } else {
                notices.clear(code::TASK_RESTARTS, name);
            }
        }
    }
}
