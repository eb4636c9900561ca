//! Looking whether a backup could be put back.

use std::path::Path;

use age::secrecy::SecretString;
use jiff::Timestamp;

use super::opened::Opened;
use super::{BackupError, DATABASE};

/// What is in a backup that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// When it was made.
    pub made_at: Timestamp,
    /// How many files are in it.
    pub files: usize,
    /// Whether keys and passwords are in it.
    pub with_keys: bool,
}

/// Reads a backup from its beginning to its end and holds every file against its digest; writes nothing.
/// May block for as long as it takes.
pub fn check(backup: &Path, passphrase: SecretString) -> Result<Checked, BackupError> {
    let mut opened = Opened::open(backup, passphrase)?;
    let entries = opened.list.files.clone();
    for entry in &entries {
        opened.read(entry, |_| Ok(()))?;
    }
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
    let list = &opened.list;
    if !has(DATABASE) || !has(&format!("home/{}", list.config)) {
        return Err(BackupError::Damaged("a file is missing"));
    }
    Ok(Checked { made_at: list.made_at, files: entries.len(), with_keys: list.with_keys })
}
