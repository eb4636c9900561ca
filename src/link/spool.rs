//! Large bodies on their way: in a file without a name while they arrive, in memory of their own
//! while they are looked at.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use memmap2::{Mmap, MmapMut};
use tokio::sync::OwnedSemaphorePermit;

use crate::work;

/// What is collected before it is written.
const BUFFER: usize = 256 << 10;

/// The folder in which bodies arrive. The files have no name, or one that the operating system
/// removes when the file is closed, also when we are killed.
#[derive(Debug)]
pub(super) struct Spool(PathBuf);

impl Spool {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// A new body that begins with what has come of it.
    pub(super) async fn begin(&self, first: BytesMut) -> io::Result<Spooled> {
        let folder = self.0.clone();
        let file = blocking(move || tempfile::tempfile_in(folder)).await?;
        let mut spooled = Spooled { file: Some(file), buffer: first, written: 0 };
        spooled.flush().await?;
        Ok(spooled)
    }
}

/// A body in a file.
#[derive(Debug)]
pub(super) struct Spooled {
    /// Absent only while it is written, and after a write that failed.
    file: Option<File>,
    buffer: BytesMut,
    written: usize,
}

impl Spooled {
    /// Adds what has come.
    pub(super) async fn push(&mut self, data: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(data);
        if self.buffer.len() >= BUFFER { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> io::Result<()> {
        let mut file = self.file.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        self.written += buffer.len();
        let (file, buffer) = blocking(move || {
            file.write_all(&buffer)?;
            buffer.clear();
            // What came before the file was begun may be larger than what is collected for it.
            Ok((file, if buffer.capacity() > 2 * BUFFER { BytesMut::new() } else { buffer }))
        })
        .await?;
        self.file = Some(file);
        self.buffer = buffer;
        Ok(())
    }

    /// So many bytes have come.
    pub(super) fn len(&self) -> usize {
        self.written + self.buffer.len()
    }

    /// Reads the whole body into memory, which `memory` counts for as long as any part of it is in
    /// use.
    pub(super) async fn load(mut self, memory: OwnedSemaphorePermit) -> io::Result<Bytes> {
        self.flush().await?;
        let Self { file, written, .. } = self;
        let mut file = file.ok_or(io::ErrorKind::BrokenPipe)?;
        blocking(move || {
            file.seek(SeekFrom::Start(0))?;
            // Pages of its own go back to the operating system at once; an allocator keeps them.
            let mut pages = MmapMut::map_anon(written.max(1))?;
            file.read_exact(&mut pages)?;
            Ok(Bytes::from_owner(Loaded { pages: pages.make_read_only()?, _memory: memory }))
        })
        .await
    }
}

struct Loaded {
    pages: Mmap,
    _memory: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Loaded {
    fn as_ref(&self) -> &[u8] {
        &self.pages
    }
}

async fn blocking<T: Send + 'static>(
    task: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    work::blocking(task).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn gives_back_what_was_pushed_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let room = Arc::new(Semaphore::new(1));
        let mut spooled =
            Spool::new(folder.path()).begin(BytesMut::from(&b"first"[..])).await.expect("begun");
        let mut expected = b"first".to_vec();
        for number in 0..100_u8 {
            let data = vec![number; 10_007];
            spooled.push(&data).await.expect("pushed");
            expected.extend(data);
        }
        assert_eq!(spooled.len(), expected.len());
        let memory = Arc::clone(&room).acquire_owned().await.expect("room");
        let bytes = spooled.load(memory).await.expect("loaded");
        assert_eq!(bytes, expected);
        let part = bytes.slice(3..5);
        drop(bytes);
        assert_eq!(room.available_permits(), 0, "a part is in use");
        drop(part);
        assert_eq!(room.available_permits(), 1);
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Spool::new(&folder.path().join("gone"));
        assert!(spool.begin(BytesMut::new()).await.is_err());
    }
}
