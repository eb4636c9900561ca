//! The container: a ZIP (PKWARE APPNOTE 6.3.10) of stored entries, written in one way only.
//!
//! Every byte of the container follows from its entries. Reading therefore takes lengths and
//! checksums from the local headers, writes down what the whole container must look like, and
//! refuses anything else: other names or orders, compression, encryption, ZIP64, comments, extra
//! fields, duplicates, and bytes between, before or after the entries.

use bytes::Bytes;

use super::{CmsFault, Limits, ManifestFault, PackageFault};

/// The most files that names of four digits can tell apart.
pub(super) const MAX_FILES: usize = 9999;

const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.p7s";

const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
const CENTRAL_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const LOCAL_LENGTH: usize = 30;
const CENTRAL_LENGTH: usize = 46;
const END_LENGTH: usize = 22;
/// Version 1.0 to extract, no flags, method 0 (stored), 1980-01-01 00:00:00.
const COMMON: [u8; 10] = [10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
/// Made by version 1.0 on Unix, so that the mode below is understood.
const MADE_BY: [u8; 2] = [10, 3];
/// A regular file with mode 0644.
const MODE: u32 = 0o100_644 << 16;

/// The entries of a container.
pub(super) struct Entries {
    pub(super) manifest: Bytes,
    pub(super) signature: Bytes,
    pub(super) files: Vec<Bytes>,
}

/// Writes a container. `None` when it would need ZIP64 or a fifth digit.
pub(super) fn write(manifest: &[u8], signature: &[u8], files: &[&[u8]]) -> Option<Vec<u8>> {
    if files.len() > MAX_FILES {
        return None;
    }
    let entries = || [manifest, signature].into_iter().chain(files.iter().copied()).enumerate();
    let length = entries().try_fold(END_LENGTH, |length, (index, data)| {
        let name = entry_name(index).len();
        length.checked_add(LOCAL_LENGTH + CENTRAL_LENGTH + 2 * name)?.checked_add(data.len())
    })?;
    u32::try_from(length).ok()?;

    let mut out = Vec::with_capacity(length);
    let mut directory = Directory::default();
    for (index, data) in entries() {
        let size = u32::try_from(data.len()).ok()?;
        let entry =
            Entry { crc: crc32fast::hash(data), size, offset: u32::try_from(out.len()).ok()? };
        entry.put_local(index, &mut out);
        out.extend_from_slice(data);
        directory.0.push(entry);
    }
    let end = directory.to_bytes(out.len())?;
    out.extend_from_slice(&end);
    Some(out)
}

/// Takes a container apart without copying its entries.
pub(super) fn read(bytes: &Bytes, limits: &Limits) -> Result<Entries, PackageFault> {
    let too_large = |got| PackageFault::TooLarge { limit: limits.package_bytes, got };
    if bytes.len() > limits.package_bytes {
        return Err(too_large(bytes.len()));
    }
    let most_files = limits.files.min(MAX_FILES);
    let mut directory = Directory::default();
    let mut entries = Vec::new();
    let mut at = 0_usize;
    while bytes.get(at..).is_some_and(|rest| rest.starts_with(&LOCAL_SIGNATURE)) {
        let index = entries.len();
        if index >= most_files + 2 {
            return Err(PackageFault::TooManyFiles { limit: most_files, got: index - 1 });
        }
        let (entry, data) = read_entry(bytes, at, index)?;
        let size = data.len();
        match index {
            0 if size > limits.manifest_bytes => {
                let limit = limits.manifest_bytes;
                return Err(ManifestFault::TooLarge { limit, got: size }.into());
            }
            1 if size > limits.signature_bytes => {
                let limit = limits.signature_bytes;
                return Err(CmsFault::TooLarge { limit, got: size }.into());
            }
            _ => {}
        }
        at += LOCAL_LENGTH + entry_name(index).len() + size;
        directory.0.push(entry);
        entries.push(data);
    }
    let end = directory.to_bytes(at).ok_or(too_large(at))?;
    if bytes.get(at..) != Some(end.as_slice()) {
        return Err(PackageFault::Container {
            offset: at,
            expected: "the directory of the entries",
        });
    }
    let mut entries = entries.into_iter();
    match (entries.next(), entries.next()) {
        (Some(manifest), Some(signature)) => {
            Ok(Entries { manifest, signature, files: entries.collect() })
        }
        _ => Err(PackageFault::Container { offset: at, expected: "a manifest and its signature" }),
    }
}

/// What the two headers of an entry say about it.
struct Entry {
    crc: u32,
    size: u32,
    offset: u32,
}

impl Entry {
    fn put_local(&self, index: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&LOCAL_SIGNATURE);
        out.extend_from_slice(&COMMON);
        self.put_sizes(index, out);
        out.extend_from_slice(entry_name(index).as_bytes());
    }

    /// Checksum, both sizes, the length of the name, no extra field.
    fn put_sizes(&self, index: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&self.size.to_le_bytes());
        out.extend_from_slice(&self.size.to_le_bytes());
        // Names have at most 13 characters.
        let name = u16::try_from(entry_name(index).len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&name.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
    }
}

#[derive(Default)]
struct Directory(Vec<Entry>);

impl Directory {
    /// The central directory that starts at `offset`, and its end record.
    fn to_bytes(&self, offset: usize) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(self.0.len() * (CENTRAL_LENGTH + 10) + END_LENGTH);
        for (index, entry) in self.0.iter().enumerate() {
            out.extend_from_slice(&CENTRAL_SIGNATURE);
            out.extend_from_slice(&MADE_BY);
            out.extend_from_slice(&COMMON);
            entry.put_sizes(index, &mut out);
            // No comment, disk 0, no internal attributes.
            out.extend_from_slice(&[0; 6]);
            out.extend_from_slice(&MODE.to_le_bytes());
            out.extend_from_slice(&entry.offset.to_le_bytes());
            out.extend_from_slice(entry_name(index).as_bytes());
        }
        let size = u32::try_from(out.len()).ok()?;
        let count = u16::try_from(self.0.len()).ok()?.to_le_bytes();
        out.extend_from_slice(&END_SIGNATURE);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&count);
        out.extend_from_slice(&count);
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&u32::try_from(offset).ok()?.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        Some(out)
    }
}

/// The entry number `index`, whose local header starts at `at`.
fn read_entry(bytes: &Bytes, at: usize, index: usize) -> Result<(Entry, Bytes), PackageFault> {
    let bad = |expected| PackageFault::Container { offset: at, expected };
    let number = |place: usize| {
        let field = bytes.get(at + place..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*field))
    };
    let offset = u32::try_from(at).map_err(|_| bad("a container below 4 GiB"))?;
    let (crc, size) = number(14).zip(number(18)).ok_or(bad("a whole entry"))?;
    let entry = Entry { crc, size, offset };

    let mut header = Vec::with_capacity(LOCAL_LENGTH + 16);
    entry.put_local(index, &mut header);
    let start = at + header.len();
    if bytes.get(at..start) != Some(header.as_slice()) {
        return Err(bad("the plain header of the next entry"));
    }
    let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
    let end = end.filter(|end| *end <= bytes.len()).ok_or(bad("a whole entry"))?;
    let data = bytes.slice(start..end);
    if crc32fast::hash(&data) != crc {
        return Err(bad("content that fits its checksum"));
    }
    Ok((entry, data))
}

fn entry_name(index: usize) -> String {
    match index {
        0 => MANIFEST.to_owned(),
        1 => SIGNATURE.to_owned(),
        _ => format!("files/{:04}", index - 1),
    }
}
