//! Files of old office programs (MS-CFB): told by the names in their directory.
//!
//! The chains of sectors are not followed. Every place where an entry of the directory can stand is
//! looked at, also such that the file has given up: what once was a macro may still be there.

use super::file_type::FileType;
use super::refused::Refused;

/// Bytes of an entry of the directory; its sectors begin at multiples of it.
const ENTRY: usize = 128;

/// The header of the file, in which no entry stands.
const HEADER: usize = 512;

pub(super) fn type_of(bytes: &[u8]) -> Result<FileType, Refused> {
    let mut found = Vec::new();
    for entry in bytes.get(HEADER..).unwrap_or_default().chunks_exact(ENTRY) {
        let Some(name) = name(entry) else { continue };
        let lower = name.to_ascii_lowercase();
        let is_program = ["vba", "macros", "_vba_project", "_vba_project_cur", "objectpool"]
            .contains(&lower.as_str());
        if is_program {
            return Err(Refused::Macros);
        }
        let kind = match lower.as_str() {
            "worddocument" => FileType::Doc,
            "workbook" | "book" => FileType::Xls,
            "powerpoint document" => FileType::Ppt,
            _ => continue,
        };
        if !found.contains(&kind) {
            found.push(kind);
        }
    }
    match found.as_slice() {
        [kind] => Ok(*kind),
        _ => Err(Refused::UnknownType),
    }
}

/// The name of an entry, if these bytes can be one: UTF-16 with its end, a length that fits, and a type
/// of storage, stream or root.
fn name(entry: &[u8]) -> Option<String> {
    let length = usize::from(u16::from_le_bytes(*entry.get(64..)?.first_chunk()?));
    let is_object = matches!(entry.get(66), Some(1 | 2 | 5));
    if !is_object || !(4..=64).contains(&length) || !length.is_multiple_of(2) {
        return None;
    }
    let (units, _) = entry.get(..length)?.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let (end, name) = units.split_last()?;
    (*end == 0).then(|| String::from_utf16(name).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(names: &[&str]) -> Vec<u8> {
        let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        bytes.resize(HEADER, 0);
        for name in names {
            let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            entry.extend([0, 0]);
            let length = u16::try_from(entry.len()).expect("short");
            entry.resize(64, 0);
            entry.extend(length.to_le_bytes());
            entry.push(2);
            entry.resize(ENTRY, 0);
            bytes.extend(entry);
        }
        bytes
    }

    #[test]
    fn old_files_are_told_by_their_streams() {
        assert_eq!(type_of(&file(&["Root Entry", "WordDocument"])), Ok(FileType::Doc));
        assert_eq!(type_of(&file(&["Root Entry", "Workbook"])), Ok(FileType::Xls));
        assert_eq!(type_of(&file(&["PowerPoint Document"])), Ok(FileType::Ppt));
        assert_eq!(type_of(&file(&["Root Entry"])), Err(Refused::UnknownType));
        assert_eq!(type_of(&file(&["WordDocument", "Book"])), Err(Refused::UnknownType));
        assert_eq!(type_of(&file(&["Workbook", "_VBA_PROJECT_CUR"])), Err(Refused::Macros));
        assert_eq!(type_of(&file(&["WordDocument", "Macros"])), Err(Refused::Macros));
        assert_eq!(type_of(b"\xD0\xCF\x11\xE0"), Err(Refused::UnknownType));
    }
}
