//! The bytes of files on their way to whoever wants them.

use std::io::{self, Read};

use crate::rules::SetCheck;

/// What one read of a file asks for, in bytes: enough to be hashed beside the checks, and so little
/// that it is still in a near cache when it is looked at for the second time.
const PIECE: usize = 1 << 20;

/// What takes files, one after the other, each in pieces.
pub trait Taker {
    /// The next file; its name may have folders before it, with `/`.
    fn begin_file(&mut self, name: &str);
    /// Its next bytes.
    fn feed(&mut self, piece: &[u8]);
    /// It is at its end.
    fn end_file(&mut self);
    /// The rest of it cannot be read.
    fn abandon_file(&mut self);
    /// Whether it takes anything more; where not, nothing more is read for it.
    fn wants_more(&self) -> bool {
        true
    }
}

impl Taker for SetCheck<'_> {
    fn begin_file(&mut self, name: &str) {
        SetCheck::begin_file(self, name);
    }

    fn feed(&mut self, piece: &[u8]) {
        SetCheck::feed(self, piece);
    }

    fn end_file(&mut self) {
        SetCheck::end_file(self);
    }

    fn abandon_file(&mut self) {
        SetCheck::abandon_file(self);
    }
}

/// Reads a file that was begun in pieces, to its end, or as far as it is wanted.
pub fn feed(
    taker: &mut impl Taker,
    file: &mut impl Read,
    mut advance: impl FnMut(usize),
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    while taker.wants_more() {
        match file.read(&mut piece) {
            Ok(0) => {
                taker.end_file();
                return Ok(());
            }
            Ok(length) => {
                taker.feed(piece.get(..length).unwrap_or_default());
                advance(length);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    taker.abandon_file();
    Ok(())
}
