//! Which files of a folder belong together, by their names.

use std::cmp::Reverse;
use std::collections::VecDeque;

use crate::spec::{Family, SendUnit, Spec};
use crate::types::{Edition, FileKind, FileName, FileSerial, MonthPart, OfficeNumber, ServiceType};

use super::finding::Draft;
use super::outcome::FileOutcome;
use super::table::Rule;
use super::units::Units;

/// Sender, recipient and 連番: what makes a group in the report.
pub(super) type Group = (OfficeNumber, OfficeNumber, FileSerial);

/// What the names of the files of one unit have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClusterKey {
    pub(super) sender: OfficeNumber,
    pub(super) recipient: OfficeNumber,
    pub(super) serial: FileSerial,
    pub(super) edition: Edition,
    pub(super) types: Option<(ServiceType, ServiceType)>,
    pub(super) family: Family,
    pub(super) month: Option<MonthPart>,
}

/// Files whose names say that they belong together.
pub(super) struct Cluster<'s> {
    pub(super) key: ClusterKey,
    pub(super) files: Vec<usize>,
    pub(super) kinds: Vec<FileKind>,
    pub(super) unit: Option<&'s SendUnit>,
    pub(super) missing: Vec<FileKind>,
}

impl ClusterKey {
    /// The group in the report.
    pub(super) const fn group(&self) -> Group {
        (self.sender, self.recipient, self.serial)
    }
}

/// What the name of a file has in common with others; nothing where no unit has such files.
pub(super) fn key(spec: &Spec, name: &FileName) -> Option<ClusterKey> {
    let month = name.month.filter(|month| *month != MonthPart::Zero);
    let edition = name.edition();
    Some(ClusterKey {
        sender: name.sender,
        recipient: name.recipient,
        serial: name.serial,
        edition,
        types: name.service_types,
        family: spec.family(edition, name.kind, month.is_some())?,
        month,
    })
}

/// The files with a key.
pub(super) fn cluster<'s>(
    spec: &'s Spec,
    files: &[FileOutcome],
    key: ClusterKey,
    indices: Vec<usize>,
) -> Cluster<'s> {
    let kinds: Vec<FileKind> = indices.iter().filter_map(|index| files.get(*index)?.kind).collect();
    let with_month = key.month.is_some();
    let preventive = key.types.is_some_and(|types| spec.is_preventive_exchange(types));
    // The smallest unit that takes all files, of the right side of 介護予防 where both exist.
    let unit = spec
        .units(key.edition)
        .filter(|unit| kinds.iter().all(|kind| unit.takes(*kind, with_month)))
        .min_by_key(|unit| (unit.missing(&kinds).count(), unit.preventive != preventive));
    let missing = unit.map(|unit| unit.missing(&kinds).collect()).unwrap_or_default();
    Cluster { key, files: indices, kinds, unit, missing }
}

/// More sets without some of their files than anybody has; beyond that each is judged alone.
const MOST_STRAYS: usize = 64;

/// Makes one of clusters that are one unit but for a part of some names that is wrong: that is one
/// finding, and not one for each file that seems to be missing.
pub(super) fn merge<'s>(
    spec: &'s Spec,
    files: &[FileOutcome],
    clusters: &mut Vec<Cluster<'s>>,
    units: &mut Units,
) {
    let strays = clusters.iter().filter(|cluster| !cluster.missing.is_empty()).count();
    if strays == 0 || strays > MOST_STRAYS {
        return;
    }
    // A whole unit takes the clusters that differ from it. Where no part is whole, the largest takes
    // the others, and of as large ones the first.
    let mut open = std::mem::take(clusters);
    open.sort_by_key(|cluster| (cluster.is_incomplete(), Reverse(cluster.files.len())));
    let mut open = VecDeque::from(open);
    while let Some(mut target) = open.pop_front() {
        let alone = |stray: &Cluster<'_>| {
            let others = open.iter().chain(clusters.iter());
            target.is_incomplete() || !others.into_iter().any(|other| stray.belongs_to(other))
        };
        // The strays stand last, and are few; the whole units may be very many.
        let last = open.len().saturating_sub(MOST_STRAYS);
        let strays: Vec<usize> = open
            .iter()
            .enumerate()
            .skip(last)
            .filter(|(_, stray)| stray.belongs_to(&target) && alone(stray))
            .map(|(place, _)| place)
            .collect();
        let singles = strays.iter().map(|place| vec![*place]);
        let mut choices = std::iter::once(strays.clone()).chain(singles);
        let chosen = choices.find_map(|places| {
            let parts: Vec<&Cluster<'_>> =
                places.iter().filter_map(|place| open.get(*place)).collect();
            let unit = target.unit_with(&parts, spec)?;
            Some((unit, places))
        });
        if let Some((unit, places)) = chosen.filter(|(_, places)| !places.is_empty()) {
            for place in places.into_iter().rev() {
                if let Some(stray) = open.remove(place) {
                    target.absorb(stray, files, units);
                }
            }
            target.unit = Some(unit);
            target.missing = Vec::new();
        }
        clusters.push(target);
    }
}

impl<'s> Cluster<'s> {
    const fn is_incomplete(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Whether its names differ in one part from those of another cluster that lacks its files.
    fn belongs_to(&self, target: &Self) -> bool {
        // A whole unit can take only files that it need not have.
        let lacking = target.is_incomplete()
            || (target.unit.is_some() && self.kinds.iter().all(|kind| is_optional(*kind)));
        self.is_incomplete()
            && lacking
            && !self.kinds.iter().any(|kind| target.kinds.contains(kind))
            && differences(&target.key, &self.key).len() == 1
    }

    /// The send unit that it makes up with other parts, where each kind is there once and none is
    /// missing.
    fn unit_with(&self, parts: &[&Self], spec: &'s Spec) -> Option<&'s SendUnit> {
        let all = || std::iter::once(self).chain(parts.iter().copied());
        let kinds: Vec<FileKind> = all().flat_map(|part| part.kinds.iter().copied()).collect();
        let once = kinds.iter().all(|kind| {
            *kind == FileKind::UpkihonImage
                || kinds.iter().filter(|other| *other == kind).count() == 1
        });
        let edition = all().map(|part| part.key.edition).max()?;
        let fits = |unit: &&SendUnit| {
            kinds.iter().all(|kind| unit.knows(*kind)) && unit.missing(&kinds).next().is_none()
        };
        spec.units(edition).find(fits).filter(|_| once)
    }

    /// Takes the files of another part, and says that the names of the fewer files are wrong.
    fn absorb(&mut self, stray: Self, files: &[FileOutcome], units: &mut Units) {
        if let Some((ja, en)) = differences(&self.key, &stray.key).first() {
            let outnumbered = stray.files.len() > self.files.len();
            let wrong = if outnumbered { &self.files } else { &stray.files };
            // A serial that is no time, and an edition that the contents contradict, have findings of
            // their own.
            let told = [
                (Rule::UnrealSerial, self.key.serial != stray.key.serial),
                (Rule::CsvVersionDoesNotFitName, self.key.edition != stray.key.edition),
            ];
            let told = self.files.iter().chain(&stray.files).any(|index| {
                let has = |rule| files.get(*index).is_some_and(|file| file.findings.has(rule));
                told.into_iter().any(|(rule, differs)| differs && has(rule))
            });
            for file in wrong.iter().filter_map(|index| files.get(*index)) {
                // And so has a month that its own contents contradict.
                if !told && !file.findings.has(Rule::MonthDiffersFromName) {
                    units.findings.add(Rule::UnitFilesDiffer, || {
                        Draft::named(&file.label).with_both("parts", ja, en)
                    });
                }
            }
        }
        if stray.files.len() > self.files.len() {
            self.key = stray.key;
        }
        self.files.extend(stray.files);
        self.files.sort_unstable();
        self.kinds.extend(stray.kinds);
    }
}

/// Whether a file goes only with another one, and need not.
pub(super) const fn is_optional(kind: FileKind) -> bool {
    matches!(
        kind,
        FileKind::UpkihonSub1
            | FileKind::UpkihonSub2
            | FileKind::UpkihonImage
            | FileKind::UpyoboSub
    )
}

/// Which parts of the names differ, in Japanese and English.
fn differences(right: &ClusterKey, other: &ClusterKey) -> Vec<(&'static str, &'static str)> {
    let pairs = [
        (right.sender != other.sender, ("送信元事業所番号", "the sender")),
        (right.recipient != other.recipient, ("送信先事業所番号", "the recipient")),
        (right.serial != other.serial, ("ファイル連番", "the serial")),
        (
            right.types != other.types,
            if right.edition == other.edition {
                ("サービス種類コード", "the service types")
            } else {
                ("版（サービス種類コードの有無）", "the edition (service types)")
            },
        ),
        (right.month != other.month, ("年月", "the month")),
    ];
    pairs.into_iter().filter_map(|(differs, name)| differs.then_some(name)).collect()
}
