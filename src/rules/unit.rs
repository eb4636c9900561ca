//! Send units: which files belong together, and whether they are all there (R-SET).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::spec::{Family, SendUnit, Spec};
use crate::types::{
    Edition, FileKind, FileName, FileSerial, MonthPart, OfficeNumber, ServiceMonth, ServiceType,
};

use super::collect::Findings;
use super::finding::Draft;
use super::joins;
use super::offices;
use super::outcome::Outcome;
use super::pictures;
use super::rule::RuleSet;
use super::table::Rule;
use super::units::{Summary, Units};
use super::unnamed::Unnamed;
use super::usage_unit;
use super::withdrawals;

/// The rules about the files of a unit.
pub(super) const UNIT_RULES: &[Rule] = &[
    Rule::MissingFile,
    Rule::UnknownCombination,
    Rule::SeveralUnitsShareSerial,
    Rule::UnitFilesDiffer,
    Rule::DuplicateFile,
    Rule::SubTableMissing,
];

/// What the names of the files of one unit have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    sender: OfficeNumber,
    recipient: OfficeNumber,
    serial: FileSerial,
    edition: Edition,
    types: Option<(ServiceType, ServiceType)>,
    family: Family,
    month: Option<MonthPart>,
}

/// Files whose names say that they belong together.
struct Cluster<'s> {
    key: Key,
    files: Vec<usize>,
    kinds: Vec<FileKind>,
    unit: Option<&'s SendUnit>,
    missing: Vec<FileKind>,
}

/// Sender, recipient and 連番: what makes a group in the report.
type Group = (OfficeNumber, OfficeNumber, FileSerial);

/// Judges the send units that a set of files makes up. `unread` are the folders and kinds of files
/// that are there and could not be read.
pub(super) fn check(
    spec: &Spec,
    files: &[Outcome],
    unread: &[(String, FileKind)],
    findings: Findings,
) -> Units {
    let mut units = Units { summaries: Vec::new(), findings, run: RuleSet::default() };
    let mut folders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        folders.entry(&file.folder).or_default().push(index);
    }
    let mut strangers: BTreeMap<&str, Vec<FileKind>> = BTreeMap::new();
    for (folder, kind) in unread {
        strangers.entry(folder).or_default().push(*kind);
    }
    for (folder, indices) in folders {
        let unread = strangers.remove(folder).unwrap_or_default();
        check_folder(spec, files, &indices, unread, &mut units);
    }
    units
}

fn check_folder(
    spec: &Spec,
    files: &[Outcome],
    indices: &[usize],
    unread: Vec<FileKind>,
    units: &mut Units,
) {
    let mut names = BTreeSet::new();
    let mut clusters: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    let mut unnamed = Unnamed::default();
    for kind in unread {
        unnamed.add_kind(kind);
    }
    for index in indices {
        let Some(file) = files.get(*index) else { continue };
        let Some(name) = &file.name else {
            joins::release(file, units);
            usage_unit::release(file, &mut units.findings);
            unnamed.add(file);
            continue;
        };
        units.run.extend(&RuleSet::of(UNIT_RULES));
        groups.entry((name.sender, name.recipient, name.serial)).or_default().push(*index);
        if !names.insert(name) {
            units.findings.add(Rule::DuplicateFile, || Draft::named(&file.label));
        } else if let Some(key) = key(spec, name) {
            clusters.entry(key).or_default().push(*index);
        } else {
            joins::release(file, units);
            usage_unit::release(file, &mut units.findings);
            offices::check(&[file], units);
        }
    }
    unnamed.sort();
    let mut clusters: Vec<Cluster<'_>> =
        clusters.into_iter().map(|(key, indices)| cluster(spec, files, key, indices)).collect();
    merge(spec, files, &mut clusters, units);
    let mut by_group: BTreeMap<Group, Vec<&Cluster<'_>>> = BTreeMap::new();
    for cluster in &clusters {
        by_group.entry(cluster.key.group()).or_default().push(cluster);
    }
    for (group, members) in groups {
        let own = by_group.remove(&group).unwrap_or_default();
        judge_group(files, &own, &mut unnamed, units);
        for cluster in &own {
            let members: Vec<&Outcome> =
                cluster.files.iter().filter_map(|index| files.get(*index)).collect();
            if cluster
                .kinds
                .iter()
                .any(|kind| matches!(kind, FileKind::Upkihon | FileKind::UpkihonImage))
            {
                pictures::check(&members, &mut unnamed, units);
            }
            let way = usage_unit::Way {
                recipient: cluster.key.recipient,
                service_types: cluster.key.types,
            };
            if usage_unit::check(&members, way, &mut units.findings) {
                units.run.extend(&RuleSet::of(usage_unit::RULES));
            }
            let way = (cluster.key.sender, cluster.key.recipient);
            joins::check_unit(files, &cluster.files, way, units);
        }
        units.summaries.push(summary(files, group, &own, members));
    }
    withdrawals::check(files, indices, units);
}

impl Key {
    const fn group(&self) -> Group {
        (self.sender, self.recipient, self.serial)
    }
}

fn key(spec: &Spec, name: &FileName) -> Option<Key> {
    let month = name.month.filter(|month| *month != MonthPart::Zero);
    let edition = name.edition();
    Some(Key {
        sender: name.sender,
        recipient: name.recipient,
        serial: name.serial,
        edition,
        types: name.service_types,
        family: spec.family(edition, name.kind, month.is_some())?,
        month,
    })
}

fn cluster<'s>(spec: &'s Spec, files: &[Outcome], key: Key, indices: Vec<usize>) -> Cluster<'s> {
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

/// Clusters that would make up one unit: the names of some files are wrong in one part, which is
/// one mistake and not as many as files seem to be missing.
fn merge<'s>(
    spec: &'s Spec,
    files: &[Outcome],
    clusters: &mut Vec<Cluster<'s>>,
    units: &mut Units,
) {
    let strays = clusters.iter().filter(|cluster| !cluster.missing.is_empty()).count();
    if strays == 0 || strays > MOST_STRAYS {
        return;
    }
    // Whole units take what strayed from them; of others the largest part, or on a tie the first.
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
        // A whole unit lacks nothing but what it need not have.
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
    fn absorb(&mut self, stray: Self, files: &[Outcome], units: &mut Units) {
        if let Some((ja, en)) = differences(&self.key, &stray.key).first() {
            let outnumbered = stray.files.len() > self.files.len();
            let wrong = if outnumbered { &self.files } else { &stray.files };
            // A serial that is no time, and an edition that the contents contradict, were told.
            let told = [
                (Rule::UnrealSerial, self.key.serial != stray.key.serial),
                (Rule::CsvVersionDoesNotFitName, self.key.edition != stray.key.edition),
            ];
            let told = self.files.iter().chain(&stray.files).any(|index| {
                let has = |rule| files.get(*index).is_some_and(|file| file.findings.has(rule));
                told.into_iter().any(|(rule, differs)| differs && has(rule))
            });
            for file in wrong.iter().filter_map(|index| files.get(*index)) {
                // So was a month that its own contents contradict.
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
const fn is_optional(kind: FileKind) -> bool {
    matches!(
        kind,
        FileKind::UpkihonSub1
            | FileKind::UpkihonSub2
            | FileKind::UpkihonImage
            | FileKind::UpyoboSub
    )
}

/// Which parts of the names differ, in Japanese and English.
fn differences(right: &Key, other: &Key) -> Vec<(&'static str, &'static str)> {
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

/// Judges the clusters of one sender, recipient and 連番.
fn judge_group(
    files: &[Outcome],
    clusters: &[&Cluster<'_>],
    unnamed: &mut Unnamed,
    units: &mut Units,
) {
    let complete = |cluster: &Cluster<'_>| cluster.unit.is_some() && cluster.missing.is_empty();
    let deletes = |cluster: &Cluster<'_>| cluster.kinds.iter().all(|kind| kind.is_deletion());
    let some_complete = clusters.iter().any(|cluster| complete(cluster) && !deletes(cluster));
    let mut sound: Vec<&Cluster<'_>> = Vec::new();
    // Beside a deletion, what goes only with another file is surplus and lacks nothing.
    let leftover = |cluster: &Cluster<'_>| {
        !complete(cluster) && cluster.kinds.iter().all(|kind| is_optional(*kind))
    };
    let deletion = clusters.iter().any(|cluster| complete(cluster) && deletes(cluster));
    // Beside data the order is open in which a deletion would work; deletions alone need none.
    let with_data =
        clusters.iter().any(|cluster| !(deletes(cluster) || (deletion && leftover(cluster))));
    for cluster in clusters.iter().copied() {
        let foreign = (deletes(cluster) && with_data)
            || cluster.unit.is_none()
            || (some_complete && !complete(cluster))
            || (deletion && leftover(cluster));
        if foreign {
            let kinds: BTreeSet<&str> = cluster.kinds.iter().map(|kind| kind.prefix()).collect();
            let kinds: Vec<&str> = kinds.into_iter().collect();
            let label = cluster.files.first().and_then(|index| files.get(*index));
            units.findings.add(Rule::UnknownCombination, || {
                Draft::named(label.map_or("", |file| &file.label)).with_both(
                    "kinds",
                    &kinds.join("、"),
                    &kinds.join(", "),
                )
            });
        } else if complete(cluster) {
            sound.push(cluster);
            sub_table(files, cluster, unnamed, units);
        } else {
            missing_files(files, cluster, unnamed, units);
        }
    }
    let differ = |cluster: &Cluster<'_>| (cluster.key.family, cluster.key.month);
    let kinds_of_unit: BTreeSet<_> = sound.iter().map(|cluster| differ(cluster)).collect();
    if kinds_of_unit.len() > 1 {
        let shown = |cluster: &&Cluster<'_>| {
            let id = cluster.unit.map_or("", |unit| unit.id.as_str());
            match cluster.key.month.and_then(MonthPart::month) {
                Some(month) => format!("{id} {month}"),
                None => id.to_owned(),
            }
        };
        let ids: Vec<String> = sound.iter().map(shown).collect();
        let first = sound.get(1).and_then(|cluster| files.get(*cluster.files.first()?));
        units.findings.add(Rule::SeveralUnitsShareSerial, || {
            Draft::named(first.map_or("", |file| &file.label)).with_both(
                "units",
                &ids.join("、"),
                &ids.join(", "),
            )
        });
    }
}

/// 別表 of a preventive plan, which no unit needs and in principle each has (R-YOBO-04).
fn sub_table(files: &[Outcome], cluster: &Cluster<'_>, unnamed: &mut Unnamed, units: &mut Units) {
    let plan = cluster.files.iter().filter_map(|index| files.get(*index));
    let plan = plan.into_iter().find(|file| file.kind == Some(FileKind::Upyobo));
    let Some((plan, name)) = plan.and_then(|file| Some((file, file.name.as_ref()?))) else {
        return;
    };
    let kind = FileKind::UpyoboSub;
    if cluster.kinds.contains(&kind) {
        return;
    }
    let missing = name.sibling(kind, cluster.key.month.unwrap_or(MonthPart::Zero), 1).to_string();
    let tail = missing.strip_prefix(kind.prefix()).unwrap_or(&missing);
    if !unnamed.has_tail(tail) && !unnamed.take(kind) {
        units.findings.add(Rule::SubTableMissing, || Draft::named(&plan.label));
    }
}

fn missing_files(
    files: &[Outcome],
    cluster: &Cluster<'_>,
    unnamed: &mut Unnamed,
    units: &mut Units,
) {
    let first = cluster.files.first().and_then(|index| files.get(*index));
    let Some((first, name)) = first.and_then(|file| Some((file, file.name.as_ref()?))) else {
        return;
    };
    let month = cluster.key.month.unwrap_or(MonthPart::Zero);
    for kind in &cluster.missing {
        let missing = name.sibling(*kind, month, 1).to_string();
        // It is there under a name that could not be read: one mistake.
        let tail = missing.strip_prefix(kind.prefix()).unwrap_or(&missing);
        if unnamed.has_tail(tail) || unnamed.take(*kind) {
            continue;
        }
        let label = match first.folder.as_str() {
            "" => missing,
            folder => format!("{folder}/{missing}"),
        };
        units.findings.add(Rule::MissingFile, || {
            let unit = cluster.unit;
            Draft::named(&label)
                .with("unit", unit.map_or("", |unit| &unit.id))
                .with("title", unit.map_or("", |unit| &unit.name))
                .with("kind", kind)
                .with("name", kind.name())
        });
    }
}

fn summary(
    files: &[Outcome],
    (sender, recipient, serial): Group,
    clusters: &[&Cluster<'_>],
    members: Vec<usize>,
) -> Summary {
    let names = || members.iter().filter_map(|index| files.get(*index)?.name.as_ref());
    let months: BTreeSet<ServiceMonth> =
        names().filter_map(|name| name.month.and_then(MonthPart::month)).collect();
    let mut ids: Vec<String> = Vec::new();
    let mut titles: Vec<String> = Vec::new();
    for unit in clusters.iter().filter_map(|cluster| cluster.unit) {
        if !ids.contains(&unit.id) {
            ids.push(unit.id.clone());
            titles.push(unit.name.clone());
        }
    }
    Summary {
        ids,
        titles,
        serial,
        sender,
        recipient,
        service_types: names().find_map(|name| name.service_types),
        months: months.into_iter().collect(),
        files: members,
    }
}
