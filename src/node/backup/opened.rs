//! A backup that is read: unlocked, with its list.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Component, Path};

use age::secrecy::SecretString;
use age::stream::StreamReader;
use zip::ZipArchive;

use super::{BackupError, Entry, LIST, List, at};
use crate::types::DigestBuilder;

/// The most bytes that the list of files may have.
const LONGEST_LIST: u64 = 16 << 20;

/// The most work that a passphrase may take, as a power of two.
const MOST_WORK: u8 = 22;

/// The most files of a backup.
const MOST: usize = 1_000_000;

/// A backup that is open.
pub(super) struct Opened {
    archive: ZipArchive<StreamReader<BufReader<File>>>,
    /// What is in it; as many files as there are.
    pub(super) list: List,
}

impl Opened {
    /// Unlocks a backup and reads its list. May block for as long as the passphrase takes.
    pub(super) fn open(backup: &Path, passphrase: SecretString) -> Result<Self, BackupError> {
        let file = File::open(backup).map_err(at(backup))?;
        let locked = age::Decryptor::new_buffered(BufReader::new(file))
            .map_err(|error| reading(backup, error))?;
        if !locked.is_scrypt() {
            return Err(BackupError::Damaged("not locked by a passphrase"));
        }
        let mut identity = age::scrypt::Identity::new(passphrase);
        // A backup of a fast computer can be put back on a slow one.
        identity.set_max_work_factor(MOST_WORK);
        let stream = locked
            .decrypt(std::iter::once(&identity as &dyn age::Identity))
            .map_err(|error| reading(backup, error))?;
        let mut archive =
            ZipArchive::new(stream).map_err(|_| BackupError::Damaged("its end is missing"))?;
        let list = list(&mut archive)?;
        if list.files.len() > MOST || list.files.len() + 1 != archive.len() {
            return Err(BackupError::Damaged("its list does not fit"));
        }
        Ok(Self { archive, list })
    }

    /// Reads one file, hands on its bytes piece by piece, and holds it against its digest.
    pub(super) fn read(
        &mut self,
        entry: &Entry,
        mut take: impl FnMut(&[u8]) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        let damaged = || BackupError::Damaged("a file");
        let source = self.archive.by_name(&entry.name).map_err(|_| damaged())?;
        let mut source = source.take(entry.size.saturating_add(1));
        let mut digest = DigestBuilder::new();
        let mut size = 0;
        let mut piece = vec![0; 64 << 10];
        loop {
            let read = source.read(&mut piece).map_err(|_| damaged())?;
            let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else { break };
            digest.update(read);
            size += u64::try_from(read.len()).unwrap_or_default();
            take(read)?;
        }
        let is_whole = size == entry.size && digest.finish() == entry.sha256;
        if is_whole { Ok(()) } else { Err(damaged()) }
    }
}

/// What went wrong with the lock.
fn reading(path: &Path, error: age::DecryptError) -> BackupError {
    match error {
        age::DecryptError::Io(error) => at(path)(error),
        age::DecryptError::InvalidHeader | age::DecryptError::UnknownFormat => {
            BackupError::Damaged("its beginning")
        }
        _ => BackupError::Passphrase,
    }
}

fn list(archive: &mut ZipArchive<StreamReader<BufReader<File>>>) -> Result<List, BackupError> {
    let damaged = |_| BackupError::Damaged("its list");
    let entry = archive.by_name(LIST).map_err(damaged)?;
    let mut text = Vec::new();
    let read = entry.take(LONGEST_LIST).read_to_end(&mut text);
    read.map_err(|_| BackupError::Damaged("its list"))?;
    serde_json::from_slice(&text).map_err(|_| BackupError::Damaged("its list"))
}

/// Whether a path leads nowhere but down.
pub(super) fn is_plain(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
        && path.components().next().is_some()
}
