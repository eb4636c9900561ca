//! 送信単位: files that are sent together (R-SET).

use crate::types::{Edition, FileKind};

/// A send unit of the standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendUnit {
    /// The edition.
    pub edition: Edition,
    /// The id, such as `K1`.
    pub id: String,
    /// What it carries, in Japanese.
    pub name: String,
    /// Who sends it to whom, in Japanese.
    pub direction: String,
    /// Whether it is one of 介護予防.
    pub preventive: bool,
    /// The kinds that must be there.
    pub required: Vec<FileKind>,
    /// The kinds that may be there.
    pub optional: Vec<FileKind>,
}

/// Send units that share kinds of files; see [`Spec::family`](super::Spec::family).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Family(usize);

impl SendUnit {
    /// Whether a kind can be part of the unit.
    pub fn knows(&self, kind: FileKind) -> bool {
        self.required.contains(&kind) || self.optional.contains(&kind)
    }

    /// The kinds that must be there and are not among `present`.
    pub fn missing(&self, present: &[FileKind]) -> impl Iterator<Item = FileKind> {
        self.required.iter().copied().filter(|kind| !present.contains(kind))
    }

    /// Whether its files carry a month: its UPHOSOKU then does too (R-FN-05).
    pub fn has_month(&self) -> bool {
        self.required.iter().any(|kind| kind.has_month() && *kind != FileKind::Uphosoku)
    }

    /// Whether the unit can hold a file of this kind, given whether its name carries a month.
    pub fn takes(&self, kind: FileKind, with_month: bool) -> bool {
        self.knows(kind) && (kind != FileKind::Uphosoku || self.has_month() == with_month)
    }

    fn shares_a_file_with(&self, other: &Self) -> bool {
        let kinds = || self.required.iter().chain(&self.optional);
        kinds().any(|kind| other.takes(*kind, self.has_month()))
    }
}

/// The family of the first unit that takes the file: the first unit that is connected to it.
pub(super) fn family(
    units: &[SendUnit],
    edition: Edition,
    kind: FileKind,
    with_month: bool,
) -> Option<Family> {
    let all: Vec<(usize, &SendUnit)> =
        units.iter().enumerate().filter(|(_, unit)| unit.edition == edition).collect();
    let start = all.iter().position(|(_, unit)| unit.takes(kind, with_month))?;
    let mut connected = vec![false; all.len()];
    let mut open = vec![start];
    while let Some(place) = open.pop() {
        let Some((_, unit)) = all.get(place) else { continue };
        match connected.get_mut(place) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        let neighbours =
            all.iter().enumerate().filter(|(_, (_, other))| unit.shares_a_file_with(other));
        open.extend(neighbours.map(|(place, _)| place));
    }
    let first = connected.iter().position(|seen| *seen)?;
    all.get(first).map(|(index, _)| Family(*index))
}
