//! Whether an archive that cannot be read was one of files of the standard: the names of its files stand
//! in it as they are, also where it was cut off, or its list is damaged.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use super::name::is_of_the_standard;

/// So much is searched at the most, in bytes: half of it from the beginning, half before the end, where
/// the list is.
pub const MOST_SEARCHED: u64 = 32 << 20;

/// What is searched at a time.
const PIECE: u64 = 1 << 16;

/// No name of the standard is longer.
const LONGEST: usize = 128;

const END: &[u8] = b".CSV";

/// Whether a name of the standard stands in a file.
pub fn names_the_standard(mut file: File) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    let half = MOST_SEARCHED / 2;
    if names_one(&mut file, 0, half)? {
        return Ok(true);
    }
    names_one(&mut file, length.saturating_sub(half).max(half), half)
}

fn names_one(file: &mut File, start: u64, length: u64) -> io::Result<bool> {
    file.seek(SeekFrom::Start(start))?;
    let mut rest = file.take(length);
    // A name may lie across two pieces.
    let mut piece = Vec::new();
    loop {
        let kept = piece.len().saturating_sub(LONGEST);
        piece.drain(..kept);
        if rest.by_ref().take(PIECE).read_to_end(&mut piece)? == 0 {
            return Ok(false);
        }
        if has_name(&piece) {
            return Ok(true);
        }
    }
}

fn has_name(bytes: &[u8]) -> bool {
    let ends = bytes.windows(END.len()).enumerate();
    let mut ends = ends.filter(|(_, four)| four.eq_ignore_ascii_case(END));
    ends.any(|(at, _)| {
        let before = bytes.get(..at).unwrap_or_default();
        let is_other = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'_';
        let begins = before.iter().rposition(is_other).map_or(0, |other| other + 1);
        let name = bytes.get(begins..at + END.len()).unwrap_or_default();
        name.len() <= LONGEST && std::str::from_utf8(name).is_ok_and(is_of_the_standard)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const NAME: &[u8] = b"UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.csv";

    fn is_found(parts: &[&[u8]]) -> bool {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&parts.concat()).expect("written");
        names_the_standard(file).expect("read")
    }

    #[test]
    fn a_name_is_found_wherever_it_stands() {
        let (piece, half) = (usize::try_from(PIECE).expect("fits"), 16 << 20);
        for before in [0, 30, piece - 20, piece - NAME.len(), piece, half - 10, half + 9] {
            let zeros = vec![0; before];
            assert!(is_found(&[&zeros, NAME, b"UT\x05\0"]), "{before}");
        }
        assert!(is_found(&[&vec![b'x'; 40 << 20], b"\0", NAME]), "before the end");
    }

    #[test]
    fn nothing_else_is_one() {
        for other in
            [&b"PK\x03\x04 family_2026.csv"[..], b".csv", b"UPPLAN", b"", &NAME[..NAME.len() - 1]]
        {
            assert!(!is_found(&[other]), "{other:?}");
        }
    }
}
