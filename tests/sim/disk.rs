//! What the disk of one office does: it fails, is full, and loses at a crash what was not synced.
//!
//! The files lie on a real disk, as the program put them there. Beside them it is remembered what
//! happened to each name since its folder was synced, and to the bytes of each file since they were;
//! a crash takes back a part of that. What happens to the names in one folder is lost from a point on,
//! as a journal loses it; a file that is renamed from one folder to another is in one of them, and is
//! safe when either was synced, as ext4, XFS, Btrfs and NTFS have it.
//!
//! SQLite is trusted to keep what it has committed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use file_id::{FileId, get_file_id};

use super::climate::Climate;
use super::random::Random;
use super::world::lock;
use crate::disk::{Effect, OWN_TEMPORARY};

/// What happened to a name and is not durable.
enum Change {
    /// It is new.
    Came(PathBuf),
    /// It is the new one of a file or folder; what had it before lies in the grave.
    Renamed { from: PathBuf, to: PathBuf, what: FileId, replaced: Option<PathBuf> },
    /// It is gone; what had it lies in the grave.
    Went { path: PathBuf, grave: PathBuf },
}

impl Change {
    fn path(&self) -> &Path {
        match self {
            Self::Came(path) | Self::Went { path, .. } => path,
            Self::Renamed { to, .. } => to,
        }
    }

    fn is_about(&self, path: &Path) -> bool {
        self.path() == path || matches!(self, Self::Renamed { from, .. } if from == path)
    }

    fn is_in(&self, folder: &Path) -> bool {
        let is_in = |path: &Path| path.parent() == Some(folder);
        is_in(self.path()) || matches!(self, Self::Renamed { from, .. } if is_in(from))
    }

    /// Makes it as it was before, if nothing has come in between.
    fn undo(self) -> io::Result<()> {
        match self {
            Self::Came(path) => remove(&path),
            Self::Renamed { from, to, what, replaced } => {
                let is_it = get_file_id(&to).is_ok_and(|there| there == what);
                if is_it && !exists(&from) {
                    fs::rename(&to, &from)?;
                    if let Some(grave) = replaced {
                        fs::rename(grave, &to)?;
                    }
                }
                Ok(())
            }
            Self::Went { path, grave } => {
                let has_folder = path.parent().is_some_and(exists);
                if has_folder && !exists(&path) { fs::rename(grave, path) } else { Ok(()) }
            }
        }
    }
}

/// What becomes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    Fails,
    IsFull,
    /// It never happens, and nothing after it.
    Kills,
}

pub(super) struct Disk {
    graves: PathBuf,
    state: Mutex<State>,
}

struct State {
    random: Random,
    full_until: Duration,
    buried: u64,
    changes: Vec<Change>,
    /// Files with bytes that are not durable.
    unsynced: Vec<PathBuf>,
}

impl State {
    fn is_unsynced(&mut self, path: &Path) {
        if !self.unsynced.iter().any(|there| there == path) {
            self.unsynced.push(path.to_owned());
        }
    }

    /// Whether it was not before.
    fn is_synced(&mut self, path: &Path) -> bool {
        let before = self.unsynced.len();
        self.unsynced.retain(|there| there != path);
        self.unsynced.len() < before
    }
}

impl Disk {
    pub(super) fn new(home: &Path, random: Random) -> Self {
        let graves = home.join("graves");
        fs::create_dir(&graves).expect("a folder");
        let state = State {
            random,
            full_until: Duration::ZERO,
            buried: 0,
            changes: Vec::new(),
            unsynced: Vec::new(),
        };
        Self { graves, state: Mutex::new(state) }
    }

    /// Whether a step goes wrong, and if it begins a time in which the disk is full, until when.
    pub(super) fn mishap(
        &self,
        climate: &Climate,
        effect: Effect<&Path>,
        is_commit: bool,
        now: Duration,
    ) -> Option<Mishap> {
        let mut state = lock(&self.state);
        let random = &mut state.random;
        let of_million = |random: &mut Random, count| random.below(1_000_000) < count;
        let deadly = if is_commit { 1_000 * climate.deadly_commits } else { climate.deadly_steps };
        if of_million(random, deadly) {
            return Some(Mishap::Kills);
        }
        if of_million(random, climate.failing_steps) {
            return Some(Mishap::Fails);
        }
        if of_million(random, climate.full) {
            state.full_until = now + state.random.time(Duration::from_mins(30));
        }
        let grows = matches!(
            effect,
            Effect::Create(_) | Effect::Write(_) | Effect::CreateFolder(_) | Effect::Link { .. }
        );
        (grows && now < state.full_until).then_some(Mishap::IsFull)
    }

    /// An effect is about to happen.
    pub(super) fn on(&self, effect: Effect<&Path>) {
        let mut state = lock(&self.state);
        match effect {
            Effect::Open(_) => {}
            Effect::Create(path) => {
                if !exists(path) {
                    state.changes.push(Change::Came(path.to_owned()));
                    state.is_unsynced(path);
                }
            }
            Effect::CreateFolder(path) => {
                if !exists(path) {
                    state.changes.push(Change::Came(path.to_owned()));
                }
            }
            Effect::Write(path) => state.is_unsynced(path),
            Effect::SyncFile(path) => _ = state.is_synced(path),
            Effect::Link { from, to } => {
                if exists(from) && !exists(to) {
                    state.changes.push(Change::Came(to.to_owned()));
                    if state.unsynced.iter().any(|path| path == from) {
                        state.is_unsynced(to);
                    }
                }
            }
            Effect::Rename { from, to } => {
                let Ok(what) = get_file_id(from) else { return };
                let replaced = exists(to).then(|| self.keep(&mut state, to));
                if state.is_synced(from) {
                    state.is_unsynced(to);
                }
                let (from, to) = (from.to_owned(), to.to_owned());
                state.changes.push(Change::Renamed { from, to, what, replaced });
            }
            Effect::Remove(path) => {
                if exists(path) {
                    let grave = self.keep(&mut state, path);
                    state.is_synced(path);
                    state.changes.push(Change::Went { path: path.to_owned(), grave });
                }
            }
            Effect::SyncFolder(folder) => state.changes.retain(|change| !change.is_in(folder)),
        }
    }

    /// Keeps a second name for everything that a path names.
    fn keep(&self, state: &mut State, path: &Path) -> PathBuf {
        state.buried += 1;
        let grave = self.graves.join(state.buried.to_string());
        copy(path, &grave).expect("kept");
        grave
    }

    /// Somebody else did something with a file: it is as everybody sees it.
    pub(super) fn is_settled(&self, path: &Path) {
        let mut state = lock(&self.state);
        state.changes.retain(|change| !change.is_about(path));
    }

    /// A path as it is the same in every run.
    fn name(&self, path: &Path) -> String {
        let below = self.graves.parent().and_then(|home| path.strip_prefix(home).ok());
        let names = below.unwrap_or(path).iter().map(|name| name.to_string_lossy());
        let names = names.map(|name| match name.strip_suffix(OWN_TEMPORARY) {
            Some(_) => "(temporary)".to_owned(),
            None => name.into_owned(),
        });
        names.collect::<Vec<_>>().join("/")
    }

    /// Takes away what a power cut takes; says what.
    pub(super) fn lose(&self) -> Vec<String> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let mut lost = Vec::new();
        // Of what happened in each folder, so much stays.
        let mut counts: BTreeMap<PathBuf, usize> = BTreeMap::new();
        let mut folders = Vec::new();
        for change in &state.changes {
            let folder = folder_of(change.path());
            if !counts.contains_key(&folder) {
                folders.push(folder.clone());
            }
            *counts.entry(folder).or_default() += 1;
        }
        // In the order in which they changed: their names are others in every run.
        let mut stays = BTreeMap::new();
        for folder in folders {
            let count = counts[&folder];
            let some = if state.random.chance(500) { 0 } else { state.random.place(count + 1) };
            stays.insert(folder, some);
        }
        for change in std::mem::take(&mut state.changes).into_iter().rev() {
            let folder = folder_of(change.path());
            let count = counts.get_mut(&folder).expect("counted");
            *count -= 1;
            if *count >= stays[&folder] {
                lost.push(self.name(change.path()));
                change.undo().expect("undone");
            }
        }
        for path in std::mem::take(&mut state.unsynced) {
            let Ok(file) = fs::File::options().write(true).open(&path) else { continue };
            let length = file.metadata().expect("there").len();
            file.set_len(state.random.below(length + 1)).expect("cut");
            lost.push(format!("bytes of {}", self.name(&path)));
        }
        state.full_until = Duration::ZERO;
        lost
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().expect("a folder").to_owned()
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(from)?.is_dir() {
        return fs::hard_link(from, to);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

mod tests {
    use std::rc::Rc;
    use std::sync::Arc;

    use super::*;
    use crate::disk::{create_folder, faults, remove_file, rename, sync_folder, write_new};

    /// A folder with a file `old`, and what a crash leaves of `work` in it, for many crashes.
    fn after(work: impl Fn(&Path)) -> Vec<Vec<(String, Vec<u8>)>> {
        let mut outcomes = Vec::new();
        for seed in 0..40 {
            let home = tempfile::tempdir().expect("a folder");
            let folder = home.path().join("folder");
            fs::create_dir(&folder).expect("made");
            fs::write(folder.join("old"), "old").expect("written");
            let disk = Arc::new(Disk::new(home.path(), Random::new(seed, 0)));
            let shared = Arc::clone(&disk);
            faults::simulate(Some(Rc::new(move |effect| {
                shared.on(effect);
                Ok(())
            })));
            work(&folder);
            faults::simulate(None);
            disk.lose();
            let left = super::super::office::visible(&folder);
            if !outcomes.contains(&left) {
                outcomes.push(left);
            }
        }
        outcomes
    }

    fn files(files: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_was_synced_stays() {
        let outcomes = after(|folder| {
            write_new(&folder.join("new"), b"new").expect("written");
            rename(&folder.join("old"), &folder.join("older")).expect("renamed");
            sync_folder(folder).expect("synced");
        });
        assert_eq!(outcomes, [files(&[("new", "new"), ("older", "old")])]);
    }

    #[test]
    fn what_was_not_is_lost_from_a_point_on() {
        let outcomes = after(|folder| {
            write_new(&folder.join("new"), b"new").expect("written");
            remove_file(&folder.join("old")).expect("removed");
        });
        let possible = [
            files(&[("old", "old")]),
            files(&[("new", "new"), ("old", "old")]),
            files(&[("new", "new")]),
        ];
        assert!(outcomes.iter().all(|left| possible.contains(left)), "{outcomes:?}");
        assert_eq!(outcomes.len(), possible.len());
    }

    #[test]
    fn bytes_that_were_not_synced_are_cut() {
        let outcomes = after(|folder| {
            faults::commit(&folder.join("old")).expect("a step");
            sync_folder(folder).expect("synced");
        });
        assert!(outcomes.contains(&files(&[("old", "")])), "{outcomes:?}");
        assert!(outcomes.len() > 1, "{outcomes:?}");
    }

    #[test]
    fn a_file_is_in_one_of_two_folders() {
        let outcomes = after(|folder| {
            create_folder(&folder.join("below")).expect("made");
            sync_folder(folder).expect("synced");
            rename(&folder.join("old"), &folder.join("below/old")).expect("renamed");
        });
        assert_eq!(outcomes.len(), 2, "{outcomes:?}");
        assert!(outcomes.contains(&files(&[("old", "old")])) && outcomes.contains(&files(&[])));
    }
}
