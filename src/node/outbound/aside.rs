//! Units of the drop folder that cannot be taken now, and what a person is told of what stays there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::context::Context;
use super::super::judge;
use super::{OutboundFault, UnitKey, Way};
use crate::folder::{Action, Odd, ShownName};
use crate::types::{Clock, Instant, Lang, OfficeNumber, code};

/// Units that are remembered at the most. Those beyond are tried with every look.
const MOST: usize = 10_000;

/// The pause after the first attempt; each further one is twice as long, to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Names that a notice tells.
const SHOWN: usize = 3;

/// Units that could not be taken, each until its next attempt: so long they are in nobody's way.
#[derive(Default)]
pub(super) struct SetAside {
    units: BTreeMap<UnitKey, Entry>,
    /// Since when units of a way have been failing without a break: those behind them wait once, not
    /// once for each.
    failing: BTreeMap<Way, Instant>,
}

struct Entry {
    attempts: u32,
    until: Instant,
    code: &'static str,
    ja: String,
    en: String,
}

impl SetAside {
    /// Remembers that a unit could not be taken, which was first seen at `seen`.
    pub(super) fn put(&mut self, key: &UnitKey, fault: &OutboundFault, seen: Instant) {
        let attempts = self.units.get(key).map_or(0, |entry| entry.attempts);
        if self.units.len() >= MOST && attempts == 0 {
            return;
        }
        if let Some(way) = key.way() {
            self.failing.entry(way).or_insert(seen);
        }
        // What is wrong with a folder or a disk is wrong with all units and ends for all at once;
        // what is wrong with a file seldom ends.
        let is_about_the_file = match fault {
            OutboundFault::Folder(error) => error.action() == Action::Read,
            OutboundFault::Store(_) | OutboundFault::Pack(_) | OutboundFault::Internal => true,
        };
        let doublings = if is_about_the_file { attempts.min(10) } else { 0 };
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
        let (ja, en) = match fault {
            OutboundFault::Folder(error) => {
                (error.fault().text(Lang::Ja), error.fault().text(Lang::En))
            }
            other => (other.to_string(), other.to_string()),
        };
        let entry = Entry {
            attempts: attempts.saturating_add(1),
            until: Clock::running() + pause,
            code: fault.code(),
            ja,
            en,
        };
        self.units.insert(key.clone(), entry);
    }

    /// The units that are not to be tried yet.
    pub(super) fn waiting(&self) -> BTreeSet<UnitKey> {
        let now = Clock::running();
        let waiting = self.units.iter().filter(|(_, entry)| entry.until > now);
        waiting.map(|(key, _)| key.clone()).collect()
    }

    /// When the next of them is to be tried.
    pub(super) fn next(&self) -> Option<Duration> {
        let now = Clock::running();
        // Those whose time has come and that were not tried wait for another unit.
        let waits = self.units.values().filter_map(|entry| entry.until.checked_duration_since(now));
        waits.filter(|wait| !wait.is_zero()).min()
    }

    /// Whether the unit could not be taken the last time.
    pub(super) fn contains(&self, key: &UnitKey) -> bool {
        self.units.contains_key(key)
    }

    /// Since when units of its way fail.
    pub(super) fn failing_since(&self, key: &UnitKey) -> Option<Instant> {
        key.way().and_then(|way| self.failing.get(&way).copied())
    }

    /// A unit has left the drop folder. If it failed before, what was in its way may be gone for the
    /// others too.
    pub(super) fn is_gone(&mut self, key: &UnitKey) {
        if self.units.remove(key).is_some() {
            let now = Clock::running();
            self.units.values_mut().for_each(|entry| entry.until = now);
        }
    }

    /// Forgets those that are not to stay.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(&UnitKey) -> bool) {
        self.units.retain(|key, _| stays(key));
        let ways: BTreeSet<Way> = self.units.keys().filter_map(UnitKey::way).collect();
        self.failing.retain(|way, _| ways.contains(way));
    }
}

/// Tells of what stays in the drop folder of an office, by kind.
pub(super) struct Stays {
    about: String,
    raised: BTreeSet<&'static str>,
}

/// Things of one kind that stay.
#[derive(Default)]
struct Kind {
    ja: String,
    en: String,
    count: usize,
    shown: Vec<(String, String)>,
}

impl Kind {
    fn add(&mut self, (ja, en): (&str, &str), name: impl FnOnce(Lang) -> String + Copy) {
        if self.count == 0 {
            (self.ja, self.en) = (ja.to_owned(), en.to_owned());
        }
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push((name(Lang::Ja), name(Lang::En)));
        }
    }
}

impl Stays {
    pub(super) fn new(office: OfficeNumber) -> Self {
        Self { about: format!("office {office} drop"), raised: BTreeSet::new() }
    }

    /// Raises what stands now and clears what does not any more.
    pub(super) fn tell(
        &mut self,
        context: &Context,
        odd: &[Odd],
        aside: &SetAside,
        in_hand: &[UnitKey],
    ) {
        let mut kinds: BTreeMap<&'static str, Kind> = BTreeMap::new();
        for entry in odd {
            let reason = entry.reason();
            let texts = (reason.text(Lang::Ja), reason.text(Lang::En));
            kinds.entry(reason.code()).or_default().add(texts, |lang| entry.name().text(lang));
        }
        for (key, entry) in &aside.units {
            let texts = (entry.ja.as_str(), entry.en.as_str());
            kinds.entry(entry.code).or_default().add(texts, |lang| shown(key, lang));
        }
        for key in in_hand {
            let texts = (
                "ほかのソフトが書き込み中のまま、閉じていません。そのソフトを閉じるか、ファイルを出力し直してください。",
                "another program keeps it open for writing; close that program or export the file again",
            );
            kinds.entry(code::DROP_FILE_IN_USE).or_default().add(texts, |lang| shown(key, lang));
        }
        for over in self.raised.iter().filter(|code| !kinds.contains_key(*code)) {
            context.notices.clear(over, &self.about);
        }
        self.raised = kinds.keys().copied().collect();
        for (code, kind) in kinds {
            let Kind { ja, en, count, shown } = kind;
            let (names_ja, names_en): (Vec<_>, Vec<_>) = shown.into_iter().unzip();
            let rest = if count > names_ja.len() { ", …" } else { "" };
            let ja = format!(
                "送信用フォルダーに、送信できないものが {count} 件あります。{ja} [{}{rest}]",
                names_ja.join(", ")
            );
            let en = format!(
                "{count} in the drop folder cannot be taken: {en} [{}{rest}]",
                names_en.join(", ")
            );
            context.notices.raise(code, self.about.clone(), (ja, en), context.now());
        }
    }
}

/// A unit for people and logs.
fn shown(key: &UnitKey, lang: Lang) -> String {
    match key {
        UnitKey::Unit { serial, sender, recipient } => {
            judge::unit_name(*serial, *sender, *recipient)
        }
        UnitKey::Stranger { name } => ShownName::of(name).text(lang),
    }
}
