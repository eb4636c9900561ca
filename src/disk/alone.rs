//! One writer at a time, be it the node or a command.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// The file that is locked.
const LOCK: &str = ".renkei-lock";

/// Held while files of a folder are read and written anew.
#[derive(Debug)]
pub struct Alone {
    /// The lock lasts as long as it is open.
    _file: File,
}

impl Alone {
    /// Waits until nobody else holds the folder, which is there.
    ///
    /// # Errors
    ///
    /// The folder cannot be written to.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(LOCK))?;
        match file.lock() {
            // Volumes without locks: one writer at a time is all that anybody can ask for.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
            _ => Ok(Self { _file: file }),
        }
    }
}
