//! The records of a month as one ZIP file.

use std::io::{self, Seek, Write};

use zip::write::{SimpleFileOptions, ZipWriter};

use super::sink::Sink;

/// Takes the files into a ZIP.
pub struct Zip<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> Zip<W> {
    /// One that is written to `to`.
    pub fn new(to: W) -> Self {
        Self(ZipWriter::new(to))
    }

    /// Ends it and gives back what it was written to.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.0.finish()?)
    }
}

impl<W: Write + Seek> Sink for Zip<W> {
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let large = u32::try_from(bytes.len()).is_err();
        self.0.start_file(path, SimpleFileOptions::default().large_file(large))?;
        self.0.write_all(bytes)
    }
}
