//! What ties the files of a plan together: the parent of every record, values that two files
//! repeat, and whose plan it is (R-REL).

mod near;

use std::borrow::Cow;

use crate::spec::KnownItem;
use crate::types::{FileKind, FileName, Severity};

use super::collect::Findings;
use super::finding::{Draft, Place};
use super::offices;
use super::outcome::FileOutcome;
use super::subjects::person::{Person, Spot};
use super::subjects::{KeyFacts, Keyed, PARTS, RecordKey};
use super::table::Rule;
use super::units::{UnitCheck, Units, Way};
use near::Near;

/// A file and those that hang on it, joined by the same three items (R-REL-01, -04, -05).
struct Lineage {
    parent: FileKind,
    dependants: &'static [FileKind],
    /// Those of which every parent has a record.
    expected: &'static [FileKind],
    check: UnitCheck,
}

static LINEAGES: [Lineage; 3] = [
    Lineage {
        parent: FileKind::Up1kyo,
        dependants: &[FileKind::Up2kyo, FileKind::Up3kyo, FileKind::Uphosoku],
        expected: &[FileKind::Up2kyo, FileKind::Uphosoku],
        check: UnitCheck {
            kinds: &[FileKind::Up1kyo],
            rules: &[
                Rule::MissingParent,
                Rule::MissingDependants,
                Rule::ParentDiffers,
                Rule::ValuesDifferBetweenFiles,
                Rule::PlanOfAnotherOffice,
            ],
        },
    },
    Lineage {
        parent: FileKind::Upkihon,
        dependants: &[FileKind::UpkihonSub1, FileKind::UpkihonSub2],
        expected: &[],
        check: UnitCheck {
            kinds: &[FileKind::Upkihon],
            rules: &[Rule::MissingParent, Rule::ParentDiffers],
        },
    },
    Lineage {
        parent: FileKind::Upyobo,
        dependants: &[FileKind::UpyoboSub],
        expected: &[FileKind::UpyoboSub],
        check: UnitCheck {
            kinds: &[FileKind::Upyobo],
            rules: &[Rule::MissingParent, Rule::MissingDependants],
        },
    },
];

/// The checks of this module.
pub(super) fn checks() -> impl Iterator<Item = &'static UnitCheck> {
    LINEAGES.iter().map(|lineage| &lineage.check)
}

/// Judges the files whose names say that they belong together.
pub(super) fn check_unit(files: &[FileOutcome], members: &[usize], way: Way, units: &mut Units) {
    let mut members: Vec<&FileOutcome> =
        members.iter().filter_map(|index| files.get(*index)).collect();
    members.sort_by_key(|file| file.kind);
    let mut strays: Vec<FileKind> = Vec::new();
    for lineage in &LINEAGES {
        let of_kind = |kind: FileKind| {
            let mut same = members.iter().filter(move |file| file.kind == Some(kind));
            let side = same.next().and_then(|file| Side::of(kind, file));
            side.filter(|_| same.next().is_none())
        };
        let Some(parent) = of_kind(lineage.parent) else { continue };
        let dependants: Vec<Side<'_>> =
            lineage.dependants.iter().filter_map(|kind| of_kind(*kind)).collect();
        units.ran(&lineage.check);
        strays.extend(Join { parent, dependants }.judge(lineage, units));
    }
    // Another sender or recipient in a name has a finding of its own.
    members.retain(|file| {
        let goes = |name: &FileName| name.sender == way.sender && name.recipient == way.recipient;
        file.name.as_ref().is_some_and(goes)
    });
    for file in &members {
        if file.kind.is_none_or(|kind| !strays.contains(&kind)) {
            release(file, units);
        }
    }
    offices::check(&members, units);
}

/// Makes the findings that waited until the records of a file were joined with those of others: no
/// record has a wrong key that would explain them.
pub(super) fn release(file: &FileOutcome, units: &mut Units) {
    let Some(keys) = file.facts.keys.as_ref().filter(|keys| keys.complete) else { return };
    let mut waiting: Vec<_> = file.facts.suspended.iter().collect();
    waiting.sort_unstable_by_key(|waiting| (waiting.spot.record, waiting.rule));
    for waiting in waiting {
        units.findings.add(waiting.rule, || {
            let place = keys.names.place_of(waiting.spot, waiting.person);
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
    fn of(kind: FileKind, file: &'f FileOutcome) -> Option<Self> {
        Some(Self {
            kind,
            label: &file.label,
            keys: file.facts.keys.as_ref()?,
            findings: &file.findings,
        })
    }

    fn get(&self, key: &RecordKey) -> Option<&'f Keyed> {
        self.keys.records.get(key)
    }

    /// Where a part of a key stands.
    fn place(&self, key: &RecordKey, part: usize) -> Option<Place> {
        let spot = self.get(key)?.parts.into_iter().nth(part)?;
        let place = self.keys.names.place_of(spot, Person::of_key(key));
        Some(Place { file: Some(self.label.to_owned()), ..place })
    }

    /// The same, with what stands there.
    fn draft(&self, key: &RecordKey, part: usize) -> Draft {
        let place = self.place(key, part).unwrap_or_default();
        let item = place.item_name.clone().unwrap_or_default();
        let about_a_person = part == INSURED;
        Draft::place(place).with("item", item).holding(part_of(key, part), about_a_person)
    }

    /// The keys that another file does not have, in the order of their records.
    fn without(&self, other: &Self) -> Vec<&'f RecordKey> {
        let mut keys: Vec<(u32, &RecordKey)> = self
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

/// 被保険者番号 among the parts of a key.
const INSURED: usize = 1;

fn part_of(key: &RecordKey, part: usize) -> &[u8] {
    let start: usize = PARTS.iter().take(part).sum();
    let length = PARTS.get(part).copied().unwrap_or_default();
    key.get(start..start + length).unwrap_or_default()
}

/// A part of a key as a message may show it.
fn shown(key: &RecordKey, part: usize) -> Cow<'_, str> {
    match part {
        INSURED => Cow::Owned(Person::of_key(key).masked()),
        _ => String::from_utf8_lossy(part_of(key, part)),
    }
}

struct Join<'f> {
    parent: Side<'f>,
    dependants: Vec<Side<'f>>,
}

impl Join<'_> {
    /// Gives the kinds of the files in which records have a key that their parents do not have.
    fn judge(&self, lineage: &Lineage, units: &mut Units) -> Vec<FileKind> {
        let mut strays = Vec::new();
        // A parent that could not be read might be the one that seems to be missing.
        if !self.parent.keys.complete {
            return strays;
        }
        let orphans: Vec<Vec<&RecordKey>> =
            self.dependants.iter().map(|side| side.without(&self.parent)).collect();
        let mut explained: Vec<&RecordKey> = Vec::new();
        if orphans.iter().any(|keys| !keys.is_empty()) {
            let childless =
                |key: &&RecordKey| self.dependants.iter().all(|side| side.get(key).is_none());
            let parents = || self.parent.keys.records.keys();
            let (lonely, all) = (Near::of(parents().filter(childless)), Near::of(parents()));
            explained = self.parents_that_differ(&orphans, &lonely, units);
            let sides = || self.dependants.iter().zip(&orphans);
            for (index, (side, keys)) in sides().enumerate() {
                for key in keys.iter().filter(|key| explained.binary_search(key).is_err()) {
                    // A parent that differs in 被保険者番号 alone is mostly somebody else of the same
                    // insurer; it is taken for the one that was meant only where it has no records.
                    let near = lonely.find(key, [2, 1, 0]).or_else(|| all.find(key, [2, 0]));
                    let also =
                        |(other, _): &(&Side<'_>, &Vec<&RecordKey>)| other.get(key).is_some();
                    strays.push(side.kind);
                    // A missing parent is one finding, however many files hang on it.
                    if near.is_none() && sides().take(index).any(|other| also(&other)) {
                        continue;
                    }
                    let others = sides().skip(index + 1).filter(also).map(|(other, _)| other);
                    self.orphan(side, key, near, others, units);
                }
            }
        }
        for (side, orphans) in self.dependants.iter().zip(&orphans) {
            if !lineage.expected.contains(&side.kind) || !side.keys.complete || !orphans.is_empty()
            {
                continue;
            }
            for key in self.parent.without(side) {
                units.findings.add(Rule::MissingDependants, || {
                    self.parent
                        .draft(key, INSURED)
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
        orphans: &[Vec<&'k RecordKey>],
        lonely: &Near<'_>,
        units: &mut Units,
    ) -> Vec<&'k RecordKey> {
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
                let related = self.dependants.iter().filter_map(|side| side.place(key, part));
                let draft = self.parent.draft(parent, part).with("expected", shown(key, part));
                related.fold(draft, Draft::related)
            });
        }
        explained.sort_unstable();
        explained
    }

    fn orphan<'o>(
        &self,
        side: &Side<'_>,
        key: &RecordKey,
        near: Option<(usize, &RecordKey)>,
        others: impl Iterator<Item = &'o Side<'o>>,
        units: &mut Units,
    ) {
        let part = near.map_or(INSURED, |(part, _)| part);
        let kind = self.parent.kind;
        units.findings.add(Rule::MissingParent, || {
            let draft = side.draft(key, part).with("parent", kind).with("name", kind.name());
            let Some((_, parent)) = near else {
                let others = others.filter_map(|other| other.place(key, part));
                return others.fold(draft.with("there", ""), Draft::related);
            };
            let there = shown(parent, part);
            let (ja, en) = (format!("。{kind} では {there} です"), format!(" ({there} there)"));
            let place = self.parent.place(parent, part);
            place.into_iter().fold(draft.with_both("there", &ja, &en), Draft::related)
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
            if let Some((here, there)) = differs {
                differing.push((key, here, there));
            }
        }
        differing.sort_unstable_by_key(|(_, (_, here), _)| here.record);
        // A date that does not fit its own record is told already.
        differing.retain(|(_, (_, here), (_, there))| {
            let told =
                |side: &Side<'_>, spot: &Spot| side.findings.mention(&side.keys.names.place(*spot));
            !told(side, here) && !told(&self.parent, there)
        });
        for (key, (got, here), (expected, there)) in differing {
            // The certification may have been applied for when the plan was made, and given before
            // it was sent.
            let name = side.keys.names.place(*here).item_name;
            let certified = name.is_some_and(|name| name == KnownItem::CertificationState.name());
            let limit = if certified { Severity::Info } else { Severity::Warning };
            units.findings.add_at_most(Rule::ValuesDifferBetweenFiles, limit, || {
                let place = |side: &Side<'_>, spot| Place {
                    file: Some(side.label.to_owned()),
                    ..side.keys.names.place_of(spot, Person::of_key(key))
                };
                let here = place(side, *here);
                let item = here.item_name.clone().unwrap_or_default();
                Draft::place(here)
                    .related(place(&self.parent, *there))
                    .holding(got, false)
                    .with("item", item)
                    .with("got", String::from_utf8_lossy(got))
                    .with("expected", String::from_utf8_lossy(expected))
            });
        }
    }
}
