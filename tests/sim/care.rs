//! The care software: exports sets into the drop folders and takes files out of the import folders.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::invariants::Kind;
use super::office::visible;
use super::random::Random;
use super::sets::{TEMPLATES, Unit};
use super::world::World;

/// The folders from which care software imports.
pub(super) const IMPORTS: [&str; 2] = ["import", "import-actuals"];

/// How a set is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// All files, one soon after the other.
    Whole,
    /// With an error in it.
    Wrong,
    /// A file is missing, and comes later or never.
    Incomplete(Option<Duration>),
    /// Written once more, differently, a little later.
    Changed(Duration),
    /// Dropped once more.
    Again(Duration),
}

/// A set that was dropped.
#[derive(Debug, Clone)]
pub(super) struct Dropped {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) serial: String,
    pub(super) manner: Manner,
    /// The files that were dropped, as they were at first.
    pub(super) unit: Unit,
}

/// What the care software of all offices knows.
#[derive(Default)]
pub(super) struct Care {
    pub(super) dropped: Vec<Dropped>,
    /// By recipient and name, everything that was ever dropped under it.
    pub(super) versions: BTreeMap<(usize, String), Vec<Vec<u8>>>,
    /// By recipient and name, everything that was taken out of an import folder.
    pub(super) taken: BTreeMap<(usize, String), Vec<Vec<u8>>>,
}

/// Drops the sets of a seed.
pub(super) async fn export(world: Arc<World>) {
    let mut random = Random::new(world.seed, 4);
    let mut times: Vec<_> =
        (0..world.climate.sets).map(|_| random.time(world.climate.length)).collect();
    times.sort();
    for (number, at) in times.into_iter().enumerate() {
        sleep(at.saturating_sub(world.passed())).await;
        let templates: Vec<_> = TEMPLATES
            .iter()
            .filter(|template| template.from.max(template.to) < world.offices.len())
            .collect();
        let template = random.one_of(&templates);
        let soon = Duration::from_secs(random.below(30));
        let manner = match random.below(20) {
            0 => Manner::Wrong,
            1 => Manner::Incomplete(None),
            2 => Manner::Incomplete(Some(random.time(Duration::from_mins(10)))),
            3 => Manner::Changed(soon),
            4 => Manner::Again(random.time(Duration::from_hours(1))),
            _ => Manner::Whole,
        };
        let serial = format!("2026052008{:02}{:02}", number / 60, number % 60);
        let (from, to) = (template.from, template.to);
        let [mut unit, other] = template.with_serial(&serial);
        let manner = match manner {
            Manner::Incomplete(_) if unit.len() == 1 => Manner::Whole,
            manner => manner,
        };
        if manner == Manner::Wrong {
            let file = unit.values_mut().next().expect("a file");
            file.extend_from_slice(b"x\r\n");
        }
        let missing = match manner {
            Manner::Incomplete(_) => unit.pop_last(),
            _ => None,
        };
        let dropped = Dropped { from, to, serial, manner, unit: unit.clone() };
        world.care().dropped.push(dropped);
        world.count("sets");
        put(&world, from, to, &unit);
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            match (manner, missing) {
                (Manner::Incomplete(Some(after)), Some((name, bytes))) => {
                    sleep(after).await;
                    put(&world, from, to, &Unit::from([(name, bytes)]));
                }
                (Manner::Changed(after), _) => {
                    sleep(after).await;
                    put(&world, from, to, &other);
                }
                (Manner::Again(after), _) => {
                    sleep(after).await;
                    put(&world, from, to, &unit);
                }
                _ => {}
            }
        });
    }
}

fn put(world: &World, from: usize, to: usize, unit: &Unit) {
    for (name, bytes) in unit {
        world.note(from, format_args!("drops {name}, {} bytes", bytes.len()));
        let mut care = world.care();
        let versions = care.versions.entry((to, name.clone())).or_default();
        if !versions.contains(bytes) {
            versions.push(bytes.clone());
        }
        drop(care);
        world.offices[from].write("drop", name, bytes, world.passed());
    }
}

/// Imports now and then.
pub(super) async fn import(world: Arc<World>, office: usize) {
    let mut random = Random::new(world.seed, 20 + office as u64);
    while !world.is_over() {
        sleep(random.time(Duration::from_mins(20))).await;
        look(&world, office);
        if random.chance(700) {
            take(&world, office);
        }
    }
}

/// Looks at everything that has a name in the import folders: it is whole, and what was dropped.
pub(super) fn look(world: &World, office: usize) {
    for folder in IMPORTS {
        for (name, bytes) in visible(&world.offices[office].path(folder)) {
            judge(world, office, &name, &bytes);
        }
    }
}

fn judge(world: &World, office: usize, name: &str, bytes: &[u8]) {
    let versions = world.care().versions.get(&(office, name.to_owned())).cloned();
    let Some(versions) = versions else {
        world.blame(Kind::Partial, office, format_args!("{name} was sent by nobody"));
        return;
    };
    if versions.iter().any(|version| version == bytes) {
        return;
    }
    let is_part = versions.iter().any(|version| version.starts_with(bytes));
    let kind = if is_part { Kind::Partial } else { Kind::OtherBytes };
    world.blame(kind, office, format_args!("{name} has other bytes, {}", bytes.len()));
}

/// Takes everything out of the import folders.
pub(super) fn take(world: &World, office: usize) {
    for folder in IMPORTS {
        let folder = world.offices[office].path(folder);
        for (name, bytes) in visible(&folder) {
            world.note(office, format_args!("imports {name}"));
            let path = folder.join(&name);
            world.offices[office].disk.is_settled(&path);
            fs::remove_file(path).expect("there");
            let mut care = world.care();
            care.taken.entry((office, name)).or_default().push(bytes);
        }
    }
}
