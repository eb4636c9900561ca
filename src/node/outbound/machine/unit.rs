//! One unit in the drop folder, and where it stands.

use std::time::Duration;

use super::super::key::UnitKey;
use super::parts::{Ready, Step, Trouble, Verdict, World};

/// The pause after the first attempt at a unit; each further one is twice as long, to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Where a unit stands.
pub(super) enum State<W: World> {
    /// In the drop folder. Its files do not stand still yet; `in_hand` if somebody writes to them.
    Seen { in_hand: bool },
    /// In the drop folder. It lacks files.
    Waiting,
    /// In the drop folder. It changed or was in use when it was to be taken.
    Later,
    /// In the drop folder. It could not be taken, and is left alone for a while.
    Aside,
    /// In the drop folder, behind a unit that stays there.
    HeldUp,
    /// In the drop folder, to be claimed.
    Ready(Ready<W::File>),
    /// Being claimed and judged.
    Claimed(Ready<W::File>),
    /// Claimed. Its turn comes.
    Judged(Ready<W::File>, Verdict<W>, Packing),
    /// Being packed.
    Packing(Ready<W::File>),
    /// Being put into the hold folder.
    Holding(Ready<W::File>),
    /// Being given back to the drop folder, to be there as `After` says.
    Returning(Ready<W::File>, After),
}

/// How a good unit is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// With others.
    Together,
    /// Alone, because that failed.
    Alone,
}

/// How a unit is in the drop folder after it was in hand.
pub(super) enum After {
    Waiting,
    Later,
    HeldUp,
    Aside(Trouble),
}

pub(super) struct Unit<W: World> {
    /// Since when it has been in the drop folder.
    pub(super) seen: Duration,
    /// If it was found to lack files: since when, and which it had.
    pub(super) lacking: Option<Lacking<W::File>>,
    /// If it could not be taken the last time.
    pub(super) failure: Option<Failure>,
    /// Whether it was given back since the last look. That is a change in the drop folder, and none
    /// to look for.
    pub(super) came_back: bool,
    pub(super) state: State<W>,
}

pub(super) struct Lacking<F> {
    pub(super) since: Duration,
    pub(super) files: Vec<F>,
}

pub(super) struct Failure {
    pub(super) attempts: u32,
    pub(super) until: Duration,
    pub(super) trouble: Trouble,
}

impl<W: World> Unit<W> {
    pub(super) const fn new(now: Duration) -> Self {
        let state = State::Seen { in_hand: false };
        Self { seen: now, lacking: None, failure: None, came_back: false, state }
    }

    /// Whether its files are not in the drop folder at the moment, or will not be in a moment.
    pub(super) const fn is_in_hand(&self) -> bool {
        match self.state {
            State::Claimed(_)
            | State::Judged(..)
            | State::Packing(_)
            | State::Holding(_)
            | State::Returning(..) => true,
            State::Seen { .. }
            | State::Waiting
            | State::Later
            | State::Aside
            | State::HeldUp
            | State::Ready(_) => false,
        }
    }

    /// Its verdict, if it waits for its turn; it is `Later` then until the caller says otherwise.
    pub(super) fn take_judged(&mut self) -> Option<(Ready<W::File>, Verdict<W>)> {
        match std::mem::replace(&mut self.state, State::Later) {
            State::Judged(ready, verdict, _) => Some((ready, verdict)),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Whether it is left alone at the moment, because it could not be taken.
    pub(super) fn is_aside(&self, now: Duration) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.until > now)
    }

    /// Notes that it was found to lack files, of which these are there.
    pub(super) fn lacks(
        &mut self,
        key: &UnitKey,
        files: &[W::File],
        now: Duration,
        steps: &mut Vec<Step<W>>,
    ) {
        let since = self.lacking.as_ref().map(|lacking| lacking.since);
        if since.is_none() {
            steps.push(Step::TellWaiting(key.clone()));
        }
        self.lacking = Some(Lacking { since: since.unwrap_or(now), files: files.to_vec() });
    }

    /// Whether it need not wait any longer for files that it lacks.
    pub(super) fn patience_is_over(&self, set_wait: Duration, now: Duration) -> bool {
        let waited = |lacking: &Lacking<_>| now.saturating_sub(lacking.since);
        set_wait.is_zero() || self.lacking.as_ref().is_some_and(|it| waited(it) >= set_wait)
    }

    /// Whether it was found to lack files, nothing has come since, and its time is not over.
    pub(super) fn still_waits(&self, files: &[W::File], set_wait: Duration, now: Duration) -> bool {
        let same = self.lacking.as_ref().is_some_and(|lacking| lacking.files == files);
        same && !self.patience_is_over(set_wait, now)
    }

    /// Notes that it could not be taken.
    pub(super) fn fails(&mut self, trouble: Trouble, now: Duration) {
        let attempts = self.failure.as_ref().map_or(0, |failure| failure.attempts);
        let doublings = if trouble.is_of_the_unit { attempts.min(10) } else { 0 };
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
        let until = now.saturating_add(pause);
        self.failure = Some(Failure { attempts: attempts.saturating_add(1), until, trouble });
    }
}
