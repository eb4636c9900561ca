//! Failing on purpose at a chosen step, in the current thread only.

#![cfg_attr(
    windows,
    allow(
        clippy::missing_const_for_thread_local,
        reason = "it is const; the lint fails to see so"
    )
)]

use std::cell::Cell;
use std::io;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::folder) enum Then {
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

thread_local! {
    static PLAN: Cell<Option<Plan>> = const { Cell::new(None) };
}

pub(super) fn step() -> io::Result<()> {
    let Some(mut plan) = PLAN.get() else { return Ok(()) };
    let fails = plan.steps_left == 0 && (!plan.hit || plan.then == Then::StayDead);
    plan.hit |= fails;
    plan.steps_left = plan.steps_left.saturating_sub(1);
    PLAN.set(Some(plan));
    if fails { Err(plan.kind.into()) } else { Ok(()) }
}

/// Runs with the step number `steps` (from 0) failing; tells whether it came that far.
pub(in crate::folder) fn at_step<T>(
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

/// Runs without a failure; tells how many steps it took.
pub(in crate::folder) fn count<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let kind = io::ErrorKind::Other;
    PLAN.set(Some(Plan { steps_left: u32::MAX, kind, then: Then::GoOn, hit: false }));
    let result = run();
    let left = PLAN.take().map_or(u32::MAX, |plan| plan.steps_left);
    (result, u64::from(u32::MAX - left))
}
