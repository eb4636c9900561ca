//! The operations on disk, each once: what changes something goes through here, so that tests can
//! make every single step fail.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{Action, Fault, FolderError, FolderRole};
use super::name::{OWN_PREFIX, OWN_TEMPORARY};

#[cfg(test)]
pub(super) mod faults;
#[cfg(windows)]
mod windows;

/// Bytes moved at a time. Small in tests, so that a write can fail in its middle.
const PIECE: usize = if cfg!(test) { 16 } else { 1 << 18 };

/// Writes a file so that at every moment the path has either its old or its new contents, even
/// after a power cut: a hidden file beside it, synced, renamed over it, the folder synced.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    replace(path, bytes).map_err(FolderError::at(FolderRole::Other, Action::Write))
}

/// As [`write_atomic`].
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let temporary = temporary(folder);
    let written = write_new(&temporary, bytes).and_then(|()| rename(&temporary, path));
    if written.is_err() {
        let _ = remove_file(&temporary);
    }
    written.and_then(|()| sync_folder(folder))
}

/// A path in `folder` for an unfinished file or folder: hidden, unique also among the leftovers of
/// earlier runs, without personal data.
pub(super) fn temporary(folder: &Path) -> PathBuf {
    static RUN: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8));
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("{OWN_PREFIX}{:016x}-{number}{OWN_TEMPORARY}", *RUN))
}

/// Removes what a crash left under the names of [`temporary`], and nothing else: other things of
/// ours, such as a work folder, may stand beside them.
pub(super) fn remove_leftovers(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(is_leftover) {
            continue;
        }
        if entry.file_type()?.is_dir() {
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

/// A new file with these bytes, synced. A failure can leave a part of it under `path`, which is
/// therefore always a hidden name.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    step()?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    for piece in bytes.chunks(PIECE) {
        step()?;
        file.write_all(piece)?;
    }
    step()?;
    file.sync_all()
}

/// A second name for a plain file, or where the volume or its rules allow none, a synced copy.
pub(super) fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let mut source = open_plain(from, Access::Read)?;
    let mut copy = OpenOptions::new().write(true).create_new(true).open(to)?;
    let mut buffer = vec![0; PIECE];
    loop {
        let length = source.read(&mut buffer)?;
        let piece = buffer.get(..length).unwrap_or_default();
        if piece.is_empty() {
            step()?;
            return copy.sync_all();
        }
        step()?;
        copy.write_all(piece)?;
    }
}

/// Renames; an existing file under the new name is replaced.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    fs::rename(from, to)
}

/// Checks that files can be written here and renamed without overwriting.
pub(super) fn probe(folder: &Path, role: FolderRole) -> Result<(), FolderError> {
    let failed = FolderError::at(role, Action::Check);
    let [first, second, third] = [temporary(folder), temporary(folder), temporary(folder)];
    let probe = || {
        write_new(&first, b"renkei").map_err(&failed)?;
        write_new(&second, b"renkei").map_err(&failed)?;
        match rename_new(&first, &second) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            _ => return Err(FolderError::new(Fault::NoSafeRename, role, Action::Check)),
        }
        // Not to a name that was just deleted: on Windows it stays taken for as long as anybody,
        // such as a virus scanner, has the file open.
        rename_new(&first, &third).map_err(&failed)?;
        sync_folder(folder).map_err(&failed)
    };
    let result = probe();
    let cleaned = [&first, &second, &third].map(|path| remove_file(path));
    let cleaned = cleaned.into_iter().collect::<io::Result<()>>().map_err(&failed);
    result.and(cleaned)
}

/// Renames a file, never over an existing one ([`io::ErrorKind::AlreadyExists`]).
///
/// In one step where system and volume can, as Windows and Linux do on their own volumes;
/// otherwise, as on NFS, with a second name whose making fails if the name is taken, and the
/// removal of the first. A crash between the two leaves the file under both names.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
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
        step()?;
        fs::remove_file(from)
    }
}

/// A new, empty folder.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    step()?;
    fs::create_dir(path)
}

/// Removes a file; one that is already gone is fine.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    step()?;
    gone_is_fine(fs::remove_file(path))
}

/// Removes a folder that must be empty; one that is already gone is fine.
pub(super) fn remove_empty_folder(path: &Path) -> io::Result<()> {
    step()?;
    gone_is_fine(fs::remove_dir(path))
}

/// Removes a folder with what is in it, following no links; one that is already gone is fine.
pub(super) fn remove_folder(path: &Path) -> io::Result<()> {
    step()?;
    gone_is_fine(fs::remove_dir_all(path))
}

/// Makes renames in the folder durable. Windows has no such call: there the order of its journal
/// has to do, and the renamed file itself is flushed where it counts. A few network file systems
/// refuse it.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    step()?;
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

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    /// Fails when another program has it open, as far as the system tells: always on Windows
    /// (sharing), elsewhere where that program holds a lock.
    Exclusive,
}

/// Opens a plain file: follows no link, and does not wait for the other end of a pipe.
pub(super) fn open_plain(path: &Path, access: Access) -> io::Result<File> {
    step()?;
    let exclusive = access == Access::Exclusive;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt as _;
        const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
        options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        if exclusive {
            options.share_mode(0);
        }
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"));
    }
    if exclusive && cfg!(unix) {
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            // Volumes without locks tell nothing.
            Err(fs::TryLockError::Error(_)) | Ok(()) => {}
        }
    }
    Ok(file)
}

/// Whether a plain file with exactly these bytes stands there. Links and folders never do.
pub(super) fn holds(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let length = u64::try_from(bytes.len()).map_err(io::Error::other)?;
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || metadata.len() != length {
        return Ok(false);
    }
    same_contents(open_plain(path, Access::Read)?, bytes)
}

/// Whether two plain files have the same bytes.
pub(super) fn same_file_contents(left: &Path, right: &Path) -> io::Result<bool> {
    let (left_length, right_length) = (fs::symlink_metadata(left)?, fs::symlink_metadata(right)?);
    if !right_length.is_file() || left_length.len() != right_length.len() {
        return Ok(false);
    }
    let left = open_plain(left, Access::Read)?;
    same_contents(open_plain(right, Access::Read)?, io::BufReader::with_capacity(PIECE, left))
}

fn same_contents(file: File, mut expected: impl io::BufRead) -> io::Result<bool> {
    let mut file = io::BufReader::with_capacity(PIECE, file);
    loop {
        use io::BufRead as _;
        let (got, want) = (file.fill_buf()?, expected.fill_buf()?);
        if got.is_empty() || want.is_empty() {
            return Ok(got.is_empty() && want.is_empty());
        }
        let length = got.len().min(want.len());
        if got.get(..length) != want.get(..length) {
            return Ok(false);
        }
        file.consume(length);
        expected.consume(length);
    }
}

fn gone_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg_attr(
    not(test),
    expect(clippy::unnecessary_wraps, reason = "a step fails on purpose only in tests")
)]
fn step() -> io::Result<()> {
    #[cfg(test)]
    faults::step()?;
    Ok(())
}

#[cfg(test)]
mod tests;
