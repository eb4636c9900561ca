//! Taking files out of the drop folder, and giving them back.

use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::error::{Action, Fault, FolderError, FolderRole};
use super::name::{ShownName, check_name};
use super::place::Place;
use super::probe::probe;
use super::scan::{Scan, ScanLimits, Seen, Stamp, scan_but};
use super::unit_folder::{Kept, Source, UnitFolder};
use crate::disk::{self, Access};
use crate::types::{Digest, MessageId};

/// A drop folder with the work folder into which its files are claimed.
#[derive(Clone)]
pub struct DropFolder {
    drop: Place,
    work: Place,
}

/// Files that were taken out of the drop folder for one send unit: they lie in
/// `work/<message id>/` under their own names, where the care software does not see them.
///
/// Ends with [`Claim::finish`], [`Claim::discard`] or [`Claim::release`]. All three can be
/// repeated after an error, and after a crash on the claim that [`DropFolder::unfinished`] finds.
pub struct Claim {
    id: MessageId,
    folder: PathBuf,
    drop: PathBuf,
    files: Vec<Seen>,
    /// An earlier run made it, so that nobody knows since when the files are as they are.
    is_left_over: bool,
}

/// The files could not be claimed and are in the drop folder as before.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Unclaimed {
    /// Why. [`Fault::Locked`] and [`Fault::Changed`] are worth trying again after the next scan.
    pub error: FolderError,
    /// Files that could not even be given back, because newer ones of their names came, or the
    /// disk failed: to be released.
    pub left: Option<Box<Claim>>,
}

/// A claimed file with its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimedFile {
    /// Its name in the drop folder.
    pub name: String,
    /// All its bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for ClaimedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ShownName::of(&self.name);
        f.debug_struct("ClaimedFile").field("name", &name).field("size", &self.bytes.len()).finish()
    }
}

/// What became of the files of a released claim.
#[derive(Debug, PartialEq, Eq)]
pub struct Released {
    /// Files that are in the drop folder again, or whose very bytes came there in the meantime.
    pub returned: usize,
    /// Where the files are whose names other files have in the drop folder now.
    pub kept: Option<Kept>,
}

impl DropFolder {
    /// Opens the pair. `drop` must be there, because the care software exports to it; `work` is
    /// made, for this account alone. Checks that files can be written in both and renamed from one to
    /// the other, which needs both on the same volume, and removes leftovers of earlier checks.
    pub fn open(drop: impl Into<PathBuf>, work: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let (drop, work) = (drop.into(), work.into());
        let in_work = FolderError::at(FolderRole::Work, Action::Check);
        disk::remove_leftovers(&drop).map_err(FolderError::at(FolderRole::Drop, Action::Check))?;
        disk::create_private_folders(&work).map_err(&in_work)?;
        disk::remove_leftovers(&work).map_err(&in_work)?;
        probe(&drop, FolderRole::Drop)?;
        probe(&work, FolderRole::Work)?;
        check_same_volume(&drop, &work)?;
        let drop = Place::open(drop, FolderRole::Drop)?;
        Ok(Self { drop, work: Place::open(work, FolderRole::Work)? })
    }

    /// The drop folder itself, to be asked whether it is still the right one. Scanning and claiming
    /// ask.
    pub const fn root(&self) -> &Place {
        &self.drop
    }

    /// The pair of folders at `drop` and `work` below these; that of the claims is made.
    pub(super) fn below(&self, drop: &Path, work: &Path) -> Result<Self, FolderError> {
        let (drop, work) = (self.drop.path().join(drop), self.work.path().join(work));
        disk::create_private_folders(&work)
            .map_err(FolderError::at(FolderRole::Work, Action::Check))?;
        let drop = Place::open(drop, FolderRole::Drop)?;
        Ok(Self { drop, work: Place::open(work, FolderRole::Work)? })
    }

    /// Where claims lie.
    pub(super) fn work_path(&self) -> &Path {
        self.work.path()
    }

    /// Makes the work folder anew if it is not there any more, and says so. What lay in it is lost.
    /// Another folder in its place is taken, if it can be used.
    pub fn mend_work(&self) -> Result<bool, FolderError> {
        let is_gone = match self.work.check() {
            Ok(()) => return Ok(false),
            Err(error) if error.fault() == Fault::Missing => true,
            Err(error) if error.fault() == Fault::Replaced => false,
            Err(error) => return Err(error),
        };
        // Both may lie on a volume that is away.
        self.drop.check()?;
        let work = self.work.path();
        disk::create_private_folders(work)
            .map_err(FolderError::at(FolderRole::Work, Action::Check))?;
        probe(work, FolderRole::Work)?;
        check_same_volume(self.drop.path(), work)?;
        self.work.take_over()?;
        Ok(is_gone)
    }

    /// Looks into the drop folder: see [`scan`](super::scan).
    pub fn scan(&self, limits: &ScanLimits) -> Result<Scan, FolderError> {
        self.scan_but(limits, |_| false)
    }

    /// The same without the files whose names `is_set_aside` says: see [`scan_but`].
    pub fn scan_but(
        &self,
        limits: &ScanLimits,
        is_set_aside: impl Fn(&str) -> bool,
    ) -> Result<Scan, FolderError> {
        self.drop.check()?;
        scan_but(self.drop.path(), limits, is_set_aside)
    }

    /// Takes the files, all or none: each must still be as it was seen, and no other program may
    /// have it open ([`Fault::Locked`], as far as the system tells).
    ///
    /// `id` becomes the id of the package, so that after a crash the store knows what became of
    /// the claim. It must be a new one.
    pub fn claim(&self, id: MessageId, files: &[Seen]) -> Result<Claim, Unclaimed> {
        let failed = |error| Unclaimed { error, left: None };
        for file in files {
            check_free(self.drop.path(), file).map_err(failed)?;
        }
        let folder = self.work.path().join(id.to_string());
        disk::create_folder(&folder)
            .map_err(|error| failed(FolderError::of_io(error, FolderRole::Work, Action::Write)))?;
        let drop = self.drop.path().to_owned();
        let mut claim = Claim { id, folder, drop, files: Vec::new(), is_left_over: false };
        let taken = files.iter().try_for_each(|file| claim.take(file));
        let synced = || {
            disk::sync_folder(&claim.folder)
                .and_then(|()| disk::sync_folder(self.work.path()))
                .map_err(FolderError::at(FolderRole::Work, Action::Write))
        };
        if let Err(error) = taken.and_then(|()| synced()) {
            let gone = claim.give_back().is_ok_and(|left| left.is_empty())
                && disk::remove_empty_folder(&claim.folder).is_ok();
            return Err(Unclaimed { error, left: (!gone).then(|| Box::new(claim)) });
        }
        Ok(claim)
    }

    /// The claims in the work folder, in the order of their ids: at start those that a crash cut
    /// off, later also those in hand.
    ///
    /// A crash can cut a claim off with part of its files still in the drop folder, so one whose
    /// package the store does not have is to be released, never sent as it is; one whose package
    /// is stored is to be finished.
    pub fn unfinished(&self) -> Result<Vec<Claim>, FolderError> {
        let failed = FolderError::at(FolderRole::Work, Action::List);
        let mut claims = Vec::new();
        for entry in fs::read_dir(self.work.path()).map_err(&failed)? {
            let entry = entry.map_err(&failed)?;
            let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let Some(id) = id.filter(|_| entry.file_type().is_ok_and(|kind| kind.is_dir())) else {
                continue;
            };
            let folder = entry.path();
            let files = list(&folder).map_err(&failed)?;
            let drop = self.drop.path().to_owned();
            claims.push(Claim { id, folder, drop, files, is_left_over: true });
        }
        claims.sort_by_key(|claim| claim.id);
        Ok(claims)
    }
}

/// Whether files can be renamed from one folder to the other; nothing is left behind.
pub(super) fn check_same_volume(drop: &Path, work: &Path) -> Result<(), FolderError> {
    let (from, to) = (disk::temporary(drop), disk::temporary(work));
    let there = disk::write_new(&from, b"renkei").and_then(|()| disk::rename(&from, &to));
    let cleaned = disk::remove_file(&from).and(disk::remove_file(&to));
    there.and(cleaned).map_err(FolderError::at(FolderRole::Work, Action::Check))
}

impl Claim {
    /// The id under which the files were claimed.
    pub const fn id(&self) -> MessageId {
        self.id
    }

    /// The files.
    pub fn files(&self) -> &[Seen] {
        &self.files
    }

    /// Reads all files, at most `limit` bytes together ([`Fault::TooLarge`]). A file that was
    /// written to since it was claimed is [`Fault::Changed`]: release the claim.
    pub fn read_all(&self, limit: u64) -> Result<Vec<ClaimedFile>, FolderError> {
        let mut left = limit;
        let mut read = Vec::new();
        for file in &self.files {
            let fault = |fault| FolderError::new(fault, FolderRole::Work, Action::Read);
            let size = file.stamp().size();
            left = left
                .checked_sub(size)
                .ok_or_else(|| fault(Fault::TooLarge { limit }).about(file.name()))?;
            let bytes = read_as_seen(&self.folder.join(file.name()), file.stamp())
                .map_err(|error| {
                    FolderError::of_io(error, FolderRole::Work, Action::Read).about(file.name())
                })?
                .ok_or_else(|| fault(Fault::Changed).about(file.name()))?;
            read.push(ClaimedFile { name: file.name().to_owned(), bytes });
        }
        Ok(read)
    }

    /// Opens one of the files. One that was written to since it was claimed is [`Fault::Changed`].
    pub fn open(&self, name: &str) -> Result<fs::File, FolderError> {
        let failed = |error| FolderError::of_io(error, FolderRole::Work, Action::Read).about(name);
        let file = disk::open_plain(&self.folder.join(name), Access::Read).map_err(failed)?;
        let stamp = file.metadata().map(|metadata| Stamp::of(&metadata)).map_err(failed)?;
        match self.files.iter().find(|file| file.name() == name) {
            Some(seen) if *seen.stamp() == stamp => Ok(file),
            _ => Err(FolderError::new(Fault::Changed, FolderRole::Work, Action::Read).about(name)),
        }
    }

    /// Deletes the files, once what is in them is safe elsewhere. A file that was written to since
    /// it was claimed is [`Fault::Changed`], and nothing is deleted.
    pub fn finish(&self) -> Result<(), FolderError> {
        self.check_unchanged(Action::Delete)?;
        self.delete(&self.files)
    }

    /// The files that were written to since they were claimed, and of a claim that an earlier run
    /// left, those that have another size or digest than `signed` says.
    pub fn changed(
        &self,
        signed: impl Fn(&str) -> Option<(u64, Digest)>,
    ) -> Result<Vec<Seen>, FolderError> {
        let mut changed = Vec::new();
        for file in self.files.iter().filter(|file| self.has(file)) {
            let path = self.folder.join(file.name());
            let is_same = if !is_as_seen(&path, file.stamp()) {
                false
            } else if let (true, Some((size, sha256))) = (self.is_left_over, signed(file.name())) {
                let failed = FolderError::at(FolderRole::Work, Action::Read);
                let read = || read_as_seen(&path, file.stamp());
                size == file.stamp().size()
                    && read()
                        .map_err(|error| failed(error).about(file.name()))?
                        .is_some_and(|bytes| Digest::of(&bytes) == sha256)
            } else {
                true
            };
            if !is_same {
                changed.push(file.clone());
            }
        }
        Ok(changed)
    }

    /// The files as they are now, before they are copied: what is written to them from now on shows
    /// when they are discarded.
    pub fn as_they_are(&self) -> Vec<Seen> {
        let now = self.files.iter().filter_map(|file| {
            let metadata = fs::symlink_metadata(self.folder.join(file.name())).ok()?;
            Some(Seen::new(file.name().to_owned(), Stamp::of(&metadata)))
        });
        now.collect()
    }

    /// Deletes the files that are still there, once what was in them is kept elsewhere. One that was
    /// written to since it was `copied` is [`Fault::Changed`], and nothing is deleted.
    pub fn discard(&self, copied: &[Seen]) -> Result<(), FolderError> {
        let changed_since = copied.iter().find(|file| {
            self.has(file) && !is_as_seen(&self.folder.join(file.name()), file.stamp())
        });
        if let Some(file) = changed_since {
            return Err(changed(file, Action::Delete));
        }
        self.delete(copied)
    }

    /// Copies the files into a folder of their own in `to`, with `notes` such as the report: see
    /// [`UnitFolder::keep`]. They stay claimed.
    pub fn copy_to(
        &self,
        to: &UnitFolder,
        unit: &str,
        notes: &[(&str, &[u8])],
    ) -> Result<Kept, FolderError> {
        self.check_unchanged(Action::Move)?;
        self.copy(&self.files, to, unit, notes)
    }

    /// Gives the files back to the drop folder, to be seen again as if they had just come. Nothing
    /// there is overwritten: where a file with other bytes has come under the same name, the
    /// claimed one is copied into `hold`, as `unit` and with `notes`, and stays claimed until
    /// [`Self::discard`].
    pub fn release(
        &self,
        hold: &UnitFolder,
        unit: &str,
        notes: &[(&str, &[u8])],
    ) -> Result<Released, FolderError> {
        let left = self.give_back()?;
        let returned = self.files.len().saturating_sub(left.len());
        if left.is_empty() {
            self.delete(&[])?;
            return Ok(Released { returned, kept: None });
        }
        let kept = Some(self.copy(&left, hold, unit, notes)?);
        Ok(Released { returned, kept })
    }

    fn take(&mut self, file: &Seen) -> Result<(), FolderError> {
        let to = self.folder.join(file.name());
        disk::rename(&self.drop.join(file.name()), &to).map_err(|error| {
            FolderError::of_io(error, FolderRole::Drop, Action::Move).about(file.name())
        })?;
        self.files.push(file.clone());
        // Whoever had it open may have written until now; and a link may have taken its place.
        if is_as_seen(&to, file.stamp()) { Ok(()) } else { Err(changed(file, Action::Move)) }
    }

    /// Returns the files whose names are taken.
    fn give_back(&self) -> Result<Vec<Seen>, FolderError> {
        let mut left = Vec::new();
        for file in &self.files {
            let (from, to) = (self.folder.join(file.name()), self.drop.join(file.name()));
            let failed = |error| {
                FolderError::of_io(error, FolderRole::Drop, Action::Move).about(file.name())
            };
            match disk::rename_new(&from, &to) {
                Ok(()) => {}
                // An earlier attempt gave it back.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !self.has(file) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if disk::same_file_contents(&from, &to).map_err(failed)? {
                        disk::remove_file(&from).map_err(failed)?;
                    } else {
                        left.push(file.clone());
                    }
                }
                Err(error) => return Err(failed(error)),
            }
        }
        disk::sync_folder(&self.drop).map_err(FolderError::at(FolderRole::Drop, Action::Move))?;
        Ok(left)
    }

    /// Copies `files` of the claim, such as those that [`Self::changed`] names, into a folder of their
    /// own in `to`, as they are now: see [`UnitFolder::keep`]. They stay claimed until
    /// [`Self::discard`].
    pub fn copy(
        &self,
        files: &[Seen],
        to: &UnitFolder,
        unit: &str,
        notes: &[(&str, &[u8])],
    ) -> Result<Kept, FolderError> {
        let paths: Vec<_> = files.iter().map(|file| self.folder.join(file.name())).collect();
        let sources: Vec<_> = files
            .iter()
            .zip(&paths)
            .map(|(file, path)| (file.name(), Source::File(path)))
            .collect();
        to.keep_sources(unit, &sources, notes)
    }

    fn delete(&self, files: &[Seen]) -> Result<(), FolderError> {
        for file in files {
            disk::remove_file(&self.folder.join(file.name())).map_err(|error| {
                FolderError::of_io(error, FolderRole::Work, Action::Delete).about(file.name())
            })?;
        }
        disk::remove_empty_folder(&self.folder)
            .map_err(FolderError::at(FolderRole::Work, Action::Delete))
    }

    fn check_unchanged(&self, action: Action) -> Result<(), FolderError> {
        let touched = self.files.iter().find(|file| {
            self.has(file) && !is_as_seen(&self.folder.join(file.name()), file.stamp())
        });
        touched.map_or(Ok(()), |file| Err(changed(file, action)))
    }

    fn has(&self, file: &Seen) -> bool {
        fs::symlink_metadata(self.folder.join(file.name())).is_ok()
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("id", &self.id)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

fn changed(file: &Seen, action: Action) -> FolderError {
    FolderError::new(Fault::Changed, FolderRole::Work, action).about(file.name())
}

fn is_as_seen(path: &Path, stamp: &Stamp) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && Stamp::of(&metadata) == *stamp)
}

/// That the file is still the one that was seen, and nobody has it open.
fn check_free(drop: &Path, file: &Seen) -> Result<(), FolderError> {
    let path = drop.join(file.name());
    if !is_as_seen(&path, file.stamp()) {
        let error = FolderError::new(Fault::Changed, FolderRole::Drop, Action::Move);
        return Err(error.about(file.name()));
    }
    let opened = disk::open_plain(&path, Access::Exclusive);
    opened.map(|_| ()).map_err(|error| {
        FolderError::of_io(error, FolderRole::Drop, Action::Read).about(file.name())
    })
}

/// The bytes, or nothing if the file is not, or is no longer at the end, the one that was seen.
pub(super) fn read_as_seen(path: &Path, stamp: &Stamp) -> io::Result<Option<Vec<u8>>> {
    let mut file = disk::open_plain(path, Access::Read)?;
    if Stamp::of(&file.metadata()?) != *stamp {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.size()).map_err(io::Error::other)?);
    // One byte more than expected tells growth without following it.
    file.by_ref().take(stamp.size().saturating_add(1)).read_to_end(&mut bytes)?;
    let unchanged = u64::try_from(bytes.len()).is_ok_and(|length| length == stamp.size())
        && Stamp::of(&file.metadata()?) == *stamp;
    Ok(unchanged.then_some(bytes))
}

/// The plain files in the folder of a claim, by name.
fn list(folder: &Path) -> io::Result<Vec<Seen>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let metadata = fs::symlink_metadata(folder.join(&name))?;
        if let Ok(name) = check_name(&name)
            && metadata.is_file()
        {
            files.push(Seen::new(name.to_owned(), Stamp::of(&metadata)));
        }
    }
    files.sort_by(|left, right| left.name().cmp(right.name()));
    Ok(files)
}

#[cfg(test)]
mod tests;
