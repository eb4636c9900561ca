//! Standing conditions that a person should know of, such as a folder that is gone.
//!
//! A condition is told in the log when it begins, again after growing pauses while it lasts, and
//! when it is over: however often a task meets it, the log grows by a few lines a day. What stands
//! at the moment can be read at any time, for the health report and `renkei status`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::Lang;

/// The most conditions that are remembered one by one; of others only the number is known.
const MOST: usize = 200;

/// The pauses before a condition that lasts is told again; the last one repeats.
const PAUSES: [Duration; 4] = [
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(8),
];

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
}

/// The standing conditions of a node.
#[derive(Debug, Default)]
pub(super) struct Notices(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    standing: BTreeMap<(&'static str, String), Standing>,
    /// Conditions that found no place.
    omitted: u64,
}

#[derive(Debug)]
struct Standing {
    notice: Notice,
    told_at: Instant,
    /// How often it was told.
    told: usize,
    /// How often it was met since it was told.
    met: u64,
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
        let full = state.standing.len() >= MOST;
        let key = (code, about);
        if let Some(standing) = state.standing.get_mut(&key) {
            standing.notice.ja = ja;
            standing.notice.en = en;
            standing.met += 1;
            let pause = PAUSES.get(standing.told.saturating_sub(1)).or(PAUSES.last());
            if pause.is_some_and(|pause| standing.told_at.elapsed() >= *pause) {
                let (about, met) = (&standing.notice.about, standing.met);
                tracing::warn!(code, about, met, "{} (still)", standing.notice.en);
                standing.told += 1;
                standing.told_at = Instant::now();
                standing.met = 0;
            }
            return;
        }
        if full {
            state.omitted += 1;
            if state.omitted == 1 {
                tracing::warn!(code, "more conditions stand than are told one by one");
            }
            return;
        }
        tracing::warn!(code, about = key.1, "{en}");
        let notice = Notice { code: code.to_owned(), about: key.1.clone(), since: now, ja, en };
        let standing = Standing { notice, told_at: Instant::now(), told: 1, met: 0 };
        state.standing.insert(key, standing);
    }

    /// Says that the condition `code` does not hold for `about` any more, if it did.
    pub(super) fn clear(&self, code: &'static str, about: &str) {
        let mut state = self.state();
        if state.standing.remove(&(code, about.to_owned())).is_some() {
            state.omitted = 0;
            tracing::info!(code, about, "a condition is over");
        }
    }

    /// Clears `code` for everything whose `about` begins with `prefix`, but for what is in `stay`.
    pub(super) fn clear_others(&self, code: &'static str, prefix: &str, stay: &BTreeSet<String>) {
        let over: Vec<String> = self
            .state()
            .standing
            .keys()
            .filter(|(other, about)| {
                *other == code && about.starts_with(prefix) && !stay.contains(about)
            })
            .map(|(_, about)| about.clone())
            .collect();
        for about in over {
            self.clear(code, &about);
        }
    }

    /// What stands now, by code and subject, and how many conditions found no place.
    pub(super) fn standing(&self) -> (Vec<Notice>, u64) {
        let state = self.state();
        (state.standing.values().map(|standing| standing.notice.clone()).collect(), state.omitted)
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
    fn memory_is_bounded() {
        let notices = Notices::default();
        for number in 0..1_000 {
            raise(&notices, "file-stays", &number.to_string(), "x");
        }
        let (standing, omitted) = notices.standing();
        assert_eq!((standing.len(), omitted), (MOST, 800));
    }
}
