//! Send units: which files belong together, and whether they are all there (R-SET).

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::Spec;
use crate::types::{FileKind, MonthPart, ServiceMonth};

use super::clusters::{self, Cluster, ClusterKey, Group};
use super::collect::Findings;
use super::completeness;
use super::finding::Draft;
use super::history::{self, History};
use super::joins;
use super::offices;
use super::outcome::FileOutcome;
use super::pictures;
use super::rule::RuleSet;
use super::table::Rule;
use super::units::{Summary, UnitCheck, Units, Way};
use super::unnamed::Unnamed;
use super::usage_unit;
use super::withdrawals;

/// Every check over several files.
fn checks() -> impl Iterator<Item = &'static UnitCheck> {
    [&completeness::CHECK, &pictures::CHECK, &usage_unit::CHECK, &withdrawals::CHECK]
        .into_iter()
        .chain(joins::checks())
}

/// The rules about several files that a kind of file is subject to.
pub(super) fn planned(kind: FileKind) -> RuleSet {
    let mut rules = RuleSet::default();
    for check in checks().filter(|check| check.kinds.contains(&kind)) {
        rules.extend(&RuleSet::of(check.rules));
    }
    rules
}

/// Judges the send units that a set of files makes up. `unread` are the folders and kinds of files
/// that are there and could not be read; `history` is what was exchanged before, where it is known.
pub(super) fn check(
    spec: &Spec,
    files: &[FileOutcome],
    unread: &[(String, FileKind)],
    history: Option<&History>,
    findings: Findings,
) -> Units {
    let mut units = Units {
        summaries: Vec::new(),
        findings,
        run: RuleSet::default(),
        has_history: history.is_some(),
    };
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
    if let Some(history) = history {
        history::check(history, files, &mut units);
    }
    units
}

fn check_folder(
    spec: &Spec,
    files: &[FileOutcome],
    indices: &[usize],
    unread: Vec<FileKind>,
    units: &mut Units,
) {
    let mut names = BTreeSet::new();
    let mut clusters: BTreeMap<ClusterKey, Vec<usize>> = BTreeMap::new();
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
        units.ran(&completeness::CHECK);
        groups.entry((name.sender, name.recipient, name.serial)).or_default().push(*index);
        if !names.insert(name) {
            units.findings.add(Rule::DuplicateFile, || Draft::named(&file.label));
        } else if let Some(key) = clusters::key(spec, name) {
            clusters.entry(key).or_default().push(*index);
        } else {
            joins::release(file, units);
            usage_unit::release(file, &mut units.findings);
            offices::check(&[file], units);
        }
    }
    unnamed.sort();
    let mut clusters: Vec<Cluster<'_>> = clusters
        .into_iter()
        .map(|(key, indices)| clusters::cluster(spec, files, key, indices))
        .collect();
    clusters::merge(spec, files, &mut clusters, units);
    let mut by_group: BTreeMap<Group, Vec<&Cluster<'_>>> = BTreeMap::new();
    for cluster in &clusters {
        by_group.entry(cluster.key.group()).or_default().push(cluster);
    }
    for (group, members) in groups {
        let own = by_group.remove(&group).unwrap_or_default();
        completeness::check(files, &own, &mut unnamed, units);
        for cluster in &own {
            let members: Vec<&FileOutcome> =
                cluster.files.iter().filter_map(|index| files.get(*index)).collect();
            if cluster.kinds.iter().any(|kind| pictures::CHECK.kinds.contains(kind)) {
                pictures::check(&members, &mut unnamed, units);
            }
            let way = Way {
                sender: cluster.key.sender,
                recipient: cluster.key.recipient,
                service_types: cluster.key.types,
            };
            if usage_unit::check(&members, way, &mut units.findings) {
                units.ran(&usage_unit::CHECK);
            }
            joins::check_unit(files, &cluster.files, way, units);
        }
        units.summaries.push(summary(files, group, &own, members));
    }
    withdrawals::check(files, indices, units);
}

fn summary(
    files: &[FileOutcome],
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
