//! Reading and writing files that hold keys and certificates.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::CertsError;
use crate::disk::{self, Readers};

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
    if access == Access::Secret
        && let Some(mode) = disk::mode_for_others(&metadata)
    {
        return Err(CertsError::Permissions { path: path.to_owned(), mode: mode & 0o777 });
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
    let readers = match access {
        Access::Secret => Readers::Owner,
        Access::Public => Readers::Public,
    };
    let written = match existing {
        Existing::Keep => disk::create(path, bytes, readers),
        Existing::Replace => disk::replace(path, bytes, readers),
    };
    written.map_err(|source| match (existing, source.kind()) {
        (Existing::Keep, io::ErrorKind::AlreadyExists) => {
            CertsError::Exists { path: path.to_owned() }
        }
        _ => CertsError::Io { path: path.to_owned(), source },
    })
}
