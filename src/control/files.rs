//! The files, each written whole and read with a bound.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::disk::{self, Readers};
use crate::types::MessageId;

/// The most bytes of an order or an answer.
const MOST_BYTES: u64 = 16 << 10;

/// The most entries of the folder that are looked at; what is behind them has its turn when those
/// before it are gone.
const MOST_ENTRIES: usize = 2_000;

/// What a file ends with that is being written.
const UNFINISHED: &str = ".tmp";

/// Writes a file that is there as a whole or not at all. The folder is closed to others, so the file
/// need not be: an administrator orders, and the account of the node reads.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let unfinished = path.with_file_name(format!(".{name}{UNFINISHED}"));
    let write = || disk::replace_by_way_of(&unfinished, path, bytes, Readers::Everybody);
    match write() {
        // A node that just started took it for something that a crash left.
        Err(error) if error.kind() == io::ErrorKind::NotFound => write(),
        written => written,
    }
}

/// The bytes of a plain file that is not too large.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    // A pipe would never end.
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MOST_BYTES);
    if fits { Ok(bytes) } else { Err(io::ErrorKind::FileTooLarge.into()) }
}

/// Removes a file or whatever else somebody put under its name; one that is gone is fine.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        disk::remove_folder(path)
    } else {
        disk::remove_file(path)
    }
}

/// The ids of the files with each of two extensions, rising.
pub(super) fn list(
    folder: &Path,
    extensions: [&str; 2],
) -> io::Result<(Vec<MessageId>, Vec<MessageId>)> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)?.take(MOST_ENTRIES) {
        let name = entry?.file_name();
        let Some((id, extension)) = name.to_str().and_then(|name| name.split_once('.')) else {
            continue;
        };
        let Ok(id) = id.parse::<MessageId>() else { continue };
        if extension == extensions[0] {
            first.push(id);
        } else if extension == extensions[1] {
            second.push(id);
        }
    }
    first.sort_unstable();
    second.sort_unstable();
    Ok((first, second))
}

/// Removes unfinished files.
pub(super) fn clean_up(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let unfinished = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with('.') && name.ends_with(UNFINISHED));
        if unfinished {
            remove(&entry.path())?;
        }
    }
    Ok(())
}
