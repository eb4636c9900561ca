//! Files of office programs in a ZIP (ISO/IEC 29500-2): told by the names of their parts.
//!
//! Nothing is decompressed. The local header of each part has to say the same name as the directory:
//! a reader that goes by the one must not find other parts than one that goes by the other.

use super::file_type::FileType;
use super::refused::Refused;

/// Parts of one file that are looked at; office programs write a few hundred.
const MOST_PARTS: usize = 20_000;

/// The end of the central directory may have a comment of so many bytes behind it.
const LONGEST_TAIL: usize = 22 + 65_535;

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

/// The type of a ZIP, if it is one of an office program and carries no programs.
pub(super) fn type_of(bytes: &[u8]) -> Result<FileType, Refused> {
    let names = names(bytes).ok_or(Refused::UnknownType)?;
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    if !has("[Content_Types].xml") {
        return Err(Refused::UnknownType);
    }
    if names.iter().any(|name| carries_programs(name)) {
        return Err(Refused::Macros);
    }
    let main = [
        ("word/document.xml", FileType::Docx),
        ("xl/workbook.xml", FileType::Xlsx),
        ("ppt/presentation.xml", FileType::Pptx),
    ];
    let mut found = main.iter().filter(|(part, _)| has(part)).map(|(_, found)| *found);
    match (found.next(), found.next()) {
        (Some(found), None) => Ok(found),
        _ => Err(Refused::UnknownType),
    }
}

/// Parts that hold programs, or whole files that may: macros, `ActiveX` controls, embedded objects, and
/// sheets of the macros of old. The tables behind charts are embedded too, as files of a kind that
/// office programs open without macros.
fn carries_programs(name: &str) -> bool {
    let name = format!("/{}", name.to_ascii_lowercase());
    let last = name.rsplit('/').next().unwrap_or_default();
    let is_plain = [".docx", ".xlsx", ".pptx"].iter().any(|extension| last.ends_with(extension));
    // Office programs write no such names, and readers take them for others.
    name.contains('%')
        || last.starts_with("vbaproject")
        || last.starts_with("vbadata")
        || (name.contains("/embeddings/") && !is_plain)
        || ["/activex/", "/macrosheets/", "/dialogsheets/"]
            .iter()
            .any(|folder| name.contains(folder))
}

/// The names in the directory, if the whole is as it should be.
fn names(bytes: &[u8]) -> Option<Vec<String>> {
    let tail = bytes.len().saturating_sub(LONGEST_TAIL);
    let end = memchr::memmem::rfind(bytes.get(tail..)?, END)? + tail;
    let count = usize::from(u16_at(bytes, end + 10)?);
    let comment = usize::from(u16_at(bytes, end + 20)?);
    if end + 22 + comment != bytes.len() {
        return None;
    }
    let mut at = usize::try_from(u32_at(bytes, end + 16)?).ok()?;
    if count > MOST_PARTS {
        return None;
    }
    let mut names = Vec::new();
    for _ in 0..count {
        let entry = bytes.get(at..)?;
        if !entry.starts_with(ENTRY) {
            return None;
        }
        let length = usize::from(u16_at(entry, 28)?);
        let (extra, comment) = (usize::from(u16_at(entry, 30)?), usize::from(u16_at(entry, 32)?));
        let name = entry.get(46..46 + length)?;
        let local = bytes.get(usize::try_from(u32_at(entry, 42)?).ok()?..)?;
        let is_same = local.starts_with(LOCAL)
            && usize::from(u16_at(local, 26)?) == length
            && local.get(30..30 + length)? == name;
        if !is_same {
            return None;
        }
        names.push(std::str::from_utf8(name).ok()?.replace('\\', "/"));
        at = at.checked_add(46 + length + extra + comment)?;
    }
    // Nothing between the directory and its end: that could be another directory.
    (at == end).then_some(names)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn zipped(parts: &[&str]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for part in parts {
            zip.start_file(*part, SimpleFileOptions::default()).expect("a part");
            zip.write_all(b"<xml/>").expect("written");
        }
        zip.finish().expect("a ZIP").into_inner()
    }

    #[test]
    fn office_files_are_told_from_other_archives() {
        let types = "[Content_Types].xml";
        let of = |parts: &[&str]| type_of(&zipped(parts));
        assert_eq!(of(&[types, "_rels/.rels", "word/document.xml"]), Ok(FileType::Docx));
        assert_eq!(of(&[types, "xl/workbook.xml"]), Ok(FileType::Xlsx));
        assert_eq!(of(&[types, "ppt/presentation.xml"]), Ok(FileType::Pptx));
        let chart = "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx";
        assert_eq!(of(&[types, "ppt/presentation.xml", chart]), Ok(FileType::Pptx));
        assert_eq!(of(&["a.exe"]), Err(Refused::UnknownType));
        assert_eq!(of(&["word/document.xml"]), Err(Refused::UnknownType));
        let two = [types, "word/document.xml", "xl/workbook.xml"];
        assert_eq!(of(&two), Err(Refused::UnknownType));
    }

    #[test]
    fn programs_inside_are_found() {
        for part in [
            "xl/vbaProject.bin",
            "xl/VBAPROJECT.BIN",
            "word/vbaData.xml",
            "xl/activeX/activeX1.bin",
            "word/embeddings/oleObject1.bin",
            "word/embeddings/sheet.xlsm",
            "xl\\macrosheets\\sheet1.xml",
            "activeX/activeX1.bin",
            "xl/vba%50roject.bin",
        ] {
            let bytes = zipped(&["[Content_Types].xml", "xl/workbook.xml", part]);
            assert_eq!(type_of(&bytes), Err(Refused::Macros), "{part}");
        }
    }

    #[test]
    fn a_directory_that_says_otherwise_than_the_parts_is_refused() {
        let bytes = zipped(&["[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"]);
        let mut hidden = bytes.clone();
        let at = memchr::memmem::rfind(&hidden, b"vbaProject.bin").expect("in the directory");
        hidden[at..at + 14].copy_from_slice(b"worksheet1.xml");
        assert_eq!(type_of(&hidden), Err(Refused::UnknownType));
        for cut in [0, 4, 30, bytes.len() / 2, bytes.len() - 1] {
            assert_eq!(type_of(&bytes[..cut]), Err(Refused::UnknownType), "{cut}");
        }
    }
}
