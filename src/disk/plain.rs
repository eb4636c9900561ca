//! Plain files, opened and compared: what somebody else put there may be a link, a pipe or a folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

use super::effect::Effect;
use super::{PIECE, step};
use crate::types::{Digest, DigestBuilder, OwnFault};

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only to be read.
    Read,
    /// Fails when another program has it open, as far as the system tells: always on Windows
    /// (sharing), elsewhere where that program holds a lock.
    Exclusive,
}

/// Opens a plain file: follows no link, and does not wait for the other end of a pipe.
pub fn open_plain(path: &Path, access: Access) -> io::Result<File> {
    step(Effect::Open(path))?;
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

/// A text in UTF-8 of at most so many bytes. The path may be a link; a pipe would block the opening
/// itself, and a device may never end.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read_bytes(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

/// The same for bytes of any kind.
pub fn read_bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_followed(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(too_large(most));
    }
    Ok(bytes)
}

/// Opens a plain file, or one that a link leads to.
pub fn open_followed(path: &Path) -> io::Result<File> {
    let plain = |kind: fs::Metadata| kind.is_file().then_some(());
    let odd = || OwnFault::error("通常のファイルではありません", "not a regular file");
    plain(fs::metadata(path)?).ok_or_else(odd)?;
    let file = File::open(path)?;
    plain(file.metadata()?).ok_or_else(odd)?;
    Ok(file)
}

/// More bytes than are taken.
pub fn too_large(most: u64) -> io::Error {
    let (most, unit) = if most < 1 << 20 { (most >> 10, "KiB") } else { (most >> 20, "MiB") };
    OwnFault::error(format!("{most} {unit} を超えています"), format!("larger than {most} {unit}"))
}

/// The names of what lies in a folder, in their order; none where there is no folder. Names that are
/// not UTF-8 are passed over.
pub fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}

/// Whether a plain file with exactly these bytes stands there. Links and folders never do.
pub fn holds(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let length = u64::try_from(bytes.len()).map_err(io::Error::other)?;
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || metadata.len() != length {
        return Ok(false);
    }
    same_contents(open_plain(path, Access::Read)?, bytes)
}

/// Whether a plain file with so many bytes of this digest stands there. Links and folders never do.
pub fn holds_digest(path: &Path, size: u64, sha256: Digest) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || metadata.len() != size {
        return Ok(false);
    }
    let mut file = open_plain(path, Access::Read)?.take(size.saturating_add(1));
    let (mut digest, mut piece) = (DigestBuilder::new(), vec![0; PIECE]);
    loop {
        let count = file.read(&mut piece)?;
        match piece.get(..count) {
            Some([]) | None => return Ok(digest.finish() == sha256),
            Some(read) => digest.update(read),
        }
    }
}

/// Whether two plain files have the same bytes.
pub fn same_file_contents(left: &Path, right: &Path) -> io::Result<bool> {
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
