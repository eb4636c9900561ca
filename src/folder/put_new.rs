//! Laying new files into the drop folder.

use std::path::Path;

use super::error::{Action, FolderError, FolderRole};
use super::name::check_name;
use crate::disk::{self, Readers};

/// Lays files into the drop folder, none of them over another one; all or none, as far as the disk
/// lets itself be tidied up.
pub fn put_new(drop: &Path, files: &[(&str, &[u8])]) -> Result<(), FolderError> {
    let failed = |error| FolderError::of_io(error, FolderRole::Drop, Action::Write);
    for (number, (name, bytes)) in files.iter().enumerate() {
        let put = match check_name(name.as_ref()) {
            Ok(name) => disk::create(&drop.join(name), bytes, Readers::AsUsual),
            Err(_) => Err(std::io::ErrorKind::InvalidFilename.into()),
        };
        if let Err(error) = put {
            for (name, _) in files.iter().take(number) {
                let _ = disk::remove_file(&drop.join(name));
            }
            return Err(failed(error).about(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn all_files_are_there_or_none() {
        let drop = tempfile::tempdir().expect("a folder");
        let there = || fs::read_dir(drop.path()).expect("a folder").count();
        put_new(drop.path(), &[("A.CSV", b"a"), ("B.CSV", b"b")]).expect("laid");
        assert_eq!(there(), 2);
        let files: [(&str, &[u8]); 2] = [("C.CSV", b"c"), ("B.CSV", b"another")];
        put_new(drop.path(), &files).expect_err("a name that is taken");
        assert_eq!(there(), 2, "nothing was added");
        assert_eq!(fs::read(drop.path().join("B.CSV")).expect("read"), b"b");
        put_new(drop.path(), &[("../D.CSV", b"d")]).expect_err("no plain name");
    }
}
