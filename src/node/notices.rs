//! Standing conditions that a person should know of, such as a folder that is gone.
//!
//! A condition is told in the log when it begins, again after growing pauses while it lasts, and
//! when it is over: however often a task meets it, the log grows by a few lines a day. What stands
//! at the moment can be read at any time, for the health report and `renkei status`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::{Clock, Digest, DigestBuilder, Instant, Lang, OfficeNumber};

/// The most conditions of one code that are told one by one, so that no code takes the place of
/// another; of further ones only the number is known.
const MOST: usize = 50;

/// The most further conditions of one code that are counted.
const MOST_COUNTED: usize = 1_000;

/// The pauses before a condition that lasts is told again; the last one repeats.
const PAUSES: [Duration; 4] = [
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(8),
];

/// How long it takes before a condition that lasts is told again, after it was told so often.
pub fn pause_after(told: usize) -> Duration {
    PAUSES.get(told.saturating_sub(1)).or(PAUSES.last()).copied().unwrap_or_default()
}

/// A standing condition. Holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// A stable code in lower case and hyphens.
    pub code: String,
    /// What it is about: an office and its folder, a partner, a file of certificates.
    pub about: String,
    /// Since when.
    pub since: Timestamp,
    /// What is wrong and what to do, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

impl Notice {
    /// What is wrong and what to do.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.ja, &self.en)
    }

    /// Whether it is about the exchange of one of our offices with a partner.
    pub fn is_about(&self, office: OfficeNumber, partner: OfficeNumber) -> bool {
        self.about == of_pair(office, partner)
    }

    /// Whether it is about the import folders of one of our offices.
    pub fn is_about_import(&self, office: OfficeNumber) -> bool {
        self.about == of_import(office)
    }
}

/// What a condition of the import folders of one of our offices is about.
pub(super) fn of_import(office: OfficeNumber) -> String {
    format!("office {office} import")
}

/// What a condition of the exchange of one of our offices with a partner is about.
pub(super) fn of_pair(office: OfficeNumber, partner: OfficeNumber) -> String {
    format!("office {office} partner {partner}")
}

/// The standing conditions of a node.
#[derive(Debug, Default)]
pub(super) struct Notices(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    standing: BTreeMap<(&'static str, String), Standing>,
    /// What the conditions that found no place are about, by code.
    omitted: BTreeMap<&'static str, BTreeSet<String>>,
}

#[derive(Debug)]
struct Standing {
    notice: Notice,
    told_at: Instant,
    /// How often it was told.
    told: usize,
    /// How often it was met since it was told.
    met: u64,
    met_at: Instant,
}

impl Notices {
    /// Says that the condition `code` holds for `about`. Cheap to call again while it lasts; a
    /// changed text is taken over.
    pub(super) fn raise(
        &self,
        code: &'static str,
        about: impl Into<String>,
        (ja, en): (impl Into<String>, impl Into<String>),
        now: Timestamp,
    ) {
        let (about, ja, en) = (about.into(), ja.into(), en.into());
        let mut state = self.state();
        let key = (code, about);
        if let Some(standing) = state.standing.get_mut(&key) {
            standing.notice.ja = ja;
            standing.notice.en = en;
            standing.met += 1;
            standing.met_at = Clock::running();
            if standing.told_at.elapsed() >= pause_after(standing.told) {
                let (about, met) = (&standing.notice.about, standing.met);
                tracing::warn!(code, about, met, "{} (still)", standing.notice.en);
                standing.told += 1;
                standing.told_at = Clock::running();
                standing.met = 0;
            }
            return;
        }
        let same = (code, String::new())..;
        if state.standing.range(same).take_while(|((other, _), _)| *other == code).count() >= MOST {
            let omitted = state.omitted.entry(code).or_default();
            if omitted.is_empty() {
                tracing::warn!(code, "more conditions of this kind stand than are told one by one");
            }
            if omitted.len() < MOST_COUNTED {
                omitted.insert(key.1);
            }
            return;
        }
        if let Some(omitted) = state.omitted.get_mut(code) {
            omitted.remove(&key.1);
        }
        tracing::warn!(code, about = key.1, "{en}");
        let notice = Notice { code: code.to_owned(), about: key.1.clone(), since: now, ja, en };
        let at = Clock::running();
        let standing = Standing { notice, told_at: at, told: 1, met: 0, met_at: at };
        state.standing.insert(key, standing);
    }

    /// Clears `code` for everything for which it was not met for so long: nobody says when what
    /// strangers do is over.
    pub(super) fn clear_unmet(&self, code: &'static str, since: Duration) {
        let over: Vec<String> = {
            let state = self.state();
            let told = state.standing.iter().filter(|((other, _), _)| *other == code);
            let unmet = told.filter(|(_, standing)| standing.met_at.elapsed() >= since);
            unmet.map(|((_, about), _)| about.clone()).collect()
        };
        for about in over {
            self.clear(code, &about);
        }
    }

    /// Says that the condition `code` does not hold for `about` any more, if it did.
    pub(super) fn clear(&self, code: &'static str, about: &str) {
        let mut state = self.state();
        if state.standing.remove(&(code, about.to_owned())).is_some() {
            tracing::info!(code, about, "a condition is over");
        } else if let Some(omitted) = state.omitted.get_mut(code) {
            omitted.remove(about);
        }
    }

    /// Clears `code` for everything whose `about` begins with `prefix`, but for what is in `stay`.
    pub(super) fn clear_others(&self, code: &'static str, prefix: &str, stay: &BTreeSet<String>) {
        let is_over = |about: &&String| about.starts_with(prefix) && !stay.contains(*about);
        let over: Vec<String> = {
            let state = self.state();
            let told = state.standing.keys().filter(|(other, _)| *other == code);
            let told = told.map(|(_, about)| about);
            told.chain(state.omitted.get(code).into_iter().flatten())
                .filter(is_over)
                .cloned()
                .collect()
        };
        for about in over {
            self.clear(code, &about);
        }
    }

    /// Clears everything about what is not there any more: an office of ours (`office …`) or a partner
    /// (`partner …`), and what they had with others.
    pub(super) fn forget(&self, gone: &str) {
        let is_about = |about: &str| {
            let mut words = about.match_indices(gone);
            words.any(|(at, _)| {
                let (before, from) = about.split_at(at);
                let after = from.get(gone.len()..).unwrap_or_default();
                (before.is_empty() || before.ends_with(' '))
                    && (after.is_empty() || after.starts_with(' '))
            })
        };
        let over: Vec<(&'static str, String)> = {
            let state = self.state();
            let omitted = state.omitted.iter();
            let omitted = omitted.flat_map(|(code, all)| all.iter().map(|about| (*code, about)));
            let standing = state.standing.keys().map(|(code, about)| (*code, about));
            let all = standing.chain(omitted).filter(|(_, about)| is_about(about));
            all.map(|(code, about)| (code, about.clone())).collect()
        };
        for (code, about) in over {
            self.clear(code, &about);
        }
    }

    /// What stands now, by code and subject, and how many conditions found no place.
    pub(super) fn standing(&self) -> (Vec<Notice>, u64) {
        let state = self.state();
        let omitted: usize = state.omitted.values().map(BTreeSet::len).sum();
        let standing = state.standing.values().map(|standing| standing.notice.clone()).collect();
        (standing, u64::try_from(omitted).unwrap_or(u64::MAX))
    }

    /// What is another one when others stand, whatever is said of them and how long they last.
    pub(super) fn digest(&self) -> Digest {
        let state = self.state();
        let omitted = state.omitted.iter();
        let omitted = omitted.flat_map(|(code, all)| all.iter().map(|about| (*code, about)));
        let standing = state.standing.keys().map(|(code, about)| (*code, about));
        let mut all = DigestBuilder::new();
        for (code, about) in standing.chain(omitted) {
            for part in [code, about] {
                all.update(Digest::of(part.as_bytes()).as_raw());
            }
        }
        all.finish()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raise(notices: &Notices, code: &'static str, about: &str, en: &str) {
        notices.raise(code, about, ("日本語", en), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn a_condition_stands_once_until_it_is_over() {
        let notices = Notices::default();
        for text in ["first", "second"] {
            raise(&notices, "folder-gone", "office 1", text);
        }
        raise(&notices, "folder-gone", "office 2", "other");
        let (standing, omitted) = notices.standing();
        assert_eq!((standing.len(), omitted), (2, 0));
        assert_eq!(standing[0].text(Lang::En), "second");
        notices.clear("folder-gone", "office 1");
        notices.clear("folder-gone", "never raised");
        assert_eq!(notices.standing().0.len(), 1);
    }

    #[test]
    fn one_that_takes_the_place_of_another_is_seen() {
        let notices = Notices::default();
        raise(&notices, "folder-gone", "office 1", "x");
        let before = notices.digest();
        raise(&notices, "folder-gone", "office 1", "another text");
        assert_eq!(notices.digest(), before, "it is the same condition");
        notices.clear("folder-gone", "office 1");
        raise(&notices, "disk-full", "office 1", "x");
        assert_ne!(notices.digest(), before);
        notices.clear("disk-full", "office 1");
        raise(&notices, "folder-gone", "office 2", "x");
        assert_ne!(notices.digest(), before);
        notices.clear("folder-gone", "office 2");
        raise(&notices, "folder-gone", "office 1", "x");
        assert_eq!(notices.digest(), before);
    }

    #[test]
    fn those_that_are_not_met_any_more_are_cleared_by_their_prefix() {
        let notices = Notices::default();
        for about in ["office 1 a", "office 1 b", "office 2 a"] {
            raise(&notices, "file-stays", about, "x");
        }
        raise(&notices, "other", "office 1 a", "x");
        notices.clear_others("file-stays", "office 1", &BTreeSet::from(["office 1 b".to_owned()]));
        let left: Vec<_> = notices.standing().0.into_iter().map(|notice| notice.about).collect();
        assert_eq!(left, ["office 1 b", "office 2 a", "office 1 a"]);
    }

    #[test]
    fn what_is_gone_is_not_told_of() {
        let notices = Notices::default();
        for about in [
            "office 1 partner 2",
            "partner 2",
            "office 1 partner 22",
            "office 2 drop",
            "x partner 2 y",
        ] {
            raise(&notices, "any", about, "x");
        }
        notices.forget("partner 2");
        let left = |notices: &Notices| -> Vec<String> {
            notices.standing().0.into_iter().map(|notice| notice.about).collect()
        };
        assert_eq!(left(&notices), ["office 1 partner 22", "office 2 drop"]);
        notices.forget("office 1");
        assert_eq!(left(&notices), ["office 2 drop"]);
    }

    #[test]
    fn memory_is_bounded() {
        let notices = Notices::default();
        let count = || {
            let (standing, omitted) = notices.standing();
            (standing.len(), omitted)
        };
        for _again in 0..2 {
            for number in 0..500 {
                raise(&notices, "file-stays", &number.to_string(), "x");
            }
            assert_eq!(count(), (MOST, 450));
        }
        raise(&notices, "store-gone", "node.data", "others have their own room");
        assert_eq!(count(), (MOST + 1, 450));
        notices.clear("file-stays", "0");
        notices.clear("file-stays", "499");
        raise(&notices, "file-stays", "498", "has room now");
        assert_eq!(count(), (MOST + 1, 448));
        notices.clear_others("file-stays", "", &BTreeSet::new());
        assert_eq!(count(), (1, 0));
        for number in 0..5_000 {
            raise(&notices, "file-stays", &number.to_string(), "x");
        }
        assert_eq!(count(), (MOST + 1, 1_000));
    }
}
