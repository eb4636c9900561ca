//! Whether a folder is still the one that it was.
//!
//! A share or a disk that is not mounted leaves a folder behind that looks like the right one: files
//! put there are lost from sight. So the folder is known by what the system calls it, and across
//! mounts, after which that can be another, by a random mark in a hidden file.

use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::{Action, Fault, FolderError, FolderRole};
use crate::disk::{self, Access, Readers};

/// The hidden file with the mark; scans pass over it.
const MARK_FILE: &str = ".renkei-folder";

/// Hexadecimal digits of a mark.
const MARK_LENGTH: usize = 32;

/// What the system calls a folder: device and inode, or volume and index. Links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FolderId(file_id::FileId);

impl FolderId {
    /// Of what is there now.
    pub fn of(path: &Path) -> io::Result<Self> {
        file_id::get_file_id(path).map(Self)
    }
}

impl fmt::Display for FolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            file_id::FileId::Inode { device_id, inode_number } => {
                write!(f, "{device_id:x}:{inode_number:x}")
            }
            file_id::FileId::LowRes { volume_serial_number, file_index } => {
                write!(f, "{volume_serial_number:x}:{file_index:x}")
            }
            file_id::FileId::HighRes { volume_serial_number, file_id } => {
                write!(f, "{volume_serial_number:x}:{file_id:x}")
            }
        }
    }
}

/// How a folder is recognized at a later start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// What stands in its hidden file.
    pub mark: String,
    /// What the system calls it, as text.
    pub id: String,
}

/// Whether a node has marked this folder: the place of a share that is not mounted has no mark.
pub fn is_marked(folder: &Path) -> bool {
    folder.join(MARK_FILE).exists()
}

/// A folder that has to stay the one that it was when it was opened. Cheap to clone.
#[derive(Clone)]
pub struct Place(Arc<Inner>);

struct Inner {
    path: PathBuf,
    role: FolderRole,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Of the folder that was found to be the right one; `None` before.
    id: Option<FolderId>,
    mark: Option<String>,
}

impl Place {
    pub(super) fn open(path: PathBuf, role: FolderRole) -> Result<Self, FolderError> {
        let id = FolderId::of(&path).map_err(FolderError::at(role, Action::Check))?;
        let state = Mutex::new(State { id: Some(id), mark: None });
        Ok(Self(Arc::new(Inner { path, role, state })))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Marks the folder, so that it is recognized after a mount and at later starts, and says what is
    /// to be remembered. A folder that has another mark than the one that is `known`, or none and
    /// another identity, stays [`Fault::Replaced`] until the right one is back.
    pub fn mark(&self, known: Option<Marked>) -> Result<Marked, FolderError> {
        let failed = FolderError::at(self.0.role, Action::Check);
        let id = FolderId::of(self.path()).map_err(&failed)?;
        let found = self.read_mark().map_err(&failed)?;
        let mark = match (found, known) {
            (Some(found), Some(known)) if found != known.mark => return Ok(self.wait_for(known)),
            (Some(found), _) => found,
            (None, Some(known)) if known.id != id.to_string() => return Ok(self.wait_for(known)),
            (None, known) => {
                let mark = match known {
                    Some(known) => known.mark,
                    None => new_mark().map_err(&failed)?,
                };
                self.write_mark(&mark).map_err(&failed)?;
                mark
            }
        };
        *self.state() = State { id: Some(id), mark: Some(mark.clone()) };
        Ok(Marked { mark, id: id.to_string() })
    }

    fn wait_for(&self, known: Marked) -> Marked {
        *self.state() = State { id: None, mark: Some(known.mark.clone()) };
        known
    }

    /// Whether the folder is there and the right one: [`Fault::Missing`] or [`Fault::Replaced`] if
    /// not. One question to the system, to be asked right before the folder is used and, where it
    /// counts, right after.
    pub fn check(&self) -> Result<(), FolderError> {
        let failed = FolderError::at(self.0.role, Action::Check);
        let id = FolderId::of(self.path()).map_err(&failed)?;
        let mut state = self.state();
        // Copies for people are laid wherever their folder is; nothing depends on them.
        if state.id == Some(id) || self.0.role == FolderRole::Sent {
            return Ok(());
        }
        // A share that was mounted anew may have got another number.
        if state.mark.is_some() && self.read_mark().map_err(&failed)? == state.mark {
            state.id = Some(id);
            return Ok(());
        }
        Err(FolderError::new(Fault::Replaced, self.0.role, Action::Check))
    }

    /// Whether something of this name is in the folder, which has to be the right one.
    pub fn has(&self, name: &Path) -> Result<bool, FolderError> {
        self.check()?;
        let is_there = self.path().join(name).try_exists();
        let is_there = is_there.map_err(FolderError::at(self.0.role, Action::Check))?;
        self.check()?;
        Ok(is_there)
    }

    /// As [`check`](Self::check); a mark that somebody deleted is written again.
    pub fn renew(&self) -> Result<(), FolderError> {
        self.check()?;
        let failed = FolderError::at(self.0.role, Action::Check);
        let Some(mark) = self.state().mark.clone() else { return Ok(()) };
        if self.read_mark().map_err(&failed)?.is_none() {
            // Written nowhere else should the folder go in this moment: it is still the one.
            self.check()?;
            self.write_mark(&mark).map_err(&failed)?;
        }
        Ok(())
    }

    /// Takes what is there now for the right one.
    pub(super) fn take_over(&self) -> Result<(), FolderError> {
        let id = FolderId::of(self.path()).map_err(FolderError::at(self.0.role, Action::Check))?;
        self.state().id = Some(id);
        Ok(())
    }

    /// `None` where nothing of the kind stands in the file.
    fn read_mark(&self) -> io::Result<Option<String>> {
        let file = match disk::open_plain(&self.path().join(MARK_FILE), Access::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(256).read_to_end(&mut bytes)?;
        let mark = String::from_utf8(bytes).unwrap_or_default().trim().to_owned();
        let is_mark = mark.len() == MARK_LENGTH && mark.bytes().all(|b| b.is_ascii_hexdigit());
        Ok(is_mark.then_some(mark))
    }

    fn write_mark(&self, mark: &str) -> io::Result<()> {
        disk::replace(
            &self.path().join(MARK_FILE),
            format!("{mark}\n").as_bytes(),
            Readers::AsUsual,
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_mark() -> io::Result<String> {
    let mut bytes = [0; MARK_LENGTH / 2];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("no random numbers"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn place(path: PathBuf) -> Place {
        fs::create_dir_all(&path).expect("made");
        Place::open(path, FolderRole::Import).expect("opened")
    }

    fn code(result: Result<(), FolderError>) -> &'static str {
        result.map_or_else(|error| error.code(), |()| "ok")
    }

    #[test]
    fn a_folder_in_the_place_of_another_is_noticed_until_that_is_back() {
        let root = tempfile::tempdir().expect("a folder");
        let (path, away) = (root.path().join("import"), root.path().join("away"));
        let place = place(path.clone());
        place.mark(None).expect("marked");
        fs::rename(&path, &away).expect("moved");
        assert_eq!(code(place.check()), "folder-missing");
        fs::create_dir(&path).expect("made");
        assert_eq!(code(place.check()), "folder-replaced");
        assert_eq!(code(place.renew()), "folder-replaced");
        assert_eq!(fs::read_dir(&path).expect("listed").count(), 0);
        fs::remove_dir(&path).expect("removed");
        fs::rename(&away, &path).expect("back");
        assert_eq!(code(place.check()), "ok");
    }

    #[test]
    fn the_mark_counts_where_the_system_calls_the_folder_otherwise() {
        let root = tempfile::tempdir().expect("a folder");
        let (path, away) = (root.path().join("import"), root.path().join("away"));
        let first = place(path.clone());
        let marked = first.mark(None).expect("marked");
        // As a share that is mounted anew: another number, the same contents.
        fs::rename(&path, &away).expect("moved");
        fs::create_dir(&path).expect("made");
        fs::copy(away.join(MARK_FILE), path.join(MARK_FILE)).expect("copied");
        assert_eq!(code(first.check()), "ok");
        let later = place(path.clone());
        let other_id = Marked { id: "0:0".into(), ..marked.clone() };
        assert_eq!(later.mark(Some(other_id)).expect("marked").mark, marked.mark);
        assert_eq!(code(later.check()), "ok");
    }

    #[test]
    fn at_a_later_start_another_folder_is_not_taken() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("import");
        let marked = place(path.clone()).mark(None).expect("marked");
        let away = root.path().join("away");
        fs::rename(&path, &away).expect("moved");
        let empty = place(path.clone());
        assert_eq!(empty.mark(Some(marked.clone())).expect("asked"), marked);
        assert_eq!(code(empty.check()), "folder-replaced");
        assert_eq!(fs::read_dir(&path).expect("listed").count(), 0);
        fs::remove_dir(&path).expect("removed");
        fs::rename(&away, &path).expect("back");
        assert_eq!(code(empty.check()), "ok");
    }

    #[test]
    fn a_deleted_mark_comes_again() {
        let root = tempfile::tempdir().expect("a folder");
        let place = place(root.path().join("import"));
        let marked = place.mark(None).expect("marked");
        let file = place.path().join(MARK_FILE);
        fs::remove_file(&file).expect("removed");
        place.renew().expect("the same folder");
        assert_eq!(fs::read_to_string(&file).expect("there").trim(), marked.mark);
        fs::remove_file(&file).expect("removed");
        assert_eq!(place.mark(Some(marked.clone())).expect("marked"), marked);
    }
}
