//! Whether the files of a send unit are all there, and no others (R-SET).

use std::collections::BTreeSet;

use crate::types::{FileKind, MonthPart};

use super::clusters::{Cluster, is_optional};
use super::finding::Draft;
use super::outcome::FileOutcome;
use super::table::Rule;
use super::units::{UnitCheck, Units};
use super::unnamed::Unnamed;

/// The rules about the files of a unit by their names.
pub(super) const CHECK: UnitCheck = UnitCheck {
    kinds: FileKind::ALL,
    rules: &[
        Rule::MissingFile,
        Rule::UnknownCombination,
        Rule::SeveralUnitsShareSerial,
        Rule::UnitFilesDiffer,
        Rule::DuplicateFile,
        Rule::SubTableMissing,
    ],
};

/// Judges the clusters of one sender, recipient and 連番.
pub(super) fn check(
    files: &[FileOutcome],
    clusters: &[&Cluster<'_>],
    unnamed: &mut Unnamed,
    units: &mut Units,
) {
    let complete = |cluster: &Cluster<'_>| cluster.unit.is_some() && cluster.missing.is_empty();
    let deletes = |cluster: &Cluster<'_>| cluster.kinds.iter().all(|kind| kind.is_deletion());
    let some_complete = clusters.iter().any(|cluster| complete(cluster) && !deletes(cluster));
    let mut sound: Vec<&Cluster<'_>> = Vec::new();
    // Beside a deletion, a file that goes only with another one is one too many; the other one is
    // not missing.
    let leftover = |cluster: &Cluster<'_>| {
        !complete(cluster) && cluster.kinds.iter().all(|kind| is_optional(*kind))
    };
    let deletion = clusters.iter().any(|cluster| complete(cluster) && deletes(cluster));
    // The standard does not say whether a deletion works before or after the data that comes with
    // it. Deletions without data need no order.
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
fn sub_table(
    files: &[FileOutcome],
    cluster: &Cluster<'_>,
    unnamed: &mut Unnamed,
    units: &mut Units,
) {
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
    files: &[FileOutcome],
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
        // A file of the folder whose name could not be read is this one, which is told already.
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
