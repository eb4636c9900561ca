//! Whether files can be written in a folder and renamed without overwriting.

use std::io;
use std::path::Path;

use super::error::{Action, Fault, FolderError, FolderRole};
use crate::disk::{remove_file, rename_new, sync_folder, temporary, write_new};

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
