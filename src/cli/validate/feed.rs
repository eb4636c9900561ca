//! The bytes of a file on their way into the checks.

use std::io::{self, Read};

use crate::rules::SetCheck;

/// What one read of a file asks for, in bytes: enough to be hashed beside the checks, and so little
/// that it is still in a near cache when it is looked at for the second time.
const PIECE: usize = 1 << 20;

/// Reads a file that was begun in pieces through the checks, to its end.
pub(super) fn feed(
    check: &mut SetCheck<'_>,
    file: &mut impl Read,
    mut advance: impl FnMut(usize),
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => {
                check.feed(piece.get(..length).unwrap_or_default());
                advance(length);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    check.end_file();
    Ok(())
}
