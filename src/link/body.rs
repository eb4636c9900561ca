//! Request bodies: bounded in size, speed, and in what all of them and those of each partner take.
//!
//! Nothing is reserved because a peer says that it will send much: memory and disk are counted as
//! bytes arrive. A small body arrives in memory; a large one in a file, and is read into memory only
//! when it is whole and there is room to look at it.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::sync::Semaphore;
use tokio::time::{timeout, timeout_at};

use super::limits::{LARGE_HASTE, Limits, SMALL};
use super::pool::{Full, Held, Pool};
use super::problem::Refusal;
use super::spool::{Spool, Spooled};
use crate::package::sealed::largest;
use crate::types::code::RefusalCode;
use crate::types::{Clock, Digest, DigestBuilder, Instant, OfficeNumber};
use crate::work;

/// Peers that find no room are asked to come again after this time.
const BUSY_RETRY: Duration = Duration::from_secs(5);

/// The memory for large bodies is counted in pieces of this many bytes.
const PIECE: u64 = 1024;

/// So many packages of the largest size find room on the disk while they arrive.
const DISK_PACKAGES: u64 = 16;

/// The first buffer for a body.
const FIRST_BUFFER: u64 = 64 << 10;

/// The memory of a body that arrives in a file.
const FILE_BUFFER: u64 = 512 << 10;

/// Where bodies find room.
#[derive(Debug)]
pub(super) struct Room {
    /// For small bodies, from their first byte to the answer.
    memory: Arc<Pool>,
    /// For large bodies that arrive, on the disk.
    disk: Arc<Pool>,
    /// For large bodies that are looked at; in the order in which they are whole.
    large: Arc<Semaphore>,
    /// The pieces of `large`, or how many there are to be.
    pieces: Mutex<usize>,
    spool: Spool,
}

impl Room {
    pub(super) fn new(limits: &Limits, folder: &Path) -> Self {
        let sizes = Sizes::of(limits);
        Self {
            memory: Pool::new(sizes.small.0, sizes.small.1),
            disk: Pool::new(sizes.disk.0, sizes.disk.1),
            large: Arc::new(Semaphore::new(sizes.pieces)),
            pieces: Mutex::new(sizes.pieces),
            spool: Spool::new(folder),
        }
    }

    /// Memory for so many bytes of an answer to a partner that are on their way.
    pub(super) fn answer(&self, partner: OfficeNumber, bytes: u64) -> Result<Held, Refusal> {
        self.memory.take(partner, bytes).map_err(no_room)
    }

    /// A large body of which this is the beginning, on the disk.
    pub(super) async fn begin_file(&self, first: BytesMut) -> io::Result<Spooled> {
        self.spool.begin(first).await
    }

    /// Reads a large body into memory when there is room to look at it. So many `times` its length is
    /// what it takes.
    pub(super) async fn load(
        &self,
        spooled: Spooled,
        times: u64,
        patience: Duration,
    ) -> Result<Bytes, Refusal> {
        let length = u64::try_from(spooled.len()).unwrap_or(u64::MAX);
        // The largest one takes all there is.
        let all = *self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let all = u64::try_from(all).unwrap_or(u64::MAX);
        let pieces = length.saturating_mul(times).div_ceil(PIECE).min(all);
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        let turn = Arc::clone(&self.large).acquire_many_owned(pieces);
        let Ok(Ok(memory)) = timeout(patience, turn).await else {
            return Err(no_room(Full::All));
        };
        spooled.load(memory).await.map_err(|error| no_file(&error))
    }

    /// From now on there is as much room as these limits grant. Bodies that have theirs keep it.
    pub(super) fn resize(&self, limits: &Limits) {
        let sizes = Sizes::of(limits);
        self.memory.resize(sizes.small.0, sizes.small.1);
        self.disk.resize(sizes.disk.0, sizes.disk.1);
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *pieces, sizes.pieces);
        if sizes.pieces >= before {
            self.large.add_permits(sizes.pieces - before);
            return;
        }
        // What is in use now goes when its turn comes.
        let mut left = before - sizes.pieces;
        left -= self.large.forget_permits(left);
        while left > 0 {
            let part = u32::try_from(left).unwrap_or(u32::MAX);
            left -= usize::try_from(part).unwrap_or(left);
            let large = Arc::clone(&self.large);
            work::spawn(async move {
                if let Ok(pieces) = large.acquire_many_owned(part).await {
                    pieces.forget();
                }
            });
        }
    }
}

/// How much room there is: for all, and for one partner.
struct Sizes {
    small: (u64, u64),
    disk: (u64, u64),
    pieces: usize,
}

impl Sizes {
    fn of(limits: &Limits) -> Self {
        let package = largest(limits.package_bytes);
        let large = (limits.body_memory / 2).max(package);
        let small = limits.body_memory.saturating_sub(large).max(limits.body_memory / 4);
        let disk = package.saturating_mul(DISK_PACKAGES);
        let pieces = usize::try_from(large.div_ceil(PIECE)).unwrap_or(usize::MAX);
        Self {
            small: (small, limits.share_of(small).max(SMALL)),
            disk: (disk, limits.share_of(disk).max(package)),
            pieces: pieces.min(Semaphore::MAX_PERMITS),
        }
    }
}

/// A body that was read to its end.
#[derive(Debug)]
pub(super) struct ReceivedBody {
    pub(super) digest: Digest,
    content: Content,
    /// The small body's memory, or the large body's place on the disk.
    held: Held,
}

#[derive(Debug)]
enum Content {
    Memory(Bytes),
    File(Spooled),
}

impl ReceivedBody {
    /// The bytes, and what is to be held as long as they are in use. So many `times` its length is
    /// what a large one takes: of what is sealed, what is inside will be there as well.
    pub(super) async fn load(
        self,
        limits: &Limits,
        room: &Room,
        times: u64,
    ) -> Result<(Bytes, Option<Held>), Refusal> {
        let spooled = match self.content {
            Content::Memory(bytes) => return Ok((bytes, Some(self.held))),
            Content::File(spooled) => spooled,
        };
        let bytes = room.load(spooled, times, limits.request_timeout).await?;
        Ok((bytes, None))
    }
}

/// Reads a body of a partner to its end, or refuses it as soon as it breaks a limit.
pub(super) async fn receive(
    mut body: Body,
    limits: &Limits,
    room: &Room,
    partner: OfficeNumber,
) -> Result<ReceivedBody, Refusal> {
    let started = Clock::running();
    let declared = body.size_hint().exact();
    if declared.is_some_and(|bytes| bytes > limits.package_bytes) {
        return Err(too_large(limits));
    }
    let is_large = declared.is_some_and(|bytes| bytes > SMALL);
    let expected = declared.unwrap_or(SMALL).min(SMALL);
    let mut memory = room.memory.nothing(partner);
    let mut disk = room.disk.nothing(partner);
    let mut buffer = BytesMut::new();
    let mut file: Option<Spooled> = None;
    let mut digest = DigestBuilder::new();
    let mut received = 0_u64;
    loop {
        let deadline = next_deadline(started, received, is_large, limits);
        let frame = match timeout_at(deadline, body.frame()).await {
            Err(_elapsed) => return Err(too_slow(received)),
            Ok(None) => break,
            Ok(Some(Err(error))) => return Err(broken(&error)),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers say nothing that we use.
        let Ok(data) = frame.into_data() else { continue };
        received = received.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if received > limits.package_bytes {
            return Err(too_large(limits));
        }
        digest.update(&data);
        if let Some(file) = &mut file {
            disk.grow_to(received).map_err(no_room)?;
            file.push(&data).await.map_err(|error| no_file(&error))?;
            continue;
        }
        if is_large || received > SMALL {
            disk.grow_to(received).map_err(no_room)?;
            memory.grow_to(FILE_BUFFER).map_err(no_room)?;
            let first = std::mem::take(&mut buffer);
            let mut begun = room.begin_file(first).await.map_err(|error| no_file(&error))?;
            begun.push(&data).await.map_err(|error| no_file(&error))?;
            file = Some(begun);
            continue;
        }
        if buffer.capacity() - buffer.len() < data.len() {
            // Doubling, so that a body in many chunks is not copied again for each of them.
            let space = received.saturating_mul(2).max(FIRST_BUFFER).min(expected).max(received);
            memory.grow_to(space).map_err(no_room)?;
            let more = usize::try_from(space).unwrap_or(usize::MAX).saturating_sub(buffer.len());
            buffer.reserve(more);
        }
        buffer.extend_from_slice(&data);
    }
    let digest = digest.finish();
    Ok(match file {
        Some(file) => ReceivedBody { digest, content: Content::File(file), held: disk },
        None => ReceivedBody { digest, content: Content::Memory(buffer.freeze()), held: memory },
    })
}

/// When the next bytes must be there: the grace, and the time that what came was worth.
fn next_deadline(started: Instant, received: u64, is_large: bool, limits: &Limits) -> Instant {
    let slow = if is_large { 0 } else { received.min(SMALL) };
    let worth =
        |bytes: u64, rate: u64| Duration::from_millis(bytes.saturating_mul(1000) / rate.max(1));
    let earned = worth(slow, limits.body_rate).saturating_add(worth(
        received.saturating_sub(slow),
        limits.body_rate.saturating_mul(LARGE_HASTE),
    ));
    started + limits.body_grace.saturating_add(earned).min(limits.body_timeout)
}

fn too_large(limits: &Limits) -> Refusal {
    let most = limits.package_bytes;
    let text = format!("The package is larger than the {most} bytes that this node takes.");
    let expected = format!("a container of at most {most} bytes");
    Refusal::new(RefusalCode::TOO_LARGE, text.clone()).saying(text).expecting(expected, None)
}

fn too_slow(received: u64) -> Refusal {
    let log = format!("the body came too slowly: {received} bytes until it was given up");
    Refusal::new(RefusalCode::TOO_SLOW, log)
}

fn broken(error: &axum::Error) -> Refusal {
    let log = format!("the body could not be read to its end: {error}");
    Refusal::new(RefusalCode::BODY_BROKEN, log)
}

fn no_room(full: Full) -> Refusal {
    match full {
        Full::All => Refusal::new(RefusalCode::BUSY, "no room left for another body"),
        Full::Share => {
            let log = "the partner has its share of the room for bodies";
            Refusal::new(RefusalCode::PARTNER_SHARE_EXCEEDED, log)
        }
    }
    .retry_after(BUSY_RETRY)
}

/// The disk does not take a large body.
pub(super) fn no_file(error: &io::Error) -> Refusal {
    let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let code = if full { RefusalCode::STORAGE_FULL } else { RefusalCode::BUSY };
    let log = format!("a large body could not be kept in the data folder: {error}");
    Refusal::new(code, log).retry_after(BUSY_RETRY)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use tempfile::TempDir;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn limits() -> Limits {
        Limits { package_bytes: 4 * MIB, body_memory: 4 * MIB, ..Limits::default() }
    }

    /// Room in a folder of its own.
    struct Fixture {
        limits: Limits,
        room: Room,
        folder: TempDir,
    }

    impl Fixture {
        fn new(limits: &Limits) -> Self {
            let folder = TempDir::new().expect("a folder");
            Self { limits: *limits, room: Room::new(limits, folder.path()), folder }
        }

        async fn receive(&self, body: Body) -> Result<ReceivedBody, Refusal> {
            self.receive_from("1370000018", body).await
        }

        async fn receive_from(&self, partner: &str, body: Body) -> Result<ReceivedBody, Refusal> {
            receive(body, &self.limits, &self.room, partner.parse().expect("an office")).await
        }
    }

    /// A body of unknown length.
    fn chunks(chunks: usize, bytes: usize) -> Body {
        let chunk = Bytes::from(vec![7; bytes]);
        Body::from_stream(stream::iter(
            (0..chunks).map(move |_| Ok::<_, Infallible>(chunk.clone())),
        ))
    }

    fn code(result: Result<ReceivedBody, Refusal>) -> RefusalCode {
        result.expect_err("refused").code
    }

    #[tokio::test]
    async fn memory_for_large_bodies_follows_the_limits() {
        let pieces = |limits: &Limits| Sizes::of(limits).pieces;
        let (small, large) = (
            Limits { package_bytes: MIB, body_memory: 4 * MIB, ..Limits::default() },
            Limits { package_bytes: MIB, body_memory: 16 * MIB, ..Limits::default() },
        );
        let folder = tempfile::tempdir().expect("a folder");
        let room = Room::new(&small, folder.path());
        room.resize(&large);
        assert_eq!(room.large.available_permits(), pieces(&large));
        let all = u32::try_from(pieces(&large)).expect("few");
        let held = Arc::clone(&room.large).acquire_many_owned(all).await.expect("room");
        room.resize(&small);
        tokio::task::yield_now().await;
        assert_eq!(room.large.available_permits(), 0);
        drop(held);
        // What was in use goes when it is given back.
        let rest = u32::try_from(pieces(&small)).expect("few");
        let turn = Arc::clone(&room.large).acquire_many_owned(rest).await.expect("room");
        assert_eq!(room.large.available_permits(), 0);
        drop(turn);
        room.resize(&large);
        assert_eq!(room.large.available_permits(), pieces(&large));
    }

    #[tokio::test]
    async fn reads_bodies_of_known_and_unknown_length() {
        let fixture = Fixture::new(&limits());
        for (body, length) in [
            (Body::from(vec![7; 300_000]), 300_000),
            (chunks(300, 1000), 300_000),
            (Body::from(vec![7; 3_000_000]), 3_000_000),
            (chunks(300, 10_000), 3_000_000),
            (Body::empty(), 0),
        ] {
            let received = fixture.receive(body).await.expect("read");
            let is_file = matches!(received.content, Content::File(_));
            assert_eq!(is_file, length > 1 << 20, "{length}");
            let digest = received.digest;
            let (bytes, _held) =
                received.load(&fixture.limits, &fixture.room, 1).await.expect("read");
            assert_eq!(bytes, vec![7; length]);
            assert_eq!(digest, Digest::of(&bytes));
        }
        assert_eq!(std::fs::read_dir(fixture.folder.path()).expect("listed").count(), 0);
    }

    #[tokio::test]
    async fn refuses_what_is_too_large() {
        let fixture = Fixture::new(&limits());
        let most = usize::try_from(4 * MIB).expect("small");
        assert!(fixture.receive(Body::from(vec![7; most])).await.is_ok());
        assert_eq!(
            code(fixture.receive(Body::from(vec![7; most + 1])).await),
            RefusalCode::TOO_LARGE
        );
        // It would go on for ever.
        assert_eq!(code(fixture.receive(chunks(usize::MAX, 1000)).await), RefusalCode::TOO_LARGE);
    }

    #[tokio::test]
    async fn counts_what_has_come_and_not_what_is_promised() {
        // A share of 1 MiB, of 2 MiB in memory for small bodies: a sealed package is a little larger.
        let fixture = Fixture::new(&Limits { package_bytes: MIB, ..limits() });
        let whole = || Body::from(vec![7; 1 << 20]);
        let first = fixture.receive(whole()).await.expect("room");
        for body in [whole(), chunks(1, 10)] {
            let refusal = fixture.receive(body).await.expect_err("its share is used up");
            assert_eq!(refusal.code, RefusalCode::PARTNER_SHARE_EXCEEDED);
            assert_eq!(refusal.retry_after, Some(BUSY_RETRY));
        }
        let other = fixture.receive_from("1370000026", whole()).await.expect("room for others");
        let refusal =
            fixture.receive_from("1370000034", whole()).await.expect_err("all is used up");
        assert_eq!(refusal.code, RefusalCode::BUSY);
        drop((first, other));
        assert!(fixture.receive(whole()).await.is_ok(), "all was given back");
        tokio::time::timeout(Duration::ZERO, fixture.room.memory.is_idle()).await.expect("idle");
        tokio::time::timeout(Duration::ZERO, fixture.room.disk.is_idle()).await.expect("idle");
    }

    #[tokio::test]
    async fn large_bodies_come_into_memory_one_after_the_other() {
        let fixture = Fixture::new(&limits());
        let body = || Body::from(vec![7; 3 << 20]);
        let one = fixture.receive(body()).await.expect("on the disk");
        let two = fixture.receive_from("1370000026", body()).await.expect("on the disk");
        let (one, _) = one.load(&fixture.limits, &fixture.room, 1).await.expect("room");
        let second = crate::work::spawn(async move {
            let (bytes, _) = two.load(&fixture.limits, &fixture.room, 1).await.expect("room");
            bytes.len()
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(one);
        assert_eq!(second.await.expect("no panic"), 3 << 20);
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_on_a_slow_body() {
        let limits = Limits {
            body_grace: Duration::from_secs(2),
            body_rate: 1000,
            body_timeout: Duration::from_mins(1),
            ..limits()
        };
        let trickle = |bytes: usize, every: Duration| {
            Body::from_stream(stream::unfold((), move |()| async move {
                tokio::time::sleep(every).await;
                Some((Ok::<_, Infallible>(Bytes::from(vec![7; bytes])), ()))
            }))
        };
        let fixture = Fixture::new(&limits);
        let started = Clock::running();
        let second = Duration::from_secs(1);
        assert_eq!(code(fixture.receive(trickle(1, second)).await), RefusalCode::TOO_SLOW);
        assert!(started.elapsed() < Duration::from_secs(3));
        // Fast enough at every moment, and yet it must end.
        let started = Clock::running();
        assert_eq!(code(fixture.receive(trickle(1000, second)).await), RefusalCode::TOO_SLOW);
        assert!(started.elapsed() >= Duration::from_secs(59));
        // One that says that it is large has to be faster from the beginning.
        let start = Clock::running();
        let end = |received, is_large| next_deadline(start, received, is_large, &limits) - start;
        assert_eq!(end(8000, true), Duration::from_secs(3));
        assert_eq!(end(8000, false), Duration::from_secs(10));
    }
}
