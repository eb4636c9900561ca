//! Where the files go.

use std::io;

/// Takes the files, in the order in which they are made. Paths are relative, their parts separated by
/// `/`.
pub trait Sink {
    /// Writes one file.
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()>;
}
