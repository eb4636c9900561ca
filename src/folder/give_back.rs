//! Putting a held set back where it came from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Action, Fault, FolderError, FolderRole};
use super::name::{check_name, is_passed_over};
use crate::disk;
use crate::types::Digest;

/// What became of a held set that was to be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    /// So many files are in the drop folder.
    Files(usize),
    /// There is no file left in its folder, or no folder.
    Nothing,
}

/// Moves the files of a held set, `set`, into the drop folder, none of them over another file: a
/// name that is taken by other bytes is [`Fault::SameName`], and nothing is moved. Reports stay
/// behind, and go when nothing else is left. Can be repeated: what was moved before is not missed.
///
/// `is_report` says which names are those of reports.
pub fn give_back(
    set: &Path,
    drop: &Path,
    is_report: impl Fn(&str) -> bool,
) -> Result<GivenBack, FolderError> {
    let names = names(set)?;
    let (reports, files): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| is_report(name));
    if files.is_empty() {
        return Ok(GivenBack::Nothing);
    }
    let in_drop = |error| FolderError::of_io(error, FolderRole::Drop, Action::Move);
    if !drop.is_dir() {
        // Of attachments, which somebody has removed since.
        disk::create_folders(drop).map_err(in_drop)?;
    }
    for name in &files {
        match disk::same_file_contents(&set.join(name), &drop.join(name)) {
            Ok(true) => {}
            Ok(false) => {
                let taken = FolderError::new(Fault::SameName, FolderRole::Drop, Action::Move);
                return Err(taken.about(name));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(in_drop(error).about(name)),
        }
    }
    for name in &files {
        put(&set.join(name), drop, name).map_err(|error| in_drop(error).about(name))?;
    }
    disk::sync_folder(drop).map_err(in_drop)?;
    remove(set, &reports)?;
    Ok(GivenBack::Files(files.len()))
}

/// Removes a held set with its reports; anything in it that no set has, such as a folder, stays.
pub fn remove_set(set: &Path) -> Result<(), FolderError> {
    let names = names(set)?;
    remove(set, &names)
}

/// Removes the files of a held set that are still as `files` says, their names, sizes and digests, and
/// its reports. What somebody changed or added stays.
pub fn remove_copies<'a>(
    set: &Path,
    files: impl IntoIterator<Item = (&'a str, u64, Digest)>,
    is_report: impl Fn(&str) -> bool,
) -> Result<(), FolderError> {
    let failed = FolderError::at(FolderRole::Hold, Action::Read);
    let mut there = names(set)?;
    let mut copies = Vec::new();
    for (name, size, sha256) in files {
        if let Some(place) = there.iter().position(|other| other == name)
            && disk::holds_digest(&set.join(name), size, sha256).map_err(&failed)?
        {
            copies.push(there.swap_remove(place));
        }
    }
    if there.iter().all(|name| is_report(name)) {
        copies.append(&mut there);
    }
    remove(set, &copies)
}

/// Moves a file, as a copy where the folders are not on one volume.
fn put(from: &Path, drop: &Path, name: &str) -> io::Result<()> {
    let to = drop.join(name);
    match disk::rename_new(from, &to) {
        Ok(()) => return Ok(()),
        // The very same bytes, from an attempt before.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let unfinished = disk::temporary(drop);
            let copied = disk::link_or_copy(from, &unfinished)
                .and_then(|()| disk::rename_new(&unfinished, &to));
            if let Err(error) = copied {
                let _ = disk::remove_file(&unfinished);
                return Err(error);
            }
        }
        Err(error) => return Err(error),
    }
    if disk::same_file_contents(from, &to)? {
        disk::remove_file(from)
    } else {
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

fn remove(set: &Path, names: &[String]) -> Result<(), FolderError> {
    let failed = FolderError::at(FolderRole::Hold, Action::Delete);
    for name in names {
        disk::remove_file(&set.join(name)).map_err(&failed)?;
    }
    match disk::remove_empty_folder(set) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => removed.map_err(failed),
    }
}

/// The plain files of a held set, by name; none where there is no such folder.
pub(super) fn names(set: &Path) -> Result<Vec<String>, FolderError> {
    let failed = FolderError::at(FolderRole::Hold, Action::List);
    let entries = match fs::read_dir(set) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(&failed)?.file_name();
        let path: PathBuf = set.join(&name);
        let is_file = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
        if let Ok(name) = check_name(&name)
            && is_file
            && !is_passed_over(name)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_report(name: &str) -> bool {
        name.starts_with("report.")
    }

    fn world() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let (set, drop) = (folder.path().join("hold/unit"), folder.path().join("drop"));
        fs::create_dir_all(&set).expect("made");
        fs::create_dir(&drop).expect("made");
        for (name, bytes) in [("a.CSV", "a"), ("b.CSV", "b"), ("report.txt", "why")] {
            fs::write(set.join(name), bytes).expect("written");
        }
        (folder, set, drop)
    }

    #[test]
    fn the_files_go_back_and_the_reports_go() {
        let (_folder, set, drop) = world();
        // A crash after the first file.
        fs::copy(set.join("a.CSV"), drop.join("a.CSV")).expect("copied");
        assert_eq!(give_back(&set, &drop, is_report).expect("moved"), GivenBack::Files(2));
        assert_eq!(names(&drop).expect("listed"), ["a.CSV", "b.CSV"]);
        assert!(!set.exists());
        assert_eq!(give_back(&set, &drop, is_report).expect("gone"), GivenBack::Nothing);
    }

    #[test]
    fn a_name_that_is_taken_keeps_everything_where_it_is() {
        let (_folder, set, drop) = world();
        fs::write(drop.join("b.CSV"), "newer").expect("written");
        let error = give_back(&set, &drop, is_report).expect_err("taken");
        assert_eq!(error.code(), "folder-same-name");
        assert_eq!(names(&set).expect("listed").len(), 3);
        assert_eq!(names(&drop).expect("listed"), ["b.CSV"]);
    }

    #[test]
    fn copies_go_and_what_somebody_changed_stays_with_its_report() {
        let (_folder, set, _) = world();
        let files = [("a.CSV", 1, Digest::of(b"a")), ("b.CSV", 1, Digest::of(b"B"))];
        remove_copies(&set, files, is_report).expect("removed");
        assert_eq!(names(&set).expect("listed"), ["b.CSV", "report.txt"]);
        let other = [("b.CSV", 2, Digest::of(b"b"))];
        remove_copies(&set, other, is_report).expect("nothing to remove");
        assert_eq!(names(&set).expect("listed"), ["b.CSV", "report.txt"]);
        remove_copies(&set, [("b.CSV", 1, Digest::of(b"b"))], is_report).expect("removed");
        assert!(!set.exists());
        remove_copies(&set, files, is_report).expect("gone before");
    }

    #[test]
    fn what_is_no_file_of_a_set_stays() {
        let (_folder, set, _) = world();
        fs::create_dir(set.join("older")).expect("made");
        remove_set(&set).expect("removed");
        assert!(set.join("older").is_dir() && names(&set).expect("listed").is_empty());
    }
}
