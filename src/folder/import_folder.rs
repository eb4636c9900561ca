//! Placing incoming files where the care software imports them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Action, Fault, FolderError, FolderRole};
use super::name::OddReason;
use super::place::Place;
use super::probe::probe;
use super::unit_folder::check_set;
use crate::disk::{self, OWN_PREFIX, Readers};
use crate::types::{FileName, MessageId};

/// How often a file is placed anew whose rival vanished just when it was looked at.
const ATTEMPTS: u32 = 3;

/// What became of one file of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// It was placed, now or by an earlier call with the same id.
    Placed,
    /// The same bytes already lay there under the same name: nothing to do.
    AlreadyThere,
    /// Other bytes lie there under the same name; they were left alone.
    Conflict,
    /// It was held back because another file of its set is in conflict.
    Withheld,
}

/// A set that [`ImportFolder::stage`] made ready, or that cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    id: MessageId,
    placements: Vec<Placement>,
    /// The folders below the import folder in which its files lie.
    folders: BTreeSet<String>,
    /// Now, and not by an earlier call: none of its files has been placed.
    anew: bool,
}

impl Staged {
    /// The set, if [`ImportFolder::finish`] may take it back before it was revealed: what an earlier
    /// call staged may say which files the care software has had.
    pub const fn removable(&self) -> Option<MessageId> {
        if self.anew { Some(self.id) } else { None }
    }

    fn is_in_conflict(&self) -> bool {
        self.placements.contains(&Placement::Conflict)
    }
}

/// An import folder.
///
/// A set is placed in steps, so that several sets share those that wait for the disk:
/// [`stage`](Self::stage) for each, in any order and at the same time; [`sync`](Self::sync) once;
/// [`reveal`](Self::reveal) for each in its turn; [`settle`](Self::settle) for each, and
/// [`sync`](Self::sync) once. Only then are its files placed durably. [`place`](Self::place) is all
/// of it for one set.
///
/// # Storage
///
/// A set is written and synced below a hidden name first, renamed to `.renkei-<message id>/` when
/// it is whole, and from there each file is renamed to its final place, never over another file.
/// What is missing from that folder has been placed. So a repeated [`ImportFolder::place`] after
/// a crash knows which files the care software has had, even when it has imported and deleted
/// them already. The folder stays until [`ImportFolder::finish`], which the caller calls once its
/// store says that the set was placed.
///
/// Where the volume cannot rename without overwriting in one step (NFS), a crash in the
/// instant between the two steps, together with an import before the next start, places that one
/// file twice; there is no witness left to tell.
///
/// A file may lie in a folder below, which is made when it is needed: its name is then that folder, `/`
/// and a name of the standard. Such a folder is one of up to 16 digits and capital letters; a link in
/// its place is not followed.
#[derive(Clone)]
pub struct ImportFolder {
    place: Place,
}

impl ImportFolder {
    /// Opens the folder, which must be there, because the care software imports from it: checks
    /// that it can be written to and removes what a crash left half-written.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let path = path.into();
        disk::remove_leftovers(&path)
            .map_err(FolderError::at(FolderRole::Import, Action::Check))?;
        probe(&path, FolderRole::Import)?;
        Ok(Self { place: Place::open(path, FolderRole::Import)? })
    }

    /// The folder itself, to be asked whether it is still the right one. Every step of placing asks.
    pub const fn root(&self) -> &Place {
        &self.place
    }

    /// Checks again that this is the right folder and that files can be written here.
    pub fn check(&self) -> Result<(), FolderError> {
        self.place.check()?;
        probe(self.place.path(), FolderRole::Import)
    }

    /// Places a set, in the order given, and says for each file what became of it.
    ///
    /// If a file is in conflict at the outset, none is placed. The names must be ones of the
    /// standard ([`FileName`]), whatever their letter case. After an error, such as
    /// [`Fault::DiskFull`], or a crash, the call is repeated with the same id and the same files.
    pub fn place(
        &self,
        id: MessageId,
        files: &[(&str, &[u8])],
    ) -> Result<Vec<Placement>, FolderError> {
        let staged = self.stage(id, files)?;
        if staged.is_in_conflict() {
            return Ok(staged.placements);
        }
        self.sync()?;
        let placements = self.reveal(&staged, files)?;
        self.settle(&staged)?;
        self.sync()?;
        Ok(placements)
    }

    /// Writes a set below a hidden name, unless one of its files is in conflict or an earlier call
    /// has done so.
    pub fn stage(&self, id: MessageId, files: &[(&str, &[u8])]) -> Result<Staged, FolderError> {
        let folders = check(files)?;
        self.place.check()?;
        let staged = self.staged(id);
        if is_folder(&staged).map_err(failed)? {
            let placements = vec![Placement::Placed; files.len()];
            return Ok(Staged { id, placements, folders, anew: false });
        }
        let placements = self.look(files)?;
        if placements.contains(&Placement::Conflict) {
            return Ok(Staged { id, placements: withheld(placements), folders, anew: true });
        }
        self.write(&staged, files, &placements).map_err(failed)?;
        Ok(Staged { id, placements, folders, anew: true })
    }

    /// Whether the care software has left any of these files where they were placed.
    pub fn has_any<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<bool, FolderError> {
        self.place.check()?;
        for name in names {
            match fs::symlink_metadata(self.place.path().join(name)) {
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let error = FolderError::of_io(error, FolderRole::Import, Action::Read);
                    return Err(error.about(bare(name)));
                }
            }
        }
        // An import folder that went away meanwhile holds nothing either.
        self.place.check().map(|()| false)
    }

    /// Shows the files of a staged set to the care software, in the order given, and says for each
    /// what became of it. If since then one has come into conflict, none is shown.
    pub fn reveal(
        &self,
        set: &Staged,
        files: &[(&str, &[u8])],
    ) -> Result<Vec<Placement>, FolderError> {
        self.place.check()?;
        let staged = self.staged(set.id);
        let mut placements = set.placements.clone();
        if set.is_in_conflict() {
            return Ok(placements);
        }
        if set.anew {
            let now = self.look(files)?;
            if now.contains(&Placement::Conflict) {
                forget_staged(self.place.path(), &[staged]).map_err(failed)?;
                return Ok(withheld(now));
            }
        }
        for (number, ((name, bytes), placement)) in files.iter().zip(&mut placements).enumerate() {
            if *placement == Placement::Placed {
                *placement = self.place_one(&staged.join(staged_name(number)), name, bytes)?;
            }
        }
        Ok(placements)
    }

    /// Makes durable which files of a set were shown.
    pub fn settle(&self, set: &Staged) -> Result<(), FolderError> {
        self.place.check()?;
        let below = set.folders.iter().map(|folder| self.place.path().join(folder));
        for folder in below.chain([self.staged(set.id)]) {
            match disk::sync_folder(&folder) {
                // In conflict: nothing was shown. Or the care software tidied up behind itself.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result.map_err(failed)?,
            }
        }
        Ok(())
    }

    /// Makes durable what was staged and shown here.
    pub fn sync(&self) -> Result<(), FolderError> {
        self.place.check()?;
        disk::sync_folder(self.place.path()).map_err(failed)
    }

    /// Forgets the set, also its files that are in conflict, once the store says what became of
    /// it. Can be repeated.
    pub fn finish(&self, id: MessageId) -> Result<(), FolderError> {
        self.finish_all(&[id])
    }

    /// As [`finish`](Self::finish), for several sets.
    pub fn finish_all(&self, ids: &[MessageId]) -> Result<(), FolderError> {
        self.place.check()?;
        let all: Vec<_> = ids.iter().map(|id| self.staged(*id)).collect();
        forget_staged(self.place.path(), &all)
            .map_err(FolderError::at(FolderRole::Import, Action::Delete))
    }

    /// The sets that were staged and not finished, in the order of their ids: at start each is to
    /// be placed again or, if the store says it was placed, finished.
    pub fn unfinished(&self) -> Result<Vec<MessageId>, FolderError> {
        staged_in(self.place.path()).map_err(FolderError::at(FolderRole::Import, Action::List))
    }

    /// Whether a set was staged and not finished.
    pub fn is_staged(&self, id: MessageId) -> Result<bool, FolderError> {
        self.place.check()?;
        is_folder(&self.staged(id)).map_err(failed)
    }

    fn staged(&self, id: MessageId) -> PathBuf {
        staged(self.place.path(), id)
    }

    /// What stands in the way of each file; [`Placement::Placed`] where nothing does.
    fn look(&self, files: &[(&str, &[u8])]) -> Result<Vec<Placement>, FolderError> {
        let look = |(name, bytes): &(&str, &[u8])| {
            if let Some(folder) = folder_of(name)
                && !is_folder(&self.place.path().join(folder))?
            {
                return Ok(Placement::Placed);
            }
            match disk::holds(&self.place.path().join(name), bytes) {
                Ok(true) => Ok(Placement::AlreadyThere),
                Ok(false) => Ok(Placement::Conflict),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Placement::Placed),
                Err(error) => Err(error),
            }
        };
        let about = |file: &(&str, &[u8])| {
            look(file).map_err(|error| {
                FolderError::of_io(error, FolderRole::Import, Action::Read).about(bare(file.0))
            })
        };
        files.iter().map(about).collect()
    }

    /// Makes the folder for a file, if it lies in one and that is not there.
    fn make_folder(&self, name: &str) -> io::Result<()> {
        let Some(folder) = folder_of(name) else { return Ok(()) };
        let folder = self.place.path().join(folder);
        match disk::create_folder(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                is_folder(&folder).map(|_| ())
            }
            made => made,
        }
    }

    fn write(
        &self,
        staged: &Path,
        files: &[(&str, &[u8])],
        placements: &[Placement],
    ) -> io::Result<()> {
        let unfinished = disk::temporary(self.place.path());
        let build = || {
            disk::create_folder(&unfinished)?;
            for (number, ((_, bytes), placement)) in files.iter().zip(placements).enumerate() {
                if *placement == Placement::Placed {
                    disk::write_new(&unfinished.join(staged_name(number)), bytes)?;
                }
            }
            disk::sync_folder(&unfinished)?;
            disk::rename(&unfinished, staged)
        };
        let built = build();
        if built.is_err() {
            let _ = disk::remove_folder(&unfinished);
        }
        built
    }

    fn place_one(&self, staged: &Path, name: &str, bytes: &[u8]) -> Result<Placement, FolderError> {
        let failed = |error| failed(error).about(bare(name));
        match disk::holds(staged, bytes) {
            Ok(true) => {}
            // Somebody meddled with it. It was not shown, so that it may be written anew.
            Ok(false) => disk::replace(staged, bytes, Readers::AsUsual).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Placement::Placed),
            Err(error) => return Err(failed(error)),
        }
        let target = self.place.path().join(name);
        for _ in 0..ATTEMPTS {
            self.make_folder(name).map_err(failed)?;
            match disk::rename_new(staged, &target) {
                Ok(()) => return Ok(Placement::Placed),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // The folder went away that was just there: care software tidies up.
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && folder_of(name).is_some() =>
                {
                    continue;
                }
                Err(error) => return Err(failed(error)),
            }
            match disk::holds(&target, bytes) {
                Ok(true) => {
                    disk::remove_file(staged).map_err(failed)?;
                    return Ok(Placement::AlreadyThere);
                }
                Ok(false) => return Ok(Placement::Conflict),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(FolderError::new(Fault::Locked, FolderRole::Import, Action::Write).about(bare(name)))
    }
}

/// Removes the folders of staged sets below `root`. Each goes under another name first, because what is
/// missing from one has been placed: half removed it would say so of files that nobody has seen.
pub(super) fn forget_staged(root: &Path, all: &[PathBuf]) -> io::Result<()> {
    let mut gone = Vec::new();
    for staged in all {
        let other = disk::temporary(root);
        match disk::rename(staged, &other) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            renamed => {
                renamed?;
                gone.push(other);
            }
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    disk::sync_folder(root)?;
    // What stays of one is removed when the folder is opened next.
    gone.iter().try_for_each(|other| disk::remove_folder(other))
}

/// What becomes of a set of which a file is in conflict.
fn withheld(placements: Vec<Placement>) -> Vec<Placement> {
    let withheld = |placement| match placement {
        Placement::Placed => Placement::Withheld,
        other => other,
    };
    placements.into_iter().map(withheld).collect()
}

fn failed(error: io::Error) -> FolderError {
    FolderError::of_io(error, FolderRole::Import, Action::Write)
}

/// The longest name of a folder below, in bytes.
const LONGEST_FOLDER: usize = 16;

/// The folder below the import folder that a file is to lie in.
fn folder_of(name: &str) -> Option<&str> {
    name.split_once('/').map(|(folder, _)| folder)
}

/// The name alone. A folder may be called by the number of a user, which is nobody else's concern.
fn bare(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, bare)| bare)
}

/// Whether the files may be placed; the folders below in which they are to lie.
fn check(files: &[(&str, &[u8])]) -> Result<BTreeSet<String>, FolderError> {
    check_set(files.iter().map(|(name, _)| bare(name)), FolderRole::Import, Action::Write)?;
    let is_ours = |folder: &str| {
        let fits = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
        (1..=LONGEST_FOLDER).contains(&folder.len()) && folder.bytes().all(fits)
    };
    let mut folders = BTreeSet::new();
    for (name, _) in files {
        if FileName::parse(bare(name)).is_err() || !folder_of(name).is_none_or(is_ours) {
            let fault = Fault::BadName(OddReason::NotOfTheStandard);
            return Err(
                FolderError::new(fault, FolderRole::Import, Action::Write).about(bare(name))
            );
        }
        folders.extend(folder_of(name).map(str::to_owned));
    }
    Ok(folders)
}

/// Where a package is staged below `folder`.
pub(super) fn staged(folder: &Path, id: MessageId) -> PathBuf {
    folder.join(format!("{OWN_PREFIX}{id}"))
}

/// The packages that are staged below `folder`, in the order of their ids.
pub(super) fn staged_in(folder: &Path) -> io::Result<Vec<MessageId>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix(OWN_PREFIX));
        let id = id.and_then(|id| id.parse::<MessageId>().ok());
        ids.extend(id.filter(|_| entry.file_type().is_ok_and(|kind| kind.is_dir())));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Names in the staging folder that no care software imports.
pub(super) fn staged_name(number: usize) -> String {
    format!("{:04}", number.saturating_add(1))
}

/// Whether a folder is there; that something else is there, such as a link, is an error.
pub(super) fn is_folder(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Ok(_) => Err(io::ErrorKind::NotADirectory.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
