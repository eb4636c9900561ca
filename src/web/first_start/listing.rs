//! The folders of this computer, as far as the account of the program sees them.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Entries of a folder that are looked at.
const LOOKED_AT: usize = 20_000;

/// Folders that are shown.
const SHOWN: usize = 300;

/// What stands in a folder.
pub(super) struct Listing {
    /// The folder itself, absolute.
    pub(super) path: PathBuf,
    /// The one above it.
    pub(super) above: Option<PathBuf>,
    /// The folders in it: name and path. Hidden ones, and those whose names no configuration can hold,
    /// are left out.
    pub(super) folders: Vec<(String, PathBuf)>,
    /// Whether there are more.
    pub(super) are_more: bool,
}

/// Lists a folder. Asks the disk.
///
/// # Errors
///
/// What the system says.
pub(super) fn list(path: &Path) -> io::Result<Listing> {
    let path = std::path::absolute(path)?;
    let mut folders = Vec::new();
    for entry in fs::read_dir(&path)?.take(LOOKED_AT) {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What leads to a folder is one too.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir())
            || entry.file_type().is_ok_and(|kind| kind.is_symlink()) && entry.path().is_dir();
        if is_folder && !name.starts_with(['.', '$']) {
            folders.push((name, entry.path()));
        }
    }
    folders.sort_by_cached_key(|(name, _)| name.to_lowercase());
    let are_more = folders.len() > SHOWN;
    folders.truncate(SHOWN);
    let above = path.parent().map(PathBuf::from);
    Ok(Listing { path, above, folders, are_more })
}

/// Where somebody may begin to look: the folder of the account, and the disks.
pub(super) fn beginnings() -> Vec<PathBuf> {
    let home = std::env::home_dir().filter(|home| home.is_dir());
    home.into_iter().chain(disks()).collect()
}

#[cfg(not(windows))]
fn disks() -> Vec<PathBuf> {
    vec!["/".into()]
}

#[cfg(windows)]
fn disks() -> Vec<PathBuf> {
    let letters = (b'A'..=b'Z').map(|letter| PathBuf::from(format!("{}:\\", char::from(letter))));
    letters.filter(|disk| disk.is_dir()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_listed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b", "A", ".hidden", "介護"] {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        fs::write(folder.path().join("file.csv"), "x").expect("written");
        let listing = list(folder.path()).expect("a list");
        let names: Vec<_> = listing.folders.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["A", "b", "介護"]);
        assert_eq!(listing.above.as_deref(), folder.path().parent());
        assert!(!listing.are_more);
        assert!(list(&folder.path().join("file.csv")).is_err());
        for number in 0..SHOWN {
            fs::create_dir(folder.path().join(format!("n{number}"))).expect("made");
        }
        let listing = list(folder.path()).expect("a list");
        assert!(listing.are_more && listing.folders.len() == SHOWN);
    }
}
