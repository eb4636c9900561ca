//! Which faults one seed has, and how many.

use std::time::Duration;

use super::random::Random;

/// What a seed is about.
#[derive(Debug, Clone)]
pub(super) struct Climate {
    /// Offices that take part.
    pub(super) offices: usize,
    /// For how long things go wrong.
    pub(super) length: Duration,
    /// So much less often than usual the node looks at what seldom changes.
    pub(super) slowness: u32,
    /// Sets that are dropped.
    pub(super) sets: usize,
    /// Of a thousand messages, so many do not arrive.
    pub(super) lost: u64,
    /// Of a thousand answers, so many do not.
    pub(super) unanswered: u64,
    /// Of a thousand messages, so many arrive twice.
    pub(super) doubled: u64,
    /// Of a thousand messages, so many are late, and later ones overtake them.
    pub(super) delayed: u64,
    /// Of a thousand messages, so many break off in the middle.
    pub(super) cut: u64,
    /// Of a thousand messages, so many begin a time without any.
    pub(super) partition: u64,
    /// Lives of a node that end in a crash, of a thousand.
    pub(super) crashes: u64,
    /// The most crashes of one office, and as often it leaves: what a start costs is real time.
    pub(super) ends: u64,
    /// The most turns of such a life.
    pub(super) turns: u64,
    /// Of a thousand lives, so many end in an orderly way and stay ended for up to days.
    pub(super) away: u64,
    /// For how long.
    pub(super) longest_absence: Duration,
    /// Of a million steps on disk, so many fail.
    pub(super) failing_steps: u64,
    /// Of a million steps on disk, so many are the last of a node.
    pub(super) deadly_steps: u64,
    /// Of a thousand moments before or after a commit, so many are.
    pub(super) deadly_commits: u64,
    /// Of a million steps on disk, so many begin a time in which it is full.
    pub(super) full: u64,
    /// Jumps of clocks.
    pub(super) jumps: u32,
    /// How far they go.
    pub(super) farthest_jump: Duration,
    /// How the offices reach each other.
    pub(super) ways: Ways,
    /// So often somebody of an office wants a package back.
    pub(super) recalls: usize,
}

/// How offices reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ways {
    Direct,
    /// Over a relay alone: no office can be reached.
    Relay,
    /// Directly first, over a relay where that fails.
    Both,
}

const HOUR: u64 = 3_600;

impl Climate {
    pub(super) fn of(seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        let random = &mut random;
        let some = |random: &mut Random, most: u64| {
            if random.chance(500) { random.below(most) } else { 0 }
        };
        let (length, slowness) = match random.below(10) {
            0..=5 => (5 * 60 + random.below(55 * 60), 10),
            6..=8 => (HOUR + random.below(11 * HOUR), 120),
            _ => (12 * HOUR + random.below(72 * HOUR), 900),
        };
        let day = Duration::from_secs(24 * HOUR);
        Self {
            offices: if random.chance(700) { 2 } else { 3 },
            length: Duration::from_secs(length),
            slowness,
            sets: 1 + random.place(8),
            lost: some(random, 300),
            unanswered: some(random, 300),
            doubled: some(random, 300),
            delayed: some(random, 300),
            cut: some(random, 200),
            partition: some(random, 30),
            crashes: if random.chance(700) { 300 + random.below(700) } else { 0 },
            ends: 1 + random.below(5),
            turns: 1 << (4 + random.below(9)),
            away: some(random, 500),
            longest_absence: if random.chance(200) { 3 * day } else { day / 24 },
            failing_steps: some(random, 1_000),
            deadly_steps: some(random, 400),
            deadly_commits: some(random, 200),
            full: some(random, 100),
            jumps: if random.chance(300) { 1 + random.below(3) as u32 } else { 0 },
            farthest_jump: if random.chance(300) { 30 * day } else { day / 48 },
            ways: match random.below(10) {
                // Who asks a relay all the time makes long runs longer.
                _ if slowness > 120 => Ways::Direct,
                0..=3 => Ways::Direct,
                4..=7 => Ways::Relay,
                _ => Ways::Both,
            },
            recalls: if random.chance(500) { 1 + random.place(4) } else { 0 },
        }
    }
}
