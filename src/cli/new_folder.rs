//! A folder that what is written has for itself.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{UsageError, setup};
use crate::desk::inspection::Sink;
use crate::disk::{self, Readers};
use crate::types::Lang;

/// A folder that held nothing, so that nothing is overwritten and nothing foreign looks like proof.
/// What was put into it is removed again unless all of it is there.
pub(super) struct NewFolder {
    path: PathBuf,
    /// It was not there before.
    is_new: bool,
    /// What was put directly into it.
    put: BTreeSet<PathBuf>,
    is_whole: bool,
}

impl NewFolder {
    /// One at `path`, on a disk with room for so many bytes.
    pub(super) fn with_room(path: &Path, bytes: u64, lang: Lang) -> anyhow::Result<Self> {
        disk::has_room(path, bytes).map_err(|none| anyhow::Error::msg(none.text(path, lang)))?;
        let is_new = !path.exists();
        fs::create_dir_all(path).with_context(|| path.display().to_string())?;
        if fs::read_dir(path)?.next().is_some() {
            return Err(UsageError(setup::not_empty(path, lang)).into());
        }
        Ok(Self { path: path.to_owned(), is_new, put: BTreeSet::new(), is_whole: false })
    }

    /// All of it is there.
    pub(super) fn finish(mut self) {
        self.is_whole = true;
    }
}

impl Sink for NewFolder {
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let first = self.path.join(path.split('/').next().unwrap_or(path));
        let path = self.path.join(path);
        // What somebody else put there meanwhile is not ours to remove.
        if path != first && !self.put.contains(&first) {
            fs::create_dir(&first)?;
            self.put.insert(first.clone());
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        disk::create(&path, bytes, Readers::Public)?;
        self.put.insert(first);
        Ok(())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if self.is_whole {
            return;
        }
        for path in &self.put {
            let is_folder = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
            let _ = if is_folder { disk::remove_folder(path) } else { disk::remove_file(path) };
        }
        if self.is_new {
            let _ = disk::remove_empty_folder(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_whole_does_not_stay() {
        let outer = tempfile::tempdir().expect("a folder");
        for is_new in [true, false] {
            let path = outer.path().join("proof");
            if !is_new {
                fs::create_dir(&path).expect("made");
            }
            let mut folder = NewFolder::with_room(&path, 1, Lang::En).expect("empty");
            folder.put("packages/a/manifest.json", b"{}").expect("put");
            folder.put("README.txt", b"read").expect("put");
            fs::write(path.join("foreign.txt"), b"not ours").expect("written");
            drop(folder);
            let left: Vec<_> = fs::read_dir(&path).expect("a folder").flatten().collect();
            assert_eq!(left.len(), 1, "{left:?}");
            fs::remove_dir_all(&path).expect("removed");
        }
        let path = outer.path().join("proof");
        let mut folder = NewFolder::with_room(&path, 1, Lang::En).expect("empty");
        folder.put("README.txt", b"read").expect("put");
        drop(folder);
        assert!(!path.exists());
        let mut folder = NewFolder::with_room(&path, 1, Lang::En).expect("empty");
        folder.put("README.txt", b"read").expect("put");
        folder.finish();
        assert!(path.join("README.txt").exists());
    }

    #[test]
    fn without_room_nothing_is_made() {
        let outer = tempfile::tempdir().expect("a folder");
        let path = outer.path().join("proof");
        let refused = NewFolder::with_room(&path, u64::MAX, Lang::En).map(NewFolder::finish);
        let refused = refused.expect_err("no disk has so much");
        assert!(refused.to_string().contains("too little room") && !path.exists(), "{refused}");
        assert!(!refused.is::<UsageError>(), "the question was right");
    }
}
