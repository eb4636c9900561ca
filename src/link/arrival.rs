//! A package that is fetched, on its way: a small one in memory, a large one in a file until all of it
//! is there and there is room to look at it.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::body::Room;
use super::limits::SMALL;
use super::problem::Refusal;
use super::spool::Spooled;
use crate::types::{Digest, DigestBuilder, Hashed};

/// How long it waits until there is memory to look at a large package.
const PATIENCE: Duration = Duration::from_mins(10);

/// The bytes of a package that have come so far.
pub(super) struct Arrival<'a> {
    room: &'a Room,
    is_large: bool,
    content: Content,
    digest: DigestBuilder,
}

enum Content {
    Memory(BytesMut),
    File(Spooled),
}

impl<'a> Arrival<'a> {
    /// Nothing yet of so many bytes.
    pub(super) fn new(room: &'a Room, size: u64) -> Self {
        let content = Content::Memory(BytesMut::new());
        Self { room, is_large: size > SMALL, content, digest: DigestBuilder::new() }
    }

    /// So many bytes are here.
    pub(super) fn len(&self) -> usize {
        match &self.content {
            Content::Memory(bytes) => bytes.len(),
            Content::File(file) => file.len(),
        }
    }

    pub(super) async fn push(&mut self, data: &[u8]) -> io::Result<()> {
        self.digest.update(data);
        match &mut self.content {
            Content::Memory(_) if self.is_large => {
                let file = self.room.begin_file(BytesMut::from(data)).await?;
                self.content = Content::File(file);
                Ok(())
            }
            Content::Memory(bytes) => {
                bytes.extend_from_slice(data);
                Ok(())
            }
            Content::File(file) => file.push(data).await,
        }
    }

    /// Throws away what is here.
    pub(super) fn begin_anew(&mut self) {
        (self.content, self.digest) = (Content::Memory(BytesMut::new()), DigestBuilder::new());
    }

    /// All bytes, if they have this digest; a large package is counted so many `times`.
    pub(super) async fn whole(self, sha256: Digest, times: u64) -> Result<Option<Hashed>, Refusal> {
        if self.digest.finish() != sha256 {
            return Ok(None);
        }
        let bytes: Bytes = match self.content {
            Content::Memory(bytes) => bytes.freeze(),
            Content::File(file) => self.room.load(file, times, PATIENCE).await?,
        };
        Ok(Some(Hashed::known(bytes, sha256)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::limits::Limits;

    const MIB: u64 = 1 << 20;

    fn room(folder: &std::path::Path) -> Room {
        let limits = Limits { package_bytes: 4 * MIB, body_memory: 8 * MIB, ..Limits::default() };
        Room::new(&limits, folder)
    }

    async fn arrived(room: &Room, bytes: &[u8]) -> Result<Option<Hashed>, Refusal> {
        let mut arrival = Arrival::new(room, bytes.len() as u64);
        arrival.push(b"what broke off").await.expect("pushed");
        arrival.begin_anew();
        for part in bytes.chunks(100_003) {
            arrival.push(part).await.expect("pushed");
        }
        assert_eq!(arrival.len(), bytes.len());
        arrival.whole(Digest::of(bytes), 2).await
    }

    #[tokio::test]
    async fn what_came_is_given_out_whole_and_nothing_else_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let room = room(folder.path());
        for length in [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20] {
            let bytes = vec![7; length];
            let whole = arrived(&room, &bytes).await.expect("room").expect("the right ones");
            assert!(whole.bytes() == &bytes && whole.sha256() == Digest::of(&bytes));
            let mut other = Arrival::new(&room, length as u64);
            other.push(b"other bytes").await.expect("pushed");
            assert!(other.whole(Digest::of(&bytes), 2).await.expect("room").is_none());
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    /// Large packages are in memory one after the other, however many come at a time.
    #[tokio::test(start_paused = true)]
    async fn a_large_one_waits_for_memory() {
        let folder = tempfile::tempdir().expect("a folder");
        let room = room(folder.path());
        let bytes = vec![7; 2 << 20];
        let first = arrived(&room, &bytes).await.expect("room");
        // All of the half that is for large ones is taken by it and by what is inside.
        let refusal = arrived(&room, &bytes).await.expect_err("no room for so long");
        assert_eq!(refusal.code, crate::types::code::RefusalCode::BUSY);
        drop(first);
        assert!(arrived(&room, &bytes).await.expect("room").is_some());
    }
}
