//! Which layout the records of a file have, for whoever reads files that were judged or will be.

use crate::record::Record;
use crate::spec::{Layout, Spec};
use crate::types::{Edition, FileKind, FileName, FileNameError};

/// The end-of-file mark of old systems, which some still write after the last record.
pub const END_MARK: &[u8] = &[0x1A];

/// The kind and the edition that a file name tells, as far as it does.
pub fn told_by_name(name: &str) -> (Option<FileKind>, Option<Edition>) {
    match FileName::parse(name) {
        Ok(name) => (Some(name.kind), Some(name.edition())),
        Err(
            FileNameError::Extension { kind, .. }
            | FileNameError::PartCount { kind, .. }
            | FileNameError::Part { kind, .. },
        ) => (Some(kind), None),
        Err(FileNameError::UnknownPrefix) => (None, None),
    }
}

/// The layout for a file whose first record begins with this CSVバージョン; where that is none, the
/// name decides.
pub fn layout<'s>(
    spec: &'s Spec,
    kind: FileKind,
    version: &[u8],
    by_name: Option<Edition>,
) -> Option<&'s Layout> {
    let edition = match spec.version(version) {
        Some(version) => version.edition,
        None => by_name,
    };
    spec.layout(edition?, kind)
}

/// Whether a first record names its items: neither CSVバージョン nor 保険者番号 holds a digit.
pub fn is_header(record: &Record<'_>) -> bool {
    let (first, second) = (record.item(0), record.item(1));
    let names = |item: &[u8]| !item.is_empty() && !item.iter().any(u8::is_ascii_digit);
    names(first) && names(second)
}

/// Whether a record is nothing but the end-of-file mark.
pub fn is_end_mark(record: &Record<'_>) -> bool {
    record.item_count == 1 && record.item(0) == END_MARK
}
