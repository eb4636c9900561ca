//! The files of a held set: reading them, and putting corrected ones in their places.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::error::{Action, Fault, FolderError, FolderRole};
use super::give_back::names;
use crate::disk::{self, Access, Readers};
use crate::types::{Digest, DigestBuilder};

/// The folder in a held set that keeps the files as they were before they were corrected.
const ORIGINALS: &str = "original";

/// So often a held set can be corrected.
const CORRECTIONS: u32 = 99;

/// A file with its bytes.
pub type HeldFile = (String, Vec<u8>);

/// The files of the standard in the folder of a held set, by name: what ends in `.csv`, `.jpg` or
/// `.jpeg`. Reports are none.
///
/// # Errors
///
/// They cannot be read, or are more than `most` bytes together ([`Fault::TooLarge`]).
pub fn read_held(set: &Path, most: u64) -> Result<Vec<HeldFile>, FolderError> {
    let mut left = most;
    let mut files = Vec::new();
    for name in names(set)?.into_iter().filter(|name| is_of_the_standard(name)) {
        let failed = |error| FolderError::of_io(error, FolderRole::Hold, Action::Read).about(&name);
        let file = disk::open_plain(&set.join(&name), Access::Read).map_err(failed)?;
        let mut bytes = Vec::new();
        let read = file.take(left.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        left = left.checked_sub(u64::try_from(read).unwrap_or(u64::MAX)).ok_or_else(|| {
            FolderError::new(Fault::TooLarge { limit: most }, FolderRole::Hold, Action::Read)
                .about(&name)
        })?;
        files.push((name, bytes));
    }
    Ok(files)
}

/// What is another one where a file is another one, in whatever order they stand.
pub fn files_digest(files: &[HeldFile]) -> Digest {
    let of = |(name, bytes): &HeldFile| (Digest::of(name.as_bytes()), Digest::of(bytes));
    let mut parts: Vec<_> = files.iter().map(of).collect();
    parts.sort_unstable();
    let mut all = DigestBuilder::new();
    for (name, bytes) in parts {
        // Both are of one length each, so that nothing of one can stand in the place of another.
        all.update(name.as_raw());
        all.update(bytes.as_raw());
    }
    all.finish()
}

/// Puts corrected files in the places of those of a held set. The files as they were stay beside them:
/// in the folder `original`, or in `original-2` where that is taken by an earlier correction, and so on.
pub fn correct_held(set: &Path, corrected: &[(&str, &[u8])]) -> Result<(), FolderError> {
    let failed = |error| FolderError::of_io(error, FolderRole::Hold, Action::Write);
    if corrected.is_empty() {
        return Ok(());
    }
    let originals = originals(set).find(|folder| fs::symlink_metadata(folder).is_err());
    let originals = originals.ok_or_else(|| failed(io::ErrorKind::AlreadyExists.into()))?;
    disk::create_folder(&originals).map_err(failed)?;
    for (name, _) in corrected {
        let failed = |error| failed(error).about(name);
        // A copy that a crash cut off has no name of a file.
        let copy = disk::temporary(&originals);
        disk::link_or_copy(&set.join(name), &copy).map_err(failed)?;
        disk::rename_new(&copy, &originals.join(name)).map_err(failed)?;
    }
    // They are safe before anything takes their places.
    for folder in [&originals, set] {
        disk::sync_folder(folder).map_err(failed)?;
    }
    for (name, bytes) in corrected {
        let path = set.join(name);
        disk::replace(&path, bytes, Readers::AsUsual).map_err(|error| failed(error).about(name))?;
    }
    Ok(())
}

/// Removes what was kept of the files as they were before corrections.
pub fn remove_originals(set: &Path) -> Result<(), FolderError> {
    let failed = |error| FolderError::of_io(error, FolderRole::Hold, Action::Delete);
    for folder in originals(set).take_while(|folder| fs::symlink_metadata(folder).is_ok()) {
        for name in names(&folder)? {
            disk::remove_file(&folder.join(name)).map_err(failed)?;
        }
        match disk::remove_empty_folder(&folder) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            removed => removed.map_err(failed)?,
        }
    }
    Ok(())
}

/// The folders for files as they were, in the order in which they are taken.
fn originals(set: &Path) -> impl Iterator<Item = PathBuf> {
    let later = (2..=CORRECTIONS).map(|number| format!("{ORIGINALS}-{number}"));
    let folders = std::iter::once(ORIGINALS.to_owned()).chain(later);
    folders.map(move |name| set.join(name))
}

fn is_of_the_standard(name: &str) -> bool {
    let extension = Path::new(name).extension();
    let is = |known: &str| extension.is_some_and(|extension| extension.eq_ignore_ascii_case(known));
    ["csv", "jpg", "jpeg"].into_iter().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_have_another_digest() {
        let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
        let one = [file("a", b"bc"), file("d", b"")];
        let turned = [file("d", b""), file("a", b"bc")];
        assert_eq!(files_digest(&one), files_digest(&turned));
        for other in [
            vec![file("ab", b"c"), file("d", b"")],
            vec![file("a", b"bc")],
            vec![file("a", b"b"), file("d", b"c")],
            vec![file("a", b""), file("d", b"bc")],
        ] {
            assert_ne!(files_digest(&one), files_digest(&other));
        }
    }

    #[test]
    fn the_files_as_they_were_stay_beside_the_corrected_ones() {
        let set = tempfile::tempdir().expect("a folder");
        let at = |name: &str| set.path().join(name);
        fs::write(at("A.CSV"), b"wrong").expect("written");
        fs::write(at("B.CSV"), b"right").expect("written");
        fs::write(at("report.txt"), b"why").expect("written");
        let read = read_held(set.path(), 1_000).expect("read");
        let names: Vec<_> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["A.CSV", "B.CSV"]);
        correct_held(set.path(), &[("A.CSV", b"mended")]).expect("corrected");
        assert_eq!(fs::read(at("A.CSV")).expect("there"), b"mended");
        assert_eq!(fs::read(at("original").join("A.CSV")).expect("there"), b"wrong");
        assert!(!at("original").join("B.CSV").exists());
        fs::write(at("A.CSV"), b"mended by hand").expect("written");
        correct_held(set.path(), &[("A.CSV", b"again")]).expect("corrected");
        assert_eq!(fs::read(at("original").join("A.CSV")).expect("there"), b"wrong");
        assert_eq!(fs::read(at("original-2").join("A.CSV")).expect("there"), b"mended by hand");
        correct_held(set.path(), &[]).expect("nothing to do");
        assert!(!at("original-3").exists());
        remove_originals(set.path()).expect("removed");
        assert!(!at("original").exists() && !at("original-2").exists());
        assert_eq!(fs::read(at("A.CSV")).expect("there"), b"again");
    }

    #[test]
    fn too_much_is_not_read() {
        let set = tempfile::tempdir().expect("a folder");
        fs::write(set.path().join("A.CSV"), [0; 60]).expect("written");
        fs::write(set.path().join("B.CSV"), [0; 60]).expect("written");
        let error = read_held(set.path(), 100).expect_err("too much");
        assert_eq!(error.fault(), Fault::TooLarge { limit: 100 });
        assert_eq!(read_held(set.path(), 120).expect("just enough").len(), 2);
    }
}
