//! Where sets lie that a person hands over: `<channel>/<partner>/<unit>/`.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::{Action, Fault, FolderError, FolderRole};
use super::name::check_name;
use crate::disk::{self, Readers};
use crate::types::{HandChannel, OfficeNumber};

/// The folder of what a person hands over. It is made when the first set comes.
#[derive(Debug, Clone)]
pub struct Outbox(PathBuf);

/// Which of its folders a set has.
#[derive(Debug, Clone, Copy)]
pub struct OutboxPlace<'p> {
    /// How it gets to the partner.
    pub channel: HandChannel,
    /// The partner.
    pub partner: OfficeNumber,
    /// The name of its folder: no other set has it.
    pub unit: &'p str,
}

impl Outbox {
    /// The outbox at a path.
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Removes what a crash left half-built and nobody has changed since `time`: another office may lay
    /// its sets in the same folder.
    ///
    /// # Errors
    ///
    /// A folder that is there cannot be read, or what is left there not removed.
    pub fn sweep(&self, time: SystemTime) -> Result<(), FolderError> {
        let failed = FolderError::at(FolderRole::Outbox, Action::Delete);
        for channel in HandChannel::ALL {
            let folder = self.0.join(channel.as_str());
            if !is_there(&folder).map_err(&failed)? {
                continue;
            }
            for name in disk::names(&folder).map_err(&failed)? {
                let of_partner = folder.join(name);
                if of_partner.is_dir() {
                    disk::remove_leftovers_before(&of_partner, time).map_err(&failed)?;
                }
            }
        }
        Ok(())
    }

    /// Where the set of a place lies.
    pub fn folder(&self, place: OutboxPlace<'_>) -> PathBuf {
        let OutboxPlace { channel, partner, unit } = place;
        self.0.join(channel.as_str()).join(partner.to_string()).join(unit)
    }

    /// Lays a set there, which becomes visible as a whole. Repeating the call is safe: of a set that
    /// lies there what is missing or was changed is written anew, as it was checked.
    pub fn lay(
        &self,
        place: OutboxPlace<'_>,
        files: &[(String, Vec<u8>)],
    ) -> Result<PathBuf, FolderError> {
        check(place.unit)?;
        files.iter().try_for_each(|(name, _)| check(name))?;
        let folder = self.folder(place);
        let failed = FolderError::at(FolderRole::Outbox, Action::Write);
        if !is_there(&folder).map_err(&failed)? && build(&folder, files).map_err(&failed)? {
            return Ok(folder);
        }
        for (name, bytes) in files {
            let path = folder.join(name);
            match disk::holds(&path, bytes) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
            }
            disk::replace(&path, bytes, Readers::AsUsual).map_err(&failed)?;
        }
        Ok(folder)
    }

    /// Takes a set away: the files whose names are `ours`, and its folder where nothing else lies in it.
    /// Whatever a person put there stays. Can be repeated.
    pub fn take_away(
        &self,
        place: OutboxPlace<'_>,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<(), FolderError> {
        check(place.unit)?;
        let folder = self.folder(place);
        let failed = FolderError::at(FolderRole::Outbox, Action::Delete);
        if !is_there(&folder).map_err(&failed)? {
            return Ok(());
        }
        for name in disk::names(&folder).map_err(&failed)? {
            if !is_ours(&name) {
                continue;
            }
            match disk::remove_file(&folder.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        match disk::remove_empty_folder(&folder) {
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                ) =>
            {
                Err(failed(error))
            }
            _ => Ok(()),
        }
    }
}

fn check(name: &str) -> Result<(), FolderError> {
    match check_name(OsStr::new(name)) {
        Ok(_) => Ok(()),
        Err(reason) => {
            let fault = Fault::BadName(reason);
            Err(FolderError::new(fault, FolderRole::Outbox, Action::Write).about(name))
        }
    }
}

fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(_) => Err(io::ErrorKind::NotADirectory.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the folder was free until the end.
fn build(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<bool> {
    let Some(parent) = folder.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
    disk::create_folders(parent)?;
    let unfinished = disk::temporary(parent);
    let built = || {
        disk::create_folder(&unfinished)?;
        for (name, bytes) in files {
            disk::write_new(&unfinished.join(name), bytes)?;
        }
        disk::sync_folder(&unfinished)?;
        match disk::rename(&unfinished, folder) {
            Err(_) if fs::symlink_metadata(folder).is_ok() => Ok(false),
            Err(error) => Err(error),
            Ok(()) => Ok(true),
        }
    };
    let result = built();
    if !matches!(result, Ok(true)) {
        let _ = disk::remove_folder(&unfinished);
        return result;
    }
    disk::sync_folder(parent)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(unit: &str) -> OutboxPlace<'_> {
        let partner = "1370000026".parse().expect("an office");
        OutboxPlace { channel: HandChannel::Web, partner, unit }
    }

    fn files() -> Vec<(String, Vec<u8>)> {
        vec![("A.CSV".to_owned(), b"1".to_vec()), ("sheet.html".to_owned(), b"2".to_vec())]
    }

    #[test]
    fn a_set_comes_and_goes_and_leaves_what_is_not_its_own() {
        let root = tempfile::tempdir().expect("a folder");
        let outbox = Outbox::new(root.path().join("outbox"));
        let folder = outbox.lay(place("u_1"), &files()).expect("laid");
        assert!(folder.ends_with("outbox/web/1370000026/u_1"), "{}", folder.display());
        // Somebody opened one in a spreadsheet and saved it, and threw the other away.
        fs::write(folder.join("A.CSV"), b"other").expect("written");
        fs::remove_file(folder.join("sheet.html")).expect("removed");
        fs::write(folder.join("mine.txt"), b"mine").expect("written");
        outbox.lay(place("u_1"), &files()).expect("laid again");
        assert_eq!(fs::read(folder.join("A.CSV")).expect("read"), b"1");
        assert_eq!(fs::read(folder.join("sheet.html")).expect("read"), b"2");
        let is_ours = |name: &str| files().iter().any(|(ours, _)| ours == name);
        for _ in 0..2 {
            outbox.take_away(place("u_1"), is_ours).expect("taken away");
            let left = fs::read_dir(&folder).expect("listed").count();
            assert_eq!(left, 1, "what a person put there stays");
        }
        fs::remove_file(folder.join("mine.txt")).expect("removed");
        outbox.take_away(place("u_1"), is_ours).expect("taken away");
        assert!(!folder.exists());
    }

    #[test]
    fn what_a_crash_left_half_built_goes() {
        let root = tempfile::tempdir().expect("a folder");
        let outbox = Outbox::new(root.path().join("outbox"));
        let soon = || {
            SystemTime::from(
                crate::types::Clock::system().now() + jiff::SignedDuration::from_hours(1),
            )
        };
        outbox.sweep(soon()).expect("nothing is there yet");
        let folder = outbox.lay(place("u_1"), &files()).expect("laid");
        let left = disk::temporary(folder.parent().expect("of the partner"));
        fs::create_dir(&left).expect("made");
        fs::write(left.join("A.CSV"), b"1").expect("written");
        outbox.sweep(SystemTime::UNIX_EPOCH).expect("swept");
        assert!(left.exists(), "somebody may be at work");
        outbox.sweep(soon()).expect("swept");
        assert!(!left.exists() && folder.join("A.CSV").is_file());
    }

    #[test]
    fn nothing_is_laid_elsewhere() {
        let root = tempfile::tempdir().expect("a folder");
        let outbox = Outbox::new(root.path().join("outbox"));
        for unit in ["../x", "", ".hidden/..", "a/b"] {
            assert!(outbox.lay(place(unit), &files()).is_err(), "{unit}");
        }
        let odd = vec![("../A.CSV".to_owned(), Vec::new())];
        assert!(outbox.lay(place("u_1"), &odd).is_err());
        assert!(!root.path().join("outbox").exists());
    }
}
