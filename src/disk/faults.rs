//! Failing on purpose at a chosen step, and remembering the steps that were taken; in the current
//! thread only.

#![cfg_attr(
    windows,
    allow(
        clippy::missing_const_for_thread_local,
        reason = "it is const; the lint fails to see so"
    )
)]

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Effect;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Only this step fails, like a disk that was full for a moment.
    GoOn,
    /// Nothing works from this step on, as after `kill -9`.
    StayDead,
}

#[derive(Clone, Copy)]
struct Plan {
    steps_left: u32,
    kind: io::ErrorKind,
    then: Then,
    hit: bool,
}

/// What a simulation does at a step.
pub(crate) type Simulated = Rc<dyn Fn(Effect<&Path>) -> io::Result<()>>;

thread_local! {
    static PLAN: Cell<Option<Plan>> = const { Cell::new(None) };
    static SIMULATED: RefCell<Option<Simulated>> = const { RefCell::new(None) };
    static TRACE: RefCell<Option<Vec<Effect<PathBuf>>>> = const { RefCell::new(None) };
}

/// From here on, a simulation is asked at every step of this thread.
pub(crate) fn simulate(simulated: Option<Simulated>) {
    SIMULATED.set(simulated);
}

/// A database is about to commit, or has just done so.
pub(crate) fn commit(database: &Path) -> io::Result<()> {
    step(Effect::Write(database))
}

pub(super) fn step(effect: Effect<&Path>) -> io::Result<()> {
    if let Some(simulated) = SIMULATED.with_borrow(Clone::clone) {
        simulated(effect)?;
    }
    if let Some(mut plan) = PLAN.get() {
        let fails = plan.steps_left == 0 && (!plan.hit || plan.then == Then::StayDead);
        plan.hit |= fails;
        plan.steps_left = plan.steps_left.saturating_sub(1);
        PLAN.set(Some(plan));
        if fails {
            return Err(plan.kind.into());
        }
    }
    TRACE.with_borrow_mut(|trace| {
        if let Some(trace) = trace {
            trace.push(owned(effect));
        }
    });
    Ok(())
}

fn owned(effect: Effect<&Path>) -> Effect<PathBuf> {
    match effect {
        Effect::Open(path) => Effect::Open(path.into()),
        Effect::Create(path) => Effect::Create(path.into()),
        Effect::Write(path) => Effect::Write(path.into()),
        Effect::SyncFile(path) => Effect::SyncFile(path.into()),
        Effect::CreateFolder(path) => Effect::CreateFolder(path.into()),
        Effect::Link { from, to } => Effect::Link { from: from.into(), to: to.into() },
        Effect::Rename { from, to } => Effect::Rename { from: from.into(), to: to.into() },
        Effect::Remove(path) => Effect::Remove(path.into()),
        Effect::SyncFolder(path) => Effect::SyncFolder(path.into()),
    }
}

/// Runs with the step number `steps` (from 0) failing; tells whether it came that far.
pub(crate) fn at_step<T>(
    steps: u32,
    kind: io::ErrorKind,
    then: Then,
    run: impl FnOnce() -> T,
) -> (T, bool) {
    PLAN.set(Some(Plan { steps_left: steps, kind, then, hit: false }));
    let result = run();
    let hit = PLAN.take().is_some_and(|plan| plan.hit);
    (result, hit)
}

/// Runs and tells every effect, in order.
pub(crate) fn trace<T>(run: impl FnOnce() -> T) -> (T, Vec<Effect<PathBuf>>) {
    TRACE.set(Some(Vec::new()));
    let result = run();
    (result, TRACE.take().unwrap_or_default())
}

/// What a power cut after these effects can take away.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AtRisk {
    /// Files with bytes that are not durable.
    pub(crate) contents: BTreeSet<PathBuf>,
    /// Names that came, went or changed, which is not durable.
    pub(crate) names: BTreeSet<PathBuf>,
}

pub(crate) fn at_risk(effects: &[Effect<PathBuf>]) -> AtRisk {
    let mut risk = AtRisk::default();
    for effect in effects {
        match effect {
            Effect::Open(_) => {}
            Effect::Create(path) => {
                risk.contents.insert(path.clone());
                risk.names.insert(path.clone());
            }
            Effect::Write(path) => _ = risk.contents.insert(path.clone()),
            Effect::SyncFile(path) => _ = risk.contents.remove(path),
            Effect::CreateFolder(path) => _ = risk.names.insert(path.clone()),
            Effect::Link { from, to } => {
                if risk.contents.contains(from) {
                    risk.contents.insert(to.clone());
                }
                risk.names.insert(to.clone());
            }
            Effect::Rename { from, to } => {
                if risk.contents.remove(from) {
                    risk.contents.insert(to.clone());
                }
                risk.names.extend([from.clone(), to.clone()]);
            }
            Effect::Remove(path) => {
                risk.contents.remove(path);
                risk.names.insert(path.clone());
            }
            Effect::SyncFolder(folder) => {
                risk.names.retain(|path| path.parent() != Some(folder));
            }
        }
    }
    risk
}
