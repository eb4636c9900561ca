//! Files on disk, written so that a power cut leaves them old, new or absent, never in part.
//!
//! What changes something goes through here, each operation once, with what Unix and Windows do
//! in their own ways. Before each [`Effect`] stands a step, so that tests can make every single one
//! fail, and see what would be lost if nothing came after it. All calls block.
//!
//! # Storage
//!
//! Nothing gets its final name before its bytes are on disk: it is written under a hidden name
//! ([`temporary`]) in the same folder, synced, renamed, and the folder synced. What a crash left
//! under such names, [`remove_leftovers`] removes.

mod alone;
mod effect;
#[cfg(test)]
pub(crate) mod faults;
mod permissions;
mod plain;
mod room;
#[cfg(windows)]
mod windows;

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

pub use alone::Alone;
pub use effect::Effect;
pub use permissions::{
    Readers, close_to_others, create_folders, create_private_folder, create_private_folders,
    give_to_owner_of, make_private_folder_of, mode_for_others, private,
};
pub use plain::{
    Access, holds, holds_digest, names, open_followed, open_plain, read_bytes, read_text,
    same_file_contents, too_large,
};
pub use room::{NoRoom, free, has_room};

use permissions::create_file;

#[cfg(test)]
use crate::types::Plant;

/// What our own hidden files and folders start with.
pub const OWN_PREFIX: &str = ".renkei-";
/// What our own hidden files and folders end with while they are unfinished.
pub const OWN_TEMPORARY: &str = ".tmp";

/// Bytes moved at a time. Small in tests, so that a write can fail in its middle.
const PIECE: usize = if cfg!(test) { 16 } else { 1 << 18 };

/// A path in `folder` for an unfinished file or folder: hidden, unique also among the leftovers of
/// earlier runs, without personal data.
pub fn temporary(folder: &Path) -> PathBuf {
    static RUN: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8));
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("{OWN_PREFIX}{:016x}-{number}{OWN_TEMPORARY}", *RUN))
}

/// Removes what a crash left under the names of [`temporary`], and nothing else: other things of
/// ours, such as a work folder, may stand beside them.
pub fn remove_leftovers(folder: &Path) -> io::Result<()> {
    remove_leftovers_that(folder, |_| true)
}

/// The same of what was not changed since `time`, where others may be at work.
pub fn remove_leftovers_before(folder: &Path, time: SystemTime) -> io::Result<()> {
    remove_leftovers_that(folder, |leftover| {
        leftover.modified().is_ok_and(|modified| modified < time)
    })
}

fn remove_leftovers_that(folder: &Path, is_over: impl Fn(&fs::Metadata) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(is_leftover) {
            continue;
        }
        let metadata = match entry.metadata() {
            // Whoever made it has removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        if !is_over(&metadata) {
            continue;
        }
        if metadata.is_dir() {
            remove_folder(&entry.path())?;
        } else {
            remove_file(&entry.path())?;
        }
    }
    Ok(())
}

fn is_leftover(name: &str) -> bool {
    let middle = name.strip_prefix(OWN_PREFIX).and_then(|rest| rest.strip_suffix(OWN_TEMPORARY));
    let digits = |text: &str, radix| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    middle
        .and_then(|middle| middle.split_once('-'))
        .is_some_and(|(run, number)| run.len() == 16 && digits(run, 16) && digits(number, 10))
}

/// A new file with these bytes, synced; its name is not. A failure can leave a part of it under
/// `path`, which is therefore always a hidden name.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_file(path, bytes, Readers::AsUsual).map(drop)
}

fn write_file(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<File> {
    let mut file = create_file(path, readers)?;
    for piece in bytes.chunks(PIECE) {
        step(Effect::Write(path))?;
        file.write_all(piece)?;
    }
    step(Effect::SyncFile(path))?;
    file.sync_all()?;
    Ok(file)
}

/// Writes a file so that at every moment the path has either its old or its new contents, even
/// after a power cut.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    put(&temporary(folder_of(path)), path, bytes, readers, rename)
}

/// The same of a file that a person wrote: it keeps its rights, and a link to it goes on leading there.
pub fn rewrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let rights = fs::metadata(&path)?.permissions();
    replace(&path, bytes, Readers::AsUsual)?;
    fs::set_permissions(&path, rights)
}

/// The same by way of a name that only this file has, for a folder in which nobody looks for
/// leftovers: one of an earlier run is removed.
pub fn replace_by_way_of(
    unfinished: &Path,
    path: &Path,
    bytes: &[u8],
    readers: Readers,
) -> io::Result<()> {
    remove_file(unfinished)?;
    put(unfinished, path, bytes, readers, rename)
}

/// Writes a file that must not be there yet ([`io::ErrorKind::AlreadyExists`]); it appears as a
/// whole, durable, or not at all.
pub fn create(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let is_free = || match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
    };
    is_free()?;
    put(&temporary(folder_of(path)), path, bytes, readers, |from, to| {
        match rename_new(from, to) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                // A volume that cannot do so in one step, such as one of FUSE.
                is_free().and_then(|()| rename(from, to))
            }
            renamed => renamed,
        }
    })
}

fn put(
    unfinished: &Path,
    path: &Path,
    bytes: &[u8],
    readers: Readers,
    rename: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    let written = write_file(unfinished, bytes, readers).and_then(|file| {
        rename(unfinished, path)?;
        // Windows has no handle of the folder to flush; that of the file covers its name.
        if cfg!(windows) {
            step(Effect::SyncFile(path))?;
            file.sync_all()?;
        }
        Ok(())
    });
    if written.is_err() {
        // The first error is the one to tell; on a full disk, a part of a file is in the way of
        // everything else.
        let _ = remove_file(unfinished);
    }
    written.and_then(|()| sync_folder(folder_of(path)))
}

/// The folder of a path, also of a bare name.
fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// A second name for a plain file, or where the volume or its rules allow none, a synced copy.
pub fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    step(Effect::Link { from, to })?;
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let mut source = open_plain(from, Access::Read)?;
    let mut copy = create_file(to, Readers::AsUsual)?;
    let mut buffer = vec![0; PIECE];
    loop {
        let length = source.read(&mut buffer)?;
        let piece = buffer.get(..length).unwrap_or_default();
        if piece.is_empty() {
            step(Effect::SyncFile(to))?;
            return copy.sync_all();
        }
        step(Effect::Write(to))?;
        copy.write_all(piece)?;
    }
}

/// Renames; an existing file under the new name is replaced.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step(Effect::Rename { from, to })?;
    fs::rename(from, to)
}

/// Renames a file, never over an existing one ([`io::ErrorKind::AlreadyExists`]).
///
/// In one step where system and volume can, as Windows and Linux do on their own volumes;
/// otherwise, as on NFS, with a second name whose making fails if the name is taken, and the
/// removal of the first. A crash between the two leaves the file under both names.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    step(Effect::Rename { from, to })?;
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // The kernel or the volume (NFS among them) knows no such flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            result => return result.map_err(io::Error::from),
        }
    }
    #[cfg(windows)]
    {
        windows::rename_new(from, to)
    }
    #[cfg(not(windows))]
    {
        fs::hard_link(from, to)?;
        step(Effect::Remove(from))?;
        fs::remove_file(from)
    }
}

/// A new, empty folder.
pub fn create_folder(path: &Path) -> io::Result<()> {
    step(Effect::CreateFolder(path))?;
    fs::create_dir(path)
}

/// Removes a file; one that is already gone is fine.
pub fn remove_file(path: &Path) -> io::Result<()> {
    step(Effect::Remove(path))?;
    gone_is_fine(fs::remove_file(path))
}

/// Removes a folder that must be empty; one that is already gone is fine.
pub fn remove_empty_folder(path: &Path) -> io::Result<()> {
    step(Effect::Remove(path))?;
    gone_is_fine(fs::remove_dir(path))
}

/// Removes a folder with what is in it, following no links; one that is already gone is fine.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    step(Effect::Remove(path))?;
    gone_is_fine(fs::remove_dir_all(path))
}

/// Makes renames in the folder durable. Windows has no such call: there the order of its journal
/// has to do, and the renamed file itself is flushed where it counts. A few network file systems
/// refuse it.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    if Plant::NoFolderSync.is_there() {
        return Ok(());
    }
    step(Effect::SyncFolder(path))?;
    if cfg!(windows) {
        return Ok(());
    }
    match File::open(path)?.sync_all() {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            Ok(())
        }
        result => result,
    }
}

fn gone_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Before each effect.
#[cfg_attr(
    not(test),
    expect(clippy::unnecessary_wraps, reason = "a step fails on purpose only in tests")
)]
fn step(effect: Effect<&Path>) -> io::Result<()> {
    #[cfg(test)]
    faults::step(effect)?;
    #[cfg(not(test))]
    let _ = effect;
    Ok(())
}

#[cfg(test)]
mod tests;
