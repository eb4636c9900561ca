//! What ties the files of a plan together: the parent of every record, values that two files
//! repeat, whose plan it is, and deletions that undo what goes with them (R-REL, R-ORD-01).

use std::collections::HashMap;

use crate::types::{FileKind, FileSerial, OfficeNumber};

use super::collect::Findings;
use super::file::Outcome;
use super::finding::{Draft, Place};
use super::offices;
use super::rule::RuleSet;
use super::subjects::person::Spot;
use super::subjects::{Key, KeyFacts, Keyed, PARTS};
use super::table::Rule;
use super::unit::Units;

/// A file and those that hang on it, joined by the same three items (R-REL-01, -04, -05).
struct Family {
    parent: FileKind,
    dependants: &'static [FileKind],
    /// Those of which every parent has a record.
    expected: &'static [FileKind],
}

const FAMILIES: [Family; 3] = [
    Family {
        parent: FileKind::Up1kyo,
        dependants: &[FileKind::Up2kyo, FileKind::Up3kyo, FileKind::Uphosoku],
        expected: &[FileKind::Up2kyo, FileKind::Uphosoku],
    },
    Family {
        parent: FileKind::Upkihon,
        dependants: &[FileKind::UpkihonSub1, FileKind::UpkihonSub2],
        expected: &[],
    },
    Family {
        parent: FileKind::Upyobo,
        dependants: &[FileKind::UpyoboSub],
        expected: &[FileKind::UpyoboSub],
    },
];

/// A deletion and what it withdraws (R-REL-06, R-DEL-05, R-DEL-06).
const DELETIONS: [(FileKind, FileKind); 3] = [
    (FileKind::Dlt1kyo, FileKind::Up1kyo),
    (FileKind::Dltkihon, FileKind::Upkihon),
    (FileKind::Dltyobo, FileKind::Upyobo),
];

/// The rules of this module that a kind of file is subject to.
pub(super) const fn planned(kind: FileKind) -> &'static [Rule] {
    match kind {
        FileKind::Up1kyo => &[
            Rule::MissingParent,
            Rule::MissingDependants,
            Rule::ParentDiffers,
            Rule::ValuesDifferBetweenFiles,
            Rule::PlanOfAnotherOffice,
        ],
        FileKind::Upkihon => &[Rule::MissingParent, Rule::ParentDiffers],
        FileKind::Upyobo => &[Rule::MissingParent, Rule::MissingDependants],
        FileKind::Dlt1kyo | FileKind::Dltkihon | FileKind::Dltyobo => {
            &[Rule::DeletionAfterItsTarget]
        }
        _ => &[],
    }
}

/// Judges the files whose names say that they belong together; `way` is the sender and the
/// recipient that most of the names have.
pub(super) fn check_unit(
    files: &[Outcome],
    members: &[usize],
    way: (OfficeNumber, OfficeNumber),
    units: &mut Units,
) {
    let mut members: Vec<&Outcome> = members.iter().filter_map(|index| files.get(*index)).collect();
    members.sort_by_key(|file| file.kind);
    let mut strays: Vec<FileKind> = Vec::new();
    for family in &FAMILIES {
        let of_kind = |kind: FileKind| {
            let mut same = members.iter().filter(move |file| file.kind == Some(kind));
            let side = same.next().and_then(|file| Side::of(kind, file));
            side.filter(|_| same.next().is_none())
        };
        let Some(parent) = of_kind(family.parent) else { continue };
        let dependants: Vec<Side<'_>> =
            family.dependants.iter().filter_map(|kind| of_kind(*kind)).collect();
        units.run.extend(&RuleSet::of(planned(family.parent)));
        strays.extend(Join { parent, dependants }.judge(family, units));
    }
    // A name with another sender or recipient is told already.
    members
        .retain(|file| file.name.as_ref().is_some_and(|name| (name.sender, name.recipient) == way));
    for file in &members {
        if file.kind.is_none_or(|kind| !strays.contains(&kind)) {
            release(file, units);
        }
    }
    offices::check(&members, units);
}

/// Makes the findings of a file that waited for its records to be joined: no record went astray
/// that would explain them.
pub(super) fn release(file: &Outcome, units: &mut Units) {
    let Some(keys) = file.facts.keys.as_ref().filter(|keys| keys.complete) else { return };
    let mut waiting: Vec<_> = file.facts.suspended.iter().collect();
    waiting.sort_unstable_by_key(|waiting| (waiting.spot.record, waiting.rule));
    for waiting in waiting {
        units.findings.add(waiting.rule, || {
            let place = keys.names.place(waiting.spot);
            let draft = Draft::place(Place { file: Some(file.label.clone()), ..place });
            let recipient = file.name.as_ref().map(|name| name.recipient.to_string());
            draft
                .with("expected", waiting.expected)
                .with("recipient", recipient.unwrap_or_default())
        });
    }
}

/// One file of a join.
#[derive(Clone, Copy)]
struct Side<'f> {
    kind: FileKind,
    label: &'f str,
    keys: &'f KeyFacts,
    findings: &'f Findings,
}

impl<'f> Side<'f> {
    fn of(kind: FileKind, file: &'f Outcome) -> Option<Self> {
        Some(Self {
            kind,
            label: &file.label,
            keys: file.facts.keys.as_ref()?,
            findings: &file.findings,
        })
    }

    fn get(&self, key: &Key) -> Option<&'f Keyed> {
        self.keys.records.get(key)
    }

    /// Where a part of a key stands.
    fn place(&self, key: &Key, part: usize) -> Option<Place> {
        let spot = self.get(key)?.parts.into_iter().nth(part)?;
        Some(Place { file: Some(self.label.to_owned()), ..self.keys.names.place(spot) })
    }

    /// The keys that another file does not have, in the order of their records.
    fn without(&self, other: &Self) -> Vec<&'f Key> {
        let mut keys: Vec<(u32, &Key)> = self
            .keys
            .records
            .iter()
            .filter(|(key, _)| other.get(key).is_none())
            .map(|(key, keyed)| (keyed.parts.first().map_or(0, |spot| spot.record), key))
            .collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, key)| key).collect()
    }
}

struct Join<'f> {
    parent: Side<'f>,
    dependants: Vec<Side<'f>>,
}

impl Join<'_> {
    /// Gives the kinds of the files of which records went astray.
    fn judge(&self, family: &Family, units: &mut Units) -> Vec<FileKind> {
        let mut strays = Vec::new();
        // A parent that could not be read might be the one that seems to be missing.
        if !self.parent.keys.complete {
            return strays;
        }
        let orphans: Vec<Vec<&Key>> =
            self.dependants.iter().map(|side| side.without(&self.parent)).collect();
        let mut explained: Vec<&Key> = Vec::new();
        if orphans.iter().any(|keys| !keys.is_empty()) {
            let childless = |key: &&Key| self.dependants.iter().all(|side| side.get(key).is_none());
            let parents = || self.parent.keys.records.keys();
            let (lonely, all) = (Near::of(parents().filter(childless)), Near::of(parents()));
            explained = self.parents_that_differ(&orphans, &lonely, units);
            let sides = || self.dependants.iter().zip(&orphans);
            for (index, (side, keys)) in sides().enumerate() {
                for key in keys.iter().filter(|key| explained.binary_search(key).is_err()) {
                    // Somebody else who is insured in the same place says nothing, unless nobody
                    // else belongs to that parent.
                    let near = lonely.find(key, [2, 1, 0]).or_else(|| all.find(key, [2, 0]));
                    let also = |(_, others): &(&Side<'_>, &Vec<&Key>)| others.contains(key);
                    strays.push(side.kind);
                    // One parent that is not there is one mistake.
                    if near.is_none() && sides().take(index).any(|other| also(&other)) {
                        continue;
                    }
                    let others = sides().skip(index + 1).filter(also).map(|(other, _)| other);
                    self.orphan(side, key, near, others, units);
                }
            }
        }
        for (side, orphans) in self.dependants.iter().zip(&orphans) {
            if !family.expected.contains(&side.kind) || !side.keys.complete || !orphans.is_empty() {
                continue;
            }
            for key in self.parent.without(side) {
                units.findings.add(Rule::MissingDependants, || {
                    Draft::place(self.parent.place(key, 1).unwrap_or_default())
                        .with("kind", side.kind)
                        .with("name", side.kind.name())
                });
            }
        }
        if explained.is_empty() {
            self.values(units);
        }
        strays
    }

    /// Where all dependants agree and the parent has another key: the mistake is the parent's.
    /// Gives the keys of the dependants that this explains, sorted.
    fn parents_that_differ<'k>(
        &self,
        orphans: &[Vec<&'k Key>],
        lonely: &Near<'_>,
        units: &mut Units,
    ) -> Vec<&'k Key> {
        let Some((first, others)) = orphans.first().zip(self.dependants.get(1..)) else {
            return Vec::new();
        };
        let mut explained = Vec::new();
        for key in first {
            if others.iter().all(|side| side.get(key).is_none()) {
                continue;
            }
            let Some((part, parent)) = lonely.find(key, [2, 1, 0]) else { continue };
            explained.push(*key);
            units.findings.add(Rule::ParentDiffers, || {
                let place = self.parent.place(parent, part).unwrap_or_default();
                let item = place.item_name.clone().unwrap_or_default();
                let related = self.dependants.iter().filter_map(|side| side.place(key, part));
                let draft = Draft::place(place).with("item", item);
                related.fold(draft, Draft::related)
            });
        }
        explained.sort_unstable();
        explained
    }

    fn orphan<'o>(
        &self,
        side: &Side<'_>,
        key: &Key,
        near: Option<(usize, &Key)>,
        others: impl Iterator<Item = &'o Side<'o>>,
        units: &mut Units,
    ) {
        let part = near.map_or(1, |(part, _)| part);
        let parent = near.and_then(|(part, parent)| self.parent.place(parent, part));
        units.findings.add(Rule::MissingParent, || {
            let place = side.place(key, part).unwrap_or_default();
            let item = place.item_name.clone().unwrap_or_default();
            let draft = Draft::place(place)
                .with("item", item)
                .with("parent", self.parent.kind)
                .with("name", self.parent.kind.name());
            let others = others.filter_map(|other| other.place(key, part));
            let others = others.filter(|_| near.is_none());
            parent.into_iter().chain(others).fold(draft, Draft::related)
        });
    }

    /// Values that 第1表 and 利用者補足情報 both carry (I-37).
    fn values(&self, units: &mut Units) {
        let repeats = self.dependants.iter().find(|side| side.kind == FileKind::Uphosoku);
        let Some(side) = repeats else { return };
        let mut differing: Vec<_> = Vec::new();
        for (key, keyed) in &side.keys.records {
            let Some(parent) = self.parent.get(key) else { continue };
            let pairs = keyed.repeated.iter().zip(&parent.repeated);
            let differs = pairs.into_iter().find(|((here, _), (there, _))| {
                !here.is_empty() && !there.is_empty() && here != there
            });
            if let Some(((_, here), (_, there))) = differs {
                differing.push((here.record, *here, *there));
            }
        }
        differing.sort_unstable_by_key(|(record, ..)| *record);
        // A date that does not fit its own record is told already.
        differing.retain(|(_, here, there)| {
            let told =
                |side: &Side<'_>, spot: &Spot| side.findings.mention(&side.keys.names.place(*spot));
            !told(side, here) && !told(&self.parent, there)
        });
        for (_, here, there) in differing {
            units.findings.add(Rule::ValuesDifferBetweenFiles, || {
                let place = |side: &Side<'_>, spot: Spot| Place {
                    file: Some(side.label.to_owned()),
                    ..side.keys.names.place(spot)
                };
                let here = place(side, here);
                let item = here.item_name.clone().unwrap_or_default();
                Draft::place(here).related(place(&self.parent, there)).with("item", item)
            });
        }
    }
}

/// Parents by all of their key but one part.
struct Near<'k> {
    by_part: [HashMap<Key, &'k Key>; 3],
}

impl<'k> Near<'k> {
    fn of(parents: impl Iterator<Item = &'k Key>) -> Self {
        let mut by_part = [HashMap::new(), HashMap::new(), HashMap::new()];
        for key in parents {
            for (part, keys) in by_part.iter_mut().enumerate() {
                // Of several the smallest, so that the report does not depend on the order of a
                // hash map.
                let near = keys.entry(without_part(key, part)).or_insert(key);
                *near = (*near).min(key);
            }
        }
        Self { by_part }
    }

    /// The parent whose key differs in one of some parts, and in which.
    fn find<const N: usize>(&self, key: &Key, parts: [usize; N]) -> Option<(usize, &'k Key)> {
        parts.into_iter().find_map(|part| {
            let near = self.by_part.get(part)?.get(&without_part(key, part))?;
            Some((part, *near))
        })
    }
}

fn without_part(key: &Key, part: usize) -> Key {
    let mut key = *key;
    let start: usize = PARTS.iter().take(part).sum();
    let length = PARTS.get(part).copied().unwrap_or_default();
    if let Some(part) = key.get_mut(start..start + length) {
        part.fill(0);
    }
    key
}

/// What a deletion withdraws: who sent it to whom, its kind, its key.
type Target<'k> = (OfficeNumber, OfficeNumber, FileKind, &'k Key);

/// Deletions that withdraw what the same set of files brings with an earlier 連番, which comes
/// first when it is imported (R-ORD-01).
pub(super) fn check_deletions(files: &[Outcome], indices: &[usize], units: &mut Units) {
    let members = || indices.iter().filter_map(|index| files.get(*index));
    let target = |file: &Outcome| {
        let kind = file.kind?;
        DELETIONS.iter().find(|(deletion, _)| *deletion == kind).map(|(_, target)| *target)
    };
    if !members().any(|file| target(file).is_some()) {
        return;
    }
    // The first and the last serial that brings a key.
    let mut brought: HashMap<Target<'_>, (FileSerial, FileSerial, &Outcome)> = HashMap::new();
    for file in members() {
        let (Some(name), Some(keys)) = (&file.name, &file.facts.keys) else { continue };
        if !DELETIONS.iter().any(|(_, target)| *target == name.kind) {
            continue;
        }
        for key in keys.records.keys() {
            let target = (name.sender, name.recipient, name.kind, key);
            let known = brought.entry(target).or_insert((name.serial, name.serial, file));
            if name.serial < known.0 {
                *known = (name.serial, known.1, file);
            }
            known.1 = known.1.max(name.serial);
        }
    }
    for file in members() {
        let (Some(name), Some(keys), Some(target)) = (&file.name, &file.facts.keys, target(file))
        else {
            continue;
        };
        units.run.insert(Rule::DeletionAfterItsTarget);
        let mut undone: Vec<_> = Vec::new();
        for (key, keyed) in &keys.records {
            let Some((first, last, brings)) =
                brought.get(&(name.sender, name.recipient, target, key))
            else {
                continue;
            };
            // What is sent again after the deletion stays.
            if *first < name.serial && *last < name.serial {
                undone.push((keyed.parts, brings, key));
            }
        }
        undone.sort_unstable_by_key(|([first, ..], ..)| first.record);
        for ([_, _, date], brings, key) in undone {
            units.findings.add(Rule::DeletionAfterItsTarget, || {
                let place = Place { file: Some(file.label.clone()), ..keys.names.place(date) };
                let there = Side::of(target, brings).and_then(|side| side.place(key, 2));
                let draft = Draft::place(place).with("kind", target);
                there.into_iter().fold(draft, Draft::related)
            });
        }
    }
}
