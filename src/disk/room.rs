//! Whether a disk has room.

use std::fmt;
use std::io;
use std::path::Path;

use crate::types::Lang;

/// A disk has too little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct NoRoom {
    /// How many bytes are needed at least.
    pub needed: u64,
    /// How many are free.
    pub free: u64,
}

impl NoRoom {
    /// How much is needed and how much is free, in MiB: the one rounded up, the other down.
    pub const fn mebibytes(self) -> (u64, u64) {
        (self.needed.div_ceil(1 << 20), self.free >> 20)
    }

    /// What is said to a person who wanted something written at `path`.
    pub fn text(self, path: &Path, lang: Lang) -> String {
        let (path, (needed, free)) = (path.display(), self.mebibytes());
        match lang {
            Lang::Ja => format!(
                "{path} のあるディスクの空きが足りません（少なくとも {needed} MiB 必要、空き {free} MiB）。何も書き出していません。空きを増やすか、別の場所を指定してください。"
            ),
            Lang::En => format!(
                "the disk of {path} has too little room (at least {needed} MiB are needed, {free} MiB are free); nothing was written. Make room, or name another place"
            ),
        }
    }
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (needed, free) = self.mebibytes();
        write!(f, "at least {needed} MiB are needed, and {free} MiB are free")
    }
}

/// How many bytes are free on the disk that a path is on, or would be on; nothing where the disk does
/// not say.
pub fn free(path: &Path) -> io::Result<Option<u64>> {
    let path = std::path::absolute(path)?;
    // One that is not there yet is made below one that is.
    let there = path.ancestors().find(|above| above.exists()).unwrap_or(&path);
    let disk = fs4::statvfs(there)?;
    // Some network drives say zero of everything.
    Ok((disk.total_space() > 0).then(|| disk.available_space()))
}

/// Whether there is room for so many bytes. A disk that does not say how much is free is believed to
/// have enough: what cannot be written is told all the same.
pub fn has_room(path: &Path, needed: u64) -> Result<(), NoRoom> {
    match free(path) {
        Ok(Some(free)) if free < needed => Err(NoRoom { needed, free }),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_asked_where_something_will_be() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("not/there/yet");
        assert_eq!(has_room(&path, 1), Ok(()));
        let none = has_room(&path, u64::MAX).expect_err("no disk has so much");
        assert_eq!(none.needed, u64::MAX);
        assert!(none.free > 0);
        // A disk that says nothing of its size.
        #[cfg(target_os = "linux")]
        assert_eq!(has_room(Path::new("/proc/there"), u64::MAX), Ok(()));
        let (needed, free) = NoRoom { needed: 1, free: (2 << 20) - 1 }.mebibytes();
        assert_eq!((needed, free), (1, 1));
    }
}
