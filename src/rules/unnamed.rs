//! Files of a folder whose names could not be read: a file that seems to be missing is one of them.

use std::collections::BTreeMap;

use crate::types::FileKind;

use super::outcome::FileOutcome;

/// Those that explain nothing so far. Each is one mistake, and hides no more than one file that is
/// missing.
#[derive(Debug, Default)]
pub(super) struct Unnamed {
    kinds: BTreeMap<FileKind, usize>,
    /// Names that begin with none of the prefixes, in capitals and from their ends, sorted.
    tails: Vec<Vec<u8>>,
}

impl Unnamed {
    pub(super) fn add(&mut self, file: &FileOutcome) {
        match file.kind {
            Some(kind) => self.add_kind(kind),
            None => self.tails.push(reversed(&file.label)),
        }
    }

    /// A file of which nothing else is known.
    pub(super) fn add_kind(&mut self, kind: FileKind) {
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// All were added.
    pub(super) fn sort(&mut self) {
        self.tails.sort_unstable();
    }

    /// Takes one of a kind, where there is one left.
    pub(super) fn take(&mut self, kind: FileKind) -> bool {
        let left = self.kinds.get_mut(&kind).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    }

    /// Whether a name ends like this, whatever it begins with.
    pub(super) fn has_tail(&self, tail: &str) -> bool {
        let tail = reversed(tail);
        let place = self.tails.partition_point(|name| *name < tail);
        self.tails.get(place).is_some_and(|name| name.starts_with(&tail))
    }
}

fn reversed(name: &str) -> Vec<u8> {
    name.bytes().rev().map(|byte| byte.to_ascii_uppercase()).collect()
}
