//! What Windows does in its own way.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Component, Path, PathBuf, Prefix};

use tempfile::TempPath;

/// The longest path that every call of Windows takes, less some room for what it adds itself; the
/// limit is 260 UTF-16 units unless program and machine are set up for more.
const SHORT: usize = 240;

/// Renames a file in one step, never over an existing one: `MoveFileExW` without the flag to
/// replace, which the standard library does not offer.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    // The call below answers the same, but marks the file as temporary when it does.
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    // Open during the rename (which the way std opens files allows), so that it can be flushed
    // after it: there is no handle of the folder to flush. A read-only file goes without.
    let file = OpenOptions::new().read(true).write(true).open(from);
    let mut moved = TempPath::try_from_path(long(from)?)?;
    moved.disable_cleanup(true);
    moved.persist_noclobber(long(to)?).map_err(|refused| refused.error)?;
    match file {
        Ok(file) => file.sync_all(),
        Err(_) => Ok(()),
    }
}

/// The same path in the form that has no limit of length, where it needs it; the standard library
/// does the same in its own calls.
fn long(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    if path.as_os_str().len() <= SHORT {
        return Ok(path);
    }
    let mut rest = path.components();
    let mut verbatim = OsString::new();
    match rest.next() {
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::Disk(_) => {
                verbatim.push(r"\\?\");
                verbatim.push(prefix.as_os_str());
            }
            Prefix::UNC(server, share) => {
                verbatim.push(r"\\?\UNC\");
                verbatim.push(server);
                verbatim.push(r"\");
                verbatim.push(share);
            }
            _ => return Ok(path),
        },
        _ => return Ok(path),
    }
    verbatim.push(rest.as_path());
    Ok(verbatim.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_paths_change_their_form() {
        let tail = format!(r"a\{}.CSV", "x".repeat(SHORT));
        for (path, expected) in [
            (r"C:\drop\a.CSV".to_owned(), r"C:\drop\a.CSV".to_owned()),
            (format!(r"C:\{tail}"), format!(r"\\?\C:\{tail}")),
            (format!("C:/{}", tail.replace('\\', "/")), format!(r"\\?\C:\{tail}")),
            (format!(r"\\server\share\{tail}"), format!(r"\\?\UNC\server\share\{tail}")),
            (format!(r"\\?\C:\{tail}"), format!(r"\\?\C:\{tail}")),
        ] {
            assert_eq!(long(Path::new(&path)).expect("a path"), Path::new(&expected));
        }
    }

    #[test]
    fn renames_where_the_path_is_long() {
        let root = tempfile::tempdir().expect("a folder");
        let deep = root.path().join("a".repeat(120)).join("b".repeat(120));
        fs::create_dir_all(&deep).expect("made");
        let (from, to) = (deep.join("from"), deep.join("to"));
        fs::write(&from, "x").expect("written");
        rename_new(&from, &to).expect("renamed");
        assert_eq!(fs::read(&to).expect("read"), b"x");
        fs::write(&from, "y").expect("written");
        let error = rename_new(&from, &to).expect_err("taken");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&to).expect("read"), b"x");
    }

    #[test]
    fn renames_what_is_read_only_and_says_what_is_missing() {
        let root = tempfile::tempdir().expect("a folder");
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        let error = rename_new(&from, &to).expect_err("missing");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        fs::write(&from, "x").expect("written");
        let mut permissions = fs::metadata(&from).expect("there").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&from, permissions).expect("set");
        rename_new(&from, &to).expect("renamed");
        assert!(!from.exists() && to.exists());
    }
}
