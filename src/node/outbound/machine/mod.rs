//! What becomes of the units in a drop folder: a machine without folder, store or clock.
//!
//! ```text
//! SEEN ─▶ READY ─▶ CLAIMED ─▶ JUDGED ─▶ PACKING ─▶ gone
//!   ▲                           │  └──▶ HOLDING ─▶ gone
//!   └── WAITING, LATER, ASIDE, HELD UP ◀── RETURNING
//! ```
//!
//! Each look into the drop folder is an event, and so is what came of each step that the machine
//! asked for. Of the steps that end a unit one is under way at a time, so that what comes of it counts
//! for the units behind it; beside it others are claimed and judged.
//!
//! # Order
//!
//! Units of one [`Way`] are packed in the order of their 連番. One that stays in the drop folder holds
//! up those behind it, but no longer than [`Terms::longest_wait`] since it was first seen; where units
//! fail one after the other, since the first of them was. Whether a unit holds others up is settled
//! once between two looks, so that none of those that it held up is overtaken by one behind it.

mod parts;
mod unit;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::key::{UnitKey, Way};
pub(super) use parts::{
    Event, Found, Good, Look, Ready, Stance, Step, Terms, Trouble, Verdict, World,
};
use unit::{After, Packing, State, Unit};

/// Units that are packed together at the most.
const TOGETHER: usize = 16;

/// So many units are claimed and judged at a time.
const AT_A_TIME: usize = 8;

/// Units that are set aside at the most. Those beyond are tried with every look.
const MOST_ASIDE: usize = 10_000;

/// How long to wait after the disk or the store failed.
pub(super) const FAULT_PAUSE: Duration = Duration::from_secs(5);

/// When to look again for what is there already.
const SOON: Duration = Duration::from_millis(10);

/// How much is still taken between two looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// What is ready.
    Taking,
    /// Nothing more; what is in hand is ended.
    Finishing,
    /// Nothing more; what is in hand is given back.
    GivingBack,
}

/// The units in the drop folder of one office.
pub(super) struct Machine<W: World> {
    terms: Terms,
    units: BTreeMap<UnitKey, Unit<W>>,
    /// The first unit of each way that holds up those behind it, until the next look.
    held_up_by: BTreeMap<Way, UnitKey>,
    /// Since when units of a way have been failing without a break: those behind them wait once, not
    /// once for each.
    failing: BTreeMap<Way, Duration>,
    /// Those to be claimed, in order.
    ready: VecDeque<UnitKey>,
    /// Those that are claimed, in order.
    in_hand: VecDeque<UnitKey>,
    pace: Pace,
    wakes_at: Option<Duration>,
    /// The units that the last look left out, if it did not take in all files.
    left_out: Option<BTreeSet<UnitKey>>,
}

impl<W: World> Machine<W> {
    pub(super) const fn new(terms: Terms) -> Self {
        Self {
            terms,
            units: BTreeMap::new(),
            held_up_by: BTreeMap::new(),
            failing: BTreeMap::new(),
            ready: VecDeque::new(),
            in_hand: VecDeque::new(),
            pace: Pace::Taking,
            wakes_at: None,
            left_out: None,
        }
    }

    /// What `event` makes of the units, and what is to be done. Of the steps that are answered, other
    /// than [`Step::Claim`], there is one at the most. An event that cannot happen to a unit as it
    /// stands changes nothing.
    #[must_use]
    pub(super) fn on(mut self, event: Event<W>, now: Duration) -> (Self, Vec<Step<W>>) {
        let mut steps = Vec::new();
        match event {
            Event::Looked(look) => self.looked(look, now, &mut steps),
            Event::Judged(key, verdict) => self.judged(&key, verdict),
            Event::Packed(keys) => {
                let is_packing = |state: &State<W>| matches!(state, State::Packing(_));
                for key in &keys {
                    self.leaves(key, is_packing, now);
                }
            }
            Event::NotTogether(units) => self.not_together(units),
            Event::Held(key) => {
                self.leaves(&key, |state| matches!(state, State::Holding(_)), now);
            }
            Event::GivenBack(key, given_back) => {
                self.given_back(&key, given_back, now, &mut steps);
            }
            Event::Stopping if self.pace == Pace::Taking => self.pace = Pace::Finishing,
            Event::Stopping => {}
            Event::Interrupted => self.pace = Pace::GivingBack,
        }
        self.claim(&mut steps);
        while self.end_next(now, &mut steps) {}
        // One that had to wait until nothing else was in hand.
        self.claim(&mut steps);
        (self, steps)
    }

    /// The units that are left alone for a while: a look does not take in their files.
    pub(super) fn set_aside(&self, now: Duration) -> BTreeSet<UnitKey> {
        let aside = self.units.iter().filter(|(_, unit)| unit.is_aside(now));
        aside.map(|(key, _)| key.clone()).collect()
    }

    /// When the next look can bring something new, as far as it does not come by itself.
    pub(super) fn wakes_at(&self, now: Duration) -> Option<Duration> {
        // More files are taken in as soon as those that cannot be taken are set aside.
        let is_other = |left_out: &BTreeSet<UnitKey>| *left_out != self.set_aside(now);
        let next = match &self.left_out {
            Some(left_out) if is_other(left_out) => Some(now + SOON),
            _ => self.wakes_at,
        };
        let set_wait = self.terms.set_wait;
        let lacking = self.units.values().filter_map(|unit| unit.lacking.as_ref());
        let over = lacking.map(|lacking| lacking.since.saturating_add(set_wait));
        // One whose time is over for long waits for something else.
        let over = over.filter(|over| now < over.saturating_add(FAULT_PAUSE));
        let over = over.map(|over| over.max(now + SOON));
        let tried_again = self.units.values().filter_map(|unit| unit.failure.as_ref());
        let tried_again = tried_again.map(|failure| failure.until).filter(|until| *until > now);
        over.chain(tried_again).chain(next).min()
    }

    /// Whether a change in the drop folder is worth a look. Files that were given back are a change;
    /// to look for them would be to do the same again at once. One that lacks files, and those behind
    /// it, are not tried again before something has come.
    pub(super) fn heeds_hints(&self) -> bool {
        let mut came_back = self.units.iter().filter(|(_, unit)| unit.came_back);
        came_back.all(|(key, unit)| {
            let is_behind = matches!(unit.state, State::HeldUp) && self.lacks_on(key.way());
            is_behind || matches!(unit.state, State::Waiting)
        })
    }

    /// What could not be taken, and why.
    pub(super) fn troubles(&self) -> impl Iterator<Item = (&UnitKey, &Trouble)> {
        let units = self.units.iter();
        units.filter_map(|(key, unit)| Some((key, &unit.failure.as_ref()?.trouble)))
    }

    /// What somebody keeps open for writing for longer than anything takes in the ordinary course of
    /// things.
    pub(super) fn kept_open(&self, now: Duration) -> impl Iterator<Item = &UnitKey> {
        let kept_open = move |unit: &Unit<W>| {
            matches!(unit.state, State::Seen { in_hand: true })
                && now.saturating_sub(unit.seen) >= self.terms.longest_wait
        };
        self.units.iter().filter(move |(_, unit)| kept_open(unit)).map(|(key, _)| key)
    }

    fn looked(&mut self, look: Look<W>, now: Duration, steps: &mut Vec<Step<W>>) {
        let Look { units, set_aside, more, settles_at } = look;
        self.units.retain(|key, unit| {
            let is_there = units.contains_key(key) || set_aside.contains(key);
            is_there || unit.is_in_hand() || (more && unit.failure.is_some())
        });
        let failed = self.units.iter().filter(|(_, unit)| unit.failure.is_some());
        let ways: BTreeSet<Way> = failed.filter_map(|(key, _)| key.way()).collect();
        self.failing.retain(|way, _| ways.contains(way));
        self.held_up_by.clear();
        self.ready.clear();
        // A node that stops takes nothing any more.
        if self.pace == Pace::GivingBack {
            self.pace = Pace::Taking;
        }
        self.wakes_at = settles_at;

        let mut all: BTreeMap<UnitKey, Option<Found<W::File>>> =
            set_aside.iter().map(|key| (key.clone(), None)).collect();
        all.extend(units.into_iter().map(|(key, found)| (key, Some(found))));
        self.left_out = more.then_some(set_aside);
        // In ascending 連番: that is the order of the keys, and of the sequence numbers.
        for (key, found) in all {
            self.looked_at(key, found, now, steps);
        }
    }

    fn looked_at(
        &mut self,
        key: UnitKey,
        found: Option<Found<W::File>>,
        now: Duration,
        steps: &mut Vec<Step<W>>,
    ) {
        let held_up = self.holds_up(&key);
        let set_wait = self.terms.set_wait;
        let unit = self.units.entry(key.clone()).or_insert_with(|| Unit::new(now));
        if unit.is_in_hand() {
            return;
        }
        unit.came_back = false;
        unit.state = match found {
            _ if held_up => State::HeldUp,
            None => State::Aside,
            Some(Found { stance: Stance::Moving, .. }) => State::Seen { in_hand: false },
            Some(Found { stance: Stance::InHand, .. }) => State::Seen { in_hand: true },
            Some(Found { stance: Stance::Unsure { until }, .. }) => {
                self.wakes_at = Some(self.wakes_at.map_or(until, |at| at.min(until)));
                State::Seen { in_hand: false }
            }
            Some(Found {
                files,
                stance: Stance::Still { is_certain },
                is_large,
                has_empty_file,
            }) => {
                if has_empty_file && !unit.patience_is_over(set_wait, now) {
                    unit.lacks(&key, &files, now, steps);
                }
                if unit.still_waits(&files, set_wait, now) {
                    State::Waiting
                } else {
                    State::Ready(Ready { files, is_large, is_certain })
                }
            }
        };
        if matches!(unit.state, State::Ready(_)) {
            self.ready.push_back(key);
        } else if !held_up {
            self.stays(&key, now);
        }
    }

    /// The unit stays in the drop folder. Those behind it wait, but no longer than for a unit whose
    /// files never come.
    fn stays(&mut self, key: &UnitKey, now: Duration) {
        let (Some(way), Some(unit)) = (key.way(), self.units.get(key)) else { return };
        let failing = unit.failure.as_ref().and_then(|_| self.failing.get(&way).copied());
        let since = failing.unwrap_or(unit.seen);
        if now.saturating_sub(since) < self.terms.longest_wait {
            let first = self.held_up_by.entry(way).or_insert_with(|| key.clone());
            if key < first {
                *first = key.clone();
            }
        }
    }

    /// Whether the unit has to wait for one before it.
    fn holds_up(&self, key: &UnitKey) -> bool {
        let first = key.way().and_then(|way| self.held_up_by.get(&way));
        first.is_some_and(|first| first < key)
    }

    fn lacks_on(&self, way: Option<Way>) -> bool {
        self.units.iter().any(|(key, unit)| unit.lacking.is_some() && key.way() == way)
    }

    /// Asks for the next units to be claimed, as many as may be in hand at a time.
    fn claim(&mut self, steps: &mut Vec<Step<W>>) {
        if self.pace != Pace::Taking {
            for key in self.ready.drain(..) {
                if let Some(unit) = self.units.get_mut(&key) {
                    unit.state = State::Seen { in_hand: false };
                }
            }
        }
        let is_claimed = |key: &&UnitKey| matches!(self.state(key), Some(State::Claimed(_)));
        let mut claimed = self.in_hand.iter().filter(is_claimed).count();
        while claimed < AT_A_TIME
            && let Some(key) = self.ready.front()
        {
            let ready = match self.state(key) {
                Some(State::Ready(ready)) => ready.clone(),
                _ => return,
            };
            // A large one is read when those before it are gone.
            if ready.is_large && !self.in_hand.is_empty() {
                return;
            }
            let Some(key) = self.ready.pop_front() else { return };
            if self.holds_up(&key) {
                self.put(&key, State::HeldUp);
            } else {
                self.put(&key, State::Claimed(ready.clone()));
                self.in_hand.push_back(key.clone());
                steps.push(Step::Claim(key, ready));
                claimed += 1;
            }
        }
    }

    /// Ends the first unit in hand, if its turn has come; says whether the next one's may have come
    /// with it.
    fn end_next(&mut self, now: Duration, steps: &mut Vec<Step<W>>) -> bool {
        let Some(key) = self.in_hand.front().cloned() else { return false };
        let gives_back = self.pace == Pace::GivingBack;
        let held_up = self.holds_up(&key);
        let is_free = !gives_back && !held_up;
        let Some(unit) = self.units.get_mut(&key) else { return false };
        if is_free && matches!(unit.state, State::Judged(_, Verdict::Send(..), _)) {
            self.pack_next(steps);
            return false;
        }
        let patience_is_over = unit.patience_is_over(self.terms.set_wait, now);
        let Some((ready, verdict)) = unit.take_judged() else { return false };
        let (claim, after) = match verdict {
            Verdict::Hold(claim, report) if is_free => {
                unit.state = State::Holding(ready);
                steps.push(Step::Hold(key, claim, report));
                return false;
            }
            Verdict::Incomplete(claim, report) if is_free && patience_is_over => {
                unit.state = State::Holding(ready);
                steps.push(Step::Hold(key, claim, report));
                return false;
            }
            Verdict::Incomplete(claim, _) if is_free => (Some(claim), After::Waiting),
            Verdict::Failed(claim, trouble) if is_free => (Some(claim), After::Aside(trouble)),
            Verdict::NotClaimed(trouble) if is_free => (None, After::Aside(trouble)),
            Verdict::Send(claim, _)
            | Verdict::Hold(claim, _)
            | Verdict::Incomplete(claim, _)
            | Verdict::Later(claim)
            | Verdict::Failed(claim, _) => {
                (Some(claim), if held_up { After::HeldUp } else { After::Later })
            }
            Verdict::InUse | Verdict::NotClaimed(_) => {
                (None, if held_up { After::HeldUp } else { After::Later })
            }
        };
        if let Some(claim) = claim {
            unit.state = State::Returning(ready, after);
            steps.push(Step::GiveBack(key, claim));
            return false;
        }
        // Where claiming failed, files may have gone to and fro all the same.
        unit.came_back = matches!(after, After::Aside(_));
        self.in_hand.pop_front();
        self.is_back(&key, &ready.files, after, now, steps);
        true
    }

    /// Packs the good units at the front, once no more can join them.
    fn pack_next(&mut self, steps: &mut Vec<Step<W>>) {
        let mut run = Vec::new();
        for key in &self.in_hand {
            match self.state(key) {
                Some(State::Judged(ready, Verdict::Send(..), how)) if !self.holds_up(key) => {
                    let is_alone = ready.is_large || *how == Packing::Alone;
                    if is_alone && !run.is_empty() {
                        break;
                    }
                    run.push(key.clone());
                    if is_alone || run.len() == TOGETHER {
                        break;
                    }
                }
                // It may join them when it is judged.
                Some(State::Claimed(ready)) if !ready.is_large => return,
                _ => break,
            }
        }
        let good = |key: UnitKey| {
            let unit = self.units.get_mut(&key)?;
            let (ready, verdict) = unit.take_judged()?;
            unit.state = State::Packing(ready);
            match verdict {
                Verdict::Send(claim, set) => Some(Good { key, claim, set }),
                _ => None,
            }
        };
        steps.push(Step::Pack(run.into_iter().filter_map(good).collect()));
    }

    fn judged(&mut self, key: &UnitKey, verdict: Verdict<W>) {
        let Some(unit) = self.units.get_mut(key) else { return };
        let is_news = matches!(
            (&unit.state, &verdict),
            (State::Claimed(_), _)
                | (State::Packing(_), Verdict::Hold(..))
                | (State::Packing(_) | State::Holding(_), Verdict::Later(_) | Verdict::Failed(..))
        );
        match std::mem::replace(&mut unit.state, State::Later) {
            State::Claimed(ready) | State::Packing(ready) | State::Holding(ready) if is_news => {
                unit.state = State::Judged(ready, verdict, Packing::Together);
            }
            other => unit.state = other,
        }
    }

    fn not_together(&mut self, units: Vec<Good<W>>) {
        for Good { key, claim, set } in units {
            let Some(unit) = self.units.get_mut(&key) else { continue };
            match std::mem::replace(&mut unit.state, State::Later) {
                State::Packing(ready) => {
                    unit.state = State::Judged(ready, Verdict::Send(claim, set), Packing::Alone);
                }
                other => unit.state = other,
            }
        }
    }

    fn given_back(
        &mut self,
        key: &UnitKey,
        given_back: Result<(), Trouble>,
        now: Duration,
        steps: &mut Vec<Step<W>>,
    ) {
        let Some(unit) = self.units.get_mut(key) else { return };
        match std::mem::replace(&mut unit.state, State::Later) {
            State::Returning(ready, after) => {
                unit.came_back = true;
                self.in_hand.retain(|other| other != key);
                let after = given_back.map_or_else(After::Aside, |()| after);
                self.is_back(key, &ready.files, after, now, steps);
            }
            other => unit.state = other,
        }
    }

    /// The unit is in the drop folder again.
    fn is_back(
        &mut self,
        key: &UnitKey,
        files: &[W::File],
        after: After,
        now: Duration,
        steps: &mut Vec<Step<W>>,
    ) {
        let is_full = || self.troubles().count() >= MOST_ASIDE;
        let is_full = matches!(after, After::Aside(_)) && is_full();
        let Some(unit) = self.units.get_mut(key) else { return };
        match after {
            After::HeldUp => {
                unit.state = State::HeldUp;
                return;
            }
            After::Waiting => {
                unit.lacks(key, files, now, steps);
                unit.state = State::Waiting;
            }
            After::Aside(trouble) if unit.failure.is_some() || !is_full => {
                unit.fails(trouble, now);
                unit.state = State::Aside;
                if let Some(way) = key.way() {
                    self.failing.entry(way).or_insert(unit.seen);
                }
            }
            After::Aside(_) => unit.state = State::Later,
            After::Later => {
                unit.state = State::Later;
                let again = now.saturating_add(FAULT_PAUSE);
                self.wakes_at = Some(self.wakes_at.map_or(again, |at| at.min(again)));
            }
        }
        self.stays(key, now);
    }

    /// The unit has left the drop folder, if it stands as that needs. If it failed before, what was in
    /// its way may be gone for the others too.
    fn leaves(&mut self, key: &UnitKey, is_leaving: impl Fn(&State<W>) -> bool, now: Duration) {
        if !self.state(key).is_some_and(is_leaving) {
            return;
        }
        self.in_hand.retain(|other| other != key);
        if self.units.remove(key).is_some_and(|unit| unit.failure.is_some()) {
            let failures = self.units.values_mut().filter_map(|unit| unit.failure.as_mut());
            failures.for_each(|failure| failure.until = now);
        }
    }

    fn state(&self, key: &UnitKey) -> Option<&State<W>> {
        self.units.get(key).map(|unit| &unit.state)
    }

    fn put(&mut self, key: &UnitKey, state: State<W>) {
        if let Some(unit) = self.units.get_mut(key) {
            unit.state = state;
        }
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
