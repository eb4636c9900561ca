//! When something is told, and when again: pure, with the time as an argument.
//!
//! A condition is told once it has stood for a while, again after the growing pauses with which the log
//! tells of it, and not when it is over. All that stand are told in one mail. One that comes and goes is
//! the same one, and no more than a few mails go out in an hour, whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::node;

/// The most mails that go out in an hour.
const MOST_IN_AN_HOUR: usize = 6;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What is over for less than this is the same when it comes again.
const SAME: SignedDuration = SignedDuration::from_hours(1);

/// The most conditions that are remembered.
const MOST: usize = 1_000;

/// What is known of what was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    conditions: BTreeMap<String, Condition>,
    /// When mails went out, within the last hour.
    sent: Vec<Timestamp>,
    /// The last day of which a summary went out.
    summary: Option<Date>,
}

/// What is known of one condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Condition {
    since: Timestamp,
    /// When it was told last, and how often it was.
    told: Option<(Timestamp, usize)>,
    /// Since when it does not stand any more.
    over: Option<Timestamp>,
}

/// The time between two moments; a clock that was set back lets everything be long ago.
fn passed(since: Timestamp, now: Timestamp) -> SignedDuration {
    if since > now { SignedDuration::MAX } else { now.duration_since(since) }
}

impl Memory {
    /// Takes up what stands now.
    pub(super) fn observe(&mut self, standing: &BTreeSet<String>, now: Timestamp) {
        for (key, condition) in &mut self.conditions {
            condition.over = match (standing.contains(key), condition.over) {
                (true, _) => None,
                (false, over) => over.or(Some(now)),
            };
        }
        let same = |condition: &Condition| {
            condition.over.is_none_or(|over| condition.told.is_some() && passed(over, now) < SAME)
        };
        self.conditions.retain(|_, condition| same(condition));
        for key in standing {
            if self.conditions.len() < MOST && !self.conditions.contains_key(key) {
                let condition = Condition { since: now, told: None, over: None };
                self.conditions.insert(key.clone(), condition);
            }
        }
        self.sent.retain(|sent| passed(*sent, now) < HOUR);
    }

    /// What a mail is about that is to go out now; nothing where none is. It is what stands for long
    /// enough, as soon as one of them is due.
    pub(super) fn due(&self, wait: SignedDuration, now: Timestamp) -> Option<Vec<About>> {
        let stands = self.conditions.iter().filter(|(_, condition)| {
            condition.over.is_none() && passed(condition.since, now) >= wait
        });
        let about: Vec<_> = stands
            .map(|(key, condition)| About {
                key: key.clone(),
                is_new: condition.told.is_none(),
                is_due: condition.told.is_none_or(|(at, times)| {
                    let pause = SignedDuration::try_from(node::pause_after(times));
                    passed(at, now) >= pause.unwrap_or(SignedDuration::MAX)
                }),
            })
            .collect();
        let is_due = about.iter().any(|one| one.is_due) && self.may_send();
        is_due.then_some(about)
    }

    /// The day whose summary is to go out now, if one is: from `at` on, once.
    pub(super) fn summary_due(&self, at: Time, now: DateTime) -> Option<Date> {
        let is_due = now.time() >= at && self.summary != Some(now.date()) && self.may_send();
        is_due.then(|| now.date())
    }

    fn may_send(&self) -> bool {
        self.sent.len() < MOST_IN_AN_HOUR
    }

    /// A mail about these went out.
    pub(super) fn told(&mut self, about: &[About], now: Timestamp) {
        for one in about {
            if let Some(condition) = self.conditions.get_mut(&one.key) {
                let times = condition.told.map_or(0, |(_, times)| times);
                condition.told = Some((now, times.saturating_add(1)));
            }
        }
        self.sent.push(now);
    }

    /// The summary of a day went out.
    pub(super) fn summed_up(&mut self, day: Date, now: Timestamp) {
        self.summary = Some(day);
        self.sent.push(now);
    }
}

/// A condition that a mail tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    /// By which it is known.
    pub(super) key: String,
    /// Whether it was not told before.
    pub(super) is_new: bool,
    is_due: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: SignedDuration = SignedDuration::from_mins(2);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn keys(of: &[&str]) -> BTreeSet<String> {
        of.iter().map(|key| (*key).to_owned()).collect()
    }

    /// What a mail that goes out now tells: new ones with a `+`.
    fn mail(memory: &mut Memory, standing: &[&str], now: i64) -> Option<Vec<String>> {
        memory.observe(&keys(standing), at(now));
        let about = memory.due(WAIT, at(now))?;
        memory.told(&about, at(now));
        let told =
            about.iter().map(|one| format!("{}{}", if one.is_new { "+" } else { "" }, one.key));
        Some(told.collect())
    }

    #[expect(clippy::unnecessary_wraps, reason = "as it is compared")]
    fn some(of: &[&str]) -> Option<Vec<String>> {
        Some(of.iter().map(|key| (*key).to_owned()).collect())
    }

    #[test]
    fn what_stands_is_told_together_and_again_after_growing_pauses() {
        let mut memory = Memory::default();
        assert_eq!(mail(&mut memory, &["a"], 0), None, "it may be over by itself");
        assert_eq!(mail(&mut memory, &["a", "b"], 1), None);
        assert_eq!(mail(&mut memory, &["a", "b"], 2), some(&["+a"]), "b stands for a minute");
        assert_eq!(mail(&mut memory, &["a", "b"], 3), some(&["a", "+b"]));
        let mut told = Vec::new();
        for now in 4..24 * 60 {
            if mail(&mut memory, &["a", "b"], now).is_some() {
                told.push(now);
            }
        }
        // 5 minutes after b was told first, then 30 minutes, 2 hours, and every 8 hours.
        assert_eq!(told, [8, 38, 158, 638, 1_118]);
    }

    #[test]
    fn what_is_over_is_not_told() {
        let mut memory = Memory::default();
        assert_eq!(mail(&mut memory, &["a"], 0), None);
        assert_eq!(mail(&mut memory, &[], 1), None);
        assert_eq!(mail(&mut memory, &["a"], 2), None, "it begins again");
        assert_eq!(mail(&mut memory, &[], 5), None);
        assert_eq!(memory, Memory::default(), "nothing is remembered of it");
    }

    #[test]
    fn what_comes_and_goes_is_the_same() {
        let mut memory = Memory::default();
        let mut mails = 0;
        for now in 0..24 * 60 {
            let standing: &[&str] = if now % 6 < 3 { &["a"] } else { &[] };
            mails += usize::from(mail(&mut memory, standing, now).is_some());
        }
        assert!((4..=7).contains(&mails), "{mails}");
        // After more than an hour it is another.
        assert_eq!(mail(&mut memory, &[], 2_000), None);
        assert_eq!(mail(&mut memory, &[], 2_061), None);
        assert_eq!(mail(&mut memory, &["a"], 2_062), None);
        assert_eq!(mail(&mut memory, &["a"], 2_064), some(&["+a"]));
    }

    #[test]
    fn no_more_than_a_few_in_an_hour_whatever_happens() {
        let mut memory = Memory::default();
        let mut sent = Vec::new();
        let mut standing: Vec<String> = Vec::new();
        for now in 0..300 {
            standing.push(format!("{now}"));
            let of: Vec<&str> = standing.iter().map(String::as_str).collect();
            if mail(&mut memory, &of, now).is_some() {
                sent.push(now);
            }
        }
        assert!(sent.len() >= 24, "{sent:?}");
        for window in sent.windows(MOST_IN_AN_HOUR + 1) {
            assert!(window[MOST_IN_AN_HOUR] - window[0] >= 60, "{sent:?}");
        }
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let mut memory = Memory::default();
        let many: BTreeSet<String> = (0..5_000).map(|number| number.to_string()).collect();
        memory.observe(&many, at(0));
        assert_eq!(memory.conditions.len(), MOST);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nothing_from_being_told() {
        let mut memory = Memory::default();
        assert_eq!(mail(&mut memory, &["a"], 1_000_000), None);
        assert_eq!(mail(&mut memory, &["a"], 1_000_002), some(&["+a"]));
        assert_eq!(mail(&mut memory, &["a"], 0), some(&["a"]));
        assert_eq!(mail(&mut memory, &["a"], 1), None);
    }

    #[test]
    fn a_day_is_summed_up_once_from_its_hour_on() {
        let mut memory = Memory::default();
        let eight = Time::constant(8, 0, 0, 0);
        let moment = |day, hour| Date::constant(2026, 5, day).at(hour, 0, 0, 0);
        assert_eq!(memory.summary_due(eight, moment(1, 7)), None);
        let day = memory.summary_due(eight, moment(1, 8)).expect("due");
        memory.summed_up(day, at(0));
        assert_eq!(memory.summary_due(eight, moment(1, 23)), None);
        assert_eq!(memory.summary_due(eight, moment(2, 7)), None);
        // The computer was off at eight.
        assert_eq!(memory.summary_due(eight, moment(2, 11)), Some(Date::constant(2026, 5, 2)));
    }
}
