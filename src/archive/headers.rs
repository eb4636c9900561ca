//! Whether the files of a ZIP archive are those of its list, for every reader: some go by the list at
//! the end, others by the head before each file.
//!
//! What only describes a file may differ there, and does in archives of office PCs and of macOS: when
//! it was written, attributes, the version, lengths that stand behind the file.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use zip::ZipArchive;

/// `PK\3\4`, before each file.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// `PK\1\2`, before each line of the list.
const CENTRAL: [u8; 4] = *b"PK\x01\x02";

/// The parts of fixed length, in bytes.
const LOCAL_LENGTH: usize = 30;
const CENTRAL_LENGTH: usize = 46;

/// General purpose flags.
const ENCRYPTED: u16 = 1;
const LENGTHS_BEHIND: u16 = 1 << 3;

/// A length that stands among the extra fields instead.
const ELSEWHERE: u32 = u32::MAX;

/// Extra fields: lengths of large files, and a name in UTF-8 that some readers prefer.
const ZIP64: u16 = 1;
const UNICODE_NAME: u16 = 0x7075;

/// So much is searched at a time.
const PIECE: u64 = 1 << 16;

/// What a head or a line of the list says.
#[derive(PartialEq)]
struct Head {
    name: Vec<u8>,
    unicode_name: Option<Vec<u8>>,
    method: u16,
    is_encrypted: bool,
}

/// A head before a file, or none that can be read.
struct LocalHead {
    head: Head,
    lengths_behind: bool,
    crc32: u32,
    packed: u64,
    size: u64,
    /// Where the file itself begins.
    data: u64,
}

/// Whether all heads agree with the list, and none stands that the list does not have. `reader` is
/// that of the archive.
pub(super) fn agree<R: Read + Seek>(
    archive: &ZipArchive<impl Read + Seek>,
    reader: &mut R,
) -> io::Result<bool> {
    let mut taken: Vec<Range<u64>> = Vec::with_capacity(archive.len());
    let mut list = u64::MAX;
    for place in 0..archive.len() {
        let Ok(entry) = archive.by_index_data(place) else { return Ok(false) };
        list = list.min(entry.central_header_start());
        let line = central(reader, entry.central_header_start())?;
        let (Some(line), Some(local)) = (line, local(reader, entry.header_start())?) else {
            return Ok(false);
        };
        let same = |here: u64, listed: u64| {
            here == listed || local.lengths_behind && (here == 0 || here == u64::from(ELSEWHERE))
        };
        if line != local.head
            || !same(local.crc32.into(), entry.crc32().into())
            || !same(local.packed, entry.compressed_size())
            || !same(local.size, entry.size())
        {
            return Ok(false);
        }
        let end = local.data.saturating_add(entry.compressed_size());
        taken.push(entry.header_start()..end);
    }
    taken.sort_unstable_by_key(|range| range.start);
    let mut free = 0;
    for range in taken {
        if hides_a_file(reader, free..range.start)? {
            return Ok(false);
        }
        free = range.end;
    }
    Ok(archive.is_empty() || !hides_a_file(reader, free..list)?)
}

fn local<R: Read + Seek>(reader: &mut R, start: u64) -> io::Result<Option<LocalHead>> {
    reader.seek(SeekFrom::Start(start))?;
    let Some(fixed) = exactly::<LOCAL_LENGTH>(reader)? else { return Ok(None) };
    if !fixed.starts_with(&LOCAL) {
        return Ok(None);
    }
    let (flags, method) = (u16_at(&fixed, 6), u16_at(&fixed, 8));
    let (packed, size) = (u32_at(&fixed, 18), u32_at(&fixed, 22));
    let lengths = (u16_at(&fixed, 26), u16_at(&fixed, 28));
    let Some((name, extra)) = name_and_extra(reader, lengths)? else { return Ok(None) };
    let mut large = field(&extra, ZIP64).unwrap_or_default().chunks_exact(8);
    let mut length = |short: u32| {
        let long = if short == ELSEWHERE { large.next() } else { None };
        let long = long.and_then(|eight| eight.try_into().ok());
        long.map_or(u64::from(short), u64::from_le_bytes)
    };
    // In this order there.
    let size = length(size);
    let packed = length(packed);
    let behind = u64::from(lengths.0) + u64::from(lengths.1);
    Ok(Some(LocalHead {
        head: Head {
            unicode_name: field(&extra, UNICODE_NAME).map(<[u8]>::to_vec),
            name,
            method,
            is_encrypted: flags & ENCRYPTED != 0,
        },
        lengths_behind: flags & LENGTHS_BEHIND != 0,
        crc32: u32_at(&fixed, 14),
        packed,
        size,
        data: start.saturating_add(30).saturating_add(behind),
    }))
}

fn central<R: Read + Seek>(reader: &mut R, start: u64) -> io::Result<Option<Head>> {
    reader.seek(SeekFrom::Start(start))?;
    let Some(fixed) = exactly::<CENTRAL_LENGTH>(reader)? else { return Ok(None) };
    if !fixed.starts_with(&CENTRAL) {
        return Ok(None);
    }
    let lengths = (u16_at(&fixed, 28), u16_at(&fixed, 30));
    let Some((name, extra)) = name_and_extra(reader, lengths)? else { return Ok(None) };
    Ok(Some(Head {
        unicode_name: field(&extra, UNICODE_NAME).map(<[u8]>::to_vec),
        name,
        method: u16_at(&fixed, 10),
        is_encrypted: u16_at(&fixed, 8) & ENCRYPTED != 0,
    }))
}

/// The bytes, unless the archive ends before.
fn exactly<const LENGTH: usize>(reader: &mut impl Read) -> io::Result<Option<[u8; LENGTH]>> {
    let mut bytes = [0; LENGTH];
    match reader.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn name_and_extra(
    reader: &mut impl Read,
    (name, extra): (u16, u16),
) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let length = u64::from(name) + u64::from(extra);
    reader.by_ref().take(length).read_to_end(&mut bytes)?;
    let is_whole = u64::try_from(bytes.len()).is_ok_and(|read| read == length);
    let extra = bytes.split_off(bytes.len().min(name.into()));
    Ok(is_whole.then_some((bytes, extra)))
}

/// The first extra field of a kind.
fn field(mut extra: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let (head, rest) = extra.split_at_checked(4)?;
        let (content, rest) = rest.split_at_checked(u16_at(head, 2).into())?;
        if u16_at(head, 0) == kind {
            return Some(content);
        }
        extra = rest;
    }
}

/// Whether the head of a file stands in a part of the archive that the list does not know.
fn hides_a_file<R: Read + Seek>(reader: &mut R, part: Range<u64>) -> io::Result<bool> {
    let Some(length) = part.end.checked_sub(part.start) else { return Ok(false) };
    // Too short for a head, as the lengths behind a file are.
    if length < 30 {
        return Ok(false);
    }
    reader.seek(SeekFrom::Start(part.start))?;
    let mut rest = reader.take(length);
    // A head may lie across two pieces.
    let mut piece = Vec::new();
    loop {
        let kept = piece.len().saturating_sub(LOCAL.len() - 1);
        piece.drain(..kept);
        if rest.by_ref().take(PIECE).read_to_end(&mut piece)? == 0 {
            return Ok(false);
        }
        if piece.windows(LOCAL.len()).any(|bytes| bytes == LOCAL) {
            return Ok(true);
        }
    }
}

fn u16_at(bytes: &[u8], place: usize) -> u16 {
    let bytes = bytes.get(place..place + 2).and_then(|two| two.try_into().ok());
    bytes.map(u16::from_le_bytes).unwrap_or_default()
}

fn u32_at(bytes: &[u8], place: usize) -> u32 {
    let bytes = bytes.get(place..place + 4).and_then(|four| four.try_into().ok());
    bytes.map(u32::from_le_bytes).unwrap_or_default()
}
