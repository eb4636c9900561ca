//! Everything that can be looked at from here, with what to do: `renkei doctor`, and 詳しく調べる on
//! the page.
//!
//! It can be asked whether a node runs or not, and disturbs none: the store is read beside it, folders
//! are probed as `run --check` probes them, partners are asked what they tell everybody. Each part has
//! its time and is told as it is when that is over; what waits for a disk that hangs is left behind.

mod backups;
mod clock;
mod found;
mod line;
mod partners;
mod port;
mod rights;
mod running;
mod sleeping;
mod space;
mod store;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::timeout;

pub use line::{Grade, Line, Topic};

use crate::config::{Config, Draft};
use crate::node::{Checked, Node};
use crate::spec::Spec;
use crate::store::Store;
use crate::types::Clock;
use crate::work;

/// How long disks and network shares may take.
const DISKS: Duration = Duration::from_secs(30);

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Examination {
    /// When.
    pub at: Timestamp,
    /// Whether a node runs by the configuration.
    pub runs: bool,
    /// Each thing that was looked at, sorted by what it is about.
    pub lines: Vec<Line>,
}

impl Examination {
    /// The worst that was found.
    pub fn grade(&self) -> Grade {
        self.lines.iter().map(|line| line.grade).max().unwrap_or(Grade::Fine)
    }

    /// How many lines have a grade.
    pub fn count(&self, grade: Grade) -> usize {
        self.lines.iter().filter(|line| line.grade == grade).count()
    }

    /// The lines of a topic.
    pub fn of(&self, topic: Topic) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.topic == topic)
    }
}

/// The free space of the disk that a folder is on, or would be on; nothing without a folder.
/// `package` are the bytes of the largest package. Asks the disk.
pub fn free_space(folder: &Path, package: u64) -> Option<Line> {
    space::line("", folder, package)
}

/// The folders of a configuration whose disks have no room for even one package. Asks the disks.
pub fn full_disks(config: &Config) -> Vec<Line> {
    let is_full = |line: &Line| line.grade == Grade::Broken;
    space::lines(config).into_iter().filter(is_full).collect()
}

/// Looks at everything that a configuration names, as far as it could be read.
pub async fn examine(draft: Draft, spec: &'static Spec, clock: Clock) -> Examination {
    let at = clock.now();
    let config = &draft.config;
    let (checked, on_disk, mut asked, of_store) = tokio::join!(
        check(&draft, spec, &clock),
        disks(&draft, at),
        partners::ask(config, &clock),
        store::lines(config),
    );
    let (runs, found) = match checked {
        Some(checked) => {
            let runs = checked.runs;
            (runs, sorted_out(checked, &draft).await)
        }
        None => (false, None),
    };
    let mut lines = found::configuration(&draft.problems);
    lines.extend(found::mails(config));
    lines.append(&mut asked.lines);
    lines.extend(clock::lines(&asked.ahead));
    if found.is_none() || on_disk.is_none() {
        lines.push(hangs());
    }
    lines.extend([found, on_disk].into_iter().flatten().flatten());
    add_new(of_store, &mut lines);
    if runs {
        lines.extend(port::line(config, &clock).await);
    }
    let of_node = {
        let (config, told) = (config.clone(), lines.clone());
        on_a_thread(move || running::lines(&config, runs, at, &told)).await
    };
    lines.extend(of_node.unwrap_or_default());
    lines.sort_by_key(|line| line.topic);
    Examination { at, runs, lines }
}

/// What `run --check` finds.
async fn check(draft: &Draft, spec: &'static Spec, clock: &Clock) -> Option<Checked> {
    timeout(DISKS, Node::check(draft.clone(), spec, clock.clone())).await.ok()
}

async fn sorted_out(checked: Checked, draft: &Draft) -> Option<Vec<Line>> {
    let draft = draft.clone();
    on_a_thread(move || found::checked(&checked, &draft)).await
}

/// What only disks are asked for.
async fn disks(draft: &Draft, now: Timestamp) -> Option<Vec<Line>> {
    let config = draft.config.clone();
    on_a_thread(move || {
        let runs = Store::is_in_use(&config.node.data);
        let mut lines = space::lines(&config);
        lines.extend(rights::lines(&config));
        lines.extend(sleeping::lines(&config, runs, now));
        lines.extend(backups::lines(&config, now));
        lines
    })
    .await
}

/// Work that a disk may keep, for its time.
async fn on_a_thread<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    timeout(DISKS, work::blocking(job)).await.ok()?.ok()
}

fn hangs() -> Line {
    let seconds = DISKS.as_secs();
    Line::fine(
        Topic::Folders,
        "",
        format!("ディスクか共有フォルダーが {seconds} 秒たっても応答しません。つながっているか確かめてください。"),
        format!("a disk or network share has not answered for {seconds} s: see whether it is connected"),
    )
    .grade(Grade::Broken)
}

/// What was not found already in another way.
fn add_new(more: Vec<Line>, lines: &mut Vec<Line>) {
    for line in more {
        let is_same = |other: &Line| {
            other.code.is_some() && other.code == line.code && other.about == line.about
        };
        if !lines.iter().any(is_same) {
            lines.push(line);
        }
    }
}
