//! Reading and writing files that hold keys and certificates.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::CertsError;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The owner only: keys and passwords (mode 0600).
    Secret,
    /// Everybody: certificates, lists (mode 0644).
    Public,
}

/// What happens to a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and writing fails.
    Keep,
    /// It is replaced in one step.
    Replace,
}

/// Reads a whole file of at most `limit` bytes. A secret must not be open to others.
pub fn read(path: &Path, access: Access, limit: u64) -> Result<Zeroizing<Vec<u8>>, CertsError> {
    let failed = |source| CertsError::Io { path: path.to_owned(), source };
    // A pipe would block the opening itself.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(CertsError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if access == Access::Secret {
        check_mode(path, &metadata)?;
    }
    if metadata.len() > limit {
        return Err(CertsError::TooLarge { path: path.to_owned(), limit });
    }
    // Room for everything at once: growing would leave copies of a key behind.
    let capacity = usize::try_from(metadata.len()).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity.saturating_add(1)));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Ok(bytes)
    } else {
        Err(CertsError::TooLarge { path: path.to_owned(), limit })
    }
}

/// Writes a file so that it is either there completely, with its permissions, or not at all.
pub fn write(
    path: &Path,
    bytes: &[u8],
    access: Access,
    existing: Existing,
) -> Result<(), CertsError> {
    let failed = |source| CertsError::Io { path: path.to_owned(), source };
    if existing == Existing::Keep && fs::symlink_metadata(path).is_ok() {
        return Err(CertsError::Exists { path: path.to_owned() });
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random)
        .map_err(|_| CertsError::Generate { what: "name of a temporary file" })?;
    let temporary = folder.join(format!(".renkei-{:016x}.tmp", u64::from_le_bytes(random)));
    let written = write_through(&temporary, bytes, access)
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| sync_folder(folder));
    if let Err(source) = written {
        // The first error is the one to tell; a leftover is named as ours and holds no more than
        // what was to be written.
        let _ = fs::remove_file(&temporary);
        return Err(failed(source));
    }
    Ok(())
}

fn write_through(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(match access {
            Access::Secret => 0o600,
            Access::Public => 0o644,
        });
    }
    #[cfg(not(unix))]
    let _ = access;
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
const fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &fs::Metadata) -> Result<(), CertsError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    let others = mode & 0o077;
    if others == 0 { Ok(()) } else { Err(CertsError::Permissions { path: path.to_owned(), mode }) }
}

/// Windows has no modes; whoever installs the node protects the folder (`docs/it.md`).
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
const fn check_mode(_: &Path, _: &fs::Metadata) -> Result<(), CertsError> {
    Ok(())
}
