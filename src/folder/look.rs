//! Whether a node could use a folder, without leaving anything in it.

use std::path::Path;

use super::claim::check_same_volume;
use super::error::{Action, Fault, FolderError, FolderRole};
use super::probe::probe;

/// Looks at a folder that has to be there; a few files are written into it and removed again.
pub fn look(path: &Path, role: FolderRole) -> Result<(), FolderError> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_dir() => {
            return Err(FolderError::new(Fault::NotAFolder, role, Action::Check));
        }
        Ok(_) => {}
        Err(error) => return Err(FolderError::of_io(error, role, Action::Check)),
    }
    probe(path, role)
}

/// The same of a folder that the node makes itself: where it is not there, it must be possible to
/// make it.
pub fn look_or_above(path: &Path, role: FolderRole) -> Result<(), FolderError> {
    look(standing(path), role)
}

/// Whether files can be renamed from one folder to another, or to where it would be made.
pub fn look_for_one_volume(from: &Path, to: &Path) -> Result<(), FolderError> {
    check_same_volume(standing(from), standing(to))
}

/// The folder, or the nearest one above it that is there.
fn standing(path: &Path) -> &Path {
    let above = path.ancestors().filter(|above| !above.as_os_str().is_empty());
    let mut above = above.filter(|above| std::fs::symlink_metadata(above).is_ok());
    // Of a disk or a share that is not there nothing stands: then it is the path itself that is missing.
    above.next().unwrap_or(if path.is_absolute() { path } else { Path::new(".") })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_is_left_behind() {
        let root = tempfile::tempdir().expect("a folder");
        let (drop, hold) = (root.path().join("drop"), root.path().join("a/b/hold"));
        assert_eq!(look(&drop, FolderRole::Drop).expect_err("missing").fault(), Fault::Missing);
        fs::create_dir(&drop).expect("made");
        look(&drop, FolderRole::Drop).expect("usable");
        look_or_above(&hold, FolderRole::Hold).expect("can be made");
        look_for_one_volume(&drop, &hold).expect("one volume");
        assert_eq!(fs::read_dir(&drop).expect("listed").count(), 0);
        assert_eq!(fs::read_dir(root.path()).expect("listed").count(), 1);
        fs::write(root.path().join("a"), "a file").expect("written");
        let fault = look_or_above(&hold, FolderRole::Hold).expect_err("a file is in the way");
        assert_eq!(fault.fault(), Fault::NotAFolder);
    }
}
