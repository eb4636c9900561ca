//! Family pictures: whether a JPEG (ITU-T T.81) is one, and is whole.

use memchr::memmem;

/// The bytes that begin a JPEG: SOI, and the first of the marker behind it.
const BEGIN: [u8; 3] = [0xFF, 0xD8, 0xFF];

/// EOI, the marker at the end.
const END: [u8; 2] = [0xFF, 0xD9];

/// Cameras and editors write data of their own behind the end; more than this is taken for a part of
/// a picture of which an earlier end, that of the preview in it, was seen.
const MOST_BEHIND: u64 = 64 << 10;

/// A picture as it is read, piece by piece.
#[derive(Debug, Default)]
pub(super) struct Picture {
    read: u64,
    /// The last byte of the piece before.
    last: Option<u8>,
    /// How many bytes had been read at the last end marker.
    ended_at: Option<u64>,
}

impl Picture {
    /// Whether a file that begins so is a JPEG at all.
    pub(super) fn begins(start: &[u8]) -> bool {
        start.starts_with(&BEGIN)
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        let length = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        if let Some(place) = memmem::rfind(piece, &END) {
            self.ended_at = Some(self.read + length(place + END.len()));
        } else if let (Some(0xFF), [0xD9, ..]) = (self.last, piece) {
            self.ended_at = Some(self.read + 1);
        }
        self.read += length(piece.len());
        self.last = piece.last().copied().or(self.last);
    }

    /// Whether the end is missing.
    pub(super) fn is_cut(&self) -> bool {
        self.ended_at.is_none_or(|end| self.read - end > MOST_BEHIND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_cut(pieces: &[&[u8]]) -> bool {
        let mut picture = Picture::default();
        for piece in pieces {
            picture.feed(piece);
        }
        picture.is_cut()
    }

    #[test]
    fn a_picture_ends_with_its_end_marker() {
        assert!(!is_cut(&[b"\xFF\xD8\xFF\xE0 data \xFF\xD9"]));
        assert!(!is_cut(&[b"\xFF\xD8\xFF\xE0 data \xFF", b"", b"\xD9"]), "in two pieces");
        assert!(!is_cut(&[b"\xFF\xD8\xFF\xE0 data \xFF\xD9 trailer"]));
        assert!(is_cut(&[b"\xFF\xD8\xFF\xE0 data"]));
        assert!(is_cut(&[b"\xFF\xD8\xFF"]));
        let rest = vec![7; 100_000];
        assert!(is_cut(&[b"\xFF\xD8\xFF\xE1 preview \xFF\xD9", &rest]), "that of the preview");
    }
}
