//! The backups that lie in a folder.

use std::fs;
use std::io;
use std::path::Path;

use jiff::civil::DateTime;

use super::generations::{is_backup, named_at};
use crate::disk;

/// The most that are told, the newest of them.
const MOST: usize = 500;

/// A file with the name of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// Its name.
    pub name: String,
    /// How large it is, in bytes.
    pub size: u64,
}

impl Shelved {
    /// The time that its name says, by the clock of the computer that made it.
    pub fn named_at(&self) -> Option<DateTime> {
        named_at(&self.name)
    }
}

/// The backups of a folder, the last one first by what their names say. Blocks.
pub fn shelf(folder: &Path) -> io::Result<Vec<Shelved>> {
    // A folder that is not there is no empty one.
    fs::metadata(folder)?;
    let mut names = disk::names(folder)?;
    names.retain(|name| is_backup(name));
    names.sort_by_key(|name| std::cmp::Reverse(named_at(name)));
    let shelved = names.into_iter().take(MOST).filter_map(|name| {
        let found = fs::symlink_metadata(folder.join(&name)).ok().filter(fs::Metadata::is_file)?;
        Some(Shelved { size: found.len(), name })
    });
    Ok(shelved.collect())
}
