//! Laying files into the drop folder that may lie there already, from an attempt that was cut off.

use std::io;
use std::path::Path;

use super::error::{Action, Fault, FolderError, FolderRole};
use crate::disk::{self, Access, Readers};
use crate::types::{Digest, DigestBuilder};

fn failed(error: io::Error, name: &str) -> FolderError {
    FolderError::of_io(error, FolderRole::Drop, Action::Write).about(name)
}

/// Whether a file of this name lies there that has other bytes.
pub fn has_other(drop: &Path, name: &str, sha256: Digest) -> Result<bool, FolderError> {
    let mut file = match disk::open_plain(&drop.join(name), Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error, name)),
    };
    let mut digest = DigestBuilder::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut piece) {
            Ok(0) => return Ok(digest.finish() != sha256),
            Ok(length) => digest.update(piece.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error, name)),
        }
    }
}

/// Lays a file durably, unless its very bytes lie there: says whether it did. One with other bytes is
/// [`Fault::SameName`] and stays.
pub fn once(drop: &Path, name: &str, bytes: &[u8]) -> Result<bool, FolderError> {
    let path = drop.join(name);
    match disk::create(&path, bytes, Readers::AsUsual) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if disk::holds(&path, bytes).map_err(|error| failed(error, name))? {
                return Ok(false);
            }
            let fault = FolderError::new(Fault::SameName, FolderRole::Drop, Action::Write);
            Err(fault.about(name))
        }
        Err(error) => Err(failed(error, name)),
    }
}

/// Takes back what was just laid, as far as the disk lets it.
pub fn take_back(drop: &Path, names: &[String]) {
    for name in names {
        let _ = disk::remove_file(&drop.join(name));
    }
}
