//! Request bodies: bounded in size, speed, and in the memory of all of them together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::limits::Limits;
use super::problem::{Refusal, RefusalStatus, code};
use crate::types::{Digest, DigestBuilder};

/// Peers that find no memory are asked to come again after this time.
const BUSY_RETRY: Duration = Duration::from_secs(5);

/// Memory is counted in pieces of this many bytes.
const PIECE: u64 = 1024;

/// The first buffer for a body of unknown length.
const FIRST_BUFFER: u64 = 64 * 1024;

/// The memory for all bodies together.
#[derive(Debug)]
pub(super) struct Budget(Arc<Semaphore>);

impl Budget {
    /// A budget of so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let pieces = usize::try_from(bytes.div_ceil(PIECE)).unwrap_or(usize::MAX);
        Self(Arc::new(Semaphore::new(pieces.min(Semaphore::MAX_PERMITS))))
    }

    fn reserve_nothing(&self) -> Reservation {
        Reservation { budget: Arc::clone(&self.0), held: None }
    }
}

/// A part of the budget; gives itself back when it is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Reservation {
    /// Holds at least so many bytes from now on, or says that there is no room; never waits, so
    /// that bodies in parts cannot wait for each other.
    fn grow_to(&mut self, bytes: u64) -> Result<(), Refusal> {
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = usize::try_from(bytes.div_ceil(PIECE)).unwrap_or(usize::MAX);
        let Ok(missing) = u32::try_from(wanted.saturating_sub(held)) else {
            return Err(no_memory());
        };
        if missing > 0 {
            let more = Arc::clone(&self.budget).try_acquire_many_owned(missing);
            let more = more.map_err(|_| no_memory())?;
            match &mut self.held {
                Some(permit) => permit.merge(more),
                none => *none = Some(more),
            }
        }
        Ok(())
    }
}

/// A body that was read to its end.
#[derive(Debug)]
pub(super) struct ReceivedBody {
    pub(super) bytes: Bytes,
    pub(super) digest: Digest,
    /// To be held as long as `bytes`.
    pub(super) memory: Reservation,
}

/// Reads a body to its end, or refuses it as soon as it breaks a limit.
pub(super) async fn receive(
    mut body: Body,
    limits: &Limits,
    budget: &Budget,
) -> Result<ReceivedBody, Refusal> {
    let started = Instant::now();
    let declared = body.size_hint().exact();
    if declared.is_some_and(|bytes| bytes > limits.package_bytes) {
        return Err(too_large(limits));
    }
    let mut memory = budget.reserve_nothing();
    let first = declared.unwrap_or(FIRST_BUFFER).min(limits.package_bytes);
    memory.grow_to(first)?;
    let mut buffer = BytesMut::with_capacity(usize::try_from(first).unwrap_or(0));
    let mut digest = DigestBuilder::new();
    let mut received = 0_u64;
    loop {
        let frame = match timeout_at(next_deadline(started, received, limits), body.frame()).await {
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
        if buffer.capacity() - buffer.len() < data.len() {
            // Doubling, so that a body in many chunks is not copied again for each of them.
            let room = received.max(received.saturating_mul(2).min(limits.package_bytes));
            memory.grow_to(room)?;
            let more = usize::try_from(room).unwrap_or(usize::MAX).saturating_sub(buffer.len());
            buffer.reserve(more);
        }
        digest.update(&data);
        buffer.extend_from_slice(&data);
    }
    Ok(ReceivedBody { bytes: buffer.freeze(), digest: digest.finish(), memory })
}

/// When the next bytes must be there: the grace, and the time that what came was worth.
fn next_deadline(started: Instant, received: u64, limits: &Limits) -> Instant {
    let earned = Duration::from_millis(received.saturating_mul(1000) / limits.body_rate.max(1));
    started + limits.body_grace.saturating_add(earned).min(limits.body_timeout)
}

fn too_large(limits: &Limits) -> Refusal {
    let most = limits.package_bytes;
    Refusal::plain(
        RefusalStatus::TooLarge,
        code::TOO_LARGE,
        format!("The package is larger than the {most} bytes that this node takes."),
    )
}

fn too_slow(received: u64) -> Refusal {
    Refusal::new(
        RefusalStatus::RequestTimeout,
        code::TOO_SLOW,
        "The body came too slowly.",
        format!("the body came too slowly: {received} bytes until it was given up"),
    )
}

fn broken(error: &axum::Error) -> Refusal {
    Refusal::new(
        RefusalStatus::BadRequest,
        code::BODY_BROKEN,
        "The body ended early or is not well-formed.",
        format!("the body could not be read to its end: {error}"),
    )
}

fn no_memory() -> Refusal {
    Refusal::new(
        RefusalStatus::Unavailable,
        code::BUSY,
        "The node is receiving as much as it can hold; come again.",
        "no memory left for another body",
    )
    .retry_after(BUSY_RETRY)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn limits() -> Limits {
        Limits { package_bytes: MIB, ..Limits::default() }
    }

    /// A body of unknown length.
    fn chunks(chunks: usize, bytes: usize) -> Body {
        let chunk = Bytes::from(vec![7; bytes]);
        Body::from_stream(stream::iter(
            (0..chunks).map(move |_| Ok::<_, Infallible>(chunk.clone())),
        ))
    }

    fn code(result: Result<ReceivedBody, Refusal>) -> &'static str {
        result.expect_err("refused").code
    }

    #[tokio::test]
    async fn reads_bodies_of_known_and_unknown_length() {
        let budget = Budget::new(4 * MIB);
        for body in [Body::from(vec![7; 300_000]), chunks(300, 1000)] {
            let received = receive(body, &limits(), &budget).await.expect("read");
            assert_eq!(received.bytes, vec![7; 300_000]);
            assert_eq!(received.digest, Digest::of(&received.bytes));
        }
        let empty = receive(Body::empty(), &limits(), &budget).await.expect("read");
        assert!(empty.bytes.is_empty());
    }

    #[tokio::test]
    async fn refuses_what_is_too_large() {
        let budget = Budget::new(4 * MIB);
        let most = usize::try_from(MIB).expect("small");
        assert!(receive(Body::from(vec![7; most]), &limits(), &budget).await.is_ok());
        assert_eq!(
            code(receive(Body::from(vec![7; most + 1]), &limits(), &budget).await),
            code::TOO_LARGE
        );
        // It would go on for ever.
        assert_eq!(
            code(receive(chunks(usize::MAX, 1000), &limits(), &budget).await),
            code::TOO_LARGE
        );
    }

    #[tokio::test]
    async fn counts_the_memory_of_all_bodies() {
        let budget = Budget::new(MIB);
        let half = || Body::from(vec![7; 512 * 1024]);
        let first = receive(half(), &limits(), &budget).await.expect("room");
        let second = receive(half(), &limits(), &budget).await.expect("room");
        for body in [half(), chunks(1, 10)] {
            let refusal = receive(body, &limits(), &budget).await.expect_err("no room");
            assert_eq!(refusal.code, code::BUSY);
            assert_eq!(refusal.retry_after, Some(BUSY_RETRY));
        }
        drop(first);
        assert_eq!(code(receive(chunks(900, 1000), &limits(), &budget).await), code::BUSY);
        assert!(receive(half(), &limits(), &budget).await.is_ok(), "all was given back");
        drop(second);
        assert_eq!(budget.0.available_permits(), 1024);
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
        let budget = Budget::new(MIB);
        let started = Instant::now();
        let second = Duration::from_secs(1);
        assert_eq!(code(receive(trickle(1, second), &limits, &budget).await), code::TOO_SLOW);
        assert!(started.elapsed() < Duration::from_secs(3));
        // Fast enough at every moment, and yet it must end.
        let started = Instant::now();
        assert_eq!(code(receive(trickle(1000, second), &limits, &budget).await), code::TOO_SLOW);
        assert!(started.elapsed() >= Duration::from_secs(59));
    }
}
