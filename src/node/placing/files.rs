//! Which files of a package go where.

use bytes::Bytes;

use super::super::folders::ImportFolders;
use crate::folder::ImportFolder;
use crate::package::Package;
use crate::types::{FileKind, FileName};

/// A file of a package with its kind and its name.
type File<'a> = (Option<FileKind>, &'a str, &'a Bytes);

/// The import folder of a package, and its files, parents before their dependants.
pub(super) fn destination<'a>(
    folders: &'a ImportFolders,
    package: &'a Package,
) -> (&'a ImportFolder, Vec<File<'a>>) {
    let mut files: Vec<_> = package
        .files()
        .map(|(file, bytes)| {
            let kind = FileName::parse(&file.name).ok().map(|name| name.kind);
            (kind, file.name.as_str(), bytes)
        })
        .collect();
    files.sort_by_key(|(kind, name, _)| (*kind, *name));
    (folders.import(files.iter().filter_map(|(kind, _, _)| *kind)), files)
}

/// Names and bytes alone.
pub(super) fn named<'a>(files: &[File<'a>]) -> Vec<(&'a str, &'a [u8])> {
    files.iter().map(|&(_, name, bytes)| (name, bytes.as_ref())).collect()
}
