//! Which files belong together, and for whom they are. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::survey::Found;
use crate::config::Config;
use crate::types::{FileSerial, OfficeNumber};

/// What the files of one send unit have in common; the office is known.
pub(super) type Key = (FileSerial, OfficeNumber);

/// The files of a look.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Those for the office from its partners, in ascending 連番.
    pub(super) ours: BTreeMap<Key, Vec<Found>>,
    /// Those for the office from others.
    pub(super) strangers: Vec<Found>,
    /// Those for nobody here.
    pub(super) foreign: Vec<Found>,
}

/// Puts the files for `office` together. What one of our offices sends is its own business: it was
/// saved from the page to be uploaded.
pub(super) fn group(files: Vec<Found>, office: OfficeNumber, config: &Config) -> Groups {
    let partners: BTreeSet<OfficeNumber> = config.partners().collect();
    let mut groups = Groups::default();
    for file in files {
        let (sender, recipient) = (file.name.sender, file.name.recipient);
        let (is_partner, is_own) = (partners.contains(&sender), config.office(sender).is_some());
        if recipient == office && is_partner {
            groups.ours.entry((file.name.serial, sender)).or_default().push(file);
        } else if recipient == office && !is_own {
            groups.strangers.push(file);
        } else if config.office(recipient).is_none() && !is_own {
            groups.foreign.push(file);
        }
    }
    groups
}

/// The files of the next set among those of a 連番: of each name the one that came first of those that
/// are not known, else a known one. Nothing where all are known.
pub(super) fn next_set(files: &[Found], is_known: impl Fn(&Found) -> bool) -> Option<Vec<&Found>> {
    let mut set: BTreeMap<String, (bool, &Found)> = BTreeMap::new();
    for file in files {
        let rank = |(known, file): (bool, &Found)| (known, file.came_at);
        let candidate = (is_known(file), file);
        let chosen = set.entry(file.written.to_ascii_uppercase()).or_insert(candidate);
        if rank(candidate) < rank(*chosen) {
            *chosen = candidate;
        }
    }
    let is_news = set.values().any(|(known, _)| !known);
    is_news.then(|| set.into_values().map(|(_, file)| file).collect())
}
