//! What goes into the machine and what comes out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::key::UnitKey;

/// What the machine has to do with and never looks into.
pub(in super::super) trait World {
    /// A file as it was seen in the drop folder.
    type File: Clone + PartialEq;
    /// The files of a unit, taken out of the drop folder.
    type Claim;
    /// What is to be packed of a good unit.
    type Set;
    /// What is wrong with a unit.
    type Report;
}

/// How long units wait.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Terms {
    /// For their other files.
    pub(in super::super) set_wait: Duration,
    /// In the drop folder, in the ordinary course of things.
    pub(in super::super) longest_wait: Duration,
}

/// What a look into the drop folder found.
pub(in super::super) struct Look<W: World> {
    pub(in super::super) units: BTreeMap<UnitKey, Found<W::File>>,
    /// The units that were left out, see [`Machine::set_aside`](super::Machine::set_aside).
    pub(in super::super) set_aside: BTreeSet<UnitKey>,
    /// There are more files than one look takes in.
    pub(in super::super) more: bool,
    /// When the next file can stand still for long enough.
    pub(in super::super) settles_at: Option<Duration>,
}

/// A unit as a look found it.
pub(in super::super) struct Found<F> {
    pub(in super::super) files: Vec<F>,
    pub(in super::super) stance: Stance,
    /// Whether it is claimed and packed alone.
    pub(in super::super) is_large: bool,
    /// Whether a file of it is empty, so that it may still be written.
    pub(in super::super) has_empty_file: bool,
}

/// Whether the files of a unit stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Stance {
    /// Not all of them, or not for long enough.
    Moving,
    /// Somebody has one of them open for writing.
    InHand,
    /// They do, but nobody knows who writes to them: they have to do so until then.
    Unsure { until: Duration },
    /// They do; `is_certain` if it is known that nobody writes to them any more.
    Still { is_certain: bool },
}

/// What a unit was taken with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Ready<F> {
    pub(in super::super) files: Vec<F>,
    pub(in super::super) is_large: bool,
    /// Whether it is known that nobody writes to its files any more.
    pub(in super::super) is_certain: bool,
}

/// What is known of a unit after it was claimed and looked at.
pub(in super::super) enum Verdict<W: World> {
    /// It is good.
    Send(W::Claim, W::Set),
    /// It cannot be sent as it is.
    Hold(W::Claim, W::Report),
    /// Files are missing that may still come.
    Incomplete(W::Claim, W::Report),
    /// It changed or is in use: to be looked at again.
    Later(W::Claim),
    /// It cannot be read, packed or held.
    Failed(W::Claim, Trouble),
    /// It could not be claimed, because it changed or is in use.
    InUse,
    /// It could not be claimed.
    NotClaimed(Trouble),
}

/// What keeps a unit from being taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Trouble {
    /// A stable code.
    pub(in super::super) code: &'static str,
    pub(in super::super) ja: String,
    pub(in super::super) en: String,
    /// It is one of this unit, which seldom ends, and not of a folder or disk, which ends for all units
    /// at once.
    pub(in super::super) is_of_the_unit: bool,
}

/// A good unit that is to be packed.
pub(in super::super) struct Good<W: World> {
    pub(in super::super) key: UnitKey,
    pub(in super::super) claim: W::Claim,
    pub(in super::super) set: W::Set,
}

/// What happens.
pub(in super::super) enum Event<W: World> {
    /// The drop folder was looked into.
    Looked(Look<W>),
    /// A unit was claimed and judged; or what was to be done with it alone cannot be done, and this is
    /// what is known of it now.
    Judged(UnitKey, Verdict<W>),
    /// Units are durable packages.
    Packed(Vec<UnitKey>),
    /// Units could not be packed together. Each shows alone what is wrong with it.
    NotTogether(Vec<Good<W>>),
    /// A unit lies in the hold folder.
    Held(UnitKey),
    /// A unit is in the drop folder again, unless it could not be given back.
    GivenBack(UnitKey, Result<(), Trouble>),
    /// The node stops: nothing more is claimed, and what is in hand is ended.
    Stopping,
    /// The work cannot go on, mostly because the store fails: what is in hand is given back.
    Interrupted,
}

/// What is to be done.
pub(in super::super) enum Step<W: World> {
    /// Claim the files and judge them, beside other steps. [`Event::Judged`] answers, in the order of
    /// the steps.
    Claim(UnitKey, Ready<W::File>),
    /// Tell that the unit waits for its other files. Nothing answers.
    TellWaiting(UnitKey),
    /// Make durable packages of them, all or none. Answered by [`Event::Packed`],
    /// [`Event::NotTogether`], and of one alone also [`Event::Judged`].
    Pack(Vec<Good<W>>),
    /// Put the unit into the hold folder. Answered by [`Event::Held`] or [`Event::Judged`].
    Hold(UnitKey, W::Claim, W::Report),
    /// Give the unit back to the drop folder. Answered by [`Event::GivenBack`].
    GiveBack(UnitKey, W::Claim),
}
