//! Gives up on a peer that does not read what it is sent: its answer holds memory for as long as it is
//! not written.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream of which writing fails where the other end has taken nothing for a time.
pub(super) struct Reading<T> {
    stream: T,
    patience: Duration,
    /// Runs while nothing is taken.
    waits: Option<Pin<Box<Sleep>>>,
}

impl<T> Reading<T> {
    pub(super) const fn new(stream: T, patience: Duration) -> Self {
        Self { stream, patience, waits: None }
    }

    pub(super) fn into_inner(self) -> T {
        self.stream
    }

    /// What came of a write, or the end of patience.
    fn watch<R>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.waits = None;
            return written;
        }
        let patience = self.patience;
        let waits = self.waits.get_or_insert_with(|| Box::pin(sleep(patience)));
        if waits.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Reading<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Reading<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.watch(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.watch(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;
    use crate::types::Clock;

    #[tokio::test(start_paused = true)]
    async fn only_who_reads_nothing_at_all_is_given_up() {
        let (mut peer, ours) = duplex(8);
        let patience = Duration::from_secs(30);
        let mut ours = Reading::new(ours, patience);
        // A slow one is not.
        let nearly = Duration::from_secs(29);
        let slowly = async {
            let mut buffer = [0; 4];
            for _ in 0..10 {
                sleep(nearly).await;
                peer.read_exact(&mut buffer).await.expect("read");
            }
        };
        let (written, ()) = tokio::join!(ours.write_all(&[7; 40]), slowly);
        written.expect("written");
        // The pipe holds no more, and nobody reads.
        let begun = Clock::running();
        ours.write_all(&[7; 8]).await.expect("into the pipe");
        let error = ours.write_all(&[7; 8]).await.expect_err("given up");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), patience);
    }
}
