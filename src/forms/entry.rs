//! A row, and the one that stood in its place in another version of the plan.

use std::collections::{BTreeMap, VecDeque};

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::group::{Bundle, Topic, User, UserKey};
use super::row::Row;

/// What is drawn, beside what it is compared with. Both are absent only where a set lacks a file.
pub(super) struct Pair<'r, T> {
    pub(super) now: Option<&'r T>,
    pub(super) was: Option<&'r T>,
    /// Whether there is another version at all. Without one nothing is new and nothing is gone.
    pub(super) compared: bool,
}

/// One row with its counterpart.
pub(super) type Entry<'r, 's> = Pair<'r, Row<'s>>;

/// One set of rows with its counterpart.
pub(super) type Sets<'r, 's> = Pair<'r, Bundle<'s>>;

impl<T> Clone for Pair<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Pair<'_, T> {}

impl<'r, T> Pair<'r, T> {
    /// Both, where one may be absent.
    pub(super) const fn new(now: Option<&'r T>, was: Option<&'r T>, compared: bool) -> Self {
        Self { now, was, compared }
    }

    /// The newer one, or else the older.
    pub(super) const fn any(&self) -> Option<&'r T> {
        match self.now {
            Some(now) => Some(now),
            None => self.was,
        }
    }

    fn map<U>(&self, part: impl Fn(&'r T) -> Option<&'r U>) -> Pair<'r, U> {
        Pair::new(self.now.and_then(&part), self.was.and_then(&part), self.compared)
    }
}

impl<'r, 's> Sets<'r, 's> {
    /// The only row of a kind; of several the first.
    pub(super) fn only(&self, kind: FileKind) -> Entry<'r, 's> {
        self.nth(kind, 0)
    }

    /// One row of a kind, in the order of the file.
    pub(super) fn nth(&self, kind: FileKind, place: usize) -> Entry<'r, 's> {
        self.map(|bundle| bundle.rows(kind).get(place))
    }

    /// The rows of a kind: those that are drawn, and those of the other version.
    pub(super) fn rows(&self, kind: FileKind) -> (&'r [Row<'s>], &'r [Row<'s>]) {
        let rows = |bundle: Option<&'r Bundle<'s>>| bundle.map_or(&[][..], |own| own.rows(kind));
        (rows(self.now), rows(self.was))
    }

    /// How many forms are drawn where each row of a kind is one.
    pub(super) fn count(&self, kind: FileKind) -> usize {
        let (now, was) = self.rows(kind);
        now.len().max(was.len())
    }
}

impl Entry<'_, '_> {
    /// The text of an item that only decides something, from the newer row if there is one.
    pub(super) fn look(&self, item: KnownItem) -> &str {
        self.any().map_or("", |row| row.look(item))
    }
}

/// A person with what was sent about them.
#[derive(Clone, Copy)]
pub(super) struct Person<'r, 's> {
    pub(super) key: &'r UserKey,
    pub(super) users: Pair<'r, User<'s>>,
}

impl<'r, 's> Person<'r, 's> {
    /// The sets of both versions that take each other's place, in the order of printing: those of
    /// the same day or month, and what is left where there is one on each side.
    pub(super) fn sets(&self) -> Vec<(Topic, Sets<'r, 's>)> {
        let compared = self.users.compared;
        let mut old: BTreeMap<(Topic, &str), VecDeque<&'r Bundle<'s>>> = BTreeMap::new();
        for (key, bundle) in self.users.was.into_iter().flat_map(|user| &user.bundles) {
            old.entry((key.topic, &key.date)).or_default().push_back(bundle);
        }
        let mut sets = Vec::new();
        // The places in `sets` that found nothing of the same day.
        let mut open: BTreeMap<Topic, Vec<usize>> = BTreeMap::new();
        for (key, bundle) in self.users.now.into_iter().flat_map(|user| &user.bundles) {
            let same = old.get_mut(&(key.topic, key.date.as_str())).and_then(VecDeque::pop_front);
            if same.is_none() {
                open.entry(key.topic).or_default().push(sets.len());
            }
            sets.push((key.topic, Pair::new(Some(bundle), same, compared)));
        }
        let mut left: BTreeMap<Topic, Vec<&'r Bundle<'s>>> = BTreeMap::new();
        for ((topic, _), bundles) in old {
            left.entry(topic).or_default().extend(bundles);
        }
        for (topic, bundles) in left {
            match (open.get(&topic).map(Vec::as_slice), bundles.as_slice()) {
                (Some([place]), [bundle]) => {
                    if let Some((_, pair)) = sets.get_mut(*place) {
                        pair.was = Some(bundle);
                    }
                }
                _ => sets.extend(
                    bundles.iter().map(|bundle| (topic, Pair::new(None, Some(*bundle), compared))),
                ),
            }
        }
        sets.sort_by_key(|(topic, _)| *topic);
        sets
    }
}
